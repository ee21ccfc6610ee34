"""Spaced review (间隔复习): when something learnt is to be met again, by how well it was remembered.

The memory model is FSRS (J. Ye, J. Su, Y. Cao, "A stochastic shortest path algorithm for optimizing spaced repetition
scheduling", KDD 2022), in the library of its authors. Steps within a day are left out: a round is held once a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from fsrs import Card, Rating, Scheduler

_RETENTION = 0.9  # share remembered at which a thing is due again
_LONGEST_DAYS = 180  # what service work is about changes: nothing stays away for longer


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What is remembered of one thing: ``state`` is plain data for the next time, ``due_at`` when that is."""

    state: Mapping[str, Any]
    due_at: datetime


def review(state: Mapping[str, Any] | None, share: float, now: datetime, *, was_slow: bool = False) -> Reviewed:
    """Take in one answer, given at ``now`` (aware). ``share`` of its points was reached: all of them is remembered
    (hard to, when it took long), half or more is half known, less is forgotten. Without ``state`` it is the first time.
    """
    if now.tzinfo is None:
        raise ValueError("the time of a review is aware")
    card = Card(card_id=0, due=now) if state is None else Card.from_dict({"card_id": 0, **state})  # type: ignore[typeddict-item]
    after, _ = _scheduler().review_card(card, _rating(share, was_slow), now)
    kept: dict[str, Any] = dict(after.to_dict())
    del kept["card_id"]
    return Reviewed(kept, after.due)


def remembered(state: Mapping[str, Any], now: datetime) -> float:
    """The chance, 0 to 1, that it is remembered at ``now``."""
    return _scheduler().get_card_retrievability(Card.from_dict({"card_id": 0, **state}), now)  # type: ignore[typeddict-item]


def _rating(share: float, was_slow: bool) -> Rating:
    if share < 0.5:
        return Rating.Again
    if share < 1:
        return Rating.Hard
    return Rating.Hard if was_slow else Rating.Good


@cache
def _scheduler() -> Scheduler:
    return Scheduler(
        desired_retention=_RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=_LONGEST_DAYS,
        enable_fuzzing=False,  # chance is an argument, and a day is a day
    )
