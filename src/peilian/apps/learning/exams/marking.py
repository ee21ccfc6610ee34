"""Marking by people (人工阅卷): one or two mark an open answer blind, and a third where they are far apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from peilian.adapters.packs.items import AnyItem
from peilian.apps.base.api import Audit, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import exam_of
from peilian.apps.learning.exams.papers import Question, field_of
from peilian.apps.learning.exams.parts import OpenAnswer, open_answer, question_of
from peilian.apps.learning.exams.results import settle
from peilian.apps.learning.models import Attempt, AttemptState, Mark, MarkKind, Response
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine.assessment import agreement
from peilian.engine.assessment.marking import Agreement, need_third, settled

if TYPE_CHECKING:
    from peilian.apps.people.api import User

Points = Decimal | str | Mapping[str, Decimal | str]
"""Points of an answer of one part, or by the names of the open parts of a case."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark has led to: ``is_settled`` when the answer needs no further mark, ``points`` what it has then."""

    response: Response
    is_settled: bool
    points: Decimal | None


@dataclass(frozen=True, slots=True)
class ToMark:
    """An answer before a marker, without whose it is. ``field`` is the item with criteria and model answer; ``n_marks``
    is how many marked it before, whose marks are not told."""

    response: Response
    question: Question
    field: AnyItem
    language: str
    open: OpenAnswer
    n_marks: int
    n_waiting: int


def to_mark(*, user: User, sitting_id: UUID | None = None) -> QuerySet[Response]:
    """Open answers of people whom the user judges, the oldest first, without those that the user marked already."""
    sight = visible_to(user)
    sight.require(Permission.RAISE_NEEDS)
    own = Mark.objects.filter(response=OuterRef("pk"), marker=user, kind=MarkKind.GIVEN)
    rows = Response.objects.filter(
        is_open=True, attempt__state=AttemptState.HANDED_IN,
        attempt__employee__in=sight.employees(Permission.RAISE_NEEDS),
    )  # fmt: skip
    rows = rows.exclude(attempt__employee=user.employee_id) if user.employee_id else rows
    rows = rows.filter(attempt__sitting=sitting_id) if sitting_id is not None else rows
    return rows.exclude(Exists(own)).select_related("attempt__sitting").order_by("attempt__handed_in_at", "number")


def one_to_mark(*, user: User, response_id: UUID | None = None, sitting_id: UUID | None = None) -> ToMark | None:
    """The answer that the user is to mark: the one that is named, else the next one; ``None`` when none waits.

    ``NotVisibleError`` for one that the user may not mark, or need not any more.
    """
    waiting = to_mark(user=user, sitting_id=sitting_id)
    # All answers to one question after another: the same measure is easier to keep.
    found = (waiting if response_id is None else waiting.filter(pk=response_id)).order_by(
        "attempt__sitting", "item", "attempt__handed_in_at"
    ).first()  # fmt: skip
    if found is None:
        if response_id is None:
            return None
        raise NotVisibleError
    question = question_of(found.attempt, found.number)
    field = field_of(question)
    n_marks = found.marks.filter(kind=MarkKind.GIVEN).count()
    return ToMark(
        found, question, field, found.attempt.language, open_answer(found, field), n_marks, waiting.count()
    )  # fmt: skip


def mark(*, actor: User, response_id: UUID, points: Points, note: str = "") -> Marked:
    """Give an open answer its points; of a case its open parts, while the others keep theirs. A mark stands: nobody
    marks twice, and nobody marks the own answer."""
    said = short(note, "note")
    with write(actor=actor, verb="learning.mark") as audit:
        response = _locked(actor, response_id)
        if not response.is_open:
            raise refuse("learning.marked_meanwhile")
        whole = open_answer(response)
        given = whole.read(points if isinstance(points, Mapping) else {"": points})
        before = _given(response)
        if any(one.marker_id == actor.pk for one in before):
            raise refuse("learning.marked_before")
        row = _add(response, actor, whole, given, said, MarkKind.GIVEN, audit)
        assert response.attempt.sitting is not None
        found = _decided([*before, row], whole, exam_of(response.attempt.sitting).markers)
        if found is not None:
            _decide(response, whole, found)
    return Marked(response, found is not None, None if found is None else response.points)


