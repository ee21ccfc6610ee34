"""Reading one conversation (解读会话) from its first message to its last, then once more for its course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from peilian.engine._kernel import Param, Reason
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading.course import Course
from peilian.engine.reading.emotion import read_emotion
from peilian.engine.reading.issues import Issue, Seen, find_issues
from peilian.engine.reading.lexicon import Hit, Lexicons
from peilian.engine.reading.moves import Answer, ordered_detectors
from peilian.engine.reading.satisfaction import Mood, estimate, overall
from peilian.engine.reading.values import Finding, FindingKind, MessageReading, Reading
from peilian.engine.text import Analysed, analyse

_QUOTE = 40  # characters of a quotation in a reason
_FINDINGS: tuple[FindingKind, ...] = ("move", "fault", "issue")
_FRAMES = frozenset({"greet", "check_more", "close", "offer"})
_FRAMED = frozenset({"own", "ask", "solve", "verify", "follow_up", "explain", "done"})
_GREETING = frozenset({"greet", "courtesy", "thank"})


def read_conversation(conversation: Conversation, lexicons: Lexicons) -> Reading:
    """Read every message in its context. Pure: the same conversation and lexicons give the same reading."""
    reader = Reader(lexicons, channel=conversation.channel)
    messages = [reader.read(message, i) for i, message in enumerate(conversation.messages)]
    for issue in find_issues(reader.seen):
        found = (*messages[issue.i].findings, _issue_finding(issue, conversation.messages[issue.i]))
        messages[issue.i] = replace(messages[issue.i], findings=found)
    satisfaction = overall([read.satisfaction for read in messages if read.satisfaction is not None])
    return Reading(conversation.conversation_id, tuple(messages), satisfaction, lexicons.version)


@dataclass
class Reader:
    """Reads a conversation message by message while it goes on; ``seen`` and ``hits`` tell of the last one."""

    lexicons: Lexicons
    channel: str | None = None
    course: Course = field(default_factory=Course)
    mood: Mood = field(default_factory=Mood)
    seen: list[Seen] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    def read(self, message: Message, i: int) -> MessageReading:
        """The reading of ``message``, the one of number ``i``, without the issues that only the whole course shows."""
        if message.is_customer:
            return self._customer(message, i)
        if message.role in (Role.AGENT, Role.SUPERVISOR) and not message.is_internal and not message.is_automatic:
            return self._agent(message, i)
        return MessageReading(i, message.role, message.author, len(message.text))

    def _customer(self, message: Message, i: int) -> MessageReading:
        analysed = analyse(message.text)
        hits = self.lexicons.find(analysed, "customer", frozenset())
        emotion = read_emotion(analysed, hits)
        satisfaction = estimate(self.mood.hear(analysed, hits, emotion), self.lexicons.model)
        signs = frozenset(hit.key for hit in hits if hit.kind == "sign")
        self.course.hear(message, analysed, emotion, signs)
        self.seen.append(Seen(i, message, analysed, tuple(signs), emotion))
        chars = len(message.text)
        return MessageReading(i, message.role, message.author, chars, emotion=emotion, satisfaction=satisfaction)

    def _agent(self, message: Message, i: int) -> MessageReading:
        analysed = analyse(message.text).citing(self.course.citable(message.text))
        hits = self.hits = read_answer(analysed, self.course, self.lexicons)
        hits += self.lexicons.forbidden(analysed, message.at_ms, self.channel)
        waited = self._waited(message)
        keys = tuple(hit.key for hit in hits)
        self.mood.answer(hits)
        self.course.answer(message, analysed, only_greets=_GREETING.issuperset(keys), hands_over="escalate" in keys)
        self.seen.append(Seen(i, message, analysed, keys))
        findings = findings_of(hits, analysed, message)
        chars = len(message.text)
        return MessageReading(i, message.role, message.author, chars, findings, waited_ms=waited, is_answer=True)

    def _waited(self, message: Message) -> int | None:
        """What the customer waited for this answer: since the first message not yet answered."""
        if not message.is_human_answer or self.course.open_since_ms is None or message.at_ms is None:
            return None
        return message.at_ms - self.course.open_since_ms


def read_answer(analysed: Analysed, course: Course, lexicons: Lexicons) -> list[Hit]:
    """Everything found in one agent message: by cues, then by the detectors."""
    answer = Answer(analysed, course, settle(lexicons.find(analysed, "agent", course.conditions(analysed))))
    for detector in ordered_detectors():
        answer.hits += list(detector.find(answer))
    return answer.hits


def settle(hits: Sequence[Hit]) -> list[Hit]:
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
    ordered = sorted(chosen.values(), key=lambda hit: (hit.start, hit.end, hit.key))
    return tuple(_finding(hit, analysed, message) for hit in ordered)


def _finding(hit: Hit, analysed: Analysed, message: Message) -> Finding:
    start, end = analysed.original(hit.start, hit.end)
    kind: FindingKind = "fault" if hit.kind == "fault" else "issue" if hit.kind == "issue" else "move"
    reason = Reason(f"reading.{hit.key}", {"quote": _quote(message.text[start:end])})
    return Finding(kind, hit.key, start, end, hit.rule, reason, message.author)


def _issue_finding(issue: Issue, message: Message) -> Finding:
    params: dict[str, Param] = {"quote": _quote(message.text), "earlier": _place(issue.earlier_i)}
    reason = Reason(f"reading.{issue.rule}", params)
    return Finding("issue", issue.key, 0, len(message.text), issue.rule, reason, issue.agent)


def _place(i: int | None) -> int | None:
    """A message's place as people count, from 1."""
    return None if i is None else i + 1


def _quote(text: str) -> str:
    return text if len(text) <= _QUOTE else text[: _QUOTE - 1] + "…"
