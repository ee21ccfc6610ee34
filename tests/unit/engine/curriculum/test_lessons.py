"""When a lesson is learnt."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum import LessonPlan, Work, lesson_standing

ITEMS = {"a": D(2), "b": D(2), "c": D(1)}
WHOLE = LessonPlan(ITEMS, D(80), D(60), D(60), has_homework=True)


@pytest.mark.parametrize(
    ("tries", "best", "first", "is_done"),
    [
        ((), None, None, False),
        ((("a", D(2)), ("b", D(2))), D(80), D(80), False),  # c is not answered yet
        ((("a", D(2)), ("b", D(2)), ("c", D(0))), D(80), D(80), True),
        ((("a", D(0)), ("b", D(2)), ("c", D(1))), D(60), D(60), False),
        ((("a", D(0)), ("b", D(2)), ("c", D(1)), ("a", D(2))), D(100), D(60), True),
        ((("a", D(2)), ("b", D(2)), ("c", D(1)), ("a", D(0))), D(100), D(100), True),
        ((("gone", D(5)), ("a", D(2))), D(40), D(40), False),
    ],
)
def test_the_best_try_passes_and_the_first_is_kept(tries, best, first, is_done) -> None:
    standing = lesson_standing(LessonPlan(ITEMS), Work(tries))
    assert (standing.best, standing.first, standing.is_complete) == (best, first, is_done)


def test_just_below_the_cut_is_neither_passed_nor_shown_as_reached() -> None:
    standing = lesson_standing(LessonPlan({"a": D(30000)}), Work([("a", D(23999))]))
    assert not standing.is_complete
    assert standing.best == D("79.99")


def test_everything_that_is_missing_is_told() -> None:
    standing = lesson_standing(WHOLE, Work([("a", D(2))], drill_percent=D(40)))
    assert [one.reason.key for one in standing.lacking] == [
        "curriculum.check.unanswered",
        "curriculum.rewrite.missing",
        "curriculum.drill.below",
        "curriculum.homework.missing",
    ]
    assert standing.lacking[0].reason.params == {"n": 2}
    assert standing.lacking[2].reason.params == {"percent": "40", "pass": "60"}


def test_a_lesson_is_complete_when_all_of_it_is_there() -> None:
    tries = [("a", D(2)), ("b", D(2)), ("c", D(1))]
    assert lesson_standing(WHOLE, Work(tries, D(60), D(80), has_homework=True)).is_complete
    assert not lesson_standing(WHOLE, Work(tries, D(60), D(80))).is_complete


def test_a_lesson_that_asks_for_nothing_is_to_be_read() -> None:
    assert LessonPlan().parts == ("read",)
    assert not lesson_standing(LessonPlan(), Work()).is_complete
    assert lesson_standing(LessonPlan(), Work(is_read=True)).is_complete


tries = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([D(0), D("0.5"), D(1)])), max_size=12)


@given(tries, tries)
def test_trying_again_never_takes_anything_away(before, more) -> None:
    once, later = (lesson_standing(LessonPlan(ITEMS), Work(each)) for each in (before, [*before, *more]))
    assert later.is_complete or not once.is_complete
    assert (once.best or 0) <= (later.best or 0)
    if once.first is not None and {item for item, _ in before} == set(ITEMS):
        assert later.first == once.first
