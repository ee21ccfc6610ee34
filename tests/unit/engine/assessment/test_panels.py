"""What a panel gives: means by dimension, the weighted whole, and where examiners disagree."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.assessment.panels import panel_result

HALVES = st.integers(0, 20).map(lambda n: D(n) / 2)
SHEETS = st.lists(st.fixed_dictionaries({"a": HALVES, "b": HALVES}), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("weights", "sheets", "means", "percent"),
    [
        ({"a": 1, "b": 1}, [{"a": 10, "b": 0}], ["10.00", "0.00"], "50.00"),
        ({"a": 3, "b": 1}, [{"a": 8, "b": 4}, {"a": 6, "b": 4}], ["7.00", "4.00"], "62.50"),
        ({"a": 1, "b": 2}, [{"a": 1, "b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 2}], ["1.33", "1.33"], "13.33"),
    ],
)
def test_the_mean_of_each_dimension_is_weighed(weights, sheets, means, percent):
    found = panel_result(
        {key: D(one) for key, one in weights.items()}, [{key: D(one) for key, one in sheet.items()} for sheet in sheets]
    )
    assert [str(one.mean) for one in found.dimensions] == means
    assert str(found.percent) == percent


@pytest.mark.parametrize(("low", "high", "is_disagreed"), [("5", "8", False), ("5", "8.5", True), ("5", "5", False)])
def test_more_than_three_points_apart_is_disagreement(low, high, is_disagreed):
    found = panel_result({"a": D(1)}, [{"a": D(low)}, {"a": D(high)}])
    assert (found.is_disagreed, found.dimensions[0].low, found.dimensions[0].high) == (is_disagreed, D(low), D(high))


@given(SHEETS)
def test_the_result_lies_between_the_worst_and_the_best_sheet_and_does_not_depend_on_their_order(sheets):
    weights = {"a": D(2), "b": D(1)}
    found = panel_result(weights, sheets)
    alone = [panel_result(weights, [one]).percent for one in sheets]
    assert min(alone) <= found.percent <= max(alone)
    assert found == panel_result(weights, sheets[::-1])


@pytest.mark.parametrize(("weights", "sheets"), [({}, [{}]), ({"a": D(1)}, [])])
def test_nothing_gives_no_result(weights, sheets):
    with pytest.raises(ValueError, match="a panel's result needs"):
        panel_result(weights, sheets)
