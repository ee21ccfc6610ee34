"""What is stored of the reading of one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb


@dataclass(frozen=True, slots=True)
class StoredReading:
    """The rows of the reading tables of one conversation; columns as in the schemas.

    ``messages`` are in order of place, ``findings`` in order of place and span.
    """

    conversation: dict[str, Any]
    messages: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]


def reading_of(connection: duckdb.DuckDBPyConnection, conversation_id: str, gate: str) -> StoredReading | None:
    """The reading of a conversation behind the gate; ``None`` when it is unread, unknown or not visible."""

    def rows(table: str, order: str) -> tuple[dict[str, Any], ...]:
        found = connection.execute(
            f"SELECT * FROM {table} WHERE conversation_id = $id AND {gate} ORDER BY {order}",  # noqa: S608
            {"id": conversation_id},
        )
        names = [column[0] for column in found.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())

    whole = rows("conversation_readings", "conversation_id")
    if not whole:
        return None
    return StoredReading(whole[0], rows("message_readings", "i"), rows("findings", 'i, start, "end", kind, key'))
