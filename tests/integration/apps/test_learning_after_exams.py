"""What follows from an exam: completed, tested out of, or to be learnt again before the next attempt."""

from __future__ import annotations

import pytest
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.learning import following
from peilian.apps.learning.curriculum import after
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import RIGHT, WRONG, a_course, a_lesson, a_path, learns
from support.exams import BANK, ExamClock, a_bank, an_exam, an_item, fresh
from support.exams import answers as sends
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
SOLVING = [f"s{n}" for n in (1, 2)]
CALMING = [f"c{n}" for n in (1, 2)]


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def course(tmp_path, time) -> None:
    """A course of two lessons with an exam about both, which may be taken instead of them."""
    items = [an_item(name, competencies=["problem_solving"]) for name in SOLVING]
    items += [an_item(name, competencies=["composure"]) for name in CALMING]
    fixed = [{"item": f"{BANK}#{name}"} for name in (*SOLVING, *CALMING)]
    check = {"items": [f"{BANK}#s1"]}
    installed(
        tmp_path,
        a_bank(*items),
        a_lesson("mine/solve", competencies=["problem_solving"], check=check),
        a_lesson("mine/calm", competencies=["composure"], check=check),
        a_course(units=["lesson:mine/solve", "lesson:mine/calm"], exam="mine/exam", test_out="mine/exam"),
        an_exam(
            fixed=fixed, drawn=[], shuffles=False, attempts=3, cuts={"qualified": 60, "good": 80, "excellent": 90},
            remedial=["mine/solve", "mine/calm"],
        ),
    )  # fmt: skip


def takes(user, sitting, right=()) -> learning.Attempt:
    """Take an exam: right in these items, wrong in all others."""
    attempt = learning.start_attempt(user=user, sitting_id=sitting.pk)
    for asked in attempt.paper:
        name = asked["item"].partition("#")[2]
        sends(user, attempt, asked["n"], RIGHT if name in right else WRONG)
    return learning.hand_in(user=user, attempt_id=attempt.pk)


def on(user) -> learning.Enrolment:
    return learning.enrol(actor=None, employees=[user.employee], what="course:mine/course")[0]


def an_open_exam(user):
    what = learning.NewSitting(exam="mine/exam")
    return learning.open_sitting(actor=None, what=what, employees=[user.employee])


def done(user) -> dict[str, str]:
    rows = learning.Completion.objects.standing().filter(employee=user.employee)
    return dict(rows.values_list("what", "how"))


# -- testing out ------------------------------------------------------------------------------------------------------


def test_who_passes_the_test_out_need_not_do_the_lessons(course, lin) -> None:
    row = on(lin)
    sitting = learning.start_test_out(user=lin, course="mine/course")
    assert learning.start_test_out(user=lin, course="mine/course") == sitting
    takes(lin, sitting, (*SOLVING, *CALMING))
    assert done(lin) == {
        "lesson:mine/solve": "tested_out",
        "lesson:mine/calm": "tested_out",
        "exam:mine/exam": "passed",
        "course:mine/course": "passed",
    }
    row.refresh_from_db()
    assert row.completed_at is not None
    with pytest.raises(InputError, match="nothing_to_test_out"):
        learning.start_test_out(user=lin, course="mine/course")


def test_part_of_a_test_out_shows_the_lessons_whose_questions_went_well_and_says_why(course, lin) -> None:
    on(lin)
    attempt = takes(lin, learning.start_test_out(user=lin, course="mine/course"), CALMING)
    assert fresh(attempt).is_passed is False
    assert done(lin) == {"lesson:mine/calm": "tested_out"}
    result = learning.tested_out(attempt)
    assert result is not None
    assert {one.lesson: one.reason.key for one in result.shown} == {
        "lesson:mine/solve": "curriculum.shown.below",
        "lesson:mine/calm": "curriculum.shown.reached",
    }
    assert not record.Assignment.objects.filter(kind="lesson").exists()
    unit = learning.course_of(user=lin, key="mine/course").view.next
    assert unit is not None
    assert unit.key == "mine/solve"


