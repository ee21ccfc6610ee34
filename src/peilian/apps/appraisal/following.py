"""What follows from results (考核结果的去向): evidence of competencies, and needs where points were lost.

Only what no other part of the product has said already is evidence here: levels that a supervisor gave, and business
figures. Measures of conversations stand in the record by their own right, and that nothing bad was registered proves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from peilian.apps.appraisal.evaluation import card_for
from peilian.apps.appraisal.models import Appraisal, Cycle, InputSource
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.base.api import company_zone
from peilian.apps.people.api import Employee
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from peilian.engine.scorecard import Line, Scorecard

SOURCE_KIND = "appraisal.sheet"
# A line that keeps less than this share of the points that can be had raises a need for its competency: the same bound
# as the pass mark that is suggested for whole sheets.
LOW_SHARE = Decimal("0.6")
# A business figure speaks for a competency only in part: shop, season and price have a share in it.
_FIGURE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one line shows of a competency: its points of those that can be had, and evidence if it is any."""

    competency: str
    points: Decimal
    attainable: Decimal
    kind: record.EvidenceKind | None
    score: float
    n: int

    @property
    def is_low(self) -> bool:
        return self.points < LOW_SHARE * self.attainable


def follow(results: Iterable[Appraisal]) -> None:
    """Write the evidence of results that count now and raise the needs they show. Again, nothing changes; of a
    corrected result what it says differently replaces what it said."""
    rows = list(results)
    prefetch_related_objects(rows, "appraisee__employee", "appraisee__cycle", "template_version")
    known = record.competency_model().competencies
    people = {row.pk: row.appraisee.employee for row in rows}
    shown = {
        row.pk: [item for item in _shown(row, card_for(row.template_version)) if item.competency in known]
        for row in rows
    }
    pieces = [piece for row in rows for piece in _pieces(row, people[row.pk], shown[row.pk])]
    if pieces:
        record.add_evidence(actor=None, pieces=pieces, revise=True)
    written, live = _written(rows), _live_needs(rows)
    for row in rows:
        _withdraw_others(row, shown[row.pk], written.get(str(row.appraisee_id), ()))
        _raise_needs(row, people[row.pk], shown[row.pk], live.get(row.appraisee.employee_id, ()))


def _shown(row: Appraisal, card: Scorecard) -> list[_Shown]:
    found = []
    for item in row.result["lines"]:
        line = card.line(item["line"])
        if line is None or line.competency is None or item["points"] is None or item["status"] != "judged":
            continue
        points = Decimal(item["points"])
        reach = line.rule.reach(line.weight)
        attainable = line.weight if reach is None else min(line.weight, reach)
        if attainable > 0:
            kind, score, n = _evidence_of(card, line, row.inputs, points / attainable)
            found.append(_Shown(line.competency, points, attainable, kind, score, n))
    return found


def _evidence_of(
    card: Scorecard, line: Line, inputs: Mapping[str, Any], share: Decimal
) -> tuple[record.EvidenceKind | None, float, int]:
    """Kind, score from 0 to 1 and number of cases. Level k of n stands in the middle of the k-th of n equal parts."""
    name = line.indicators[0]
    source, measure = origin_of(card, name), card.indicators.get(name)
    value = inputs.get(name, {}).get("value")
    if source is InputSource.LEVEL and measure is not None and measure.levels and value is not None:
        return record.EvidenceKind.OBSERVATION, float((Decimal(value) - Decimal("0.5")) / len(measure.levels)), 1
    if source is InputSource.BUSINESS:
        score = float(min(max(share, Decimal(0)), Decimal(1)))
        return record.EvidenceKind.KPI, score, max(1, inputs.get(name, {}).get("n") or 1)
    return None, 0.0, 0


def _pieces(row: Appraisal, employee: Employee, shown: Sequence[_Shown]) -> list[record.NewEvidence]:
    """One piece a competency and kind: several lines of one competency are weighed by their points."""
    cycle = row.appraisee.cycle
    at = _moment(cycle)
    found = []
    for competency, kind in dict.fromkeys((item.competency, item.kind) for item in shown):
        if kind is None:
            continue
        group = [item for item in shown if (item.competency, item.kind) == (competency, kind)]
        whole = float(sum((item.attainable for item in group), Decimal(0)))
        found.append(
            record.NewEvidence(
                employee=employee,
                competency=competency,
                kind=kind,
                score=min(1.0, sum(item.score * float(item.attainable) for item in group) / whole),
                at=at,
                source_kind=SOURCE_KIND,
                source_id=str(row.appraisee_id),
                label=Reason("appraisal.evidence", {"period": cycle.period}),
                n=sum(item.n for item in group),
                weight=_FIGURE_WEIGHT if kind is record.EvidenceKind.KPI else 1.0,
                note=row.note[:500] if row.version > 1 else "",
            )
        )
    return found


def _written(rows: Sequence[Appraisal]) -> dict[str, list[record.Evidence]]:
    """What counts of what these sheets said, by sheet."""
    found: dict[str, list[record.Evidence]] = {}
    ids = [str(row.appraisee_id) for row in rows]
    for piece in record.Evidence.objects.counting().filter(source_kind=SOURCE_KIND, source_id__in=ids):
        found.setdefault(piece.source_id, []).append(piece)
    return found


def _live_needs(rows: Sequence[Appraisal]) -> dict[UUID, list[record.Need]]:
    """The needs that appraisals raised and that are open, by employee."""
    found: dict[UUID, list[record.Need]] = {}
    people = [row.appraisee.employee_id for row in rows]
    needs = record.Need.objects.filter(
        employee__in=people, origin=record.NeedOrigin.APPRAISAL, state=record.NeedState.OPEN
    )
    for need in needs:
        found.setdefault(need.employee_id, []).append(need)
    return found


def _withdraw_others(row: Appraisal, shown: Sequence[_Shown], written: Sequence[record.Evidence]) -> None:
    """Take back what an earlier version said and this one says nothing of."""
    now = {(item.competency, str(item.kind)) for item in shown if item.kind is not None}
    for piece in written:
        if (piece.competency, piece.kind) not in now:
            record.withdraw_evidence(actor=None, evidence=piece, note=row.note or str(row.version))


def _raise_needs(row: Appraisal, employee: Employee, shown: Sequence[_Shown], live: Sequence[record.Need]) -> None:
    low = {item.competency: item for item in shown if item.is_low}
    for competency, item in low.items():
        params = {
            "period": row.appraisee.cycle.period,
            "points": f"{item.points.normalize():f}",
            "max": f"{item.attainable.normalize():f}",
        }
        record.raise_need(
            actor=None,
            employee=employee,
            subject=competency,
            origin=record.NeedOrigin.APPRAISAL,
            reason=Reason("appraisal.need_line", params),
            evidence=[_reference(row.appraisee_id)],
        )
    # Close the needs that only this sheet had raised and that its newest version no longer shows.
    for need in live:
        if need.subject not in low and need.evidence == [_reference(row.appraisee_id)]:
            record.dismiss_need(actor=None, need=need, note=row.note or str(row.version))


def _reference(appraisee_id: UUID) -> dict[str, str]:
    return {"kind": "appraisal", "id": str(appraisee_id)}


def _moment(cycle: Cycle) -> datetime:
    """The end of the period, or the publication when that came first."""
    end = datetime.combine(cycle.ends_on, time(23, 59), company_zone())
    return end if cycle.published_at is None else min(end, cycle.published_at)
