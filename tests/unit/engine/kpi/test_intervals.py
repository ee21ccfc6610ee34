"""Intervals against values from printed tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.kpi.intervals import (
    interval_of_values,
    is_small_sample,
    mean_interval,
    student_quantile,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        pytest.param(0, 10, 0.0, 0.2775, id="none of ten"),
        pytest.param(8, 10, 0.4902, 0.9433, id="eight of ten"),
        pytest.param(10, 10, 0.7225, 1.0, id="all of ten"),
        pytest.param(50, 100, 0.4038, 0.5962, id="half of a hundred"),
    ],
)
def test_wilson(hits, n, low, high):
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_measured_has_no_interval():
    assert wilson_interval(0, 0) is None
    assert interval_of_values([1.0]) is None
    assert mean_interval(1.0, 0.0, 1) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_a_share(case):
    hits, n = case
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("p", "degrees", "quantile"),
    [
        pytest.param(0.975, 1, 12.7062, id="1"),
        pytest.param(0.975, 2, 4.3027, id="2"),
        pytest.param(0.95, 5, 2.0150, id="5"),
        pytest.param(0.975, 29, 2.0452, id="29"),
        pytest.param(0.995, 60, 2.6603, id="60"),
        pytest.param(0.975, 199, 1.9720, id="just below the expansion"),
        pytest.param(0.975, 200, 1.9719, id="just in the expansion"),
        pytest.param(0.975, 1000, 1.9623, id="1000"),
    ],
)
def test_student_quantiles_are_those_of_the_table(p, degrees, quantile):
    assert student_quantile(p, degrees) == pytest.approx(quantile, abs=6e-5)


def test_the_interval_of_a_mean_by_hand():
    # mean 3, deviation sqrt(2.5), t(0.975, 4) = 2.7764: half = 2.7764 * 1.5811 / sqrt(5) = 1.9632
    assert interval_of_values([1, 2, 3, 4, 5]) == pytest.approx((1.0368, 4.9632), abs=1e-4)


def test_thirty_cases_are_no_small_sample():
    assert is_small_sample(29)
    assert not is_small_sample(30)
