"""Class hours of people: whose quota holds, what of completions and drills counts, and what a team owes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from peilian.apps.base.api import bookkeeping
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from support.builders import a_unit
from support.credentials import learns, open_exam, passes
from support.exams import NOW, ExamClock
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, NOW)


@pytest.fixture
def lin(db) -> people.User:
    found = a_trainee()
    people.set_stage(actor=None, employee=found.employee, stage="in_service", starts_on=date(2025, 1, 1))
    return found


def a_drill(user: people.User, minutes: int, **more: object) -> practice.DrillRun:
    """A drill that is over, of so many minutes and two of pause."""
    ended = NOW - timedelta(days=1)
    row = practice.DrillRun(
        employee=user.employee, started_by=user, scenario="a/b", scenario_version="1", title="演练", language="zh",
        seed=1, engine_version="1", model_version="1", day=ended.date(), limit_ms=1, closes_at=ended, state="over",
        started_at=ended - timedelta(minutes=minutes + 2), ended_at=ended, paused_ms=120_000,
        **{"total": D(80), "passed": True, "result": {}, "debrief": {}, **more},
    )  # fmt: skip
    with bookkeeping():
        row.save()
    return row


def hours(user: people.User) -> learning.HoursOf:
    return learning.hours_of(user=user, employee=user.employee)


def test_without_a_library_the_shipped_rules_count(time, lin):
    learns(lin.employee, "lesson:x/y", NOW, minutes=90)
    found = hours(lin)
    assert (found.standing.done, found.standing.due, found.span.first) == (D("2.0"), D(16), date(2026, 1, 1))
    assert found.due is not None
    assert found.due.label.zh == "在岗"


def test_the_rules_of_the_company_go_before_those_of_a_pack(tmp_path, time, lin):
    rules = {
        "kind": "class-hours", "schema_version": 1, "key": "mine/hours", "title": {"zh": "学时"}, "minutes": 60,
        "counts": [{"how": "learnt", "percent": "50"}],
        "quotas": [{"id": "all", "label": {"zh": "人人"}, "stages": ["in_service"], "hours": "8", "period": "year"}],
    }  # fmt: skip
    installed(tmp_path, rules)
    learns(lin.employee, "lesson:x/y", NOW, minutes=120)
    found = hours(lin)
    assert (found.standing.done, found.standing.due, found.span.last) == (D("1.0"), D(8), date(2026, 12, 31))


def test_who_leads_owes_as_a_leader_whatever_the_stage(time, lin):
    people.grant_role(actor=None, user=lin, role="supervisor", unit=a_unit(), starts_on=date(2025, 6, 1))
    found = hours(lin)
    assert (found.standing.due, found.span.last) == (D(24), date(2026, 6, 30))


def test_a_newcomer_owes_forty_within_three_months_from_the_start(time, lin):
    people.set_stage(actor=None, employee=lin.employee, stage="newcomer", starts_on=date(2026, 2, 1))
    found = hours(lin)
    assert (found.standing.due, found.standing.expected, found.span.last) == (D(40), D(20), date(2026, 4, 30))


def test_of_whom_nothing_is_due_the_quarter_is_counted(time):
    user = a_trainee()
    learns(user.employee, "lesson:x/y", NOW, minutes=45)
    found = hours(user)
    assert (found.due, found.standing.done, found.standing.is_behind) == (None, D("1.0"), False)


def test_drills_count_by_their_own_time_and_not_once_more_by_their_completion(time, lin):
    a_drill(lin, 27)
    learns(lin.employee, "scenario:a/b", NOW, how=learning.CompletionHow.DRILLED, minutes=27)
    (piece,) = hours(lin).counted
    assert (piece.spent.how, piece.minutes) == ("drilled", D(27))
    assert hours(lin).standing.done == D("0.6")


def test_an_exam_that_was_passed_counts_by_its_time_and_a_failed_one_does_not(tmp_path, time, lin):
    sitting = open_exam(tmp_path)
    failed = passes(lin, sitting, wrong=True)
    taken = passes(lin, sitting)
    for row in (failed, taken):
        row.started_at = NOW - timedelta(minutes=18)
        with bookkeeping():
            row.save()
    learns(lin.employee, "exam:mine/exam", NOW, how=learning.CompletionHow.PASSED, minutes=18)
    (piece,) = hours(lin).counted
    assert (piece.spent.what, piece.minutes) == ("exam:mine/exam", D(18))


def test_a_drill_that_speaks_for_nobody_does_not_count(time, lin):
    a_drill(lin, 20, shows_script=True)
    a_drill(lin, 20, total=None, passed=None, result=None, debrief=None)
    assert not hours(lin).counted


def test_what_was_withdrawn_and_what_lies_outside_the_period_does_not_count(time, lin):
    row = learns(lin.employee, "lesson:x/y", NOW, minutes=45)
    learns(lin.employee, "lesson:x/z", NOW - timedelta(days=90), minutes=45)
    learning.withdraw_completion(actor=None, completion=row, note="记错了人")
    assert hours(lin).standing.done == 0


def test_the_first_moment_of_a_quarter_belongs_to_it_in_the_companys_time(time, lin):
    first = NOW.replace(month=1, day=1, hour=0) - timedelta(hours=8)  # midnight in Shanghai
    learns(lin.employee, "lesson:x/y", first, minutes=45)
    learns(lin.employee, "lesson:x/z", first - timedelta(seconds=1), minutes=45)
    assert hours(lin).standing.done == 1


def test_a_team_takes_as_many_queries_for_many_as_for_one(time, lin, django_assert_max_num_queries):
    unit = a_unit()
    boss = a_trainee()
    people.grant_role(actor=None, user=boss, role="supervisor", unit=unit, starts_on=date(2026, 1, 1))
    for n in range(6):
        one = a_trainee()
        people.set_stage(actor=None, employee=one.employee, stage="in_service", starts_on=date(2025, 1, 1))
        people.place_employee(actor=None, employee=one.employee, unit=unit, post=None, starts_on=date(2026, 1, 1))
        learns(one.employee, "lesson:x/y", NOW, minutes=45 * n)
    with django_assert_max_num_queries(17):
        found = learning.team_hours(user=boss)
    led = [one for one in found if one.employee != boss.employee]
    assert [one.standing.done for one in led] == [D(n) for n in range(6)]  # who is furthest behind stands first
    assert all(one.standing.is_behind for one in led)


def test_the_hours_of_others_take_the_right_to_see_their_record(time, lin):
    other = a_trainee()
    with pytest.raises(people.NotVisibleError):
        learning.hours_of(user=other, employee=lin.employee)
