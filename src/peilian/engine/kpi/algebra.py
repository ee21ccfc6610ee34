"""The small language in which measures (指标) are declared: aggregates over rows of one grain, with predicates.

A declaration says what is computed, never how: the lake turns it into SQL, ``reference`` evaluates it slowly, and both
must agree. Predicates are two-valued: a missing value satisfies none of them, and ``Not`` of that is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from peilian.engine._kernel import Registry, Text

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class IsTrue:
    """The column is known and true."""

    column: str


@dataclass(frozen=True, slots=True)
class Known:
    """The column has a value."""

    column: str


@dataclass(frozen=True, slots=True)
class AtMost:
    """The column is known and not above ``value``."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The column is known and not below ``value``."""

    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Equals:
    """The column is known and equal to ``value``."""

    column: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Predicate


@dataclass(frozen=True, slots=True, init=False)
class AllOf:
    """Every part holds; without parts, every row."""

    parts: tuple[Predicate, ...]

    def __init__(self, *parts: Predicate) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, slots=True, init=False)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Predicate, ...]

    def __init__(self, *parts: Predicate) -> None:
        object.__setattr__(self, "parts", parts)


Predicate = IsTrue | Known | AtMost | AtLeast | Equals | Not | AllOf | AnyOf
EVERY_ROW = AllOf()


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows hold ``where``."""

    where: Predicate = EVERY_ROW


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of the known values of ``column``, which counts things (messages)."""

    column: str


@dataclass(frozen=True, slots=True)
class Mean:
    """The sum of the known values over their number; ``per`` converts the unit (1000: milliseconds to seconds)."""

    column: str
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Quantile:
    """The quantile of the known values at ``q``, linear between the two nearest; ``per`` converts the unit."""

    column: str
    q: float
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Ratio:
    """Among the rows that hold ``of`` (the denominator), the share that also holds ``where``."""

    where: Predicate
    of: Predicate = EVERY_ROW


@dataclass(frozen=True, slots=True)
class Max:
    """The greatest known value of ``column``."""

    column: str


Aggregate = Count | Sum | Mean | Quantile | Ratio | Max


class Grain(StrEnum):
    """What one row is."""

    CONVERSATION = "conversation"
    ROUND = "round"
    PARTICIPATION = "participation"  # one account that answered in one conversation
    AUTHORSHIP = "authorship"  # what one account wrote in one conversation


class Attribution(StrEnum):
    """To which account a row belongs when measures are broken down by agent or team."""

    TOOK_PART = "took_part"  # to each account that answered in the conversation
    FIRST_RESPONSE = "first_response"  # to the account that gave the first response
    OWN_ROW = "own_row"  # to the account named in the row


@dataclass(frozen=True, slots=True)
class Measure:
    """One KPI (指标): its declaration and what a supervisor needs to defend it.

    ``version`` rises with every change of meaning, so that stored values of different meanings are never mixed.
    ``pending`` marks rows left out because it is too early to judge them; a value with such rows is provisional.
    """

    key: str
    label: Text
    unit: Literal["count", "seconds", "ratio", "points"]
    better: Literal["higher", "lower", "neither"]
    definition: Text
    grain: Grain
    attribution: Attribution
    aggregate: Aggregate
    pending: Predicate | None = None
    version: int = 1


registry: Registry[Measure] = Registry("KPI")


def declare(measure: Measure) -> Measure:
    """Register a declaration under its key."""
    return registry.add(measure.key, measure)


def columns_of(part: Predicate | Aggregate | None) -> frozenset[str]:
    """The names of every column that a predicate or an aggregate reads."""
    match part:
        case None:
            return frozenset()
        case Not(inner):
            return columns_of(inner)
        case AllOf(parts) | AnyOf(parts):
            return frozenset(name for inner in parts for name in columns_of(inner))
        case Count(where):
            return columns_of(where)
        case Ratio(where, of):
            return columns_of(where) | columns_of(of)
        case _:
            return frozenset({part.column})


def columns_read(measures: Iterable[Measure]) -> frozenset[str]:
    """The names of every column that the measures read."""
    return frozenset(
        name for measure in measures for name in columns_of(measure.aggregate) | columns_of(measure.pending)
    )
