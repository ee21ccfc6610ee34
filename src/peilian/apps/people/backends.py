"""Who is signed in (登录身份): the user with the employee behind it, in one reading."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from peilian.apps.base.api import Argument, Prepared
from peilian.apps.people.models import User

_USER = Prepared(lambda: User.objects.select_related("employee").filter(pk=Argument("pk", User._meta.pk)))


class PeopleBackend(ModelBackend):
    """Django's backend, but that a user comes with the employee, whom nearly every page asks for."""

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, while it may sign in."""
        found = _USER.first(pk=user_id)
        return found if found is not None and self.user_can_authenticate(found) else None
