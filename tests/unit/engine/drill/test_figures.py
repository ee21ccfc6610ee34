"""Figures in what agents write."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.drill.figures import figures

SUNDAY = date(2026, 11, 22)

CASES = [
    ("补您十五块优惠券", "money", [15]),
    ("¥10 的券", "money", [10]),
    ("一百二十元", "money", [120]),
    ("a 10 yuan coupon", "money", [10]),
    ("an 8-yuan coupon", "money", [8]),
    ("fifty-seven yuan in all", "money", [57]),
    ("满减15的活动", "money", [15]),
    ("15的无门槛券", "money", [15]),
    ("拾伍元", "money", [15]),
    ("优惠券一张", "money", []),
    ("五十七蚊", "money", [57]),
    ("两三天", "hours", [72]),
    ("24h内", "hours", [24]),
    ("两日到", "hours", [48]),
    ("三十五分钟", "hours", [35 / 60]),
    ("2小时内答复", "hours", [2]),
    ("两个半小时", "hours", [2.5]),
    ("半小时", "hours", [0.5]),
    ("俩小时内回", "hours", [2]),
    ("24个钟内", "hours", [24]),
    ("1-3个工作日", "hours", [72]),
    ("一到三个工作日", "hours", [72]),
    ("within 24 hours", "hours", [24]),
    ("half an hour", "hours", [0.5]),
    ("预计24号送到", "date", [2]),
    ("11月24日", "date", [2]),
    ("后天到", "date", [2]),
    ("大后天", "date", [3]),
    ("周二上午", "date", [2]),
    ("nov 24", "date", [2]),
    ("the day after tomorrow", "date", [2]),
    ("听日送到", "date", [1]),
    ("eta 11-24", "date", [2]),
    ("2026-11-24", "date", [2]),
    ("1-3个工作日", "date", []),
    ("10-12点", "date", []),
    ("tues 24th", "date", [2, 2]),
    ("on the 3rd of december", "date", [11]),
    ("2月30日", "date", []),
    ("下午三点到五点", "clock", [15, 17]),
    ("下午两点到六点", "clock", [14, 18]),
    ("15:00-17:00", "clock", [15, 17]),
    ("3:30 pm", "clock", [15.5]),
    ("中午之前", "clock", [12]),
    ("下午三点半", "clock", [15.5]),
]


@pytest.mark.parametrize(("text", "unit", "expected"), CASES)
def test_a_figure_is_read_in_digits_and_in_words(text, unit, expected):
    assert figures(text, unit, SUNDAY) == expected


def test_a_month_long_past_means_next_year():
    assert figures("1月18日", "date", SUNDAY) == [(date(2027, 1, 18) - SUNDAY).days]


@pytest.mark.parametrize("text", ["一" * 400 + "元", "9" * 400 + "元", "1-" * 1000 + "元"])
def test_a_figure_without_end_is_none_that_breaks(text):
    assert all(value < 1e13 for value in figures(text, "money", SUNDAY))


@given(st.integers(1, 9999))
def test_an_amount_is_the_same_before_and_behind_its_sign(amount):
    assert figures(f"¥{amount}", "money", SUNDAY) == figures(f"{amount}元", "money", SUNDAY) == [float(amount)]


@given(st.text(max_size=60), st.sampled_from(["money", "hours", "date", "clock", "number"]))
def test_no_text_breaks_the_reader_of_figures(text, unit):
    assert all(isinstance(value, float) for value in figures(text, unit, SUNDAY))
