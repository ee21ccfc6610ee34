"""What a lesson shows of a person (学习证据): the first answers to its check, with little weight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from peilian.adapters.packs.teaching import LessonDocument
from peilian.apps.learning.curriculum.texts import title_of
from peilian.apps.learning.exams.papers import Question, bank_of, field_of
from peilian.apps.learning.models import LessonRound, LessonWork, LessonWorkKind
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason

WEIGHT = 0.3
"""Of an answer given right after reading, with the text at hand: it is graded like that of an exam and says less."""


def bear_witness(
    row: LessonRound, document: LessonDocument, work: Sequence[LessonWork], questions: Sequence[Question], at: datetime
) -> None:
    """Add evidence of each competency that the check asked about, from the first try at each item: what came after the
    feedback shows that it was read."""
    first: dict[str, LessonWork] = {}
    for one in work:
        if one.kind == LessonWorkKind.CHECK:
            first.setdefault(one.item, one)
    got: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for question in questions:
        if (tried := first.get(question.item)) is None or tried.points is None or not tried.of:
            continue
        named = field_of(question).competencies or bank_of(question).competencies or document.competencies
        for competency in named:
            got[competency].append((tried.points, tried.of))
    known = record.competency_model().competencies
    pieces = [
        record.NewEvidence(
            employee=row.employee,
            competency=competency,
            kind=record.EvidenceKind.EXAM,
            score=float(sum(points for points, _ in pairs) / sum(of for _, of in pairs)),
            at=at,
            source_kind="learning.lesson",
            source_id=str(row.pk),
            label=Reason("curriculum.lesson_evidence", {"title": title_of(document)}),
            n=len(pairs),
            weight=WEIGHT,
        )
        for competency, pairs in got.items()
        if competency in known
    ]
    if pieces:
        record.add_evidence(actor=None, pieces=pieces)


def lessons_behind(source_ids: Collection[str]) -> dict[str, str]:
    """The keys of the lessons that pieces of evidence came from, by the ids of their sources; ids of nothing are left
    out. Keys alone: whoever sees the evidence reads the title there."""
    wanted = [UUID(one) for one in source_ids if _is_id(one)]
    rows = LessonRound.objects.filter(pk__in=wanted).values_list("pk", "lesson") if wanted else ()
    return {str(pk): lesson for pk, lesson in rows}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
