"""Turns declared measures into SQL over the lake's views and returns a cell per group and measure.

Every value from outside is a bound parameter; names of columns come from declarations only. One statement is run per
grain and attribution, so that a conversation is never multiplied by its rounds or agents.
"""
# ruff: noqa: S608 - statements are composed of declared names and bound parameters

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from peilian.adapters.lake.remeasure import Sources, measure_again
from peilian.adapters.lake.visibility import Visibility
from peilian.engine.kpi.algebra import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Attribution,
    Count,
    Equals,
    Grain,
    IsTrue,
    Known,
    Max,
    Measure,
    Not,
    Predicate,
    Quantile,
    Ratio,
    Scalar,
    Sum,
    columns_read,
)
from peilian.engine.kpi.cells import Cell, make_cell
from peilian.engine.kpi.facts import EVERY_MILLISECOND, Rules
from peilian.engine.kpi.query import KpiQuery, KpiRow
from peilian.engine.kpi.zones import offsets_between

_EARLIEST_MS, _LATEST_MS = -62_000_000_000_000, 253_000_000_000_000  # what a calendar date can hold, with a margin

# How a dimension is read from the row of a conversation; ``local_at`` is its start on the wall clock of the query.
_CONVERSATION_DIMENSIONS = {
    "day": "strftime(c.local_at, '%Y-%m-%d')",
    "week": "strftime(c.local_at, '%G-W%V')",
    "month": "strftime(c.local_at, '%Y-%m')",
    "hour": "extract(hour from c.local_at)::integer",
    "channel": "c.channel",
    "topic": "c.topic",
    "conversation": "c.conversation_id",
}
_PERSON_DIMENSIONS = ("agent", "team")


def query_kpis(
    connection: duckdb.DuckDBPyConnection,
    query: KpiQuery,
    *,
    visible: Visibility,
    now_ms: int | None = None,
    rules: Rules = EVERY_MILLISECOND,
) -> list[KpiRow]:
    """Answer ``query`` over the views ``conversations``, ``rounds``, ``participations`` and ``messages``.

    A row stands for each group in which a visible conversation exists; there, counts are 0 when nothing is counted,
    other values ``None``. ``now_ms`` decides which conversations are old enough to be judged; it defaults to the time
    of the last message. ``rules`` other than the default measure the response times anew. Rows are ordered by their
    dimensions, unknown values last.
    """
    if now_ms is None:
        now_ms = _last_message_ms(connection)
    planner = _Planner(connection, query, visible, now_ms, measure_again(connection, rules))
    groups: dict[tuple[Any, ...], dict[str, Cell]] = {}
    for measures in _batches(query.measures):
        for key, cells in planner.run(measures):
            groups.setdefault(key, {}).update(cells)
    rows = []
    for key in sorted(groups, key=lambda values: [(value is None, value) for value in values]):
        cells = {
            measure.key: groups[key].get(measure.key) or make_cell(measure.aggregate, _nothing(measure.aggregate), 0)
            for measure in query.measures
        }
        rows.append(KpiRow(group=dict(zip(query.by, key, strict=True)), cells=cells))
    return rows


def _nothing(aggregate: Aggregate) -> float | None:
    return 0 if isinstance(aggregate, Count | Sum) else None


def _batches(measures: Iterable[Measure]) -> list[list[Measure]]:
    """Measures that one statement can answer; the first, possibly without any, finds the groups that exist."""

    def by_source(measure: Measure) -> tuple[str, str]:
        return measure.grain, measure.attribution

    batches = {key: list(part) for key, part in groupby(sorted(measures, key=by_source), key=by_source)}
    whole = batches.pop((Grain.CONVERSATION, Attribution.TOOK_PART), [])
    return [whole, *batches.values()]


def _last_message_ms(connection: duckdb.DuckDBPyConnection) -> int | None:
    found = connection.execute("select max(at_ms) from messages").fetchone()
    return found[0] if found else None


