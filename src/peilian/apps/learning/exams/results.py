"""What an attempt is worth (考试结果): answers are graded, people mark what is open, the result speaks for the person.

All of it happens in the transaction that ends the attempt or gives the last mark, so it happens once or not at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, UUIDField

from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import Argument, Prepared
from peilian.apps.learning.exams.adaptive import OF, asked_in, measured
from peilian.apps.learning.exams.drills import played_in, with_drills
from peilian.apps.learning.exams.papers import Question, bank_of, field_of, item_of, questions_of
from peilian.apps.learning.models import Attempt, AttemptState, Response
from peilian.apps.library import api as library
from peilian.apps.record import api as record
from peilian.engine._kernel import Language, Reason
from peilian.engine.assessment import Grade, grade, grade_of
from peilian.flows.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SOURCE_KIND = "learning.exam"
_ENDED = ("seq", "state", "handed_in_at", "marked_at", "points", "of", "grade", "is_passed")  # what an end changes
_SHOWN_BEFORE = Prepared(
    lambda: record.Evidence.objects.counting().filter(
        source_kind=SOURCE_KIND,
        source_id=Argument("source", CharField()),
        employee=Argument("employee", UUIDField()),
        recorded_by=None,
    )
)


@dataclass(frozen=True, slots=True)
class Graded:
    """The answers of an attempt, graded as they stood after event ``seq``."""

    seq: int
    responses: tuple[Response, ...]


def graded(attempt: Attempt) -> Graded:
    """Grade every answer that stands; nothing is stored."""
    language: Language = "en" if attempt.language == "en" else "zh"
    asked, played = questions_of(asked_in(attempt)), played_in(attempt)
    return Graded(
        attempt.seq, tuple(_response(attempt, one, language, played.get(one.number, {})) for one in asked)
    )  # fmt: skip


def _response(
    attempt: Attempt, question: Question, language: Language, played: Mapping[str, Mapping[str, Any]]
) -> Response:
    answer = with_drills(attempt.answers.get(str(question.number), {}).get("answer"), played)
    found = grade(item_of(question, language), answer)
    is_open = found.is_open and found.is_answered
    return Response(
        attempt=attempt,
        number=question.number,
        item=question.item,
        version_id=question.version,
        kind=question.kind,
        chosen=answer,
        points=found.points,
        of=found.of,
        parts=graded_parts(found),
        is_open=is_open,
        is_answered=found.is_answered,
        proposed=found.points if is_open else None,
    )


def finish(attempt: Attempt, ended: datetime, found: Graded, *, is_time_up: bool) -> None:
    """End an attempt with the grades of its answers; where nothing is left for people to decide, settle the result."""
    last = max((one.number for one in found.responses if one.is_answered), default=0)
    for one in found.responses:
        one.attempt = attempt
        one.is_reached = not is_time_up or one.number <= last
    Response.objects.bulk_create(found.responses)
    before, attempt.paper = attempt.paper, asked_in(attempt)
    attempt.state, attempt.handed_in_at = AttemptState.HANDED_IN, ended
    settle(attempt, found.responses)
    attempt.save(update_fields=_ENDED if attempt.paper == before else [*_ENDED, "paper"])


def settle(attempt: Attempt, responses: Iterable[Response]) -> None:
    """When everything is marked: points, grade and whether it is passed; evidence; the attempt at the assignment."""
    listed = list(responses)
    if any(one.is_open for one in listed):
        return
    told = measured(attempt, listed)
    if told is not None:
        attempt.of = OF
    points = sum((one.points for one in listed), Decimal(0)) if told is None else told.percent
    cuts = _cuts(attempt)
    attempt.state, attempt.marked_at = AttemptState.MARKED, attempt.handed_in_at
    attempt.points = points
    attempt.grade = grade_of(points, attempt.of, cuts) or ""
    attempt.is_passed = bool(attempt.grade)
    _bear_witness(attempt, listed)
    _count_attempt(attempt)


def by_competency(attempt: Attempt, responses: Iterable[Response]) -> dict[str, list[tuple[Decimal, Decimal]]]:
    """The points, and those to be had, of the items of each competency. What the clock kept a person from reaching, or
    what was taken out, says nothing about the person."""
    got: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    by_number = {question.number: question for question in questions_of(attempt.paper)}
    for response in responses:
        if not response.is_reached or not response.of:
            continue
        question = by_number[response.number]
        for competency in field_of(question).competencies or bank_of(question).competencies:
            got[competency].append((response.points, response.of))
    return got


def reopen(attempt: Attempt) -> None:
    """Take the result of an attempt back that the clock ended; the caller saves it. Its answers stay."""
    attempt.responses.all().delete()
    attempt.state, attempt.handed_in_at, attempt.marked_at = AttemptState.RUNNING, None, None
    attempt.points, attempt.grade, attempt.is_passed = None, "", None
    if measured(attempt) is not None:
        attempt.of, attempt.paper = OF, []  # it is set as the answers go on
    else:  # what was taken out of it is asked again
        attempt.of = sum((question.points for question in questions_of(attempt.paper)), Decimal(0))


def graded_parts(graded: Grade) -> list[dict[str, Any]]:
    """The reasons of a grade as they are kept."""
    found = []
    for part in graded.parts:
        kept = asdict(part)
        kept["points"], kept["of"] = str(part.points), str(part.of)
        kept["reason"] = {"key": part.reason.key, "params": dict(part.reason.params)}
        found.append(kept)
    return found


def _cuts(attempt: Attempt) -> dict[str, Decimal]:
    assert attempt.sitting is not None
    exam = library.document_of(attempt.sitting.version, user=None)
    assert isinstance(exam, ExamDocument)
    return {"qualified": exam.cuts.qualified, "good": exam.cuts.good, "excellent": exam.cuts.excellent}


def _bear_witness(attempt: Attempt, responses: list[Response]) -> None:
    """One piece of evidence a competency: the share of the points of its items."""
    got = by_competency(attempt, responses)
    told = measured(attempt, responses)
    if told is not None:  # everybody gets about half of what fits them: by the ability, and not by what was got
        got = {key: [(one, Decimal(100))] * len(got[key]) for key, one in told.by_competency.items() if key in got}
    known = record.competency_model().competencies
    assert attempt.handed_in_at is not None
    title = attempt.sitting.title if attempt.sitting is not None else {}
    pieces = [
        record.NewEvidence(
            employee=attempt.employee,
            competency=competency,
            kind=record.EvidenceKind.EXAM,
            score=float(sum(points for points, _ in pairs) / sum(of for _, of in pairs)),
            at=attempt.handed_in_at,
            source_kind=SOURCE_KIND,
            source_id=str(attempt.pk),
            label=Reason("learning.evidence", {"title": {name: text for name, text in title.items() if text}}),
            n=len(pairs),
        )
        for competency, pairs in got.items()
        if competency in known
    ]
    if pieces:
        record.add_evidence(actor=None, pieces=pieces, revise=True)
    _withdraw_others(attempt, {piece.competency for piece in pieces})


def _withdraw_others(attempt: Attempt, shown: set[str]) -> None:
    """What an earlier result said about a competency that this one says nothing about no longer counts."""
    for row in _SHOWN_BEFORE(source=str(attempt.pk), employee=attempt.employee_id):
        if row.competency not in shown:
            record.withdraw_evidence(actor=None, evidence=row, note=say(Reason("learning.evidence_gone"), "zh"))


def _count_attempt(attempt: Attempt) -> None:
    """Record the attempt at the assignment, unless it was taken back meanwhile."""
    if attempt.assignment is None or attempt.assignment.cancelled_at is not None:
        return
    assert attempt.points is not None
    assert attempt.handed_in_at is not None
    percent = (100 * attempt.points / attempt.of).quantize(Decimal("0.01")) if attempt.of else Decimal(0)
    found = record.Attempt(
        points=percent, at=attempt.handed_in_at, source_kind=SOURCE_KIND, source_id=str(attempt.pk),
        is_passed=attempt.is_passed,
    )  # fmt: skip
    record.record_attempt(actor=None, assignment=attempt.assignment, attempt=found, revise=True)
