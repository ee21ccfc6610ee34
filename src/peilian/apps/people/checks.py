"""What every write to the directory checks first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from peilian.apps.base.api import named as name_of
from peilian.apps.base.api import refuse as refuse
from peilian.apps.base.api import short
from peilian.apps.people.gate import NotVisibleError, visible_to
from peilian.apps.people.roles import Permission

if TYPE_CHECKING:
    from peilian.apps.people.models import User


def permit(actor: User | None, permission: Permission) -> None:
    """Only company-wide holders of ``permission`` change the directory; the product itself (``None``) may."""
    if actor is not None and not visible_to(actor).reaches_company(permission):
        raise NotVisibleError


def filled(value: str, field: str, *, limit: int) -> str:
    """``value`` as it is kept; refused when nothing is left or it is longer than ``limit`` characters."""
    return short(value, field, limit=limit, is_needed=True)


def named(name: Mapping[str, str]) -> dict[str, str]:
    """A name ``{zh, en}`` as it is kept."""
    return name_of(name, "name", limit=100)