@dataclass
class _Statement:
    """SQL in the making: common table expressions and bound parameters."""

    tables: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any) -> str:
        """A parameter that stands for ``value``."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def bind_rows(self, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> str:
        """A relation of constant rows; ``columns`` are (name, SQL type)."""
        parts = [
            f"unnest({self.bind([row[place] for row in rows])}::{kind}[]) as {name}"
            for place, (name, kind) in enumerate(columns)
        ]
        return "select " + ", ".join(parts)

    def run(self, connection: duckdb.DuckDBPyConnection, body: str) -> list[tuple[Any, ...]]:
        heads = ",\n".join(f"{name} as ({sql})" for name, sql in self.tables.items())
        return connection.execute(f"with {heads}\n{body}", self.params).fetchall()


class _Planner:
    """Builds the statements of one query."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: KpiQuery,
        visible: Visibility,
        now_ms: int | None,
        sources: Sources,
    ) -> None:
        self.connection = connection
        self.query = query
        self.visible = visible
        self.now_ms = now_ms
        self.sources = sources
        self.offsets = _offsets(connection, query.zone)
        self.persons = [name for name in _PERSON_DIMENSIONS if name in query.by]
        self.is_attributed = bool(self.persons or query.agents or query.teams)

    def run(self, measures: Sequence[Measure]) -> list[tuple[tuple[Any, ...], dict[str, Cell]]]:
        """The cells of ``measures``, which share grain and attribution, by group."""
        sql = _Statement()
        self._visible_accounts(sql)
        self._chosen_conversations(sql, columns_read(measures))
        grain = measures[0].grain if measures else Grain.CONVERSATION
        attribution = measures[0].attribution if measures else Attribution.TOOK_PART
        self._facts(sql, grain, attribution)
        dimensions = [
            f"f.{name}" if name in _PERSON_DIMENSIONS else _CONVERSATION_DIMENSIONS[name] for name in self.query.by
        ]
        selected = [*dimensions]
        for measure in measures:
            selected += _aggregate(sql, measure)
        grouping = f"group by {', '.join(str(n + 1) for n in range(len(dimensions)))}" if dimensions else ""
        body = (
            f"select {', '.join([*selected, 'count(*)'])}\n"
            f"from facts f join chosen c on c.conversation_id = f.conversation_id\n{grouping} having count(*) > 0"
        )
        width = len(dimensions)
        return [(row[:width], _cells(measures, row[width:-1])) for row in sql.run(self.connection, body)]

    def _visible_accounts(self, sql: _Statement) -> None:
        """``visible_parts``: the participations that a restricted reader may see."""
        if self.visible.is_everything:
            return
        spans = [(span.account, span.from_ms, span.to_ms) for span in self.visible.spans]
        columns = (("account", "varchar"), ("from_ms", "bigint"), ("to_ms", "bigint"))
        sql.tables["visible_spans"] = sql.bind_rows(columns, spans)
        sql.tables["visible_parts"] = """
            select distinct p.conversation_id, p.agent from participations p join visible_spans s on p.agent = s.account
            where p.first_at_ms is null or (
                (s.from_ms is null or p.last_at_ms >= s.from_ms) and (s.to_ms is null or p.first_at_ms < s.to_ms))"""

    def _chosen_conversations(self, sql: _Statement, columns: frozenset[str]) -> None:
        """``chosen``: visible conversations that pass the filters, with local time and derived columns.

        The next contact of a customer is looked up in the whole lake, before any filter.
        """
        sql.tables["zone"] = sql.bind_rows((("from_ms", "bigint"), ("offset_ms", "bigint")), self.offsets)
        joins = " asof left join zone z on c.started_at_ms >= z.from_ms"
        derived = ["epoch_ms(c.started_at_ms + z.offset_ms) as local_at"]
        if "settled_ms" in columns:
            derived.append(f"{sql.bind(self.now_ms)}::bigint - c.ended_at_ms as settled_ms")
        if "next_contact_ms" in columns:
            sql.tables["starts"] = """
                select customer as who, started_at_ms as next_at_ms from conversations
                where customer is not null and started_at_ms is not null"""
            joins += " asof left join starts n on c.customer = n.who and c.ended_at_ms < n.next_at_ms"
            derived.append("n.next_at_ms - c.ended_at_ms as next_contact_ms")
        if columns & {"csat_share", "csat_points"}:
            share = "case when coalesce(c.csat_max, 5) > 0 then c.csat / coalesce(c.csat_max, 5) end"
            derived += [f"{share} as csat_share", f"{share} * 5 as csat_points"]
        plain = "c.* replace (c.channel::varchar as channel, c.topic::varchar as topic)"
        sql.tables["dated"] = f"select {plain}, {', '.join(derived)} from {self.sources.conversations} c{joins}"
        sql.tables["chosen"] = f"select * from dated where {' and '.join(self._filters(sql))}"

    def _filters(self, sql: _Statement) -> list[str]:
        query = self.query
        found = ["true"]
        if not self.visible.is_everything:
            found.append("conversation_id in (select conversation_id from visible_parts)")
        if query.from_:
            found.append(f"local_at >= {sql.bind(_midnight(query.from_))}::timestamp")
        if query.to and query.to < date.max:  # no day comes after the last one
            found.append(f"local_at < {sql.bind(_midnight(query.to + timedelta(days=1)))}::timestamp")
        for column, values in (("channel", query.channels), ("topic", query.topics)):
            if values:
                found.append(f"list_contains({sql.bind(list(values))}::varchar[], {column}::varchar)")
        if query.start_minutes:
            first, last = (sql.bind(minute) for minute in query.start_minutes)
            word = "and" if query.start_minutes[0] <= query.start_minutes[1] else "or"
            minute = "(extract(hour from local_at) * 60 + extract(minute from local_at))"
            found.append(f"({minute} >= {first} {word} {minute} < {last})")
        return found

    def _facts(self, sql: _Statement, grain: Grain, attribution: Attribution) -> None:
        """``facts``: the rows that are aggregated, with the columns ``agent`` and ``team`` when they are asked for."""
        sql.tables["grain"] = self._grain_rows(sql, grain, attribution)
        if not self.is_attributed:
            sql.tables["facts"] = "select * from grain"
            return
        kept = ["true"]
        if self.query.agents:
            kept.append(f"list_contains({sql.bind(list(self.query.agents))}::varchar[], agent)")
        if self.query.teams:
            kept.append(f"list_contains({sql.bind(list(self.query.teams))}::varchar[], team)")
        source = self._with_team(sql)
        if not self.visible.is_everything:
            source += " semi join visible_parts using (conversation_id, agent)"
        # A conversation counts once in a group, however many of its accounts are there; so does a round whose account
        # was in a team twice. Other columns tell the rows of one conversation apart.
        columns = "* exclude (team)" if self.query.teams and "team" not in self.query.by else "*"
        if attribution is Attribution.TOOK_PART:
            columns = ", ".join(["conversation_id", *self.persons])
        sql.tables["facts"] = f"select distinct {columns} from {source} where {' and '.join(kept)}"

    def _with_team(self, sql: _Statement) -> str:
        """The relation of the grain, with a column ``team`` when teams are asked for."""
        if not self.query.teams and "team" not in self.query.by:
            return "grain"
        rows = [(span.account, span.team, span.from_ms, span.to_ms) for span in self.query.roster]
        columns = (("account", "varchar"), ("team", "varchar"), ("from_ms", "bigint"), ("to_ms", "bigint"))
        sql.tables["roster"] = sql.bind_rows(columns, rows)
        sql.tables["owned"] = """
            select g.*, r.team from grain g
            join chosen c on c.conversation_id = g.conversation_id
            left join roster r on r.account = g.agent
                and (r.from_ms is null or c.started_at_ms >= r.from_ms)
                and (r.to_ms is null or c.started_at_ms < r.to_ms)"""
        return "owned"

    def _grain_rows(self, sql: _Statement, grain: Grain, attribution: Attribution) -> str:
        match grain, attribution:
            case Grain.CONVERSATION, Attribution.FIRST_RESPONSE:
                return "select conversation_id, first_agent as agent from chosen"
            case Grain.CONVERSATION, _:
                if not self.is_attributed:
                    return "select conversation_id from chosen"
                return """select c.conversation_id, p.agent::varchar as agent from chosen c
                    left join participations p on p.conversation_id = c.conversation_id"""
            case Grain.ROUND, _:
                return f"select * replace (agent::varchar as agent) from {self.sources.rounds}"
            case Grain.PARTICIPATION, _:
                return _CONCURRENT
            case Grain.AUTHORSHIP, _:
                if not self.is_attributed:
                    return "select conversation_id, n_agent_messages from chosen"
                return """select conversation_id::varchar as conversation_id, author::varchar as agent,
                        count(*) as n_agent_messages from messages
                    where role in ('agent', 'supervisor') and not is_internal and not is_automatic group by 1, 2"""
        raise AssertionError(grain)


