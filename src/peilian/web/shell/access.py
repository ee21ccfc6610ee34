"""What the user of a request may do, looked up once a request."""

from __future__ import annotations

from django.http import HttpRequest

from peilian.apps.people.api import Sight, User, visible_to


def sight_of(request: HttpRequest) -> Sight:
    """The sight of the request's user, kept on the request."""
    found: Sight | None = getattr(request, "_peilian_sight", None)
    if found is None:
        found = visible_to(request.user)
        request._peilian_sight = found  # type: ignore[attr-defined]
    return found


def user_of(request: HttpRequest) -> User:
    """The user of a request that only the signed-in can make."""
    user = request.user
    assert isinstance(user, User)
    return user
