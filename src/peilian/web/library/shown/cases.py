"""Cases: what was said, the points it shows, and two conversations beside each other with what makes the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peilian.adapters.packs.case import CaseDocument, Point, Said, Telling
from peilian.web.library.editor_words import field_name
from peilian.web.library.shown.reading import Reading
from peilian.web.shell.formats import format_seconds

_FORMS = {"agent": "is-agent", "supervisor": "is-agent", "system": "is-system"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A message, when it was said, and the number and place of the point that it shows."""

    said: Said
    form: str
    at: str
    gap: str


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation with its points; ``name`` is part of the addresses of its points."""

    name: str
    heading: str
    telling: Telling
    turns: tuple[Turn, ...]
    points: tuple[tuple[int, Point], ...]
    took: str
    is_good: bool | None


def case(document: CaseDocument, reading: Reading) -> dict[str, Any]:
    """The conversations of a case; those of a pair have headings."""
    told = []
    if document.efficient is not None and document.inefficient is not None:
        for name, telling, is_good in (
            ("efficient", document.efficient, True),
            ("inefficient", document.inefficient, False),
        ):
            told.append(_told(name, telling, reading, field_name("CaseDocument", name), is_good))
    elif document.telling is not None:
        told.append(_told("telling", document.telling, reading, "", None))
    return {"told": told, "is_pair": len(told) == 2}


def _told(name: str, telling: Telling, reading: Reading, heading: str, is_good: bool | None) -> Told:
    turns, before = [], None
    for said in telling.messages:
        at = format_seconds(said.at_seconds, reading.language) if said.at_seconds else ""
        waited = said.at_seconds - before if said.at_seconds is not None and before is not None else 0
        turns.append(
            Turn(said, _FORMS.get(said.role, ""), at, format_seconds(waited, reading.language) if waited >= 60 else "")
        )
        before = said.at_seconds if said.at_seconds is not None else before
    took = format_seconds(telling.minutes * 60, reading.language) if telling.minutes else ""
    points = tuple(enumerate(telling.points, start=1))
    return Told(name, heading, telling, tuple(turns), points, took, is_good)
