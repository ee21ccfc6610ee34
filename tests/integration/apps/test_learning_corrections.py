"""Results that were wrong: contests, corrected marks, items graded anew, and what moves with them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from peilian.apps.base.api import bookkeeping, inbox_of
from peilian.apps.learning import api as learning
from peilian.apps.learning.exams.results import reopen
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_bank, a_short, an_exam, an_item, answers, begun, fresh
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
RIGHT, WRONG = {"chosen": ["b"]}, {"chosen": ["a"]}
H = learning.RegradeHow


@pytest.fixture
def time(monkeypatch):
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def boss(db):
    return a_login("boss", "training_manager", employee=an_employee("boss"))


def a_judge(name):
    return a_login(name, "training_manager", employee=an_employee(name))


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


def opened(folder, boss, *takers, exam=None, bank=None, **more):
    installed(folder, bank or a_bank(), exam or an_exam(drawn=[{"count": 6}], attempts=1))
    what = learning.NewSitting(exam="mine/exam", **more)
    return learning.open_sitting(actor=boss, what=what, employees=[one.employee for one in takers])


def taken(user, sitting, right):
    """All six answered, so many of them right: q1, q2, … in this order of names."""
    _, attempt = begun(sitting, user)
    names = {f"mine/bank#q{n}" for n in range(1, right + 1)}
    for asked in attempt.paper:
        answers(user, attempt, asked["n"], RIGHT if asked["item"] in names else WRONG)
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def number_of(attempt, item):
    return next(asked["n"] for asked in attempt.paper if asked["item"] == item)


def mark_open(tmp_path, boss, user, judge, points="1"):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}])
    sitting = opened(tmp_path, boss, user, exam=exam, bank=a_bank(a_short()))
    _, attempt = begun(sitting, user)
    answers(user, attempt, 1, {"text": "先说抱歉"})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    learning.mark(actor=judge, response_id=attempt.responses.get().pk, points=points)
    return attempt, attempt.responses.get()


def keys(user):
    return [message.key for message in inbox_of(user=user)]


# -- marks that were wrong --------------------------------------------------------------------------------------------


def test_a_corrected_mark_moves_result_evidence_assignment_and_follow_up_and_the_person_is_told(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    attempt, response = mark_open(tmp_path, boss, user, judge)
    assert not fresh(attempt).is_passed
    time.pass_(days=1)
    learning.correct_answer(actor=judge, response_id=response.pk, points="4", reason="看漏了一行")
    found = fresh(attempt)
    assert (found.points, found.grade, found.is_passed, found.marked_at) == (4, "excellent", True, time.at)
    marks = list(response.marks.order_by("id"))
    assert [(str(one.kind), one.points) for one in marks] == [("given", 1), ("corrected", 4)]
    assert (marks[1].supersedes_id, marks[1].note) == (marks[0].pk, "看漏了一行")
    event = found.events.latest("seq")
    assert (str(event.kind), event.payload["result"]["grade"]) == ("correct", ["", "excellent"])
    pieces = record.Evidence.objects.filter(employee=user.employee).order_by("revision")
    assert [one.score for one in pieces] == [0.25, 1]
    task = record.Assignment.objects.get(employee=user.employee)
    assert [(one.number, one.revision, one.points) for one in task.results.all()] == [(1, 0, 25), (1, 1, 100)]
    assert (task.counted.points, task.is_passed, task.attempts_left) == (100, True, 1)
    assert found.followed_at is not None, "it was followed again"
    assert "inbox.exam_changed" in keys(user)


def test_the_same_points_are_no_correction(tmp_path, time, boss):
    judge = a_judge("judge")
    attempt, response = mark_open(tmp_path, boss, a_trainee(), judge)
    learning.correct_answer(actor=judge, response_id=response.pk, points="1", reason="再看一遍")
    assert response.marks.count() == 1
    assert "correct" not in [str(one.kind) for one in attempt.events.all()]


def test_an_answer_that_was_graded_by_its_key_can_be_corrected_as_a_whole(tmp_path, time, boss):
    user = a_trainee()
    attempt = taken(user, opened(tmp_path, boss, user), 5)
    wrong = attempt.responses.get(points=0)
    learning.correct_answer(actor=boss, response_id=wrong.pk, points="2", reason="选项有歧义")
    assert (fresh(attempt).points, fresh(attempt).grade) == (12, "excellent")


def test_a_correction_needs_a_reason_a_marked_answer_and_somebody_who_judges(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    _, response = mark_open(tmp_path, boss, user, judge)
    assert refused(
        lambda: learning.correct_answer(actor=judge, response_id=response.pk, points="2", reason=" ")
    ) == "base.empty"  # fmt: skip
    for actor in (user, a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))):
        with pytest.raises(NotVisibleError):
            learning.correct_answer(actor=actor, response_id=response.pk, points="4", reason="想要")


# -- contests ---------------------------------------------------------------------------------------------------------


def test_a_contest_is_decided_by_somebody_who_did_not_mark(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    attempt, _ = mark_open(tmp_path, boss, user, judge)
    row = learning.contest_answer(user=user, attempt_id=attempt.pk, number=1, reason="我写了补发")
    assert "inbox.exam_contested" in keys(boss)
    decide = lambda actor, points="3": learning.decide_contest(  # noqa: E731
        actor=actor, contest_id=row.pk, points=points, decision="确有补发之意"
    )
    assert refused(lambda: decide(judge)) == "learning.contest_by_marker"
    with pytest.raises(NotVisibleError):
        decide(user)
    assert list(learning.contests_for(user=boss)) == [row]
    assert str(decide(boss).state) == "changed"
    assert fresh(attempt).points == 3
    assert refused(lambda: decide(boss)) == "learning.contest_decided"
    assert not learning.contests_for(user=boss).exists()


def test_a_contest_that_changes_nothing_is_told_with_its_reason(tmp_path, time, boss):
    user = a_trainee()
    attempt, _ = mark_open(tmp_path, boss, user, a_judge("judge"))
    row = learning.contest_answer(user=user, attempt_id=attempt.pk, number=1, reason="我写了补发")
    kept = learning.decide_contest(actor=boss, contest_id=row.pk, points=None, decision="原文没有补发")
    assert (str(kept.state), kept.decision, fresh(attempt).points) == ("kept", "原文没有补发", 1)
    assert "inbox.exam_contest_kept" in keys(user)


def test_a_contest_comes_once_within_fourteen_days_and_not_about_all_the_points(tmp_path, time, boss):
    user = a_trainee()
    attempt = taken(user, opened(tmp_path, boss, user), 5)
    whole, wrong = attempt.responses.filter(points=2).first(), attempt.responses.get(points=0)
    contest = lambda row, why="有歧义": learning.contest_answer(  # noqa: E731
        user=user, attempt_id=attempt.pk, number=row.number, reason=why
    )
    assert refused(lambda: contest(whole)) == "learning.nothing_to_contest"
    first = contest(wrong)
    assert contest(wrong).pk == first.pk, "a second click is the same contest"
    assert refused(lambda: contest(wrong, "再来")) == "learning.contested_before"
    time.pass_(days=15)
    assert refused(lambda: contest(whole)) == "learning.contest_too_late"


def test_nobody_contests_another_s_answer_and_what_is_contested_is_not_corrected_beside_it(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    attempt, response = mark_open(tmp_path, boss, user, judge)
    with pytest.raises(NotVisibleError):
        learning.contest_answer(user=a_trainee(), attempt_id=attempt.pk, number=1, reason="不服")
    learning.contest_answer(user=user, attempt_id=attempt.pk, number=1, reason="不服")
    correct = lambda: learning.correct_answer(actor=judge, response_id=response.pk, points="4", reason="好吧")  # noqa: E731
    assert refused(correct) == "learning.is_contested"


# -- a key that was wrong ---------------------------------------------------------------------------------------------


def mended():
    """The bank with another right answer to q6."""
    right = [{"id": "a", "text": {"zh": "甲"}, "right": True}, {"id": "b", "text": {"zh": "乙"}}]
    q6 = an_item("q6", options=[*right, {"id": "c", "text": {"zh": "丙"}}])
    return a_bank(*(an_item(f"q{n}") for n in range(1, 6)), q6)


def test_a_mended_key_is_looked_at_first_and_then_changes_whoever_it_concerns_in_one_go(tmp_path, time, boss):
    low, high = a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, low, high)
    five, six = taken(low, sitting, 5), taken(high, sitting, 6)
    installed(tmp_path, mended())
    found = learning.preview_regrade(user=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.MENDED)
    assert {(one.attempt.pk, one.points, one.grade) for one in found} == {
        (five.pk, (10, 12), ("good", "excellent")), (six.pk, (12, 10), ("excellent", "good")),
    }  # fmt: skip
    assert (fresh(five).points, fresh(six).points) == (10, 12), "looking stores nothing"
    row = learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.MENDED, reason="答案印错")
    assert (fresh(five).points, fresh(six).points, len(row.changes)) == (12, 10, 2)
    assert [str(one.kind) for one in five.events.all()][-1] == "regrade"
    seen = learning.review_attempt(user=low, attempt_id=five.pk)
    field = next(one.field for one in seen.asked if one.question.item == "mine/bank#q6")
    assert [option.id for option in field.options if option.right] == ["a"], "the review shows the mended key"
    assert "inbox.exam_changed" in keys(low)


def test_all_who_answered_get_the_points_and_who_left_it_out_does_not(tmp_path, time, boss):
    wrong, left_out = a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, wrong, left_out)
    first = taken(wrong, sitting, 5)
    _, second = begun(sitting, left_out)
    learning.hand_in(user=left_out, attempt_id=second.pk)
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.ALL_ANSWERED, reason="题目有歧义")
    assert (fresh(first).points, fresh(second).points) == (12, 0)


def test_an_item_that_is_taken_out_counts_for_nobody_and_for_no_evidence(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user)
    attempt = taken(user, sitting, 5)
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.TAKEN_OUT, reason="超纲")
    found = fresh(attempt)
    assert (found.points, found.of, found.grade) == (10, 10, "excellent")
    latest = record.Evidence.objects.filter(employee=user.employee).order_by("-revision").first()
    assert (latest.score, latest.n) == (1, 5)
    task = record.Assignment.objects.get(employee=user.employee)
    assert [one.points for one in task.attempts] == [100]
    out = attempt.responses.get(item="mine/bank#q6")
    call = lambda: learning.correct_answer(actor=a_judge("j"), response_id=out.pk, points="0", reason="再看")  # noqa: E731
    assert refused(call) == "learning.taken_out"


def test_what_only_the_item_taken_out_showed_is_no_evidence_any_more(tmp_path, time, boss):
    user = a_trainee()
    bank = a_bank(an_item("q1"), an_item("q2", competencies=["integrity"]))
    sitting = opened(tmp_path, boss, user, exam=an_exam(drawn=[{"count": 2}]), bank=bank)
    taken(user, sitting, 2)
    assert record.Evidence.objects.counting().filter(employee=user.employee).count() == 2
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q2", how=H.TAKEN_OUT, reason="超纲")
    counting = record.Evidence.objects.counting().filter(employee=user.employee)
    assert [one.competency for one in counting] == ["problem_solving"]


def test_a_failed_attempt_that_passes_now_is_done_and_the_other_way_round(tmp_path, time, boss):
    up, down = a_trainee(), a_trainee()
    cuts = {"qualified": "90", "good": "95", "excellent": "99"}
    sitting = opened(tmp_path, boss, up, down, exam=an_exam(drawn=[{"count": 6}], cuts=cuts, attempts=2))
    taken(up, sitting, 5)
    taken(down, sitting, 6)
    state = lambda user: record.Assignment.objects.get(employee=user.employee).done_at is not None  # noqa: E731
    assert (state(up), state(down)) == (False, True)
    installed(tmp_path, mended())
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.MENDED, reason="答案印错")
    assert (state(up), state(down)) == (True, False)


def test_what_cannot_be_graded_anew_is_refused_and_nothing_changes(tmp_path, time, boss):
    user, other = a_trainee(), a_trainee()
    sitting = opened(tmp_path, boss, user, other)
    attempt = taken(user, sitting, 5)
    again = lambda item="mine/bank#q6", how=H.ALL_ANSWERED, actor=boss: learning.regrade(  # noqa: E731
        actor=actor, sitting_id=sitting.pk, item=item, how=how, reason="错了"
    )
    assert refused(lambda: again(item="mine/bank#q9")) == "learning.item_not_set"
    assert refused(lambda: again(how="so")) == "learning.regrade_how"
    begun(sitting, other)
    assert refused(again) == "learning.regrade_while_running"
    learning.hand_in(user=other, attempt_id=learning.attempts_of(user=other)[0].pk)
    other_options = [{"id": "x", "text": {"zh": "丁"}, "right": True}, {"id": "y", "text": {"zh": "戊"}}]
    installed(tmp_path, a_bank(an_item("q6", options=other_options), *(an_item(f"q{n}") for n in range(1, 6))))
    assert refused(lambda: again(how=H.MENDED)) == "learning.item_asks_something_else"
    assert (fresh(attempt).points, learning.Regrade.objects.count()) == (10, 0)


def test_who_leads_some_of_those_who_took_it_cannot_grade_it_anew(tmp_path, time, boss):
    unit = a_unit()
    mine, other = a_trainee(unit=unit), a_trainee()
    sitting = opened(tmp_path, boss, mine, other)
    taken(mine, sitting, 5)
    taken(other, sitting, 5)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    again = lambda: learning.regrade(  # noqa: E731
        actor=lead, sitting_id=sitting.pk, item="mine/bank#q6", how=H.TAKEN_OUT, reason="错了"
    )
    assert refused(again) == "learning.regrade_needs_all"
    with pytest.raises(NotVisibleError):
        learning.regrade(actor=mine, sitting_id=sitting.pk, item="mine/bank#q6", how=H.TAKEN_OUT, reason="错了")


def test_an_extension_that_takes_an_attempt_up_again_supersedes_its_result(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user, closes_at=time.at + timedelta(days=1))
    _, attempt = begun(sitting, user)
    answers(user, attempt, 1, RIGHT)
    time.pass_(minutes=21)
    learning.close_due()
    task = record.Assignment.objects.get(employee=user.employee)
    assert [one.points for one in task.attempts] == [D("16.67")]
    learning.extend(actor=boss, attempts=[attempt.pk], minutes=10, reason="停电")
    for number in range(2, 7):
        answers(user, attempt, number, RIGHT)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    task = record.Assignment.objects.get(employee=user.employee)
    assert ([one.points for one in task.attempts], task.is_passed) == ([100], True)


def test_an_attempt_that_was_graded_anew_is_not_taken_up_again(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user, closes_at=time.at + timedelta(days=1))
    _, attempt = begun(sitting, user)
    time.pass_(minutes=21)
    learning.close_due()
    installed(tmp_path, mended())
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.MENDED, reason="答案印错")
    assert learning.extend(actor=boss, attempts=[attempt.pk], minutes=10, reason="停电") == []
    assert not fresh(attempt).is_running


def test_nobody_grades_the_own_attempt_anew(tmp_path, time, boss):
    sitting = opened(tmp_path, boss, a_trainee())
    attempt = learning.Attempt(employee=boss.employee, started_by=boss, sitting=sitting, language="zh", seed=1)
    attempt.paper, attempt.of, attempt.started_at = [{"item": "mine/bank#q1"}], 2, time.at
    attempt.state, attempt.handed_in_at = learning.AttemptState.HANDED_IN, time.at
    attempt.save(force_insert=True)
    call = lambda: learning.preview_regrade(  # noqa: E731
        user=boss, sitting_id=sitting.pk, item="mine/bank#q1", how="all_answered"
    )
    assert refused(call) == "learning.regrade_own"


# -- what moves with a result, and what does not ----------------------------------------------------------------------


def a_paper_with_an_open_question(folder, boss, user, **more):
    """A choice, a truth and an open answer, all fixed."""
    fixed = [{"item": f"mine/bank#{name}"} for name in ("q1", "q2", "short")]
    bank = a_bank(an_item("q1"), an_item("q2"), a_short())
    sitting = opened(folder, boss, user, exam=an_exam(drawn=[], fixed=fixed, **more), bank=bank)
    _, attempt = begun(sitting, user)
    for asked in attempt.paper:
        answers(user, attempt, asked["n"], {"text": "抱歉"} if asked["item"].endswith("short") else RIGHT)
    return sitting, attempt


def test_grading_anew_is_an_event_also_while_an_answer_waits_for_marks(tmp_path, time, boss):
    user = a_trainee()
    sitting, attempt = a_paper_with_an_open_question(tmp_path, boss, user)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    before = fresh(attempt).seq
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q2", how=H.TAKEN_OUT, reason="超纲")
    found, event = fresh(attempt), attempt.events.latest("seq")
    assert (found.of, found.seq, str(event.kind), event.seq) == (6, before + 1, "regrade", before + 1)
    assert event.payload["item"] == "mine/bank#q2"
    assert "inbox.exam_changed" not in keys(user), "there is no result yet that could have changed"


def test_an_attempt_that_goes_on_is_worth_what_its_paper_is_worth(tmp_path, time, boss):
    user = a_trainee()
    sitting, attempt = a_paper_with_an_open_question(tmp_path, boss, user)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q2", how=H.TAKEN_OUT, reason="超纲")
    found = fresh(attempt)
    reopen(found)
    assert (found.of, found.is_running) == (8, True)


TRUTH = {"type": "truth", "id": "t", "stem": {"zh": "先安抚？"}, "explanation": {"zh": "是"}, "points": "1"}


def a_case(*, is_true):
    return {
        "type": "case", "id": "case", "stem": {"zh": "包裹没动。"}, "explanation": {"zh": "先安抚"},
        "items": [{**TRUTH, "is_true": is_true}, a_short("first")],
    }  # fmt: skip


def test_a_mended_key_of_a_case_leaves_what_people_decided_and_changes_the_rest(tmp_path, time, boss):
    user = a_trainee()
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#case"}])
    sitting = opened(tmp_path, boss, user, exam=exam, bank=a_bank(a_case(is_true=False)))
    _, attempt = begun(sitting, user)
    answers(user, attempt, 1, {"items": {"t": {"chosen": ["true"]}, "first": {"text": "抱歉"}}})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    judge = a_judge("judge")
    learning.mark(actor=judge, response_id=attempt.responses.get().pk, points={"first": "3.5"})
    assert fresh(attempt).points == D("3.5")
    installed(tmp_path, a_bank(a_case(is_true=True)))
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#case", how=H.MENDED, reason="答案印反了")
    row = attempt.responses.get()
    assert (fresh(attempt).points, row.points, row.proposed) == (D("4.5"), D("4.5"), 3)
    learning.correct_answer(actor=judge, response_id=row.pk, points={"first": "4"}, reason="看漏一句")
    assert fresh(attempt).points == 5


def test_a_mended_key_proposes_nothing_for_an_answer_that_nobody_was_asked_about(tmp_path, time, boss):
    user = a_trainee()
    sitting = opened(tmp_path, boss, user)
    attempt = taken(user, sitting, 5)
    row = attempt.responses.get(item="mine/bank#q6")
    learning.correct_answer(actor=boss, response_id=row.pk, points="1", reason="选项有歧义")
    installed(tmp_path, mended())
    learning.regrade(actor=boss, sitting_id=sitting.pk, item="mine/bank#q6", how=H.MENDED, reason="答案印错")
    row.refresh_from_db()
    assert (row.points, row.proposed, row.decided) == (1, None, {"": "1"})


def test_a_correction_does_not_open_the_time_to_contest_again(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    attempt, response = mark_open(tmp_path, boss, user, judge)
    time.pass_(days=13)
    assert learning.may_contest(fresh(attempt))
    learning.correct_answer(actor=judge, response_id=response.pk, points="2", reason="看漏了一行")
    time.pass_(days=2)
    assert not learning.may_contest(fresh(attempt))


def test_the_time_to_contest_begins_with_the_last_mark_and_not_with_handing_in(tmp_path, time, boss):
    user, judge = a_trainee(), a_judge("judge")
    _, attempt = a_paper_with_an_open_question(tmp_path, boss, user)
    learning.hand_in(user=user, attempt_id=attempt.pk)
    time.pass_(days=20)
    learning.mark(actor=judge, response_id=attempt.responses.get(item="mine/bank#short").pk, points="1")
    time.pass_(days=13)
    assert learning.may_contest(fresh(attempt))
    time.pass_(days=2)
    assert not learning.may_contest(fresh(attempt))


def test_a_contest_of_an_exam_that_one_opened_oneself_is_told_to_who_leads_the_team(tmp_path, time, boss):
    unit = a_unit()
    user = a_trainee(unit=unit)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    sitting = opened(tmp_path, boss, user)
    with bookkeeping():
        learning.Sitting.objects.filter(pk=sitting.pk).update(created_by=user)
    attempt = taken(user, sitting, 5)
    wrong = attempt.responses.get(points=0)
    learning.contest_answer(user=user, attempt_id=attempt.pk, number=wrong.number, reason="有歧义")
    told = {one.username for one in (lead, other, boss, user) if "inbox.exam_contested" in keys(one)}
    assert told == {"lead"}