# For each participation, how many of the account's spans hold the moment of its first answer: those that began by then,
# less those that ended before. All of the lake counts, whatever the query leaves out.
_CONCURRENT = """
    with moments as (
        select conversation_id::varchar as conversation_id, agent::varchar as agent, first_at_ms as at_ms, 1 as is_start
        from participations where first_at_ms is not null
        union all
        select conversation_id, agent, last_at_ms, 0 from participations where last_at_ms is not null
    ), counted as (
        select conversation_id, agent, is_start,
            sum(is_start) over (partition by agent order by at_ms range between unbounded preceding and current row)
            - coalesce(sum(1 - is_start) over (
                partition by agent order by at_ms range between unbounded preceding and 1 preceding), 0) as concurrent
        from moments
    )
    select conversation_id, agent, concurrent::bigint as concurrent from counted where is_start = 1
    union all
    select conversation_id, agent, null from participations where first_at_ms is null"""


def _column(name: str, grain: Grain) -> str:
    alias = "c" if grain is Grain.CONVERSATION else "f"
    return f'{alias}."{name}"'


def _condition(sql: _Statement, predicate: Predicate, grain: Grain) -> str:
    """The predicate in SQL, true or false but never NULL."""
    match predicate:
        case IsTrue(column):
            return f"coalesce({_column(column, grain)}, false)"
        case Known(column):
            return f"({_column(column, grain)} is not null)"
        case AtMost(column, value):
            return f"coalesce({_column(column, grain)} <= {_number(sql, value)}, false)"
        case AtLeast(column, value):
            return f"coalesce({_column(column, grain)} >= {_number(sql, value)}, false)"
        case Equals(column, value):
            return f"coalesce({_column(column, grain)} = {_number(sql, value)}, false)"
        case Not(part):
            return f"(not {_condition(sql, part, grain)})"
        case AllOf(parts):
            return "(" + " and ".join([_condition(sql, part, grain) for part in parts] or ["true"]) + ")"
        case AnyOf(parts):
            return "(" + " or ".join([_condition(sql, part, grain) for part in parts] or ["false"]) + ")"


