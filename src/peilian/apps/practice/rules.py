"""The house rules of practising: how much a day, when to rest, who may pause. They protect people, not the product."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from peilian.apps.base.api import refuse as refuse
from peilian.apps.people.api import Employee
from peilian.apps.practice.models import LIVE_RUNS, DrillRun, RunMode
from peilian.apps.record.api import Assignment
from peilian.engine._kernel import Fault, InputError, Reason

MOST_PAUSES = 3
PAUSE_MS = 5 * 60 * 1000
REST = timedelta(minutes=10)
FIERCE = 3
"""Escalation from which an abuse drill is followed by a rest."""


class AlreadyRunningError(InputError):
    """The person is in the middle of another drill: go on with ``run``, or stop it first."""

    def __init__(self, run: DrillRun) -> None:
        super().__init__(Fault(Reason("practice.already_running", {"title": run.title}), field="run"))
        self.run = run


def check_start(
    employee: Employee, *, is_abuse: bool, has_consent: bool, is_fork: bool, is_enclosed: bool, now: datetime, day: date
) -> None:
    """Whether this person may start a drill now; ``InputError`` says why not and when it will be possible again. One
    that is part of something else is held to no day's measure."""
    runs = DrillRun.objects.filter(employee=employee)
    running = runs.filter(state__in=LIVE_RUNS).first()
    if running is not None:
        raise AlreadyRunningError(running)
    if is_enclosed:
        return
    if is_abuse and not has_consent:
        raise refuse("practice.consent_needed", "consent")
    if (until := rest_until(employee, now=now)) is not None:
        minutes = -(-int((until - now).total_seconds()) // 60)
        raise refuse("practice.rest", minutes=max(1, minutes))
    today = runs.filter(day=day)
    if not is_fork and today.filter(forked_from=None).count() >= settings.DRILLS_A_DAY:
        raise refuse("practice.enough_today", limit=settings.DRILLS_A_DAY)
    if is_abuse and today.filter(is_abuse=True).count() >= settings.ABUSE_DRILLS_A_DAY:
        raise refuse("practice.enough_abuse_today", limit=settings.ABUSE_DRILLS_A_DAY)


def rest_until(employee: Employee, *, now: datetime) -> datetime | None:
    """Until when the person rests after an abuse drill that got fierce or was stopped; ``None`` without need."""
    runs = DrillRun.objects.filter(employee=employee, is_abuse=True, ended_at__gt=now - REST)
    ends = [run.ended_at for run in runs if run.ended_at and (run.was_fierce or not run.is_scored)]
    return max(ends) + REST if ends else None


def is_exam(assignment: Assignment | None) -> bool:
    """Whether a drill for this assignment is like an exam: the attempts at it are numbered."""
    return assignment is not None and assignment.attempts_allowed is not None


def exam_note(*, is_abuse: bool) -> Reason:
    """What a trainee should know about numbered attempts, before one begins and while it runs."""
    return Reason("practice.note.exam_abuse" if is_abuse else "practice.note.exam")


def can_pause(run: DrillRun) -> bool:
    """Whether this run may be paused once more."""
    return run.mode != RunMode.HARD and not run.is_exam and run.pauses < MOST_PAUSES
