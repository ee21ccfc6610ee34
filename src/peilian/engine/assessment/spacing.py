"""Spaced review (间隔复习): when something learnt is to be met again, by how well it was remembered.

The memory model is FSRS (J. Ye, J. Su, Y. Cao, "A stochastic shortest path algorithm for optimizing spaced repetition
scheduling", KDD 2022), in the library of its authors. Steps within a day are left out: a round is held once a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from statistics import median
from typing import Any, Literal

from fsrs import Card, Rating, Scheduler

Remembering = Literal["again", "hard", "good", "easy"]
Pace = Literal["slow", "usual", "fast"]

LEAST_TIMES = 5
"""So many earlier answers it takes before one can be called slow or fast."""
_RETENTION = 0.9  # share remembered at which a thing is due again
_LONGEST_DAYS = 180  # what service work is about changes: nothing stays away for longer


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What is remembered of one thing: ``state`` is plain data for the next time, ``due_at`` when that is.
    ``rating`` is what the answer was taken for."""

    state: Mapping[str, Any]
    due_at: datetime
    rating: Remembering


def pace(seconds: float, earlier: Sequence[float]) -> Pace:
    """How fast an answer was, beside ``earlier`` answers of the same person to questions of the same kind: longer than
    twice their median is slow, shorter than half of it fast. With few of them nothing can be told."""
    if len(earlier) < LEAST_TIMES:
        return "usual"
    middle = median(earlier)
    if seconds > 2 * middle:
        return "slow"
    return "fast" if seconds < middle / 2 else "usual"


def review(
    state: Mapping[str, Any] | None, share: float, now: datetime, *, was_slow: bool = False, was_fast: bool = False
) -> Reviewed:
    """Take in one answer, given at ``now`` (aware). ``share`` of its points was reached: all of them is remembered
    (hard to, when it took long), half or more is half known, less is forgotten. Without ``state`` it is the first time;
    only then does a fast right answer count as easy: later it may be no more than the memory of the option.
    """
    if now.tzinfo is None:
        raise ValueError("the time of a review is aware")
    now = now.astimezone(UTC)  # the library takes no other zone
    card = Card(card_id=0, due=now) if state is None else Card.from_dict({"card_id": 0, **state})  # type: ignore[typeddict-item]
    rating = _rating(share, was_slow, was_fast and state is None)
    after, _ = _scheduler().review_card(card, rating, now)
    kept: dict[str, Any] = dict(after.to_dict())
    del kept["card_id"]
    return Reviewed(kept, after.due, _NAMES[rating])


def remembered(state: Mapping[str, Any], now: datetime) -> float:
    """The chance, 0 to 1, that it is remembered at ``now``."""
    return _scheduler().get_card_retrievability(Card.from_dict({"card_id": 0, **state}), now.astimezone(UTC))  # type: ignore[typeddict-item]


_NAMES: Mapping[Rating, Remembering] = {
    Rating.Again: "again", Rating.Hard: "hard", Rating.Good: "good", Rating.Easy: "easy"
}  # fmt: skip


def _rating(share: float, was_slow: bool, was_easy: bool) -> Rating:
    if share < 0.5:
        return Rating.Again
    if share < 1 or was_slow:
        return Rating.Hard
    return Rating.Easy if was_easy else Rating.Good


@cache
def _scheduler() -> Scheduler:
    return Scheduler(
        desired_retention=_RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=_LONGEST_DAYS,
        enable_fuzzing=False,  # chance is an argument, and a day is a day
    )
