"""Sittings (考试场次): an exam is opened for some people or for all, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.papers import languages_of, why_not_set
from peilian.apps.learning.models import Attempt, AttemptState, CourseExam, Sitting
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError, Permission, User, visible_to
from peilian.apps.record import api as record
from peilian.engine._kernel import Fault, InputError

_MOST_MINUTES, _MOST_ATTEMPTS = 600, 20


@dataclass(frozen=True, slots=True)
class NewSitting:
    """What is opened: the key of an exam, and when. ``due_at`` is told to who is assigned, ``note`` to who takes it.

    ``minutes`` and ``attempts`` stand in the place of those of the paper (``None``: as the paper says). ``batch`` is
    the id of one act of opening and makes a second click harmless. ``makes_up_for``: the sitting that this one is a
    make-up for.
    """

    exam: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    is_for_all: bool = False
    due_at: datetime | None = None
    note: str = ""
    minutes: int | None = None
    attempts: int | None = None
    batch: UUID | None = None
    makes_up_for: Sitting | None = None


def open_sitting(
    *, actor: User | None, what: NewSitting, employees: Sequence[Employee] = (), needs: Sequence[record.Need] = ()
) -> Sitting:
    """Open an exam and assign it to ``employees``, each of whom is told; all or nobody. ``InputError`` when the exam is
    not in force or its banks cannot fill it in any language. Who may assign training to all of them; an exam for
    everybody takes somebody who may assign training to all."""
    now = clock.now()
    sitting = new_sitting(what.exam, actor=actor, now=now)
    opens, note = what.opens_at or now, short(what.note, "note")
    _check(what, max(opens, now))
    if not employees and not what.is_for_all:
        raise refuse("record.nobody_chosen", "employees")
    if actor is not None and what.is_for_all:
        everybody = visible_to(actor).employees(Permission.ASSIGN_TRAINING).count()
        if everybody < Employee.objects.count():
            raise NotVisibleError
    with write(actor=actor, verb="learning.open_sitting") as audit:
        if (there := _sent_before(actor, what.batch)) is not None:
            audit.unchanged()
            return there
        sitting.pk = what.batch or sitting.pk
        sitting.opens_at, sitting.closes_at, sitting.is_for_all = opens, what.closes_at, what.is_for_all
        sitting.minutes = what.minutes or sitting.minutes
        sitting.attempts_allowed = what.attempts or sitting.attempts_allowed
        sitting.makes_up_for, sitting.note = what.makes_up_for, note
        sitting.save(force_insert=True)
        audit.created(sitting)
        if employees:
            task = new_assignment(sitting, what.due_at, note)
            record.assign(actor=actor, employees=employees, needs=needs, what=task)
    return sitting


def new_sitting(exam: str, *, actor: User | None, now: datetime) -> Sitting:
    """A sitting of an exam as it is written now, from ``now`` on; the caller stores it. ``InputError`` when the exam is
    not in force or its banks cannot fill it in any language."""
    version, document = current_exam(exam)
    if not languages_of(document):
        raise InputError(Fault(why_not_set(document), field="exam"))
    return Sitting(
        version=version,
        exam=exam,
        title=document.title.model_dump(exclude_none=True),
        opens_at=now,
        minutes=document.minutes,
        attempts_allowed=document.attempts,
        wait_hours=document.wait_hours,
        created_at=now,
        created_by=actor,
    )


def _check(what: NewSitting, begins: datetime) -> None:
    if what.closes_at is not None and what.closes_at <= begins:
        raise refuse("learning.closes_before_it_opens", "closes_at")
    if what.minutes is not None and not 1 <= what.minutes <= _MOST_MINUTES:
        raise refuse("learning.minutes_bounds", "minutes", most=_MOST_MINUTES)
    if what.attempts is not None and not 1 <= what.attempts <= _MOST_ATTEMPTS:
        raise refuse("learning.attempts_bounds", "attempts", most=_MOST_ATTEMPTS)


def _sent_before(actor: User | None, batch: UUID | None) -> Sitting | None:
    """What one act of opening has opened; whoever opened it is kept waiting until it is stored."""
    if batch is None:
        return None
    if actor is not None:  # two clicks of one person come one after the other
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    there: Sitting | None = Sitting.objects.filter(pk=batch).first()
    if there is not None and there.created_by_id != (actor.pk if actor is not None else None):
        raise NotVisibleError
    return there


def cancel_sitting(*, actor: User | None, sitting_id: UUID, reason: str) -> Sitting:
    """Take a sitting back: nobody can begin any more and who was assigned it is told; attempts that run go on to their
    end. Who opened it, or who may assign training to all who were assigned it (to everybody, where all may take it)."""
    why = short(reason, "reason")
    if not why:
        raise refuse("learning.cancelling_needs_reason", "reason")
    with write(actor=actor, verb="learning.cancel_sitting") as audit:
        row = Sitting.objects.select_for_update().filter(pk=sitting_id).first()
        if row is None or (actor is not None and not _may_cancel(actor, row)):
            raise NotVisibleError
        if row.cancelled_at is not None:
            audit.unchanged()
            return row
        row.cancelled_at, row.cancelled_by, row.cancel_reason = clock.now(), actor, why
        row.save()
        audit.changed(row, cancelled_at=None, cancelled_by=None, cancel_reason="")
        running = Attempt.objects.filter(sitting=row, state=AttemptState.RUNNING).values("employee")
        for assigned in _assigned(row).filter(done_at=None, cancelled_at=None).exclude(employee__in=running):
            record.cancel_assignment(actor=None, assignment=assigned, reason=why)
    return row


def _may_cancel(actor: User, sitting: Sitting) -> bool:
    sight = visible_to(actor)
    if not sight.may(Permission.ASSIGN_TRAINING):
        return False
    led = sight.employees(Permission.ASSIGN_TRAINING)
    if sitting.is_for_all:
        return led.count() == Employee.objects.count()
    assigned = set(_assigned(sitting).values_list("employee", flat=True))
    if not assigned:  # the exam of somebody's course, or nobody's any more
        return sitting.created_by_id == actor.pk
    return sitting.created_by_id == actor.pk or led.filter(pk__in=assigned).count() == len(assigned)


def _assigned(sitting: Sitting) -> QuerySet[record.Assignment]:
    return record.Assignment.objects.filter(kind=record.AssignmentKind.EXAM, target=str(sitting.pk))


def led_by(user: User) -> QuerySet[Sitting]:
    """The sittings that a person who assigns training opened, or that are assigned to people whom the person leads."""
    sight = visible_to(user)
    if not sight.may(Permission.ASSIGN_TRAINING):
        return Sitting.objects.none()
    led = sight.employees(Permission.ASSIGN_TRAINING)
    targets = record.Assignment.objects.filter(
        kind=record.AssignmentKind.EXAM, employee__in=led
    ).values_list("target", flat=True)  # fmt: skip
    return Sitting.objects.filter(created_by=user) | Sitting.objects.filter(pk__in=list(targets))


def sittings_for(*, user: User) -> QuerySet[Sitting]:
    """What a person may take: what is open to all, what was assigned to them, and the exams of their courses."""
    if user.employee_id is None:
        return Sitting.objects.none()
    mine = record.Assignment.objects.filter(
        kind=record.AssignmentKind.EXAM, employee=user.employee_id, cancelled_at=None
    ).values_list("target", flat=True)  # fmt: skip
    own = CourseExam.objects.filter(employee=user.employee_id).values_list("sitting", flat=True)
    rows = Sitting.objects.filter(cancelled_at=None)
    return rows.filter(is_for_all=True) | rows.filter(pk__in=[*mine, *own])


def exams_in_force() -> dict[str, tuple[library.ContentVersion, ExamDocument]]:
    """The papers that can be opened, by key."""
    return {
        one.key: (one.version, one.document)
        for one in library.in_force(kind="exam")
        if isinstance(one.document, ExamDocument)
    }


def current_exam(key: str) -> tuple[library.ContentVersion, ExamDocument]:
    """The paper of that key that is in force, with its version; ``InputError`` when there is none."""
    if (found := exams_in_force().get(key)) is not None:
        return found
    raise refuse("learning.exam_not_in_force", "exam")


def new_assignment(sitting: Sitting, due_at: datetime | None, note: str) -> record.NewAssignment:
    """The task of who is assigned a sitting."""
    return record.NewAssignment(
        target=str(sitting.pk),
        title=sitting.title,
        kind=record.AssignmentKind.EXAM,
        due_at=due_at or sitting.closes_at,
        attempts_allowed=sitting.attempts_allowed,
        note=note,
        link=f"/exams/{sitting.pk}/",
    )
