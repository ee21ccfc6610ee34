"""A lake in memory for one answer: the views that measures read, from conversations at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any

import duckdb
import pyarrow as pa

from peilian.adapters.lake.schemas import CONVERSATIONS, PARTICIPATIONS, ROUNDS
from peilian.engine.conversation.values import Conversation
from peilian.engine.kpi.facts import EVERY_MILLISECOND, Rules, measure_facts

_MESSAGES = pa.schema(
    [
        pa.field("conversation_id", pa.string()),
        pa.field("at_ms", pa.int64()),
        pa.field("role", pa.string()),
        pa.field("author", pa.string()),
        pa.field("is_internal", pa.bool_()),
        pa.field("is_automatic", pa.bool_()),
    ]
)


@contextmanager
def measured(
    conversations: Iterable[Conversation], rules: Rules = EVERY_MILLISECOND
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views that measures read, of ``conversations`` measured by ``rules``.

    Texts and amounts of money are not kept. The connection is closed at the end.
    """
    tables = _tables(conversations, rules)
    connection = duckdb.connect(":memory:")
    try:
        for name, table in tables.items():
            connection.register(name, table)
        yield connection
    finally:
        connection.close()


def _tables(conversations: Iterable[Conversation], rules: Rules) -> dict[str, pa.Table]:
    rows: dict[str, list[dict[str, Any]]] = {"conversations": [], "rounds": [], "participations": [], "messages": []}
    for conversation in conversations:
        facts = measure_facts(conversation, rules)
        rows["conversations"].append(_known(conversation) | asdict(facts.conversation))
        rows["rounds"].extend(asdict(item) for item in facts.rounds)
        rows["participations"].extend(asdict(item) for item in facts.participations)
        rows["messages"].extend(
            {name: getattr(message, name) for name in _MESSAGES.names[1:]}
            | {"conversation_id": conversation.conversation_id}
            for message in conversation.messages
        )
    schemas = {
        "conversations": _plain(CONVERSATIONS, without=("order_amount", "refunded_amount")),
        "rounds": _plain(ROUNDS),
        "participations": _plain(PARTICIPATIONS),
        "messages": _MESSAGES,
    }
    return {name: pa.Table.from_pylist(listed, schema=schemas[name]) for name, listed in rows.items()}


def _known(conversation: Conversation) -> dict[str, Any]:
    return {item.name: getattr(conversation, item.name) for item in fields(conversation) if item.name != "messages"}


def _plain(schema: pa.Schema, without: tuple[str, ...] = ()) -> pa.Schema:
    """The schema with words as plain text, some columns left out."""
    kept = [item for item in schema if item.name not in without]
    return pa.schema([item.with_type(pa.string()) if pa.types.is_dictionary(item.type) else item for item in kept])
