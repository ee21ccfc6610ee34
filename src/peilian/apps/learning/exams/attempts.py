"""Taking an exam (作答): it starts, answers are stored one by one, it is handed in or its time is up.

Everything is by the server's clock. What was acknowledged is stored; what was sent before under the same id is told
again and not done again. The attempt's row is locked while something is added, so events are numbered without gaps and
an attempt is handed in once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, F, IntegerField, Max, UUIDField

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import Argument, Prepared, bookkeeping, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams import adaptive
from peilian.apps.learning.exams.answers import checked
from peilian.apps.learning.exams.drills import end_drills, has_live_drills, move_ends, unfinished
from peilian.apps.learning.exams.papers import Question, field_of, languages_of, set_paper, why_not_set
from peilian.apps.learning.exams.resitting import check_lessons_first
from peilian.apps.learning.exams.results import Graded, finish, graded, reopen
from peilian.apps.learning.exams.storing import LATE, MOST_EVENTS, add_event, store
from peilian.apps.learning.models import (
    Attempt,
    AttemptEvent,
    AttemptEventKind,
    AttemptState,
    Contest,
    CourseExam,
    Mark,
    Sitting,
)
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.apps.record import api as record
from peilian.engine._kernel import Fault, InputError, Language, Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_SEEDS = 2**31
log = logging.getLogger(__name__)
_MOST_AT_ONCE = 50
_TRIES = 5
REOPENED_HOURS = 24
"""For so long after the clock ended an attempt more time takes it up again."""
_LONGEST_EXTENSION = 24 * 60

_EMPLOYEE, _PK = Argument("employee", UUIDField()), Argument("pk", UUIDField())
_SITTING = Prepared(lambda: Sitting.objects.select_related("version").filter(pk=_PK))
_ASSIGNMENT = Prepared(
    lambda: record.Assignment.objects.filter(
        employee=_EMPLOYEE,
        kind=record.AssignmentKind.EXAM,
        target=Argument("target", CharField()),
        cancelled_at=None,
    ).order_by(F("done_at").asc(nulls_first=True), "-id")[:1]
)
_RUNNING = Prepared(
    lambda: Attempt.objects.filter(
        employee=_EMPLOYEE, sitting=Argument("sitting", UUIDField()), state=AttemptState.RUNNING
    ).order_by("pk")[:1]
)
_LAST = Prepared(
    lambda: (
        Attempt.objects.filter(employee=_EMPLOYEE, sitting=Argument("sitting", UUIDField()))
        .order_by()
        .values("sitting")
        .annotate(last=Max("number"), at=Max("handed_in_at"))
        .values_list("last", "at")
    )
)
_TO_GRADE = Prepared(lambda: Attempt.objects.filter(pk=_PK, state=AttemptState.RUNNING))
_LOCKED = Prepared(
    lambda: (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("sitting__version", "assignment")
        .filter(pk=_PK, employee=_EMPLOYEE)
        .order_by()
    )
)
_ENDED_BY_CLOCK = Prepared(
    lambda: (
        AttemptEvent.objects.filter(
            attempt=Argument("attempt", UUIDField()), seq=Argument("seq", IntegerField()), kind=AttemptEventKind.TIME_UP
        )
        .order_by()
        .values_list("pk", flat=True)[:1]
    )
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of something sent: the number of its event and when, or why it was not taken. ``seq`` is the last event
    of the item that it was about; ``ends_at`` when the attempt ends, ``None`` without a limit; ``answer`` what stands
    there, when another page had answered it meanwhile."""

    ends_at: datetime | None
    seq: int
    at: datetime
    fault: Reason | None = None
    answer: Mapping[str, Any] | None = None


