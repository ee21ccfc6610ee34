"""What pages send as text (请求里的值), read without trust: what makes no sense is told apart, never a traceback."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from peilian.apps.base.api import new_id
from peilian.apps.people.api import NotVisibleError

_MOST_DIGITS = 9
"""Numbers stay below 10^9, which every column of the database and every list holds."""
_YEARS = range(1900, 3000)
"""Outside of them nothing is planned or remembered, and at their ends moments cannot be told in every time zone."""


def as_id(text: object) -> UUID | None:
    """An id; ``None`` for anything else."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def id_to_see(text: str) -> UUID:
    """The id of something that is about to be looked up; what is none names nothing that could be seen."""
    found = as_id(text)
    if found is None:
        raise NotVisibleError
    return found


def id_of_click(text: str) -> UUID:
    """The id that a form brings so that sending it twice does one thing; a form without one is a thing of its own."""
    return as_id(text) or new_id()


def as_number(text: str, otherwise: int = 0) -> int:
    """A whole number from 0 to 999999999; ``otherwise`` for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else otherwise


def as_day(text: str) -> date | None:
    """A day as a field of days sends it, 2026-03-01; ``None`` for anything else."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text and found.year in _YEARS else None
