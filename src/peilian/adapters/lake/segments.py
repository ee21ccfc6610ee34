"""Writing, filtering and reading the Parquet files of a segment."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peilian.adapters.lake.manifest import LakeFile, Segment, sync_folder
from peilian.adapters.lake.rows import about_rows, messages_of
from peilian.adapters.lake.schemas import TABLES
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation.values import Conversation, Message

FOLDER = "segments"
_ROWS = 1 << 14  # of a row group: the grain of what a reader can skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Rows of a conversation stand together, conversations by their UTC day, then by id.
_WITHIN = {"messages": "i", "rounds": "round", "participations": "place", "message_readings": "i", "findings": "i"}


def write_segment(lake: Path, segment_id: str, tables: Mapping[str, pa.Table], **versions: str | None) -> Segment:
    """Write tables whose rows are in order as files of a new segment, and let them reach the disk."""
    folder = lake / FOLDER / segment_id
    folder.mkdir(parents=True)
    files = {name: write_table(lake, folder / f"{name}.parquet", name, table) for name, table in tables.items()}
    sync_folder(folder)
    sync_folder(folder.parent)
    span = pc.min_max(tables["conversations"].column("started_at_ms"))
    return Segment(
        id=segment_id,
        first_day=_day(span["min"].as_py()),
        last_day=_day(span["max"].as_py()),
        n_conversations=tables["conversations"].num_rows,
        n_messages=tables["messages"].num_rows,
        files=files,
        **versions,
    )


def write_table(lake: Path, path: Path, name: str, table: pa.Table) -> LakeFile:
    """Write one table in the shape of its schema."""
    schema = TABLES[name]
    words = [item.name for item in schema if pa.types.is_dictionary(item.type)]
    pq.write_table(
        table.select(schema.names).cast(schema),
        path,
        compression="zstd",
        row_group_size=_ROWS,
        use_dictionary=words,
    )
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return LakeFile(path.relative_to(lake).as_posix(), digest, path.stat().st_size, table.num_rows)


def ordered(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Tables sorted by the UTC day of the conversation, its id, and the place within it."""
    started = tables["conversations"].column("started_at_ms")
    days = pc.floor(pc.divide(started.cast(pa.float64()), 86_400_000.0)).cast(pa.int64())
    of_day = pa.table({"conversation_id": tables["conversations"].column("conversation_id"), "_day": days})
    sorted_tables = {}
    for name, table in tables.items():
        place = [(_WITHIN[name], "ascending")] if name in _WITHIN else []
        position = _day_of_rows(table.column("conversation_id"), of_day)
        keyed = table.append_column("_day", position)
        keys = [("_day", "ascending"), ("conversation_id", "ascending"), *place]
        sorted_tables[name] = keyed.sort_by(keys).drop_columns(["_day"])
    return sorted_tables


def _day_of_rows(ids: pa.ChunkedArray, of_day: pa.Table) -> pa.ChunkedArray:
    index = pc.index_in(ids, value_set=of_day.column("conversation_id"))
    return of_day.column("_day").take(index)


def filtered(lake: Path, segment: Segment, without: Collection[str]) -> dict[str, pa.Table]:
    """Every table of a segment without some conversations; order is kept."""
    gone = pa.array(sorted(without), pa.string())
    kept = {}
    for name in segment.files:
        table = read_plain(segment.path(lake, name))
        kept[name] = table.filter(pc.invert(pc.is_in(table.column("conversation_id"), value_set=gone)))
    return kept


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Raises ``InputError`` when the file of a segment is missing or broken."""
    try:
        yield
    except (OSError, pa.ArrowException):
        name = "/".join(path.parts[-3:])
        raise InputError(Fault(Reason("lake.broken", {"name": name}), file=str(path.parents[2]))) from None


def read_plain(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A table of a file with words as plain text."""
    with _readable(path):
        return as_plain(pq.read_table(path, columns=columns, partitioning=None))


def as_plain(table: pa.Table) -> pa.Table:
    """A table with words as plain text."""
    for place, item in enumerate(table.schema):
        if pa.types.is_dictionary(item.type):
            table = table.set_column(place, item.with_type(pa.string()), table.column(place).cast(pa.string()))
    return table


def load(lake: Path, segment: Segment, ids: Collection[str]) -> Iterator[tuple[Conversation, int | None]]:
    """The conversations of ``ids`` that a segment holds, each with when it was erased."""
    wanted = pa.array(sorted(ids), pa.string())
    abouts = _only(read_plain(segment.path(lake, "conversations")), wanted)
    messages: dict[str, list[Message]] = {}
    if abouts.num_rows == 0:
        return
    for batch in _plain_batches(segment.path(lake, "messages")):
        for cid, message in messages_of(_only(batch, wanted)):
            messages.setdefault(cid, []).append(message)
    for cid, about, erased_at_ms in about_rows(abouts):
        yield _conversation(cid, about, messages.get(cid, [])), erased_at_ms


def joined(abouts: pa.Table, messages: pa.Table) -> Conversation:
    """The one conversation whose row and messages, in order, these tables hold."""
    ((cid, about, _erased),) = about_rows(abouts)
    return _conversation(cid, about, [message for _cid, message in messages_of(messages)])


def stream(lake: Path, segment: Segment, only: Collection[str] | None = None) -> Iterator[Conversation]:
    """The conversations of a segment one by one, in its order; ``only`` limits them to these ids."""
    abouts = about_rows(read_plain(segment.path(lake, "conversations")))
    current: list[Message] = []
    current_id: str | None = None
    for batch in _plain_batches(segment.path(lake, "messages")):
        for cid, message in messages_of(batch):
            if cid != current_id:
                if current_id is not None:
                    yield from _finish(current_id, current, abouts, only)
                current_id, current = cid, []
            current.append(message)
    if current_id is not None:
        yield from _finish(current_id, current, abouts, only)


def _finish(
    cid: str,
    messages: list[Message],
    abouts: Iterator[tuple[str, dict[str, Any], int | None]],
    only: Collection[str] | None,
) -> Iterator[Conversation]:
    found, about, _erased = next(abouts)
    assert found == cid, "tables of a segment are in one order"
    if only is None or cid in only:
        yield _conversation(cid, about, messages)


def _conversation(cid: str, about: Mapping[str, Any], messages: list[Message]) -> Conversation:
    return Conversation(conversation_id=cid, messages=tuple(messages), **about)


def _plain_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with _readable(path), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS):
            arrays = [
                array.cast(pa.string()) if pa.types.is_dictionary(array.type) else array for array in batch.columns
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _only(table: pa.Table | pa.RecordBatch, wanted: pa.Array) -> pa.Table | pa.RecordBatch:
    return table.filter(pc.is_in(table.column("conversation_id"), value_set=wanted))


def _day(ms: int | None) -> str | None:
    return None if ms is None else (_EPOCH + timedelta(milliseconds=ms)).date().isoformat()
