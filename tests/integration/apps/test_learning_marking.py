"""Marking by people: parts of a case, marks that are let stand, what is kept beside what was proposed."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from django.db import DatabaseError, connection, transaction

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_bank, a_short, a_sitting, an_exam, an_item, answers, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
TRUTH = {"type": "truth", "stem": {"zh": "先道歉。"}, "explanation": {"zh": "是"}, "is_true": True, "points": "1"}


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch)


def a_judge(name, role="training_manager", **more):
    return a_login(name, role, employee=an_employee(name, **more), **({"unit": more["unit"]} if more else {}))


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


def a_case_answered(folder, markers=1):
    """A case of a closed part (1 point, right) and two open ones (4 points each), of which one is answered."""
    case = {
        "type": "case", "id": "case", "stem": {"zh": "王女士的包裹没有动。"}, "explanation": {"zh": "先安抚"},
        "items": [{**TRUTH, "id": "t"}, a_short("first"), a_short("second")],
    }  # fmt: skip
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#case"}], markers=markers)
    user, attempt = begun(a_sitting(folder, exam, a_bank(case)))
    answers(user, attempt, 1, {"items": {"t": {"chosen": ["true"]}, "first": {"text": "先说抱歉"}}})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    return user, attempt, attempt.responses.get()


def test_of_a_case_people_decide_only_the_open_parts_that_were_answered(tmp_path, time):
    _, _attempt, _response = a_case_answered(tmp_path)
    shown = learning.one_to_mark(user=a_judge("judge"))
    assert [(part.name, part.proposed, part.of) for part in shown.open.parts] == [("first", 2, 4)]
    assert shown.open.fixed == 1


def test_closed_parts_of_a_case_keep_their_points_when_the_open_ones_are_marked(tmp_path, time):
    _, attempt, response = a_case_answered(tmp_path)
    learning.mark(actor=a_judge("judge"), response_id=response.pk, points={"first": "3.5"})
    response.refresh_from_db()
    assert (response.points, response.proposed, response.decided) == (D("4.5"), 3, {"first": "3.5"})
    assert fresh(attempt).points == D("4.5")


@pytest.mark.parametrize("points", ["4", {}, {"t": "1"}, {"first": "1", "second": "1"}, {"first": "5"}])
def test_points_for_other_parts_than_the_open_ones_are_refused(tmp_path, time, points):
    _, _attempt, response = a_case_answered(tmp_path)
    with pytest.raises(InputError):
        learning.mark(actor=a_judge("judge"), response_id=response.pk, points=points)
    assert not response.marks.exists()


def test_how_far_two_are_apart_is_measured_by_the_open_parts_alone(tmp_path, time):
    _, _, response = a_case_answered(tmp_path, markers=2)
    learning.mark(actor=a_judge("first"), response_id=response.pk, points={"first": "2"})
    found = learning.mark(actor=a_judge("second"), response_id=response.pk, points={"first": "3"})
    assert not found.is_settled, "a quarter of four points, though a ninth of the whole case"


def an_open_answer(folder, markers=2, user=None):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}], markers=markers)
    user, attempt = begun(a_sitting(folder, exam, a_bank(a_short(), an_item("q1"))), user)
    answers(user, attempt, 1, {"text": "先说抱歉"})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    return user, attempt, attempt.responses.get()


def test_what_was_proposed_stays_beside_what_was_decided(tmp_path, time):
    user, attempt, response = an_open_answer(tmp_path, markers=1)
    parts = response.parts
    learning.mark(actor=a_judge("judge"), response_id=response.pk, points="4", note="说得诚恳")
    found = learning.review_attempt(user=user, attempt_id=attempt.pk).responses[1]
    assert (found.points, found.proposed, found.parts) == (4, 2, parts)


def test_the_next_answer_is_told_without_whose_it_is_or_how_others_marked(tmp_path, time):
    _, _, response = an_open_answer(tmp_path)
    learning.mark(actor=a_judge("first"), response_id=response.pk, points="3")
    second = a_judge("second")
    shown = learning.one_to_mark(user=second)
    assert (shown.response.pk, shown.n_marks, shown.n_waiting) == (response.pk, 1, 1)
    learning.mark(actor=second, response_id=response.pk, points="3")
    assert learning.one_to_mark(user=second) is None
    with pytest.raises(NotVisibleError):
        learning.one_to_mark(user=second, response_id=response.pk)


def test_where_nobody_else_can_mark_who_runs_exams_lets_the_mark_stand_with_a_reason(tmp_path, time):
    _, attempt, response = an_open_answer(tmp_path)
    judge = a_judge("judge")
    settle = lambda reason: learning.settle_marks(actor=judge, response_id=response.pk, reason=reason)  # noqa: E731
    assert refused(lambda: settle("只有我一个人")) == "learning.no_mark_to_settle_by"
    learning.mark(actor=judge, response_id=response.pk, points="3")
    assert refused(lambda: settle(" ")) == "base.empty"
    assert settle("团队里只有我一个人能阅卷").points == 3
    assert fresh(attempt).state == "marked"
    assert [str(one.kind) for one in response.marks.order_by("id")] == ["given", "settled"]
    assert refused(lambda: settle("再来一次")) == "learning.marked_meanwhile"


def test_two_marks_far_apart_may_be_let_stand_as_their_mean(tmp_path, time):
    _, _, response = an_open_answer(tmp_path)
    learning.mark(actor=a_judge("first"), response_id=response.pk, points="0")
    second = a_judge("second")
    learning.mark(actor=second, response_id=response.pk, points="4")
    assert learning.settle_marks(actor=second, response_id=response.pk, reason="没有第三位阅卷人").points == 2


def test_who_judges_without_assigning_settles_nothing_and_another_team_is_out_of_reach(tmp_path, time):
    unit = a_unit()
    _, _, response = an_open_answer(tmp_path, user=a_trainee(unit=unit))
    inspector = a_judge("inspector", "quality_inspector", unit=unit)
    learning.mark(actor=inspector, response_id=response.pk, points="3")
    for actor in (inspector, a_judge("lead", "supervisor", unit=a_unit())):
        with pytest.raises(NotVisibleError):
            learning.settle_marks(actor=actor, response_id=response.pk, reason="没有别人")


# -- what was not reached ---------------------------------------------------------------------------------------------


def test_what_the_clock_kept_a_person_from_is_no_evidence_but_what_was_left_out_is(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path, an_exam(drawn=[{"count": 6}])))
    answers(user, attempt, 2, {"chosen": ["b"]})
    answers(user, attempt, 4, {"chosen": ["b"]})
    time.pass_(minutes=21)
    learning.close_due()
    assert [one.is_reached for one in attempt.responses.order_by("number")] == [True] * 4 + [False] * 2
    (piece,) = record.Evidence.objects.filter(employee=user.employee)
    assert (piece.n, piece.score) == (4, D("0.5"))
    assert fresh(attempt).points == 4, "points are points all the same"


def test_who_hands_in_early_has_reached_everything(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    learning.hand_in(user=user, attempt_id=attempt.pk)
    assert all(one.is_reached for one in attempt.responses.all())


def test_an_attempt_in_which_nothing_was_reached_is_no_evidence(tmp_path, time):
    user, _ = begun(a_sitting(tmp_path))
    time.pass_(minutes=21)
    learning.close_due()
    assert not record.Evidence.objects.filter(employee=user.employee).exists()


# -- who knows the bank -----------------------------------------------------------------------------------------------


def test_an_attempt_of_somebody_who_may_read_banks_says_so(tmp_path, time):
    sitting = a_sitting(tmp_path)
    assert not begun(sitting)[1].may_know_items
    mentor = a_login("mentor", "mentor", employee=an_employee("mentor"))
    assert begun(sitting, mentor)[1].may_know_items


# -- past the models --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["learning_attemptevent", "learning_mark", "learning_completion"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET schema_version = 2"])
def test_the_database_itself_refuses_to_change_what_was_marked_and_what_happened(tmp_path, time, table, statement):
    user, _attempt, response = an_open_answer(tmp_path)
    learning.mark(actor=a_judge("judge"), response_id=response.pk, points="3")
    learning.complete(
        employee=user.employee,
        done=learning.Done("lesson:mine/l", learning.CompletionHow.LEARNT, time.at, "test", "1"),
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
