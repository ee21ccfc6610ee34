"""The end of a drill: its result and debrief are stored, it speaks for the person, the assignment gets its attempt.

All of it happens in the transaction of the last event, so it happens once or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from peilian.apps.base.api import send
from peilian.apps.practice import clock
from peilian.apps.practice.live import Turn
from peilian.apps.practice.models import DrillEvent, DrillRun, EventKind, RunMode, RunState
from peilian.apps.practice.recording import all_steps
from peilian.apps.practice.rules import FIERCE
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Language, Reason
from peilian.engine.competency import Figure, evidence_from
from peilian.flows import debriefing, drill_results

SOURCE_KIND = "practice.drill"
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
# A patient customer and hints make it easier; it says half as much about how somebody serves at work.
_EASY_WEIGHT = 0.5
_CENT = Decimal("0.01")


def finish(visit: Turn) -> None:
    """When the contact has ended: store what it amounts to. Otherwise nothing."""
    run, drill = visit.run, visit.drill
    if run.is_over or not drill.is_over:
        return
    steps = list(all_steps(run.events.order_by("seq")))
    results = {language: drill_results.result_of(drill, steps, language) for language in _LANGUAGES}
    run.result = {language: _without_course(result) for language, result in results.items()}
    run.debrief = {lang: debriefing.as_dict(debriefing.debrief_of(drill, steps, lang)) for lang in _LANGUAGES}
    run.total = Decimal(str(results["zh"]["total"])).quantize(_CENT)
    run.passed = bool(results["zh"]["passed"])
    run.outcome = str(drill.state.outcome)
    run.was_fierce = run.is_abuse and any(step.gauge and step.gauge.escalation >= FIERCE for step in steps)
    _close(visit, _moment(run, drill.state.ended_ms or 0))
    if run.is_counted:
        if drill.state.turn:  # who said nothing has shown nothing
            _bear_witness(run, results["zh"])
        _count_attempt(run, results["zh"])


def stop(visit: Turn, remark: str, client_id: UUID | None) -> None:
    """End a run without a score."""
    run = visit.run
    run.outcome, run.remark = "stopped", remark
    if visit.kept is not None:
        run.was_fierce = run.is_abuse and visit.drill.state.escalation >= FIERCE
        visit.add(EventKind.END, visit.at_ms, [], {"how": "stop"}, client_id)
    else:
        _add_unplayed(visit, client_id)
    _close(visit, clock.at(visit.now_ms))


def _add_unplayed(visit: Turn, client_id: UUID | None) -> None:
    """The end of a run that this process cannot play: the state stays as it was written last."""
    last = visit.run.events.latest("seq")
    event = DrillEvent(
        run=visit.run,
        seq=last.seq + 1,
        at_ms=last.at_ms,
        kind=EventKind.END,
        client_id=client_id,
        payload={"input": {"how": "changed"}, "steps": [], "state": last.payload["state"]},
        recorded_at=clock.at(visit.now_ms),
    )
    event.save(force_insert=True)
    visit.run.seq = event.seq
    visit.added.append(event)


def _without_course(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result without what was said and done and what moved: the events hold all of it."""
    return {name: value for name, value in result.items() if name not in ("transcript", "actions", "trace")}


def _close(visit: Turn, ended_at: datetime) -> None:
    visit.is_altered, run = True, visit.run
    run.state, run.paused_at, run.ended_at = RunState.OVER, None, ended_at


def _moment(run: DrillRun, at_ms: int) -> datetime:
    return run.started_at + timedelta(milliseconds=run.paused_ms + at_ms)


def _bear_witness(run: DrillRun, result: Mapping[str, Any]) -> None:
    """Add what the drill shows of the person's competencies, and tell which needs are met by it."""
    figures = {
        score["dimension"]: Figure(min(1.0, max(0.0, score["points"] / score["max"])))
        for score in result["scores"]
        if score["points"] is not None and score["max"]
    }
    assert run.ended_at is not None
    found = evidence_from(
        record.competency_model(), "drill", figures, at_ms=clock.ms_of(run.ended_at), source=str(run.pk)
    )
    weight = _EASY_WEIGHT if run.mode == RunMode.EASY else 1.0
    pieces = [
        record.NewEvidence(
            employee=run.employee,
            competency=piece.competency,
            kind=piece.kind,
            score=piece.score,
            at=run.ended_at,
            source_kind=SOURCE_KIND,
            source_id=str(run.pk),
            label=Reason("practice.evidence", {"title": run.title}),
            n=piece.n,
            weight=piece.weight * weight,
        )
        for piece in found
    ]
    needs = record.Need.objects.filter(employee=run.employee)
    live = set(needs.exclude(state__in=[record.NeedState.MET, record.NeedState.DISMISSED]).values_list("pk", flat=True))
    record.add_evidence(actor=None, pieces=pieces)
    for need in needs.filter(pk__in=live, state=record.NeedState.MET):
        _tell_met(run, need)


def _tell_met(run: DrillRun, need: record.Need) -> None:
    user = run.started_by
    if not user.is_active:
        return
    competency = record.competency_model().competencies.get(need.subject)
    name = competency.name.in_language(user.reading_language) if competency else need.subject
    send(recipient=user, key="inbox.need_met", params={"competency": name})


def _count_attempt(run: DrillRun, result: Mapping[str, Any]) -> None:
    """Record the attempt at the assignment. One that was taken back meanwhile does not undo the drill."""
    assignment = run.assignment
    if assignment is None:
        return
    assert run.ended_at is not None
    points = Decimal(str(100 * result["total"] / result["max"])).quantize(_CENT)
    is_breach = any(gate["fails"] for gate in result["gates"])
    is_passed = False if is_breach else run.passed if assignment.pass_mark is None else None
    attempt = record.Attempt(
        points=points, at=run.ended_at, source_kind=SOURCE_KIND, source_id=str(run.pk), is_passed=is_passed
    )
    try:
        with transaction.atomic():
            record.record_attempt(actor=None, assignment=assignment, attempt=attempt)
    except InputError:
        run.remark = "practice.note.attempt_lost"
