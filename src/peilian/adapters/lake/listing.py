"""Finding conversations: filters, pages, and what filters can offer."""
# ruff: noqa: S608 - statements are composed of fixed parts and bound parameters

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import duckdb

Order = Literal["newest", "oldest", "lowest_satisfaction", "slowest"]

_ORDERS: dict[Order, str] = {
    "newest": "c.started_at_ms DESC NULLS LAST",
    "oldest": "c.started_at_ms ASC NULLS LAST",
    "lowest_satisfaction": "r.satisfaction ASC NULLS LAST, c.started_at_ms DESC NULLS LAST",
    "slowest": "c.first_response_ms DESC NULLS LAST, c.started_at_ms DESC NULLS LAST",
}


@dataclass(frozen=True, slots=True)
class ConversationFilter:
    """Which conversations; what is ``None`` or empty does not limit. Times are UTC ms, ``from_ms`` in, ``to_ms`` out.

    ``agents`` are platform accounts of which one took part; ``text`` is looked for in the messages, in any case;
    ``findings`` are keys of moves, faults or issues, all of which must be found; ``finding_kind`` asks for any
    finding of a kind. ``csat`` bounds are in the source's scale; ``rating`` is relative to it: low up to two fifths of
    the greatest rating (5 unless given), high from four fifths.
    """

    from_ms: int | None = None
    to_ms: int | None = None
    agents: tuple[str, ...] = ()
    channel: str | None = None
    topic: str | None = None
    text: str | None = None
    csat_min: float | None = None
    csat_max: float | None = None
    satisfaction_label: str | None = None
    findings: tuple[str, ...] = ()
    finding_kind: str | None = None
    rating: Literal["low", "high", "none"] | None = None
    is_answered: bool | None = None
    has_complaint: bool | None = None
    first_response_over_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One line of a list; ``opening`` is the beginning of the first thing that the customer said, ``faults`` and
    ``issues`` are the keys found in it, each once."""

    conversation_id: str
    started_at_ms: int | None
    customer: str | None
    channel: str | None
    topic: str | None
    opening: str | None
    agents: tuple[str, ...]
    n_messages: int
    is_answered: bool
    first_response_ms: int | None
    is_resolved: bool | None
    csat: float | None
    csat_max: float | None
    has_complaint: bool | None
    satisfaction: float | None
    satisfaction_label: str | None
    faults: tuple[str, ...]
    issues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """Some conversations and how many there are in all."""

    items: tuple[ConversationSummary, ...]
    total: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What filters can offer: every channel, topic and account of the visible conversations, and their span of time."""

    channels: tuple[str, ...]
    topics: tuple[str, ...]
    agents: tuple[str, ...]
    first_ms: int | None
    last_ms: int | None


def page(
    connection: duckdb.DuckDBPyConnection,
    question: ConversationFilter,
    gate: str,
    *,
    limit: int,
    offset: int,
    order: Order,
) -> ConversationPage:
    """One page of the conversations that pass filter and gate."""
    conditions, params = _conditions(question)
    where = " AND ".join([gate, *conditions])
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE page AS
        WITH found AS (SELECT * FROM conversations WHERE {where})
        SELECT row_number() OVER () AS place, count(*) OVER () AS total, c.*, r.satisfaction, r.satisfaction_label
        FROM found c LEFT JOIN conversation_readings r USING (conversation_id)
        ORDER BY {_ORDERS[order]}, c.conversation_id LIMIT $limit OFFSET $offset
        """,
        params | {"limit": limit, "offset": offset},
    )
    rows = connection.execute(_SUMMARIES.format(order=_ORDERS[order].replace("r.", "c."))).fetchall()
    counted = connection.execute("SELECT max(total) FROM page").fetchone()
    total = counted[0] if counted and counted[0] is not None else None
    if total is None and offset:
        total = _count(connection, where, params)
    items = tuple(_summary(row) for row in rows)
    return ConversationPage(items, total or 0, offset, limit)


def _summary(row: tuple[Any, ...]) -> ConversationSummary:
    values = dict(zip(_SUMMARY_COLUMNS, row, strict=True))
    values |= {name: tuple(values[name] or ()) for name in ("agents", "faults", "issues")}
    return ConversationSummary(**values)


_SUMMARY_COLUMNS = tuple(item.name for item in fields(ConversationSummary))

_SUMMARIES = """
    WITH openings AS (
        SELECT conversation_id, arg_min(substr(text, 1, 120), i) AS opening FROM messages
        WHERE role = 'customer' AND NOT is_internal AND text <> ''
          AND conversation_id IN (SELECT conversation_id FROM page) GROUP BY 1),
    accounts AS (
        SELECT conversation_id, list(agent ORDER BY place) AS agents FROM participations
        WHERE conversation_id IN (SELECT conversation_id FROM page) GROUP BY 1),
    noticed AS (
        SELECT conversation_id,
               list_sort(list(DISTINCT key::VARCHAR) FILTER (kind = 'fault')) AS faults,
               list_sort(list(DISTINCT key::VARCHAR) FILTER (kind = 'issue')) AS issues
        FROM findings
        WHERE kind IN ('fault', 'issue') AND conversation_id IN (SELECT conversation_id FROM page) GROUP BY 1)
    SELECT c.conversation_id, c.started_at_ms, c.customer, c.channel::VARCHAR, c.topic::VARCHAR, o.opening, a.agents,
           c.n_messages, c.is_answered, c.first_response_ms, c.is_resolved, c.csat, c.csat_max, c.has_complaint,
           c.satisfaction, c.satisfaction_label::VARCHAR, f.faults, f.issues
    FROM page c LEFT JOIN openings o USING (conversation_id) LEFT JOIN accounts a USING (conversation_id)
    LEFT JOIN noticed f USING (conversation_id)
    ORDER BY {order}, c.conversation_id
