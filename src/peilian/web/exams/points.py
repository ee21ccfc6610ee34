"""Fields for points that people give: as a page shows them, and as its form sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from peilian.adapters.packs.items import CaseField
from peilian.apps.learning import api as learning


@dataclass(frozen=True, slots=True)
class PartToMark:
    """A part that gets points: the name of its field, the number it is known by ("" for the only one), the most there
    are, and what stands in the field."""

    field: str
    number: str
    of: Decimal
    value: str
    fault: str


def points_sent(data: QueryDict) -> dict[str, Decimal | str]:
    """Points by part as a form sends them: ``points``, or ``points.<part>`` for the parts of a case."""
    return {
        name.removeprefix("points").removeprefix("."): str(text)
        for name, text in data.items()
        if name.startswith("points")
    }


def parts_to_mark(
    whole: learning.OpenAnswer, field: Any, number: int, data: Mapping[str, Any], faults: Mapping[str, str]
) -> list[PartToMark]:
    """The fields for points of what people decide of an answer."""
    inner = [item.id for item in field.items] if isinstance(field, CaseField) else []
    found = []
    for part in whole.parts:
        name = f"points.{part.name}" if part.name else "points"
        place = f"{number}.{inner.index(part.name) + 1}" if part.name else ""
        found.append(PartToMark(name, place, part.of, data.get(name, ""), faults.get(name, "")))
    return found
