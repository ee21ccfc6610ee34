"""My exams: what runs, what can be taken, what is over."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
from peilian.apps.record import api as record
from peilian.web.exams.wordings import Label, grade_name, grade_tone, title_of
from peilian.web.shell.access import user_of
from peilian.web.shell.tables import Tone

_MOST_OVER = 50


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt to go on with."""

    title: str
    minutes_left: int | None
    n_answered: int
    n_questions: int
    href: str


@dataclass(frozen=True, slots=True)
class Takeable:
    """A sitting that can be taken, now or from ``opens_at`` on."""

    title: str
    minutes: int | None
    attempts_left: int | None
    due_at: datetime | None
    closes_at: datetime | None
    opens_at: datetime | None
    is_assigned: bool
    is_for_all: bool
    is_overdue: bool
    is_begun_before: bool
    href: str


@dataclass(frozen=True, slots=True)
class Over:
    """An attempt that was handed in."""

    title: str
    number: int
    at: datetime | None
    attempt: learning.Attempt
    grade: Label
    tone: Tone
    href: str


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What the reader may take, what runs, and results."""
    user = user_of(request)
    if user.employee is None:
        return render(request, "exams/mine.html", {"is_nobody": True})
    now = timezone.now()
    attempts = learning.attempts_of(user=user)
    running = [_running(one, now) for one in attempts if one.is_running and _goes_on(one, now)]
    over = [_over(one) for one in attempts if not one.is_running or not _goes_on(one, now)][:_MOST_OVER]
    return render(
        request, "exams/mine.html", {"running": running, "takeable": _takeable(user, attempts, now), "over": over}
    )


def _goes_on(attempt: learning.Attempt, now: datetime) -> bool:
    return attempt.ends_at is None or attempt.ends_at > now


def _running(attempt: learning.Attempt, now: datetime) -> Running:
    assert attempt.sitting is not None
    left = None if attempt.ends_at is None else max(1, -(-int((attempt.ends_at - now).total_seconds()) // 60))
    answered = sum(stands.get("answer") is not None for stands in attempt.answers.values())
    href = reverse("exam_room", args=[attempt.pk])
    return Running(title_of(attempt.sitting), left, answered, len(attempt.paper), href)


def _over(attempt: learning.Attempt) -> Over:
    assert attempt.sitting is not None
    href = reverse("exam_review", args=[attempt.pk])
    at = attempt.handed_in_at or attempt.ends_at
    return Over(
        title_of(attempt.sitting), attempt.number, at, attempt, grade_name(attempt), grade_tone(attempt), href
    )  # fmt: skip


def _takeable(user: User, attempts: list[learning.Attempt], now: datetime) -> list[Takeable]:
    """Sittings with an attempt left of which none runs: what is due first, then what is open to all."""
    own: dict[object, list[learning.Attempt]] = defaultdict(list)
    for attempt in attempts:
        own[attempt.sitting_id].append(attempt)
    assert user.employee is not None
    states = (record.AssignmentState.OPEN, record.AssignmentState.OVERDUE)
    rows = record.assignments_of(user=user, employee=user.employee, states=states)
    assigned = {row.target: row for row in rows if row.kind == record.AssignmentKind.EXAM}
    found = []
    for sitting in learning.sittings_for(user=user):
        before = own[sitting.pk]
        row = assigned.get(str(sitting.pk))
        if any(one.is_running for one in before) or (sitting.closes_at is not None and sitting.closes_at <= now):
            continue
        left = None if sitting.attempts_allowed is None else sitting.attempts_allowed - len(before)
        if left == 0:
            continue
        found.append(
            Takeable(
                title=title_of(sitting),
                minutes=sitting.minutes,
                attempts_left=left,
                due_at=row.due_at if row is not None else None,
                closes_at=sitting.closes_at,
                opens_at=sitting.opens_at if sitting.opens_at > now else None,
                is_assigned=row is not None,
                is_for_all=sitting.is_for_all,
                is_overdue=row is not None and row.state_at(now) == record.AssignmentState.OVERDUE,
                is_begun_before=bool(before),
                href=reverse("exam_sitting", args=[sitting.pk]),
            )
        )
    latest = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda one: (not one.is_assigned, one.due_at or one.closes_at or latest))
