"""Writes to the directory: units, posts, employees, accounts, users, roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from peilian.apps.base.api import today_in_company, write
from peilian.apps.people.gate import NotVisibleError, visible_to
from peilian.apps.people.models import (
    AgentAccount,
    AgentKind,
    Employee,
    Guidance,
    GuidanceKind,
    Membership,
    Post,
    RoleGrant,
    Stage,
    StageEntry,
    Unit,
    UnitKind,
    User,
)
from peilian.apps.people.roles import ROLES, Permission, Reach
from peilian.engine._kernel import Fault, InputError, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence


def _permit(actor: User | None, permission: Permission) -> None:
    """Only company-wide holders of ``permission`` change the directory; the product itself (``None``) may."""
    if actor is not None and not visible_to(actor).reaches_company(permission):
        raise NotVisibleError


def refuse(key: str, field: str | None = None, **params: str | int | None) -> InputError:
    """The error of one field."""
    return InputError(Fault(Reason(key, params), field=field))


def add_unit(
    *, actor: User | None, code: str, name: Mapping[str, str], kind: UnitKind, parent: Unit | None = None
) -> Unit:
    """Add a unit below ``parent`` (the company itself has none)."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    if not code.strip():
        raise refuse("people.empty", "code")
    if not any(name.values()):
        raise refuse("people.empty", "name")
    if Unit.objects.filter(code=code).exists():
        raise refuse("people.code_taken", "code", value=code)
    with write(actor=actor, verb="people.add_unit") as audit:
        unit = Unit.objects.create(code=code, name=dict(name), kind=kind, parent=parent)
        audit.created(unit)
    return unit


def change_unit(*, actor: User | None, unit: Unit, name: Mapping[str, str], parent: Unit | None) -> Unit:
    """Rename a unit or hang it elsewhere; never below itself."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    above = parent
    while above is not None:
        if above.pk == unit.pk:
            raise refuse("people.unit_below_itself", "parent")
        above = above.parent
    before = {"name": unit.name, "parent": unit.parent_id}
    unit.name, unit.parent = dict(name), parent
    with write(actor=actor, verb="people.change_unit") as audit:
        unit.save()
        audit.changed(unit, **before)
    return unit


def add_post(*, actor: User | None, code: str, name: Mapping[str, str], agent_kind: str = "") -> Post:
    """Add a post."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    if agent_kind and agent_kind not in AgentKind.values:
        raise refuse("people.unknown_choice", "agent_kind", value=agent_kind, known=", ".join(AgentKind.values))
    if Post.objects.filter(code=code).exists():
        raise refuse("people.code_taken", "code", value=code)
    with write(actor=actor, verb="people.add_post") as audit:
        post = Post.objects.create(code=code, name=dict(name), agent_kind=agent_kind)
        audit.created(post)
    return post


def add_employee(*, actor: User | None, number: str, name: str, hired_on: date | None = None) -> Employee:
    """Add an employee under a number that nobody has yet."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    if not number.strip():
        raise refuse("people.empty", "number")
    if not name.strip():
        raise refuse("people.empty", "name")
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
    _permit(actor, Permission.MANAGE_PEOPLE)
    if not name.strip():
        raise refuse("people.empty", "name")
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
    """Put an employee into a unit from a day on; an open membership before it ends that day."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    if ends_on is not None and ends_on <= starts_on:
        raise refuse("people.ends_before_start", "ends_on")
    with write(actor=actor, verb="people.place_employee") as audit:
        for open_one in Membership.objects.filter(employee=employee, ends_on=None, starts_on__lt=starts_on):
            open_one.ends_on = starts_on
            open_one.save()
            audit.changed(open_one, ends_on=None)
        membership = Membership.objects.create(
            employee=employee, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on
        )
        audit.created(membership)
    return membership


