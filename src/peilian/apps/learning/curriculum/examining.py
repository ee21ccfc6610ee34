"""Exams of a course (课程考试、免修测试): somebody opens the sitting that is one's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from peilian.adapters.packs.teaching import CourseDocument
from peilian.apps.base.api import refuse, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.enrolling import may_join
from peilian.apps.learning.curriculum.keeping import keep_up
from peilian.apps.learning.curriculum.progress import CourseView, Progress, counting, done_of, preview_of
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.exams.sittings import new_sitting
from peilian.apps.learning.models import AttemptState, CourseExam, Enrolment, Sitting
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee
from peilian.engine._kernel import Fault, InputError

if TYPE_CHECKING:
    from peilian.apps.people.api import User

TEST_OUT_AGAIN = timedelta(days=90)
"""After this long a course may be tested out of once more; before that its lessons are the way."""


def start_test_out(*, user: User, course: str) -> Sitting:
    """The sitting in which the user may show that lessons of a course need not be learnt: one attempt. Opened when
    there is none; the same for a second click. Who is not on the course needs a post that it is for."""
    employee, view = candidate(user), _view(user, course)
    document = view.document
    assert isinstance(document, CourseDocument)
    if not _is_on(employee, course) and not may_join(user, document):
        raise refuse("curriculum.course_of_other_posts", "course")
    if document.test_out is None:
        raise refuse("curriculum.no_test_out", "course")
    if all(unit.standing.state == "done" for unit in view.units if unit.kind == "lesson"):
        raise refuse("curriculum.nothing_to_test_out", "course")
    return _sitting(user, employee, course, document.test_out, is_test_out=True)


def start_course_exam(*, user: User, course: str) -> Sitting:
    """The sitting of the exam that ends a course, once everything before it is done. When its attempts are used up, a
    new one follows the lessons that the last failure asked for."""
    employee, view = candidate(user), _view(user, course)
    document = view.document
    assert isinstance(document, CourseDocument)
    if document.exam is None:
        raise refuse("curriculum.no_course_exam", "course")
    unit = next((one for one in view.units if one.what == f"exam:{document.exam}"), None)
    if unit is not None and unit.standing.state == "locked" and unit.standing.reason is not None:
        raise InputError(Fault(unit.standing.reason, field="course"))
    return _sitting(user, employee, course, document.exam, is_test_out=False)


def course_view(user: User, employee: Employee, course: str, on: Sequence[Progress] | None = None) -> CourseView:
    """A course as the person has it: in the version one is on, by itself or on a path; else the one in force.
    ``on``: what the person is on, where that was just brought up to date."""
    what = f"course:{course}"
    on = keep_up(employee) if on is None else on
    found = [(one, view) for one in on for view in one.courses if view.what == what]
    found.sort(key=lambda each: each[0].enrolment.kind != "course")
    if found:
        return found[0][1]
    library.content(user=user, kind="course", key=course)
    done = counting(done_of([employee.pk]).get(employee.pk, ()), None)
    return preview_of(what, done, clock.now())


def _is_on(employee: Employee, course: str) -> bool:
    """Whether somebody is on a course, by itself or on a path."""
    live = Enrolment.objects.live().filter(employee=employee)
    return any(row.what == f"course:{course}" or course in row.courses for row in live)


def _view(user: User, course: str) -> CourseView:
    return course_view(user, candidate(user), course)


def _is_spent(row: CourseExam, now: datetime) -> bool:
    """Whether no attempt is left, the last one failed, the lessons that it asked for are learnt, and the wait is over.
    Where nothing was to be learnt, the limit of the exam stands: whoever leads opens another sitting."""
    attempts = list(row.sitting.attempts.filter(employee=row.employee_id).order_by("number"))
    allowed = row.sitting.attempts_allowed
    if allowed is None or len(attempts) < allowed:
        return False
    last = attempts[-1]
    if last.state != AttemptState.MARKED or last.is_passed or last.handed_in_at is None:
        return False
    if now < last.handed_in_at + timedelta(hours=row.sitting.wait_hours):
        return False
    lessons = Enrolment.objects.filter(attempt=last)
    return lessons.exists() and not lessons.live().exists()


def _sitting(user: User, employee: Employee, course: str, exam: str, *, is_test_out: bool) -> Sitting:
    """The one that is open for this, else a new one."""
    with write(actor=user, verb="learning.open_course_exam") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        now = clock.now()
        rows = CourseExam.objects.filter(employee=employee, course=course, is_test_out=is_test_out)
        rows = rows.filter(sitting__exam=exam, sitting__cancelled_at=None).select_related("sitting")
        row: CourseExam | None = rows.first()
        if row is not None and not (now >= row.opened_at + TEST_OUT_AGAIN if is_test_out else _is_spent(row, now)):
            audit.unchanged()
            return row.sitting
        sitting = new_sitting(exam, actor=user, now=now)
        if is_test_out:
            sitting.attempts_allowed = 1
        sitting.save(force_insert=True)
        audit.created(sitting)
        made = CourseExam(
            sitting=sitting, employee=employee, course=course, is_test_out=is_test_out, opened_at=now
        )  # fmt: skip
        made.save(force_insert=True)
        audit.created(made)
    return sitting
