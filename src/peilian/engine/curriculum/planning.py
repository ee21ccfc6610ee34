"""Planning (提升计划): from what somebody lacks to steps with a date, the weightiest first, as time allows.

Pure: gaps, what trains them, the first day and the time of a week are given; proposed steps come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

SIZEABLE = Decimal(8)
"""From so many missing points on a course is proposed rather than single lessons."""
MOST_STEPS, MOST_LESSONS = 6, 2
_UNKNOWN_MINUTES = 30
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PlanGap:
    """A competency to get better at. ``weight`` is the points that are missing; ``None`` where nothing was measured,
    which counts as sizeable: somebody found it worth telling."""

    competency: str
    weight: Decimal | None = None

    @property
    def is_sizeable(self) -> bool:
        """Whether single lessons will hardly close it."""
        return self.weight is None or self.weight >= SIZEABLE


@dataclass(frozen=True, slots=True)
class Trainer:
    """A text, ``kind:key``, that trains some competencies, and how long it takes as far as it says."""

    what: str
    competencies: frozenset[str]
    minutes: int | None = None

    @property
    def kind(self) -> str:
        """Path, course or lesson."""
        return self.what.partition(":")[0]


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """What is to be learnt for which competency, and by which day."""

    what: str
    competency: str
    minutes: int | None
    due_on: date


def propose_steps(
    gaps: Sequence[PlanGap], trainers: Iterable[Trainer], first: date, minutes_a_week: int, *, known: Iterable[str] = ()
) -> tuple[ProposedStep, ...]:
    """Steps for these gaps, the weightiest gap first; what is ``known`` is not proposed, and nothing twice.

    A sizeable gap gets the shortest course that trains it (a path where there is no course), a small one up to two
    lessons; where there is nothing of that kind, the other. Steps follow one another as ``minutes_a_week`` allow; each
    is due on the last day of the week in which its time is used up. Every gap begins a week of its own: who works at
    one thing at a time keeps it, and not everything is due on one day.
    """
    listed, taken = list({one.what: one for one in trainers}.values()), set(known)
    found, spent, room = list[ProposedStep](), 0, max(minutes_a_week, 1)
    ordered = sorted(gaps, key=lambda gap: (gap.weight is not None, -(gap.weight or 0), gap.competency))
    for gap in ordered:
        spent = -(-spent // room) * room
        for one in _chosen(gap, [each for each in listed if each.what not in taken]):
            if len(found) == MOST_STEPS:
                return tuple(found)
            taken.add(one.what)
            spent += one.minutes or _UNKNOWN_MINUTES
            due_on = first + -(-spent // room) * _WEEK - timedelta(days=1)
            found.append(ProposedStep(one.what, gap.competency, one.minutes, due_on))
    return tuple(found)


def _chosen(gap: PlanGap, trainers: Iterable[Trainer]) -> list[Trainer]:
    fitting = sorted(
        (one for one in trainers if gap.competency in one.competencies),
        key=lambda one: (one.minutes or _UNKNOWN_MINUTES, one.what),
    )
    by_kind = {kind: [one for one in fitting if one.kind == kind] for kind in ("lesson", "course", "path")}
    whole = (by_kind["course"] or by_kind["path"])[:1]
    lessons = by_kind["lesson"][:MOST_LESSONS]
    return (whole or lessons) if gap.is_sizeable else (lessons or whole)
