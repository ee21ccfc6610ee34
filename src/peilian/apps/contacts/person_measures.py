"""Measures of a person (个人指标): over everything that the person did on whatever account, in a span of days."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from peilian.adapters.lake import Lake, Visibility
from peilian.apps.base import api as base
from peilian.apps.contacts.work import lake
from peilian.apps.library import api as library
from peilian.apps.people.api import AgentAccount
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.kpi.query import RosterSpan
from peilian.flows import measuring
from peilian.flows.service_figures import SERVICE_INDICATORS, service_figures


@dataclass(frozen=True, slots=True)
class PersonMeasure:
    """One measure of a person; ``value`` is ``None`` where there was nothing to measure. ``is_provisional``: it is too
    early to judge some of the cases."""

    value: Decimal | None
    n: int
    is_provisional: bool = False


def person_measures(
    *, employees: Iterable[UUID], first_day: date, last_day: date, keys: Sequence[str]
) -> dict[UUID, dict[str, PersonMeasure]]:
    """The measures ``keys`` of each employee over the days (local to the company, both included): KPIs, and the means
    of speed, empathy, concision and compliance of the conversations that the person answered alone.

    For the product itself: what comes back is not cut to what a user may see. Who handled nothing is left out.
    ``InputError`` names a key that is no measure.
    """
    wanted = {str(pk): pk for pk in employees}
    known = {measure.key for measure in measuring.measures()}
    for key in keys:
        if key not in known and key not in SERVICE_INDICATORS:
            raise InputError(Fault(Reason("contacts.unknown_measure", {"value": key}), field="keys"))
    spans = [
        RosterSpan(row.account, str(row.employee_id), str(row.employee_id), _ms(row.starts_at), _ms(row.ends_at))
        for row in AgentAccount.objects.all()
    ]
    source = lake()
    if not spans or not source.segments:
        return {}
    found: dict[UUID, dict[str, PersonMeasure]] = {}
    kpis = tuple(key for key in dict.fromkeys(keys) if key in known)
    for person, values in _kpis(source, spans, first_day, last_day, kpis) if kpis else ():
        if person in wanted:
            found.setdefault(wanted[person], {}).update(values)
    if set(keys) & set(SERVICE_INDICATORS):
        tz = base.company().time_zone
        own = [span for span in spans if span.employee in wanted]
        words = library.lexicons_at_work()
        figures_of = service_figures(source, words, roster=own, from_=first_day, to=last_day, tz=tz)
        for person, figures in figures_of.items():
            found.setdefault(wanted[person], {}).update(
                {name: PersonMeasure(one.value, one.n) for name, one in figures.items() if name in keys}
            )
    return found


def _kpis(
    source: Lake, spans: Sequence[RosterSpan], first_day: date, last_day: date, keys: tuple[str, ...]
) -> Iterable[tuple[str, Mapping[str, PersonMeasure]]]:
    """A person is measured as a team of one, so that shared and changing accounts count for who used them."""
    rows = measuring.measure(
        source,
        keys=keys,
        by=("team",),
        roster=spans,
        tz=base.company().time_zone,
        calendar=base.company().calendar,
        from_=first_day,
        to=last_day,
        visible=Visibility.everything(),
        now_ms=time.time_ns() // 1_000_000,
    )
    for row in rows:
        if row.group["team"] is None:
            continue
        values = {
            key: PersonMeasure(None if cell.value is None else Decimal(repr(cell.value)), cell.n, cell.is_provisional)
            for key, cell in row.cells.items()
        }
        yield str(row.group["team"]), values


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
