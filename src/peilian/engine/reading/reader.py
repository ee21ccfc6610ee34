"""Reading one conversation (解读会话) from its first message to its last."""

from __future__ import annotations

from collections.abc import Iterable

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading.course import Course
from peilian.engine.reading.emotion import read_emotion
from peilian.engine.reading.lexicon import Hit, Lexicons
from peilian.engine.reading.moves import Answer, ordered_detectors
from peilian.engine.reading.values import Finding, FindingKind, MessageReading, Reading
from peilian.engine.text import Analysed, analyse

_QUOTE = 40
_FRAMES = frozenset({"greet", "check_more", "close", "offer"})
_FRAMED = frozenset({"own", "ask", "solve", "verify", "follow_up", "explain", "done"})
_FINDINGS: tuple[FindingKind, ...] = ("move", "fault", "issue")


def read_conversation(conversation: Conversation, lexicons: Lexicons) -> Reading:
    """Read every message in its context. Pure: the same conversation and lexicons give the same reading."""
    course = Course()
    messages = tuple(_read(message, i, course, lexicons) for i, message in enumerate(conversation.messages))
    return Reading(conversation.conversation_id, messages, None, lexicons.version)


def _read(message: Message, i: int, course: Course, lexicons: Lexicons) -> MessageReading:
    if message.is_customer:
        analysed = analyse(message.text)
        hits = lexicons.find(analysed, "customer", frozenset())
        emotion = read_emotion(analysed, hits)
        course.hear(message, analysed, emotion, frozenset(hit.key for hit in hits if hit.kind == "sign"))
        return MessageReading(i, message.role, message.author, len(message.text), emotion=emotion)
    if message.role not in (Role.AGENT, Role.SUPERVISOR) or message.is_internal or message.is_automatic:
        return MessageReading(i, message.role, message.author, len(message.text))
    analysed = analyse(message.text).citing(course.citable(message.text))
    hits = read_answer(analysed, course, lexicons)
    findings = findings_of(hits, analysed, message)
    waited = _waited(message, course)
    course.answer(
        message,
        analysed,
        only_greets=all(hit.key in ("greet", "courtesy", "thank") for hit in hits),
        hands_over=any(hit.key == "escalate" for hit in hits),
    )
    return MessageReading(i, message.role, message.author, len(message.text), findings, waited_ms=waited)


def read_answer(analysed: Analysed, course: Course, lexicons: Lexicons) -> list[Hit]:
    """Everything found in one agent message: by cues, then by the detectors."""
    answer = Answer(analysed, course, settle(lexicons.find(analysed, "agent", course.conditions(analysed))))
    for detector in ordered_detectors():
        answer.hits += list(detector.find(answer))
    return answer.hits


def settle(hits: list[Hit]) -> list[Hit]:
    """Leave out what is only the wording of something else: 有什么可以帮您 greets and promises nothing."""
    frames = [hit for hit in hits if hit.key in _FRAMES]
    return [hit for hit in hits if hit.key not in _FRAMED or not any(_overlap(hit, frame) for frame in frames)]


def _overlap(first: Hit, second: Hit) -> bool:
    return first.start < second.end and second.start < first.end


def findings_of(hits: Iterable[Hit], analysed: Analysed, message: Message) -> tuple[Finding, ...]:
    """Hits as findings of the original text: one of a key per sentence, in order of place."""
    chosen: dict[tuple[str, int], Hit] = {}
    for hit in hits:
        if hit.kind in _FINDINGS:
            name = (hit.key, analysed.sentence_at(hit.start)[0])
            known = chosen.get(name)
            if known is None or (hit.start, -hit.end) < (known.start, -known.end):
                chosen[name] = hit
    return tuple(
        _finding(hit, analysed, message) for hit in sorted(chosen.values(), key=lambda hit: (hit.start, hit.end, hit.key))
    )


def _finding(hit: Hit, analysed: Analysed, message: Message) -> Finding:
    start, end = analysed.original(hit.start, hit.end)
    quote = message.text[start:end]
    reason = Reason(f"reading.{hit.key}", {"quote": quote if len(quote) <= _QUOTE else quote[: _QUOTE - 1] + "…"})
    kind: FindingKind = "fault" if hit.kind == "fault" else "issue" if hit.kind == "issue" else "move"
    return Finding(kind, hit.key, start, end, hit.rule, reason, message.author)


def _waited(message: Message, course: Course) -> int | None:
    """What the customer waited for this answer: since the first message not yet answered."""
    if not message.is_human_answer or course.open_since_ms is None or message.at_ms is None:
        return None
    return message.at_ms - course.open_since_ms
