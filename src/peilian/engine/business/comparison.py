"""Shops beside each other (店铺对比): agents, consultations, wage and sales, and what follows from them.

The four derived figures use a month of 30 days unless told otherwise, so that months compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from peilian.engine._kernel import Reason

DAYS_IN_MONTH = 30


class WageReading(StrEnum):
    """Whether a wage (客服工资) is what all agents of the shop get together, or what each gets."""

    TOTAL = "total"
    PER_PERSON = "per_person"


@dataclass(frozen=True, slots=True)
class ShopMonth:
    """One shop in one month; what is unknown is ``None``. ``daily_sales`` are days with a known amount, in order."""

    shop: str
    agents: Decimal | None = None
    daily_consultations: Decimal | None = None
    wage: Decimal | None = None
    wage_reading: WageReading = WageReading.TOTAL
    sales: Decimal | None = None
    daily_sales: tuple[tuple[date, Decimal], ...] = ()

    def total_wage(self, reading: WageReading | None = None) -> Decimal | None:
        """What all agents get together; ``reading`` overrides how the wage is meant."""
        if self.wage is None or (reading or self.wage_reading) is WageReading.TOTAL:
            return self.wage
        return None if self.agents is None else self.wage * self.agents


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure that follows from others: the quotient, both sides of it, and a reason where there is none."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    note: Reason | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One shop of a comparison with what was derived."""

    month: ShopMonth
    total_wage: Decimal | None
    consultations_per_agent: Derived  # a day
    sales_per_agent: Derived  # a month
    sales_per_wage: Derived  # yuan sold for a yuan of wage
    sales_per_consultation: Derived


@dataclass(frozen=True, slots=True)
class Comparison:
    """Shops beside each other, in the order they were asked for."""

    lines: tuple[Line, ...]
    days_in_month: int

    @property
    def days(self) -> tuple[date, ...]:
        """Every day on which some shop has known sales."""
        return tuple(sorted({day for line in self.lines for day, _amount in line.month.daily_sales}))

    def leader(self) -> Line | None:
        """The shop that sells most per agent, when at least two can be compared and one is ahead."""
        known = [line for line in self.lines if line.sales_per_agent.value is not None]
        if len(known) < 2:
            return None
        first, second = sorted(known, key=_sales_per_agent, reverse=True)[:2]
        return first if _sales_per_agent(first) > _sales_per_agent(second) else None


def compare_shops(
    months: Sequence[ShopMonth], *, wage: WageReading | None = None, days_in_month: int = DAYS_IN_MONTH
) -> Comparison:
    """Derive the four figures of each shop. ``wage`` reads every wage so; ``None`` reads each as it is recorded."""
    return Comparison(tuple(_line(month, wage, days_in_month) for month in months), days_in_month)


def _line(month: ShopMonth, wage: WageReading | None, days: int) -> Line:
    total = month.total_wage(wage)
    monthly = None if month.daily_consultations is None else month.daily_consultations * days
    return Line(
        month=month,
        total_wage=total,
        consultations_per_agent=_quotient(month.daily_consultations, month.agents),
        sales_per_agent=_quotient(month.sales, month.agents),
        sales_per_wage=_quotient(month.sales, total),
        sales_per_consultation=_quotient(month.sales, monthly),
    )


def _quotient(numerator: Decimal | None, denominator: Decimal | None) -> Derived:
    if numerator is None or denominator is None:
        return Derived(None, numerator, denominator, Reason("business.unknown_side"))
    if not denominator:
        return Derived(None, numerator, denominator, Reason("business.nothing_to_divide_by"))
    return Derived(numerator / denominator, numerator, denominator)


def _sales_per_agent(line: Line) -> Decimal:
    assert line.sales_per_agent.value is not None
    return line.sales_per_agent.value
