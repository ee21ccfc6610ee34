"""Cells: a measured value with what it stands on, so that it can be judged, merged and stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from peilian.engine.kpi.algebra import Aggregate, Count, Max, Quantile, Sum


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of one measure in one group (单元格).

    ``value`` is ``None`` when nothing could be measured. ``n`` is the number of rows the value stands on; for a sum of
    counts, what was counted. For a mean, ``numerator`` is the sum and ``denominator`` the number of values; for a
    ratio both are numbers of rows; for a count, a sum and a maximum the numerator is the value itself; a quantile has
    none and cannot be merged. ``is_provisional``: rows were left out because it is too early to judge them.
    """

    value: float | None
    n: int
    numerator: float | None = None
    denominator: float | None = None
    is_provisional: bool = False


def make_cell(aggregate: Aggregate, top: float | None, n: int, *, pending: int = 0) -> Cell:
    """The cell of an aggregate's raw results: ``top`` is its sum, count, maximum or quantile, ``n`` its rows."""
    provisional = pending > 0
    if isinstance(aggregate, Count):
        return Cell(top, n, top, None, provisional)
    if isinstance(aggregate, Sum):
        return Cell(top or 0, int(top or 0), top or 0, None, provisional)
    if n == 0 or top is None:
        denominator = None if isinstance(aggregate, Max) else 0
        return Cell(None, 0, None, denominator, provisional)
    if isinstance(aggregate, Max):
        return Cell(top, n, top, None, provisional)
    if isinstance(aggregate, Quantile):
        return Cell(top / aggregate.per, n, None, n, provisional)
    per = getattr(aggregate, "per", 1.0)
    return Cell(top / (per * n), n, top if per == 1.0 else top / per, n, provisional)


def merge(aggregate: Aggregate, cells: Iterable[Cell]) -> Cell:
    """The cell of several disjoint groups together; a mean of means is never taken.

    Raises ``ValueError`` for quantiles, whose parts do not determine the whole.
    """
    if isinstance(aggregate, Quantile):
        raise ValueError("quantiles of parts do not give the quantile of the whole")
    listed = list(cells)
    n = sum(cell.n for cell in listed)
    provisional = any(cell.is_provisional for cell in listed)
    tops = [cell.numerator for cell in listed if cell.numerator is not None]
    if not tops:
        return Cell(None, 0, None, None if isinstance(aggregate, Count | Sum | Max) else 0, provisional)
    if isinstance(aggregate, Max):
        return Cell(max(tops), n, max(tops), None, provisional)
    if isinstance(aggregate, Count | Sum):
        return Cell(sum(tops), n, sum(tops), None, provisional)
    return Cell(sum(tops) / n, n, sum(tops), n, provisional)
