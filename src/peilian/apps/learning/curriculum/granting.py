"""Another attempt at the exam of a course (加考一次): when the attempts are used up and nothing was to be learnt again,
who leads the person decides whether there is one more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import CharField, QuerySet, UUIDField

from peilian.apps.base.api import Argument, Prepared, inbox_of, refuse, short, write
from peilian.apps.learning.exams.deciders import deciders_of
from peilian.apps.learning.models import Attempt, AttemptState, CourseExam, Enrolment, Sitting
from peilian.apps.learning.telling import tell_person, tell_user
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class UsedUp:
    """An exam of a course that somebody failed for good as it stands, with the attempts, the first one first."""

    link: CourseExam
    attempts: tuple[Attempt, ...]


def waits_for(*, user: User, course: str) -> Sequence[User]:
    """Who decides whether the user has another attempt at the exam of a course; nobody while the way is open."""
    if user.employee is None:
        return ()
    row = _LINK.first(employee=user.employee.pk, course=course)
    return deciders_of(user.employee) if row is not None and _used_up(row) is not None else ()


def used_up_exam(*, user: User, sitting_id: UUID) -> UsedUp | None:
    """The used-up exam of somebody to whom the user may assign training; ``None`` when an attempt is left. Absent,
    forbidden and one's own give the same answer."""
    row = _links().filter(sitting=sitting_id).first()
    if row is None or not _may_give(user, row.employee):
        raise NotVisibleError
    return _used_up(row)


def give_attempt(*, actor: User, sitting_id: UUID, reason: str) -> Sitting:
    """Give one more attempt at the used-up exam of a course; the reason is kept and the person told. Who may assign
    training to the person, never to oneself. A second click gives nothing more."""
    why = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="learning.give_attempt") as audit:
        row = _links().filter(sitting=sitting_id).first()
        if row is None or not _may_give(actor, row.employee):
            raise NotVisibleError
        Employee.objects.select_for_update(no_key=True).get(pk=row.employee_id)
        sitting = Sitting.objects.select_for_update(no_key=True).get(pk=sitting_id)
        row.sitting = sitting
        if _used_up(row) is None or sitting.attempts_allowed is None:
            raise refuse("curriculum.attempt_left")
        before, sitting.attempts_allowed = sitting.attempts_allowed, sitting.attempts_allowed + 1
        sitting.save(update_fields=["attempts_allowed"])
        audit.note(sitting, {"attempts_allowed": [before, sitting.attempts_allowed], "reason": ["", why]})
        title = sitting.title
        tell_person(row.employee, "inbox.course_attempt_given", title, link=f"/learn/courses/{row.course}/")
    return sitting


def tell_used_up(attempt: Attempt) -> None:
    """Tell who leads the person that a failure left no way on, once an attempt; a step of ``learning.following``."""
    if attempt.is_passed:
        return
    row = _OF_SITTING.first(sitting=attempt.sitting_id) if attempt.sitting_id is not None else None
    found = _used_up(row) if row is not None else None
    if row is None or found is None or found.attempts[-1].pk != attempt.pk:
        return
    link = f"/team/learning/exams/{row.sitting_id}/?attempt={attempt.number}"
    for user in deciders_of(row.employee):
        if not inbox_of(user=user).filter(key="inbox.course_exam_used_up", link=link).exists():
            tell_user(user, row.employee, "inbox.course_exam_used_up", row.sitting.title, link=link)


def _links() -> QuerySet[CourseExam]:
    return CourseExam.objects.filter(is_test_out=False).select_related("sitting", "employee").order_by("-pk")


_OF_SITTING = Prepared(lambda: _links().filter(sitting=Argument("sitting", UUIDField()))[:1])
_LINK = Prepared(
    lambda: _links().filter(
        employee=Argument("employee", UUIDField()), course=Argument("course", CharField()), sitting__cancelled_at=None
    )[:1]
)


def _may_give(user: User, employee: Employee) -> bool:
    led = visible_to(user).employees(Permission.ASSIGN_TRAINING)
    return user.employee_id != employee.pk and led.filter(pk=employee.pk).exists()


def _used_up(row: CourseExam) -> UsedUp | None:
    """All attempts taken, the last one failed, and no lessons that it asked for: those would open the exam anew."""
    allowed = row.sitting.attempts_allowed
    attempts = tuple(row.sitting.attempts.filter(employee=row.employee_id).order_by("number"))
    if allowed is None or len(attempts) < allowed or not attempts:
        return None
    last = attempts[-1]
    if last.state != AttemptState.MARKED or last.is_passed or Enrolment.objects.filter(attempt=last).exists():
        return None
    return UsedUp(row, attempts)
