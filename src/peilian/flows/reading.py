"""Reading (解读): conversations of a file or a lake through the reading engine, and what was read as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import pyarrow as pa

from peilian.adapters.lake import Lake, Visibility
from peilian.adapters.lake.schemas import READ_TABLES
from peilian.adapters.packs.lexicon import load_lexicons
from peilian.engine.conversation import Conversation
from peilian.engine.reading import Lexicons, Reading, read_conversation
from peilian.engine.reading.values import ENGINE_VERSION, MessageReading

_BATCH = 500  # conversations whose readings are held as objects at a time


@cache
def lexicons() -> Lexicons:
    """The lexicons of the shipped packs."""
    return load_lexicons()


def read(conversations: Iterable[Conversation]) -> Iterator[Reading]:
    """The readings of conversations, one by one."""
    return (read_conversation(conversation, lexicons()) for conversation in conversations)


def read_lake(
    lake: Lake,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Read every conversation that has no reading of these rules yet, and store it; returns how many were read.

    Segment by segment: what is done stays done when the work is cancelled or broken off.
    """
    pending = lake.unread_segments(lexicons().version, ENGINE_VERSION)
    sizes = {segment.id: segment.n_conversations for segment in lake.segments if segment.id in pending}
    total, done = sum(sizes.values()), 0
    for segment_id in pending:
        tables: list[dict[str, pa.Table]] = []
        stream = lake.iter_conversations(segments=[segment_id], visible=Visibility.everything())
        while batch := list(islice(stream, _BATCH)):
            tables.append(reading_tables(read(batch)))
            done += len(batch)
            progress(done, total)
            if is_cancelled():
                return done
        joined = {name: pa.concat_tables([each[name] for each in tables]) for name in READ_TABLES} if tables else None
        if joined is not None:
            lake.attach(segment_id, joined)
    return done


def reading_tables(readings: Iterable[Reading]) -> dict[str, pa.Table]:
    """Readings as the tables that the lake keeps beside the messages."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in READ_TABLES}
    for reading in readings:
        rows["conversation_readings"].append(
            {
                "conversation_id": reading.conversation_id,
                "satisfaction": reading.satisfaction.estimate if reading.satisfaction else None,
                "satisfaction_label": reading.satisfaction.label if reading.satisfaction else None,
                "lexicon_version": reading.lexicon_version,
                "engine_version": reading.engine_version,
            }
        )
        for message in reading.messages:
            rows["message_readings"].append(_message_row(reading.conversation_id, message))
            rows["findings"].extend(_finding_rows(reading.conversation_id, message))
    return {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in READ_TABLES.items()}


def _message_row(conversation_id: str, message: MessageReading) -> dict[str, Any]:
    return {
        "conversation_id": conversation_id,
        "i": message.i,
        "role": message.role.value,
        "emotion": message.emotion.label if message.emotion else None,
        "valence": message.emotion.valence if message.emotion else None,
        "waited_ms": message.waited_ms,
        "chars": message.chars,
        "satisfaction": message.satisfaction.estimate if message.satisfaction else None,
        "satisfaction_label": message.satisfaction.label if message.satisfaction else None,
    }


def _finding_rows(conversation_id: str, message: MessageReading) -> Iterator[dict[str, Any]]:
    for finding in message.findings:
        yield {
            "conversation_id": conversation_id,
            "i": message.i,
            "kind": finding.kind,
            "key": finding.key,
            "start": finding.start,
            "end": finding.end,
            "rule": finding.rule,
            "author": finding.agent,
        }
