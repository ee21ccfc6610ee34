"""Two shops beside each other: what follows from agents, consultations, wage and sales."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.business import ShopMonth, WageReading, compare_shops

A = ShopMonth("A", agents=D(3), daily_consultations=D(650), wage=D(8000), sales=D(500_000))
B = ShopMonth("B", agents=D(5), daily_consultations=D(600), wage=D(9000), sales=D(350_000))


def cents(derived) -> D:
    return derived.value.quantize(D("0.01"))


def test_what_follows_from_the_four_numbers_of_a_shop():
    a, b = compare_shops([A, B]).lines
    assert [cents(line.consultations_per_agent) for line in (a, b)] == [D("216.67"), D("120.00")]
    assert [line.sales_per_agent.value.quantize(D(1)) for line in (a, b)] == [D(166_667), D(70_000)]
    assert [cents(line.sales_per_wage) for line in (a, b)] == [D("62.50"), D("38.89")]
    assert [cents(line.sales_per_consultation) for line in (a, b)] == [D("25.64"), D("19.44")]


def test_a_wage_may_be_that_of_each_person():
    a, b = compare_shops([A, B], wage=WageReading.PER_PERSON).lines
    assert [line.total_wage for line in (a, b)] == [24_000, 45_000]
    assert [cents(line.sales_per_wage) for line in (a, b)] == [D("20.83"), D("7.78")]


def test_a_recorded_reading_holds_unless_another_is_asked_for():
    each = ShopMonth("C", agents=D(2), wage=D(100), wage_reading=WageReading.PER_PERSON, sales=D(1000))
    assert compare_shops([each]).lines[0].sales_per_wage.value == 5
    assert compare_shops([each], wage=WageReading.TOTAL).lines[0].sales_per_wage.value == 10


def test_the_shop_that_sells_more_per_agent_leads():
    assert compare_shops([B, A]).leader().month.shop == "A"
    assert compare_shops([A]).leader() is None
    assert compare_shops([A, A]).leader() is None
    assert compare_shops([A, ShopMonth("C")]).leader() is None


@pytest.mark.parametrize(
    ("month", "note"),
    [
        pytest.param(ShopMonth("C", sales=D(10)), "business.unknown_side", id="agents unknown"),
        pytest.param(ShopMonth("C", sales=D(10), agents=D(0)), "business.nothing_to_divide_by", id="no agents"),
    ],
)
def test_what_cannot_be_derived_says_why(month, note):
    (line,) = compare_shops([month]).lines
    assert line.sales_per_agent.value is None
    assert line.sales_per_agent.note.key == note


def test_days_of_all_shops_are_listed_once_in_order():
    first, second = date(2026, 11, 5), date(2026, 11, 6)
    months = [
        ShopMonth("A", daily_sales=((second, D(1)),)),
        ShopMonth("B", daily_sales=((first, D(2)), (second, D(3)))),
    ]
    assert compare_shops(months).days == (first, second)


numbers = st.one_of(st.none(), st.decimals(min_value=0, max_value=10**9, places=2))


@given(numbers, numbers, numbers, numbers)
def test_a_derived_figure_is_its_quotient_or_says_why_not(agents, consultations, wage, sales):
    (line,) = compare_shops([ShopMonth("A", agents, consultations, wage, WageReading.TOTAL, sales)]).lines
    for derived in (
        line.consultations_per_agent,
        line.sales_per_agent,
        line.sales_per_wage,
        line.sales_per_consultation,
    ):
        assert (derived.value is None) == (derived.note is not None)
        if derived.value is not None:
            assert derived.value == derived.numerator / derived.denominator
