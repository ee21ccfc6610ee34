"""Rankings and what other decisions build on (排名、奖金与晋升依据). Amounts are no matter of the appraisal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from peilian.apps.appraisal.checks import is_own
from peilian.apps.appraisal.evaluation import newest_totals
from peilian.apps.appraisal.models import Appraisal, Appraisee, Cycle, CycleState
from peilian.apps.appraisal.seen import PUBLIC, appraisees_seen, cycle_for
from peilian.apps.people.api import Employee, NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_EARLIER = 6  # cycles that a basis looks back on


@dataclass(frozen=True, slots=True)
class RankRow:
    """A place in the ranking of a cycle, and in the team. Equal results share a place; who has no total has none."""

    appraisee: Appraisee
    rank: int | None
    raw: Decimal
    max: Decimal
    normalised: Decimal | None
    grade: str
    team_rank: int | None
    team_size: int


@dataclass(frozen=True, slots=True)
class Place:
    """The own place in the team, and of how many."""

    rank: int
    of: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """A result of an earlier period."""

    period: str
    normalised: Decimal | None
    grade: str


@dataclass(frozen=True, slots=True)
class BasisRow:
    """What bonus and promotion are decided on: this result, its place, and the results before, newest first."""

    appraisee: Appraisee
    normalised: Decimal | None
    grade: str
    rank: int | None
    earlier: tuple[Earlier, ...]


def ranking(*, user: User, cycle: Cycle, unit: Unit | None = None) -> list[RankRow]:
    """The frozen results of the people whom ``user`` reaches, best first; places are among all of the cycle.

    People without a permission for others get nothing here: the own place is ``own_place``.
    """
    row = cycle_for(user, cycle)
    sight = visible_to(user)
    reached = set(sight.units(Permission.SEE_APPRAISAL_TOTALS).values_list("pk", flat=True))
    if not reached:
        raise NotVisibleError
    if unit is not None:
        reached &= sight.within(unit)
    return [one for one in ranked(row) if one.appraisee.unit_id in reached and _may_rank(user, row, one)]


def own_place(*, user: User, cycle: Cycle) -> Place | None:
    """The user's own place in the team once results are published, without anybody's name; ``None`` without one."""
    row = cycle_for(user, cycle)
    if not row.is_public:
        return None
    mine = next((one for one in ranked(row) if is_own(user, one.appraisee)), None)
    return None if mine is None or mine.team_rank is None else Place(mine.team_rank, mine.team_size)


def basis(*, user: User, cycle: Cycle) -> list[BasisRow]:
    """What bonus and promotion are decided on, for whoever sees the totals: results, grades, places, and the published
    results of earlier periods by the same template."""
    rows = ranking(user=user, cycle=cycle)
    earlier = _earlier(cycle, [one.appraisee.employee_id for one in rows])
    return [
        BasisRow(one.appraisee, one.normalised, one.grade, one.rank, tuple(earlier.get(one.appraisee.employee_id, ())))
        for one in rows
    ]


def trend(*, user: User, employee: Employee) -> list[tuple[Cycle, Decimal | None, str]]:
    """A person's published results over time, oldest first, as far as ``user`` sees the sheets."""
    rows = appraisees_seen(user).filter(employee=employee, cycle__state__in=PUBLIC).order_by("cycle__starts_on", "pk")
    people = list(rows)
    newest = newest_totals(people)
    return [(row.cycle, newest[row.pk].normalised, newest[row.pk].grade) for row in people if row.pk in newest]


def results(*, cycle: Cycle) -> QuerySet[Appraisal]:
    """The results of a cycle that count, for rules that build on them; not cut to what a user sees."""
    newest = Window(RowNumber(), partition_by=F("appraisee"), order_by=F("version").desc())
    counting = Appraisal.objects.filter(appraisee__cycle=cycle, appraisee__exempt_reason="")
    rows = counting.annotate(place=newest).filter(place=1)
    found = [row.pk for row in rows]
    return Appraisal.objects.filter(pk__in=found).select_related("appraisee__employee", "appraisee__unit")


def ranked(cycle: Cycle) -> list[RankRow]:
    """Everybody's place in a cycle whose results are frozen, best first."""
    if cycle.state not in (CycleState.FROZEN, *PUBLIC):
        return []
    people = {row.pk: row for row in cycle.appraisees.select_related("employee", "unit", "post", "cycle")}
    found = newest_totals(people)
    totals = {pk: row.normalised for pk, row in found.items()}
    teams: dict[UUID, list[UUID]] = {}
    for pk in found:
        teams.setdefault(people[pk].unit_id, []).append(pk)
    places = _places(totals, found)
    within = {pk: place for team in teams.values() for pk, place in _places(totals, team).items()}
    rows = [
        RankRow(
            appraisee=people[pk],
            rank=places.get(pk),
            raw=row.raw,
            max=row.max,
            normalised=row.normalised,
            grade=row.grade,
            team_rank=within.get(pk),
            team_size=len(teams[people[pk].unit_id]),
        )
        for pk, row in found.items()
    ]
    return sorted(rows, key=lambda one: (one.rank is None, one.rank or 0, one.appraisee.employee.number))


def _places(totals: dict[UUID, Decimal | None], among: Iterable[UUID]) -> dict[UUID, int]:
    """Places by falling total: equal totals share the place, and the next one is as many places further."""
    judged = sorted(((totals[pk], pk) for pk in among if totals[pk] is not None), key=lambda item: -(item[0] or 0))
    found: dict[UUID, int] = {}
    former: tuple[Decimal | None, int] = (None, 0)
    for number, (total, pk) in enumerate(judged, start=1):
        former = former if total == former[0] else (total, number)
        found[pk] = former[1]
    return found


def _may_rank(user: User, cycle: Cycle, row: RankRow) -> bool:
    """One's own place shows nowhere before results are published."""
    return cycle.is_public or not is_own(user, row.appraisee)


def _earlier(cycle: Cycle, employees: Iterable[UUID]) -> dict[UUID, list[Earlier]]:
    rows = Appraisee.objects.filter(
        employee__in=list(employees),
        cycle__template_version__template=cycle.template_version.template_id,
        cycle__state__in=PUBLIC,
        cycle__ends_on__lt=cycle.starts_on,
    ).select_related("cycle")
    people = list(rows.order_by("-cycle__starts_on", "-pk"))
    newest = newest_totals(people)
    found: dict[UUID, list[Earlier]] = {}
    for row in people:
        known = found.setdefault(row.employee_id, [])
        if row.pk in newest and len(known) < _EARLIER:
            known.append(Earlier(row.cycle.period, newest[row.pk].normalised, newest[row.pk].grade))
    return found
