"""Measuring (指标统计): KPIs of a lake or of plain files, and cells of whole periods that can be kept and added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.measures import query_kpis
from peilian.adapters.lake.scratch import measured
from peilian.adapters.packs.calendar import load_calendars
from peilian.adapters.packs.preset import load_presets
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.kpi.algebra import Measure
from peilian.engine.kpi.calendar import Calendar
from peilian.engine.kpi.cells import Cell
from peilian.engine.kpi.preset import Preset, rules_of
from peilian.engine.kpi.query import ALL_KPIS, KpiQuery, KpiRow, RosterSpan, choose_measures
from peilian.flows.importing import read_conversations
from peilian.flows.roster import Moment, moment_of, read_roster

Source = Lake | Path | Sequence[Path]
COMPANY_ZONE = "Asia/Shanghai"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SnapshotCell:
    """One measure of one group over a period, as it is kept: sums and counts, never only the value.

    ``from_`` and ``to`` are local days, both included. Cells of the same key and ``version`` can be merged.
    """

    key: str
    version: int
    group: Mapping[str, str | int | None]
    from_: date | None
    to: date | None
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    is_provisional: bool

    @property
    def subject(self) -> str | None:
        """The value of a single dimension; ``None`` for the whole and for nobody."""
        values = [value for value in self.group.values() if value is not None]
        return str(values[0]) if values else None


def measure(
    source: Source,
    keys: Iterable[str],
    by: Sequence[str] = (),
    *,
    visible: Visibility,
    roster: Iterable[RosterSpan] = (),
    calendar: str | None = None,
    preset: str | None = None,
    tz: str = COMPANY_ZONE,
    from_: date | None = None,
    to: date | None = None,
    agents: Sequence[str] = (),
    teams: Sequence[str] = (),
    channels: Sequence[str] = (),
    topics: Sequence[str] = (),
    now_ms: int | None = None,
    on_fault: Callable[[Fault], None] | None = None,
) -> list[KpiRow]:
    """The KPIs of ``keys`` by the dimensions ``by``; days are local to ``tz`` and included.

    ``source`` is a lake, a lake's folder, or files of conversations; faulty conversations of a file are left out and
    told to ``on_fault``. ``calendar`` and ``preset`` are keys of packs. Raises ``InputError`` for unknown names and
    unreadable sources.
    """
    chosen_preset = _of(load_presets, preset, "kpi.unknown_preset", "preset")
    chosen_calendar = _of(load_calendars, calendar, "kpi.unknown_calendar", "calendar")
    query = KpiQuery(
        measures=choose_measures(keys),
        by=tuple(by),
        tz=tz,
        from_=_later(from_, chosen_preset.effective_from if chosen_preset else None),
        to=to,
        agents=tuple(agents),
        teams=tuple(teams),
        channels=tuple(channels),
        topics=tuple(topics),
        roster=tuple(roster),
        start_minutes=chosen_preset.start_minutes if chosen_preset else None,
    )
    rules = rules_of(chosen_preset, chosen_calendar)
    with _opened(source, on_fault) as connection:
        return query_kpis(connection, query, visible=visible, now_ms=now_ms, rules=rules)


def snapshot(
    source: Source,
    by: Sequence[str] = (),
    *,
    visible: Visibility,
    keys: Iterable[str] = (ALL_KPIS,),
    roster: Iterable[RosterSpan] = (),
    calendar: str | None = None,
    preset: str | None = None,
    tz: str = COMPANY_ZONE,
    from_: date | None = None,
    to: date | None = None,
    now_ms: int | None = None,
) -> list[SnapshotCell]:
    """The cells of a period to be kept: one for each group and measure."""
    measures = choose_measures(keys)
    rows = measure(
        source,
        [item.key for item in measures],
        by,
        visible=visible,
        roster=roster,
        calendar=calendar,
        preset=preset,
        tz=tz,
        from_=from_,
        to=to,
        now_ms=now_ms,
    )
    return [_kept(item, row, row.cells[item.key], from_, to) for row in rows for item in measures]


def _kept(item: Measure, row: KpiRow, cell: Cell, from_: date | None, to: date | None) -> SnapshotCell:
    return SnapshotCell(
        key=item.key,
        version=item.version,
        group=row.group,
        from_=from_,
        to=to,
        value=cell.value,
        numerator=cell.numerator,
        denominator=cell.denominator,
        n=cell.n,
        is_provisional=cell.is_provisional,
    )


def measures(keys: Iterable[str] = (ALL_KPIS,)) -> tuple[Measure, ...]:
    """The declared measures of ``keys``; all by default."""
    return choose_measures(keys)


def calendars() -> dict[str, Calendar]:
    """The business calendars of the shipped packs, by key."""
    return load_calendars()


def presets() -> dict[str, Preset]:
    """The platform presets of the shipped packs, by key."""
    return load_presets()


def roster_of(path: Path, tz: str = COMPANY_ZONE) -> list[RosterSpan]:
    """The account spans of a roster file, days in ``tz``. Raises ``InputError`` with every fault of the file."""
    zone = KpiQuery(measures=(), tz=tz).zone
    spans = [
        RosterSpan(row.account, row.employee, row.team, _ms(row.starts, zone), _ms(row.ends, zone))
        for row in read_roster(path)
        if row.account
    ]
    if not spans:
        raise InputError(Fault(Reason("kpi.roster_without_account"), file=path.name))
    return spans


def _ms(value: Moment | None, zone: ZoneInfo) -> int | None:
    return None if value is None else round(moment_of(value, zone).timestamp() * 1000)


def _later(first: date | None, other: date | None) -> date | None:
    return max((day for day in (first, other) if day is not None), default=None)


def _of(load: Callable[[], Mapping[str, T]], key: str | None, reason: str, field: str) -> T | None:
    if key is None:
        return None
    known = load()
    if key not in known:
        raise InputError(Fault(Reason(reason, {"name": key, "known": ", ".join(known)}), field=field))
    return known[key]


@contextmanager
def _opened(source: Source, on_fault: Callable[[Fault], None] | None) -> Iterator[Any]:
    """A session with the views that measures read."""
    if isinstance(source, Path):
        source = Lake.open(source) if source.is_dir() else [source]
    if isinstance(source, Lake):
        with source.connect() as connection:
            yield connection
        return
    for path in source:
        if not path.exists():
            raise InputError(Fault(Reason("kpi.nothing_here"), file=str(path)))
    with measured(read_conversations(list(source), on_fault=on_fault)) as connection:
        yield connection
