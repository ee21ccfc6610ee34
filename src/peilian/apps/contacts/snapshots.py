"""Snapshots: measures of a whole month, kept with their sums and counts so that they can be added up later."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.utils import timezone

from peilian.adapters.lake import Lake
from peilian.adapters.lake.visibility import Visibility
from peilian.apps.base import api as base
from peilian.apps.contacts.models import Grain, KpiSnapshot
from peilian.apps.people.api import User, roster_lines
from peilian.engine.kpi.query import RosterSpan
from peilian.flows import measuring

_DIMENSIONS: dict[Grain, tuple[str, ...]] = {Grain.COMPANY: (), Grain.AGENT: ("agent",), Grain.TEAM: ("team",)}


def take_snapshots(*, actor: User | None, source: Lake, month: date) -> int:
    """Take (or take again) the snapshots of the month that holds ``month``; returns how many were written.

    What was too early to be final is replaced. A final snapshot of the same definition version stays as it was taken
    unless the month has other data by now; snapshots of other definition versions are never touched.
    """
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    taken = [row for grain in Grain for row in _measure(source, Grain(grain), first, last)]
    kept = {_place(row): row for row in KpiSnapshot.objects.filter(period=f"{first:%Y-%m}", is_mature=True)}
    fresh = [row for row in taken if _standing(row) != (_standing(kept[_place(row)]) if _place(row) in kept else None)]
    if not fresh:
        return 0
    with base.write(actor=actor, verb="contacts.take_snapshots") as audit:
        KpiSnapshot.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["kpi", "definition_version", "period", "grain", "subject"],
            update_fields=["value", "numerator", "denominator", "n", "is_mature", "taken_at"],
        )
        audit.note_object(
            kind="contacts.kpisnapshot",
            id=f"{first:%Y-%m}",
            label=f"{first:%Y-%m}",
            changes={"snapshots": [None, len(fresh)]},
        )
    return len(fresh)


def _place(row: KpiSnapshot) -> tuple[str, int, str, str]:
    """What there is one snapshot of, within a month."""
    return row.kpi, row.definition_version, row.grain, row.subject


def _standing(row: KpiSnapshot) -> tuple[float | None, float | None, float | None, int, bool]:
    """What a snapshot says."""
    return row.value, row.numerator, row.denominator, row.n, row.is_mature


def roster_spans() -> list[RosterSpan]:
    """Who used which account in which team, as measuring and diagnosing take it."""

    def ms(moment: datetime | None) -> int | None:
        return None if moment is None else int(moment.timestamp() * 1000)

    return [
        RosterSpan(line.account, line.employee, line.team, ms(line.starts_at), ms(line.ends_at))
        for line in roster_lines()
    ]


def _measure(source: Lake, grain: Grain, first: date, last: date) -> list[KpiSnapshot]:
    cells = measuring.snapshot(
        source,
        by=_DIMENSIONS[grain],
        roster=roster_spans(),
        calendar=base.company().calendar,
        tz=str(base.company_zone()),
        from_=first,
        to=last,
        visible=Visibility.everything(),
        now_ms=time.time_ns() // 1_000_000,
    )
    return [
        KpiSnapshot(
            kpi=cell.key,
            definition_version=cell.version,
            period=f"{first:%Y-%m}",
            grain=grain,
            subject=cell.subject or "",
            value=cell.value,
            numerator=cell.numerator,
            denominator=cell.denominator,
            n=cell.n,
            is_mature=not cell.is_provisional,
            taken_at=timezone.now(),
        )
        for cell in cells
    ]
