"""The gate (权限闸门): what a user may do, and whom it reaches. Rows and lake reads pass through it.

Nothing is visible unless a grant that holds today says so. Absent and forbidden give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, UUIDField

from peilian.adapters.lake.visibility import AccountSpan, Visibility
from peilian.apps.base.api import Argument, AuditEntry, Job, Prepared, company_zone, remembered, today_in_company
from peilian.apps.people.models import (
    AgentAccount,
    Employee,
    Guidance,
    GuidanceKind,
    Membership,
    RoleGrant,
    Unit,
    UnitKind,
    User,
    grants_on,
)
from peilian.apps.people.roles import ROLES, Permission, Reach

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

M = TypeVar("M", bound=Model)


class NotVisibleError(LookupError):
    """What was asked for does not exist, or the user may not see it: the two are not told apart."""


@dataclass
class Sight:
    """What one user may do and see on one day."""

    user: User | AnonymousUser
    day: date
    grants: list[RoleGrant] = field(default_factory=list)

    def may(self, permission: Permission) -> bool:
        """Whether some grant permits this for somebody."""
        return any(permission in ROLES[grant.role].permissions for grant in self.grants)

    def require(self, permission: Permission) -> None:
        """Raise ``NotVisibleError`` unless ``may``."""
        if not self.may(permission):
            raise NotVisibleError

    def reaches_company(self, permission: Permission) -> bool:
        """Whether the permission holds for the whole company."""
        return any(
            ROLES[grant.role].reach is Reach.COMPANY
            or (ROLES[grant.role].reach is Reach.UNIT and grant.unit_id in self._roots)
            for grant in self._with(permission)
        )

    def units(self, permission: Permission) -> QuerySet[Unit]:
        """The units that the permission covers."""
        if self.reaches_company(permission):
            return Unit.objects.all()
        return Unit.objects.filter(pk__in=self._unit_ids(permission))

    def employees(self, permission: Permission) -> QuerySet[Employee]:
        """The employees that the permission covers today."""
        if self.reaches_company(permission):
            return Employee.objects.all()
        members = Membership.objects.on(self.day).filter(unit__in=self._unit_ids(permission)).values("employee")
        return Employee.objects.filter(pk__in=self._own_ids(permission)) | Employee.objects.filter(pk__in=members)

    def employees_between(self, permission: Permission, first: date, last: date) -> QuerySet[Employee]:
        """The employees that the permission covers today, and those who were in the units that it covers on a day from
        ``first`` to ``last``: what happened then stays with who answered for it."""
        if self.reaches_company(permission):
            return Employee.objects.all()
        then = self._members_between(permission, first, last).values("employee")
        return self.employees(permission) | Employee.objects.filter(pk__in=then)

    def reaches_rows(self, permission: Permission, *, first: str, last: str) -> Q:
        """The same for rows with an ``employee``: ``first`` and ``last`` name their fields with the days meant."""
        if self.reaches_company(permission):
            return Q(employee__isnull=False)
        then = self._members_between(permission, OuterRef(first), OuterRef(last))
        today = self.employees(permission).values("pk")
        return Q(employee__in=today) | Q(Exists(then.filter(employee=OuterRef("employee"))))

    def employee(self, permission: Permission, pk: UUID | str) -> Employee:
        """One employee; ``NotVisibleError`` when absent or not covered."""
        own: Employee | None = getattr(self.user, "employee", None)
        if own is not None and str(own.pk) == str(pk) and own.pk in self._own_ids(permission):
            return own
        return _one(self.employees(permission), pk)

    def unit(self, permission: Permission, pk: UUID | str) -> Unit:
        """One unit; ``NotVisibleError`` when absent or not covered."""
        return _one(self.units(permission), pk)

    def users(self) -> QuerySet[User]:
        """Those whose sign-in and roles the user may manage."""
        return User.objects.all() if self.reaches_company(Permission.GRANT_ROLES) else User.objects.none()

    def managed_user(self, pk: UUID | str) -> User:
        """One user to manage; ``NotVisibleError`` when absent or not covered."""
        return _one(self.users(), pk)

    def jobs(self) -> QuerySet[Job]:
        """Everybody's jobs for who looks after the installation, else the own ones."""
        if self.reaches_company(Permission.SEE_JOBS):
            return Job.objects.all()
        own = getattr(self.user, "pk", None)
        return Job.objects.filter(created_by=own) if own and self.user.is_active else Job.objects.none()

    def job(self, pk: UUID | str) -> Job:
        """One job; ``NotVisibleError`` when absent or not covered."""
        return _one(self.jobs(), pk)

    def audit(self) -> QuerySet[AuditEntry]:
        """The trail of every write; all of it or nothing."""
        return AuditEntry.objects.all() if self.reaches_company(Permission.SEE_AUDIT) else AuditEntry.objects.none()

    def within(self, unit: Unit) -> set[UUID]:
        """The ids of ``unit`` and all units below it."""
        return self._closure([unit.pk])

    def lake(self, permission: Permission) -> Visibility:
        """What of the lake the permission covers.

        A leader sees what an account did while its user belonged to the leader's units; everybody sees what the own
        accounts did while they were the own.
        """
        if self.reaches_company(permission):
            return Visibility.everything()
        return remembered(("lake", self.user.pk, self.day, permission), lambda: self._covered_accounts(permission))

    def _covered_accounts(self, permission: Permission) -> Visibility:
        own, units = self._own_ids(permission), self._unit_ids(permission)
        spans = [*(_account_spans(own) if own else ()), *(_unit_spans(units) if units else ())]
        return Visibility.of(spans) if spans else Visibility.nothing()

    @cached_property
    def _roots(self) -> set[UUID]:
        return remembered("roots of units", _roots)

    @cached_property
    def _children(self) -> dict[UUID | None, list[UUID]]:
        return remembered("children of units", _children)

    def _with(self, permission: Permission) -> list[RoleGrant]:
        return [grant for grant in self.grants if permission in ROLES[grant.role].permissions]

    def _unit_ids(self, permission: Permission) -> set[UUID]:
        pending = [
            grant.unit_id
            for grant in self._with(permission)
            if ROLES[grant.role].reach is Reach.UNIT and grant.unit_id is not None
        ]
        return self._closure(pending)

    def _closure(self, pending: list[UUID]) -> set[UUID]:
        found: set[UUID] = set()
        while pending:
            unit = pending.pop()
            if unit not in found:
                found.add(unit)
                pending.extend(self._children.get(unit, ()))
        return found

    def _members_between(
        self, permission: Permission, first: date | OuterRef, last: date | OuterRef
    ) -> QuerySet[Membership]:
        begun = Membership.objects.filter(unit__in=self._unit_ids(permission), starts_on__lte=last)
        return begun.filter(Q(ends_on=None) | Q(ends_on__gt=first))

    def _own_ids(self, permission: Permission) -> set[UUID]:
        own = getattr(self.user, "employee_id", None)
        if own is None:
            return set()
        reaches = {ROLES[grant.role].reach for grant in self._with(permission)}
        found = {own} if reaches & {Reach.SELF, Reach.MENTEES} else set()
        if Reach.MENTEES in reaches:
            mentees = Guidance.objects.on(self.day).filter(guide=own, kind=GuidanceKind.MENTOR)
            found.update(mentees.values_list("employee_id", flat=True))
        return found


