"""Questions that nobody answered (无人应答)."""

from __future__ import annotations

import re

from peilian.engine.diagnosis.detectors import Hit, Look, Sight, detector
from peilian.engine.diagnosis.evidence import ConversationEvidence
from peilian.engine.text import Question, analyse

_ASKING = re.compile(r"[?吗么]")


@detector("no_answer", grace_seconds=3600)
def find_no_answer(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when no human answered at all. A conversation that a bot handled alone, or that began less than
    ``grace_seconds`` before the data end, is not judged."""
    if not conversation.has_question or not conversation.rounds:
        return None
    if conversation.is_answered:
        return Sight(())
    first = conversation.rounds[0]
    if conversation.is_bot_answered or not look.is_over(first.asked_at_ms, look.thresholds["grace_seconds"]):
        return None
    return Sight((), (Hit(first.asked_i),))


@detector("no_last_answer", grace_seconds=3600, complaint_strength=0.5)
def find_no_last_answer(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when the customer spoke last and what was said asks for an answer: it holds a question, or it is a
    complaint (valence at most minus ``complaint_strength``). Thanks, farewells and a grudging yes need none."""
    if not conversation.is_answered:
        return None
    last = conversation.rounds[-1]
    agents = (last.agent,) if last.agent is not None else ()
    if last.answered_i is not None or not _wants_an_answer(conversation, look):
        return Sight(agents)
    if not look.is_over(last.asked_at_ms, look.thresholds["grace_seconds"]):
        return None
    return Sight(agents, (Hit(last.asked_i, last.agent),))


def _wants_an_answer(conversation: ConversationEvidence, look: Look) -> bool:
    if conversation.open_valence is not None and conversation.open_valence <= -look.thresholds["complaint_strength"]:
        return True
    return any(_asks(text) for text in conversation.open_texts)


def _asks(text: str) -> bool:
    """Whether a customer asks something; a word of consent that could be a tag (行吧) does so only with a mark."""
    analysed = analyse(text)
    for clause in analysed.clauses:
        end = analysed.text[clause.start : clause.end + 1]
        if clause.question is Question.PERMISSION and not _ASKING.search(end):
            continue
        if clause.question is not Question.NONE:
            return True
    return False