def set_stage(*, actor: User | None, employee: Employee, stage: Stage, starts_on: date) -> StageEntry:
    """An employee reaches a stage on a day."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    with write(actor=actor, verb="people.set_stage") as audit:
        entry = StageEntry.objects.create(employee=employee, stage=stage, starts_on=starts_on)
        audit.created(entry)
    return entry


def set_guide(
    *, actor: User | None, employee: Employee, guide: Employee, kind: GuidanceKind, starts_on: date
) -> Guidance:
    """Give an employee a supervisor or mentor from a day on, in place of the one before."""
    _permit(actor, Permission.MANAGE_PEOPLE)
    if guide.pk == employee.pk:
        raise refuse("people.guides_self", "guide", name=employee.name)
    with write(actor=actor, verb="people.set_guide") as audit:
        for open_one in Guidance.objects.filter(employee=employee, kind=kind, ends_on=None):
            open_one.ends_on = max(starts_on, open_one.starts_on)
            open_one.save()
            audit.changed(open_one, ends_on=None)
        row = Guidance.objects.create(employee=employee, guide=guide, kind=kind, starts_on=starts_on)
        audit.created(row)
    return row


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
    _permit(actor, Permission.MANAGE_PEOPLE)
    if not account.strip():
        raise refuse("people.empty", "account")
    if ends_at is not None and ends_at <= starts_at:
        raise refuse("people.ends_before_start", "ends_at")
    with write(actor=actor, verb="people.assign_account") as audit:
        for other in AgentAccount.objects.filter(platform=platform, account=account):
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


def add_user(
    *,
    actor: User | None,
    username: str,
    name: str,
    password: str | None,
    employee: Employee | None = None,
    language: str = "zh",
) -> User:
    """Somebody who can sign in; without a password only after one is set."""
    _permit(actor, Permission.GRANT_ROLES)
    if not username.strip():
        raise refuse("people.empty", "username")
    if User.objects.filter(username__iexact=username).exists():
        raise refuse("people.username_taken", "username", value=username)
    user = User(username=username, name=name, employee=employee, language=language)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    with write(actor=actor, verb="people.add_user") as audit:
        user.save()
        audit.created(user)
    return user


def set_password(*, actor: User | None, user: User, password: str) -> None:
    """Give a user a new password; one's own needs no permission."""
    if actor is None or actor.pk != user.pk:
        _permit(actor, Permission.GRANT_ROLES)
    user.set_password(password)
    with write(actor=actor, verb="people.set_password") as audit:
        user.save()
        audit.note(user, {"password": ["***", "***"]})


def set_language(*, user: User, language: str) -> None:
    """The user chooses the language to read in."""
    before = user.language
    user.language = "en" if language == "en" else "zh"
    with write(actor=user, verb="people.set_language") as audit:
        user.save(update_fields=["language"])
        audit.changed(user, language=before)


def set_active(*, actor: User | None, user: User, is_active: bool) -> None:
    """Let a user in, or keep out."""
    _permit(actor, Permission.GRANT_ROLES)
    before = user.is_active
    user.is_active = is_active
    with write(actor=actor, verb="people.set_active") as audit:
        user.save(update_fields=["is_active"])
        audit.changed(user, is_active=before)


def grant_role(
    *,
    actor: User | None,
    user: User,
    role: str,
    unit: Unit | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RoleGrant:
    """Give a user a role. A role that reaches a unit needs the unit."""
    _permit(actor, Permission.GRANT_ROLES)
    if role not in ROLES:
        raise refuse("people.unknown_choice", "role", value=role, known=", ".join(ROLES))
    if ROLES[role].reach is Reach.UNIT and unit is None:
        raise refuse("people.role_needs_unit", "unit", role=role)
    with write(actor=actor, verb="people.grant_role") as audit:
        grant = RoleGrant.objects.create(
            user=user, role=role, unit=unit, starts_on=starts_on or today_in_company(), ends_on=ends_on
        )
        audit.created(grant)
    return grant


def end_grant(*, actor: User | None, grant: RoleGrant) -> None:
    """Take a role back from today on."""
    _permit(actor, Permission.GRANT_ROLES)
    before = grant.ends_on
    grant.ends_on = today_in_company()
    with write(actor=actor, verb="people.end_grant") as audit:
        grant.save()
        audit.changed(grant, ends_on=before)


@dataclass(frozen=True, slots=True)
class RosterLine:
    """Which employee, of which team and on which post, used an account from when to when; for measuring by person."""

    account: str
    employee: str
    team: str | None
    post: str | None
    starts_on: date
    ends_on: date | None


def roster_lines() -> Sequence[RosterLine]:
    """Everybody's account uses, cut by memberships, as the measuring flow takes them."""
    lines = []
    members: dict[object, list[Membership]] = {}
    for membership in Membership.objects.select_related("unit", "post"):
        members.setdefault(membership.employee_id, []).append(membership)
    for row in AgentAccount.objects.select_related("employee"):
        first, last = row.starts_at.date(), row.ends_at.date() if row.ends_at else None
        for membership in members.get(row.employee_id, []):
            starts = max(first, membership.starts_on)
            ends = min((day for day in (last, membership.ends_on) if day is not None), default=None)
            if ends is None or starts < ends:
                post = str(membership.post) if membership.post else None
                lines.append(RosterLine(row.account, row.employee.name, str(membership.unit), post, starts, ends))
        if row.employee_id not in members:
            lines.append(RosterLine(row.account, row.employee.name, None, None, first, last))
    return lines