def visible_to(user: User | AnonymousUser, *, day: date | None = None) -> Sight:
    """What ``user`` may do and see on ``day`` (default: today in the company's time zone)."""
    day = day or today_in_company()
    if not user.is_authenticated or not user.is_active:
        return Sight(user=user, day=day)
    return Sight(user=user, day=day, grants=grants_on(day, user.pk))


def _roots() -> set[UUID]:
    return set(Unit.objects.filter(parent=None, kind=UnitKind.COMPANY).values_list("pk", flat=True))


def _children() -> dict[UUID | None, list[UUID]]:
    children: dict[UUID | None, list[UUID]] = {}
    for pk, parent in Unit.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    return children


def _one(rows: QuerySet[M], pk: UUID | str) -> M:
    try:
        return rows.get(pk=UUID(str(pk)))
    except (ObjectDoesNotExist, ValueError):
        raise NotVisibleError from None


def _account_spans(employee_ids: Iterable[UUID]) -> list[AccountSpan]:
    return [
        AccountSpan(row.account, _ms(row.starts_at), _ms(row.ends_at)) for row in _accounts(frozenset(employee_ids))
    ]


_ACCOUNTS = Prepared(
    lambda: AgentAccount.objects.filter(Argument("employees", UUIDField(), is_many=True).has("employee"))
)


def _accounts(employee_ids: frozenset[UUID]) -> list[AgentAccount]:
    return remembered(("accounts", employee_ids), lambda: _ACCOUNTS(employees=employee_ids))


def accounts_of(employee: Employee | UUID) -> tuple[str, ...]:
    """The platform accounts that a person answers with, or has answered with, by name. For whom it may be told to
    decides the caller."""
    rows = _accounts(frozenset([employee.pk if isinstance(employee, Employee) else employee]))
    return tuple(sorted({row.account for row in rows}))


def _unit_spans(unit_ids: Iterable[UUID]) -> list[AccountSpan]:
    """Account uses, cut to the days on which their users belonged to the units."""
    zone = company_zone()
    members: dict[UUID, list[Membership]] = {}
    for membership in Membership.objects.filter(unit__in=unit_ids):
        members.setdefault(membership.employee_id, []).append(membership)
    spans: list[AccountSpan] = []
    for row in AgentAccount.objects.filter(employee__in=members):
        parts = (row.during(membership, zone) for membership in members[row.employee_id])
        spans.extend(AccountSpan(row.account, _ms(part[0]), _ms(part[1])) for part in parts if part)
    return spans


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
