"""Taking exams: by the server's clock, every acknowledged answer stored, handed in once, nobody else's."""

from __future__ import annotations

import json
from decimal import Decimal as D
from uuid import uuid4

import pytest

from peilian.apps.learning import api as learning
from peilian.apps.learning.exams import attempts
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_bank, a_short, a_sitting, an_exam, an_item, answers, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
RIGHT, WRONG = {"chosen": ["b"]}, {"chosen": ["a"]}


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch)


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


def events(attempt):
    return [(event.seq, str(event.kind)) for event in attempt.events.order_by("seq")]


# -- a paper ----------------------------------------------------------------------------------------------------------


def test_each_person_gets_a_paper_of_its_own_and_the_same_seed_the_same(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(drawn=[{"count": 6}]))
    papers = [begun(sitting, seed=seed)[1].paper for seed in (1, 1, 2)]
    assert papers[0] == papers[1] != papers[2]
    assert sorted(item["item"] for item in papers[2]) == [f"mine/bank#q{n}" for n in range(1, 7)]
    assert all(sorted(item["shown"][""]) == ["a", "b", "c"] for item in papers[0])


def test_a_second_attempt_sets_what_the_person_has_not_met(tmp_path, time):
    sitting = a_sitting(tmp_path)
    user, first = begun(sitting)
    learning.hand_in(user=user, attempt_id=first.pk)
    second = learning.start_attempt(user=user, sitting_id=sitting.pk)
    assert not {item["item"] for item in first.paper} & {item["item"] for item in second.paper}


def test_fixed_items_are_always_set_with_the_points_of_the_paper(tmp_path, time):
    exam = an_exam(fixed=[{"item": "mine/bank#q4", "points": "5"}], drawn=[{"count": 2, "points": "1.5"}])
    _, attempt = begun(a_sitting(tmp_path, exam))
    points = {item["item"]: D(item["points"]) for item in attempt.paper}
    assert points.pop("mine/bank#q4") == 5
    assert list(points.values()) == [D("1.5"), D("1.5")]
    assert attempt.of == 8


def test_a_blueprint_that_the_banks_cannot_fill_is_refused_when_it_is_opened(tmp_path, time):
    assert refused(lambda: a_sitting(tmp_path, an_exam(drawn=[{"count": 7}]))) == "learning.exam_cannot_be_set"


def test_items_that_give_each_other_away_can_never_fill_a_line_together(tmp_path, time):
    bank = a_bank(an_item("q1", group="g"), an_item("q2", group="g"), an_item("q3"))
    assert refused(lambda: a_sitting(tmp_path, an_exam(), bank)) == "learning.exam_cannot_be_set"


def test_what_a_fixed_item_gives_away_is_not_drawn(tmp_path, time):
    bank = a_bank(an_item("q1", group="g"), an_item("q2", group="g"), an_item("q3"))
    exam = an_exam(fixed=[{"item": "mine/bank#q1"}], drawn=[{"count": 1}])
    _, attempt = begun(a_sitting(tmp_path, exam, bank))
    assert {item["item"] for item in attempt.paper} == {"mine/bank#q1", "mine/bank#q3"}


