"""The people of the demo company by number or sign-in name, and ids that stay the same with every building."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from peilian.apps.people import api as people


def demo_id(*names: str) -> UUID:
    """The same id for the same names: what was made is found again."""
    return uuid5(NAMESPACE_URL, "/".join(("peilian-demo", *names)))


def user_called(username: str) -> people.User:
    """Who signs in by a name."""
    return people.User.objects.get(username=username)


def trainee(number: str) -> people.User:
    """Who signs in of an employee's number."""
    return people.User.objects.get(employee__number=number)
