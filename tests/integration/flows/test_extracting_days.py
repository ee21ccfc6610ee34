"""The days of a conversation that is told: all are moved alike, nothing else is."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.flows.extracting.days import moved, weeks_of

DAY = date(2026, 11, 22)
WEEK = timedelta(weeks=1)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("11月24日送达", "12月1日送达"),
        ("11 月 24 号到", "12 月 1 号到"),
        ("24号到，30号前退款", "1号到，7号前退款"),
        ("2026年12月28日生效", "2027年1月4日生效"),
        ("2026-11-24 14:00", "2026-12-01 14:00"),
        ("2026/1/5", "2026/1/12"),
        ("1月3号的单", "1月10号的单"),
        ("delivered on 24 Nov", "delivered on 1 Dec"),
        ("by the 24th of November", "by the 1st of Dec"),
        ("since Nov 3", "since Nov 10"),
        ("11月24日12:00前，最晚25号", "12月1日12:00前，最晚2号"),
    ],
)
def test_a_date_is_moved_and_written_as_it_was(text, after):
    assert moved(text, WEEK, DAY) == after


@pytest.mark.parametrize(
    "text",
    [
        "3号楼2单元", "2号线", "退了3次", "99元", "5个月", "13月40日", "2月30日", "订单2026-1124-88", "明天下午五点",
        "version 2026.11.24.1", "in May", "I may 3 times", "8号仓发货", "40号", "[[order]]",
    ],
)  # fmt: skip
def test_what_is_no_date_stays(text):
    assert moved(text, WEEK, DAY) == text


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-100, 100))
def test_a_date_without_a_year_keeps_its_distance_from_the_day(day, away):
    told, by = day + timedelta(days=away), timedelta(weeks=3)
    text = moved(f"{told.month}月{told.day}日", by, day)
    expected = told + by
    assert text == f"{expected.month}月{expected.day}日"


@given(st.text("0123456789abcdef", min_size=32, max_size=32))
def test_days_move_by_one_to_four_whole_weeks_and_always_by_the_same(seen):
    by = weeks_of(seen)
    assert by.days % 7 == 0
    assert 7 <= abs(by.days) <= 28
    assert weeks_of(seen) == by


@pytest.mark.parametrize("hostile", ["1月" * 5000, "2026-" * 5000, "24 " * 5000, "9" * 20000])
def test_hostile_text_is_moved_in_one_pass(hostile):
    assert len(re.sub(r"\d", "", moved(hostile, WEEK, DAY))) == len(re.sub(r"\d", "", hostile))
