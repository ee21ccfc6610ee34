"""Two marks of one answer, grades by cuts, and when a thing learnt is met again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import pytest

from peilian.engine.assessment import agreement, grade_of, review
from peilian.engine.assessment.marking import need_third, settled
from peilian.engine.assessment.spacing import LEAST_TIMES, pace, remembered

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CUTS = {"qualified": D(60), "good": D(80), "excellent": D(90)}


def marks(*pairs, of=10):
    return [(D(first), D(second), D(of)) for first, second in pairs]


def test_markers_who_agree_have_a_kappa_of_one():
    found = agreement(marks(*((n % 5, n % 5) for n in range(20))))
    assert (found.n, found.exact, found.near, found.kappa, found.lean) == (20, 1, 1, 1, 0)


def test_markers_who_mark_by_chance_have_a_kappa_near_zero():
    found = agreement(marks(*((first, second) for first in range(10) for second in range(10))))
    assert found.kappa == pytest.approx(0)
    assert found.exact == pytest.approx(0.1)


def test_kappa_agrees_with_a_table_worked_by_hand():
    # ten answers of 10: seven alike (0, 0, 0, 10, 10, 10, 10), three a whole apart (0 and 10)
    found = agreement(marks(*[(0, 0)] * 3, *[(10, 10)] * 4, *[(0, 10)] * 3))
    # seen: 0.3 * 100 = 30; by chance: (0.6 * 0.7 + 0.4 * 0.3) * 100 = 54
    assert found.kappa == pytest.approx(1 - 30 / 54)
    assert found.lean == pytest.approx(0.3)


def test_few_answers_tell_no_kappa_and_none_tell_nothing():
    assert agreement(marks((1, 1))).kappa is None
    assert agreement([]).exact is None
    assert agreement(marks(*[(5, 5)] * 12)).kappa is None, "nobody differs"


@pytest.mark.parametrize(("first", "second", "third"), [(6, 8, False), (6, "8.1", True), (8, 6, False), (0, 10, True)])
def test_marks_far_apart_need_a_third_person(first, second, third):
    assert need_third(D(first), D(second), D(10)) is third


def test_two_marks_that_are_near_make_their_mean():
    assert settled(D("7"), D("7.5")) == D("7.25")
    assert settled(D("7.01"), D("7.02")) == D("7.02")


@pytest.mark.parametrize(
    ("points", "of", "grade"),
    [(59, 100, None), (60, 100, "qualified"), ("79.99", 100, "qualified"), (40, 50, "good"), (45, 50, "excellent"),
     (0, 0, None)],
)  # fmt: skip
def test_a_grade_begins_at_its_cut(points, of, grade):
    assert grade_of(D(points), D(of), CUTS) == grade


def test_what_is_remembered_comes_back_later_each_time_and_what_is_forgotten_soon():
    state, now, gaps = None, NOW, []
    for share in (1, 1, 1, 0, 1):
        found = review(state, share, now)
        gaps.append((found.due_at - now).days)
        state, now = found.state, found.due_at
    assert gaps[0] < gaps[1] < gaps[2]
    assert gaps[3] < gaps[2]
    assert gaps[4] < gaps[2]


def test_the_same_answers_give_the_same_day_and_half_known_comes_sooner():
    assert review(None, 1, NOW) == review(None, 1, NOW)
    once = review(None, 1, NOW)
    later = once.due_at
    assert review(once.state, 0.6, later).due_at < review(once.state, 1, later).due_at
    assert review(once.state, 1, later, was_slow=True).due_at == review(once.state, 0.6, later).due_at


def test_an_answer_is_taken_for_what_its_points_and_its_pace_say():
    first = review(None, 1, NOW)
    assert [review(None, share, NOW).rating for share in (0, 0.49, 0.5, 0.99, 1)] == [
        "again", "again", "hard", "hard", "good"
    ]  # fmt: skip
    assert review(None, 1, NOW, was_slow=True).rating == "hard"
    assert review(None, 0, NOW, was_fast=True).rating == "again"
    assert review(None, 1, NOW, was_fast=True).rating == "easy"
    assert review(None, 1, NOW, was_fast=True).due_at > first.due_at
    assert review(first.state, 1, first.due_at, was_fast=True).rating == "good"


@pytest.mark.parametrize(
    ("seconds", "earlier", "expected"),
    [(1, [], "usual"), (999, [10] * (LEAST_TIMES - 1), "usual"), (20, [10] * LEAST_TIMES, "usual"),
     (20.1, [10] * LEAST_TIMES, "slow"), (5, [10] * LEAST_TIMES, "usual"), (4.9, [10] * LEAST_TIMES, "fast"),
     (15, [1, 10, 10, 10, 600], "usual")],
)  # fmt: skip
def test_fast_and_slow_are_beside_ones_own_median_once_there_are_enough_answers(seconds, earlier, expected):
    assert pace(seconds, earlier) == expected


def test_nothing_stays_away_for_longer_than_half_a_year():
    state, now = None, NOW
    for _ in range(12):
        found = review(state, 1, now)
        assert found.due_at - now <= timedelta(days=180)
        state, now = found.state, found.due_at


def test_memory_fades_with_time_and_states_are_plain_data():
    state = review(None, 1, NOW).state
    assert remembered(state, NOW + timedelta(days=1)) > remembered(state, NOW + timedelta(days=30))
    assert all(isinstance(value, str | int | float | None) for value in state.values())


def test_the_zone_that_a_time_is_told_in_changes_nothing():
    there = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    assert review(None, 1, there) == review(None, 1, NOW)
    state = review(None, 1, NOW).state
    later = timedelta(days=3)
    assert remembered(state, there + later) == remembered(state, NOW + later)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        review(None, 1, NOW.replace(tzinfo=None))
