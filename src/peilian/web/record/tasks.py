"""Assignments as pages show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
from peilian.apps.record import api as record
from peilian.web.record.wordings import ASSIGNMENT_STATES, STATE_TONES, TASK_ACTIONS, Label
from peilian.web.shell.figures import Figure
from peilian.web.shell.tables import Tone

_LEARNT: dict[str, str] = {
    record.AssignmentKind.LESSON: "lesson",
    record.AssignmentKind.COURSE: "course",
    record.AssignmentKind.PATH: "learn",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One assignment: where it stands, what counts so far, and where it is done."""

    row: record.Assignment
    state: str
    state_words: Label
    tone: Tone
    attempts: int
    left: int | None
    counted: Figure
    last: Figure
    href: str
    action: Label

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in (record.AssignmentState.OPEN, record.AssignmentState.OVERDUE)


def task_of(row: record.Assignment, now: datetime) -> Task:
    """An assignment as it stands at ``now``."""
    state = row.state_at(now)
    results = row.attempts
    counted, last = row.counted, results[-1] if results else None
    return Task(
        row=row,
        state=state,
        state_words=ASSIGNMENT_STATES[state],
        tone="bad" if state == record.AssignmentState.DONE and not row.is_passed else STATE_TONES[state],
        attempts=len(results),
        left=row.attempts_left,
        counted=Figure(counted.points if counted else None, "points"),
        last=Figure(last.points if last else None, "points"),
        href=start_address(row),
        action=TASK_ACTIONS.get(row.kind, TASK_ACTIONS["drill"]),
    )


def start_address(row: record.Assignment) -> str:
    """Where the assigned is begun."""
    try:
        if row.kind == record.AssignmentKind.EXAM:
            return reverse("exam_sitting", args=[row.target])
        if row.kind in _LEARNT:
            return reverse(_LEARNT[row.kind], args=[row.target] if row.kind != record.AssignmentKind.PATH else [])
        return f"{reverse('drill_start', args=[row.target])}?assignment={row.pk}"
    except NoReverseMatch:
        return ""


def due_tasks(user: User, *, most: int | None = None) -> list[Task]:
    """The reader's own open assignments, the most urgent first; without a deadline last."""
    now = timezone.now()
    found = sorted(
        (task_of(row, now) for row in record.own_under_way(user=user)),
        key=lambda task: (task.row.due_at is None, task.row.due_at or now),
    )[:most]
    exams = {task.row.target for task in found if task.row.kind == record.AssignmentKind.EXAM and task.left is not None}
    made = learning.attempts_made(user=user, sittings=exams) if exams else {}
    # An attempt is used up once it is begun; the assignment learns of it with the result.
    return [
        replace(task, left=max(0, task.row.attempts_allowed - made.get(task.row.target, 0)))
        if task.row.target in exams and task.row.attempts_allowed is not None else task
        for task in found
    ]  # fmt: skip
