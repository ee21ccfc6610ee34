"""The daily round: what is asked, how answers come back, five minutes, and what a week of it shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext

from peilian.apps.learning import api as learning
from peilian.apps.learning import clock
from peilian.apps.learning.rounds import witnessing
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import RIGHT, WRONG, a_lesson, learns, taught
from support.exams import BANK, ExamClock, a_bank, a_short, a_sitting, an_exam, an_item, begun
from support.exams import answers as answers_exam
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, MORNING)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def learnt(tmp_path, time, lin) -> people.User:
    """Somebody who has learnt a lesson of two questions."""
    taught(tmp_path, a_lesson())
    learns(lin)
    return lin


def asked(user) -> learning.RoundView:
    view = learning.ask_next(user=user)
    assert view is not None
    return view


def items(view) -> list[str]:
    return [one.asked.question.item.partition("#")[2] for one in view.cards]


def answers(user, answer: Any = RIGHT) -> learning.RoundView:
    view = asked(user)
    assert view.next is not None
    return learning.answer_card(user=user, round_id=view.round.pk, number=view.next.number, answer=answer)


def finishes(user, answer: Any = RIGHT) -> learning.RoundView:
    view = asked(user)
    while view.next is not None:
        answers(user, answer)
        view = asked(user)
    return view


def sits(tmp_path, user, *, n: int = 6, wrong: int = 6, reveals: str = "key", attempts: int = 1) -> learning.Attempt:
    """An exam of which the first questions are answered wrong, handed in."""
    bank = a_bank(*(an_item(f"q{number}") for number in range(1, n + 1)))
    paper = an_exam(drawn=[{"count": n}], reveals=reveals, attempts=attempts)
    _, attempt = begun(a_sitting(tmp_path, paper, bank), user)
    for number in range(1, n + 1):
        answers_exam(user, attempt, number, WRONG if number <= wrong else RIGHT)
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def a_lead_of(user) -> tuple[people.User, people.Employee]:
    """Who leads the team of somebody, and a colleague there."""
    unit = people.Unit.objects.get(memberships__employee=user.employee)
    colleague = an_employee("wang", unit=unit)
    return a_login("lead", "supervisor", unit=unit), colleague


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_nothing_missed_and_nothing_learnt_is_no_round(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson())
    assert learning.daily_round(user=lin) is None
    assert learning.round_waiting(user=lin) == learning.RoundWaits(0)
    assert not learning.DailyRound.objects.exists()


def test_questions_of_a_lesson_come_once_it_is_learnt_and_counting_them_begins_nothing(learnt) -> None:
    assert learning.round_waiting(user=learnt) == learning.RoundWaits(2)
    assert not learning.DailyRound.objects.exists()
    view = asked(learnt)
    assert sorted(items(view)) == ["q1", "q2"]
    assert {one.origin for one in view.cards} == {"lesson"}
    assert learning.round_waiting(user=learnt) == learning.RoundWaits(2, is_begun=True)


def test_a_completion_that_was_withdrawn_brings_no_questions(learnt) -> None:
    row = learning.Completion.objects.get()
    learning.withdraw_completion(actor=None, completion=row, note="记错了")
    assert learning.daily_round(user=learnt) is None


def test_what_was_missed_in_an_exam_is_asked_and_what_was_right_is_not(tmp_path, time, lin) -> None:
    attempt = sits(tmp_path, lin, wrong=2)
    missed = {row.item for row in attempt.responses.all() if row.points == 0}
    view = asked(lin)
    assert {one.asked.question.item for one in view.cards} == missed
    assert {one.origin for one in view.cards} == {"exam"}


def test_a_question_that_was_right_in_a_later_exam_is_not_new(tmp_path, time, lin) -> None:
    sits(tmp_path, lin, wrong=6)
    time.pass_(days=1)
    sits(tmp_path, lin, wrong=0)
    assert learning.daily_round(user=lin) is None


def test_exams_are_not_asked_about_again_whose_missed_questions_came_back_long_ago(tmp_path, time, lin) -> None:
    def asked_for() -> int:
        with CaptureQueriesContext(connection) as found:
            learning.round_waiting(user=lin)
        return len(found)

    sits(tmp_path, lin, n=3, wrong=3)
    before = asked_for()
    finishes(lin)
    for _ in range(3):
        time.pass_(days=10)
        sits(tmp_path, lin, n=3, wrong=3)
    assert asked_for() <= before


def test_at_most_three_new_questions_come_on_a_day(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    assert len(asked(lin).cards) == 3
    finishes(lin)
    waits = learning.round_waiting(user=lin)
    assert (waits.n, waits.is_begun) == (0, True)
    assert waits.next_on is not None
    assert waits.next_on > MORNING.date()
    time.pass_(days=1)
    assert 3 <= len(asked(lin).cards) <= 6


@pytest.mark.parametrize("reveals", ["nothing", "points"])
def test_an_exam_that_keeps_its_key_brings_no_questions(tmp_path, time, lin, reveals) -> None:
    sits(tmp_path, lin, reveals=reveals)
    assert learning.daily_round(user=lin) is None


def test_as_long_as_the_key_could_help_in_another_attempt_nothing_is_asked(tmp_path, time, lin) -> None:
    sits(tmp_path, lin, attempts=2)
    assert learning.daily_round(user=lin) is None


def test_a_question_that_people_mark_is_not_asked(tmp_path, time, lin) -> None:
    bank = a_bank(an_item("q1"), a_short("q2", open=True))
    installed(tmp_path, bank, a_lesson())
    learning.lesson_of(user=lin, key="mine/first")
    for number, answer in ((1, RIGHT), (2, {"text": "抱歉，给您补发"})):
        learning.answer_check_item(user=lin, lesson="mine/first", number=number, answer=answer, client_id=uuid4())
    assert items(asked(lin)) == ["q1"]


def test_what_stands_in_an_exam_that_goes_on_is_neither_asked_nor_shown(tmp_path, time, learnt) -> None:
    answers(learnt)
    view = asked(learnt)
    sitting = a_sitting(tmp_path / "more", an_exam(drawn=[{"count": 6}]), a_bank())
    _, attempt = begun(sitting, learnt)
    during = learning.daily_round(user=learnt)
    assert during.next is None
    assert all(one.is_barred for one in during.cards)
    with pytest.raises(InputError, match="in_an_exam"):
        learning.answer_card(user=learnt, round_id=view.round.pk, number=view.next.number, answer=RIGHT)
    learning.hand_in(user=learnt, attempt_id=attempt.pk)
    assert asked(learnt).next.number == view.next.number
    assert finishes(learnt).next is None


def test_a_question_that_was_passed_over_during_an_exam_is_answered_after_the_others(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    first = asked(lin).next.asked.question.item.partition("#")[2]
    exam = an_exam(fixed=[{"item": f"{BANK}#{first}"}], drawn=[])
    _, attempt = begun(a_sitting(tmp_path / "more", exam, a_bank(*(an_item(f"q{n}") for n in range(1, 7)))), lin)
    assert asked(lin).next.number == 2
    answers(lin)
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    assert asked(lin).next.number == 1
    answers(lin)
    assert learning.CardAnswer.objects.count() == 2


def test_of_an_exam_that_the_clock_ended_nothing_is_asked_while_more_time_may_be_given(tmp_path, time, learnt) -> None:
    exam = an_exam(drawn=[{"count": 6}], minutes=10)
    begun(a_sitting(tmp_path / "more", exam, a_bank()), learnt)
    time.pass_(minutes=60)
    learning.close_due()
    assert learning.daily_round(user=learnt) is None
    time.pass_(days=2)
    assert len(asked(learnt).cards) >= 2


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_graded_at_once_and_says_when_it_is_met_again(learnt, time) -> None:
    asked(learnt)
    time.pass_(seconds=12)
    view = answers(learnt, WRONG)
    (row,) = learning.CardAnswer.objects.all()
    assert (row.points, row.of, row.seconds, row.rating, row.before) == (D(0), D(2), 12.0, "again", None)
    assert row.due_at > time.at
    card = learning.Card.objects.get()
    assert (card.state, card.due_at) == (row.after, row.due_at)
    assert view.cards[0].answer == row


def test_what_was_forgotten_comes_back_sooner_and_its_old_state_is_kept(learnt, time) -> None:
    answers(learnt, WRONG)
    answers(learnt, RIGHT)
    first, second = learning.CardAnswer.objects.all()
    assert first.due_at < second.due_at
    time.at = first.due_at - timedelta(hours=5)  # an earlier hour of the same day
    view = asked(learnt)
    assert [one.origin for one in view.cards] == ["again"]
    answers(learnt)
    third = learning.CardAnswer.objects.get(round=view.round)
    assert third.card == first.card
    assert third.before == first.after


def test_the_first_answer_stands_however_often_it_is_sent(learnt) -> None:
    view = asked(learnt)
    for answer in (WRONG, RIGHT, None):
        learning.answer_card(user=learnt, round_id=view.round.pk, number=1, answer=answer)
    assert learning.CardAnswer.objects.get().points == 0


@pytest.mark.parametrize(
    ("number", "answer", "key"),
    [(1, None, "nothing_answered"), (1, {"chosen": ["z"]}, "no_answer"), (2, RIGHT, "not_asked"),
     (3, RIGHT, "no_such_question"), (0, RIGHT, "no_such_question")],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_asked_is_refused_and_not_kept(learnt, number, answer, key) -> None:
    view = asked(learnt)
    with pytest.raises(InputError, match=key):
        learning.answer_card(user=learnt, round_id=view.round.pk, number=number, answer=answer)
    assert not learning.CardAnswer.objects.exists()
    assert not learning.Card.objects.exists()


def test_a_question_of_yesterday_is_not_answered_today(learnt, time) -> None:
    view = asked(learnt)
    time.pass_(days=1)
    with pytest.raises(InputError, match="of_another_day"):
        learning.answer_card(user=learnt, round_id=view.round.pk, number=1, answer=RIGHT)


def test_midnight_takes_no_answer_away(learnt, time) -> None:
    time.at = MORNING.replace(hour=23, minute=58)
    view = asked(learnt)
    time.pass_(minutes=5)
    learning.answer_card(user=learnt, round_id=view.round.pk, number=1, answer=RIGHT)
    assert learning.CardAnswer.objects.count() == 1
    with pytest.raises(InputError, match="of_another_day"):
        learning.answer_card(user=learnt, round_id=view.round.pk, number=2, answer=RIGHT)


def test_a_round_of_somebody_else_is_not_there(learnt) -> None:
    view = asked(learnt)
    with pytest.raises(people.NotVisibleError):
        learning.answer_card(user=a_trainee(), round_id=view.round.pk, number=1, answer=RIGHT)


def test_who_is_no_employee_has_no_round(db) -> None:
    boss = a_login("boss", "agent")
    for ask in (learning.daily_round, learning.ask_next, learning.round_waiting):
        with pytest.raises(people.NotVisibleError):
            ask(user=boss)


# -- how long it takes ------------------------------------------------------------------------------------------------


def test_a_round_ends_after_five_minutes_of_answering_and_what_is_left_is_no_debt(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    for _ in range(2):
        asked(lin)
        time.pass_(minutes=30)  # called away: two minutes of it count
        assert not answers(lin).is_time_up
    asked(lin)
    time.pass_(seconds=60)
    answers(lin)
    assert learning.daily_round(user=lin).next is None
    time.pass_(days=9)
    assert len(asked(lin).cards) <= 10


def test_time_up_leaves_the_rest_for_another_day(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    finishes(lin)
    time.pass_(days=1)
    sent = 0
    while asked(lin).next is not None and sent < 3:
        time.pass_(minutes=2)
        answers(lin, WRONG)
        sent += 1
    view = learning.daily_round(user=lin)
    assert view.is_time_up == (len(view.cards) > 3)
    assert view.next is None


def test_the_clock_of_a_question_runs_from_when_it_was_first_shown(learnt, time) -> None:
    asked(learnt)
    time.pass_(seconds=20)
    asked(learnt)  # the page is opened once more
    time.pass_(seconds=10)
    answers(learnt)
    assert learning.CardAnswer.objects.get().seconds == 30


def test_rounds_follow_each_other_over_a_weekend_and_begin_anew_after_a_long_break(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    assert answers(lin).in_a_row == 1
    time.pass_(days=3)
    assert answers(lin).in_a_row == 2
    time.pass_(days=4)
    assert asked(lin).in_a_row == 0
    assert answers(lin).in_a_row == 1


# -- what it shows ----------------------------------------------------------------------------------------------------


def test_a_week_of_rounds_is_one_piece_of_evidence_with_little_weight(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    before = record.evidence_of(user=lin, employee=lin.employee).count()
    answers(lin, WRONG)
    finishes(lin)
    time.pass_(days=6)
    assert learning.witness_rounds_due() == 0
    time.pass_(days=1)
    assert learning.witness_rounds_due() == 1
    assert learning.witness_rounds_due() == 0
    rows = record.evidence_of(user=lin, employee=lin.employee).filter(source_kind="learning.round")
    (piece,) = rows
    assert record.evidence_of(user=lin, employee=lin.employee).count() == before + 1
    assert (piece.competency, piece.n, piece.score) == ("problem_solving", 3, pytest.approx(2 / 3))
    assert piece.weight == 0.2


def test_two_answers_of_a_week_show_nothing(learnt, time) -> None:
    finishes(learnt)
    time.pass_(days=7)
    assert learning.witness_rounds_due() == 1
    rows = record.evidence_of(user=learnt, employee=learnt.employee)
    assert not rows.filter(source_kind="learning.round").exists()


def test_a_week_that_cannot_be_counted_keeps_no_other_back(learnt, time, monkeypatch) -> None:
    finishes(learnt)
    time.pass_(days=7)
    monkeypatch.setattr(witnessing, "questions_of", lambda paper: 1 / 0)
    assert learning.witness_rounds_due() == 0
    monkeypatch.undo()
    monkeypatch.setattr(clock, "now", lambda: MORNING + timedelta(days=7))
    assert learning.witness_rounds_due() == 1


# -- who takes part ---------------------------------------------------------------------------------------------------


def test_who_leads_sees_who_did_a_round_this_week_and_no_more(learnt, time) -> None:
    lead, wang = a_lead_of(learnt)
    assert learning.round_participation(user=lead).took_part == ()
    asked(learnt)  # looking at a question is no round
    assert learning.round_participation(user=lead).took_part == ()
    answers(learnt, WRONG)
    time.pass_(days=1)
    answers(learnt, RIGHT)
    found = learning.round_participation(user=lead)
    assert (found.since, found.n_people) == (MORNING.date(), 2)
    assert found.took_part == (learning.TookPart(learnt.employee, 2),)
    assert [week.n_days for week in learning.round_weeks(user=lead, employee=learnt.employee)] == [2, 0, 0, 0]
    time.pass_(days=6)
    assert learning.round_participation(user=lead).took_part == ()
    assert [week.n_days for week in learning.round_weeks(user=lead, employee=learnt.employee)] == [0, 2, 0, 0]
    assert [week.n_days for week in learning.round_weeks(user=lead, employee=wang)] == [0] * 4


def test_who_takes_part_is_told_to_nobody_who_does_not_lead(learnt) -> None:
    lead, wang = a_lead_of(learnt)
    elsewhere = a_trainee(unit=a_unit("二组")).employee
    with pytest.raises(people.NotVisibleError):
        learning.round_participation(user=learnt)
    with pytest.raises(people.NotVisibleError):
        learning.round_weeks(user=learnt, employee=wang)
    with pytest.raises(people.NotVisibleError):
        learning.round_weeks(user=lead, employee=elsewhere)
    with pytest.raises(people.NotVisibleError):
        learning.round_participation(user=lead, unit=people.Unit.objects.get(memberships__employee=elsewhere))


def test_the_database_refuses_to_change_an_answer(learnt) -> None:
    answers(learnt)
    with pytest.raises(TypeError):
        learning.CardAnswer.objects.update(rating="easy")
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE learning_cardanswer SET rating = 'easy'")


# -- what it leaves ---------------------------------------------------------------------------------------------------


def test_a_week_of_rounds_is_looked_at_by_its_person_alone(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    answers(lin, WRONG)
    finishes(lin)
    monday = time.at.date()
    (view,) = learning.week_of_rounds(user=lin, monday=monday)
    assert len(view.answered) == 3
    lead, _person = a_lead_of(lin)
    for user, day in (
        (lead, monday), (a_trainee(), monday), (lin, monday + timedelta(days=7)), (lin, monday + timedelta(days=1))
    ):  # fmt: skip
        with pytest.raises(people.NotVisibleError):
            learning.week_of_rounds(user=user, monday=day)


def test_the_archive_has_a_line_for_each_week_of_rounds_and_tells_others_no_points(tmp_path, time, lin) -> None:
    sits(tmp_path, lin)
    answers(lin, WRONG)
    finishes(lin)
    time.pass_(days=7)
    finishes(lin)
    lead, _person = a_lead_of(lin)

    def lines(user) -> list[learning.ArchiveEntry]:
        return list(learning.archive_of(user=user, employee=lin.employee, kind="round").entries)

    newer, older = lines(lin)
    assert older.label is not None
    assert older.label.params == {"day": "2026-03-02", "rounds": 1, "questions": 3}
    assert older.percent == D("66.67")
    assert newer.at > older.at
    assert older.source == "2026-03-02"
    for line in lines(lead):
        assert line.percent is None
        assert not line.source


def test_lessons_behind_evidence_are_found_and_ids_of_nothing_left_out(learnt) -> None:
    round_id = str(learning.LessonRound.objects.get().pk)
    assert learning.lessons_behind([round_id, str(uuid4()), "2026-01"]) == {round_id: "mine/first"}
    assert learning.lessons_behind([]) == {}