def test_an_exam_is_set_in_a_language_that_all_of_it_is_written_in(tmp_path, time):
    sitting = a_sitting(tmp_path)
    user = a_trainee()
    call = lambda: learning.start_attempt(user=user, sitting_id=sitting.pk, language="en")  # noqa: E731
    assert refused(call) == "learning.not_in_language"


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_stored_before_it_is_acknowledged_and_read_again_elsewhere(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    saved = answers(user, attempt, 2, RIGHT)
    assert (saved.seq, saved.fault) == (2, None)
    room = learning.open_attempt(user=user, attempt_id=attempt.pk)
    assert [asked.answer for asked in room.asked] == [None, RIGHT, None]
    assert events(attempt) == [(1, "start"), (2, "answer")]


def test_what_is_sent_twice_is_stored_once(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    once = uuid4()
    first = answers(user, attempt, 1, RIGHT, client_id=once)
    again = answers(user, attempt, 1, RIGHT, client_id=once)
    assert (again.seq, again.fault) == (first.seq, None)
    assert len(events(attempt)) == 2


def test_a_page_that_does_not_know_the_latest_answer_changes_nothing_and_is_told_it(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    late = answers(user, attempt, 1, WRONG)
    assert (late.fault.key, late.answer, late.seq) == ("learning.answered_elsewhere", RIGHT, 2)
    assert answers(user, attempt, 1, WRONG, known=2).fault is None
    assert fresh(attempt).answers["1"] == {"answer": WRONG, "seq": 3}


@pytest.mark.parametrize("number", [0, 4, -1])
def test_there_is_no_answer_to_what_was_not_asked(tmp_path, time, number):
    user, attempt = begun(a_sitting(tmp_path))
    assert refused(lambda: answers(user, attempt, number, RIGHT)) == "learning.no_such_question"


@pytest.mark.parametrize(
    "answer",
    [
        {"chosen": ["x"]}, {"chosen": "b"}, {"text": "乙"}, {"chosen": [1]}, ["b"], "b", {"points": 100},
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_is_refused_and_nothing_changes(tmp_path, time, answer):
    user, attempt = begun(a_sitting(tmp_path))
    assert refused(lambda: answers(user, attempt, 1, answer)) == "learning.no_answer"
    assert events(attempt) == [(1, "start")]


def test_written_answers_are_bounded_and_cleaned(tmp_path, time):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}])
    user, attempt = begun(a_sitting(tmp_path, exam, a_bank(a_short())))
    assert refused(lambda: answers(user, attempt, 1, {"text": "长" * 3001})) == "learning.answer_too_long"
    answers(user, attempt, 1, {"text": "抱\x00歉\ud800"})
    assert fresh(attempt).answers["1"]["answer"] == {"text": "抱歉"}


def test_the_same_answer_again_is_no_event(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    assert answers(user, attempt, 1, RIGHT, known=2).seq == 2
    assert len(events(attempt)) == 2


def test_what_is_sent_twice_with_what_the_page_knows_by_then_is_stored_once(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    once = uuid4()
    answers(user, attempt, 1, RIGHT, client_id=once)
    assert answers(user, attempt, 1, WRONG, known=2, client_id=once).seq == 2
    assert fresh(attempt).answers["1"]["answer"] == RIGHT


# -- time -------------------------------------------------------------------------------------------------------------


def test_answers_after_time_are_not_taken_and_what_was_answered_before_counts(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    time.pass_(minutes=20, seconds=3)
    assert answers(user, attempt, 2, RIGHT).fault.key == "learning.time_is_up"
    assert learning.close_due() == 1
    found = fresh(attempt)
    assert (found.state, found.points, found.handed_in_at) == ("marked", 2, attempt.ends_at)
    assert learning.close_due() == 0


def test_handing_in_late_is_the_end_of_time_and_not_later(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    time.pass_(hours=3)
    found = learning.hand_in(user=user, attempt_id=attempt.pk)
    assert found.handed_in_at == attempt.ends_at
    assert events(attempt)[-1][1] == "time_up"


def test_a_sitting_that_closes_cuts_the_time(tmp_path, time):
    sitting = a_sitting(tmp_path, closes_at=time.at.replace(minute=10))
    _, attempt = begun(sitting)
    assert attempt.ends_at == sitting.closes_at


def test_reloading_does_not_give_more_time(tmp_path, time):
    sitting = a_sitting(tmp_path)
    user, attempt = begun(sitting)
    time.pass_(minutes=5)
    assert learning.start_attempt(user=user, sitting_id=sitting.pk).pk == attempt.pk
    assert learning.open_attempt(user=user, attempt_id=attempt.pk).seconds_left == 15 * 60
    time.pass_(minutes=16)
    assert learning.open_attempt(user=user, attempt_id=attempt.pk) is None


def test_an_extension_is_kept_with_its_reason_and_takes_up_what_only_the_clock_ended(tmp_path, time):
    sitting = a_sitting(tmp_path)
    user, attempt = begun(sitting)
    answers(user, attempt, 1, RIGHT)
    other, handed_in = begun(sitting)
    learning.hand_in(user=other, attempt_id=handed_in.pk)
    time.pass_(minutes=30)
    learning.close_due()
    done = learning.extend(actor=None, attempts=[attempt.pk, handed_in.pk], minutes=10, reason="机房停电")
    assert [one.pk for one in done] == [attempt.pk]
    found = fresh(attempt)
    assert (found.state, found.points, (found.ends_at - time.at).seconds) == ("running", None, 600)
    assert found.events.latest("seq").payload == {"minutes": 10, "reason": "机房停电"}
    assert answers(user, attempt, 2, RIGHT).fault is None
    learning.hand_in(user=user, attempt_id=attempt.pk)
    assert fresh(attempt).points == 4


def test_what_another_attempt_has_followed_or_somebody_marked_is_not_taken_up(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(attempts=3))
    user, attempt = begun(sitting)
    time.pass_(minutes=21)
    learning.close_due()
    learning.start_attempt(user=user, sitting_id=sitting.pk)
    assert learning.extend(actor=None, attempts=[attempt.pk], minutes=10, reason="停电") == []


def test_one_that_cannot_be_closed_keeps_nobody_else_s_open(tmp_path, time, monkeypatch):
    sitting = a_sitting(tmp_path)
    _, first = begun(sitting)
    _, second = begun(sitting)
    time.pass_(minutes=30)
    close = attempts.close_if_due

    def fails(pk):
        if pk == first.pk:
            raise RuntimeError("broken")
        return close(pk)

    monkeypatch.setattr(attempts, "close_if_due", fails)
    assert learning.close_due() == 1
    assert (fresh(first).state, fresh(second).state) == ("running", "marked")


@pytest.mark.parametrize(("minutes", "reason"), [(0, "x"), (2000, "x"), (5, "  ")])
def test_an_extension_needs_sense_and_a_reason(tmp_path, time, minutes, reason):
    _, attempt = begun(a_sitting(tmp_path))
    with pytest.raises(InputError):
        learning.extend(actor=None, attempts=[attempt.pk], minutes=minutes, reason=reason)


# -- the end ----------------------------------------------------------------------------------------------------------


def test_handing_in_grades_every_answer_once(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    answers(user, attempt, 2, WRONG)
    for _ in range(2):
        learning.hand_in(user=user, attempt_id=attempt.pk)
    found = fresh(attempt)
    assert (found.points, found.of, found.grade, found.is_passed) == (2, 6, "", False)
    assert [(one.number, one.points, one.is_answered) for one in found.responses.all()] == [
        (1, 2, True), (2, 0, True), (3, 0, False),
    ]  # fmt: skip
    assert events(attempt)[-1] == (4, "hand_in")


def test_after_the_end_nothing_can_be_answered(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    learning.hand_in(user=user, attempt_id=attempt.pk)
    assert answers(user, attempt, 1, RIGHT).fault.key == "learning.time_is_up"
    assert fresh(attempt).answers == {}


def test_what_was_shown_is_evidence_of_the_competency_and_a_second_end_revises_it(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    time.pass_(minutes=21)
    learning.close_due()
    (piece,) = record.Evidence.objects.filter(employee=user.employee)
    assert (piece.competency, piece.kind, piece.n) == ("problem_solving", "exam", 1)
    assert piece.score == 1, "what the clock kept away says nothing"
    learning.extend(actor=None, attempts=[attempt.pk], minutes=10, reason="停电")
    answers(user, attempt, 2, RIGHT)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    latest = record.Evidence.objects.filter(employee=user.employee).order_by("-revision").first()
    assert (latest.revision, latest.score, latest.n) == (1, pytest.approx(2 / 3), 3)


@pytest.mark.parametrize(("right", "grade"), [(6, "excellent"), (5, "good"), (4, "qualified"), (3, "")])
def test_grades_go_by_the_cuts_of_the_paper(tmp_path, time, right, grade):
    user, attempt = begun(a_sitting(tmp_path, an_exam(drawn=[{"count": 6}])))
    for number in range(1, right + 1):
        answers(user, attempt, number, RIGHT)
    assert learning.hand_in(user=user, attempt_id=attempt.pk).grade == grade


# -- who may ----------------------------------------------------------------------------------------------------------


def test_who_was_not_assigned_cannot_begin(tmp_path, time):
    chosen, other = a_trainee(), a_trainee()
    sitting = a_sitting(tmp_path)
    sitting = learning.open_sitting(
        actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[chosen.employee]
    )  # fmt: skip
    with pytest.raises(NotVisibleError):
        begun(sitting, other)
    assert begun(sitting, chosen)[1].assignment is not None


def test_the_result_is_an_attempt_at_the_assignment(tmp_path, time):
    user = a_trainee()
    a_sitting(tmp_path)
    sitting = learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[user.employee])
    _, attempt = begun(sitting, user)
    for number in (1, 2, 3):
        answers(user, attempt, number, RIGHT)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    (assignment,) = record.Assignment.objects.filter(employee=user.employee)
    assert assignment.done_at is not None
    assert [(one.points, one.is_passed) for one in assignment.results.all()] == [(100, True)]


def test_attempts_are_numbered_and_end(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(attempts=2, wait_hours=24))
    user, attempt = begun(sitting)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    again = lambda: learning.start_attempt(user=user, sitting_id=sitting.pk)  # noqa: E731
    assert refused(again) == "learning.wait"
    time.pass_(hours=24)
    second = again()
    learning.hand_in(user=user, attempt_id=second.pk)
    time.pass_(hours=24)
    assert refused(again) == "learning.no_attempts_left"


def test_a_sitting_that_is_not_open_begins_nothing(tmp_path, time):
    sitting = a_sitting(tmp_path, opens_at=time.at.replace(hour=5))
    assert refused(lambda: begun(sitting)) == "learning.sitting_closed"
    time.pass_(hours=5)
    begun(sitting)
    learning.cancel_sitting(actor=None, sitting_id=sitting.pk, reason="换时间")
    assert refused(lambda: begun(sitting)) == "learning.sitting_closed"


def test_a_sitting_that_is_taken_back_takes_its_assignments_back(tmp_path, time):
    a_sitting(tmp_path)
    there, away = a_trainee(), a_trainee()
    sitting = learning.open_sitting(
        actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[there.employee, away.employee]
    )
    begun(sitting, there)
    learning.cancel_sitting(actor=None, sitting_id=sitting.pk, reason="换时间")
    found = {row.employee_id: row for row in record.Assignment.objects.filter(target=str(sitting.pk))}
    assert found[there.employee_id].cancelled_at is None, "the attempt goes on"
    assert found[away.employee_id].cancel_reason == "换时间"


def test_who_leads_some_of_the_people_cannot_take_the_exam_of_all_back(tmp_path, time):
    a_sitting(tmp_path)
    unit = a_unit()
    mine, other = a_trainee(unit=unit), a_trainee()
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    sitting = learning.open_sitting(
        actor=None, what=learning.NewSitting(exam="mine/exam"), employees=[mine.employee, other.employee]
    )
    with pytest.raises(NotVisibleError):
        learning.cancel_sitting(actor=lead, sitting_id=sitting.pk, reason="换时间")
    manager = a_login("chief", "training_manager", employee=an_employee("chief"))
    assert learning.cancel_sitting(actor=manager, sitting_id=sitting.pk, reason="换时间").cancelled_at


@pytest.mark.parametrize("what", ["open", "save", "hand_in", "review"])
def test_nobody_reaches_another_s_attempt(tmp_path, time, what):
    owner, attempt = begun(a_sitting(tmp_path))
    if what == "review":
        learning.hand_in(user=owner, attempt_id=attempt.pk)
    other = a_trainee()
    calls = {
        "open": lambda: learning.open_attempt(user=other, attempt_id=attempt.pk),
        "save": lambda: answers(other, attempt, 1, RIGHT),
        "hand_in": lambda: learning.hand_in(user=other, attempt_id=attempt.pk),
        "review": lambda: learning.review_attempt(user=other, attempt_id=attempt.pk),
    }
    with pytest.raises(NotVisibleError):
        calls[what]()


def test_events_cannot_be_changed(tmp_path, time):
    _, attempt = begun(a_sitting(tmp_path))
    event = attempt.events.get()
    event.kind = "hand_in"
    with pytest.raises(TypeError):
        event.save()


# -- looking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reveals", "shows"), [("nothing", (False, False)), ("points", (True, False)), ("key", (True, True))]
)
def test_afterwards_is_shown_what_the_paper_reveals(tmp_path, time, reveals, shows):
    user, attempt = begun(a_sitting(tmp_path, an_exam(reveals=reveals)))
    with pytest.raises(NotVisibleError):
        learning.review_attempt(user=user, attempt_id=attempt.pk)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    seen = learning.review_attempt(user=user, attempt_id=attempt.pk)
    assert (seen.shows_points, seen.shows_key) == (shows[0], False), "an attempt is left"
    second = learning.start_attempt(user=user, sitting_id=attempt.sitting_id)
    learning.hand_in(user=user, attempt_id=second.pk)
    seen = learning.review_attempt(user=user, attempt_id=attempt.pk)
    assert (seen.shows_points, seen.shows_key) == shows


def test_the_stored_paper_holds_no_key(tmp_path, time):
    _, attempt = begun(a_sitting(tmp_path))
    assert '"right"' not in json.dumps(attempt.paper)


# -- marking ----------------------------------------------------------------------------------------------------------


def an_open_answer(tmp_path, markers=1):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}, {"item": "mine/bank#q1"}], markers=markers)
    user, attempt = begun(a_sitting(tmp_path, exam, a_bank(a_short(), an_item("q1"))))
    number = next(item["n"] for item in attempt.paper if item["kind"] == "short")
    answers(user, attempt, number, {"text": "先说抱歉"})
    return user, learning.hand_in(user=user, attempt_id=attempt.pk), attempt.responses.get(kind="short")


def a_judge(name):
    return a_login(name, "training_manager", employee=an_employee(name))


def test_an_open_answer_waits_for_a_person_with_a_proposal(tmp_path, time):
    user, attempt, response = an_open_answer(tmp_path)
    assert (attempt.state, attempt.points, response.is_open, response.points) == ("handed_in", None, True, 2)
    judge = a_judge("judge")
    assert list(learning.to_mark(user=judge)) == [response]
    marked = learning.mark(actor=judge, response_id=response.pk, points="3.5", note="说得诚恳")
    assert (marked.is_settled, fresh(attempt).points, fresh(attempt).is_passed) == (True, D("3.5"), False)
    assert not list(learning.to_mark(user=judge))
    assert not learning.review_attempt(user=user, attempt_id=attempt.pk).responses[response.number].is_open


def test_two_people_mark_blind_and_near_marks_make_their_mean(tmp_path, time):
    _, attempt, response = an_open_answer(tmp_path, markers=2)
    first, second = a_judge("first"), a_judge("second")
    assert not learning.mark(actor=first, response_id=response.pk, points="3").is_settled
    assert refused(lambda: learning.mark(actor=first, response_id=response.pk, points="4")) == "learning.marked_before"
    assert learning.mark(actor=second, response_id=response.pk, points="3.5").points == D("3.25")
    assert fresh(attempt).state == "marked"
    found = learning.agreement_of(user=first, sitting_id=attempt.sitting_id)
    assert (found.n, found.exact) == (1, 0)


def test_marks_far_apart_are_decided_by_a_third(tmp_path, time):
    _, _, response = an_open_answer(tmp_path, markers=2)
    learning.mark(actor=a_judge("first"), response_id=response.pk, points="0")
    assert not learning.mark(actor=a_judge("second"), response_id=response.pk, points="4").is_settled
    assert learning.mark(actor=a_judge("third"), response_id=response.pk, points="1").points == 1


@pytest.mark.parametrize("points", ["-1", "4.01", "abc", "NaN", "1.234"])
def test_points_outside_the_question_are_refused(tmp_path, time, points):
    _, _, response = an_open_answer(tmp_path)
    with pytest.raises(InputError):
        learning.mark(actor=a_judge("judge"), response_id=response.pk, points=points)


def test_nobody_marks_the_own_answer_nor_who_does_not_judge(tmp_path, time):
    user, _, response = an_open_answer(tmp_path)
    for actor in (user, a_trainee()):
        with pytest.raises(NotVisibleError):
            learning.mark(actor=actor, response_id=response.pk, points="4")


def test_no_key_is_shown_while_another_attempt_of_the_person_runs(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(reveals="key", attempts=2))
    user, first = begun(sitting)
    learning.hand_in(user=user, attempt_id=first.pk)
    begun(sitting, user)
    assert not learning.review_attempt(user=user, attempt_id=first.pk).shows_key


def test_the_key_of_an_attempt_that_the_clock_ended_stays_closed_as_long_as_it_may_be_given_more_time(tmp_path, time):
    user, attempt = begun(a_sitting(tmp_path, an_exam(reveals="key", attempts=1)))
    time.pass_(minutes=21)
    learning.close_due()
    assert not learning.review_attempt(user=user, attempt_id=attempt.pk).shows_key
    time.pass_(hours=25)
    assert learning.review_attempt(user=user, attempt_id=attempt.pk).shows_key
    assert learning.extend(actor=None, attempts=[attempt.pk], minutes=10, reason="断网") == []


def test_no_key_is_shown_while_another_attempt_that_the_clock_ended_may_go_on(tmp_path, time):
    sitting = a_sitting(tmp_path, an_exam(reveals="key", attempts=2))
    user, first = begun(sitting)
    learning.hand_in(user=user, attempt_id=first.pk)
    begun(sitting, user)
    time.pass_(minutes=21)
    learning.close_due()
    assert not learning.review_attempt(user=user, attempt_id=first.pk).shows_key
    time.pass_(hours=25)
    assert learning.review_attempt(user=user, attempt_id=first.pk).shows_key
