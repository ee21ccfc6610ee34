"""Two who act on one exam at once, each over a connection of its own: tried on PostgreSQL, where both may write."""

from __future__ import annotations

from decimal import Decimal as D
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from peilian.apps.base.api import guard
from peilian.apps.learning import api as learning
from peilian.apps.learning.statistics.calibrating import calibrate_in_background
from peilian.apps.people.api import Employee
from peilian.apps.practice import api as practice
from support.answers import many_answers
from support.beside import Beside, on_postgresql
from support.builders import an_employee
from support.company import a_login
from support.exam_drills import BothClocks, a_drill_sitting, calls
from support.exams import BANK, ExamClock, a_bank, a_short, a_sitting, an_exam, answers, begun, fresh
from support.practice import a_trainee

pytestmark = [pytest.mark.django_db(transaction=True), on_postgresql]


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch, timezone.now())


def test_two_tabs_that_answer_one_question_at_once_overwrite_nothing(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    with transaction.atomic():
        answers(user, attempt, 1, {"chosen": ["a"]})
        second = Beside(lambda: answers(user, attempt, 1, {"chosen": ["b"]}))
        second.start()
        assert second.is_waiting()
    late = second.ended()
    assert late.error is None
    assert late.result.fault.key == "learning.answered_elsewhere"
    assert fresh(attempt).answers["1"]["answer"] == {"chosen": ["a"]}


def test_an_answer_and_handing_in_at_once_are_one_after_the_other(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    with transaction.atomic():
        answers(user, attempt, 1, {"chosen": ["b"]})
        second = Beside(lambda: learning.hand_in(user=user, attempt_id=attempt.pk))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    assert fresh(attempt).points == 2, "what was graded before the lock was not what stood, so it was graded again"


def test_two_markers_at_once_make_two_marks_and_one_decision(tmp_path, time):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}], markers=2)
    user, attempt = begun(a_sitting(tmp_path, exam, a_bank(a_short())))
    answers(user, attempt, 1, {"text": "抱歉"})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    response = attempt.responses.get()
    one, two = (a_login(name, "training_manager", employee=an_employee(name)) for name in ("one", "two"))
    with transaction.atomic():
        learning.mark(actor=one, response_id=response.pk, points="3")
        second = Beside(lambda: learning.mark(actor=two, response_id=response.pk, points="3.5"))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    assert second.result.is_settled
    assert (fresh(attempt).points, response.marks.count()) == (D("3.25"), 2)


def test_a_double_click_on_opening_opens_one(tmp_path, time):
    before = a_sitting(tmp_path)
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    lin = an_employee("lin")
    what = learning.NewSitting(exam=before.exam, batch=uuid4())
    opened = lambda: learning.open_sitting(actor=boss, what=what, employees=[lin])  # noqa: E731
    with transaction.atomic():
        first = opened()
        second = Beside(opened)
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    assert second.result.pk == first.pk


def test_taking_the_guard_of_one_ledger_away_leaves_those_of_the_others(tmp_path, time):
    _, attempt = begun(a_sitting(tmp_path))
    guard.remove(connection, ("learning_mark",))
    try:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM learning_attemptevent")
    finally:
        guard.install(connection, ("learning_mark",))
    assert attempt.events.count() == 1


def test_two_pages_that_begin_the_drill_of_a_question_at_once_begin_one(tmp_path, monkeypatch):
    BothClocks(monkeypatch, timezone.now())
    user, attempt = begun(a_drill_sitting(tmp_path))
    with transaction.atomic():
        first = calls(user, attempt)
        second = Beside(lambda: calls(user, attempt))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    assert second.result.pk == first.pk
    assert practice.DrillRun.objects.count() == 1


