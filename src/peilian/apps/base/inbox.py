"""The inbox: what the product tells one user."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import UUIDField
from django.utils import timezone

from peilian.apps.base.audit import bookkeeping
from peilian.apps.base.models import InboxMessage
from peilian.apps.base.prepared import Argument, Prepared

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from peilian.apps.people.models import User


def send(*, recipient: User, key: str, params: Mapping[str, Any], link: str = "") -> InboxMessage:
    """Put a message into a user's inbox; part of the caller's transaction."""
    with bookkeeping():
        return InboxMessage.objects.create(
            recipient=recipient, at=timezone.now(), key=key, params=dict(params), link=link
        )


def inbox_of(*, user: User) -> QuerySet[InboxMessage]:
    """The user's own messages, newest first."""
    return InboxMessage.objects.filter(recipient=user)


def unread_of(*, user: User, most: int, without: tuple[str, ...] = ()) -> list[InboxMessage]:
    """The newest messages that the user has not read, but for those of the keys in ``without``."""
    return _unread(most, without)(recipient=user.pk)


@lru_cache(maxsize=16)
def _unread(most: int, without: tuple[str, ...]) -> Prepared[InboxMessage]:
    mine = InboxMessage.objects.filter(recipient=Argument("recipient", UUIDField()), read_at=None)
    return Prepared(lambda: mine.exclude(key__in=without)[:most])


def mark_read(*, user: User) -> int:
    """Mark all of the user's messages as read; tell how many were new."""
    with bookkeeping():
        return InboxMessage.objects.filter(recipient=user, read_at=None).update(read_at=timezone.now())
