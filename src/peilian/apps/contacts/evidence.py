"""Work as evidence: what the conversations and KPIs of a month say about people goes into their records."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from peilian.apps.base import api as base
from peilian.apps.contacts.work import lake
from peilian.apps.people.api import AgentAccount, Employee, NotVisibleError, Permission, User, visible_to
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from peilian.engine.kpi.query import RosterSpan
from peilian.flows.evidence import WorkEvidence, work_evidence

SOURCE_KIND = "contacts.month"
_JOB = "contacts.evidence"


def start_work_evidence(*, actor: User | None, month: date) -> base.Job:
    """Queue the evidence of the month that holds ``month``; the same that waits already is returned instead."""
    _permit(actor)
    parameters = {"months": [f"{month:%Y-%m}"]}
    waiting = base.Job.objects.filter(kind=_JOB, state=base.JobState.QUEUED, parameters=parameters)
    return waiting.first() or base.start_job(actor=actor, kind=_JOB, parameters=parameters)


def write_work_evidence(*, actor: User | None, month: date) -> int:
    """Write what the month that holds ``month`` shows of every employee with an account; returns how many pieces are
    new. A month that was written before is written again only where it says something else by now; the former piece is
    superseded. Gaps that are plain afterwards become needs."""
    _permit(actor)
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    found = work_evidence(
        lake(),
        record.competency_model(),
        roster=_account_spans(),
        from_=first,
        to=last,
        tz=str(base.company_zone()),
        calendar=base.company().calendar,
        now_ms=time.time_ns() // 1_000_000,
    )
    people = {str(person.pk): person for person in Employee.objects.filter(pk__in={item.person for item in found})}
    pieces = [_as_new(item, people[item.person], f"{first:%Y-%m}") for item in found]
    rows = record.add_evidence(actor=None, pieces=pieces, revise=True)
    record.raise_gap_needs(employees={row.employee_id: row.employee for row in rows}.values())
    return len(rows)


@base.handlers.register(_JOB)
def write_months(context: base.JobContext) -> Mapping[str, Any]:
    """Write the evidence of the months named, each whole or not at all."""
    months = [date.fromisoformat(f"{month}-01") for month in context.parameters["months"]]
    written = 0
    for number, month in enumerate(months):
        context.progress(number, len(months), "evidence")
        context.stop_if_cancelled()
        written += write_work_evidence(actor=context.actor, month=month)
    return {"evidence": written}


def _permit(actor: User | None) -> None:
    """It is written for everybody at once, so only who may assign training to the whole company starts it."""
    if actor is not None and not visible_to(actor).reaches_company(Permission.ASSIGN_TRAINING):
        raise NotVisibleError


def _account_spans() -> list[RosterSpan]:
    """Who used which account, people by their ids: names are not unique."""

    def ms(moment: datetime | None) -> int | None:
        return None if moment is None else int(moment.timestamp() * 1000)

    return [
        RosterSpan(row.account, str(row.employee_id), None, ms(row.starts_at), ms(row.ends_at))
        for row in AgentAccount.objects.all()
    ]


def _as_new(item: WorkEvidence, employee: Employee, month: str) -> record.NewEvidence:
    piece = item.piece
    return record.NewEvidence(
        employee=employee,
        competency=piece.competency,
        kind=piece.kind,
        score=piece.score,
        at=datetime.fromtimestamp(piece.at_ms / 1000, UTC),
        source_kind=SOURCE_KIND,
        source_id=month,
        label=Reason(f"record.evidence_month.{piece.kind}", {"month": month}),
        n=piece.n,
        weight=piece.weight,
    )
