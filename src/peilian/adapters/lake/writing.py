"""Changing a lake: one writer at a time, everything new written aside, one swap of the manifest at the end."""

from __future__ import annotations

import fcntl
import shutil
import zlib
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from peilian.adapters.lake import manifest as manifests
from peilian.adapters.lake import segments
from peilian.adapters.lake.manifest import ImportRecord, Manifest, Segment
from peilian.adapters.lake.rows import COLUMNS, PLAIN, Row, rows_of
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation.values import Conversation
from peilian.engine.kpi import measure_facts

STAGING = "staging"
_LOCK = "write.lock"
_TARGET_MESSAGES, _TARGET_CHARACTERS = 200_000, 16_000_000  # of a segment
_BUFFERED = 20_000  # messages held before they are spilled to disk
_DAY_MS = 86_400_000


@contextmanager
def locked(lake: Path) -> Iterator[None]:
    """Hold the lake's only pen. Raises ``InputError`` when somebody else does; a dead holder holds nothing."""
    with (lake / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(Fault(Reason("lake.locked"), file=str(lake))) from None
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def sweep(lake: Path, manifest: Manifest, keep: str | None = None) -> None:
    """Remove what the manifest does not list, and every staging but ``keep``. Only the holder of the lock may."""
    listed = {lake / file.path for segment in manifest.segments for file in segment.files.values()}
    folders = {path.parent for path in listed}
    root = lake / segments.FOLDER
    for folder in root.iterdir() if root.exists() else ():
        if folder not in folders:
            shutil.rmtree(folder)
            continue
        for path in folder.iterdir():
            if path not in listed:
                path.unlink()
    staging = lake / STAGING
    for folder in staging.iterdir() if staging.exists() else ():
        if folder.name != keep:
            discard(folder)


def discard(folder: Path) -> None:
    """Remove a folder so that it never lies there in part under its own name."""
    gone = folder.with_suffix(".gone")
    if folder.exists() and folder != gone:
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


class Partitions:
    """Which of the new segments a conversation goes to: spans of days of about one size, untimed ones apart.

    ``days`` maps a UTC day number (-1: untimed) to its messages and characters. A day too large for one segment is
    split by conversation id.
    """

    def __init__(self, days: Mapping[int, tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._groups: list[tuple[int, int]] = []  # first partition, how many
        self.count = 0
        self._untimed = self._add(_weight(*days.get(-1, (0, 0))))
        weight = 0.0
        for day in sorted(day for day in days if day >= 0):
            own = _weight(*days[day])
            if not self._starts or weight + own > 1:
                self._starts.append(day)
                self._groups.append(self._add(own))
                weight = own
            else:
                weight += own
        if not self._starts:
            self._starts.append(0)
            self._groups.append(self._add(0))

    def _add(self, weight: float) -> tuple[int, int]:
        group = (self.count, max(1, round(weight)))
        self.count += group[1]
        return group

    def of(self, conversation: Conversation) -> int:
        """The partition of a conversation."""
        started = conversation.started_at_ms
        if started is None:
            first, n = self._untimed
        else:
            first, n = self._groups[max(0, bisect_right(self._starts, started // _DAY_MS) - 1)]
        return first if n == 1 else first + zlib.crc32(conversation.conversation_id.encode()) % n


def _weight(messages: int, characters: int) -> float:
    return max(messages / _TARGET_MESSAGES, characters / _TARGET_CHARACTERS)


@dataclass(slots=True)
class _Spill:
    """Rows on their way to one new segment: a stream of record batches a table."""

    folder: Path
    rows: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    writers: dict[str, pa.ipc.RecordBatchStreamWriter] = field(default_factory=dict)

    def add(self, rows: Mapping[str, list[Row]]) -> None:
        for table, listed in rows.items():
            self.rows[table].extend(listed)

    def flush(self) -> None:
        for table, listed in self.rows.items():
            if not listed:
                continue
            schema = pa.schema([PLAIN[table].field(name) for name in COLUMNS[table]])
            columns = [
                pa.array(values, item.type) for values, item in zip(zip(*listed, strict=True), schema, strict=True)
            ]
            if table not in self.writers:
                self.folder.mkdir(parents=True, exist_ok=True)
                self.writers[table] = pa.ipc.new_stream(str(self.folder / f"{table}.arrow"), schema)
            self.writers[table].write_batch(pa.record_batch(columns, schema=schema))
            listed.clear()

    def tables(self) -> dict[str, pa.Table] | None:
        """All rows, sorted; ``None`` when there are none."""
        self.flush()
        for writer in self.writers.values():
            writer.close()
        if not self.writers:
            return None
        tables = {}
        for table in COLUMNS:
            if table in self.writers:
                with pa.OSFile(str(self.folder / f"{table}.arrow")) as source, pa.ipc.open_stream(source) as reader:
                    tables[table] = reader.read_all()
            else:
                tables[table] = PLAIN[table].empty_table()
        return segments.ordered(tables)


class Writer:
    """One change of a lake in the making. Nothing shows before ``commit``; whoever holds one holds the lock.

    ``folder`` is a place of its own for what does not fit in memory.
    """

    def __init__(self, lake: Path, manifest: Manifest, folder: Path, partitions: Partitions) -> None:
        self.lake = lake
        self.manifest = manifest
        self._folder = folder
        self._partitions = partitions
        self._spills: dict[int, _Spill] = {}
        self._buffered = 0
        self._moved: dict[str, set[str]] = {}
        self._hashes: dict[str, np.ndarray] | None = None
        self._home: dict[str, Segment] = {}
        shutil.rmtree(folder, ignore_errors=True)

    def stored(self, ids: Collection[str]) -> dict[str, tuple[Conversation, int | None]]:
        """The conversations of ``ids`` that the lake holds, each with when it was erased."""
        found = {}
        hashes = np.array([zlib.crc32(cid.encode()) for cid in ids], np.uint32)
        for segment in self.manifest.segments:
            if not np.isin(hashes, self._known_hashes()[segment.id]).any():
                continue
            wanted = self._ids_in(segment).intersection(ids)
            if wanted:
                for conversation, erased_at_ms in segments.load(self.lake, segment, wanted):
                    found[conversation.conversation_id] = (conversation, erased_at_ms)
                    self._home[conversation.conversation_id] = segment
        return found

    def _known_hashes(self) -> dict[str, np.ndarray]:
        if self._hashes is None:
            self._hashes = {
                segment.id: np.array([zlib.crc32(cid.encode()) for cid in self._ids_in(segment)], np.uint32)
                for segment in self.manifest.segments
            }
        return self._hashes

    def _ids_in(self, segment: Segment) -> set[str]:
        table = segments.read_plain(segment.path(self.lake, "conversations"), ["conversation_id"])
        return set(table.column(0).to_pylist())

    def put(self, conversation: Conversation) -> None:
        """Store a conversation; if ``stored`` gave an earlier state of it, that one goes."""
        cid = conversation.conversation_id
        if cid in self._home:
            self._moved.setdefault(self._home[cid].id, set()).add(cid)
        number = self._partitions.of(conversation)
        spill = self._spills.get(number)
        if spill is None:
            spill = self._spills[number] = _Spill(self._folder / str(number))
        spill.add(rows_of(conversation, measure_facts(conversation)))
        self._buffered += len(conversation.messages)
        if self._buffered >= _BUFFERED:
            for each in self._spills.values():
                each.flush()
            self._buffered = 0

    @property
    def n_steps(self) -> int:
        """How many segments ``write`` will write."""
        return len(self._spills) + len(self._moved)

    def write(self) -> Iterator[Segment]:
        """Write the new segments one by one; they are no part of the lake yet."""
        number = 0
        for place in sorted(self._spills):
            tables = self._spills.pop(place).tables()
            if tables is not None:
                yield segments.write_segment(self.lake, self._name(number), tables)
                number += 1
        for segment_id in sorted(self._moved):
            old = self.manifest.segment(segment_id)
            tables = segments.filtered(self.lake, old, self._moved[segment_id])
            if tables["conversations"].num_rows:
                versions = {"lexicon_version": old.lexicon_version, "engine_version": old.engine_version}
                yield segments.write_segment(self.lake, self._name(number), tables, **versions)
                number += 1

    def _name(self, number: int) -> str:
        return f"{self.manifest.generation + 1:06d}-{number:03d}"

    def commit(self, written: Collection[Segment], record: ImportRecord | None) -> None:
        """Make the written segments part of the lake, in one step; without any, nothing changes."""
        if written or self._moved:
            manifests.swap(self.lake, self.manifest.successor(without=self._moved, plus=written, record=record))