def start_attempt(
    *, user: User, sitting_id: UUID, language: Language | None = None, seed: int | None = None
) -> Attempt:
    """Begin an attempt, or go on with the one that runs. ``InputError`` says why not now.

    ``seed`` sets a paper that is known; without one it is drawn.
    """
    employee = candidate(user)
    sitting, exam, assignment = _open_sitting(employee, sitting_id)
    now = clock.now()
    running = running_of(employee, sitting)
    if running is not None and not is_over(running, now):
        return running
    if running is not None:
        close_if_due(running.pk)
    chosen = _language(exam, language, user)
    may_know_items = visible_to(user).may(Permission.WRITE_LIBRARY)
    drawn = secrets.randbelow(_SEEDS) if seed is None else seed
    questions = set_paper(exam, employee, chosen, drawn)
    with write(actor=user, verb="learning.start_attempt") as audit:
        record.lock_people([employee.pk])
        if (meanwhile := running_of(employee, sitting)) is not None:
            audit.unchanged()
            return meanwhile
        number = next_number(employee, sitting, now)
        attempt = Attempt(
            employee=employee,
            started_by=user,
            sitting=sitting,
            number=number,
            language=chosen,
            seed=drawn,
            paper=[question.as_json() for question in questions],
            seq=1,
            started_at=now,
            ends_at=_ends_at(sitting, now),
            of=_worth(exam, questions),
            may_know_items=may_know_items,
            assignment=assignment,
        )
        attempt.save(force_insert=True)
        audit.note(attempt, {"started_at": [None, now], "number": [None, number]})  # all else of it stays as it is
        _event(attempt, AttemptEventKind.START, now, user)
        if exam.adaptive is not None:
            adaptive.begin(attempt, exam)
    return attempt


def _worth(exam: ExamDocument, questions: Sequence[Question]) -> Decimal:
    """What a paper is worth; the result of an adaptive exam, whose paper is set as it goes, is a percentage."""
    return sum((question.points for question in questions), Decimal(0)) if exam.adaptive is None else adaptive.OF


def save_answer(
    *, user: User, attempt_id: UUID, number: int, answer: Mapping[str, Any] | None, known: int, client_id: UUID
) -> Saved:
    """Store an answer to question ``number``. ``known`` is the event of this question that the page knows of (0: none):
    when another page has answered it meanwhile, nothing is changed and what stands there is told."""
    employee = candidate(user)
    for _ in range(_TRIES):
        now = clock.now()
        stored = store(
            attempt_id=attempt_id, employee_id=employee.pk, actor_id=user.pk,
            number=number, answer=answer, known=known, client_id=client_id, now=now,
        )  # fmt: skip
        if stored is not None:
            seq, ends_at = stored
            return Saved(ends_at, seq, now)
        told = _why_not(user, attempt_id, number, answer, known, client_id)
        if told is not None:
            return told
    raise TimeoutError(f"exam attempt {attempt_id} never stood still")


def _why_not(
    user: User, attempt_id: UUID, number: int, answer: Mapping[str, Any] | None, known: int, client_id: UUID
) -> Saved | None:
    """Why an answer was not stored; ``None`` when it would be now."""
    with bookkeeping():
        attempt = _locked(user, attempt_id)
        now = clock.now()
        if not 1 <= number <= len(attempt.paper):
            raise refuse("learning.no_such_question", "number", n=len(attempt.paper))
        stands: Mapping[str, Any] = attempt.answers.get(str(number), {})
        seq, there = stands.get("seq", 0), stands.get("answer")
        if (before := attempt.events.filter(client_id=client_id).first()) is not None:
            return Saved(attempt.ends_at, before.seq, before.at)
        if not attempt.is_running or (attempt.ends_at is not None and now > attempt.ends_at + LATE):
            return Saved(attempt.ends_at, seq, now, Reason("learning.time_is_up"), there)
        if seq != known:
            return Saved(attempt.ends_at, seq, now, Reason("learning.answered_elsewhere"), there)
        if known and checked(field_of(Question.of(attempt.paper[number - 1])), answer) == there:
            return Saved(attempt.ends_at, known, now)  # it stands already
        if attempt.seq >= MOST_EVENTS:
            raise refuse("learning.too_many_changes")
    return None


def hand_in(
    *, user: User, attempt_id: UUID, client_id: UUID | None = None, ends_drills: bool = False
) -> Attempt:  # fmt: skip
    """Hand an attempt in. One that was handed in before stays as it is. While a drill of it goes on or has not begun,
    that takes ``ends_drills``: it ends, scored as it stands, or brings nothing."""
    employee = candidate(user)
    for _ in range(_TRIES):
        ready = _graded_before(attempt_id, employee, ends_drills=ends_drills)
        with bookkeeping():
            attempt = _locked(user, attempt_id)
            now = clock.now()
            if not attempt.is_running:
                return attempt
            if not has_live_drills(attempt):
                is_late = attempt.ends_at is not None and now > attempt.ends_at + LATE
                kind = AttemptEventKind.TIME_UP if is_late else AttemptEventKind.HAND_IN
                _close(attempt, kind, now, user, client_id, ready)
                return attempt
    raise TimeoutError(f"exam attempt {attempt_id} never stood still")


