"""Measures of a person (个人指标): over everything that the person did on whatever account, in a span of days."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from peilian.adapters.lake import Visibility
from peilian.apps.base import api as base
from peilian.apps.contacts.work import lake
from peilian.apps.people.api import AgentAccount
from peilian.engine.kpi.cells import Cell
from peilian.engine.kpi.query import RosterSpan
from peilian.flows import measuring


def person_measures(
    *, employees: Iterable[UUID], first_day: date, last_day: date, keys: Sequence[str]
) -> Mapping[UUID, Mapping[str, Cell]]:
    """The measures ``keys`` of each employee over the days (local to the company, both included).

    For the product itself: what comes back is not cut to what a user may see. Who handled nothing is left out.
    """
    wanted = {str(pk): pk for pk in employees}
    # A person is measured as a team of one, so that shared and changing accounts count for who used them.
    spans = [
        RosterSpan(row.account, str(row.employee_id), str(row.employee_id), _ms(row.starts_at), _ms(row.ends_at))
        for row in AgentAccount.objects.filter(employee__in=wanted.values())
    ]
    source = lake()
    if not spans or not source.segments:
        return {}
    rows = measuring.measure(
        source,
        keys=tuple(dict.fromkeys(keys)),
        by=("team",),
        roster=spans,
        tz=base.company().time_zone,
        calendar=base.company().calendar,
        from_=first_day,
        to=last_day,
        visible=Visibility.everything(),
        now_ms=time.time_ns() // 1_000_000,
    )
    return {wanted[team]: row.cells for row in rows if (team := str(row.group["team"])) in wanted}


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
