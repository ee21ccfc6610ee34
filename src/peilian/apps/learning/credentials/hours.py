"""Class hours of people (学时): by the rules in force, from what they completed and drilled, against what is due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import DateField, DateTimeField, Q, UUIDField

from peilian.adapters import packs
from peilian.adapters.packs.certificates import ClassHoursDocument, QuotaField
from peilian.apps.base.api import Argument, Prepared, company_zone
from peilian.apps.learning import clock
from peilian.apps.learning.models import Attempt, AttemptState, Completion
from peilian.apps.library import api as library
from peilian.apps.people.api import (
    Employee,
    Membership,
    NotVisibleError,
    Permission,
    RoleGrant,
    StageEntry,
    Unit,
    visible_to,
)
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Text
from peilian.engine.curriculum.hours import (
    Counted,
    Quota,
    Span,
    Spent,
    Standing,
    count_hours,
    hours_in,
    span_of,
    standing_on,
)

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_FORMER = 8
"""How many periods back may be looked at."""
_EARLIEST = date(2000, 1, 1)
_NOTHING_DUE = Quota("", Decimal(0), "quarter")
_PEOPLE = Argument("people", UUIDField(), is_many=True)
_DAY = Argument("day", DateField())
_FIRST, _LAST = Argument("first", DateTimeField()), Argument("last", DateTimeField())
_ROLES = Prepared(
    lambda: (
        RoleGrant.objects.on(_DAY)
        .filter(_PEOPLE.has("user__employee"))
        .order_by("-starts_on")
        .values_list("user__employee", "role", "starts_on")
    )
)
_STAGES = Prepared(
    lambda: (
        StageEntry.objects.filter(_PEOPLE.has("employee"), starts_on__lte=_DAY)
        .order_by("starts_on", "pk")
        .values_list("employee", "stage", "starts_on")
    )
)
_COMPLETED = Prepared(
    lambda: (
        Completion.objects.standing()
        .filter(_PEOPLE.has("employee"), at__gte=_FIRST, at__lt=_LAST)
        # Drills and exams count by their own time, not once more by the completion that they brought.
        .exclude(how="drilled")
        .exclude(what__startswith="exam:")
        .order_by()
        .values_list("pk", "employee", "what", "how", "at", "minutes")
    )
)
_DRILLED = Prepared(
    lambda: (
        practice.DrillRun.objects.counted()
        .filter(_PEOPLE.has("employee"), ended_at__gte=_FIRST, ended_at__lt=_LAST)
        .order_by()
        .values_list("pk", "employee", "scenario", "started_at", "ended_at", "paused_ms")
    )
)
_EXAMINED = Prepared(
    lambda: (
        Attempt.objects.filter(_PEOPLE.has("employee"), state=AttemptState.MARKED, is_passed=True)
        .filter(handed_in_at__gte=_FIRST, handed_in_at__lt=_LAST)
        .order_by()
        .values_list("pk", "employee", "sitting__exam", "started_at", "handed_in_at")
    )
)


@dataclass(frozen=True, slots=True)
class DueFrom:
    """A quota as it holds for one person: since when, and what it is called."""

    quota: QuotaField
    since: date

    @property
    def label(self) -> Text:
        """What it is called."""
        return self.quota.label.to_text()


@dataclass(frozen=True, slots=True)
class HoursOf:
    """Class hours of one person in a span: what was done, how that stands, and every piece with what counted of it.
    ``due`` is ``None`` for who has no quota; the span then is the quarter, and nothing is due."""

    employee: Employee
    span: Span
    standing: Standing
    due: DueFrom | None
    counted: tuple[Counted, ...]
    minutes_of_hour: int
    former: tuple[Span, ...] = ()


def hours_of(*, user: User, employee: Employee | UUID, on: date | None = None) -> HoursOf:
    """The class hours of a person in the period in which ``on`` lies, today's without; the own ones always, else of
    people whose record the user may see."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    sight = visible_to(user)
    if user.employee_id is not None and pk == user.employee_id and sight.grants:
        person = user.employee
        assert person is not None
    else:
        person = sight.employee(Permission.SEE_RECORD, pk)
    return _hours([person], on)[0]


def class_hours_of(employee: Employee) -> HoursOf:
    """The class hours of a person in the present period. Asks for no permission: callers do."""
    return _hours([employee], None)[0]


def team_hours(*, user: User, unit: Unit | None = None) -> list[HoursOf]:
    """The class hours of everybody whose record the user may see, each in the present period: who is behind first.
    Nobody who has left, and nobody of whom nothing is due."""
    sight = visible_to(user)
    rows = sight.employees(Permission.SEE_RECORD).filter(Q(left_on=None) | Q(left_on__gt=sight.day))
    if unit is not None:
        if not sight.units(Permission.SEE_RECORD).filter(pk=unit.pk).exists():
            raise NotVisibleError
        inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit))
        rows = rows.filter(pk__in=inside.values("employee"))
    found = [one for one in _hours(list(rows.distinct().order_by("number")), None) if one.due is not None]
    return sorted(found, key=lambda one: (not one.standing.is_behind, one.standing.done - one.standing.expected))


