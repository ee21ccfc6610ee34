"""How values look: a table of cases, and what holds for all."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.shell import formats

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0秒", "0 s"),
        (4.24, "4.2秒", "4.2 s"),
        (9.97, "10秒", "10 s"),
        (42, "42秒", "42 s"),
        (59.6, "1分", "1 min"),
        (120, "2分", "2 min"),
        (125, "2分05秒", "2 min 5 s"),
        (3599.6, "1小时", "1 h"),
        (3900, "1小时05分", "1 h 5 min"),
        (86_399, "1天", "1 d"),
        (183_600, "2天3小时", "2 d 3 h"),
        (-65, "−1分05秒", "−1 min 5 s"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds, zh, en):
    assert (formats.format_seconds(seconds, "zh"), formats.format_seconds(seconds, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1234, "count", "1,234"),
        (3.26, "count", "3.3"),
        (-5, "count", "−5"),
        (0.123, "ratio", "12.3%"),
        (0.2855, "ratio", "28.6%"),
        (0.0004, "ratio", "0.04%"),
        (0.0, "ratio", "0.0%"),
        (1.0, "ratio", "100.0%"),
        (87.66, "points", "87.7"),
        (4.625, "points", "4.63"),
        (Decimal("1234.505"), "money", "¥1,234.51"),
        (-3, "money", "−¥3.00"),
        (-0.001, "money", "¥0.00"),
        (np.float32(0.5), "ratio", "50.0%"),
        (np.int64(7), "count", "7"),
        (None, "seconds", "–"),
        (math.nan, "ratio", "–"),
        (math.inf, "count", "–"),
    ],
)
def test_a_value_is_written_by_its_unit(value, unit, expected):
    assert formats.format_value(value, unit, "zh") == expected


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (6, "seconds", "+6秒", "+6 s"),
        (-0.012, "ratio", "−1.2个百分点", "−1.2 pp"),
        (0, "seconds", "±0秒", "±0 s"),
        (-0.0001, "ratio", "±0.0个百分点", "±0.0 pp"),
        (-0.001, "points", "±0.00", "±0.00"),
        (None, "ratio", "–", "–"),
    ],
)
def test_a_difference_carries_its_sign(value, unit, zh, en):
    assert (formats.format_change(value, unit, "zh"), formats.format_change(value, unit, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [(date(2026, 11, 2), "11月2日", "2 Nov"), (date(2025, 12, 31), "2025年12月31日", "31 Dec 2025")],
)
def test_a_year_is_said_only_when_it_is_not_the_current_one(day, zh, en):
    assert (formats.format_day(day, "zh", TODAY), formats.format_day(day, "en", TODAY)) == (zh, en)


def test_a_moment_has_its_time_of_day_to_the_minute():
    assert formats.format_moment(NOW, "zh", NOW) == "11月22日 15:04"
    assert formats.format_moment(NOW, "en", NOW) == "22 Nov 15:04"


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), "11月1日至30日", "1–30 Nov"),
        (date(2026, 10, 28), date(2026, 11, 3), "10月28日至11月3日", "28 Oct – 3 Nov"),
        (date(2025, 10, 28), date(2025, 11, 3), "2025年10月28日至11月3日", "28 Oct – 3 Nov 2025"),
        (date(2025, 12, 30), date(2026, 1, 2), "2025年12月30日至2026年1月2日", "30 Dec 2025 – 2 Jan 2026"),
        (date(2026, 11, 1), date(2026, 11, 1), "11月1日", "1 Nov"),
    ],
)
def test_a_period_says_nothing_twice(first, last, zh, en):
    assert (formats.format_days(first, last, "zh", TODAY), formats.format_days(first, last, "en", TODAY)) == (zh, en)


@pytest.mark.parametrize(
    ("back", "zh", "en"),
    [
        (timedelta(seconds=10), "刚刚", "just now"),
        (timedelta(seconds=50), "1分钟前", "1 min ago"),
        (timedelta(minutes=3), "3分钟前", "3 min ago"),
        (timedelta(minutes=59, seconds=50), "1小时前", "1 h ago"),
        (timedelta(hours=5), "5小时前", "5 h ago"),
        (timedelta(hours=23, minutes=50), "1天前", "1 day ago"),
        (timedelta(days=-2), "2天后", "in 2 days"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(back, zh, en):
    assert (formats.format_ago(NOW - back, "zh", NOW), formats.format_ago(NOW - back, "en", NOW)) == (zh, en)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9), st.sampled_from(["zh", "en"]))
def test_no_span_ever_shows_sixty_of_a_smaller_unit(seconds, language):
    text = formats.format_seconds(seconds, language)
    assert not any(wrong in text for wrong in ("60秒", "60分", "24小时", " 60 s", " 60 min", " 24 h"))


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9))
def test_nothing_is_ever_minus_zero(value):
    for unit in ("count", "seconds", "ratio", "points", "money"):
        text = formats.format_value(value, unit, "en")
        assert not text.startswith("−") or any(digit in "123456789" for digit in text)
