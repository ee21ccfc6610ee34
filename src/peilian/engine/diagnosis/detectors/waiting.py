"""Waiting (等待): slow first answers, slow answers in between, and answers slower under load."""

from __future__ import annotations

from peilian.engine.diagnosis.detectors import Hit, Look, Sight, detector
from peilian.engine.diagnosis.evidence import ConversationEvidence, RoundEvidence


@detector("slow_first_answer", needs_times=True, limit_seconds=30)
def find_slow_first_answer(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when the first question was answered after more than ``limit_seconds``."""
    first = conversation.rounds[0] if conversation.rounds else None
    if first is None or first.response_ms is None or first.answered_i is None:
        return None
    return Sight(_agents((first,)), _slow((first,), look.thresholds["limit_seconds"]))


@detector("slow_answers", needs_times=True, limit_seconds=60, min_count=1)
def find_slow_answers(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when at least ``min_count`` answers after the first took more than ``limit_seconds``. What an agent adds
    after the customer's thanks is no answer that anybody waited for."""
    later = tuple(item for item in conversation.rounds[1:] if item.response_ms is not None and not item.is_thanks)
    if not later:
        return None
    hits = _slow(later, look.thresholds["limit_seconds"])
    return Sight(_agents(later), hits if len(hits) >= look.thresholds["min_count"] else ())


@detector(
    "slower_under_load",
    needs_times=True,
    high_load=3,
    min_answers=20,
    min_ratio=1.25,
    hit_ratio=1.5,
    max_response_seconds=3600,
)
def find_slower_under_load(conversation: ConversationEvidence, look: Look) -> Sight | None:
    """Affected when an agent who is known to answer slower under load took, with ``high_load`` conversations open, at
    least ``hit_ratio`` times the own usual time."""
    loaded = [
        item
        for item in conversation.answered_rounds
        if item.agent is not None
        and item.concurrent is not None
        and item.response_ms is not None
        and item.concurrent >= look.thresholds["high_load"]
        and item.response_ms <= look.thresholds["max_response_seconds"] * 1000
        and item.agent in look.loads
        and look.loads[item.agent].ratio is not None
    ]
    if not loaded:
        return None
    return Sight(_agents(tuple(loaded)), tuple(_hit(item) for item in loaded if _is_slowed(item, look)))


def _is_slowed(item: RoundEvidence, look: Look) -> bool:
    load = look.loads[item.agent or ""]
    if not load.is_slower or load.usual_ms is None or item.response_ms is None:
        return False
    return item.response_ms >= look.thresholds["hit_ratio"] * load.usual_ms


def _slow(rounds: tuple[RoundEvidence, ...], limit_seconds: float) -> tuple[Hit, ...]:
    return tuple(
        _hit(item) for item in rounds if item.response_ms is not None and item.response_ms > limit_seconds * 1000
    )


def _hit(item: RoundEvidence) -> Hit:
    return Hit(item.asked_i, item.agent, waited_ms=item.response_ms)


def _agents(rounds: tuple[RoundEvidence, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.agent for item in rounds if item.agent is not None))
