"""What the library tells people through their inbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from peilian.apps.base.api import send, today_in_company
from peilian.apps.library.models import Content, ContentState, PackInstall
from peilian.apps.people.api import ROLES, Permission, RoleGrant, User, visible_to

if TYPE_CHECKING:
    from uuid import UUID

HOME = "/learn/library/"
PROPOSALS = "/learn/handbook/proposals/"
"""Where somebody who does not write in the library finds what became of the own proposals."""


def link_to(content: Content) -> str:
    """The page of a content."""
    return f"{HOME}{content.kind}/{content.key}/"


def holders(permission: Permission, *, but: Iterable[UUID | None] = ()) -> list[User]:
    """The active users who hold ``permission`` today, apart from those left out."""
    roles = [key for key, role in ROLES.items() if permission in role.permissions]
    grants = RoleGrant.objects.on(today_in_company()).filter(role__in=roles)
    found = User.objects.filter(pk__in=grants.values("user"), is_active=True)
    return list(found.exclude(pk__in=[pk for pk in but if pk is not None]))


def tell(users: Iterable[User | None], key: str, content: Content, **params: Any) -> None:
    """A message about a content to each of the users."""
    for user in users:
        if user is not None and user.is_active:
            title = content.name.in_language(user.reading_language) or content.key
            is_hidden = content.state == ContentState.NEW and not visible_to(user).may(Permission.WRITE_LIBRARY)
            link = PROPOSALS if is_hidden else link_to(content)
            send(recipient=user, key=key, params={"title": title, **params}, link=link)


def tell_of_install(install: PackInstall) -> None:
    """Those who publish hear of what a pack changed where they have to look; a quiet upgrade tells nobody."""
    n_drafted, n_gone = len(install.report["drafted"]), len(install.report["gone"])
    if not n_drafted and not n_gone:
        return
    for user in holders(Permission.PUBLISH_LIBRARY):
        send(
            recipient=user,
            key="inbox.library_pack",
            params={"pack": install.pack, "version": install.version, "drafted": n_drafted, "gone": n_gone},
            link=HOME,
        )
