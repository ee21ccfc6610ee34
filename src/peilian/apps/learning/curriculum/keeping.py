"""Keeping up (进度更新): what was drilled, confirmed and read becomes completions, and what is complete is closed.

Drills and confirmations are made elsewhere, by apps that know nothing of courses. So whoever looks brings somebody up
to date first, and the worker's round does it for those whom nobody looks at.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, UUIDField

from peilian.adapters.packs.teaching import CourseDocument
from peilian.apps.base.api import Argument, Prepared, bookkeeping, refuse, write
from peilian.apps.learning import clock
from peilian.apps.learning.completing import Done, complete, withdraw_completion
from peilian.apps.learning.curriculum.progress import CourseView, Progress, UnitView, progress_of
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.models import Completion, CompletionHow, Enrolment
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import Fault, InputError

if TYPE_CHECKING:
    from peilian.apps.people.api import User

READ = ("article", "manual", "policy", "law", "case", "procedure", "decision-tree", "phrases", "glossary")
"""Kinds that are done by reading them."""
SOURCE_KIND = "learning.enrolment"
_READ_SOURCE = "learning.read"
_CONFIRMED_SOURCE = "library.confirmation"
_MOST_AT_ONCE = 50
_LONGEST_CHAIN = 50
_MINUTE = 60
_FULL = Decimal(100)
log = logging.getLogger(__name__)


_LIVE = Prepared(
    lambda: (
        Enrolment.objects.live()
        .filter(employee=Argument("employee", UUIDField()))
        .select_related("assignment", "employee")
    )
)


def keep_up(employee: Employee) -> list[Progress]:
    """Bring what somebody is on up to date; returns all of it that goes on or is now complete, the latest first."""
    rows = _LIVE(employee=employee.pk)
    found = progress_of(rows)
    if sum(_add_done(employee, one) for one in found):
        found = progress_of(rows)
    for _ in range(_LONGEST_CHAIN):  # another course may have waited for one that is complete now
        if not sum(_complete_course(one.enrolment, course) for one in found for course in one.courses):
            break
        found = progress_of(rows)
    for one in found:
        if one.is_complete:
            _close(one)
    return found


def open_again(employee: Employee, what: str, *, note: str) -> None:
    """What rested on a completion of ``what`` that was withdrawn, and on no other, is taken back too: the courses that
    it completed and the paths of these; what somebody was on goes on, and its task with it."""
    rows = Enrolment.objects.filter(employee=employee, ended_at=None, assignment__cancelled_at=None)
    for one in progress_of(list(rows.select_related("assignment", "employee"))):
        lost = {course.what for course in one.courses if any(_is_lacking(unit, what) for unit in course.units)}
        if lost:
            _take_back(one.enrolment, lost | {one.enrolment.what}, note)


def _is_lacking(unit: UnitView, what: str) -> bool:
    return unit.what == what and unit.standing.state != "done" and not unit.is_optional and not unit.is_gone


def _take_back(row: Enrolment, lost: set[str], note: str) -> None:
    with write(actor=None, verb="learning.open_enrolment_again") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=row.employee_id)
        row = Enrolment.objects.select_for_update(of=("self",)).select_related("assignment").get(pk=row.pk)
        completed = Completion.objects.standing().filter(employee=row.employee_id, what__in=lost)
        for one in completed.filter(source_kind=SOURCE_KIND, source_id__startswith=str(row.pk)):
            withdraw_completion(actor=None, completion=one, note=note)
        others = Enrolment.objects.filter(
            employee=row.employee_id, what=row.what, completed_at=None, ended_at=None, attempt=None
        )
        if row.completed_at is None or others.exists():  # who is on it once more goes on with that
            audit.unchanged()
            return
        before, row.completed_at = row.completed_at, None
        row.save(update_fields=["completed_at"])
        audit.changed(row, completed_at=before)
        if row.assignment is not None:
            _tell_task(row.assignment, row, clock.now(), is_done=False)


def keep_up_due() -> int:
    """Bring up to date whom something new was recorded for since they were looked at, a bounded number at once; for the
    worker's round. Returns how many people."""
    live = Enrolment.objects.live()
    drills = practice.DrillRun.objects.filter(employee=OuterRef("employee"), ended_at__gt=OuterRef("looked_at"))
    confirmed = library.Confirmation.objects.filter(employee=OuterRef("employee"), at__gt=OuterRef("looked_at"))
    completed = Completion.objects.filter(employee=OuterRef("employee"), recorded_at__gt=OuterRef("looked_at"))
    due = live.filter(Q(looked_at=None) | Exists(drills) | Exists(confirmed) | Exists(completed))
    listed = due.order_by(F("looked_at").asc(nulls_first=True)).values_list("employee", flat=True)
    wanted = list(dict.fromkeys(listed[: 4 * _MOST_AT_ONCE]))[:_MOST_AT_ONCE]
    for employee in Employee.objects.filter(pk__in=wanted):
        now = clock.now()
        try:
            keep_up(employee)
        except Exception:  # one who cannot be brought up to date keeps nobody else's back
            log.exception("learning of %s could not be brought up to date", employee.pk)
        with bookkeeping():
            Enrolment.objects.live().filter(employee=employee).update(looked_at=now)
    return len(wanted)


