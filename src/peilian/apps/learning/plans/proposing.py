"""What is proposed to somebody (计划建议): from open needs, what trains them, and the room that class hours leave."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from peilian.adapters.packs.teaching import CourseDocument, LessonDocument, PathDocument
from peilian.apps.learning.credentials.hours import class_hours_of
from peilian.apps.learning.models import Completion, Enrolment
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee
from peilian.apps.record import api as record
from peilian.engine.curriculum.planning import PlanGap, ProposedStep, Trainer, propose_steps

USUAL_MINUTES, LEAST_MINUTES, MOST_MINUTES = 90, 45, 240
"""Minutes of learning in a week: where no class hours are due, and the bounds where there are."""
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ability:
    """What somebody can do in a competency as measured now, and where the level begins that the post asks for."""

    points: Decimal
    required: Decimal

    @property
    def missing(self) -> Decimal:
        """The points that are missing; 0 when nothing is."""
        return max(Decimal(0), self.required - self.points)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Steps from the open needs; ``needs`` by competency, without those ``reached`` whose level is measured by now."""

    steps: tuple[ProposedStep, ...]
    needs: dict[str, record.Need]
    abilities: dict[str, Ability]
    minutes_a_week: int
    reached: frozenset[str] = frozenset()


def proposal_for(employee: Employee, day: date) -> Proposal:
    """What the product proposes to somebody on a day."""
    rows = record.Need.objects.filter(
        employee=employee, subject_kind=record.NeedSubject.COMPETENCY,
        state__in=(record.NeedState.OPEN, record.NeedState.ASSIGNED),
    )  # fmt: skip
    abilities = abilities_of(employee)
    reached = frozenset(row.subject for row in rows if row.subject in abilities and not abilities[row.subject].missing)
    needs = {row.subject: row for row in rows if row.subject not in reached}
    gaps = [PlanGap(key, abilities[key].missing if key in abilities else None) for key in needs]
    minutes = minutes_a_week(employee, day)
    steps = propose_steps(gaps, trainers_of(needs), day, minutes, known=_known(employee.pk))
    return Proposal(steps, needs, abilities, minutes, reached)


def abilities_of(employee: Employee) -> dict[str, Ability]:
    """What was measured of what the post asks for."""
    found = record.profiles([employee])[employee.pk]
    return {
        gap.competency: Ability(_points(gap.estimate.mean), _points(found.model.cut_of(gap.required)))
        for gap in found.gaps
        if gap.estimate.is_measured
    }


def trainers_of(competencies: Collection[str]) -> list[Trainer]:
    """Everything in force that trains one of these, with its minutes: a course those of its lessons, or else of its
    class hours, a path those of its courses."""
    minutes: dict[str, int | None] = {}
    trains: dict[str, set[str]] = {}
    for kind in ("lesson", "course", "path"):
        for one in library.in_force(kind=kind):
            document, what = one.document, f"{kind}:{one.key}"
            own = set(getattr(document, "competencies", ()))
            names: list[str] = []
            if isinstance(document, LessonDocument):
                minutes[what] = document.minutes
            elif isinstance(document, CourseDocument):
                names = [unit.what for unit in document.units]
                listed = sum(minutes.get(name) or 0 for name in names)
                minutes[what] = listed or round(document.hours * 45)
            elif isinstance(document, PathDocument):
                names = [f"course:{key}" for key in document.courses]
                minutes[what] = sum(minutes.get(name) or 0 for name in names) or None
            own.update(*(trains.get(name, ()) for name in names))
            trains[what] = own
    wanted = set(competencies)
    return [Trainer(what, frozenset(own), minutes.get(what)) for what, own in trains.items() if own & wanted]


def minutes_a_week(employee: Employee, day: date) -> int:
    """The time that is left in each week of the period for the class hours that are still due."""
    found = class_hours_of(employee)
    if found.due is None:
        return USUAL_MINUTES
    left = (found.standing.due - found.standing.done) * found.minutes_of_hour
    n_weeks = max(1, -(-((found.span.last - day).days + 1) // _DAYS))
    return min(MOST_MINUTES, max(LEAST_MINUTES, round(left / n_weeks)))


def _known(pk: UUID) -> set[str]:
    """What was completed, or is being learnt."""
    done = set(Completion.objects.standing().filter(employee=pk).values_list("what", flat=True))
    return done | set(Enrolment.objects.live().filter(employee=pk).values_list("what", flat=True))


def _points(value: float) -> Decimal:
    return Decimal(str(round(value, 1)))
