"""Writes to the directory: units, posts, employees and what changes about them from day to day.

The functions that begin with ``record_`` write inside an audit that is already open; the roster import shares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from peilian.apps.base.api import Audit, write
from peilian.apps.people.checks import filled, named, permit, refuse
from peilian.apps.people.models import (
    WORKPLACES,
    AgentAccount,
    AgentKind,
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
from peilian.apps.people.roles import Permission

if TYPE_CHECKING:
    from peilian.apps.people.models import User


def add_unit(
    *, actor: User | None, code: str, name: Mapping[str, str], kind: UnitKind, parent: Unit | None = None
) -> Unit:
    """Add a unit below ``parent``. Only the company itself has none, and there is one company."""
    permit(actor, Permission.MANAGE_PEOPLE)
    code, names = filled(code, "code", limit=60), named(name)
    if Unit.objects.filter(code=code).exists():
        raise refuse("people.code_taken", "code", value=code)
    _check_place(kind, parent)
    with write(actor=actor, verb="people.add_unit") as audit:
        unit = Unit.objects.create(code=code, name=names, kind=kind, parent=parent)
        audit.created(unit)
    return unit


def change_unit(*, actor: User | None, unit: Unit, name: Mapping[str, str], parent: Unit | None) -> Unit:
    """Rename a unit or hang it elsewhere; never below itself."""
    permit(actor, Permission.MANAGE_PEOPLE)
    names = named(name)
    above = parent
    while above is not None:
        if above.pk == unit.pk:
            raise refuse("people.unit_below_itself", "parent")
        above = above.parent
    if (parent is None) != (unit.kind == UnitKind.COMPANY):
        raise refuse("people.unit_needs_parent", "parent")
    before = {"name": unit.name, "parent": unit.parent_id}
    unit.name, unit.parent = names, parent
    with write(actor=actor, verb="people.change_unit") as audit:
        unit.save()
        audit.changed(unit, **before)
    return unit


def _check_place(kind: UnitKind, parent: Unit | None) -> None:
    """One tree under one company: whoever leads its root reaches everybody, so nothing else may be a root."""
    is_company = kind == UnitKind.COMPANY
    if is_company and Unit.objects.filter(kind=UnitKind.COMPANY).exists():
        raise refuse("people.one_company", "kind")
    if is_company != (parent is None):
        raise refuse("people.unit_needs_parent", "parent")


def add_post(*, actor: User | None, code: str, name: Mapping[str, str], agent_kind: str = "") -> Post:
    """Add a post."""
    permit(actor, Permission.MANAGE_PEOPLE)
    code, names = filled(code, "code", limit=60), named(name)
    if agent_kind and agent_kind not in AgentKind.values:
        raise refuse("people.unknown_choice", "agent_kind", value=agent_kind, known=", ".join(AgentKind.values))
    if Post.objects.filter(code=code).exists():
        raise refuse("people.code_taken", "code", value=code)
    with write(actor=actor, verb="people.add_post") as audit:
        post = Post.objects.create(code=code, name=names, agent_kind=agent_kind)
        audit.created(post)
    return post


def add_employee(*, actor: User | None, number: str, name: str, hired_on: date | None = None) -> Employee:
    """Add an employee under a number that nobody has yet."""
    permit(actor, Permission.MANAGE_PEOPLE)
    number, name = filled(number, "number", limit=60), filled(name, "name", limit=100)
    if Employee.objects.filter(number=number).exists():
        raise refuse("people.number_taken", "number", value=number)
    with write(actor=actor, verb="people.add_employee") as audit:
        employee = Employee.objects.create(number=number, name=name, hired_on=hired_on)
        audit.created(employee)
    return employee


def change_employee(
    *, actor: User | None, employee: Employee, name: str, hired_on: date | None, left_on: date | None
) -> Employee:
    """Change an employee's name and days of service."""
    permit(actor, Permission.MANAGE_PEOPLE)
    name = filled(name, "name", limit=100)
    if hired_on and left_on and left_on < hired_on:
        raise refuse("people.ends_before_start", "left_on")
    before = {"name": employee.name, "hired_on": employee.hired_on, "left_on": employee.left_on}
    employee.name, employee.hired_on, employee.left_on = name, hired_on, left_on
    with write(actor=actor, verb="people.change_employee") as audit:
        employee.save()
        audit.changed(employee, **before)
    return employee


def place_employee(
    *,
    actor: User | None,
    employee: Employee,
    unit: Unit,
    post: Post | None,
    starts_on: date,
    ends_on: date | None = None,
) -> Membership:
    """Put an employee into a unit from a day on (until ``ends_on``, exclusive).

    On one day an employee belongs to one team or department: what held before ends where this begins, and this ends
    where what was already planned for later begins. Besides that one may work at any number of shops and sites.
    """
    permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.place_employee") as audit:
        return record_place(audit, employee=employee, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on)


def record_place(
    audit: Audit, *, employee: Employee, unit: Unit, post: Post | None, starts_on: date, ends_on: date | None
) -> Membership:
    """``place_employee`` inside an open audit."""
    if ends_on is not None and ends_on <= starts_on:
        raise refuse("people.ends_before_start", "ends_on")
    same_day = None
    for other in _same_line(employee, unit):
        if other.starts_on == starts_on:
            same_day = other
        elif other.starts_on > starts_on:
            ends_on = min(ends_on or other.starts_on, other.starts_on)
        elif other.ends_on is None or other.ends_on > starts_on:
            before, other.ends_on = other.ends_on, starts_on
            other.save()
            audit.changed(other, ends_on=before)
    if same_day is None:
        row = Membership.objects.create(employee=employee, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on)
        audit.created(row)
        return row
    was = {"unit": same_day.unit_id, "post": same_day.post_id, "ends_on": same_day.ends_on}
    same_day.unit, same_day.post, same_day.ends_on = unit, post, ends_on
    same_day.save()
    audit.changed(same_day, **was)
    return same_day


