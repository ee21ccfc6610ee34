"""Paths, courses and lessons that people are on: coming to them, getting on, and being done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.learning.curriculum import keeping
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit
from support.company import a_login
from support.curriculum import RIGHT, a_course, a_lesson, a_path, answers, learns, taught
from support.exams import ExamClock
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


def alone(user: people.User, what: str = "course:mine/course") -> learning.Enrolment:
    return learning.enrol(actor=user, employees=[user.employee], what=what, how="self")[0]


def given(user: people.User, what: str = "course:mine/course", **more: object) -> learning.Enrolment:
    return learning.enrol(actor=None, employees=[user.employee], what=what, **more)[0]  # type: ignore[arg-type]


def states(user: people.User, key: str = "mine/course") -> str:
    return " ".join(unit.standing.state for unit in learning.course_of(user=user, key=key).view.units)


def two_lessons(tmp_path, **more) -> None:
    taught(
        tmp_path, a_lesson(), a_lesson("mine/second"),
        a_course(units=["lesson:mine/first", "lesson:mine/second"], **more),
    )  # fmt: skip


# -- coming to it -----------------------------------------------------------------------------------------------------


def test_whoever_comes_to_a_course_alone_is_on_it_once_and_has_no_task(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    assert alone(lin) == alone(lin)
    assert not record.Assignment.objects.exists()
    (one,) = learning.learning_of(user=lin).going_on
    assert one.percent == 0
    assert one.next is not None
    assert one.next.what == "lesson:mine/first"


def test_an_assigned_course_is_a_task_that_is_told_once(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    due = time.at + timedelta(days=9)
    row = given(lin, due_at=due)
    assert given(lin, due_at=due) == row
    (task,) = record.Assignment.objects.all()
    assert (task.kind, task.target) == ("course", "mine/course")
    assert row.assignment == task
    assert learning.learning_of(user=lin).going_on[0].due_at == due


def test_who_came_alone_and_is_assigned_later_keeps_the_place_and_gets_the_task(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    first = alone(lin)
    row = given(lin)
    assert row.pk == first.pk
    assert row.assignment is not None
    assert row.how == "assigned"


def test_a_lead_assigns_to_the_own_people_and_nobody_else_gets_anything(tmp_path, time) -> None:
    two_lessons(tmp_path)
    unit = a_unit()
    lead, one = a_trainee(role="supervisor", unit=unit), a_trainee(unit=unit)
    stranger = a_trainee(unit=a_unit())
    with pytest.raises(people.NotVisibleError):
        learning.enrol(actor=lead, employees=[one.employee, stranger.employee], what="course:mine/course")
    assert not learning.Enrolment.objects.exists()
    (row,) = learning.enrol(actor=lead, employees=[one.employee], what="course:mine/course")
    assert row.started_by == lead
    with pytest.raises(people.NotVisibleError):
        learning.enrol(actor=one, employees=[lead.employee], what="course:mine/course")


def test_an_elective_of_other_posts_is_not_for_everybody_who_wants_it(tmp_path, time, lin) -> None:
    two_lessons(tmp_path, obligation="by_post", posts=["phone_agent"])
    with pytest.raises(InputError, match="course_of_other_posts"):
        alone(lin)
    assert given(lin).how == "assigned"
    post = people.add_post(actor=None, code="phone_agent", name={"zh": "电话客服"})
    unit = people.Membership.objects.get(employee=lin.employee).unit
    other = a_trainee()
    people.place_employee(actor=None, employee=other.employee, unit=unit, post=post, starts_on=time.at.date())
    assert alone(other).how == "self"


@pytest.mark.parametrize("what", ["course:mine/none", "article:mine/course", "mine/course", ""])
def test_what_cannot_be_learnt_is_refused(tmp_path, time, lin, what) -> None:
    two_lessons(tmp_path)
    with pytest.raises(InputError, match="not_to_be_learnt"):
        given(lin, what)


def test_a_task_that_is_taken_back_ends_the_enrolment_and_it_can_be_given_again(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    row = given(lin)
    record.cancel_assignment(actor=None, assignment=row.assignment)
    assert learning.learning_of(user=lin).going_on == ()
    again = given(lin)
    assert again.pk != row.pk
    assert len(learning.learning_of(user=lin).going_on) == 1


def test_one_leaves_what_one_came_to_alone_and_nothing_that_was_assigned(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    row = alone(lin)
    with pytest.raises(people.NotVisibleError):
        learning.leave(user=a_trainee(), enrolment_id=row.pk)
    learning.leave(user=lin, enrolment_id=row.pk)
    learning.leave(user=lin, enrolment_id=row.pk)
    assert learning.learning_of(user=lin).going_on == ()
    assigned = given(lin)
    with pytest.raises(InputError, match="assigned_not_left"):
        learning.leave(user=lin, enrolment_id=assigned.pk)


def test_a_login_without_an_employee_learns_nothing(tmp_path, time) -> None:
    two_lessons(tmp_path)
    with pytest.raises(people.NotVisibleError):
        learning.learning_of(user=a_login("chief", "training_manager"))


# -- getting on -------------------------------------------------------------------------------------------------------


def test_units_open_one_after_the_other_and_the_last_one_completes_the_course_and_its_task(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    row = given(lin)
    assert states(lin) == "next locked"
    with pytest.raises(InputError, match=r"curriculum\.first"):
        answers(lin, 1, RIGHT, "mine/second")
    learns(lin)
    assert states(lin) == "done next"
    time.pass_(minutes=5)
    learns(lin, "mine/second")
    row.refresh_from_db()
    assert row.completed_at == time.at
    task = record.Assignment.objects.get()
    assert task.done_at is not None
    assert task.is_passed
    what = set(learning.Completion.objects.values_list("what", flat=True))
    assert what == {"lesson:mine/first", "lesson:mine/second", "course:mine/course"}
    done = learning.learning_of(user=lin)
    assert (done.going_on, done.completed) == ((), (row,))


def test_in_a_course_without_order_everything_is_open(tmp_path, time, lin) -> None:
    two_lessons(tmp_path, ordered=False)
    alone(lin)
    assert states(lin) == "next open"
    learns(lin, "mine/second")
    assert states(lin) == "next done"


def test_a_lesson_that_nothing_asks_for_is_open_to_all(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    learns(lin, "mine/second")
    alone(lin)
    assert states(lin) == "next done"


def test_the_courses_of_a_path_come_in_order_and_complete_it(tmp_path, time, lin) -> None:
    taught(
        tmp_path, a_lesson(), a_lesson("mine/second"), a_course("mine/one"),
        a_course("mine/two", ["lesson:mine/second"], requires=["mine/one"]), a_path("mine/one", "mine/two", days=30),
    )  # fmt: skip
    row = given(lin, "path:mine/path")
    (one,) = learning.learning_of(user=lin).going_on
    assert [course.standing.units[0].state for course in one.courses] == ["next", "locked"]
    learns(lin)
    (one,) = learning.learning_of(user=lin).going_on
    assert [course.standing.units[0].state for course in one.courses] == ["done", "next"]
    assert one.percent == 50
    learns(lin, "mine/second")
    row.refresh_from_db()
    assert row.completed_at is not None
    assert learning.Completion.objects.filter(what="path:mine/path").count() == 1
    assert learning.Completion.objects.filter(what__startswith="course:").count() == 2


def test_somebody_who_cannot_be_brought_up_to_date_keeps_nobody_elses_back(tmp_path, time, lin, monkeypatch) -> None:
    two_lessons(tmp_path)
    other = a_trainee()
    rows = [alone(lin), alone(other)]
    seen = []

    def broken(employee: people.Employee) -> None:
        seen.append(employee.pk)
        raise RuntimeError

    monkeypatch.setattr(keeping, "keep_up", broken)
    assert learning.keep_up_due() == 2
    assert set(seen) == {lin.employee_id, other.employee_id}
    for row in rows:
        row.refresh_from_db()
        assert row.looked_at is not None


def test_a_unit_is_due_at_the_end_of_its_day_and_overdue_after_it(tmp_path, time, lin) -> None:
    units = [{"what": "lesson:mine/first", "days": 2}, {"what": "lesson:mine/second", "days": 40}]
    taught(tmp_path, a_lesson(), a_lesson("mine/second"), a_course(units=units))
    alone(lin)
    time.pass_(days=1)
    assert learning.learning_of(user=lin).going_on[0].n_overdue == 0
    time.pass_(days=2)
    assert learning.learning_of(user=lin).going_on[0].n_overdue == 1


def test_an_article_is_done_when_it_is_read_in_its_turn(tmp_path, time, lin) -> None:
    article = {
        "kind": "article",
        "schema_version": 1,
        "key": "mine/text",
        "title": {"zh": "文章"},
        "body": {"zh": "正文"},
    }
    taught(tmp_path, a_lesson(), article, a_course(units=["lesson:mine/first", "article:mine/text"]))
    with pytest.raises(InputError, match="no_unit_of_yours"):
        learning.read_done(user=lin, what="article:mine/text")
    row = alone(lin)
    with pytest.raises(InputError, match=r"curriculum\.first"):
        learning.read_done(user=lin, what="article:mine/text")
    learns(lin)
    first = learning.read_done(user=lin, what="article:mine/text")
    assert first.how == "read"
    row.refresh_from_db()
    assert row.completed_at is not None


def test_a_unit_whose_text_is_gone_holds_nobody_back(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    alone(lin)
    learning.course_of(user=lin, key="mine/course")
    library.retire(actor=None, content=library.Content.objects.get(key="mine/first"), why="不再使用")
    view = learning.course_of(user=lin, key="mine/course").view
    assert [unit.is_gone for unit in view.units] == [True, False]
    assert view.next is not None
    assert view.next.key == "mine/second"


# -- versions ---------------------------------------------------------------------------------------------------------


def test_who_is_on_a_course_stays_on_its_version_until_one_moves(tmp_path, time, lin) -> None:
    two_lessons(tmp_path)
    row = alone(lin)
    newer = a_course(units=["lesson:mine/second"], version="2")
    newer.pop("version")
    installed(tmp_path, newer)
    page = learning.course_of(user=lin, key="mine/course")
    assert len(page.view.units) == 2
    assert page.on is not None
    assert page.on.has_newer
    other = a_trainee()
    alone(other)
    assert len(learning.course_of(user=other, key="mine/course").view.units) == 1
    with pytest.raises(people.NotVisibleError):
        learning.move_to_newer(user=other, enrolment_id=row.pk)
    learning.move_to_newer(user=lin, enrolment_id=row.pk)
    page = learning.course_of(user=lin, key="mine/course")
    assert len(page.view.units) == 1
    assert page.on is not None
    assert not page.on.has_newer


def test_a_course_that_was_completed_is_learnt_anew_when_it_is_given_again(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson(), a_course())
    given(lin)
    learns(lin)
    assert learning.learning_of(user=lin).going_on == ()
    time.pass_(days=200)
    given(lin)
    assert states(lin) == "next"
    time.pass_(minutes=1)
    learns(lin)
    assert learning.learning_of(user=lin).going_on == ()
    assert learning.Completion.objects.filter(what="course:mine/course").count() == 2


# -- who sees what ----------------------------------------------------------------------------------------------------


def test_a_lead_sees_where_the_own_people_are_and_nobody_elses(tmp_path, time) -> None:
    two_lessons(tmp_path)
    unit = a_unit()
    lead, one, stranger = a_trainee(role="supervisor", unit=unit), a_trainee(unit=unit), a_trainee(unit=a_unit())
    for user in (one, stranger):
        given(user)
    (row,) = learning.team_learning(user=lead)
    assert row.employee == one.employee
    assert learning.team_learning(user=lead, what="course:mine/other") == []
    assert len(learning.learning_of_others(user=lead, employee=one.employee)) == 1
    with pytest.raises(people.NotVisibleError):
        learning.learning_of_others(user=lead, employee=stranger.employee)
    with pytest.raises(people.NotVisibleError):
        learning.team_learning(user=one)


def test_the_catalogue_tells_what_one_is_on_and_has_done(tmp_path, time, lin) -> None:
    taught(tmp_path, a_lesson(), a_course(), a_course("mine/other", obligation="by_post", posts=["somebody"]))
    alone(lin)
    one, other = learning.catalogue(user=lin)
    assert (one.is_on, one.is_done, one.may_join) == (True, False, True)
    assert (other.is_on, other.may_join) == (False, False)
    learns(lin)
    learning.learning_of(user=lin)
    assert learning.catalogue(user=lin)[0].is_done