def rules_in_force() -> ClassHoursDocument:
    """The company's rules: its own text before one that a pack brought, without a library the shipped one."""
    rows = library.in_force(kind="class-hours")
    found = [(one.version.origin == library.Origin.PACK, one.key, one.document) for one in rows]
    for _is_shipped, _key, document in sorted(found, key=lambda one: one[:2]):
        if isinstance(document, ClassHoursDocument):
            return document
    shipped = packs.load("class-hours")[0].document
    assert isinstance(shipped, ClassHoursDocument)
    return shipped


def _hours(people: list[Employee], on: date | None) -> list[HoursOf]:
    """A bounded number of queries, however many people there are."""
    rules, zone, today = rules_in_force(), company_zone(), clock.today()
    due_of = _quotas(rules, people, min(on, today) if on is not None else today)
    spans = {}
    for person in people:
        due = due_of.get(person.pk)
        day = min(on, today) if on is not None else today
        spans[person.pk] = _span(due, max(day, due.since) if due is not None else day)
    spent = _spent([one.pk for one in people], spans, zone)
    found = []
    for person in people:
        span, due = spans[person.pk], due_of.get(person.pk)
        counted = count_hours(
            (one for one in spent[person.pk] if span.holds(one.day)), rules.to_counting(), rules.minutes
        )
        done = hours_in(counted, rules.minutes)
        standing = Standing(done, Decimal(0), Decimal(0))
        if due is not None:
            standing = standing_on(
                due.quota.to_quota(), done, span, min(today, span.last + timedelta(days=1)), due.since
            )
        former = _former(due, today) if due is not None else ()
        found.append(HoursOf(person, span, standing, due, tuple(counted), rules.minutes, former))
    return found


def _span(due: DueFrom | None, day: date) -> Span:
    if due is None:
        return span_of(_NOTHING_DUE, day, day)
    return span_of(due.quota.to_quota(), day, due.since)


def _former(due: DueFrom, today: date) -> tuple[Span, ...]:
    """The present period and those before it, the latest first."""
    here = _span(due, max(today, due.since))
    found = [here]
    while due.quota.period != "total" and len(found) < _FORMER and found[-1].first > due.since:
        found.append(_span(due, found[-1].first - timedelta(days=1)))
    return tuple(found)


def _quotas(rules: ClassHoursDocument, people: list[Employee], day: date) -> dict[UUID, DueFrom]:
    """The first quota that fits each person on a day."""
    pks = [one.pk for one in people]
    roles: defaultdict[UUID, dict[str, date]] = defaultdict(dict)
    for person, role, starts_on in _ROLES(people=pks, day=day):
        roles[person][role] = starts_on
    stages: dict[UUID, tuple[str, date]] = {}
    for person, stage, starts_on in _STAGES(people=pks, day=day):
        if person not in stages or stages[person][0] != stage:
            stages[person] = (stage, starts_on)
    found = {}
    for one in people:
        stage, begun = stages.get(one.pk, ("", _EARLIEST))
        for quota in rules.quotas:
            since = [roles[one.pk][role] for role in quota.roles if role in roles[one.pk]]
            if since or stage in quota.stages:
                # A stage that is not the first: what is due of it begins with it, and never before somebody was hired.
                starts = min(since) if since else begun
                found[one.pk] = DueFrom(quota, max(starts, one.hired_on or _EARLIEST))
                break
    return found


def _spent(
    pks: Collection[UUID], spans: dict[UUID, Span], zone: ZoneInfo
) -> defaultdict[UUID, list[Spent]]:  # fmt: skip
    """What was completed and drilled within the widest of the spans."""
    found: defaultdict[UUID, list[Spent]] = defaultdict(list)
    if not pks:
        return found
    first = datetime.combine(min(one.first for one in spans.values()), time(), zone)
    last = datetime.combine(max(one.last for one in spans.values()) + timedelta(days=1), time(), zone)
    for pk, person, what, how, at, minutes in _COMPLETED(people=pks, first=first, last=last):
        whole = None if minutes is None else Decimal(minutes)
        found[person].append(Spent(what, how, at.astimezone(zone).date(), whole, f"completion:{pk}"))
    for person, one in (*_drilled(pks, first, last, zone), *_examined(pks, first, last, zone)):
        found[person].append(one)
    return found


def _drilled(pks: Collection[UUID], first: datetime, last: datetime, zone: ZoneInfo) -> Iterable[tuple[UUID, Spent]]:
    for pk, person, scenario, started, ended, paused in _DRILLED(people=pks, first=first, last=last):
        assert ended is not None  # the query asks for those that ended
        seconds = Decimal(str((ended - started).total_seconds())) - Decimal(paused) / 1000
        minutes = max(Decimal(0), seconds / 60)
        yield person, Spent(f"scenario:{scenario}", "drilled", ended.astimezone(zone).date(), minutes, f"run:{pk}")


def _examined(pks: Collection[UUID], first: datetime, last: datetime, zone: ZoneInfo) -> Iterable[tuple[UUID, Spent]]:
    for pk, person, exam, started, ended in _EXAMINED(people=pks, first=first, last=last):
        assert ended is not None  # what is marked was handed in
        minutes = Decimal(str(round((ended - started).total_seconds() / 60, 2)))
        yield person, Spent(f"exam:{exam}", "passed", ended.astimezone(zone).date(), minutes, f"attempt:{pk}")