def test_a_test_out_is_one_attempt_and_comes_again_after_months(course, time, lin) -> None:
    on(lin)
    sitting = learning.start_test_out(user=lin, course="mine/course")
    takes(lin, sitting)
    with pytest.raises(InputError, match="no_attempts_left"):
        learning.start_attempt(user=lin, sitting_id=sitting.pk)
    time.pass_(days=89)
    assert learning.start_test_out(user=lin, course="mine/course") == sitting
    time.pass_(days=2)
    assert learning.start_test_out(user=lin, course="mine/course") != sitting


def test_a_sitting_of_ones_own_is_nobody_elses(course, lin) -> None:
    on(lin)
    sitting = learning.start_test_out(user=lin, course="mine/course")
    other = a_trainee()
    with pytest.raises(people.NotVisibleError):
        learning.start_attempt(user=other, sitting_id=sitting.pk)
    assert sitting in learning.sittings_for(user=lin)
    assert sitting not in learning.sittings_for(user=other)


# -- the exam that ends a course --------------------------------------------------------------------------------------


def test_the_exam_opens_after_the_lessons_and_completes_the_course(course, lin) -> None:
    on(lin)
    with pytest.raises(InputError, match=r"curriculum\.first"):
        learning.start_course_exam(user=lin, course="mine/course")
    learns(lin, "mine/solve")
    learns(lin, "mine/calm")
    sitting = learning.start_course_exam(user=lin, course="mine/course")
    takes(lin, sitting, (*SOLVING, *CALMING))
    assert done(lin)["course:mine/course"] == "passed"
    assert done(lin)["lesson:mine/solve"] == "learnt"


def test_a_result_is_followed_once_however_often_its_steps_are_taken(course, lin) -> None:
    on(lin)
    attempt = takes(lin, learning.start_test_out(user=lin, course="mine/course"), (*SOLVING, *CALMING))
    n = learning.Completion.objects.count()
    for _ in range(2):
        following.follow(fresh(attempt))
    assert learning.Completion.objects.count() == n


def test_a_result_that_is_no_longer_passed_takes_back_what_it_completed(course, lin) -> None:
    attempt = takes(lin, an_open_exam(lin), (*SOLVING, *CALMING))
    assert done(lin) == {"exam:mine/exam": "passed"}
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=False)
    following.follow(fresh(attempt))
    assert done(lin) == {}
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=True)
    following.follow(fresh(attempt))
    assert done(lin) == {"exam:mine/exam": "passed"}


def test_a_result_that_cannot_be_followed_leaves_their_turn_to_those_after_it(course, lin, monkeypatch) -> None:
    sitting = an_open_exam(lin)
    with monkeypatch.context() as broken:
        broken.setattr(following, "STEPS", ())
        first, second = (takes(lin, sitting, (*SOLVING, *CALMING)) for _ in range(2))
    learning.Attempt.objects.update(followed_at=None)
    monkeypatch.setattr(following, "_MOST_AT_ONCE", 1)
    monkeypatch.setattr(following, "_resting", {})

    def step(attempt: learning.Attempt) -> None:
        if attempt.number == 1:
            raise RuntimeError

    monkeypatch.setattr(following, "STEPS", (step,))
    for _ in range(2):
        following.follow_due()
    assert fresh(first).followed_at is None
    assert fresh(second).followed_at is not None


def test_a_course_that_rested_on_a_pass_taken_back_goes_on_and_its_task_is_open_again(course, lin) -> None:
    row = on(lin)
    learns(lin, "mine/solve")
    learns(lin, "mine/calm")
    attempt = takes(lin, learning.start_course_exam(user=lin, course="mine/course"), (*SOLVING, *CALMING))
    row.refresh_from_db()
    assert row.completed_at is not None
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=False)
    following.follow(fresh(attempt))
    row.refresh_from_db()
    assert row.completed_at is None
    assert set(done(lin)) == {"lesson:mine/solve", "lesson:mine/calm"}
    assert record.Assignment.objects.get(pk=row.assignment_id).done_at is None
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=True)
    following.follow(fresh(attempt))
    row.refresh_from_db()
    assert row.completed_at is not None
    assert done(lin)["course:mine/course"] == "passed"
    assert record.Assignment.objects.get(pk=row.assignment_id).done_at is not None


