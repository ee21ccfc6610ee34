"""The roster (花名册): whole lists of people into the directory, and the directory's own lines for measuring.

An import states what holds from a day on. What already holds is left alone, so the same file twice changes nothing;
what differs is moved from the row's day on, and what held before stays in the history. Nobody is removed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from peilian.apps.base.api import company_zone, write
from peilian.apps.people.checks import permit
from peilian.apps.people.gate import visible_to
from peilian.apps.people.models import WORKPLACES, AgentAccount, Membership, Post, Unit
from peilian.apps.people.roles import Permission
from peilian.apps.people.roster_people import People
from peilian.apps.people.roster_writer import RosterWriter, row_start
from peilian.engine._kernel import InputError
from peilian.flows.garbage import rare_collections

_MOST_FAULTS = 20

if TYPE_CHECKING:
    from peilian.apps.people.models import User
    from peilian.flows.roster import RosterRow


@dataclass(frozen=True, slots=True)
class RosterChange:
    """One person for whom an import writes something.

    ``what`` of a known person: person, team, shop, stage, supervisor, mentor, account, user.
    """

    number: str
    name: str
    is_new: bool
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterReport:
    """What an import did, or a preview would do: people by outcome, new units, posts and account uses."""

    added: int
    changed: int
    unchanged: int
    units: int
    posts: int
    accounts: int
    changes: tuple[RosterChange, ...]


def import_roster(*, actor: User | None, rows: Sequence[RosterRow], default_from: date) -> RosterReport:
    """Bring the directory to what ``rows`` say, in one audited transaction, or, on any fault, not at all.

    A row without a start counts from ``default_from``. Raises ``InputError`` with every fault found.
    """
    permit(actor, Permission.MANAGE_PEOPLE)
    _check_may_add_users(actor, rows)
    with rare_collections(), write(actor=actor, verb="people.import_roster") as audit:
        people = People(rows, partial(row_start, default_from=default_from, zone=company_zone()))
        people.check()
        _stop_on(people)
        before = _counts()
        writer = RosterWriter(audit, people, default_from)
        writer.write()
        people.faults.extend(writer.faults)
        _stop_on(people)
        if not audit.entries:
            audit.unchanged()
        units, posts, accounts = (now - then for now, then in zip(_counts(), before, strict=True))
    changes = [
        RosterChange(person.number, person.name, person.number in writer.added, tuple(writer.changed[person.number]))
        for person in people.persons.values()
        if person.number in writer.added or writer.changed[person.number]
    ]
    added = len(writer.added)
    return RosterReport(
        added=added,
        changed=len(changes) - added,
        unchanged=len(people.persons) - len(changes),
        units=units,
        posts=posts,
        accounts=accounts,
        changes=tuple(changes),
    )


def preview_roster(*, actor: User | None, rows: Sequence[RosterRow], default_from: date) -> RosterReport:
    """What ``import_roster`` would do; everything is undone again."""
    with transaction.atomic():
        report = import_roster(actor=actor, rows=rows, default_from=default_from)
        transaction.set_rollback(True)
    return report


def _check_may_add_users(actor: User | None, rows: Sequence[RosterRow]) -> None:
    """Sign-in names and roles are for who may grant roles, whatever else a roster says."""
    if actor is None or visible_to(actor).reaches_company(Permission.GRANT_ROLES):
        return
    stated = [(row, column) for row in rows for column in ("username", "role") if getattr(row, column)]
    if stated:
        raise InputError(*(row.fault(column, "roster.may_not_add_users") for row, column in stated[:_MOST_FAULTS]))


def _stop_on(people: People) -> None:
    if people.faults:
        raise InputError(*sorted(people.faults, key=lambda fault: fault.row or 0))


def _counts() -> tuple[int, int, int]:
    return Unit.objects.count(), Post.objects.count(), AgentAccount.objects.count()


@dataclass(frozen=True, slots=True)
class RosterLine:
    """Which employee, of which team and on which post, used an account from a moment to a moment (exclusive)."""

    account: str
    employee: str
    team: str | None
    post: str | None
    starts_at: datetime
    ends_at: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether it held at a moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def roster_lines() -> Sequence[RosterLine]:
    """Everybody's account uses, cut by the teams they belonged to, for measuring by person and for showing names."""
    zone = company_zone()
    members: dict[UUID, list[Membership]] = defaultdict(list)
    for membership in Membership.objects.exclude(unit__kind__in=WORKPLACES).select_related("unit", "post"):
        members[membership.employee_id].append(membership)
    lines = []
    for row in AgentAccount.objects.select_related("employee"):
        for membership in members.get(row.employee_id, []):
            if part := row.during(membership, zone):
                post = str(membership.post) if membership.post else None
                lines.append(RosterLine(row.account, row.employee.name, str(membership.unit), post, *part))
        if row.employee_id not in members:
            lines.append(RosterLine(row.account, row.employee.name, None, None, row.starts_at, row.ends_at))
    return lines