"""


def _count(connection: duckdb.DuckDBPyConnection, where: str, params: dict[str, Any]) -> int:
    found = connection.execute(f"SELECT count(*) FROM conversations WHERE {where}", params).fetchone()
    return int(found[0]) if found else 0


_RATINGS = {
    "low": "csat <= 0.4 * coalesce(csat_max, 5)",
    "high": "csat >= 0.8 * coalesce(csat_max, 5)",
    "none": "csat IS NULL",
}


def _conditions(question: ConversationFilter) -> tuple[list[str], dict[str, Any]]:
    """SQL conditions on ``conversations`` and their parameters."""
    simple = {
        "from_ms": "started_at_ms >= $from_ms",
        "to_ms": "started_at_ms < $to_ms",
        "channel": "channel = $channel",
        "topic": "topic = $topic",
        "csat_min": "csat >= $csat_min",
        "csat_max": "csat <= $csat_max",
        "is_answered": "is_answered = $is_answered AND has_question",
        "has_complaint": "coalesce(has_complaint, false) = $has_complaint",
        "first_response_over_ms": "first_response_ms > $first_response_over_ms",
        "satisfaction_label": """conversation_id IN (
            SELECT conversation_id FROM conversation_readings WHERE satisfaction_label = $satisfaction_label)""",
        "finding_kind": "conversation_id IN (SELECT conversation_id FROM findings WHERE kind = $finding_kind)",
    }
    params: dict[str, Any] = {}
    conditions = []
    for name, condition in simple.items():
        if (value := getattr(question, name)) is not None:
            params[name] = value
            conditions.append(condition)
    if question.rating is not None:
        conditions.append(_RATINGS[question.rating])
    if question.agents:
        params["agents"] = list(question.agents)
        conditions.append(
            "conversation_id IN (SELECT conversation_id FROM participations WHERE list_contains($agents, agent))"
        )
    if question.text:
        params["text"] = question.text
        conditions.append(
            "conversation_id IN (SELECT conversation_id FROM messages WHERE contains(lower(text), lower($text)))"
        )
    for number, key in enumerate(question.findings):
        params[f"finding{number}"] = key
        conditions.append(f"conversation_id IN (SELECT conversation_id FROM findings WHERE key = $finding{number})")
    return conditions, params


def choices(connection: duckdb.DuckDBPyConnection, gate: str) -> Choices:
    """What the conversations behind the gate offer."""

    def column(name: str, table: str) -> tuple[str, ...]:
        sql = f"SELECT DISTINCT {name}::VARCHAR AS v FROM {table} WHERE {gate} AND {name} IS NOT NULL ORDER BY v"
        return tuple(row[0] for row in connection.execute(sql).fetchall())

    span = connection.execute(
        f"SELECT min(started_at_ms), max(started_at_ms) FROM conversations WHERE {gate}"
    ).fetchone()
    first, last = span or (None, None)
    return Choices(
        column("channel", "conversations"),
        column("topic", "conversations"),
        column("agent", "participations"),
        first,
        last,
    )