def test_a_path_is_taken_back_with_its_course_and_a_pass_elsewhere_keeps_both(tmp_path, course, lin) -> None:
    installed(tmp_path, a_path("mine/course"), version="2")
    row = learning.enrol(actor=None, employees=[lin.employee], what="path:mine/path")[0]
    learns(lin, "mine/solve")
    learns(lin, "mine/calm")
    attempts = [takes(lin, an_open_exam(lin), (*SOLVING, *CALMING)) for _ in range(2)]
    for n, attempt in enumerate(attempts):
        assert {"course:mine/course", "path:mine/path"} <= set(done(lin)), n
        learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=False)
        following.follow(fresh(attempt))
    assert set(done(lin)) == {"lesson:mine/solve", "lesson:mine/calm"}
    row.refresh_from_db()
    assert row.completed_at is None


# -- after a failure --------------------------------------------------------------------------------------------------


def test_who_fails_is_given_the_weak_lessons_once_and_told(course, time, lin) -> None:
    attempt = takes(lin, an_open_exam(lin), SOLVING)
    for _ in range(2):
        following.follow(fresh(attempt))
    (task,) = record.Assignment.objects.filter(kind="lesson")
    assert task.target == "mine/calm"
    assert (task.due_at - time.at).days == 7
    (row,) = learning.Enrolment.objects.all()
    assert (row.how, row.attempt) == ("remedial", attempt)


def test_the_exam_is_taken_again_after_the_remedial_lessons_are_learnt(course, time, lin) -> None:
    learns(lin, "mine/calm")
    time.pass_(minutes=1)
    sitting = an_open_exam(lin)
    takes(lin, sitting, SOLVING)
    time.pass_(days=2)
    entry = learning.entry_for(user=lin, sitting_id=sitting.pk)
    assert [row.what for row in entry.lessons] == ["lesson:mine/calm"]
    assert entry.refusal is not None
    with pytest.raises(InputError, match="remedial_first"):
        learning.start_attempt(user=lin, sitting_id=sitting.pk)
    view = learning.lesson_of(user=lin, key="mine/calm")
    assert (view.round.number, view.is_over) == (2, False)  # learnt once before the exam showed that it did not last
    learns(lin, "mine/calm")
    assert learning.entry_for(user=lin, sitting_id=sitting.pk).refusal is None
    assert record.Assignment.objects.get(kind="lesson").done_at is not None
    assert takes(lin, sitting, (*SOLVING, *CALMING)).is_passed


def test_a_remedial_lesson_that_is_taken_back_is_not_waited_for(course, lin) -> None:
    sitting = an_open_exam(lin)
    takes(lin, sitting, SOLVING)
    record.cancel_assignment(actor=None, assignment=record.Assignment.objects.get(kind="lesson"))
    assert learning.start_attempt(user=lin, sitting_id=sitting.pk).number == 2


def test_a_second_failure_asks_for_the_lesson_once_more(course, time, lin) -> None:
    sitting = an_open_exam(lin)
    for _ in range(2):
        takes(lin, sitting, SOLVING)
        time.pass_(minutes=1)
        learns(lin, "mine/calm")
        time.pass_(minutes=1)
    assert learning.Enrolment.objects.filter(how="remedial", completed_at__isnull=False).count() == 2
    assert learning.LessonRound.objects.filter(lesson="mine/calm").count() == 2


def test_who_passes_after_all_need_not_learn_what_the_failure_asked_for(course, lin) -> None:
    attempt = takes(lin, an_open_exam(lin), SOLVING)
    learning.Attempt.objects.filter(pk=attempt.pk).update(is_passed=True)
    for _ in range(2):
        following.follow(fresh(attempt))
    task = record.Assignment.objects.get(kind="lesson")
    assert task.cancelled_at is not None
    assert "合格" in task.cancel_reason


