"""Who may see which runs, and what lists and debriefs show of them.

Everybody sees the own runs. Who leads or judges units sees the drills that people did while they belonged to these
units; mentors see those of whom they guide. Without the permission to see records only totals are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Avg, Count, Exists, OuterRef, Q, QuerySet

from peilian.apps.people.api import (
    Employee,
    Guidance,
    GuidanceKind,
    Membership,
    NotVisibleError,
    Permission,
    Sight,
    Unit,
    visible_to,
)
from peilian.apps.practice.models import DrillRating, DrillRun
from peilian.apps.practice.offered import pinned_document
from peilian.apps.practice.recording import steps_of
from peilian.apps.practice.turns import close_abandoned
from peilian.engine._kernel import Language
from peilian.engine.drill.scenario import Tool
from peilian.flows.drill_results import actions_of, seconds

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Debriefing:
    """A drill that is over, for its debrief. ``result`` is what ``docs/howto/drills.md`` describes, without the trace,
    and ``debrief`` what ``flows.debriefing`` makes, both as plain values in the reader's language. ``seq_of_step``
    tells for every step of the debrief the number of its event, from before which it can be replayed. ``is_own``: the
    reader is the trainee."""

    run: DrillRun
    result: Mapping[str, Any]
    debrief: Mapping[str, Any]
    seq_of_step: tuple[int, ...]
    ratings: tuple[DrillRating, ...]
    is_own: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """How much was practised and how it went, nobody named. ``None``: nothing to tell yet."""

    runs: int
    people: int
    scored: int
    passed: int
    mean_total: Decimal | None


def my_runs(*, user: User) -> QuerySet[DrillRun]:
    """The user's own runs, newest first."""
    if user.employee_id is None or not visible_to(user).grants:
        return DrillRun.objects.none()
    close_abandoned(employee=user.employee_id)
    return _listed(DrillRun.objects.of_their_own().filter(employee=user.employee_id))


def team_runs(*, user: User, unit: Unit | None = None, employee: Employee | None = None) -> QuerySet[DrillRun]:
    """The runs of others that ``user`` may see, newest first: of one person, or of a unit and all below it."""
    sight = visible_to(user)
    close_abandoned()
    rows = DrillRun.objects.of_their_own().filter(_covered(sight, Permission.SEE_RECORD, unit))
    if user.employee_id is not None:
        rows = rows.exclude(employee=user.employee_id)
    if employee is not None:
        rows = rows.filter(employee=employee)
    return _listed(rows)


def run(*, user: User, run_id: UUID | str) -> DrillRun:
    """One run; ``NotVisibleError`` when it does not exist or ``user`` may not see it."""
    sight = visible_to(user)
    own = Q(employee=user.employee_id) if user.employee_id is not None and sight.grants else Q(pk__in=[])
    try:
        found = DrillRun.objects.of_their_own().select_related("employee", "assignment", "forked_from")
        return found.get(own | _covered(sight, Permission.SEE_RECORD, None), pk=UUID(str(run_id)))
    except (DrillRun.DoesNotExist, ValueError):
        raise NotVisibleError from None


def debrief_of(*, user: User, run_id: UUID | str) -> Debriefing:
    """The debrief of a run that is over and has a score; ``NotVisibleError`` when there is none to be seen."""
    return debriefing_of(run(user=user, run_id=run_id), user)


def debriefing_of(found: DrillRun, user: User) -> Debriefing:
    """The debrief of a run that ``user`` may see, as the caller has made sure."""
    if not found.is_scored:
        raise NotVisibleError
    language = user.reading_language
    steps = [(event.seq, step) for event in found.events.order_by("seq") for step in steps_of(event)]
    lines = sorted((line for _, step in steps for line in step.lines), key=lambda line: line.at_ms)
    transcript = [{"at_seconds": seconds(line.at_ms), "role": line.role, "text": line.text} for line in lines]
    return Debriefing(
        run=found,
        result={
            **(found.result or {})[language],
            "transcript": transcript,
            "actions": actions_of((step for _, step in steps), _tools(found)),
        },
        debrief=(found.debrief or {})[language],
        seq_of_step=tuple(seq for seq, _ in steps),
        ratings=tuple(found.ratings.select_related("rater")),
        is_own=user.employee_id == found.employee_id,
    )


def _tools(found: DrillRun) -> tuple[Tool, ...]:
    """The tools of the scenario that the run was begun with; none where it is gone."""
    document = pinned_document(found)
    language: Language = "en" if found.language == "en" else "zh"
    if document is None or language not in document.languages:
        return ()
    return document.to_scenario(language, found.scenario_version).tools


def totals(*, user: User, unit: Unit | None = None) -> Totals:
    """Counts over all runs that count, for whoever may see KPIs of the unit, of the company, or of oneself."""
    counted = DrillRun.objects.counted().filter(_covered(visible_to(user), Permission.SEE_KPIS, unit))
    found = counted.aggregate(
        runs=Count("pk"),
        people=Count("employee", distinct=True),
        passed=Count("pk", filter=Q(passed=True)),
        mean=Avg("total"),
    )
    mean = None if found["mean"] is None else Decimal(found["mean"]).quantize(Decimal("0.01"))
    return Totals(found["runs"], found["people"], found["runs"], found["passed"], mean)


def _listed(rows: QuerySet[DrillRun]) -> QuerySet[DrillRun]:
    return rows.select_related("employee", "assignment").defer("result", "debrief").order_by("-id")


def _covered(sight: Sight, permission: Permission, unit: Unit | None) -> Q:
    """The runs that the permission covers: of the units people were in on the day, of oneself, of whom one guides."""
    if unit is not None and not sight.units(permission).filter(pk=unit.pk).exists():
        raise NotVisibleError
    if unit is None and sight.reaches_company(permission):
        return Q(pk__isnull=False)  # not Q(): combined by "or", an empty one would vanish
    units: Any = sight.within(unit) if unit is not None else sight.units(permission).values("pk")
    day = OuterRef("day")
    member = Membership.objects.filter(employee=OuterRef("employee"), unit__in=units, starts_on__lte=day)
    of_units = Q(Exists(member.filter(Q(ends_on=None) | Q(ends_on__gt=day))))
    if unit is not None:
        return of_units
    own = getattr(sight.user, "employee_id", None)
    guided = Guidance.objects.on(sight.day).filter(guide=own, kind=GuidanceKind.MENTOR).values("employee")
    close = sight.employees(permission).filter(Q(pk=own) | Q(pk__in=guided)).values("pk")
    return of_units | Q(employee__in=close)
