"""Practical exams before a panel (实操评审): what several examiners gave, put together by dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._expression import ARITHMETIC

MOST = Decimal(10)
"""The most points that an examiner gives a dimension."""
_APART = Decimal(3)
"""Examiners whose points lie further apart than this disagree."""
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class DimensionResult:
    """The points of a dimension: their mean, the lowest and the highest. ``is_disagreed``: these lie more than three
    points of ten apart, so that the examiners should talk about it."""

    key: str
    mean: Decimal
    low: Decimal
    high: Decimal

    @property
    def is_disagreed(self) -> bool:
        """See the class."""
        return self.high - self.low > _APART


@dataclass(frozen=True, slots=True)
class PanelResult:
    """What a panel gave one person: by dimension, and ``percent`` of all points by the weights of the dimensions."""

    dimensions: tuple[DimensionResult, ...]
    percent: Decimal

    @property
    def is_disagreed(self) -> bool:
        """Whether examiners disagree on any dimension."""
        return any(one.is_disagreed for one in self.dimensions)


def panel_result(weights: Mapping[str, Decimal], sheets: Sequence[Mapping[str, Decimal]]) -> PanelResult:
    """The mean of every dimension over the sheets, and the weighted mean of the dimensions in percent.

    ``weights`` are relative and positive; every sheet has points from 0 to ``MOST`` for every dimension.
    """
    if not sheets or not weights:
        raise ValueError("a panel's result needs a sheet and a dimension")
    dimensions = []
    for key in weights:
        points = [sheet[key] for sheet in sheets]
        mean = ARITHMETIC.divide(sum(points, Decimal(0)), Decimal(len(points)))
        dimensions.append(DimensionResult(key, _cents(mean), min(points), max(points)))
    whole = sum(weights.values(), Decimal(0))
    exact = sum(
        (ARITHMETIC.divide(weights[key] * sum((sheet[key] for sheet in sheets), Decimal(0)), Decimal(len(sheets)))
         for key in weights), Decimal(0),
    )  # fmt: skip
    return PanelResult(tuple(dimensions), _cents(ARITHMETIC.divide(exact * 100, whole * MOST)))


def _cents(number: Decimal) -> Decimal:
    return number.quantize(_CENT, rounding="ROUND_HALF_UP")