def read_done(*, user: User, what: str) -> Completion:
    """A unit of something that the user is on was read. A policy that is to be confirmed is confirmed on its own page
    first; a unit that is locked says what comes before it."""
    employee = candidate(user)
    found = [
        (one.enrolment, unit) for one in keep_up(employee) for course in one.courses for unit in course.units
        if unit.what == what and unit.kind in READ and not unit.is_gone
    ]  # fmt: skip
    if not found:
        raise refuse("curriculum.no_unit_of_yours", "what")
    if (former := _read_before(employee, found)) is not None:
        return former
    open_units = [(row, unit) for row, unit in found if unit.standing.state in ("next", "open")]
    if not open_units:
        raise _locked(found[0][1])
    row, unit = open_units[0]
    content = library.content(user=user, kind=unit.kind, key=unit.key)
    assert content.current is not None
    if unit.must_confirm and not _confirmed(employee, [content.current_id]):
        raise refuse("curriculum.confirm_first", "what")
    done = Done(
        what, CompletionHow.READ, clock.now(), _READ_SOURCE, f"{row.pk}/{content.current_id}",
        version=content.current, title=content.title,
    )  # fmt: skip
    completion = complete(employee=employee, done=done)
    keep_up(employee)
    return completion


def _locked(unit: UnitView) -> InputError:
    reason = unit.standing.reason
    assert reason is not None
    return InputError(Fault(reason, field="what"))


def _read_before(employee: Employee, found: Iterable[tuple[Enrolment, UnitView]]) -> Completion | None:
    """The completion that there is, when everything that asks for the unit has it done."""
    listed = list(found)
    if any(unit.standing.state != "done" for _row, unit in listed):
        return None
    rows = Completion.objects.standing().filter(employee=employee, what=listed[0][1].what)
    former: Completion | None = rows.first()
    return former


def _add_done(employee: Employee, progress: Progress) -> int:
    """Complete what was drilled and confirmed meanwhile of the units that are not done; how many completions."""
    left = [
        unit for course in progress.courses for unit in course.units
        if unit.standing.state != "done" and not unit.is_gone
    ]  # fmt: skip
    since = progress.enrolment.counts_from
    dones = [*_drilled(employee, left, since), *_read(employee, left, since)]
    for done in dones:
        complete(employee=employee, done=done)
    return len(dones)


def _drilled(employee: Employee, units: Iterable[UnitView], since: datetime | None) -> Iterable[Done]:
    by_key = {unit.key: unit for unit in units if unit.kind == "scenario"}
    if not by_key:
        return
    runs = practice.DrillRun.objects.counted().filter(employee=employee, scenario__in=by_key, passed=True)
    if since is not None:
        runs = runs.filter(ended_at__gte=since)
    first: dict[str, practice.DrillRun] = {}
    for run in runs.defer("result", "debrief").order_by("ended_at"):
        first.setdefault(run.scenario, run)
    for key, run in first.items():
        assert run.ended_at is not None
        yield Done(
            f"scenario:{key}", CompletionHow.DRILLED, run.ended_at, practice.SOURCE_KIND, str(run.pk),
            title=by_key[key].title, minutes=_minutes(run), percent=None,
        )  # fmt: skip


