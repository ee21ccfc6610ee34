"""What an exam shows of lessons."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum import Score, remedial_lessons, shown_lessons

CUT = D(60)
GOOD, WEAK, FEW = Score(D(6), D(10), 3), Score(D(5), D(10), 3), Score(D(5), D(5), 1)


@pytest.mark.parametrize(
    ("wanted", "is_passed", "is_shown", "key"),
    [
        (("good",), False, True, "curriculum.shown.reached"),
        (("weak",), False, False, "curriculum.shown.below"),
        (("few",), False, False, "curriculum.shown.too_few"),
        (("good", "weak"), False, False, "curriculum.shown.below"),
        (("other",), False, False, "curriculum.shown.not_asked"),
        ((), False, False, "curriculum.shown.nothing"),
        (("weak", "few"), True, True, "curriculum.shown.passed"),
        (("other",), True, False, "curriculum.shown.not_asked"),
        (("good", "other"), True, False, "curriculum.shown.not_asked"),
        ((), True, False, "curriculum.shown.nothing"),
    ],
)
def test_a_lesson_is_shown_by_what_was_asked_and_reached(wanted, is_passed, is_shown, key) -> None:
    scores = {"good": GOOD, "weak": WEAK, "few": FEW}
    (one,) = shown_lessons({"l": wanted}, scores, CUT, is_passed=is_passed)
    assert (one.is_shown, one.reason.key) == (is_shown, key)


def test_the_lessons_whose_competencies_lost_most_come_first() -> None:
    scores = {"good": GOOD, "weak": WEAK, "worse": Score(D(0), D(8), 2)}
    lessons = {"a": ("weak",), "b": ("worse",), "c": ("good",), "d": ()}
    assert remedial_lessons(lessons, scores, CUT) == ("b", "a")


def test_all_lessons_are_to_be_learnt_again_where_no_competency_tells() -> None:
    assert remedial_lessons({"a": (), "b": ("other",)}, {"weak": WEAK}, CUT) == ("a", "b")


competencies = st.sampled_from(["x", "y", "z"])
scores = st.dictionaries(
    competencies, st.builds(lambda points, n: Score(D(points), D(10), n), st.integers(0, 10), st.integers(1, 4))
)
lessons = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.frozensets(competencies), min_size=1)


@given(lessons, scores)
def test_passing_the_whole_shows_at_least_what_its_parts_show(wanted, got) -> None:
    parts = {one.lesson for one in shown_lessons(wanted, got, CUT, is_passed=False) if one.is_shown}
    whole = {one.lesson for one in shown_lessons(wanted, got, CUT, is_passed=True) if one.is_shown}
    assert parts <= whole


@given(lessons, scores)
def test_whoever_failed_has_something_to_learn_and_it_was_not_shown(wanted, got) -> None:
    chosen = remedial_lessons(wanted, got, CUT)
    assert chosen
    shown = {one.lesson for one in shown_lessons(wanted, got, CUT, is_passed=False) if one.is_shown}
    assert len(chosen) == len(wanted) or not shown & set(chosen)
