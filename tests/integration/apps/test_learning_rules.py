"""Rules of assigning through the door: looked at, switched on, run, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.learning.rules import serving, switching
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from support.builders import a_unit, an_employee
from support.company import a_login
from support.credentials import passes
from support.exams import an_exam
from support.library import a_publisher, installed, published, the_content
from support.practice import a_trainee
from support.rules import KEY, a_rule, hired, ruled, switched_on, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(db) -> people.User:
    return a_login("boss", "training_manager", employee=hired("boss", 900))


def outcomes(user: people.User, key: str = KEY) -> dict[str, tuple[str, str]]:
    found = learning.preview_rule(user=user, key=key).people
    return {
        one.employee.name: (one.verdict.outcome, one.verdict.why_not.key if one.verdict.why_not else "")
        for one in found
    }


def on_it(person: people.Employee) -> list[str]:
    return [row.how for row in learning.Enrolment.objects.live().filter(employee=person)]


def test_the_preview_tells_who_gets_it_who_not_and_why_and_changes_nothing(tmp_path, manager):
    ruled(tmp_path)
    hired("new", 3), hired("old", 31)
    there, done = hired("there", 5), hired("done", 5)
    learning.enrol(actor=None, employees=[there], what="course:mine/course")
    learning.complete(
        employee=done,
        done=learning.Done("course:mine/course", learning.CompletionHow.LEARNT, switching.clock.now(), "x", "1"),
    )
    assert outcomes(manager) == {
        "boss": ("not_meant", "rule.hired_earlier"),
        "new": ("gets", ""),
        "old": ("not_meant", "rule.hired_earlier"),
        "there": ("left_out", "rule.on_it"),
        "done": ("left_out", "rule.completed"),
    }
    assert not learning.RuleServing.objects.exists()
    assert learning.Enrolment.objects.count() == 1


def test_a_rule_that_nobody_switched_on_assigns_nothing(tmp_path, manager):
    ruled(tmp_path)
    new = hired("new", 3)
    assert learning.apply_rules_due() == 0
    assert on_it(new) == []
    with pytest.raises(InputError, match=r"rule\.is_off"):
        learning.start_rule(actor=manager, key=KEY)


def test_switched_on_it_assigns_once_with_the_reason_and_a_day(tmp_path, manager):
    ruled(tmp_path)
    new = hired("new", 3)
    switched_on(manager)
    assert learning.apply_rules_due() == 1
    (row,) = learning.Enrolment.objects.filter(employee=new)
    assert row.how == learning.EnrolmentHow.RULE
    assert row.because["reasons"] == [{"key": "rule.hired", "params": {"n": 3}}]
    assert row.due_at is not None
    assert row.due_at.astimezone(base.company_zone()).date() == today() + timedelta(days=14)
    (served,) = learning.RuleServing.objects.all()
    assert (served.employee, served.occasion, served.assignment) == (new, "once", row.assignment)
    assert [learning.apply_rules_due() for _ in range(3)] == [0, 0, 0]
    assert learning.Enrolment.objects.count() == 1


def test_who_is_added_later_gets_it_in_the_next_round(tmp_path, manager):
    ruled(tmp_path)
    switched_on(manager)
    assert learning.apply_rules_due() == 0
    late = hired("late", 0)
    assert learning.apply_rules_due() == 1
    assert on_it(late) == ["rule"]


def test_what_was_taken_back_is_not_given_again(tmp_path, manager):
    ruled(tmp_path)
    new = hired("new", 3)
    switched_on(manager)
    learning.apply_rules_due()
    record.cancel_assignment(actor=manager, assignment=record.Assignment.objects.get(), reason="不用")
    hired("another", 900)
    assert learning.apply_rules_due() == 0
    assert on_it(new) == []
    assert outcomes(manager)["new"] == ("left_out", "rule.served_once")


def test_switched_off_it_stops_and_what_it_gave_stays(tmp_path, manager):
    ruled(tmp_path)
    new = hired("new", 3)
    switched_on(manager)
    learning.apply_rules_due()
    learning.switch_rule_off(actor=manager, key=KEY)
    hired("late", 0)
    assert learning.apply_rules_due() == 0
    assert on_it(new) == ["rule"]
    kinds = [one.kind for one in learning.rule_events(user=manager, key=KEY)]
    assert kinds == ["off", "run", "on"]


def test_switching_twice_is_switching_once(tmp_path, manager):
    ruled(tmp_path)
    assert switched_on(manager) == switched_on(manager)
    learning.switch_rule_off(actor=manager, key=KEY)
    learning.switch_rule_off(actor=manager, key=KEY)
    assert learning.RuleEvent.objects.count() == 2


def test_a_newer_version_waits_until_somebody_looks_and_who_runs_it_is_told_once(tmp_path, manager):
    ruled(tmp_path)
    switched_on(manager)
    published(a_publisher(), the_content(KEY, "assignment-rule"), due_days=7)
    new = hired("new", 3)
    assert [learning.apply_rules_due(), learning.apply_rules_due()] == [0, 0]
    assert on_it(new) == []
    assert [one.key for one in base.inbox_of(user=manager)].count("inbox.rule_waits") == 1
    assert learning.rule_line(user=manager, key=KEY).state == "waits"
    with pytest.raises(InputError, match=r"rule\.newer_in_force"):
        learning.switch_rule_on(actor=manager, key=KEY, number="1")
    switched_on(manager)
    assert learning.apply_rules_due() == 1


def test_one_persons_failure_keeps_it_from_nobody_else(tmp_path, manager, monkeypatch):
    ruled(tmp_path)
    bad, good = hired("bad", 1), hired("good", 1)
    switched_on(manager)
    whole = serving._assign

    def failing(rule, person, *rest):
        if person == bad:
            raise RuntimeError("no")
        return whole(rule, person, *rest)

    monkeypatch.setattr(serving, "_assign", failing)
    assert learning.apply_rules_due() == 1
    assert (on_it(bad), on_it(good)) == ([], ["rule"])
    assert learning.RuleSwitch.objects.get().last_report["n_failed"] == 1
    monkeypatch.setattr(serving, "_assign", whole)
    hired("another", 900)
    assert learning.apply_rules_due() == 1
    assert on_it(bad) == ["rule"]


def test_a_need_brings_its_course_once_and_stands_as_assigned(tmp_path, manager):
    rule = a_rule(hired=None, needed={"competency": "problem_solving", "points": 5}, often="occasion")
    ruled(tmp_path, {key: value for key, value in rule.items() if value is not None})
    lin, zheng = hired("lin", 400), hired("zheng", 400)
    need = record.raise_need(actor=None, employee=lin, subject="problem_solving", reason=Reason("x"))
    switched_on(manager)
    assert learning.apply_rules_due() == 1
    assert (on_it(lin), on_it(zheng)) == (["rule"], [])
    need.refresh_from_db()
    assert need.state == record.NeedState.ASSIGNED


def test_a_failed_exam_brings_the_course_again_once_a_result(tmp_path, manager):
    rule = a_rule(scored={"exam": "mine/exam", "below": 60}, often="occasion")
    del rule["hired"]
    exam = an_exam(attempts=None)
    ruled(tmp_path, rule)
    installed(tmp_path / "more", exam, pack="more")
    lin = a_trainee("lin")
    sitting = learning.open_sitting(actor=None, what=learning.NewSitting("mine/exam", is_for_all=True))
    passes(lin, sitting, wrong=True)
    switched_on(manager)
    assert learning.apply_rules_due() == 1
    (served,) = learning.RuleServing.objects.all()
    assert served.occasion.startswith("attempt:")
    assert outcomes(manager)["lin"][0] == "left_out"


def test_a_move_to_another_post_is_an_occasion_and_another_team_is_none(tmp_path, manager):
    rule = a_rule(moved={"of": "post", "days": 14}, often="occasion")
    del rule["hired"]
    ruled(tmp_path, rule)
    one, two = (people.add_post(actor=None, code=code, name={"zh": code}, agent_kind="") for code in ("chat", "phone"))
    lin, zheng, unit = hired("lin", 400), hired("zheng", 400), a_unit()
    for person, then in ((lin, two), (zheng, one)):
        before, now = today() - timedelta(days=100), today() - timedelta(days=2)
        people.place_employee(actor=None, employee=person, unit=unit, post=one, starts_on=before)
        people.place_employee(actor=None, employee=person, unit=a_unit(), post=then, starts_on=now)
    found = outcomes(manager)
    assert (found["lin"], found["zheng"]) == (("gets", ""), ("not_meant", "rule.no_move_of_post"))


def test_an_exam_is_assigned_on_one_occasion_to_all_of_a_day(tmp_path, manager):
    rule = a_rule(assigns="exam:mine/exam")
    ruled(tmp_path, rule)
    installed(tmp_path / "more", an_exam(), pack="more")
    hired("one", 1), hired("two", 1)
    switched_on(manager)
    assert learning.apply_rules_due() == 2
    assert learning.Sitting.objects.count() == 1
    assert record.Assignment.objects.filter(kind="exam").count() == 2
    hired("late", 900)
    assert learning.apply_rules_due() == 0


def test_each_time_that_the_occasion_of_a_day_is_taken_back_who_comes_later_has_another(tmp_path, manager):
    ruled(tmp_path, a_rule(assigns="exam:mine/exam"))
    installed(tmp_path / "more", an_exam(), pack="more")
    switched_on(manager)
    for n, name in enumerate(("one", "two", "three"), 1):
        person = hired(name, 1)
        assert learning.apply_rules_due() == 1
        (task,) = record.Assignment.objects.filter(kind="exam", employee=person)
        sitting = learning.Sitting.objects.get(pk=task.target)
        assert (learning.Sitting.objects.count(), sitting.cancelled_at, task.cancelled_at) == (n, None, None)
        learning.cancel_sitting(actor=None, sitting_id=sitting.pk, reason="too early")


def test_the_list_of_rules_asks_no_more_for_more_rules(tmp_path, manager):
    ruled(tmp_path, a_rule())
    learning.rules(user=manager)
    with CaptureQueriesContext(connection) as one:
        assert len(learning.rules(user=manager)) == 1
    installed(tmp_path / "more", *(a_rule(f"mine/r{n}") for n in range(4)), pack="more")
    learning.rules(user=manager)
    with CaptureQueriesContext(connection) as many:
        assert len(learning.rules(user=manager)) > 1
    assert len(many) == len(one), [q["sql"][:150] for q in many.captured_queries]


def test_a_run_that_somebody_asks_for_tells_what_it_did(tmp_path, manager):
    ruled(tmp_path)
    hired("new", 3)
    switched_on(manager)
    job = learning.start_rule(actor=manager, key=KEY)
    assert learning.start_rule(actor=manager, key=KEY) == job
    assert base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"assigned": 1, "failed": 0})


def test_what_cannot_be_assigned_is_told_and_not_switched_on(tmp_path, manager):
    ruled(tmp_path, a_rule(assigns="course:mine/gone"))
    problem = learning.rule_line(user=manager, key=KEY).problem
    assert problem is not None
    with pytest.raises(InputError, match=r"curriculum\.not_to_be_learnt"):
        switched_on(manager)


@pytest.mark.parametrize("act", ["on", "off", "start"])
def test_who_does_not_assign_to_the_whole_company_only_looks_at_the_own_people(tmp_path, manager, act):
    ruled(tmp_path)
    unit = a_unit()
    hired("mine", 3, unit=unit), hired("other", 3)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead"))
    switched_on(manager)
    assert set(outcomes(lead)) == {"mine"}
    acts = {
        "on": lambda: learning.switch_rule_on(actor=lead, key=KEY, number="1"),
        "off": lambda: learning.switch_rule_off(actor=lead, key=KEY),
        "start": lambda: learning.start_rule(actor=lead, key=KEY),
    }
    with pytest.raises(people.NotVisibleError):
        acts[act]()


def test_who_assigns_nothing_sees_no_rules(tmp_path, manager):
    ruled(tmp_path)
    for user in (a_trainee(), a_login("inspector", "quality_inspector", unit=a_unit(), employee=an_employee("i"))):
        with pytest.raises(people.NotVisibleError):
            learning.rules(user=user)
        with pytest.raises(people.NotVisibleError):
            learning.preview_rule(user=user, key=KEY)
        with pytest.raises(people.NotVisibleError):
            learning.rule_servings(user=user, key=KEY)


def test_the_preview_takes_as_many_queries_for_many_people_as_for_few(tmp_path, manager):
    rule = a_rule(
        posts=["chat"], stages=["newcomer"], needed={"competency": "problem_solving", "points": 5},
        scored={"exam": "mine/exam", "below": 60}, moved={"of": "stage", "days": 3}, often="occasion",
    )  # fmt: skip
    ruled(tmp_path, rule)

    def n_queries() -> int:
        with CaptureQueriesContext(connection) as told:
            learning.preview_rule(user=people.User.objects.get(pk=manager.pk), key=KEY)
        return len(told)

    def needy(name: str) -> None:
        record.raise_need(actor=None, employee=hired(name, 3), subject="problem_solving", reason=Reason("x"))

    needy("first")
    n_queries()
    few = n_queries()
    for number in range(12):
        needy(f"p{number}")
    assert n_queries() <= few
