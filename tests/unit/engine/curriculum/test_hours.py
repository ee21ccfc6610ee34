"""What counts as class hours, and how that stands to what is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum.hours import (
    Counting,
    Pace,
    Quota,
    Span,
    Spent,
    count_hours,
    hours_in,
    span_of,
    standing_on,
)

DAY = date(2026, 5, 11)
RULES = {
    "learnt": Counting(),
    "read": Counting(most_minutes=30),
    "drilled": Counting(most_minutes=30, most_hours=D(2)),
    "credited": Counting(percent=D(50)),
}


def spent(
    what: str = "lesson:a", how: str = "learnt", minutes: int | None = 45, day: date = DAY, source: str = ""
) -> Spent:
    return Spent(what, how, day, None if minutes is None else D(minutes), source)


def minutes_of(*pieces: Spent) -> list[tuple[D, str]]:
    return [(one.minutes, one.reason.key if one.reason else "") for one in count_hours(pieces, RULES, 45)]


@pytest.mark.parametrize(
    ("piece", "minutes", "why"),
    [
        (spent(), 45, ""),
        (spent(minutes=None), 0, "hours.no_minutes"),
        (spent(minutes=0), 0, "hours.no_minutes"),
        (spent(how="tested_out"), 0, "hours.no_hours.tested_out"),
        (spent("course:a"), 0, "hours.by_its_lessons"),
        (spent("path:a"), 0, "hours.by_its_lessons"),
        (spent(how="read", minutes=40), 30, "hours.too_long"),
        (spent(how="credited", minutes=90), 45, "hours.in_part"),
    ],
)
def test_what_counts_of_one_piece_and_why_not_all(piece, minutes, why):
    assert minutes_of(piece) == [(D(minutes), why)]


def test_a_text_counts_once_in_a_period_at_its_first_completion():
    later = spent(minutes=90, day=DAY + timedelta(days=1))
    assert minutes_of(later, spent()) == [(D(45), ""), (D(0), "hours.counted_before")]


def test_drills_count_again_and_again_up_to_the_most_of_a_period():
    drills = [spent("scenario:a", "drilled", 30, source=str(n)) for n in range(5)]
    assert minutes_of(*drills) == [(D(30), ""), (D(30), ""), (D(30), "")] + [(D(0), "hours.period_full")] * 2


def test_many_short_lessons_lose_nothing_by_rounding():
    pieces = [spent(f"lesson:{n}", minutes=8) for n in range(9)]
    assert hours_in(count_hours(pieces, RULES, 45), 45) == D("1.6")


@pytest.mark.parametrize(("minutes", "hours"), [(2, "0.0"), (3, "0.1"), (45, "1.0"), (92, "2.0"), (97, "2.2")])
def test_hours_are_rounded_half_up_to_a_tenth(minutes, hours):
    assert hours_in(count_hours([spent(minutes=minutes)], RULES, 45), 45) == D(hours)


@pytest.mark.parametrize(
    ("period", "months", "first", "last"),
    [
        ("quarter", None, date(2026, 4, 1), date(2026, 6, 30)),
        ("half_year", None, date(2026, 1, 1), date(2026, 6, 30)),
        ("year", None, date(2026, 1, 1), date(2026, 12, 31)),
        ("total", 3, date(2026, 2, 10), date(2026, 5, 9)),
    ],
)
def test_the_span_of_a_quota(period, months, first, last):
    assert span_of(Quota("q", D(16), period, months), DAY, date(2026, 2, 10)) == Span(first, last)


def test_who_came_in_the_midst_of_a_quarter_owes_the_share_that_was_left():
    quota = Quota("q", D(16), "quarter")
    span = span_of(quota, DAY, date(2026, 5, 16))
    assert standing_on(quota, D(0), span, date(2026, 5, 16), date(2026, 5, 16)).due == D("8.1")  # 46 of 91 days
    assert standing_on(quota, D(0), span, DAY, date(2020, 1, 1)).due == 16


def test_on_course_is_the_share_of_the_days_gone_by():
    quota = Quota("q", D(16), "quarter")
    span, since = span_of(quota, DAY, date(2020, 1, 1)), date(2020, 1, 1)
    standing = standing_on(quota, D("7.0"), span, DAY, since)
    assert (standing.expected, standing.left, standing.is_behind, standing.is_done) == (D("7.0"), D(9), False, False)
    assert standing_on(quota, D("6.9"), span, DAY, since).is_behind
    assert standing_on(quota, D(0), span, date(2026, 4, 1), since).expected == 0


def test_a_total_by_stages_asks_at_the_end_of_each_month():
    quota = Quota("new", D(40), "total", 3, (Pace(1, D(20)), Pace(2, D(30)), Pace(3, D(40))))
    since = date(2026, 2, 10)
    span = span_of(quota, DAY, since)
    expected = [standing_on(quota, D(0), span, date(2026, month, day), since).expected for month, day in
                ((2, 10), (3, 9), (3, 10), (4, 10), (5, 10))]  # fmt: skip
    assert expected == [0, 0, 20, 30, 40]


pieces = st.lists(
    st.builds(
        spent,
        st.sampled_from(["lesson:a", "lesson:b", "scenario:c", "course:d"]),
        st.sampled_from(["learnt", "read", "drilled", "credited", "tested_out"]),
        st.none() | st.integers(0, 300),
        st.dates(date(2026, 4, 1), date(2026, 6, 30)),
        st.sampled_from("abcdef"),
    ),
    max_size=12,
)


@given(pieces)
def test_nothing_counts_for_more_than_it_took_and_what_is_cut_says_why(listed):
    counted = count_hours(listed, RULES, 45)
    assert len(counted) == len(listed)
    for one in counted:
        assert 0 <= one.minutes <= (one.spent.minutes or 0)
        assert (one.reason is None) == (one.minutes == one.spent.minutes and bool(one.minutes))


@given(pieces, st.randoms())
def test_the_order_in_which_pieces_are_told_changes_no_sum(listed, random):
    other = list(listed)
    random.shuffle(other)
    ordered = [one for one in listed if one.how != "read" and one.how != "credited"]
    shuffled = [one for one in other if one.how != "read" and one.how != "credited"]
    drills = lambda found: sum(one.minutes for one in found if one.spent.how == "drilled")  # noqa: E731
    assert drills(count_hours(ordered, RULES, 45)) == drills(count_hours(shuffled, RULES, 45))
