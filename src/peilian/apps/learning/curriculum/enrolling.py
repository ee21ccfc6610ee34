"""Coming to a path, a course or a lesson (加入学习): by oneself, by who assigns, by a rule, after a failed exam."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import DateField, UUIDField

from peilian.adapters.packs.teaching import CourseDocument, PathDocument
from peilian.apps.base.api import Argument, Prepared, new_id, refuse, short, today_in_company, write
from peilian.apps.learning import clock
from peilian.apps.learning.curriculum.texts import Taught, in_force, title_of
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.models import Attempt, Completion, Enrolment, EnrolmentHow
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, visible_to
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_PLACES = {"path": "/learn/", "course": "/learn/courses/{key}/", "lesson": "/learn/lessons/{key}/"}
_POSTS = Prepared(
    lambda: (
        Membership.objects.on(Argument("day", DateField()))
        .filter(employee=Argument("employee", UUIDField()), post__isnull=False)
        .values_list("post__code", "post__agent_kind")
    )
)


def enrol(
    *,
    actor: User | None,
    employees: Sequence[Employee],
    what: str,
    how: EnrolmentHow | str = EnrolmentHow.ASSIGNED,
    due_at: datetime | None = None,
    note: str = "",
    needs: Sequence[record.Need] = (),
    attempt: Attempt | None = None,
    because: Mapping[str, Any] | None = None,
) -> list[Enrolment]:
    """Put people on ``what`` (``path:key``, ``course:key``, ``lesson:key``); all or nobody. Each gets a task and is
    told, but for who comes by oneself (``how="self"``).

    Who is on it already stays where one is: nothing is assigned twice. What was completed once is learnt anew. Others
    are put on something by who may assign training to all of them; oneself to what one's post allows. ``attempt`` is
    the exam that a remedial lesson follows; the same attempt asks for a lesson once. ``because`` is kept of
    what came of a rule.
    """
    if not employees:
        raise refuse("record.nobody_chosen", "employees")
    version, document = in_force(what)
    if how == EnrolmentHow.SELF:
        _check_self(actor, employees, document)
    elif actor is not None:
        _check_led(actor, employees)
    with write(actor=actor, verb="learning.enrol") as audit:
        people = Employee.objects.filter(pk__in={one.pk for one in employees}).order_by("pk")
        locked = list(people.select_for_update(no_key=True))
        known = _known(locked, what, attempt)
        fresh = [
            one for one in locked if one.pk not in known or (how != EnrolmentHow.SELF and not _is_tasked(known[one.pk]))
        ]
        tasks: dict[UUID, record.Assignment] = {}
        if fresh and how != EnrolmentHow.SELF:
            wanted = {one.pk for one in fresh}
            sent = [need for need in needs if need.employee_id in wanted]
            asked = _task(what, document, due_at, note)
            rows = record.assign(actor=actor, employees=fresh, needs=sent, what=asked)
            tasks = {row.employee_id: row for row in rows}
        found = []
        for person in locked:
            task = tasks.get(person.pk)
            row = known.get(person.pk)
            if row is None:
                row = _create(actor, person, what, version, document, str(how), due_at, task, attempt, because)
                audit.created(row)
            elif task is not None:
                before = {
                    "assignment": row.assignment, "how": row.how, "due_at": row.due_at, "because": row.because
                }  # fmt: skip
                row.assignment, row.how, row.due_at, row.because = task, str(how), due_at, dict(because or {})
                row.save(update_fields=["assignment", "how", "due_at", "because"])
                audit.changed(row, **before)
            else:
                audit.unchanged()
            found.append(row)
    return found


def leave(*, user: User, enrolment_id: UUID) -> Enrolment:
    """Leave what one came to by oneself; what was done in it stays. An assigned one is taken back by who assigned."""
    employee = candidate(user)
    with write(actor=user, verb="learning.leave") as audit:
        row = Enrolment.objects.select_for_update(of=("self",)).filter(pk=enrolment_id, employee=employee).first()
        if row is None:
            raise NotVisibleError
        if row.how != EnrolmentHow.SELF:
            raise refuse("curriculum.assigned_not_left")
        if row.completed_at is not None or row.ended_at is not None:
            audit.unchanged()
            return row
        row.ended_at, row.ended_by = clock.now(), user
        row.save(update_fields=["ended_at", "ended_by"])
        audit.changed(row, ended_at=None, ended_by=None)
    return row


def move_to_newer(*, user: User, enrolment_id: UUID) -> Enrolment:
    """Go on with the versions in force of a path or course and all its courses; what is completed stays. The person
    oneself does it, or who may assign training to the person."""
    with write(actor=user, verb="learning.move_to_newer") as audit:
        row = Enrolment.objects.select_for_update(of=("self",)).filter(pk=enrolment_id).first()
        if row is None or not _may_move(user, row):
            raise NotVisibleError
        if row.completed_at is not None or row.ended_at is not None:
            raise refuse("curriculum.enrolment_over")
        version, document = in_force(row.what)
        before = {"version": row.version, "courses": dict(row.courses)}
        row.version, row.courses, row.looked_at = version, _courses(document), None
        row.save(update_fields=["version", "courses", "looked_at"])
        audit.changed(row, **before)
    return row


def may_join(user: User, document: Taught, posts: Collection[str] | None = None) -> bool:
    """Whether a person may come to it by oneself: a course for some posts is for who holds one of them. ``posts`` are
    what ``posts_held`` says of the person, where it was asked before."""
    if not isinstance(document, CourseDocument) or document.obligation != "by_post":
        return True
    return not frozenset(document.posts).isdisjoint(posts_held(user) if posts is None else posts)


def posts_held(user: User) -> frozenset[str]:
    """The posts of a person today, as the model of competencies names them and by their codes in the directory."""
    rows = _POSTS(day=today_in_company(), employee=user.employee_id) if user.employee_id is not None else []
    held = rows or [("", "")]
    model = record.competency_model()
    return frozenset(name for code, kind in held for name in (code, model.post(code=code, agent_kind=kind).key))


def _check_self(actor: User | None, employees: Sequence[Employee], document: Taught) -> None:
    if actor is None or [one.pk for one in employees] != [candidate(actor).pk]:
        raise NotVisibleError
    if not may_join(actor, document):
        raise refuse("curriculum.course_of_other_posts", "what")


def _check_led(actor: User, employees: Sequence[Employee]) -> None:
    wanted = {one.pk for one in employees}
    led = visible_to(actor).employees(Permission.ASSIGN_TRAINING).filter(pk__in=wanted)
    if set(led.values_list("pk", flat=True)) != wanted:
        raise NotVisibleError


def _known(people: Sequence[Employee], what: str, attempt: Attempt | None) -> dict[UUID, Enrolment]:
    """Enrolments that go on, or that the same attempt asked for before. One whose task was taken back is over."""
    rows = Enrolment.objects.filter(employee__in=people, what=what).select_related("assignment")
    if attempt is not None:
        return {row.employee_id: row for row in rows.filter(attempt=attempt)}
    ended = rows.filter(completed_at=None, ended_at=None, attempt=None, assignment__cancelled_at__isnull=False)
    ended.update(ended_at=clock.now())
    return {row.employee_id: row for row in rows.filter(completed_at=None, ended_at=None, attempt=None)}


def _is_tasked(row: Enrolment) -> bool:
    return row.assignment is not None


def _create(
    actor: User | None,
    person: Employee,
    what: str,
    version: library.ContentVersion,
    document: Taught,
    how: str,
    due_at: datetime | None,
    task: record.Assignment | None,
    attempt: Attempt | None,
    because: Mapping[str, Any] | None,
) -> Enrolment:
    now = clock.now()
    counts_from = attempt.handed_in_at if attempt is not None else None
    if attempt is None and Completion.objects.standing().filter(employee=person, what=what).exists():
        counts_from = now
    row = Enrolment(
        employee=person,
        what=what,
        version=version,
        courses=_courses(document),
        title=title_of(document),
        how=how,
        assignment=task,
        attempt=attempt,
        started_at=now,
        started_by=actor,
        due_at=due_at,
        counts_from=counts_from,
        because=dict(because or {}),
    )
    row.save(force_insert=True)
    return row


def _courses(document: Taught) -> dict[str, str]:
    """The versions in force of the courses of a path; one that is not in force is left out, as it cannot be learnt."""
    if not isinstance(document, PathDocument):
        return {}
    found = {}
    for key in document.courses:
        try:
            version, _course = in_force(f"course:{key}")
        except InputError:
            continue
        found[key] = str(version.pk)
    return found


def _task(what: str, document: Taught, due_at: datetime | None, note: str) -> record.NewAssignment:
    kind, _colon, key = what.partition(":")
    return record.NewAssignment(
        target=key,
        title=title_of(document),
        kind=record.AssignmentKind(kind),
        due_at=due_at,
        note=short(note, "note"),
        link=_PLACES[kind].format(key=key),
        batch=new_id(),
    )


def _may_move(user: User, row: Enrolment) -> bool:
    if user.is_active and user.employee_id == row.employee_id:
        return True
    return visible_to(user).employees(Permission.ASSIGN_TRAINING).filter(pk=row.employee_id).exists()