def close_if_due(attempt_id: UUID) -> bool:
    """Hand in an attempt whose time is up, with what was answered until then; whether that was done now."""
    ready = _graded_before(attempt_id)
    with bookkeeping():
        attempt = Attempt.objects.select_for_update().filter(pk=attempt_id).first()
        now = clock.now()
        if attempt is None or not is_over(attempt, now) or has_live_drills(attempt):
            return False
        _close(attempt, AttemptEventKind.TIME_UP, now, None, None, ready)
    return True


def _graded_before(
    attempt_id: UUID, employee: Employee | None = None, *, ends_drills: bool = True
) -> Graded | None:  # fmt: skip
    """The answers of an attempt that runs, graded before anything is locked: nobody waits for it. Its drills end
    first."""
    attempt = _TO_GRADE.first(pk=attempt_id)
    if attempt is None or (employee is not None and attempt.employee_id != employee.pk):
        return None
    is_due = is_over(attempt, clock.now())
    if not is_due and not ends_drills and (left := unfinished(attempt)):
        raise refuse("learning.drill_unfinished", "drill", n=left[0].number)
    if is_due or employee is not None:
        end_drills(attempt)
    return graded(attempt)


def close_due() -> int:
    """Hand in what is due, the oldest first, a bounded number at once; returns how many. For a task that runs often."""
    due = Attempt.objects.filter(state=AttemptState.RUNNING, ends_at__lt=clock.now() - LATE).order_by("ends_at")
    n_closed = 0
    for pk in due.values_list("pk", flat=True)[:_MOST_AT_ONCE]:
        try:
            n_closed += close_if_due(pk)
        except Exception:  # one that cannot be closed keeps nobody else's open
            log.exception("exam attempt %s could not be closed", pk)
    return n_closed


def extend(*, actor: User | None, attempts: Sequence[UUID], minutes: int, reason: str) -> list[Attempt]:
    """Give attempts more time, as after an outage; told in their events. One whose time was up goes on; one that a
    person handed in stays. Only who may assign training to every one of the people; all or nobody."""
    if not 1 <= minutes <= _LONGEST_EXTENSION:
        raise refuse("learning.extension_bounds", "minutes", most=_LONGEST_EXTENSION)
    why = short(reason, "reason")
    if not why:
        raise refuse("learning.extension_needs_reason", "reason")
    with write(actor=actor, verb="learning.extend") as audit:
        rows = list(Attempt.objects.select_for_update().filter(pk__in=attempts).order_by("pk"))
        if actor is not None:
            covered = visible_to(actor).employees(Permission.ASSIGN_TRAINING)
            wanted = {row.employee_id for row in rows}
            if len(rows) < len(set(attempts)) or covered.filter(pk__in=wanted).count() < len(wanted):
                raise NotVisibleError
            if actor.employee_id in wanted:
                raise NotVisibleError  # nobody gives oneself time
        now, done = clock.now(), []
        for row in rows:
            if row.ends_at is None or not may_go_on(row):
                continue  # as told: what a person ended or marked, or what another attempt has followed, stays
            before = row.ends_at
            if not row.is_running:
                reopen(row)
            row.ends_at = max(row.ends_at, now) + timedelta(minutes=minutes)
            row.seq += 1
            row.save()
            move_ends(row)
            _event(row, AttemptEventKind.EXTEND, now, actor, {"minutes": minutes, "reason": why})
            audit.changed(row, ends_at=before)
            done.append(row)
        if not done:
            audit.unchanged()
    return done


def candidate(user: User) -> Employee:
    """The employee who learns: the user's own, while the user has a role at all."""
    if user.employee is None or not user.has_a_role:
        raise NotVisibleError
    return user.employee


def exam_of(sitting: Sitting) -> ExamDocument:
    """The paper of a sitting, in the version that it was opened with."""
    found = library.document_of(sitting.version, user=None)
    assert isinstance(found, ExamDocument)
    return found


def sitting_of(employee: Employee, sitting_id: UUID) -> tuple[Sitting, record.Assignment | None]:
    """A sitting that a person may take, open now or not, with the assignment that an attempt counts for."""
    sitting = _SITTING.first(pk=sitting_id)
    if sitting is None:
        raise NotVisibleError
    assignment = _ASSIGNMENT.first(employee=employee.pk, target=str(sitting.pk))
    if assignment is None and not sitting.is_for_all and not _is_own(employee, sitting):
        raise NotVisibleError
    return sitting, assignment


