"""Sessions (登录会话) in the database, read by a query that is put together once: every request begins with it."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from peilian.apps.base.api import Argument, Prepared

_SESSION = Prepared(
    lambda: Session.objects.filter(
        session_key=Argument("key", Session._meta.get_field("session_key")),
        expire_date__gt=Argument("now", Session._meta.get_field("expire_date")),
    )
)


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def _get_session_from_db(self) -> Any:
        found = _SESSION.first(key=self.session_key, now=timezone.now()) if self.session_key else None
        if found is None:
            self._session_key = None
        return found
