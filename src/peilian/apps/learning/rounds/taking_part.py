"""Who takes part in the daily rounds (参与情况): on how many days, for those who lead; never what was answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.looking import judged_people
from peilian.apps.learning.models import DailyRound
from peilian.apps.learning.rounds.days import monday_of
from peilian.apps.people.api import Employee, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

WEEKS = 4


@dataclass(frozen=True, slots=True)
class TookPart:
    """Somebody who did rounds, and on how many days."""

    employee: Employee
    n_days: int


@dataclass(frozen=True, slots=True)
class Participation:
    """Of ``n_people``, those who did a round since ``since``, a Monday."""

    since: date
    n_people: int
    took_part: tuple[TookPart, ...]


@dataclass(frozen=True, slots=True)
class RoundWeek:
    """On how many days of a week somebody did a round; ``since`` is its Monday."""

    since: date
    n_days: int


def round_participation(*, user: User, unit: Unit | None = None) -> Participation:
    """Who did a round this week, of the people who work here and whose record the user may see; of a unit and all
    below it, when given. Who did most days comes first."""
    sight = visible_to(user)
    people = judged_people(sight, unit).exclude(left_on__lte=sight.day).distinct()
    if user.employee_id is not None:
        people = people.exclude(pk=user.employee_id)
    found = {one.pk: one for one in people}
    since = monday_of(clock.today())
    rows = DailyRound.objects.filter(employee__in=list(found), day__gte=since, answers__isnull=False)
    days = Counter(pk for pk, _day in rows.values_list("employee", "day").distinct())
    took_part = [TookPart(found[pk], n) for pk, n in days.items()]
    return Participation(
        since, len(found), tuple(sorted(took_part, key=lambda one: (-one.n_days, one.employee.number)))
    )


def round_weeks(*, user: User, employee: Employee) -> tuple[RoundWeek, ...]:
    """The last four weeks of somebody whose record the user may see, the latest first."""
    visible_to(user).employee(Permission.SEE_RECORD, employee.pk)
    first = monday_of(clock.today()) - timedelta(weeks=WEEKS - 1)
    rows = DailyRound.objects.filter(employee=employee, day__gte=first, answers__isnull=False)
    days = Counter(monday_of(day) for day in rows.values_list("day", flat=True).distinct())
    return tuple(RoundWeek(each, days[each]) for each in (first + timedelta(weeks=n) for n in reversed(range(WEEKS))))
