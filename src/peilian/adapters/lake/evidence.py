"""Gathers what a diagnosis looks at: conversations with rounds, load, findings and what came after.

Rows are fetched in parts, so that memory stays bounded whatever the size of the lake. What an agent bore at a time and
when a customer came back is looked up in the whole lake; it shows as a number or a time, never as a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from peilian.adapters.lake.session import gate
from peilian.adapters.lake.visibility import AccountSpan, Visibility
from peilian.engine.diagnosis import ConversationEvidence, FindingEvidence, LoadEvidence, RoundEvidence

_PART = 50_000  # conversations that are gathered at once
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class EvidenceQuestion:
    """Which conversations: dated from ``from_ms`` (in) to ``to_ms`` (out), and, when ``spans`` are given, with one of
    these accounts taking part while its span held. ``moves`` are the moves that are of interest."""

    from_ms: int | None = None
    to_ms: int | None = None
    spans: tuple[AccountSpan, ...] | None = None
    moves: tuple[str, ...] = ()


class GatheredEvidence:
    """The evidence of one question. It lives as long as its session; iterate one thing at a time."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, question: EvidenceQuestion, *, visible: Visibility
    ) -> None:
        self._connection = connection
        self._question = question
        self._gate = gate(connection, visible)
        self._choose()
        connection.execute(_LOADED_ROUNDS, self._reach())
        self.n_conversations: int = self._one("SELECT count(*) FROM chosen")
        self.observed_until_ms: int | None = self._one("SELECT max(ended_at_ms) FROM conversations")
        self.usual_wait_without_channel_ms: float | None = self._one(
            "SELECT median(first_response_ms) FROM chosen WHERE channel IS NULL"
        )

    def _one(self, sql: str) -> Any:
        row = self._connection.execute(sql).fetchone()
        return row[0] if row else None

    def _choose(self) -> None:
        question = self._question
        conditions = [self._gate]
        params: dict[str, Any] = {"part": _PART}
        if question.from_ms is not None:
            params["from_ms"] = question.from_ms
            conditions.append("started_at_ms >= $from_ms")
        if question.to_ms is not None:
            params["to_ms"] = question.to_ms
            conditions.append("started_at_ms < $to_ms")
        if question.spans is not None:
            params["accounts"] = [span.account for span in question.spans]
            params["firsts"] = [span.from_ms for span in question.spans]
            params["lasts"] = [span.to_ms for span in question.spans]
            conditions.append(f"conversation_id IN ({_WITH_ACCOUNTS})")
        self._connection.execute(_CHOSEN.format(where=" AND ".join(conditions)), params)

    def _reach(self) -> dict[str, int | None]:
        """The time in which answers that bear on the chosen conversations were given: a day more on each side."""
        first, last = self._question.from_ms, self._question.to_ms
        return {
            "first_ms": None if first is None else first - _DAY_MS,
            "last_ms": None if last is None else last + _DAY_MS,
        }

    def loads(self) -> Iterator[LoadEvidence]:
        """Every timed answer in the chosen conversations with the load of its agent."""
        rows = self._connection.execute(
            """
            SELECT agent, concurrent, response_ms, channel, asked_at_ms
            FROM loaded_rounds JOIN chosen USING (conversation_id)
            WHERE concurrent IS NOT NULL AND response_ms IS NOT NULL AND agent IS NOT NULL
            """
        )
        while batch := rows.fetchmany(10_000):
            for row in batch:
                yield LoadEvidence(*row)

    def conversations(self) -> Iterator[ConversationEvidence]:
        """The chosen conversations, in no particular order."""
        n_parts = self._one("SELECT max(part) FROM chosen")
        for part in range(0 if n_parts is None else n_parts + 1):
            rows = self._connection.execute(_EVIDENCE, {"part": part, "moves": list(self._question.moves)})
            names = [column[0] for column in rows.description or ()]
            while batch := rows.fetchmany(5_000):
                for row in batch:
                    yield _conversation(dict(zip(names, row, strict=True)))

    def texts(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], tuple[str, str]]:
        """Role and text of messages of the chosen conversations, by conversation and place, erased ones left out."""
        listed = list(places)
        params = {"ids": [cid for cid, _ in listed], "places": [i for _, i in listed]}
        rows = self._connection.execute(_TEXTS, params).fetchall()
        return {(cid, i): (role, text) for cid, i, role, text in rows}


