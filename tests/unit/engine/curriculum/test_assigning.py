"""Whom a rule assigns something to, why, and what stands against it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.curriculum.assigning import (
    AssignmentRule,
    Hired,
    Moved,
    MoveOf,
    Needed,
    NeedOf,
    PersonFacts,
    Scored,
    ScoreOf,
    judge,
)

DAY = date(2026, 3, 2)
EVERYBODY = AssignmentRule()
LIN = PersonFacts(hired_on=DAY - timedelta(days=3))
OF_NEED = AssignmentRule(needed=Needed("empathy", D(5)), often="occasion")


def days_ago(n: int) -> date:
    return DAY - timedelta(days=n)


def needing(points: D | None, *, since: int = 2, **more: object) -> PersonFacts:
    return PersonFacts(needs=(NeedOf("n1", "empathy", days_ago(since), points, **more),))  # type: ignore[arg-type]


def scoring(percent: int, *, on: int = 1, id: str = "a1") -> PersonFacts:
    return PersonFacts(scores=(ScoreOf(id, "x", D(percent), days_ago(on)),))


@pytest.mark.parametrize(
    ("rule", "person", "key"),
    [
        (EVERYBODY, replace(LIN, left_on=DAY), "rule.left"),
        (EVERYBODY, PersonFacts(hired_on=DAY + timedelta(days=1)), "rule.not_begun"),
        (AssignmentRule(posts=frozenset({"chat"})), PersonFacts(posts=frozenset({"phone"})), "rule.other_post"),
        (AssignmentRule(stages=frozenset({"expert"})), PersonFacts(stage="newcomer"), "rule.other_stage"),
        (AssignmentRule(hired=Hired(most_days=2)), LIN, "rule.hired_earlier"),
        (AssignmentRule(hired=Hired(least_days=4)), LIN, "rule.hired_later"),
        (AssignmentRule(hired=Hired(most_days=2)), PersonFacts(), "rule.hired_unknown"),
        (AssignmentRule(moved=Moved("post", 7)), LIN, "rule.no_move_of_post"),
        (AssignmentRule(moved=Moved("stage", 7)), LIN, "rule.no_move_of_stage"),
        (OF_NEED, LIN, "rule.no_need"),
        (OF_NEED, needing(D("4.9")), "rule.small_need"),
        (AssignmentRule(scored=Scored("x", below=D(60))), LIN, "rule.no_score"),
        (AssignmentRule(scored=Scored("x", below=D(60))), scoring(60), "rule.other_score"),
        (AssignmentRule(scored=Scored("x", at_least=D(90))), scoring(89), "rule.other_score"),
    ],
)
def test_who_does_not_fit_a_condition_is_not_meant_and_told_which(rule, person, key):
    found = judge(rule, person, DAY)
    assert (found.outcome, found.why_not.key) == ("not_meant", key)


@pytest.mark.parametrize(
    ("rule", "person", "because", "occasion"),
    [
        (EVERYBODY, LIN, [], "once"),
        (AssignmentRule(hired=Hired(0, 3)), LIN, ["rule.hired"], "once"),
        (AssignmentRule(hired=Hired(3, None), often="occasion"), LIN, ["rule.hired"], "hired:2026-02-27"),
        (OF_NEED, needing(D(5)), ["rule.need_of_points"], "need:n1"),
        (OF_NEED, needing(None), ["rule.need"], "need:n1"),
        (OF_NEED, needing(D(1), by_person=True), ["rule.need_of_points"], "need:n1"),
        (AssignmentRule(scored=Scored("x", below=D(60)), often="occasion"), scoring(59), ["rule.scored"], "attempt:a1"),
        (AssignmentRule(scored=Scored("x", at_least=D(90))), scoring(90), ["rule.scored"], "once"),
        (
            AssignmentRule(stages=frozenset({"expert"}), often="months", months=6),
            PersonFacts(stage="expert", served={"time:1": days_ago(400)}),
            ["rule.stage"],
            "time:2",
        ),
    ],
)
def test_who_fits_all_of_it_gets_it_with_every_reason(rule, person, because, occasion):
    found = judge(rule, person, DAY)
    assert (found.outcome, [one.key for one in found.because], found.occasion) == ("gets", because, occasion)


def test_a_move_is_its_own_occasion_and_the_last_one_counts():
    rule = AssignmentRule(moved=Moved("post", 7), often="occasion")
    first, second = MoveOf("post", "a", days_ago(20)), MoveOf("post", "b", days_ago(7))
    assert judge(rule, PersonFacts(moves=(first, second)), DAY).occasion == "post:b:2026-02-23"
    assert judge(rule, PersonFacts(moves=(second,)), DAY + timedelta(days=1)).outcome == "not_meant"
    assert judge(rule, PersonFacts(moves=(MoveOf("stage", "a", DAY),)), DAY).outcome == "not_meant"


@pytest.mark.parametrize(
    ("rule", "person", "key"),
    [
        (EVERYBODY, replace(LIN, is_on_it=True), "rule.on_it"),
        (EVERYBODY, replace(LIN, completed_on=days_ago(900)), "rule.completed"),
        (EVERYBODY, replace(LIN, is_away=True), "rule.away"),
        (EVERYBODY, replace(LIN, served={"once": days_ago(9)}), "rule.served_once"),
        (OF_NEED, replace(needing(D(9)), served={"need:n1": days_ago(1)}), "rule.served"),
        (OF_NEED, replace(needing(D(9), since=5), completed_on=days_ago(5)), "rule.completed"),
        (
            AssignmentRule(often="months", months=1),
            replace(LIN, served={"time:1": date(2026, 2, 3)}),
            "rule.served_lately",
        ),
    ],
)
def test_whom_it_is_meant_for_is_left_out_with_what_stands_against_it(rule, person, key):
    found = judge(rule, person, DAY)
    assert (found.outcome, found.why_not.key) == ("left_out", key)


def test_what_was_completed_before_the_need_or_the_result_does_not_answer_it():
    assert judge(OF_NEED, replace(needing(D(9), since=5), completed_on=days_ago(6)), DAY).outcome == "gets"
    failed = AssignmentRule(scored=Scored("x", below=D(60)), often="occasion")
    assert judge(failed, replace(scoring(10), completed_on=days_ago(2)), DAY).outcome == "gets"


@pytest.mark.parametrize(("served", "outcome"), [(date(2026, 2, 2), "gets"), (date(2026, 2, 3), "left_out")])
def test_a_rule_of_a_month_comes_again_on_the_same_day_of_the_next(served, outcome):
    rule = AssignmentRule(often="months", months=1)
    assert judge(rule, replace(LIN, served={"time:1": served}), DAY).outcome == outcome


def test_a_new_need_of_the_same_competency_is_another_occasion():
    person = replace(needing(D(9)), served={"need:n0": days_ago(1)})
    assert judge(OF_NEED, person, DAY).outcome == "gets"


RULES = st.builds(
    AssignmentRule,
    stages=st.frozensets(st.sampled_from(["newcomer", "expert"])),
    hired=st.none() | st.builds(Hired, st.none() | st.integers(0, 50), st.none() | st.integers(51, 100)),
    needed=st.none() | st.just(Needed("empathy", D(5))),
    scored=st.none() | st.just(Scored("x", below=D(60))),
    often=st.sampled_from(["once", "occasion"]),
) | st.builds(AssignmentRule, often=st.just("months"), months=st.integers(1, 24))
PEOPLE = st.builds(
    PersonFacts,
    stage=st.sampled_from(["newcomer", "expert", ""]),
    hired_on=st.none() | st.dates(days_ago(200), DAY + timedelta(days=3)),
    left_on=st.none() | st.dates(days_ago(5), DAY + timedelta(days=5)),
    is_away=st.booleans(),
    needs=st.lists(st.builds(NeedOf, st.sampled_from("ab"), st.just("empathy"), st.just(days_ago(3)), st.just(D(9))),
                   max_size=1).map(tuple),
    scores=st.lists(st.builds(ScoreOf, st.sampled_from("ab"), st.just("x"), st.just(D(30)), st.just(days_ago(1))),
                    max_size=1).map(tuple),
    completed_on=st.none() | st.dates(days_ago(900), DAY),
    is_on_it=st.booleans(),
)  # fmt: skip


@given(RULES, PEOPLE)
def test_once_served_an_occasion_brings_nothing_any_more(rule, person):
    found = judge(rule, person, DAY)
    if found.outcome == "gets":
        again = judge(rule, replace(person, served={found.occasion: DAY}), DAY)
        assert again.outcome == "left_out"


@given(RULES, PEOPLE)
def test_nobody_gets_what_one_is_on_and_every_verdict_has_its_reason(rule, person):
    found = judge(rule, person, DAY)
    assert (found.why_not is None) == (found.outcome == "gets")
    if found.outcome == "gets":
        assert not person.is_on_it
        assert not person.is_away
        assert person.left_on is None or person.left_on > DAY
