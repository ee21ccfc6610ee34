"""Inefficient need mining (需求挖掘低效): answers before the need is clear."""

from __future__ import annotations

from peilian.engine.diagnosis.detectors import Hit, Look, Sight, detector
from peilian.engine.diagnosis.evidence import ConversationEvidence

CLARIFYING = ("ask", "paraphrase", "verify")
SETTLING = ("solve", "done", "refuse", "close")


@detector("solution_without_asking", needs_reading=True)
def find_solution_without_asking(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when the first solution, refusal or farewell came without any question, restatement or check before it,
    and the customer then had to say the matter again."""
    settling = conversation.named("move", *SETTLING)
    if not settling:
        return None
    first = settling[0]
    has_asked = any(item.i <= first.i for item in conversation.named("move", *CLARIFYING))
    repeats = [item for item in conversation.named("issue", "customer_repeats") if item.i > first.i]
    is_affected = bool(repeats) and not has_asked
    agents = (first.agent,) if first.agent is not None else ()
    return Sight(agents, (Hit(first.i, first.agent, first.start, first.end),) if is_affected else ())


@detector("late_first_question", needs_reading=True, max_rounds=3)
def find_late_first_question(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when an agent asked, restated or checked anything only after ``max_rounds`` own answered rounds."""
    rounds = conversation.answered_rounds
    hits = []
    askers = []
    for item in conversation.named("move", *CLARIFYING):
        if item.agent is None or item.agent in askers:
            continue
        askers.append(item.agent)
        earlier = [r for r in rounds if r.agent == item.agent and r.answered_i is not None and r.answered_i < item.i]
        # An answer may be several messages: the question belongs to the last round that began at or before it.
        is_new_round = any(r.answered_i == item.i for r in rounds)
        n_before = len(earlier) - (0 if is_new_round else 1)
        if n_before >= look.thresholds["max_rounds"]:
            hits.append(Hit(item.i, item.agent, item.start, item.end))
    return Sight(tuple(askers), tuple(hits)) if askers else None