def _is_own(employee: Employee, sitting: Sitting) -> bool:
    return CourseExam.objects.filter(employee=employee, sitting=sitting).exists()


def _open_sitting(employee: Employee, sitting_id: UUID) -> tuple[Sitting, ExamDocument, record.Assignment | None]:
    sitting, assignment = sitting_of(employee, sitting_id)
    if not sitting.is_open(clock.now()):
        raise refuse("learning.sitting_closed")
    return sitting, exam_of(sitting), assignment


def _language(exam: ExamDocument, wanted: Language | None, user: User) -> Language:
    there = languages_of(exam)
    if not there:
        raise InputError(Fault(why_not_set(exam)))
    if wanted is not None and wanted not in there:
        raise refuse("learning.not_in_language", "language")
    own = user.reading_language
    return wanted or (own if own in there else there[0])


def next_number(employee: Employee, sitting: Sitting, now: datetime) -> int:
    """The number of the next attempt at a sitting; refused when there is none left or it is too early."""
    last, last_at = _LAST.first(employee=employee.pk, sitting=sitting.pk) or (0, None)
    number = last + 1
    if sitting.attempts_allowed is not None and number > sitting.attempts_allowed:
        raise refuse("learning.no_attempts_left", limit=sitting.attempts_allowed)
    check_lessons_first(employee, sitting, exam_of(sitting))
    if last_at is not None and sitting.wait_hours:
        opens = last_at + timedelta(hours=sitting.wait_hours)
        if now < opens:
            raise refuse("learning.wait", hours=-(-int((opens - now).total_seconds()) // 3600))
    return int(number)


def _ends_at(sitting: Sitting, now: datetime) -> datetime | None:
    ends = None if sitting.minutes is None else now + timedelta(minutes=sitting.minutes)
    bounds = [bound for bound in (ends, sitting.closes_at) if bound is not None]
    return min(bounds, default=None)


def running_of(employee: Employee, sitting: Sitting) -> Attempt | None:
    """The attempt that a person has not handed in."""
    return _RUNNING.first(employee=employee.pk, sitting=sitting.pk)


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the time of an attempt is up that has not been closed yet."""
    return attempt.is_running and attempt.ends_at is not None and now > attempt.ends_at + LATE


def may_go_on(attempt: Attempt) -> bool:
    """Whether an attempt runs, or nobody ended it but the clock and not long ago, nothing of it was marked or
    contested, and none followed it. For so long its key stays closed, too."""
    if attempt.is_running:
        return True
    if attempt.handed_in_at is None or clock.now() >= attempt.handed_in_at + timedelta(hours=REOPENED_HOURS):
        return False
    if not _ENDED_BY_CLOCK(attempt=attempt.pk, seq=attempt.seq):
        return False
    is_marked = Mark.objects.filter(response__attempt=attempt).exists()
    is_contested = Contest.objects.filter(response__attempt=attempt).exists()
    later = Attempt.objects.filter(employee=attempt.employee_id, sitting=attempt.sitting_id, number__gt=attempt.number)
    return not is_marked and not is_contested and not later.exists()


def _locked(user: User, attempt_id: UUID) -> Attempt:
    """The user's own attempt; absent and another's are the same answer."""
    employee = candidate(user)
    found = _LOCKED.first(pk=attempt_id, employee=employee.pk)
    if found is None:
        raise NotVisibleError
    found.employee = employee
    return found


def _event(
    attempt: Attempt,
    kind: AttemptEventKind,
    at: datetime,
    actor: User | None,
    payload: Mapping[str, Any] | None = None,
    client_id: UUID | None = None,
) -> None:
    add_event(
        attempt_id=attempt.pk, seq=attempt.seq, at=at, kind=kind, client_id=client_id,
        actor_id=actor.pk if actor is not None else None, payload=payload or {},
    )  # fmt: skip


def _close(
    attempt: Attempt,
    kind: AttemptEventKind,
    now: datetime,
    actor: User | None,
    client_id: UUID | None,
    ready: Graded | None,
) -> None:
    """End an attempt, in the caller's transaction. When the time was up, that is when it ended. What was graded before
    the row was locked holds when nothing was answered meanwhile."""
    if ready is None or ready.seq != attempt.seq:
        ready = graded(attempt)
    attempt.seq += 1
    ended = min(now, attempt.ends_at) if attempt.ends_at is not None else now
    _event(attempt, kind, now, actor, None, client_id)
    finish(attempt, ended, ready, is_time_up=kind == AttemptEventKind.TIME_UP)