def test_a_drill_that_begins_while_the_exam_is_handed_in_is_ended_with_it_or_never_begins(tmp_path, monkeypatch):
    BothClocks(monkeypatch, timezone.now())
    user, attempt = begun(a_drill_sitting(tmp_path))
    with transaction.atomic():
        run = calls(user, attempt)
        second = Beside(lambda: learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    run.refresh_from_db()
    assert run.is_over
    assert fresh(attempt).responses.get(number=2).chosen["run"] == str(run.pk)


def test_who_begins_while_an_exam_is_graded_anew_waits_in_no_circle(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(attempts=2))
    user, attempt = begun(sitting)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    item = fresh(attempt).paper[0]["item"]
    with transaction.atomic():
        Employee.objects.select_for_update(no_key=True).get(pk=user.employee_id)  # as whoever begins does first
        second = Beside(
            lambda: learning.regrade(actor=boss, sitting_id=sitting.pk, item=item, how="taken_out", reason="超纲")
        )
        second.start()
        assert second.is_waiting()
        _, again = begun(sitting, user)
    assert second.ended().error is None
    assert again.number == 2
    assert fresh(attempt).of == 4


def test_two_exams_of_the_same_people_are_graded_anew_at_once(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(drawn=[{"count": 6}]))
    what = learning.NewSitting(exam="mine/exam", is_for_all=True)
    other = learning.open_sitting(actor=None, what=what)
    first, last = sorted((a_trainee(), a_trainee()), key=lambda one: one.employee_id)
    attempts = {}
    for one, users in ((sitting, (first, last)), (other, (last, first))):
        for user in users:
            attempts[one.pk, user.pk] = begun(one, user)[1]
            learning.hand_in(user=user, attempt_id=attempts[one.pk, user.pk].pk)
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    item = fresh(attempts[other.pk, last.pk]).paper[0]["item"]
    with transaction.atomic():
        Employee.objects.select_for_update(no_key=True).get(pk=first.employee_id)
        second = Beside(
            lambda: learning.regrade(actor=boss, sitting_id=other.pk, item=item, how="taken_out", reason="超纲")
        )
        second.start()
        assert second.is_waiting()
        Employee.objects.select_for_update(no_key=True, nowait=True).get(pk=last.employee_id)
    assert second.ended().error is None


def test_two_who_calibrate_a_bank_at_once_propose_one_after_the_other(tmp_path, time):
    many_answers(tmp_path)
    context = SimpleNamespace(
        parameters={"bank": BANK, "model": "rasch"},
        progress=lambda *_: None,
        stop_if_cancelled=lambda: None,
        actor=None,
    )
    with transaction.atomic():
        calibrate_in_background(context)
        second = Beside(lambda: calibrate_in_background(context))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    assert sorted(learning.ItemCalibration.objects.values_list("number", flat=True)) == [1, 2]
    assert second.result["number"] == 2


def test_two_tabs_of_a_guest_that_score_the_last_two_at_once_keep_both_sheets(tmp_path, time):
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    judge = a_login("judge", "judge", employee=an_employee("judge"))
    what = learning.NewPanel(
        title="实操", kind="role_play", story="客户很急。", form="complaint-panel", starts_at=time.at,
        examiners=[judge], guests=["王女士"],
    )  # fmt: skip
    people = [a_trainee().employee, a_trainee().employee]
    found = learning.open_panel(actor=boss, what=what, employees=people)
    token = next(iter(found.links.values()))
    one, two = found.panel.candidates.order_by("pk")
    points = dict.fromkeys(("resolution", "soothing", "expression", "rules"), "5")
    give = lambda whom: learning.give_sheet(  # noqa: E731
        examiner=learning.guest_of(token), candidate_id=whom.pk, points=points
    )
    with transaction.atomic():
        give(one)
        second = Beside(lambda: give(two))
        second.start()
        assert second.is_waiting()
    assert second.ended().error is None
    guest = learning.guest_of(token)
    assert [sheet.points.keys() for _whom, sheet in learning.candidates_for(guest)] == [points.keys()] * 2
