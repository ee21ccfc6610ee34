"""Response times of a lake measured anew by other rules (a calendar, a cap), without reading its messages again."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa

from peilian.engine.kpi.facts import EVERY_MILLISECOND, Rules


@dataclass(frozen=True, slots=True)
class Sources:
    """The relations that stand for the views ``conversations`` and ``rounds`` in a statement."""

    conversations: str = "conversations"
    rounds: str = "rounds"


def measure_again(connection: duckdb.DuckDBPyConnection, rules: Rules) -> Sources:
    """The relations with ``first_response_ms`` and ``response_ms`` as ``rules`` measure them.

    The moments of question and answer are facts already, so the result is that of ``measure_facts`` with these rules.
    """
    if rules == EVERY_MILLISECOND:
        return Sources()
    connection.register("remeasured_rounds", _rounds(connection, rules))
    connection.register("remeasured_conversations", _conversations(connection, rules))
    return Sources(
        conversations="""(
            select c.* replace (m.first_response_ms as first_response_ms)
            from conversations c left join remeasured_conversations m on m.conversation_id = c.conversation_id)""",
        rounds="""(
            select r.* replace (m.response_ms as response_ms) from rounds r
            left join remeasured_rounds m on m.conversation_id = r.conversation_id and m.round = r.round)""",
    )


def _rounds(connection: duckdb.DuckDBPyConnection, rules: Rules) -> pa.Table:
    found = connection.execute(
        "select conversation_id::varchar, round, asked_at_ms, answered_at_ms from rounds where asked_at_ms is not null"
    ).fetchall()
    return pa.table(
        {
            "conversation_id": pa.array([row[0] for row in found], pa.string()),
            "round": pa.array([row[1] for row in found], pa.int32()),
            "response_ms": pa.array([rules.round_ms(row[2], row[3]) for row in found], pa.int64()),
        }
    )


def _conversations(connection: duckdb.DuckDBPyConnection, rules: Rules) -> pa.Table:
    """A conversation with a first response is dated by the question that the response answers."""
    found = connection.execute(
        """select conversation_id::varchar, started_at_ms, started_at_ms + first_response_ms from conversations
        where first_response_ms is not null"""
    ).fetchall()
    return pa.table(
        {
            "conversation_id": pa.array([row[0] for row in found], pa.string()),
            "first_response_ms": pa.array([rules.waited_ms(row[1], row[2]) for row in found], pa.int64()),
        }
    )
