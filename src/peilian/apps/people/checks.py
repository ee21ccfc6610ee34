"""What every write to the directory checks first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from peilian.apps.people.gate import NotVisibleError, visible_to
from peilian.apps.people.roles import Permission
from peilian.engine._kernel import Fault, InputError, Param, Reason

if TYPE_CHECKING:
    from peilian.apps.people.models import User


def permit(actor: User | None, permission: Permission) -> None:
    """Only company-wide holders of ``permission`` change the directory; the product itself (``None``) may."""
    if actor is not None and not visible_to(actor).reaches_company(permission):
        raise NotVisibleError


def refuse(key: str, field: str | None = None, **params: Param) -> InputError:
    """The error of one field."""
    return InputError(Fault(Reason(key, params), field=field))


def filled(value: str, field: str, *, limit: int) -> str:
    """``value`` without surrounding space; refused when nothing is left or it is longer than ``limit`` characters."""
    value = value.strip()
    if not value:
        raise refuse("people.empty", field)
    if len(value) > limit:
        raise refuse("people.too_long", field, limit=limit)
    return value


def named(name: Mapping[str, str]) -> dict[str, str]:
    """A name ``{zh, en}`` without empty languages; refused when both are missing."""
    given = {language: name.get(language, "").strip() for language in ("zh", "en")}
    given = {language: text for language, text in given.items() if text}
    if not given:
        raise refuse("people.empty", "name")
    for text in given.values():
        filled(text, "name", limit=100)
    return given
