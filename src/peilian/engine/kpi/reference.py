"""The slow reference: what the algebra means, on plain columns. The lake's SQL is tested against it, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from peilian.engine.kpi.algebra import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Count,
    Equals,
    IsTrue,
    Known,
    Max,
    Measure,
    Not,
    Predicate,
    Quantile,
    Ratio,
)
from peilian.engine.kpi.cells import Cell, make_cell

Row = Mapping[str, Any]


def measure_rows(measure: Measure, rows: Sequence[Row]) -> Cell:
    """The cell of ``measure`` over ``rows`` of its grain, columns by name, ``None`` for missing."""
    pending = sum(holds(measure.pending, row) for row in rows) if measure.pending else 0
    top, n = _aggregate(measure.aggregate, rows)
    return make_cell(measure.aggregate, top, n, pending=pending)


def holds(predicate: Predicate, row: Row) -> bool:
    """Whether the row satisfies the predicate; a missing value satisfies no comparison."""
    match predicate:
        case IsTrue(column):
            return row[column] is True
        case Known(column):
            return row[column] is not None
        case AtMost(column, value):
            return row[column] is not None and row[column] <= value
        case AtLeast(column, value):
            return row[column] is not None and row[column] >= value
        case Equals(column, value):
            return row[column] is not None and bool(row[column] == value)
        case Not(part):
            return not holds(part, row)
        case AllOf(parts):
            return all(holds(part, row) for part in parts)
        case AnyOf(parts):
            return any(holds(part, row) for part in parts)


def _aggregate(aggregate: Aggregate, rows: Sequence[Row]) -> tuple[float | None, int]:
    if isinstance(aggregate, Count):
        n = sum(holds(aggregate.where, row) for row in rows)
        return n, n
    if isinstance(aggregate, Ratio):
        below = [row for row in rows if holds(aggregate.of, row)]
        return sum(holds(aggregate.where, row) for row in below), len(below)
    values = np.array([row[aggregate.column] for row in rows if row[aggregate.column] is not None], dtype=float)
    if not len(values):
        return None, 0
    if isinstance(aggregate, Quantile):
        return float(np.quantile(values, aggregate.q, method="linear")), len(values)
    return float(values.max() if isinstance(aggregate, Max) else values.sum()), len(values)


def next_contact_ms(
    customer: str | None, ended_at_ms: int | None, others: Sequence[tuple[str | None, int | None]]
) -> int | None:
    """Time from a conversation's end to its customer's next start; ``others`` are (customer, started_at_ms)."""
    if customer is None or ended_at_ms is None:
        return None
    later = [start for who, start in others if who == customer and start is not None and start > ended_at_ms]
    return min(later) - ended_at_ms if later else None


def concurrent(first_at_ms: int | None, spans: Sequence[tuple[int | None, int | None]]) -> int | None:
    """How many of one account's spans (first, last, both included) hold the moment ``first_at_ms``."""
    if first_at_ms is None:
        return None
    return sum(first is not None and last is not None and first <= first_at_ms <= last for first, last in spans)
