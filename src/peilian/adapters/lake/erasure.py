"""Erasing a person (删除个人信息): words and identity go, counts and times stay, and nothing can be brought back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from peilian.adapters.lake import segments
from peilian.adapters.lake.manifest import Segment

MARKER = '{"erased": "true"}'  # the extra of an erased message


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased: conversations touched, messages emptied; the pseudonym names the person in a record of it."""

    pseudonym: str
    conversations: int
    messages: int


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person shows: conversations of its own, and others in which it wrote."""

    own: frozenset[str]
    others: frozenset[str]


def find(connection: duckdb.DuckDBPyConnection, pseudonym: str) -> Traces:
    """The conversations of a customer. Two columns are read; the statistics of row groups skip most of them."""
    own = connection.execute("SELECT conversation_id FROM conversations WHERE customer = $p", {"p": pseudonym})
    own_ids = frozenset(row[0] for row in own.fetchall())
    wrote = connection.execute(
        "SELECT DISTINCT conversation_id::VARCHAR FROM messages WHERE author = $p AND role = 'customer'",
        {"p": pseudonym},
    )
    return Traces(own_ids, frozenset(row[0] for row in wrote.fetchall()) - own_ids)


def erased(
    lake: Path, segment: Segment, traces: Traces, pseudonym: str, now_ms: int
) -> tuple[dict[str, pa.Table], int, int]:
    """The tables of a segment without the person, and how many conversations and messages of it that touched."""
    tables = {name: segments.read_plain(segment.path(lake, name)) for name in segment.files}
    messages, conversations = tables["messages"], tables["conversations"]
    in_own = _is_in(messages, traces.own)
    by_customer = pc.equal(messages.column("role"), "customer")
    by_person = pc.and_(
        _is_in(messages, traces.others), pc.fill_null(pc.equal(messages.column("author"), pseudonym), False)
    )
    gone = pc.or_(in_own, by_person)
    messages = _set(messages, "text", pc.if_else(gone, "", messages.column("text")))
    messages = _set(messages, "extra", pc.if_else(gone, MARKER, messages.column("extra")))
    nameless = pc.or_(pc.and_(in_own, by_customer), by_person)
    messages = _set(messages, "author", pc.if_else(nameless, pa.scalar(None, pa.string()), messages.column("author")))
    own = _is_in(conversations, traces.own)
    for column in ("customer", "order_id"):
        cleared = pc.if_else(own, pa.scalar(None, pa.string()), conversations.column(column))
        conversations = _set(conversations, column, cleared)
    at = pc.if_else(own, pa.scalar(now_ms, pa.int64()), conversations.column("erased_at_ms"))
    conversations = _set(conversations, "erased_at_ms", at)
    touched = pc.or_(own, _is_in(conversations, traces.others))
    counts = (pc.sum(touched).as_py() or 0, pc.sum(gone).as_py() or 0)
    return tables | {"messages": messages, "conversations": conversations}, *counts


def _is_in(table: pa.Table, ids: Collection[str]) -> pa.ChunkedArray:
    return pc.is_in(table.column("conversation_id"), value_set=pa.array(sorted(ids), pa.string()))


def _set(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)
