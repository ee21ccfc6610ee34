"""Looking at attempts (查看作答): the questions without their keys while it runs, and what may be seen afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, UUIDField, prefetch_related_objects

from peilian.adapters.packs.items import AnyItem
from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate, close_if_due, exam_of, is_over, may_go_on
from peilian.apps.learning.exams.drills import ItemDrill, drills_in
from peilian.apps.learning.exams.papers import Question, field_of, questions_of
from peilian.apps.learning.exams.parts import question_of
from peilian.apps.learning.models import Attempt, AttemptState, Response
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User


_OWN = Prepared(
    lambda: Attempt.objects.filter(
        pk=Argument("pk", UUIDField()), employee=Argument("employee", UUIDField())
    ).select_related("sitting__version")
)
_OVER = Prepared(
    lambda: Attempt.objects.select_related("sitting__version", "employee").filter(pk=Argument("pk", UUIDField()))
)
_TRIED = Prepared(
    lambda: Attempt.objects.filter(
        employee=Argument("employee", UUIDField()), sitting__exam=Argument("exam", CharField())
    ).defer("paper", "answers")
)
_RESPONSES = Prepared(
    lambda: Response.objects.filter(attempt=Argument("attempt", UUIDField())).select_related("contest")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a running attempt with what stands answered. ``field`` holds the key too: a page shows of it only
    the stem and, in the order of ``question.shown``, the options."""

    question: Question
    field: AnyItem
    answer: Mapping[str, Any] | None
    seq: int
    drills: tuple[ItemDrill, ...] = ()


@dataclass(frozen=True, slots=True)
class Room:
    """An attempt as its person has it before them. ``seconds_left`` by the server's clock, ``None`` without a limit."""

    attempt: Attempt
    asked: tuple[Asked, ...]
    seconds_left: float | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """An attempt that is over, as far as its person may see it: what was answered always, points with reasons when
    ``shows_points``, keys and explanations when ``shows_key``."""

    attempt: Attempt
    asked: tuple[Asked, ...]
    responses: Mapping[int, Response]
    shows_points: bool
    shows_key: bool
    key_comes: bool = False  # once it can no longer help


def open_attempt(*, user: User, attempt_id: UUID) -> Room | None:
    """The user's own attempt, to go on with; ``None`` when it is over. One whose time is up is handed in first."""
    attempt = _own(user, attempt_id)
    now = clock.now()
    if is_over(attempt, now):
        close_if_due(attempt.pk)
        return None
    if not attempt.is_running:
        return None
    left = None if attempt.ends_at is None else max(0.0, (attempt.ends_at - now).total_seconds())
    return Room(attempt, _asked(attempt, {}), left, now)


def review_attempt(*, user: User, attempt_id: UUID) -> Reviewed:
    """An attempt that is over: the user's own as far as the paper reveals it, or one of a person whom the user judges,
    with everything. Absent, running and forbidden give the same answer."""
    attempt = _OVER.first(pk=attempt_id)
    if attempt is None or attempt.is_running:
        raise NotVisibleError
    is_own = user.employee_id is not None and attempt.employee_id == user.employee_id
    if not is_own and not visible_to(user).employees(Permission.RAISE_NEEDS).filter(pk=attempt.employee_id).exists():
        raise NotVisibleError
    assert attempt.sitting is not None
    reveals = "key" if not is_own else exam_of(attempt.sitting).reveals
    is_marked = attempt.state == AttemptState.MARKED
    shows_key = not is_own or reveals_key(attempt)
    rows = _RESPONSES(attempt=attempt.pk)
    prefetch_related_objects([row for row in rows if row.proposed is not None], "marks")
    responses = {row.number: row for row in rows}
    shows_points = not is_own or (is_marked and reveals != "nothing")
    asked, key_comes = _asked(attempt, responses), reveals == "key" and not shows_key
    return Reviewed(attempt, asked, responses, shows_points, shows_key, key_comes)


def reveals_key(attempt: Attempt) -> bool:
    """Whether the person of an attempt may see what would have been right."""
    assert attempt.sitting is not None
    is_marked = attempt.state == AttemptState.MARKED
    return is_marked and exam_of(attempt.sitting).reveals == "key" and _is_done_with(attempt)


def _is_done_with(attempt: Attempt) -> bool:
    """Whether the key can no longer help its person: the exam is passed, no attempt is left, or it has closed; none of
    the person's attempts at it runs, and one that the clock ended is not given more time any more."""
    sitting = attempt.sitting
    assert sitting is not None
    tried = _TRIED(employee=attempt.employee_id, exam=sitting.exam)
    if any(map(may_go_on, tried)):
        return False
    mine = [one.is_passed for one in tried if one.sitting_id == sitting.pk]
    is_last = sitting.attempts_allowed is not None and len(mine) >= sitting.attempts_allowed
    is_closed = sitting.closes_at is not None and clock.now() >= sitting.closes_at
    runs = Attempt.objects.filter(sitting=sitting, state=AttemptState.RUNNING)
    return is_last or True in mine or (is_closed and not runs.exists())


def attempts_of(*, user: User, sitting_id: UUID | None = None) -> list[Attempt]:
    """The user's own attempts, the newest first."""
    rows = Attempt.objects.filter(employee=candidate(user)).select_related("sitting")
    return list(rows.filter(sitting=sitting_id) if sitting_id is not None else rows)


def responses_of(*, user: User, sitting_id: UUID) -> list[Response]:
    """The answers of a sitting by people whom the user judges."""
    judged = visible_to(user).employees(Permission.RAISE_NEEDS)
    rows = Response.objects.filter(attempt__sitting=sitting_id, attempt__employee__in=judged)
    return list(rows.select_related("attempt").order_by("item", "pk"))


def field_of_response(response: Response) -> AnyItem:
    """The item that an answer was given to, as it is written."""
    return field_of(question_of(response.attempt, response.number))


def _own(user: User, attempt_id: UUID) -> Attempt:
    found = _OWN.first(pk=attempt_id, employee=candidate(user).pk)
    if found is None:
        raise NotVisibleError
    return found


def _asked(attempt: Attempt, responses: Mapping[int, Response]) -> tuple[Asked, ...]:
    """What is asked, with the answers that stand; what drills have shown is told after the end alone."""
    found, drills = [], drills_in(attempt)
    for question in questions_of(attempt.paper):
        stands = attempt.answers.get(str(question.number), {})
        response, inner = responses.get(question.number), drills.get(question.number, ())
        answer = response.chosen if inner and response is not None else stands.get("answer")
        found.append(Asked(question, field_of(question), answer, stands.get("seq", 0), inner))
    return tuple(found)
