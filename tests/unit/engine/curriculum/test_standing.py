"""Where somebody stands on a course or a path."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum import CoursePlan, Done, UnitPlan, course_standing, path_standing

DAY = 86_400_000


def done(*names: str) -> dict[str, Done]:
    return {name: Done(name, "learnt", 1) for name in names}


def course(*units: UnitPlan, what: str = "course:c", **more: object) -> CoursePlan:
    return CoursePlan(what, units, **more)  # type: ignore[arg-type]


A, B, C = UnitPlan("lesson:a"), UnitPlan("lesson:b"), UnitPlan("lesson:c")
EXTRA = UnitPlan("article:x", is_needed=False)
EXAM = UnitPlan("exam:e", is_last=True)


@pytest.mark.parametrize(
    ("is_ordered", "units", "finished", "states"),
    [
        (True, (A, B, C), (), "next locked locked"),
        (True, (A, B, C), ("lesson:a",), "done next locked"),
        (True, (A, B, C), ("lesson:b",), "next done locked"),
        (True, (EXTRA, A, B), (), "open next locked"),
        (True, (A, EXTRA, B), (), "next locked locked"),
        (True, (A, EXTRA, B), ("lesson:a",), "done open next"),
        (True, (A, EXAM), ("lesson:a",), "done next"),
        (False, (A, B, C), (), "next open open"),
        (False, (A, B, C), ("lesson:a",), "done next open"),
        (False, (A, B, EXAM), ("lesson:a",), "done next locked"),
        (False, (A, B, EXAM), ("lesson:a", "lesson:b"), "done done next"),
        (True, (A, EXTRA), ("lesson:a",), "done open"),
        (True, (EXTRA,), (), "next"),
    ],
)
def test_units_are_done_next_open_or_locked(is_ordered, units, finished, states) -> None:
    standing = course_standing(course(*units, is_ordered=is_ordered), done(*finished), 0)
    assert " ".join(one.state for one in standing.units) == states


def test_a_locked_unit_says_what_comes_first() -> None:
    named = UnitPlan("lesson:a", title={"zh": "四步"})
    standing = course_standing(course(named, B), {}, 0)
    reason = standing.units[1].reason
    assert reason is not None
    assert reason.params == {"what": "lesson:a", "title": {"zh": "四步"}}


def test_a_course_that_asks_for_another_is_locked_until_that_is_complete() -> None:
    plan = course(A, requires={"course:first": {"zh": "基础"}})
    standing = course_standing(plan, {}, 0)
    assert standing.units[0].state == "locked"
    assert standing.reason is not None
    assert standing.next is None
    assert course_standing(plan, done("course:first"), 0).units[0].state == "next"


def test_optional_units_do_not_hold_a_course_back() -> None:
    standing = course_standing(course(A, EXTRA), done("lesson:a"), 0)
    assert standing.is_complete
    assert standing.share == 1
    assert standing.next is None


def test_a_course_that_was_completed_stays_so_when_it_gets_new_units() -> None:
    standing = course_standing(course(A, B), done("course:c", "lesson:a"), 10 * DAY)
    assert standing.is_complete
    assert standing.share == 1
    assert standing.units[1].state == "open"


def test_what_is_needed_is_overdue_after_its_time_and_optional_things_never() -> None:
    late = UnitPlan("lesson:a", due_ms=DAY)
    idle = UnitPlan("article:x", is_needed=False, due_ms=DAY)
    assert course_standing(course(late, idle), {}, DAY).n_overdue == 0
    assert course_standing(course(late, idle), {}, DAY + 1).n_overdue == 1
    assert course_standing(course(late, idle), done("lesson:a"), DAY + 1).n_overdue == 0


def test_the_share_counts_what_is_needed() -> None:
    assert course_standing(course(A, B, C, EXTRA), done("lesson:a", "article:x"), 0).share == Fraction(1, 3)


def test_the_courses_of_a_path_open_one_after_the_other() -> None:
    one, two = course(A, what="course:1"), course(B, C, what="course:2")
    start = path_standing([one, two], {}, 0)
    assert start.courses[1].units[0].state == "locked"
    assert start.next is not None
    assert start.next.unit is A
    later = path_standing([one, two], done("lesson:a"), 0)
    assert later.share == Fraction(1, 3)
    assert later.next is not None
    assert later.next.unit is B
    assert path_standing([one, two], done("lesson:a", "lesson:b", "lesson:c"), 0).is_complete


UNITS = [UnitPlan(f"lesson:{n}", is_needed=n % 3 != 2, due_ms=n * DAY) for n in range(7)]
plans = st.builds(
    lambda units, is_ordered, has_exam: course(*units, *([EXAM] if has_exam else []), is_ordered=is_ordered),
    st.lists(st.sampled_from(UNITS), min_size=1, max_size=7, unique_by=lambda unit: unit.what),
    st.booleans(),
    st.booleans(),
)
finished = st.sets(st.sampled_from([*(unit.what for unit in UNITS), "exam:e"]))


@given(plans, finished)
def test_an_ordered_course_never_opens_past_a_gap(plan, names) -> None:
    states = list(course_standing(plan, done(*names), 0).units)
    has_needed = any(one.unit.is_needed for one in states)
    gap = next((n for n, one in enumerate(states) if one.state == "next"), None)
    if plan.is_ordered and gap is not None:
        assert all(one.state in ("done", "locked") for one in states[gap + 1 :])
        assert all(one.state == "done" or (has_needed and not one.unit.is_needed) for one in states[:gap])


@given(plans, finished, finished)
def test_completing_more_never_locks_takes_away_or_makes_late(plan, names, more) -> None:
    rank = {"locked": 0, "open": 1, "next": 1, "done": 2}
    before = course_standing(plan, done(*names), 3 * DAY)
    after = course_standing(plan, done(*names, *more), 3 * DAY)
    assert all(rank[x.state] <= rank[y.state] for x, y in zip(before.units, after.units, strict=True))
    assert before.share <= after.share
    assert after.is_complete or not before.is_complete
    assert after.n_overdue <= before.n_overdue


@given(plans, finished)
def test_as_long_as_something_is_needed_there_is_one_thing_to_do_next(plan, names) -> None:
    standing = course_standing(plan, done(*names), 0)
    assert standing.is_complete == (sum(one.state == "next" for one in standing.units) == 0)
    assert standing.is_complete == (standing.share == 1)
