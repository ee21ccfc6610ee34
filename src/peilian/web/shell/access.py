"""Who is behind a request or a socket, and what the user of a request may do, looked up once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from peilian.apps.people.api import NotVisibleError, Sight, User, visible_to


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


def user_of_socket(scope: Any) -> User:
    """The user of a WebSocket as the database knows it now; the one of its scope is as it was when it opened."""
    user: Any = scope["user"]
    if not user.is_authenticated:
        raise NotVisibleError
    session = scope.get("session")
    if session is not None and not session.exists(session.session_key):  # signed out in another tab
        raise NotVisibleError
    found = User.objects.select_related("employee").filter(pk=user.pk, is_active=True).first()
    if found is None:
        raise NotVisibleError
    return found