def _same_line(employee: Employee, unit: Unit) -> list[Membership]:
    """The memberships that one in ``unit`` takes the place of: those of teams, or those of the same shop or site."""
    rows = Membership.objects.filter(employee=employee).select_for_update().order_by("starts_on")
    if unit.kind in WORKPLACES:
        return list(rows.filter(unit=unit))
    return list(rows.exclude(unit__kind__in=WORKPLACES))


def end_membership(*, actor: User | None, membership: Membership, ends_on: date) -> Membership:
    """An employee belongs to a unit no longer, from ``ends_on`` on."""
    permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.end_membership") as audit:
        return record_end(audit, membership, ends_on)


def record_end(audit: Audit, membership: Membership, ends_on: date) -> Membership:
    """``end_membership`` inside an open audit."""
    if ends_on <= membership.starts_on:
        raise refuse("people.ends_before_start", "ends_on")
    before, membership.ends_on = membership.ends_on, ends_on
    membership.save()
    audit.changed(membership, ends_on=before)
    return membership


def set_stage(*, actor: User | None, employee: Employee, stage: Stage, starts_on: date) -> StageEntry:
    """An employee reaches a stage on a day."""
    permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.set_stage") as audit:
        return record_stage(audit, employee=employee, stage=stage, starts_on=starts_on)


def record_stage(audit: Audit, *, employee: Employee, stage: Stage, starts_on: date) -> StageEntry:
    """``set_stage`` inside an open audit."""
    row, is_new = StageEntry.objects.get_or_create(employee=employee, starts_on=starts_on, defaults={"stage": stage})
    if is_new:
        audit.created(row)
        return row
    before, row.stage = row.stage, stage
    row.save()
    audit.changed(row, stage=before)
    return row


def set_guide(
    *, actor: User | None, employee: Employee, guide: Employee, kind: GuidanceKind, starts_on: date
) -> Guidance:
    """Give an employee a supervisor or mentor from a day on, in place of the one before."""
    permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.set_guide") as audit:
        return record_guide(audit, employee=employee, guide=guide, kind=kind, starts_on=starts_on)


def record_guide(audit: Audit, *, employee: Employee, guide: Employee, kind: GuidanceKind, starts_on: date) -> Guidance:
    """``set_guide`` inside an open audit."""
    if guide.pk == employee.pk:
        raise refuse("people.guides_self", "guide", name=employee.name)
    for open_one in Guidance.objects.filter(employee=employee, kind=kind, ends_on=None).select_for_update():
        open_one.ends_on = max(starts_on, open_one.starts_on)
        open_one.save()
        audit.changed(open_one, ends_on=None)
    row = Guidance.objects.create(employee=employee, guide=guide, kind=kind, starts_on=starts_on)
    audit.created(row)
    return row


def end_guide(*, actor: User | None, guidance: Guidance, ends_on: date) -> Guidance:
    """A supervisor or mentor guides an employee no longer, from ``ends_on`` on."""
    permit(actor, Permission.MANAGE_PEOPLE)
    if ends_on < guidance.starts_on:
        raise refuse("people.ends_before_start", "ends_on")
    before, guidance.ends_on = guidance.ends_on, ends_on
    with write(actor=actor, verb="people.end_guide") as audit:
        guidance.save()
        audit.changed(guidance, ends_on=before)
    return guidance


def assign_account(
    *,
    actor: User | None,
    platform: str,
    account: str,
    employee: Employee,
    starts_at: datetime,
    ends_at: datetime | None = None,
) -> AgentAccount:
    """An employee uses a platform account from a moment on. Two people at one moment are refused.

    When somebody else holds it openly from before, that use ends where the new one begins.
    """
    permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.assign_account") as audit:
        return record_account(
            audit, platform=platform, account=account, employee=employee, starts_at=starts_at, ends_at=ends_at
        )


def record_account(
    audit: Audit, *, platform: str, account: str, employee: Employee, starts_at: datetime, ends_at: datetime | None
) -> AgentAccount:
    """``assign_account`` inside an open audit."""
    account, platform = filled(account, "account", limit=200), platform.strip()[:60]
    if ends_at is not None and ends_at <= starts_at:
        raise refuse("people.ends_before_start", "ends_at")
    for other in AgentAccount.objects.filter(platform=platform, account=account).select_for_update():
        if other.ends_at is None and other.starts_at < starts_at:
            other.ends_at = starts_at
            other.save()
            audit.changed(other, ends_at=None)
        elif other.overlaps(starts_at, ends_at):
            raise refuse("people.account_taken", "account", value=account, name=other.employee.name)
    row = AgentAccount.objects.create(
        platform=platform, account=account, employee=employee, starts_at=starts_at, ends_at=ends_at
    )
    audit.created(row)
    return row


def end_account(*, actor: User | None, use: AgentAccount, ends_at: datetime) -> AgentAccount:
    """An employee uses an account no longer, from ``ends_at`` on."""
    permit(actor, Permission.MANAGE_PEOPLE)
    if ends_at <= use.starts_at:
        raise refuse("people.ends_before_start", "ends_at")
    before, use.ends_at = use.ends_at, ends_at
    with write(actor=actor, verb="people.end_account") as audit:
        use.save()
        audit.changed(use, ends_at=before)
    return use
