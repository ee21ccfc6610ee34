"""Steps of a plan: which text for which gap, in which order, and by when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum.planning import MOST_STEPS, PlanGap, Trainer, propose_steps

DAY = date(2026, 3, 2)


def of(what: str, *competencies: str, minutes: int | None = 30) -> Trainer:
    return Trainer(what, frozenset(competencies), minutes)


TEXTS = (
    of("lesson:a", "empathy", minutes=8),
    of("lesson:b", "empathy", minutes=6),
    of("lesson:c", "empathy", minutes=9),
    of("course:long", "empathy", minutes=300),
    of("course:short", "empathy", minutes=100),
    of("path:all", "empathy", "pace", minutes=600),
)


def named(gaps: list[PlanGap], **more: object) -> list[str]:
    return [one.what for one in propose_steps(gaps, TEXTS, DAY, 60, **more)]  # type: ignore[arg-type]


def test_a_sizeable_gap_gets_the_shortest_course_and_a_small_one_two_short_lessons():
    assert named([PlanGap("empathy", D(8))]) == ["course:short"]
    assert named([PlanGap("empathy")]) == ["course:short"]
    assert named([PlanGap("empathy", D("7.9"))]) == ["lesson:b", "lesson:a"]


def test_where_there_is_nothing_of_the_kind_the_other_is_taken():
    assert named([PlanGap("pace", D(2))]) == ["path:all"]
    assert named([PlanGap("composure", D(20))]) == []


def test_what_is_known_is_not_proposed():
    assert named([PlanGap("empathy", D(8))], known=["course:short"]) == ["course:long"]


def test_the_weightiest_gap_comes_first_and_what_nobody_measured_before_it():
    gaps = [PlanGap("pace", D(9)), PlanGap("empathy", D(10))]
    assert named(gaps) == ["course:short", "path:all"]
    assert named([PlanGap("empathy", D(10)), PlanGap("pace")]) == ["path:all", "course:short"]


def test_each_step_is_due_at_the_end_of_the_week_in_which_its_time_is_used_up():
    steps = propose_steps([PlanGap("empathy", D(1))], TEXTS, DAY, 10)
    assert [one.due_on for one in steps] == [date(2026, 3, 8), date(2026, 3, 15)]


def test_every_gap_begins_a_week_of_its_own_however_short_its_steps_are():
    texts = (*TEXTS, of("lesson:d", "pace", minutes=5), of("lesson:e", "tone", minutes=5))
    steps = propose_steps([PlanGap("empathy", D(3)), PlanGap("pace", D(2)), PlanGap("tone", D(1))], texts, DAY, 90)
    assert [(one.what, one.due_on) for one in steps] == [
        ("lesson:b", date(2026, 3, 8)), ("lesson:a", date(2026, 3, 8)), ("lesson:d", date(2026, 3, 15)),
        ("lesson:e", date(2026, 3, 22)),
    ]  # fmt: skip


@given(
    st.lists(st.builds(PlanGap, st.sampled_from("abcdefghij"), st.none() | st.decimals(0, 50, places=1)), max_size=12),
    st.lists(
        st.builds(
            Trainer,
            st.builds("{}:{}".format, st.sampled_from(["lesson", "course", "path"]), st.integers(0, 30)),
            st.frozensets(st.sampled_from("abcdefghij"), max_size=4),
            st.none() | st.integers(1, 900),
        ),
        max_size=30,
    ),
    st.integers(1, 500),
)
def test_nothing_is_proposed_twice_or_too_much_and_dates_never_go_back(gaps, trainers, minutes):
    steps = propose_steps(gaps, trainers, DAY, minutes)
    assert len({one.what for one in steps}) == len(steps) <= MOST_STEPS
    assert [one.due_on for one in steps] == sorted(one.due_on for one in steps)
    assert all(one.due_on >= DAY + timedelta(days=6) for one in steps)
    assert {one.competency for one in steps} <= {one.competency for one in gaps}