def _conversation(row: dict[str, Any]) -> ConversationEvidence:
    row["agents"] = tuple(row["agents"] or ())
    row["open_texts"] = tuple(row["open_texts"] or ())
    row["rounds"] = tuple(RoundEvidence(**item) for item in row["rounds"] or ())
    row["findings"] = tuple(FindingEvidence(**item) for item in row["findings"] or ())
    return ConversationEvidence(**row)


_WITH_ACCOUNTS = """
    SELECT p.conversation_id FROM participations p JOIN (
        SELECT unnest($accounts::VARCHAR[]) AS account, unnest($firsts::BIGINT[]) AS from_ms,
               unnest($lasts::BIGINT[]) AS to_ms) s ON p.agent = s.account
    WHERE p.first_at_ms IS NULL
       OR ((s.from_ms IS NULL OR p.last_at_ms >= s.from_ms) AND (s.to_ms IS NULL OR p.first_at_ms < s.to_ms))
"""

# The rating is a share of the greatest rating, which is 5 unless the source says otherwise.
_CHOSEN = """
    CREATE TEMP TABLE chosen AS
    WITH starts AS (
        SELECT customer AS who, started_at_ms AS at_ms FROM conversations
        WHERE customer IS NOT NULL AND started_at_ms IS NOT NULL)
    SELECT c.conversation_id, c.channel::VARCHAR AS channel, c.is_timed, c.has_question, c.is_answered,
           c.first_response_ms, c.ended_at_ms, c.customer IS NOT NULL AS has_customer,
           c.erased_at_ms IS NOT NULL AS is_erased,
           CASE WHEN c.csat IS NOT NULL AND coalesce(c.csat_max, 5) > 0
                THEN least(1, greatest(0, c.csat / coalesce(c.csat_max, 5))) END AS csat,
           s.at_ms AS next_contact_ms,
           (row_number() OVER (ORDER BY c.conversation_id) - 1) // $part AS part
    FROM (SELECT * FROM conversations WHERE {where}) c
    ASOF LEFT JOIN starts s ON c.customer = s.who AND c.ended_at_ms < s.at_ms
"""

# An agent works on a conversation from the first question that he or she answered to his or her last answer. Sweeping
# over beginnings (0), questions (1) and ends (2) in order of time counts what is under way at every question.
_LOADED_ROUNDS = """
    CREATE TEMP TABLE loaded_rounds AS
    WITH answered AS (
        SELECT conversation_id::VARCHAR AS conversation_id, round, agent::VARCHAR AS agent, asked_at_ms, answered_at_ms
        FROM rounds
        WHERE answered_i IS NOT NULL AND agent IS NOT NULL AND asked_at_ms IS NOT NULL AND answered_at_ms IS NOT NULL
          AND ($first_ms::BIGINT IS NULL OR answered_at_ms >= $first_ms)
          AND ($last_ms::BIGINT IS NULL OR asked_at_ms < $last_ms)),
    spans AS (
        SELECT conversation_id, agent, min(asked_at_ms) AS from_ms, max(answered_at_ms) AS to_ms
        FROM answered GROUP BY conversation_id, agent),
    moments AS (
        SELECT agent, from_ms AS at_ms, 0 AS kind, 1 AS change, NULL AS conversation_id, NULL AS round FROM spans
        UNION ALL SELECT agent, asked_at_ms, 1, 0, conversation_id, round FROM answered
        UNION ALL SELECT agent, to_ms, 2, -1, NULL, NULL FROM spans),
    counted AS (
        SELECT conversation_id, round, kind,
               sum(change) OVER (PARTITION BY agent ORDER BY at_ms, kind ROWS UNBOUNDED PRECEDING) AS concurrent
        FROM moments)
    SELECT r.conversation_id::VARCHAR AS conversation_id, r.round, r.asked_i, r.answered_i, r.agent::VARCHAR AS agent,
           r.asked_at_ms, r.response_ms, k.concurrent::INTEGER AS concurrent,
           coalesce(v.emotion IN ('grateful', 'pleased'), false) AS is_thanks
    FROM rounds r
    LEFT JOIN counted k ON k.kind = 1 AND k.conversation_id = r.conversation_id AND k.round = r.round
    LEFT JOIN message_readings v ON v.conversation_id = r.conversation_id AND v.i = r.asked_i
    WHERE r.conversation_id IN (SELECT conversation_id FROM chosen)
"""

