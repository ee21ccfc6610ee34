"""How it ended for the customer (服务结果): left dissatisfied, or had to come back."""

from __future__ import annotations

from peilian.engine.diagnosis.detectors import Hit, Look, Sight, detector
from peilian.engine.diagnosis.evidence import ConversationEvidence

_DAY_SECONDS = 86_400


@detector("dissatisfied", max_csat=0.5)
def find_dissatisfied(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when the customer's rating is at most ``max_csat`` of the scale; without a rating, when the reading
    estimates so. It concerns whoever answered last."""
    if conversation.csat is not None:
        is_affected = conversation.csat <= look.thresholds["max_csat"]
    elif conversation.satisfaction_label is not None:
        is_affected = conversation.satisfaction_label == "dissatisfied"
    else:
        return None
    return _sight(conversation, is_affected, conversation.lowest_i)


@detector("repeat_contact", needs_times=True, within_days=7)
def find_repeat_contact(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when the same customer began another conversation within ``within_days`` of the end of this one.
    Conversations whose days are not over by the end of the data are not judged, affected or not."""
    seconds = look.thresholds["within_days"] * _DAY_SECONDS
    ended = conversation.ended_at_ms
    if (
        ended is None
        or not conversation.has_customer
        or not conversation.is_answered
        or not look.is_over(ended, seconds)
    ):
        return None
    following = conversation.next_contact_ms
    is_affected = following is not None and following <= ended + seconds * 1000
    return _sight(conversation, is_affected, None)


def _sight(conversation: ConversationEvidence, is_affected: bool, i: int | None) -> Sight:
    last = conversation.agents[-1] if conversation.agents else None
    if i is None:
        i = conversation.rounds[0].asked_i if conversation.rounds else 0
    return Sight((last,) if last is not None else (), (Hit(i, last),) if is_affected else ())
