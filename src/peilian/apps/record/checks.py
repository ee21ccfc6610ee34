"""What every write to the record checks first, and whom it may be about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet

from peilian.apps.base.api import refuse as refuse
from peilian.apps.base.api import short as short
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

Person = Employee | UUID | str
"""An employee or the id of one."""

NOTE_LIMIT = 500


def person_for(user: User, permission: Permission, person: Person) -> Employee:
    """One employee whom ``permission`` covers; ``NotVisibleError`` when absent or not covered."""
    return visible_to(user).employee(permission, person.pk if isinstance(person, Employee) else person)


def people_seen(user: User, unit: Unit | None) -> QuerySet[Employee]:
    """The people whose record ``user`` may see, of a unit and all below it when given."""
    sight = visible_to(user)
    people = sight.employees(Permission.SEE_RECORD)
    if unit is None:
        return people
    if not sight.units(Permission.SEE_RECORD).filter(pk=unit.pk).exists():
        raise NotVisibleError
    inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit)).values("employee")
    return people.filter(pk__in=inside)


def permit_on(
    actor: User | None, permission: Permission, employee_ids: Iterable[UUID], *, is_own_allowed: bool = False
) -> None:
    """Only who holds ``permission`` for all of them; the product itself (``None``) may.

    Nobody judges oneself: without ``is_own_allowed`` the actor's own record is refused too.
    """
    if actor is None:
        return
    wanted = set(employee_ids)
    covered = set(visible_to(actor).employees(permission).filter(pk__in=wanted).values_list("pk", flat=True))
    if covered != wanted or (actor.employee_id in wanted and not is_own_allowed):
        raise NotVisibleError
