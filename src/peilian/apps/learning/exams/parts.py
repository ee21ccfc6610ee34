"""Parts that people decide (人工评分部分): all of an open answer, or the open ones among the answers of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from peilian.adapters.packs.items import AnyItem, CaseField
from peilian.apps.base.api import refuse
from peilian.apps.learning.exams.papers import Question, field_of, questions_of
from peilian.apps.learning.models import Attempt, Response

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part that people decide: its name inside a case ("" for an answer of one part), the points that were proposed
    and the most there are."""

    name: str
    proposed: Decimal
    of: Decimal


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """An answer that people decide: its open parts, and the points of the rest, which stay as they are."""

    parts: tuple[OpenPart, ...]
    fixed: Decimal

    @property
    def of(self) -> Decimal:
        """The most points that people may give."""
        return sum((part.of for part in self.parts), Decimal(0))

    def total(self, points: Mapping[str, Decimal]) -> Decimal:
        """The points of the whole answer with these for its open parts."""
        return self.fixed + sum(points.values(), Decimal(0))

    def read(self, given: Mapping[str, Decimal | str]) -> dict[str, Decimal]:
        """Points by part as somebody typed them; refused unless each open part, and no other, has points within its
        bounds and of two decimals at most."""
        if given.keys() != {part.name for part in self.parts}:
            raise refuse("learning.points_by_part", "points", n=len(self.parts))
        return {part.name: _read(given[part.name], part) for part in self.parts}


def question_of(attempt: Attempt, number: int) -> Question:
    """The question of that number."""
    return next(one for one in questions_of(attempt.paper) if one.number == number)


def open_answer(response: Response, field: AnyItem | None = None) -> OpenAnswer:
    """What of an answer people decide. ``field`` is its item, where the caller has it at hand."""
    whole = response.points if response.proposed is None else response.proposed
    if response.proposed is None and not response.is_open:  # nobody was asked: all of it
        return OpenAnswer((OpenPart("", whole, response.of),), Decimal(0))
    field = field or field_of(question_of(response.attempt, response.number))
    if not isinstance(field, CaseField):
        return OpenAnswer((OpenPart("", whole, response.of),), Decimal(0))
    answered = (response.chosen or {}).get("items", {})
    parts = tuple(
        OpenPart(one.id, _proposed(response, one.id), one.points)
        for one in field.items
        if answered.get(one.id) and (getattr(one, "open", False) or _is_unscored(one, answered[one.id]))
    )
    return OpenAnswer(parts, whole - sum((part.proposed for part in parts), Decimal(0)))


def _is_unscored(field: AnyItem, answer: Mapping[str, Any]) -> bool:
    """Whether a drill was played that could not be scored."""
    return field.type == "drill" and answer.get("points") is None


def _proposed(response: Response, name: str) -> Decimal:
    """The points that grading proposed for an answer inside a case."""
    inside = (Decimal(one["points"]) for one in response.parts if one["key"].partition(".")[0] == name)
    return sum(inside, Decimal(0))


def _read(given: Decimal | str, part: OpenPart) -> Decimal:
    try:
        points = Decimal(str(given).strip())
    except InvalidOperation:
        raise refuse("learning.points_no_number", _field(part)) from None
    if not points.is_finite() or not 0 <= points <= part.of or points != points.quantize(_CENT):
        raise refuse("learning.points_bounds", _field(part), most=f"{part.of.normalize():f}")
    return points


def _field(part: OpenPart) -> str:
    return f"points.{part.name}" if part.name else "points"
