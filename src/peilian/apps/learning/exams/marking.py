"""Marking by people (人工阅卷): one or two mark an open answer blind, and a third where they are far apart."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import exam_of
from peilian.apps.learning.exams.results import settle
from peilian.apps.learning.models import Attempt, AttemptState, Mark, Response
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine.assessment import agreement
from peilian.engine.assessment.marking import Agreement, need_third, settled

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark has led to: ``is_settled`` when the answer needs no further mark, ``points`` what it has then."""

    response: Response
    is_settled: bool
    points: Decimal | None


def to_mark(*, user: User) -> QuerySet[Response]:
    """Open answers of people whom the user judges, the oldest first, without those that the user marked already."""
    sight = visible_to(user)
    sight.require(Permission.RAISE_NEEDS)
    own = Mark.objects.filter(response=OuterRef("pk"), marker=user)
    rows = Response.objects.filter(
        is_open=True, attempt__state=AttemptState.HANDED_IN,
        attempt__employee__in=sight.employees(Permission.RAISE_NEEDS),
    )  # fmt: skip
    rows = rows.exclude(attempt__employee=user.employee_id) if user.employee_id else rows
    return rows.exclude(Exists(own)).select_related("attempt__sitting").order_by("attempt__handed_in_at", "number")


def mark(*, actor: User, response_id: UUID, points: Decimal | str, note: str = "") -> Marked:
    """Give an open answer its points. A mark stands: nobody marks twice, and nobody marks the own answer."""
    try:
        given = Decimal(str(points))
    except InvalidOperation:
        raise refuse("learning.points_no_number", "points") from None
    said = short(note, "note")
    with write(actor=actor, verb="learning.mark") as audit:
        found = Response.objects.select_related("attempt__sitting__version").filter(pk=response_id).first()
        if found is None or not to_mark_by(actor).filter(pk=response_id).exists():
            raise NotVisibleError
        attempt = Attempt.objects.select_for_update().get(pk=found.attempt_id)
        response = Response.objects.select_for_update().get(pk=response_id)
        if not response.is_open:
            raise refuse("learning.marked_meanwhile")
        if not given.is_finite() or not 0 <= given <= response.of or given != given.quantize(Decimal("0.01")):
            raise refuse("learning.points_bounds", "points", most=f"{response.of:f}")
        before = list(response.marks.order_by("id"))
        if any(one.marker_id == actor.pk for one in before):
            raise refuse("learning.marked_before")
        row = Mark(response=response, marker=actor, points=given, note=said, at=clock.now())
        row.save(force_insert=True)
        audit.created(row)
        assert attempt.sitting is not None
        points_now = _decided([*(one.points for one in before), given], response.of, exam_of(attempt.sitting).markers)
        if points_now is not None:
            response.points, response.is_open = points_now, False
            response.save(update_fields=["points", "is_open"])
            settle(attempt, list(attempt.responses.all()))
            if attempt.state == AttemptState.MARKED:
                attempt.marked_at = clock.now()
                attempt.save()
    return Marked(response, points_now is not None, points_now)


def to_mark_by(user: User) -> QuerySet[Response]:
    """Every answer of somebody whom the user judges, marked or not; never one's own."""
    sight = visible_to(user)
    rows = Response.objects.filter(attempt__employee__in=sight.employees(Permission.RAISE_NEEDS))
    return rows.exclude(attempt__employee=user.employee_id) if user.employee_id else rows


def agreement_of(*, user: User, sitting_id: UUID) -> Agreement:
    """How far the first two markers of a sitting agree, over the answers that the user may see and two have marked."""
    rows = to_mark_by(user).filter(attempt__sitting=sitting_id, is_open=False).prefetch_related("marks")
    pairs: list[tuple[Decimal, Decimal, Decimal]] = []
    for row in rows:
        marks: list[Any] = sorted(row.marks.all(), key=lambda one: one.pk)
        if len(marks) > 1:
            pairs.append((marks[0].points, marks[1].points, row.of))
    return agreement(pairs)


def _decided(points: list[Decimal], of: Decimal, markers: int) -> Decimal | None:
    """The points that the marks so far lead to; ``None`` while another mark is needed. A third one decides."""
    if len(points) < markers:
        return None
    if markers == 1 or len(points) > markers:
        return points[-1]
    first, second = points
    return None if need_third(first, second, of) else settled(first, second)
