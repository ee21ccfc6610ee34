"""Who may do what in the library, and how what people type is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.adapters.packs.trees import content_kinds
from peilian.apps.library.models import Content
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.text.typed import cleaned, is_blank

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# What binds people is published by those who answer for it.
RULES = ("policy", "law")


def refuse(key: str, field: str | None = None, **params: Param) -> InputError:
    """The error of one field."""
    return InputError(Fault(Reason(key, params), field=field))


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


def require_kind(kind: str) -> str:
    """``kind`` when it is one of the library's; ``InputError`` names those that are."""
    if kind not in content_kinds():
        raise refuse("library.unknown_kind", "kind", known=", ".join(content_kinds()))
    return kind


def short(value: str, field: str, *, limit: int = 500, is_needed: bool = False) -> str:
    """``value`` as it is kept: without surrounding space and what cannot be stored; refused when longer than ``limit``,
    or empty though needed."""
    value = cleaned(value).strip()
    if is_blank(value):
        value = ""
    if is_needed and not value:
        raise refuse("library.empty", field)
    if len(value) > limit:
        raise refuse("library.too_long", field, limit=limit)
    return value


def named(title: Mapping[str, str | None], field: str = "title", *, limit: int = 200) -> dict[str, str]:
    """A text ``{zh, en}`` without empty languages; refused when both are missing."""
    found = {language: short(title.get(language) or "", field, limit=limit) for language in ("zh", "en")}
    found = {language: text for language, text in found.items() if text}
    if not found:
        raise refuse("library.empty", field)
    return found


def content_of(pk: UUID | str) -> Content:
    """A content by its id; ``NotVisibleError`` when there is none."""
    try:
        return Content.objects.select_related("current").get(pk=UUID(str(pk)))
    except (Content.DoesNotExist, ValueError):
        raise NotVisibleError from None


def locked(content: Content) -> Content:
    """The content's row, locked until the transaction ends, as it is now."""
    return Content.objects.select_for_update().get(pk=content.pk)
