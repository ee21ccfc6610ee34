"""Adaptive exams: chosen by the server from frozen parameters, one way, resumed where they stood."""

from __future__ import annotations

from decimal import Decimal as D
from statistics import mean
from uuid import uuid4

import pytest
from django.utils import timezone

from peilian.adapters.packs.trees import document_of
from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.learning.exams import adaptive
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.answers import a_frozen_bank, an_adaptive_exam, an_adaptive_sitting
from support.builders import an_employee
from support.company import a_login
from support.exams import BANK, ExamClock, a_bank, begun, fresh
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
RIGHT, WRONG = {"chosen": ["b"]}, {"chosen": ["a"]}


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    adaptive._asked_lately.cache_clear()
    return ExamClock(monkeypatch, timezone.now())


def answers(user, attempt, number, answer, client_id=None):
    return learning.answer_adaptive(
        user=user, attempt_id=attempt.pk, number=number, answer=answer, client_id=client_id or uuid4()
    )


def taken(user, attempt, choose):
    """Answer until it ends; what was asked."""
    asked = []
    while (room := learning.adaptive_room(user=user, attempt_id=attempt.pk)) is not None:
        asked.append(room.asked.question.item)
        answers(user, attempt, room.asked.question.number, choose(len(asked)))
    return asked


def test_who_answers_well_gets_harder_questions_and_a_better_result(tmp_path):
    sitting = an_adaptive_sitting(tmp_path)
    results = {}
    for name, answer in (("strong", RIGHT), ("weak", WRONG)):
        user, attempt = begun(sitting, a_trainee(name), seed=7)
        asked = taken(user, attempt, lambda _n, answer=answer: answer)
        assert len(set(asked)) == len(asked) <= 8
        results[name] = fresh(attempt), [int(item.rpartition("q")[2]) for item in asked]
    # Question k is harder than the one before. The first is asked before anything is known.
    assert mean(results["strong"][1][1:]) > mean(results["weak"][1][1:])
    assert results["strong"][0].points > results["weak"][0].points
    assert results["strong"][0].is_passed
    assert not results["weak"][0].is_passed
    assert results["strong"][0].of == 100


def test_the_result_is_the_expected_share_of_the_bank_and_its_error_is_told(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path), seed=7)
    taken(user, attempt, lambda n: RIGHT if n % 2 else WRONG)
    told = learning.adaptive_result(attempt=fresh(attempt))
    assert told.is_enough
    assert told.percent == fresh(attempt).points
    assert D(30) < told.percent < D(70)
    assert 0.2 < told.error < 1
    assert told.by_competency == {"problem_solving": told.percent}
    assert told.stopped is not None


