"""The manifest (清单): which files are the lake. What it does not list is not there: one swap changes all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from peilian.adapters.lake.schemas import IMPORTED_TABLES, SCHEMA_VERSION
from peilian.engine._kernel import Fault, InputError, Reason

NAME = "manifest.json"
_MOST_KEPT = 4


@dataclass(frozen=True, slots=True)
class LakeFile:
    """One Parquet file; ``path`` is relative to the lake."""

    path: str
    sha256: str
    n_bytes: int
    n_rows: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Whole conversations of a span of UTC days, in one file a table. Days are ``None`` for untimed conversations."""

    id: str
    first_day: str | None
    last_day: str | None
    n_conversations: int
    n_messages: int
    files: Mapping[str, LakeFile]
    lexicon_version: str | None = None
    engine_version: str | None = None

    def path(self, lake: Path, table: str) -> Path:
        """The file of a table."""
        return lake / self.files[table].path


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that changed the lake: when, of which files, and its counts."""

    key: str
    at_ms: int
    files: tuple[Mapping[str, Any], ...]
    counts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of a lake. ``generation`` grows with every swap."""

    generation: int = 0
    segments: tuple[Segment, ...] = ()
    imports: tuple[ImportRecord, ...] = field(default=())

    def paths(self, table: str) -> list[str]:
        """The files of a table, in the order of the segments."""
        return [segment.files[table].path for segment in self.segments if table in segment.files]

    def segment(self, segment_id: str) -> Segment:
        """The segment of an id; ``KeyError`` when there is none (any more)."""
        return {segment.id: segment for segment in self.segments}[segment_id]

    def successor(
        self, *, without: Iterable[str] = (), plus: Iterable[Segment] = (), record: ImportRecord | None = None
    ) -> Manifest:
        """The next state: segments of ``without`` gone, those of ``plus`` added, ordered by day."""
        gone = set(without)
        segments = [segment for segment in self.segments if segment.id not in gone] + list(plus)
        return replace(
            self,
            generation=self.generation + 1,
            segments=tuple(sorted(segments, key=lambda item: (item.first_day or "", item.last_day or "", item.id))),
            imports=(*self.imports, record) if record else self.imports,
        )


def read(lake: Path) -> Manifest:
    """The manifest of a lake as it stands. Raises ``InputError`` when it is broken or of a newer version."""
    try:
        version, found = _parsed((lake / NAME).read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(Fault(Reason("lake.broken", {"name": NAME}), file=str(lake))) from None
    if found is None:
        raise InputError(
            Fault(Reason("lake.newer_format", {"found": version, "known": SCHEMA_VERSION}), file=str(lake))
        )
    return found


@lru_cache(maxsize=_MOST_KEPT)
def _parsed(text: str) -> tuple[int, Manifest | None]:
    """The version of the format, and what the text says if it is a known one. A page asks many times for the state of
    the same lake, and its text is soon read; what it says is not."""
    data = json.loads(text)
    version = int(data["schema_version"])
    if version > SCHEMA_VERSION:
        return version, None
    return version, Manifest(
        generation=int(data["generation"]),
        segments=tuple(_segment(item) for item in data["segments"]),
        imports=tuple(ImportRecord(**item) for item in data["imports"]),
    )


def _segment(item: Mapping[str, Any]) -> Segment:
    files = {table: LakeFile(**file) for table, file in item["files"].items()}
    if not set(files).issuperset(IMPORTED_TABLES):
        raise KeyError("files")
    if any(Path(file.path).is_absolute() or ".." in Path(file.path).parts for file in files.values()):
        raise ValueError("a file outside of the lake")
    return Segment(**{**item, "files": files})


def swap(lake: Path, manifest: Manifest) -> None:
    """Make ``manifest`` the state of the lake, whole or not at all, so that it survives a loss of power."""
    body = {"schema_version": SCHEMA_VERSION, **asdict(manifest)}
    write_whole(lake / NAME, json.dumps(body, ensure_ascii=False, indent=1).encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Let the entries of a folder reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
