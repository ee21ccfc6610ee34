"""Running exams: who is where, more people, make-ups, what opening one would mean, double clicks."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exam_drills import a_drill_item
from support.exams import ExamClock, a_bank, a_short, a_sitting, an_exam, an_item, answers, begun
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
RIGHT = {"chosen": ["b"]}
S = learning.TakerState


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch, timezone.now())  # tasks have their deadline by the real clock


@pytest.fixture
def boss(db):
    return a_login("boss", "training_manager", employee=an_employee("boss"))


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


def opened(folder, boss, *takers, exam=None, bank=None, **more):
    installed(folder, bank or a_bank(), exam or an_exam())
    what = learning.NewSitting(exam="mine/exam", **more)
    return learning.open_sitting(actor=boss, what=what, employees=[one.employee for one in takers])


def states(boss, sitting):
    found = learning.occasion(user=boss, sitting_id=sitting.pk)
    return {one.employee.pk: one.state for one in found.takers}


def taken(user, sitting, right):
    _, attempt = begun(sitting, user)
    for number in range(1, right + 1):
        answers(user, attempt, number, RIGHT)
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def test_everybody_stands_somewhere(tmp_path, time, boss):
    away, there, good, bad = (a_trainee() for _ in range(4))
    sitting = opened(tmp_path, boss, away, there, good, bad, closes_at=time.at + timedelta(hours=2))
    begun(sitting, there)
    taken(good, sitting, 3)
    taken(bad, sitting, 0)
    pks = [one.employee.pk for one in (away, there, good, bad)]
    assert [states(boss, sitting)[pk] for pk in pks] == [S.NOT_BEGUN, S.RUNNING, S.PASSED, S.FAILED]
    (listed,) = learning.occasions(user=boss, sittings=[sitting])
    assert listed.counts == {S.NOT_BEGUN: 1, S.RUNNING: 1, S.PASSED: 1, S.FAILED: 1}
    time.pass_(hours=3)
    assert [states(boss, sitting)[pk] for pk in pks[:2]] == [S.MISSED, S.TO_MARK]


def test_the_attempt_that_counts_is_shown_not_the_last(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user)
    first = taken(user, sitting, 3)
    taken(user, sitting, 0)
    (taker,) = learning.occasion(user=boss, sitting_id=sitting.pk).takers
    assert (taker.attempt.pk, taker.state, taker.n_attempts) == (first.pk, S.PASSED, 2)


def test_an_answer_that_waits_for_marks_is_counted_with_those_half_done(tmp_path, time, boss):
    user = a_trainee()
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}], markers=2)
    sitting = opened(tmp_path, boss, user, exam=exam, bank=a_bank(a_short()))
    _, attempt = begun(sitting, user)
    answers(user, attempt, 1, {"text": "抱歉"})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    found = learning.occasion(user=boss, sitting_id=sitting.pk)
    assert (found.takers[0].state, found.n_waiting, found.n_halfway) == (S.TO_MARK, 1, 0)
    response = attempt.responses.get()
    learning.mark(actor=boss, response_id=response.pk, points="3")
    assert learning.occasion(user=boss, sitting_id=sitting.pk).n_halfway == 1
    assert learning.waiting_halfway(user=boss, sitting_id=sitting.pk) == [response.pk]


def test_minutes_attempts_and_a_word_stand_in_the_place_of_the_paper_s(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user, minutes=5, attempts=1, note="带好耳机")
    _, attempt = begun(sitting, user)
    assert attempt.ends_at - attempt.started_at == timedelta(minutes=5)
    (task,) = record.Assignment.objects.filter(target=str(sitting.pk))
    assert (sitting.attempts_allowed, task.attempts_allowed, task.note) == (1, 1, "带好耳机")


@pytest.mark.parametrize("more", [{"minutes": 0}, {"minutes": 601}, {"attempts": 0}, {"attempts": 21}])
def test_bounds_are_kept(tmp_path, time, boss, more):
    assert refused(lambda: opened(tmp_path, boss, a_trainee(), **more)).endswith("_bounds")
    assert not learning.Sitting.objects.exists()


def test_a_second_click_opens_nothing_more(tmp_path, time, boss):
    user, batch = a_trainee(), uuid4()
    first = opened(tmp_path, boss, user, batch=batch)
    what = learning.NewSitting(exam="mine/exam", batch=batch)
    again = learning.open_sitting(actor=boss, what=what, employees=[user.employee])
    assert (again.pk, learning.Sitting.objects.count()) == (first.pk, 1)
    other = a_login("other", "training_manager", employee=an_employee("other"))
    with pytest.raises(NotVisibleError):
        learning.open_sitting(actor=other, what=what, employees=[user.employee])


def test_more_people_are_assigned_once_and_nobody_after_it_closed(tmp_path, time, boss):
    first, second = a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, first, closes_at=time.at + timedelta(hours=1))
    people = [first.employee, second.employee]
    rows = learning.add_people(actor=boss, sitting_id=sitting.pk, employees=people)
    assert [row.employee_id for row in rows] == [second.employee_id]
    assert learning.add_people(actor=boss, sitting_id=sitting.pk, employees=people) == []
    time.pass_(hours=2)
    late = lambda: learning.add_people(actor=boss, sitting_id=sitting.pk, employees=[a_trainee().employee])  # noqa: E731
    assert refused(late) == "learning.sitting_over"


def test_a_make_up_is_for_who_missed_or_failed_for_good(tmp_path, time, boss):
    missed, passed, failed = a_trainee(), a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, missed, passed, failed, attempts=1, closes_at=time.at + timedelta(hours=1))
    taken(passed, sitting, 3)
    taken(failed, sitting, 0)
    time.pass_(hours=2)
    batch = uuid4()
    make_up = lambda: learning.open_make_up(  # noqa: E731
        actor=boss, sitting_id=sitting.pk, closes_at=None, batch=batch
    )
    again = make_up()
    assert make_up().pk == again.pk
    assert again.makes_up_for_id == sitting.pk
    assert set(states(boss, again)) == {missed.employee_id, failed.employee_id}


def test_where_nobody_missed_or_failed_there_is_no_make_up(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user)
    taken(user, sitting, 3)
    make_up = lambda: learning.open_make_up(actor=boss, sitting_id=sitting.pk, closes_at=None)  # noqa: E731
    assert refused(make_up) == "learning.nobody_to_make_up"


def test_before_it_is_opened_is_told_for_whom_there_are_too_few_markers_and_who_reads_banks(tmp_path, time):
    unit = a_unit()
    user = a_trainee(unit=unit)
    mentor = a_login("mentor", "mentor", employee=an_employee("mentor", unit=unit))
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}, {"item": "mine/bank#q1"}], markers=2)
    installed(tmp_path, a_bank(a_short(), an_item("q1")), exam)
    people = [user.employee, mentor.employee, lead.employee]
    found = learning.outlook(user=lead, exam="mine/exam", employees=people)
    assert found.unmarked == {user.employee: 1, mentor.employee: 1, lead.employee: 0}
    assert set(found.knowing) == {mentor.employee, lead.employee}
    a_login("inspector", "quality_inspector", unit=unit, employee=an_employee("inspector", unit=unit))
    assert learning.outlook(user=lead, exam="mine/exam", employees=[user.employee]).unmarked == {}


def test_before_an_adaptive_exam_is_opened_is_told_what_of_its_bank_it_never_asks(tmp_path, time, boss):
    bank = a_bank(a_drill_item(), a_short(), an_item("q1"))
    installed(tmp_path, bank, an_exam(adaptive={"bank": "mine/bank"}, drawn=[]))
    taker = a_trainee().employee
    assert learning.outlook(user=boss, exam="mine/exam", employees=[taker]).n_never_asked == 2


def test_a_leader_sees_of_an_exam_only_the_own_people_and_another_leader_nothing(tmp_path, time, boss):
    unit = a_unit()
    mine, other = a_trainee(unit=unit), a_trainee()
    sitting = opened(tmp_path, boss, mine, other)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    assert set(states(lead, sitting)) == {mine.employee_id}
    stranger = a_login("stranger", "supervisor", unit=a_unit())
    for user in (stranger, mine):
        with pytest.raises(NotVisibleError):
            learning.occasion(user=user, sitting_id=sitting.pk)
    with pytest.raises(NotVisibleError):
        learning.add_people(actor=stranger, sitting_id=sitting.pk, employees=[a_trainee().employee])


def test_an_exam_for_everybody_is_run_by_whoever_leads_and_shows_who_took_it(tmp_path, time):
    unit = a_unit()
    user = a_trainee(unit=unit)
    sitting = a_sitting(tmp_path)
    begun(sitting, user)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    assert states(lead, sitting) == {user.employee_id: S.RUNNING}


def test_a_second_make_up_leaves_out_who_passed_the_first_and_who_has_left(tmp_path, time, boss):
    passes, fails, leaves = a_trainee(), a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, passes, fails, leaves, attempts=1, closes_at=time.at + timedelta(hours=1))
    time.pass_(hours=2)
    first = learning.open_make_up(actor=boss, sitting_id=sitting.pk, closes_at=None)
    taken(passes, first, 3)
    taken(fails, first, 0)
    gone = leaves.employee
    people.change_employee(
        actor=None, employee=gone, name=gone.name, hired_on=gone.hired_on, left_on=time.at.date() - timedelta(days=1)
    )  # fmt: skip
    second = learning.open_make_up(actor=boss, sitting_id=sitting.pk, closes_at=None)
    assert set(states(boss, second)) == {fails.employee_id}