def settle_marks(*, actor: User, response_id: UUID, reason: str) -> Marked:
    """Let the marks that an open answer has stand although another is wanted: for an exam that two people are to mark
    where there is nobody else. Who may assign training to the person and judges the person; the reason is kept."""
    why = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="learning.settle_marks") as audit:
        response = _locked(actor, response_id)
        led = visible_to(actor).employees(Permission.ASSIGN_TRAINING)
        if not led.filter(pk=response.attempt.employee_id).exists():
            raise NotVisibleError
        if not response.is_open:
            raise refuse("learning.marked_meanwhile")
        before = _given(response)
        if not before:
            raise refuse("learning.no_mark_to_settle_by", "reason")
        whole = open_answer(response)
        found = _mean([parts_of(one) for one in before[-2:]])
        _add(response, actor, whole, found, why, MarkKind.SETTLED, audit)
        _decide(response, whole, found)
    return Marked(response, True, response.points)


def _locked(actor: User, response_id: UUID) -> Response:
    """An answer of somebody whom the actor judges, with its attempt, both locked in the order that everybody keeps."""
    found = to_mark_by(actor).filter(pk=response_id).values_list("attempt", flat=True).first()
    if found is None:
        raise NotVisibleError
    attempt = Attempt.objects.select_for_update(no_key=True).get(pk=found)
    response = Response.objects.select_for_update().get(pk=response_id)
    response.attempt = attempt
    return response


def _add(
    response: Response,
    actor: User,
    whole: OpenAnswer,
    given: Mapping[str, Decimal],
    note: str,
    kind: MarkKind,
    audit: Audit,
) -> Mark:
    row = Mark(
        response=response,
        marker=actor,
        kind=kind,
        points=whole.total(given),
        parts={name: str(points) for name, points in given.items()},
        note=note,
        at=clock.now(),
    )
    row.save(force_insert=True)
    audit.created(row)
    return row


def _decide(response: Response, whole: OpenAnswer, points: Mapping[str, Decimal]) -> None:
    """Put what was decided beside what was proposed; the last decision settles the attempt."""
    attempt = response.attempt
    response.decided = {name: str(one) for name, one in points.items()}
    response.points, response.is_open = whole.total(points), False
    response.save(update_fields=["points", "is_open", "decided"])
    settle(attempt, list(attempt.responses.all()))
    if attempt.state == AttemptState.MARKED:
        attempt.marked_at = clock.now()
        attempt.save()


def _given(response: Response) -> list[Any]:
    return list(response.marks.filter(kind=MarkKind.GIVEN).order_by("id"))


def parts_of(one: Mark) -> dict[str, Decimal]:
    """The points of a mark by part; one of an answer of one part as "", also where it was kept without parts."""
    return {name: Decimal(points) for name, points in one.parts.items()} or {"": one.points}


def to_mark_by(user: User) -> QuerySet[Response]:
    """Every answer of somebody whom the user judges, marked or not; never one's own."""
    sight = visible_to(user)
    rows = Response.objects.filter(attempt__employee__in=sight.employees(Permission.RAISE_NEEDS))
    return rows.exclude(attempt__employee=user.employee_id) if user.employee_id else rows


def agreement_of(*, user: User, sitting_id: UUID) -> Agreement:
    """How far the first two markers of a sitting agree on what people decide, over the answers that the user may see
    and two have marked."""
    rows = to_mark_by(user).filter(attempt__sitting=sitting_id, is_open=False).exclude(marks=None)
    pairs: list[tuple[Decimal, Decimal, Decimal]] = []
    for row in rows.select_related("attempt").prefetch_related("marks").distinct():
        given = [one for one in row.marks.all() if one.kind == MarkKind.GIVEN]
        marks: list[Any] = sorted(given, key=lambda one: one.pk)
        if len(marks) > 1:
            first, second = (sum(parts_of(one).values(), Decimal(0)) for one in marks[:2])
            pairs.append((first, second, open_answer(row).of))
    return agreement(pairs)


def _decided(marks: Sequence[Mark], whole: OpenAnswer, markers: int) -> dict[str, Decimal] | None:
    """The points by part that the marks so far lead to; ``None`` while another is needed. A third one decides."""
    points = [parts_of(one) for one in marks]
    if len(points) < markers:
        return None
    if markers == 1 or len(points) > markers:
        return points[-1]
    first, second = (sum(one.values(), Decimal(0)) for one in points)
    return None if need_third(first, second, whole.of) else _mean(points)


def _mean(marks: Sequence[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """The mean by part of one or two marks."""
    first, last = marks[0], marks[-1]
    return {name: settled(points, last[name]) for name, points in first.items()}
