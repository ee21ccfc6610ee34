"""Who decides about results of a person (复核人): for what nobody in particular was asked to look at."""

from __future__ import annotations

from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import ROLES, Employee, Permission, RoleGrant, User, visible_to


def deciders_of(employee: Employee) -> list[User]:
    """Who leads and judges a person today, without the person: those who have a part of the company to lead; where
    nobody leads the person so, those who lead all of it."""
    roles = [
        key for key, role in ROLES.items() if {Permission.RAISE_NEEDS, Permission.ASSIGN_TRAINING} <= role.permissions
    ]
    grants = list(RoleGrant.objects.on(today_in_company()).filter(role__in=roles).order_by("user"))
    for listed in ([one for one in grants if one.unit_id is not None], [one for one in grants if one.unit_id is None]):
        users = User.objects.filter(pk__in={one.user_id for one in listed}, is_active=True).exclude(employee=employee)
        found = [user for user in users.order_by("pk") if _decides(user, employee)]
        if found:
            return found
    return []


def _decides(user: User, employee: Employee) -> bool:
    sight = visible_to(user)
    return all(
        sight.employees(permission).filter(pk=employee.pk).exists()
        for permission in (Permission.RAISE_NEEDS, Permission.ASSIGN_TRAINING)
    )