def _number(sql: _Statement, value: Scalar) -> str:
    kind = {bool: "boolean", int: "bigint", float: "double", str: "varchar"}[type(value)]
    return f"{sql.bind(value)}::{kind}"


def _aggregate(sql: _Statement, measure: Measure) -> list[str]:
    """Three expressions: the raw result, the number of rows it stands on, the number of rows left out for now."""
    aggregate, grain = measure.aggregate, measure.grain
    pending = f"count(*) filter (where {_condition(sql, measure.pending, grain)})" if measure.pending else "0"
    if isinstance(aggregate, Count):
        counted = f"count(*) filter (where {_condition(sql, aggregate.where, grain)})"
        return [counted, counted, pending]
    if isinstance(aggregate, Ratio):
        of = _condition(sql, aggregate.of, grain)
        both = f"{of} and {_condition(sql, aggregate.where, grain)}"
        return [f"count(*) filter (where {both})", f"count(*) filter (where {of})", pending]
    column = _column(aggregate.column, grain)
    if isinstance(aggregate, Quantile):
        top = f"quantile_cont({column}::double, {float(aggregate.q)})"
    else:
        top = f"{'max' if isinstance(aggregate, Max) else 'sum'}({column})"
    return [top, f"count({column})", pending]


def _cells(measures: Sequence[Measure], values: Sequence[Any]) -> dict[str, Cell]:
    return {
        measure.key: make_cell(measure.aggregate, values[3 * n], values[3 * n + 1], pending=values[3 * n + 2])
        for n, measure in enumerate(measures)
    }


def _offsets(connection: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> list[tuple[int, int]]:
    """(since when, offset from UTC in ``zone``) in milliseconds, over the time that the lake spans.

    The zone's own rules are used, not the database's, so that days begin where the rest of the product says.
    """
    found = connection.execute("select min(started_at_ms), max(started_at_ms) from conversations").fetchone()
    first, last = found if found and found[0] is not None else (0, 0)
    offsets = offsets_between(max(first, _EARLIEST_MS), min(last, _LATEST_MS), zone)
    return [(min(first, offsets[0][0]), offsets[0][1]), *offsets[1:]]


def _midnight(day: date) -> str:
    return datetime.combine(day, time()).isoformat()
