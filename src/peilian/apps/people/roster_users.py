"""Who of a roster may sign in: sign-in names and roles, without passwords; those come by invitation."""

from __future__ import annotations

from collections import defaultdict
from secrets import token_urlsafe
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX

from peilian.apps.base.api import Audit, today_in_company
from peilian.apps.people.models import RoleGrant, User
from peilian.apps.people.roles import ROLES, Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from peilian.apps.people.models import Employee
    from peilian.apps.people.roster_people import Person
    from peilian.engine._kernel import Fault
    from peilian.flows.roster import RosterRow

_GIVEN = {
    key: role
    for key, role in ROLES.items()
    if role.reach in (Reach.SELF, Reach.MENTEES) and not role.is_external
}  # fmt: skip
_DEFAULT = "agent"


class RosterUsers:
    """Adds users and grants inside an open audit; ``touch`` is told of whom something was written."""

    def __init__(self, audit: Audit, touch: Callable[[Employee, str], None]) -> None:
        self.faults: list[Fault] = []
        self._audit, self._touch = audit, touch
        self._today = today_in_company()
        users = list(User.objects.select_related("employee"))
        self._named = {user.username.lower(): user for user in users}
        self._users: dict[UUID, User] = {user.employee_id: user for user in users if user.employee_id}
        self._added: set[UUID] = set()
        self._roles: dict[UUID, set[str]] = defaultdict(set)
        for grant in RoleGrant.objects.on(self._today):
            self._roles[grant.user_id].add(grant.role)

    def write(self, persons: Iterable[Person]) -> None:
        """Add what is not there yet."""
        users, grants = [], []
        for person in persons:
            assert person.employee is not None
            user = self._users.get(person.employee.pk)
            for row in person.rows:
                if row.username is None:
                    self._check_alone(row, user)
                elif user is None:
                    user = self._new(row, person)
                    users += [user] if user is not None and user.pk in self._added else []
                elif user.username.lower() != row.username.lower():
                    params = {"name": person.name, "known": user.username}
                    self.faults.append(row.fault("username", "roster.has_username", **params))
                grants += self._granted(row, user)
        User.objects.bulk_create(users, batch_size=500)
        RoleGrant.objects.bulk_create(grants, batch_size=500)

    def _new(self, row: RosterRow, person: Person) -> User | None:
        assert row.username is not None
        assert person.employee is not None
        other = self._named.get(row.username.lower())
        if other is not None and (other.employee_id is not None or other.name != person.name):
            self.faults.append(row.fault("username", "roster.username_of_another", value=row.username, name=other.name))
            return None
        if other is not None:  # somebody who signs in already, and whose employee is known only now
            other.employee = person.employee
            other.save(update_fields=["employee"])
            self._audit.changed(other, employee=None)
            self._touch(person.employee, "user")
            self._users[person.employee.pk] = other
            return other
        user = User(username=row.username, name=person.name, employee=person.employee)
        user.password = UNUSABLE_PASSWORD_PREFIX + token_urlsafe(30)  # until the person chooses one by invitation
        self._named[row.username.lower()] = self._users[person.employee.pk] = user
        self._added.add(user.pk)
        self._audit.created(user)
        self._touch(person.employee, "user")
        return user

    def _check_alone(self, row: RosterRow, user: User | None) -> None:
        if row.role is not None and user is None:
            self.faults.append(row.fault("role", "roster.role_needs_username"))

    def _granted(self, row: RosterRow, user: User | None) -> list[RoleGrant]:
        is_plain = user is not None and user.pk in self._added and not self._roles[user.pk]
        if user is None or (row.role is None and not is_plain):  # a role that was ended does not come back unasked
            return []
        role = _role(row.role)
        if role is None:
            known = ", ".join(f"{key} / {one.name.in_language('zh')}" for key, one in _GIVEN.items())
            self.faults.append(row.fault("role", "roster.role_not_by_roster", value=row.role, known=known))
            return []
        if role in self._roles[user.pk]:
            return []
        self._roles[user.pk].add(role)
        grant = RoleGrant(user=user, role=role, unit=None, starts_on=self._today)
        self._audit.created(grant)
        if user.employee is not None:
            self._touch(user.employee, "user")
        return [grant]


def _role(text: str | None) -> str | None:
    """The key of a role by key or name in any language; an agent where nothing is said."""
    if text is None:
        return _DEFAULT
    said = text.strip().lower()
    for key, role in _GIVEN.items():
        if said in (key, role.name.in_language("zh").lower(), role.name.in_language("en").lower()):
            return key
    return None
