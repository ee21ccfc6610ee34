"""Users, their passwords and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from peilian.apps.base import api as base
from peilian.apps.base.api import today_in_company, write
from peilian.apps.people.checks import filled, permit, refuse
from peilian.apps.people.models import RoleGrant, User
from peilian.apps.people.roles import ROLES, Permission, Reach
from peilian.engine._kernel import Fault, InputError, Reason

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from peilian.apps.people.models import Employee, Unit

_GRANTING = tuple(key for key, role in ROLES.items() if Permission.GRANT_ROLES in role.permissions)


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
    permit(actor, Permission.GRANT_ROLES)
    username, name = filled(username, "username", limit=80), filled(name, "name", limit=100)
    if User.objects.filter(username__iexact=username).exists():
        raise refuse("people.username_taken", "username", value=username)
    if employee is not None and User.objects.filter(employee=employee).exists():
        raise refuse("people.employee_has_user", "employee", name=employee.name)
    user = User(username=username, name=name, employee=employee, language="en" if language == "en" else "zh")
    if password is None:
        user.set_unusable_password()
    else:
        check_password(user, password)
        user.set_password(password)
    with write(actor=actor, verb="people.add_user") as audit:
        user.save()
        audit.created(user)
    return user


def set_password(*, actor: User | None, user: User, password: str) -> None:
    """Give a user a new password; one's own needs no permission. Sessions under the old one end."""
    if actor is None or actor.pk != user.pk:
        permit(actor, Permission.GRANT_ROLES)
    check_password(user, password)
    user.set_password(password)
    with write(actor=actor, verb="people.set_password") as audit:
        user.save(update_fields=["password"])
        audit.note(user, {"password": ["***", "***"]})


def check_password(user: User, password: str) -> None:
    """Refuse what the installation's password rules refuse, each broken rule with its own reason."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = [
            Fault(Reason(f"people.{item.code}", {"limit": (item.params or {}).get("min_length")}), field="password")
            for item in error.error_list
        ]
        raise InputError(*faults) from None


def set_language(*, user: User, language: str) -> None:
    """The user chooses the language to read in."""
    before = user.language
    user.language = "en" if language == "en" else "zh"
    with write(actor=user, verb="people.set_language") as audit:
        user.save(update_fields=["language"])
        audit.changed(user, language=before)


def set_active(*, actor: User | None, user: User, is_active: bool) -> None:
    """Let a user in, or keep out; the last one who can grant roles stays."""
    permit(actor, Permission.GRANT_ROLES)
    with write(actor=actor, verb="people.set_active") as audit:
        if not is_active:
            _keep_one_administrator(lost=RoleGrant.objects.filter(user=user))
        before, user.is_active = user.is_active, is_active
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
    """Give a user a role. A role that reaches a unit needs the unit; any other takes none."""
    permit(actor, Permission.GRANT_ROLES)
    if role not in ROLES:
        raise refuse("people.unknown_choice", "role", value=role, known=", ".join(ROLES))
    if ROLES[role].reach is Reach.UNIT and unit is None:
        raise refuse("people.role_needs_unit", "unit")
    if ROLES[role].reach is not Reach.UNIT and unit is not None:
        raise refuse("people.role_takes_no_unit", "unit")
    starts_on = starts_on or today_in_company()
    if ends_on is not None and ends_on <= starts_on:
        raise refuse("people.ends_before_start", "ends_on")
    with write(actor=actor, verb="people.grant_role") as audit:
        grant = RoleGrant.objects.create(user=user, role=role, unit=unit, starts_on=starts_on, ends_on=ends_on)
        audit.created(grant)
    return grant


def end_grant(*, actor: User | None, grant: RoleGrant) -> None:
    """Take a role back from today on; one that has ended stays as it is."""
    permit(actor, Permission.GRANT_ROLES)
    today = today_in_company()
    if grant.ends_on is not None and grant.ends_on <= today:
        return
    with write(actor=actor, verb="people.end_grant") as audit:
        _keep_one_administrator(lost=RoleGrant.objects.filter(pk=grant.pk))
        before, grant.ends_on = grant.ends_on, today
        grant.save()
        audit.changed(grant, ends_on=before)


def _keep_one_administrator(*, lost: QuerySet[RoleGrant]) -> None:
    """Refuse to take away the ``lost`` grants when nobody else could then grant a role again.

    Only inside ``write``: the rows stay locked to its end, so that two administrators cannot shut out each other.
    """
    rows = RoleGrant.objects.on(today_in_company()).filter(role__in=_GRANTING, user__is_active=True)
    granting = set(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    going = granting.intersection(lost.values_list("pk", flat=True))
    if going and going == granting:
        raise refuse("people.last_administrator")


def change_company(*, actor: User | None, name: Mapping[str, str], time_zone: str, calendar: str) -> base.Company:
    """Change the company's settings."""
    permit(actor, Permission.MANAGE_SETTINGS)
    return base.change_company(actor=actor, name=name, time_zone=time_zone, calendar=calendar)
