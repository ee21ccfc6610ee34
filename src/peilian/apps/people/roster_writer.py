"""Brings the directory to what a roster says, and remembers for whom something had to be written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from peilian.apps.base.api import Audit, company, company_zone
from peilian.apps.people.directory import record_account, record_end, record_guide, record_place, record_stage
from peilian.apps.people.models import (
    WORKPLACES,
    AgentAccount,
    Employee,
    Guidance,
    GuidanceKind,
    Membership,
    Post,
    Stage,
    StageEntry,
    Unit,
    UnitKind,
)
from peilian.apps.people.roster_people import People, Person
from peilian.apps.people.roster_users import RosterUsers
from peilian.engine._kernel import Fault
from peilian.flows.roster import AGENT_KINDS, RosterRow, day_of, moment_of

_FIRST = (Employee, Membership, StageEntry, Guidance, AgentAccount)
COMPANY_NAMES = {"zh": "公司", "en": "Company"}


class RosterWriter:
    """Writes one roster inside an open audit; faults are collected in ``faults``, the caller then rolls back."""

    def __init__(self, audit: Audit, people: People, default_from: date) -> None:
        self.audit, self.people, self.default_from = audit, people, default_from
        self.zone = company_zone()
        self.faults: list[Fault] = []
        self.added: dict[str, list[str]] = {}
        self.changed: dict[str, list[str]] = defaultdict(list)
        self._units = list(Unit.objects.all())
        self._posts = list(Post.objects.all())
        self._uses: dict[str, list[AgentAccount]] = defaultdict(list)
        for use in AgentAccount.objects.select_related("employee"):
            self._uses[use.account].append(use)
        self._stages: dict[UUID, list[StageEntry]] = defaultdict(list)
        for entry in StageEntry.objects.order_by("starts_on"):
            self._stages[entry.employee_id].append(entry)
        self._guides: dict[tuple[UUID, str], list[Guidance]] = defaultdict(list)
        for guidance in Guidance.objects.all():
            self._guides[guidance.employee_id, guidance.kind].append(guidance)
        self._places: dict[UUID, list[Membership]] = defaultdict(list)
        for membership in Membership.objects.select_related("unit", "post"):
            self._places[membership.employee_id].append(membership)
        # What is first of its kind of somebody is collected: thousands of rows are put in at once.
        self._fresh: dict[type[Any], list[Any]] = {model: [] for model in _FIRST}

    def write(self) -> None:
        """Write every person: who they are, then, in order of time, what holds of them, then who uses which account and
        who may sign in."""
        persons = list(self.people.persons.values())
        for person in persons:
            person.employee = self._person(person)
        self._put_in()
        for person in persons:
            self._history(person)
        self._put_in()
        uses = [(person, row) for person in persons for row in person.uses(self.start)]
        for person, row in sorted(uses, key=lambda use: (self.start(use[1]), use[1].row)):
            assert person.employee is not None
            self._account(person.employee, row)
        self._put_in()
        if any(row.username or row.role for person in persons for row in person.rows):
            users = RosterUsers(self.audit, self._touch)
            users.write(persons)
            self.faults.extend(users.faults)

    def _first(self, row: Any) -> Any:
        self._fresh[type(row)].append(row)
        self.audit.created(row)
        return row

    def _put_in(self) -> None:
        for model, rows in self._fresh.items():
            if rows:
                model._default_manager.bulk_create(rows, batch_size=500)
                rows.clear()

    def _history(self, person: Person) -> None:
        assert person.employee is not None
        for row in person.places(self.start):
            self._team(person.employee, row)
        for row in person.shops(self.start):
            self._shop(person.employee, row)
        for row in person.rows:
            self._stage(person.employee, row)
            self._guide(person.employee, row, GuidanceKind.SUPERVISOR, row.supervisor)
            self._guide(person.employee, row, GuidanceKind.MENTOR, row.mentor)

    def start(self, row: RosterRow) -> datetime:
        """From when a row counts: its own start, else the day of the import, but never before somebody was hired."""
        return row_start(row, default_from=self.default_from, zone=self.zone)

    def _day(self, row: RosterRow) -> date:
        return day_of(self.start(row), self.zone)

    def _end_day(self, row: RosterRow) -> date | None:
        if row.ends is None:
            return None
        return max(day_of(row.ends, self.zone), self._day(row) + timedelta(days=1))

    def _touch(self, employee: Employee, what: str) -> None:
        if employee.number not in self.added and what not in self.changed[employee.number]:
            self.changed[employee.number].append(what)

    def _person(self, person: Person) -> Employee:
        hired_on = next((row.hired_on for row in reversed(person.rows) if row.hired_on), None)
        if person.employee is None:
            created: Employee = self._first(Employee(number=person.number, name=person.name, hired_on=hired_on))
            self.added[person.number] = []
            return created
        employee = person.employee
        before = {"name": employee.name, "hired_on": employee.hired_on}
        employee.name, employee.hired_on = person.name, hired_on or employee.hired_on
        if before != {"name": employee.name, "hired_on": employee.hired_on}:
            employee.save()
            self.audit.changed(employee, **before)
            self._touch(employee, "person")
        return employee

    def _team(self, employee: Employee, row: RosterRow) -> None:
        day = self._day(row)
        current = self._place_on(employee, day, is_workplace=False)
        unit = self._unit(row, row.team, "team") if row.team else (current.unit if current else self._root())
        post = self._post(row) or (current.post if current and current.unit == unit else None)
        if unit is not None:
            self._put(employee, row, current, unit, post, "team")

    def _shop(self, employee: Employee, row: RosterRow) -> None:
        unit = self._unit(row, row.shop, "shop") if row.shop else None
        if unit is not None:
            current = self._place_on(employee, self._day(row), is_workplace=True, unit=unit)
            self._put(employee, row, current, unit, current.post if current else None, "shop")

    def _put(
        self, employee: Employee, row: RosterRow, current: Membership | None, unit: Unit, post: Post | None, what: str
    ) -> None:
        day, ends_on = self._day(row), self._end_day(row)
        if current is not None and (current.unit_id, current.post_id) == (unit.pk, post.pk if post else None):
            if ends_on is None or ends_on == current.ends_on or self._follows(employee, current, ends_on):
                return
            self._put_in()
            record_end(self.audit, current, ends_on)
        elif not self._places[employee.pk] and (ends_on is None or ends_on > day):
            span = {"starts_on": day, "ends_on": ends_on}
            self._places[employee.pk] = [self._first(Membership(employee=employee, unit=unit, post=post, **span))]
            self._touch(employee, what)
            return
        else:
            self._put_in()
            record_place(self.audit, employee=employee, unit=unit, post=post, starts_on=day, ends_on=ends_on)
        self._places[employee.pk] = list(Membership.objects.filter(employee=employee).select_related("unit", "post"))
        self._touch(employee, what)

    def _follows(self, employee: Employee, current: Membership, ends_on: date) -> bool:
        """Whether another team already begins where ``current`` ends, so that it cannot last until ``ends_on``."""
        if current.ends_on is None or current.ends_on > ends_on:
            return False
        return self._place_on(employee, current.ends_on, is_workplace=False) is not None

    def _place_on(
        self, employee: Employee, day: date, *, is_workplace: bool, unit: Unit | None = None
    ) -> Membership | None:
        for place in self._places[employee.pk]:
            fits = (place.unit.kind in WORKPLACES) == is_workplace and unit in (None, place.unit)
            if fits and place.starts_on <= day and (place.ends_on is None or place.ends_on > day):
                return place
        return None

    def _stage(self, employee: Employee, row: RosterRow) -> None:
        if row.stage is None:
            return
        day = self._day(row)
        entries = self._stages[employee.pk]
        current = max((entry for entry in entries if entry.starts_on <= day), key=_starts_on, default=None)
        if current is None or current.stage != row.stage:
            if entries:
                self._put_in()
                fresh = record_stage(self.audit, employee=employee, stage=Stage(row.stage), starts_on=day)
            else:
                fresh = self._first(StageEntry(employee=employee, stage=Stage(row.stage), starts_on=day))
            self._stages[employee.pk] = [entry for entry in entries if entry.starts_on != day] + [fresh]
            self._touch(employee, "stage")

    def _guide(self, employee: Employee, row: RosterRow, kind: GuidanceKind, text: str | None) -> None:
        number = self.people.guide(row, text, kind.value) if text else None
        if number is None:
            return
        guide, day = self.people.employee(number), self._day(row)
        if guide.pk == employee.pk:
            self.faults.append(row.fault(kind.value, "roster.guides_self", name=employee.name))
            return
        known = self._guides[employee.pk, kind.value]
        if not known:
            known.append(self._first(Guidance(employee=employee, guide=guide, kind=kind, starts_on=day)))
            self._touch(employee, kind.value)
        elif not any(one.guide_id == guide.pk and _holds(one, day) for one in known):
            self._put_in()
            record_guide(self.audit, employee=employee, guide=guide, kind=kind, starts_on=day)
            self._guides[employee.pk, kind.value] = list(Guidance.objects.filter(employee=employee, kind=kind))
            self._touch(employee, kind.value)

    def _account(self, employee: Employee, row: RosterRow) -> None:
        if row.account is None:
            return
        starts_at = self.start(row)
        ends_at = None if row.ends is None else moment_of(row.ends, self.zone)
        platform = self._platform(row)
        rivals = [use for use in self._uses[row.account] if use.platform == platform]
        own = next((use for use in rivals if use.employee_id == employee.pk and use.overlaps(starts_at, ends_at)), None)
        others = [use for use in rivals if use is not own and use.overlaps(starts_at, ends_at)]
        taken = next((use for use in others if use.ends_at is not None or use.starts_at >= starts_at), None)
        if own is None and taken is not None:
            name = taken.employee.name
            self.faults.append(row.fault("account", "roster.account_taken", account=row.account, name=name))
        elif own is None and not self._uses[row.account] and (ends_at is None or ends_at > starts_at):
            span = {"starts_at": starts_at, "ends_at": ends_at}
            use = AgentAccount(platform=platform[:60], account=row.account, employee=employee, **span)
            self._uses[row.account].append(self._first(use))
            self._touch(employee, "account")
        elif own is None:
            self._put_in()
            record_account(
                self.audit,
                platform=platform,
                account=row.account,
                employee=employee,
                starts_at=starts_at,
                ends_at=ends_at,
            )
            self._uses[row.account] = list(AgentAccount.objects.filter(account=row.account).select_related("employee"))
            self._touch(employee, "account")
        else:
            self._put_in()
            self._stretch(own, others, row, starts_at, ends_at)

    def _stretch(
        self,
        own: AgentAccount,
        others: list[AgentAccount],
        row: RosterRow,
        starts_at: datetime,
        ends_at: datetime | None,
    ) -> None:
        """The person has the account already; let the use begin as early and end as stated, if nobody is in the way."""
        before = {"starts_at": own.starts_at, "ends_at": own.ends_at}
        wished = {"starts_at": min(starts_at, own.starts_at), "ends_at": ends_at or own.ends_at}
        if wished == before:
            return
        if others:
            name = others[0].employee.name
            self.faults.append(row.fault("account", "roster.account_taken", account=own.account, name=name))
            return
        own.starts_at, own.ends_at = wished["starts_at"] or own.starts_at, wished["ends_at"]
        own.save()
        self.audit.changed(own, **before)
        self._touch(own.employee, "account")

    def _platform(self, row: RosterRow) -> str:
        """The platform of an account; unsaid, it is the one that the account is known on."""
        known = {use.platform for use in self._uses[row.account or ""]}
        return row.platform or (known.pop() if len(known) == 1 else "")

    def _root(self) -> Unit:
        found = next((unit for unit in self._units if unit.kind == UnitKind.COMPANY), None)
        if found is None:
            found = Unit.objects.create(code="company", name=company().name or COMPANY_NAMES, kind=UnitKind.COMPANY)
            self._units.append(found)
            self.audit.created(found)
        return found

    def _unit(self, row: RosterRow, text: str, column: str) -> Unit | None:
        """The team or shop of a name or code, made below the company when there is none."""
        is_workplace = column == "shop"
        fitting = [unit for unit in self._units if (unit.kind in WORKPLACES) == is_workplace]
        found = [unit for unit in fitting if unit.code == text] or [
            unit for unit in fitting if text in unit.name.values() and unit.closed_on is None
        ]
        if len(found) > 1:
            codes = ", ".join(unit.code for unit in found)
            self.faults.append(row.fault(column, "roster.ambiguous_unit", name=text, codes=codes))
            return None
        if found:
            return found[0]
        unit = Unit.objects.create(
            code=_free_code(text, (unit.code for unit in self._units)),
            name=_name_of(text),
            kind=UnitKind.SHOP if is_workplace else UnitKind.TEAM,
            parent=self._root(),
        )
        self.audit.created(unit)
        self._units.append(unit)
        return unit

    def _post(self, row: RosterRow) -> Post | None:
        """The post of a name and kind of agent, made when there is none."""
        kind = row.agent_kind or ""
        text = row.post or (AGENT_KINDS[kind][2] if kind else "")
        if not text:
            return None
        named = [post for post in self._posts if text in (post.code, *post.name.values())]
        fitting = [post for post in named if not kind or post.agent_kind in ("", kind)]
        if fitting:
            post = max(fitting, key=lambda one: one.agent_kind == kind)
            if kind and not post.agent_kind:
                post.agent_kind = kind
                post.save()
                self.audit.changed(post, agent_kind="")
            return post
        post = Post.objects.create(
            code=_free_code(text, (one.code for one in self._posts)), name=_name_of(text), agent_kind=kind
        )
        self.audit.created(post)
        self._posts.append(post)
        return post


def row_start(row: RosterRow, *, default_from: date, zone: ZoneInfo) -> datetime:
    """From when a row counts, in ``zone``: its own start, else ``default_from``, never before the hiring."""
    day = max(default_from, row.hired_on) if row.hired_on else default_from
    return moment_of(row.starts if row.starts is not None else day, zone).astimezone(zone)


def _starts_on(entry: StageEntry) -> date:
    return entry.starts_on


def _holds(guidance: Guidance, day: date) -> bool:
    return guidance.starts_on <= day and (guidance.ends_on is None or guidance.ends_on > day)


def _name_of(text: str) -> dict[str, str]:
    return {"en" if text.isascii() else "zh": text}


def _free_code(text: str, taken: Iterable[str]) -> str:
    codes, number = set(taken), 2
    code = text
    while code in codes:
        code, number = f"{text[:54]}-{number}", number + 1
    return code
