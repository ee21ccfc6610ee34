"""Looking at learning (学习概况): what one is on, the courses there are, and who of a team is where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import CharField, UUIDField

from peilian.adapters.packs.teaching import CourseDocument, PathDocument
from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning.curriculum.after import TestOut, tested_out
from peilian.apps.learning.curriculum.enrolling import may_join, posts_held
from peilian.apps.learning.curriculum.examining import course_view
from peilian.apps.learning.curriculum.keeping import keep_up
from peilian.apps.learning.curriculum.progress import CourseView, Progress, UnitView, progress_of
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.models import Attempt, Completion, Enrolment
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, Permission, Unit, visible_to

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from peilian.apps.people.api import Sight, User

_MOST_DONE = 20
_EMPLOYEE = Argument("employee", UUIDField())
_OVER = Prepared(
    lambda: Enrolment.objects.filter(employee=_EMPLOYEE, completed_at__isnull=False).order_by("-completed_at")[
        :_MOST_DONE
    ]
)
_TESTED = Prepared(
    lambda: (
        Attempt.objects.filter(
            employee=_EMPLOYEE,
            sitting__course_exam__course=Argument("course", CharField()),
            sitting__course_exam__is_test_out=True,
        )
        .select_related("sitting__version")
        .order_by("-id")[:1]
    )
)


@dataclass(frozen=True, slots=True)
class Learning:
    """What somebody learns: what goes on, the most urgent first; what was completed lately; the next thing of all."""

    going_on: tuple[Progress, ...]
    completed: tuple[Enrolment, ...]

    @property
    def next(self) -> tuple[Progress, UnitView] | None:
        """The one thing to do now."""
        return next(((one, one.next) for one in self.going_on if one.next is not None), None)


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A course in force. ``is_on``: the reader is on it, by itself or on a path; ``is_done``: completed it once;
    ``may_join``: may come to it without being assigned."""

    content: library.Content
    document: CourseDocument
    is_on: bool
    is_done: bool
    may_join: bool


@dataclass(frozen=True, slots=True)
class CoursePage:
    """A course as its page shows it: ``on`` is what the reader is on that holds it, ``tested_out`` what the last
    test-out showed, if anything."""

    view: CourseView
    on: Progress | None
    may_join: bool
    tested_out: TestOut | None


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One person of a team on one thing."""

    employee: Employee
    progress: Progress


def learning_of(*, user: User) -> Learning:
    """What the user learns, brought up to date."""
    employee = candidate(user)
    found = [one for one in keep_up(employee) if not one.is_complete]
    found.sort(key=_urgency)
    return Learning(tuple(found), tuple(_OVER(employee=employee.pk)))


def learning_of_others(*, user: User, employee: Employee | UUID) -> list[Progress]:
    """What somebody is on whose record the user may see, as it was when it was brought up to date last."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    person = visible_to(user).employee(Permission.SEE_RECORD, pk)
    rows = Enrolment.objects.live().filter(employee=person).select_related("employee", "assignment")
    return sorted(progress_of(list(rows)), key=_urgency)


def course_of(*, user: User, key: str) -> CoursePage:
    """A course as the user has it: the version one is on, or a look at the one in force."""
    employee = candidate(user)
    kept = keep_up(employee)
    view = course_view(user, employee, key, kept)
    on = [
        one for one in kept if not one.is_complete and any(course.what == view.what for course in one.courses)
    ]  # fmt: skip
    on.sort(key=lambda one: one.enrolment.kind != "course")
    last = _TESTED.first(employee=employee.pk, course=key)
    shown = tested_out(last) if last is not None else None
    return CoursePage(view, on[0] if on else None, may_join(user, view.document), shown)


def courses_examined_by(exam: str) -> list[str]:
    """The keys of the courses in force that end with an exam."""
    return [
        one.key
        for one in library.in_force(kind="course")
        if isinstance(one.document, CourseDocument) and one.document.exam == exam
    ]


def catalogue(*, user: User) -> list[CatalogueEntry]:
    """The courses in force by key, as far as the user may see the library."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    employee = user.employee
    on: set[str] = set()
    done: set[str] = set()
    if employee is not None:
        live = Enrolment.objects.live().filter(employee=employee)
        for row in live:
            on |= {row.what, *(f"course:{key}" for key in row.courses)}
        mine = Completion.objects.standing().filter(employee=employee, what__startswith="course:")
        done = set(mine.values_list("what", flat=True))
    posts = posts_held(user) if employee is not None else frozenset()
    return [
        CatalogueEntry(
            row, document, row.reference in on, row.reference in done,
            employee is not None and may_join(user, document, posts),
        )
        for row, _version, document in library.current_documents(kind="course")
        if isinstance(document, CourseDocument)
    ]  # fmt: skip


def paths(*, user: User) -> list[tuple[library.Content, PathDocument, bool]]:
    """The paths in force, each with whether the user is on it."""
    visible_to(user).require(Permission.SEE_LIBRARY)
    live = Enrolment.objects.live().filter(employee=user.employee_id, what__startswith="path:")
    on = set(live.values_list("what", flat=True)) if user.employee_id is not None else set()
    rows = library.current_documents(kind="path")
    return [(row, one, row.reference in on) for row, _version, one in rows if isinstance(one, PathDocument)]


def training(competencies: Collection[str]) -> list[library.Content]:
    """The paths, courses and lessons in force that train one of these competencies, in this order: a course trains what
    its lessons train, a path what its courses do."""
    held = {kind: library.current_documents(kind=kind) for kind in ("lesson", "course", "path")}
    trains: dict[str, set[str]] = {}
    for row, _version, document in (line for rows in held.values() for line in rows):
        own = set(getattr(document, "competencies", ()))
        if isinstance(document, CourseDocument):
            own.update(*(trains.get(unit.what, ()) for unit in document.units))
        if isinstance(document, PathDocument):
            own.update(*(trains.get(f"course:{course}", ()) for course in document.courses))
        trains[row.reference] = own
    wanted = set(competencies)
    rows = (row for kind in ("path", "course", "lesson") for row, _version, _document in held[kind])
    return [row for row in rows if trains[row.reference] & wanted]


def team_learning(*, user: User, unit: Unit | None = None, what: str = "") -> list[TeamRow]:
    """Who of the people whose record the user may see is on what, the most overdue first; of a unit and all below it,
    and of one path, course or lesson, when given."""
    people = judged_people(visible_to(user), unit)
    rows = Enrolment.objects.live().filter(employee__in=people.values("pk")).select_related("employee", "assignment")
    if what:
        rows = rows.filter(what=what)
    found = [TeamRow(one.enrolment.employee, one) for one in progress_of(list(rows))]
    return sorted(found, key=lambda row: (*_urgency(row.progress), row.employee.number))


def judged_people(sight: Sight, unit: Unit | None = None) -> QuerySet[Employee]:
    """The people whose record one may see; of a unit and all below it, when given."""
    sight.require(Permission.SEE_RECORD)
    sight.require(Permission.SEE_PEOPLE)
    people = sight.employees(Permission.SEE_RECORD)
    if unit is None:
        return people
    sight.unit(Permission.SEE_RECORD, unit.pk)
    inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit)).values("employee")
    return people.filter(pk__in=inside)


def _urgency(one: Progress) -> tuple[bool, bool, float]:
    due = one.due_at
    return (not (one.is_overdue or one.n_overdue), due is None, due.timestamp() if due is not None else 0.0)