def test_what_the_clock_kept_from_or_was_taken_out_shows_no_weakness(course, lin) -> None:
    attempt = takes(lin, an_open_exam(lin), SOLVING)
    rows = attempt.responses.filter(item__in=[f"{BANK}#{name}" for name in CALMING]).order_by("number")
    with base.bookkeeping():
        rows.filter(pk=rows[0].pk).update(is_reached=False)
        rows.filter(pk=rows[1].pk).update(of=0)
    assert set(after.scores_of(fresh(attempt))) == {"problem_solving"}


def test_a_used_up_course_exam_opens_anew_once_the_lessons_of_the_failure_are_learnt(course, time, lin) -> None:
    on(lin)
    learns(lin, "mine/solve")
    learns(lin, "mine/calm")
    sitting = learning.start_course_exam(user=lin, course="mine/course")
    for _ in range(3):
        time.pass_(minutes=1)
        takes(lin, sitting, SOLVING)
        assert learning.start_course_exam(user=lin, course="mine/course") == sitting
        time.pass_(minutes=1)
        learns(lin, "mine/calm")
    again = learning.start_course_exam(user=lin, course="mine/course")
    assert again != sitting
    assert learning.start_course_exam(user=lin, course="mine/course") == again
    assert takes(lin, again, (*SOLVING, *CALMING)).is_passed


def test_a_course_for_other_posts_is_tested_out_of_only_by_who_is_on_it(tmp_path, course, lin) -> None:
    units = ["lesson:mine/solve", "lesson:mine/calm"]
    closed = {"obligation": "by_post", "posts": ["phone_agent"], "test_out": "mine/exam", "exam": "mine/exam"}
    installed(tmp_path, a_course("mine/phone", units=units, **closed))
    with pytest.raises(InputError, match="course_of_other_posts"):
        learning.start_test_out(user=lin, course="mine/phone")
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/phone")
    assert learning.start_test_out(user=lin, course="mine/phone").exam == "mine/exam"


# -- attempts that are used up ----------------------------------------------------------------------------------------


@pytest.fixture
def lead(db) -> people.User:
    return a_login("lead", "training_manager", employee=an_employee("lead"))


@pytest.fixture
def used_up(tmp_path, time, lin) -> learning.Sitting:
    """The one attempt at the exam of a course is failed, and no lesson was to be learnt again."""
    exam = an_exam(fixed=[{"item": f"{BANK}#s1"}], drawn=[], attempts=1)
    course = a_course(exam="mine/exam")
    installed(tmp_path, a_bank(an_item("s1")), a_lesson(check={"items": [f"{BANK}#s1"]}), exam, course)
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")
    learns(lin, "mine/first")
    sitting = learning.start_course_exam(user=lin, course="mine/course")
    takes(lin, sitting)
    return sitting


def test_who_leads_is_told_once_when_attempts_are_used_up_and_the_person_sees_whom_it_waits_for(
    tmp_path, time, lin, lead, used_up
) -> None:
    for attempt in learning.attempts_of(user=lin):
        following.follow(attempt)
    told = [one for one in base.inbox_of(user=lead) if one.key == "inbox.course_exam_used_up"]
    assert len(told) == 1
    assert list(learning.waits_for(user=lin, course="mine/course")) == [lead]


def test_one_more_attempt_is_given_with_a_reason_by_who_leads_and_not_twice(lin, lead, used_up) -> None:
    give = lambda actor, why="一起过了错题": learning.give_attempt(actor=actor, sitting_id=used_up.pk, reason=why)  # noqa: E731
    for other in (lin, a_login("far", "supervisor", unit=a_unit())):
        with pytest.raises(people.NotVisibleError):
            give(other)
    with pytest.raises(InputError, match="empty"):
        give(lead, " ")
    assert give(lead).attempts_allowed == 2
    with pytest.raises(InputError, match="attempt_left"):
        give(lead)
    assert not learning.waits_for(user=lin, course="mine/course")
    assert takes(lin, learning.start_course_exam(user=lin, course="mine/course"), ("s1",)).is_passed
    assert "inbox.course_attempt_given" in [one.key for one in base.inbox_of(user=lin)]