_EVIDENCE = """
    WITH part AS (SELECT * FROM chosen WHERE part = $part),
    asked AS (
        SELECT conversation_id, list({'asked_i': asked_i, 'answered_i': answered_i, 'agent': agent,
            'asked_at_ms': asked_at_ms, 'response_ms': response_ms, 'concurrent': concurrent,
            'is_thanks': is_thanks} ORDER BY round) AS rounds
        FROM loaded_rounds WHERE conversation_id IN (SELECT conversation_id FROM part) GROUP BY 1),
    took_part AS (
        SELECT conversation_id, list(agent::VARCHAR ORDER BY place) AS agents FROM participations
        WHERE conversation_id IN (SELECT conversation_id FROM part) GROUP BY 1),
    found AS (
        SELECT conversation_id, list({'kind': kind::VARCHAR, 'key': key::VARCHAR, 'i': i, 'start': start, 'end': "end",
            'agent': author::VARCHAR} ORDER BY i, start, "end", kind, key) AS findings
        FROM findings
        WHERE conversation_id IN (SELECT conversation_id FROM part) AND (kind <> 'move' OR list_contains($moves, key))
        GROUP BY 1),
    felt AS (
        SELECT conversation_id, min(valence) AS lowest_valence, arg_min(i, {'valence': valence, 'i': i}) AS lowest_i
        FROM message_readings
        WHERE conversation_id IN (SELECT conversation_id FROM part) AND role = 'customer' AND valence IS NOT NULL
        GROUP BY 1),
    open_turns AS (
        SELECT r.conversation_id, max(r.asked_i) AS asked_i FROM loaded_rounds r JOIN part USING (conversation_id)
        WHERE r.answered_i IS NULL AND part.is_answered GROUP BY 1),
    left_open AS (
        SELECT m.conversation_id, list(m.text ORDER BY m.i) AS open_texts, min(v.valence) AS open_valence
        FROM messages m JOIN open_turns t ON m.conversation_id = t.conversation_id AND m.i >= t.asked_i
        LEFT JOIN message_readings v ON v.conversation_id = m.conversation_id AND v.i = m.i
        WHERE m.role = 'customer' AND NOT m.is_internal GROUP BY 1),
    by_bot AS (
        SELECT DISTINCT conversation_id FROM messages
        WHERE role = 'bot' AND NOT is_internal
          AND conversation_id IN (SELECT conversation_id FROM part WHERE NOT is_answered))
    SELECT p.conversation_id, p.channel, p.is_timed, p.has_question, p.csat, p.has_customer, p.ended_at_ms,
           p.next_contact_ms, p.is_erased, b.conversation_id IS NOT NULL AS is_bot_answered,
           r.conversation_id IS NOT NULL AS is_read,
           r.satisfaction, r.satisfaction_label::VARCHAR AS satisfaction_label, a.rounds, g.agents, f.findings,
           e.lowest_valence, e.lowest_i, o.open_texts, o.open_valence
    FROM part p
    LEFT JOIN asked a ON a.conversation_id = p.conversation_id
    LEFT JOIN took_part g ON g.conversation_id = p.conversation_id
    LEFT JOIN found f ON f.conversation_id = p.conversation_id
    LEFT JOIN felt e ON e.conversation_id = p.conversation_id
    LEFT JOIN left_open o ON o.conversation_id = p.conversation_id
    LEFT JOIN by_bot b ON b.conversation_id = p.conversation_id
    LEFT JOIN conversation_readings r ON r.conversation_id = p.conversation_id
"""

_TEXTS = """
    WITH wanted AS (SELECT unnest($ids::VARCHAR[]) AS conversation_id, unnest($places::INTEGER[]) AS i)
    SELECT m.conversation_id::VARCHAR, m.i, m.role::VARCHAR, m.text
    FROM messages m JOIN wanted w ON m.conversation_id = w.conversation_id AND m.i = w.i
    WHERE m.conversation_id IN (SELECT conversation_id FROM chosen WHERE NOT is_erased)
"""
