"""When a certificate is due, when it is renewed, and how long it holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum.awards import Held, Terms, award_due, last_day_of, missing_for

DAY = date(2026, 3, 2)
TERMS = Terms(("exam:a", "course:b"), months=12)
RENEWED = Terms(("exam:a", "course:b"), renew_by="exam:a", months=12)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def shown(**names: date) -> dict[str, list[datetime]]:
    return {name.replace("_", ":"): [at(day)] for name, day in names.items()}


@pytest.mark.parametrize(
    ("begins", "months", "ends"),
    [
        (date(2026, 3, 2), 12, date(2027, 3, 1)),
        (date(2026, 1, 1), 1, date(2026, 1, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 24, date(2028, 12, 14)),
        (date(2026, 3, 2), None, None),
    ],
)
def test_it_holds_to_the_day_before_the_same_day_of_a_later_month(begins, months, ends):
    assert last_day_of(begins, months) == ends


def test_the_first_needs_everything_whenever_it_was_done():
    assert award_due(TERMS, shown(exam_a=DAY), None, DAY) is None
    assert missing_for(TERMS, shown(exam_a=DAY), None) == ("course:b",)
    award = award_due(TERMS, shown(exam_a=DAY, course_b=DAY - timedelta(days=900)), None, DAY)
    assert award is not None
    assert (award.grounds, award.last_day, award.is_renewal) == (TERMS.requires, date(2027, 3, 1), False)


def test_one_that_holds_is_not_issued_again():
    held = Held(at(DAY), date(2027, 3, 1))
    assert award_due(TERMS, shown(exam_a=DAY, course_b=DAY), held, DAY) is None


def test_what_was_shown_before_a_certificate_does_not_renew_it():
    held = Held(at(DAY), date(2027, 3, 1))
    assert award_due(RENEWED, shown(exam_a=DAY, course_b=DAY), held, date(2027, 2, 1)) is None
    assert missing_for(RENEWED, shown(exam_a=DAY), held) == ("exam:a",)


def test_renewed_within_the_window_it_follows_on_the_old_one_without_a_gap():
    held, day = Held(at(DAY), date(2027, 3, 1)), date(2027, 2, 1)
    award = award_due(RENEWED, shown(exam_a=day), held, day)
    assert award is not None
    assert (award.grounds, award.last_day, award.is_renewal) == (("exam:a",), date(2028, 3, 1), True)


def test_what_was_shown_before_the_window_opened_renews_nothing():
    held = Held(at(DAY), date(2027, 3, 1))
    assert award_due(RENEWED, shown(exam_a=date(2026, 9, 1)), held, date(2027, 2, 1)) is None


def test_renewed_late_it_begins_anew():
    held, day = Held(at(DAY), date(2027, 3, 1)), date(2027, 5, 1)
    award = award_due(RENEWED, shown(exam_a=day), held, day)
    assert award is not None
    assert award.last_day == date(2028, 4, 30)


def test_without_something_that_renews_it_everything_is_asked_for_again():
    held, day = Held(at(DAY), date(2027, 3, 1)), date(2027, 2, 1)
    assert award_due(TERMS, shown(exam_a=day, course_b=DAY), held, day) is None
    assert award_due(TERMS, shown(exam_a=day, course_b=day), held, day) is not None


def test_after_a_revocation_everything_counts_from_then_on_and_nothing_is_renewed():
    held = Held(at(DAY), date(2027, 3, 1), revoked_at=at(DAY + timedelta(days=10)))
    before, after = DAY + timedelta(days=5), DAY + timedelta(days=20)
    assert award_due(RENEWED, shown(exam_a=before, course_b=before), held, after) is None
    award = award_due(RENEWED, shown(exam_a=after, course_b=after), held, after)
    assert award is not None
    assert not award.is_renewal
    assert award.last_day == last_day_of(after, 12)


def test_one_for_good_is_never_issued_again():
    terms = Terms(("exam:a",))
    held = Held(at(DAY), None)
    assert award_due(terms, shown(exam_a=date(2030, 1, 1)), held, date(2030, 1, 2)) is None


days = st.dates(date(2025, 1, 1), date(2030, 1, 1))


@given(st.lists(days, max_size=6), st.lists(days, max_size=6), days, st.integers(1, 36), st.booleans())
def test_a_certificate_that_was_just_issued_makes_no_other_due(exams, courses, day, months, renews):
    terms = Terms(("exam:a", "course:b"), "exam:a" if renews else None, months, window_days=20)
    moments = {
        "exam:a": [at(one) for one in exams if one <= day],
        "course:b": [at(one) for one in courses if one <= day],
    }
    award = award_due(terms, moments, None, day)
    if award is not None:
        held = Held(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), award.last_day)
        assert award_due(terms, moments, held, day) is None


@given(days, days, st.integers(1, 36))
def test_something_is_missing_exactly_when_nothing_is_due_of_a_first_one(first, second, months):
    for moments in ({}, {"exam:a": [at(first)]}, {"exam:a": [at(first)], "course:b": [at(second)]}):
        terms = Terms(("exam:a", "course:b"), months=months)
        due = award_due(terms, moments, None, max(first, second))
        assert (due is None) == bool(missing_for(terms, moments, None))