def _minutes(run: practice.DrillRun) -> int | None:
    if run.ended_at is None:
        return None
    return max(1, round((run.ended_at - run.started_at).total_seconds() / _MINUTE))


def _read(employee: Employee, units: Iterable[UnitView], since: datetime | None) -> Iterable[Done]:
    by_version = _currents([unit for unit in units if unit.must_confirm and unit.kind in READ])
    for row in _confirmed(employee, by_version).values() if by_version else ():
        if since is None or row.at >= since:
            unit = by_version[row.version_id]
            yield Done(
                unit.what, CompletionHow.READ, row.at, _CONFIRMED_SOURCE, str(row.pk), version=row.version,
                title=unit.title,
            )  # fmt: skip


def _currents(units: Iterable[UnitView]) -> dict[UUID, UnitView]:
    by_name = {(unit.kind, unit.key): unit for unit in units}
    rows = library.Content.objects.filter(key__in=[key for _kind, key in by_name]).exclude(current=None)
    return {
        current: by_name[kind, key]
        for kind, key, current in rows.values_list("kind", "key", "current")
        if (kind, key) in by_name
    }


def _confirmed(employee: Employee, versions: Iterable[UUID | None]) -> Mapping[UUID, library.Confirmation]:
    rows = library.Confirmation.objects.filter(employee=employee, version__in=[one for one in versions if one])
    return {row.version_id: row for row in rows.select_related("version")}


def _complete_course(row: Enrolment, course: CourseView) -> bool:
    """Complete a course whose units are done, which those of a path are by themselves; whether that was done now."""
    if not course.standing.is_complete or not isinstance(course.document, CourseDocument):
        return False
    stands = Completion.objects.standing().filter(employee=row.employee_id, what=course.what)
    if row.counts_from is not None:
        stands = stands.filter(at__gte=row.counts_from)
    if stands.exists():
        return False
    how = CompletionHow.LEARNT if course.document.exam is None else CompletionHow.PASSED
    source = _source(row, course.what)
    done = Done(course.what, how, clock.now(), SOURCE_KIND, source, version=course.version, title=course.title)
    return complete(employee=row.employee, done=done).recorded_at >= done.at


def _source(row: Enrolment, what: str) -> str:
    """What completes by an enrolment is named after it; completed again after a withdrawal, it is another one."""
    rows = Completion.objects.filter(employee=row.employee_id, what=what, source_kind=SOURCE_KIND)
    n = rows.filter(source_id__startswith=str(row.pk), how=CompletionHow.WITHDRAWN).count()
    return f"{row.pk}/{n + 1}" if n else str(row.pk)


def _close(progress: Progress) -> None:
    """End an enrolment that is complete: its completion, and the attempt at its task. Once, however often it is met."""
    with write(actor=None, verb="learning.complete_enrolment") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=progress.enrolment.employee_id)
        row = Enrolment.objects.select_for_update(of=("self",)).get(pk=progress.enrolment.pk)
        if row.completed_at is not None or row.ended_at is not None:
            audit.unchanged()
            return
        now = clock.now()
        if row.kind == "path":
            source = _source(row, row.what)
            done = Done(row.what, CompletionHow.LEARNT, now, SOURCE_KIND, source, row.version, row.title)
            complete(employee=row.employee, done=done)
        row.completed_at = now
        row.save(update_fields=["completed_at"])
        audit.changed(row, completed_at=None)
        if row.assignment is not None:
            _tell_task(row.assignment, row, now)


def _tell_task(task: record.Assignment, row: Enrolment, now: datetime, *, is_done: bool = True) -> None:
    """The task is done, or is not after all. One that was taken back meanwhile does not undo what was learnt."""
    points = _FULL if is_done else Decimal(0)
    found = record.Attempt(points=points, at=now, source_kind=SOURCE_KIND, source_id=str(row.pk), is_passed=is_done)
    try:
        with transaction.atomic():
            record.record_attempt(actor=None, assignment=task, attempt=found, revise=True)
    except InputError:
        return