def test_evidence_is_what_the_ability_foretells_and_not_the_half_that_everybody_gets(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    taken(user, attempt, lambda n: RIGHT if n % 4 else WRONG)
    told = learning.adaptive_result(attempt=fresh(attempt))
    (piece,) = record.Evidence.objects.filter(employee=user.employee, competency="problem_solving")
    assert piece.score == pytest.approx(float(told.percent) / 100, abs=0.001)


def test_after_a_break_it_goes_on_with_the_same_question_and_keeps_what_was_told(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    first = learning.adaptive_room(user=user, attempt_id=attempt.pk)
    assert learning.adaptive_room(user=user, attempt_id=attempt.pk) == first
    answers(user, attempt, 1, RIGHT)
    second = learning.adaptive_room(user=user, attempt_id=attempt.pk)
    assert second.asked.question.number == 2
    assert begun(attempt.sitting, user)[1].pk == attempt.pk
    assert learning.adaptive_room(user=user, attempt_id=attempt.pk).asked == second.asked
    event = attempt.events.get(kind="answer")
    assert event.payload["item"] == first.asked.question.item
    assert event.payload["next"] == second.asked.question.item
    assert event.payload["error"] > 0


def test_a_corrected_answer_counts_with_its_new_points_in_what_is_told(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    taken(user, attempt, lambda _n: WRONG)
    before = learning.adaptive_result(attempt=fresh(attempt))
    with base.bookkeeping():
        row = fresh(attempt).responses.get(number=1)
        row.points = row.of
        row.save()
    after = learning.adaptive_result(attempt=fresh(attempt))
    assert after.percent > before.percent
    assert after.n == before.n


def test_nothing_is_answered_twice(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    sent = uuid4()
    assert answers(user, attempt, 1, RIGHT, sent)
    assert answers(user, attempt, 1, WRONG, sent)
    assert answers(user, attempt, 1, WRONG)
    row = fresh(attempt)
    assert row.answers["1"]["answer"] == RIGHT
    assert row.events.filter(kind="answer").count() == 1
    with pytest.raises(InputError):
        answers(user, attempt, 7, RIGHT)
    with pytest.raises(InputError):
        answers(user, attempt, 0, RIGHT)


def test_the_usual_way_of_answering_is_closed(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    with pytest.raises(InputError):
        learning.save_answer(
            user=user, attempt_id=attempt.pk, number=1, answer=RIGHT, known=0, client_id=uuid4()
        )  # fmt: skip


def test_an_answer_left_out_counts_as_wrong_and_goes_on(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    assert answers(user, attempt, 1, None)
    assert adaptive.run_of(fresh(attempt)).steps[0]["share"] == 0


def test_few_answers_say_nothing_and_do_not_pass(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    row = fresh(attempt)
    assert (row.points, row.is_passed) == (0, False)
    assert not learning.adaptive_result(attempt=row).is_enough
    assert row.responses.count() == 2


def test_when_the_time_is_up_it_is_handed_in_with_what_was_answered(tmp_path, clock):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    for number in range(1, 5):
        answers(user, attempt, number, RIGHT)
    clock.pass_(minutes=30)
    assert not answers(user, attempt, 5, RIGHT)
    row = fresh(attempt)
    assert row.state == "marked"
    assert row.points > 50
    assert learning.adaptive_room(user=user, attempt_id=attempt.pk) is None


def test_without_frozen_parameters_no_exam_is_opened_and_the_bank_is_named(tmp_path):
    installed(tmp_path, a_bank(), an_adaptive_exam())
    with pytest.raises(InputError) as caught:
        learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/adaptive", is_for_all=True))
    (fault,) = caught.value.faults
    assert (fault.reason.key, fault.reason.params["banks"]) == ("learning.no_frozen_parameters", BANK)


def test_questions_that_many_were_asked_rest(tmp_path):
    a_frozen_bank(tmp_path, an_adaptive_exam(exposure="0.2", most=4, error="0.2"))
    sitting = learning.open_sitting(actor=None, what=learning.NewSitting(exam="mine/adaptive", is_for_all=True))
    counted: dict[str, int] = {}
    for number in range(8):
        adaptive._asked_lately.cache_clear()
        user, attempt = begun(sitting, a_trainee(f"t{number}"))
        for item in taken(user, attempt, lambda n: RIGHT if n % 2 else WRONG):
            counted[item] = counted.get(item, 0) + 1
    assert max(counted.values()) <= 4
    assert len(counted) >= 9


def test_others_and_attempts_of_other_kinds_are_not_there(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    other = a_trainee("other")
    with pytest.raises(NotVisibleError):
        learning.adaptive_room(user=other, attempt_id=attempt.pk)
    with pytest.raises(NotVisibleError):
        answers(other, attempt, 1, RIGHT)
    usual = learning.Sitting.objects.get(exam="mine/exam")
    _user, plain = begun(usual, user)
    with pytest.raises(NotVisibleError):
        learning.adaptive_room(user=user, attempt_id=plain.pk)
    assert learning.adaptive_result(attempt=plain) is None


def test_parameters_frozen_meanwhile_do_not_change_an_attempt_that_runs(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    before = adaptive.measured(fresh(attempt))
    row = learning.ItemCalibration.objects.get()
    copy = learning.ItemCalibration(
        bank=row.bank, number=2, model=row.model, mean=1, deviation=2, n_people=1, proposed_at=row.proposed_at,
        frozen_at=timezone.now(), items={},
    )  # fmt: skip
    with base.bookkeeping():
        copy.save(force_insert=True)
    assert adaptive.measured(fresh(attempt)) == before
    assert answers(user, attempt, 2, RIGHT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"least": 9, "most": 8}, "adaptive"), ({"error": "0.1"}, "adaptive.error"), ({"least": 1}, "adaptive.least")],
)
def test_rules_that_make_no_sense_are_refused_with_the_field(changes, field):
    exam = an_adaptive_exam(**changes)
    with pytest.raises(InputError) as caught:
        document_of(exam)
    assert caught.value.faults[0].field == field


def test_an_adaptive_exam_sets_nothing_else():
    with pytest.raises(InputError) as caught:
        document_of({**an_adaptive_exam(), "drawn": [{"count": 2}]})
    assert caught.value.faults[0].reason.key == "pack.adaptive_sets_nothing_else"


def test_looking_at_what_grading_anew_does_shows_the_measured_result_that_it_then_has(tmp_path):
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    taken(user, attempt, lambda n: RIGHT if n % 2 else WRONG)
    before = fresh(attempt)
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    asked = {"sitting_id": attempt.sitting_id, "item": before.paper[1]["item"], "how": "all_answered"}
    (seen,) = learning.preview_regrade(user=boss, **asked)
    row = learning.regrade(actor=boss, **asked, reason="题目有歧义")
    after = fresh(attempt)
    assert (seen.points, seen.of) == ((before.points, after.points), (100, 100))
    assert seen.grade == (before.grade, after.grade)
    assert D(row.changes[0]["points"][1]) == after.points > before.points
