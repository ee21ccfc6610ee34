"""Whose row is it? Finds the person behind each row of a roster, by number, else by name and account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from peilian.apps.people.models import AgentAccount, Employee
from peilian.engine._kernel import Fault
from peilian.flows.roster import Moment, RosterRow, moment_of

# From when a row counts.
Starts = Callable[[RosterRow], datetime]
_LIMITS = {
    "number": 60,
    "employee": 100,
    "account": 200,
    "platform": 60,
    "team": 60,
    "post": 60,
    "shop": 60,
    "username": 80,
}
# What one person cannot have two of from the same moment on.
_SINGLE = ("team", "post", "agent_kind", "stage", "supervisor", "mentor")


@dataclass
class Person:
    """One person of a roster: number, name, all their rows, and the employee once there is one."""

    number: str
    name: str
    employee: Employee | None = None
    rows: list[RosterRow] = field(default_factory=list)

    def places(self, starts: Starts) -> list[RosterRow]:
        """Where the person is placed when. Rows with one start say one thing: one the team, another the post."""
        together: dict[datetime, list[RosterRow]] = defaultdict(list)
        for row in self.rows:
            if row.team or row.post or row.agent_kind:
                together[starts(row)].append(row)
        return _lasting([_merged(rows) for rows in together.values()], starts, lambda row: row.team)

    def shops(self, starts: Starts) -> list[RosterRow]:
        """At which shops the person works when."""
        return _lasting([row for row in self.rows if row.shop], starts, lambda row: row.shop)

    def uses(self, starts: Starts) -> list[RosterRow]:
        """Which accounts the person uses when."""
        return _lasting([row for row in self.rows if row.account], starts, lambda row: (row.platform, row.account))


class People:
    """The people of a roster together with the employees that already exist. Faults are collected, not raised."""

    def __init__(self, rows: Iterable[RosterRow], starts: Starts) -> None:
        self.faults: list[Fault] = []
        self.persons: dict[str, Person] = {}
        self._starts = starts
        self._known = {employee.number: employee for employee in Employee.objects.all()}
        self._named: dict[str, list[Employee]] = defaultdict(list)
        for employee in self._known.values():
            self._named[employee.name].append(employee)
        self._users: dict[str, set[UUID]] = defaultdict(set)
        for account, pk in AgentAccount.objects.values_list("account", "employee_id"):
            self._users[account].add(pk)
        self._take(sorted(rows, key=lambda row: (row.number is None, row.row)))

    def guide(self, row: RosterRow, text: str, column: str) -> str | None:
        """The number of whom a supervisor or mentor cell means; ``None`` with a fault when that is unclear."""
        found = {text} if text in self.persons or text in self._known else self._numbers_of(text)
        if len(found) == 1:
            return found.pop()
        self.faults.append(row.fault(column, "roster.ambiguous_name" if found else "roster.unknown_person", name=text))
        return None

    def employee(self, number: str) -> Employee:
        """The employee of a number; those of the roster exist by now."""
        person = self.persons.get(number)
        return person.employee if person and person.employee else self._known[number]

    def check(self) -> None:
        """Collect what contradicts itself within the roster."""
        for person in self.persons.values():
            self._check_single(person)
        self._check_accounts()

    def _take(self, rows: Iterable[RosterRow]) -> None:
        for row in rows:
            self.faults.extend(
                row.fault(column, "roster.too_long", limit=limit)
                for column, limit in _LIMITS.items()
                if len(getattr(row, column) or "") > limit
            )
            person = self._by_number(row) if row.number else self._by_name(row)
            if person is not None:
                person.rows.append(row)
        for person in self.persons.values():
            person.rows.sort(key=lambda row: (self._starts(row), row.row))

    def _by_number(self, row: RosterRow) -> Person | None:
        assert row.number is not None
        person = self.persons.setdefault(
            row.number, Person(number=row.number, name=row.employee, employee=self._known.get(row.number))
        )
        if person.name != row.employee:
            self.faults.append(
                row.fault("employee", "roster.two_names", number=row.number, row=person.rows[0].row, name=person.name)
            )
            return None
        return person

    def _by_name(self, row: RosterRow) -> Person | None:
        numbers = self._numbers_of(row.employee)
        if len(numbers) > 1:
            numbers = {number for number in numbers if self._has_used(number, row.account)}
            if len(numbers) != 1:
                self.faults.append(row.fault("number", "roster.ambiguous_name", name=row.employee))
                return None
        if not numbers:
            # The account stands in for the number; a row without both is refused when it is read.
            number = row.account or ""
            if number in self._known or number in self.persons:
                name = self._known[number].name if number in self._known else self.persons[number].name
                self.faults.append(row.fault("number", "roster.number_is_account", account=number, name=name))
                return None
            numbers = {number}
        (number,) = numbers
        return self.persons.setdefault(
            number, Person(number=number, name=row.employee, employee=self._known.get(number))
        )

    def _numbers_of(self, name: str) -> set[str]:
        in_file = {person.number for person in self.persons.values() if person.name == name}
        known = {employee.number for employee in self._named.get(name, ())}
        renamed = {number for number in known if number in self.persons and self.persons[number].name != name}
        return in_file | (known - renamed)

    def _has_used(self, number: str, account: str | None) -> bool:
        if account is None:
            return False
        employee = self._known.get(number)
        rows = self.persons[number].rows if number in self.persons else []
        stored = employee is not None and employee.pk in self._users.get(account, ())
        return stored or any(row.account == account for row in rows)

    def _check_single(self, person: Person) -> None:
        first: dict[tuple[str, datetime], RosterRow] = {}
        for row in person.rows:
            for column in _SINGLE:
                value = getattr(row, column)
                if value is None:
                    continue
                other = first.setdefault((column, self._starts(row)), row)
                if getattr(other, column) != value:
                    self.faults.append(
                        row.fault(
                            column, "roster.contradicts", name=person.name, row=other.row, value=getattr(other, column)
                        )
                    )

    def _check_accounts(self) -> None:
        uses: dict[tuple[str | None, str], list[tuple[RosterRow, Person]]] = defaultdict(list)
        for person in self.persons.values():
            for row in person.rows:
                if row.account is not None:
                    uses[row.platform, row.account].append((row, person))
        for (_platform, account), found in uses.items():
            found.sort(key=lambda use: (self._starts(use[0]), use[0].row))
            for (row, person), (later, other) in pairwise(found):
                if person is not other and self._is_shared(row, later):
                    self.faults.append(
                        later.fault("account", "roster.account_shared", account=account, row=row.row, name=person.name)
                    )

    def _is_shared(self, row: RosterRow, later: RosterRow) -> bool:
        """Whether two uses share a moment; an open use ends where the next one begins."""
        if self._starts(row) == self._starts(later):
            return True
        ends = end_of(row, self._starts(row))
        return ends is not None and ends > self._starts(later)


def _merged(rows: list[RosterRow]) -> RosterRow:
    """The first row, with the team, post and kind that any of them states, and the latest end."""
    return replace(
        rows[0],
        team=next((row.team for row in rows if row.team), None),
        post=next((row.post for row in rows if row.post), None),
        agent_kind=next((row.agent_kind for row in rows if row.agent_kind), None),
        ends=_latest([row.ends for row in rows]),
    )


def _lasting(rows: list[RosterRow], starts: Starts, value: Callable[[RosterRow], Hashable]) -> list[RosterRow]:
    """The rows, each lasting as long as overlapping and adjoining rows of the same value do together."""
    found: list[RosterRow] = []
    for row in sorted(rows, key=starts):
        for place, before in enumerate(found):
            end = end_of(before, starts(before))
            if value(before) == value(row) and (end is None or end >= starts(row)):
                row = replace(row, ends=_latest([before.ends, row.ends]))
                found[place] = replace(before, ends=row.ends)
        found.append(row)
    return found


def _latest(ends: list[Moment | None]) -> Moment | None:
    """The latest end; an open one is later than any."""
    stated = [end for end in ends if end is not None]
    return max(stated, key=_comparable) if len(stated) == len(ends) else None


def _comparable(moment: Moment) -> datetime:
    return moment_of(moment, ZoneInfo("UTC"))


def end_of(row: RosterRow, start: datetime) -> datetime | None:
    """The moment from which the row no longer holds, in the zone of its start."""
    assert isinstance(start.tzinfo, ZoneInfo)
    return None if row.ends is None else moment_of(row.ends, start.tzinfo)
