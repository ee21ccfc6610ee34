"""Who may do what in the library, and how what people type is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.adapters.packs.trees import content_kinds
from peilian.apps.base.api import named as name_of
from peilian.apps.base.api import refuse as refuse
from peilian.apps.base.api import short as short
from peilian.apps.library.models import Content
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# What binds people is published by those who answer for it.
RULES = ("policy", "law", "competency-model")

# What there is one of, which everything else stands on: it is changed, never begun anew or retired.
ONE_OF_A_KIND = ("competency-model",)

# What is asked in exams is for who writes alone: not even that it is there is told.
SECRET = ("items", "exam")


def permit(actor: User | None, permission: Permission) -> None:
    """Only holders of ``permission``; the product itself (``None``) may. Absent and forbidden are not told apart."""
    if actor is not None:
        visible_to(actor).require(permission)


def publishing(kind: str) -> Permission:
    """The permission by which texts of a kind are published."""
    return Permission.PUBLISH_POLICIES if kind in RULES else Permission.PUBLISH_LIBRARY


def is_writer(user: User) -> bool:
    """Whether the user sees what is not published."""
    return visible_to(user).may(Permission.WRITE_LIBRARY)


def secret_to(user: User) -> tuple[str, ...]:
    """The kinds of texts that are not there for the user."""
    return () if is_writer(user) else SECRET


def require_sight(user: User | None, content: Content) -> None:
    """``NotVisibleError`` when a content is of a kind that is not there for the user."""
    if user is not None and content.kind in secret_to(user):
        raise NotVisibleError


def require_kind(kind: str) -> str:
    """``kind`` when it is one of the library's; ``InputError`` names those that are."""
    if kind not in content_kinds():
        raise refuse("library.unknown_kind", "kind", known=", ".join(content_kinds()))
    return kind


def require_not_alone(kind: str) -> None:
    """``InputError`` when there is one content of a kind, and has to be."""
    if kind in ONE_OF_A_KIND:
        raise refuse("library.one_of_its_kind", "kind")


def named(title: Mapping[str, str | None], field: str = "title", *, limit: int = 200) -> dict[str, str]:
    """A title as it is kept."""
    return name_of(title, field, limit=limit)


def content_of(pk: UUID | str) -> Content:
    """A content by its id; ``NotVisibleError`` when there is none."""
    try:
        return Content.objects.select_related("current").get(pk=UUID(str(pk)))
    except (Content.DoesNotExist, ValueError):
        raise NotVisibleError from None
