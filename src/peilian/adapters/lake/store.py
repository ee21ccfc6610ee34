"""The lake (数据湖): conversations, facts and readings as Parquet files, listed by one manifest."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import duckdb
import pyarrow as pa

from peilian.adapters.lake import erasure, listing, manifest, segments, session, stored_readings
from peilian.adapters.lake.erasure import Erasure
from peilian.adapters.lake.listing import Choices, ConversationFilter, ConversationPage, Order
from peilian.adapters.lake.manifest import Manifest, Segment
from peilian.adapters.lake.schemas import READ_TABLES, SCHEMA_VERSION
from peilian.adapters.lake.stored_readings import StoredReading
from peilian.adapters.lake.visibility import Visibility
from peilian.adapters.lake.writing import STAGING, Partitions, Writer, locked, sweep
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.conversation.pseudonym import pseudonymiser
from peilian.engine.conversation.values import Conversation

KEY_VARIABLE = "PEILIAN_PSEUDONYM_KEY"
_HEAD, _KEY = "lake.json", "secret.key"
_OURS = frozenset((_HEAD, _KEY, manifest.NAME, _HEAD + ".new", _KEY + ".new", manifest.NAME + ".new", "write.lock"))


class Lake:
    """A folder of conversations. Whoever reads says what is ``visible``; absent and invisible give the same answer.

    A ``Lake`` holds no state of its own: each call sees the lake as its manifest stands at that moment.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._disguise = lru_cache(maxsize=1 << 14)(pseudonymiser(key))

    @classmethod
    def create(cls, path: Path) -> Lake:
        """Make an empty lake in a folder that is empty or not there. Raises ``InputError`` otherwise."""
        path = _checked(path)
        path.mkdir(parents=True, exist_ok=True)
        if not _OURS.issuperset(item.name for item in path.iterdir()):
            raise _fault(path, "lake.not_empty")
        with locked(path):  # of two that make it at once, one; else the head might tell of the other's key
            if (path / _HEAD).exists():
                raise _fault(path, "lake.not_empty")
            if KEY_VARIABLE not in os.environ:
                _write_secret(path / _KEY, secrets.token_hex(32))
            manifest.swap(path, Manifest())
            mark = _mark(_key(path))
            head = {"format": "peilian-lake", "version": SCHEMA_VERSION, "id": uuid.uuid4().hex, "key": mark}
            manifest.write_whole(path / _HEAD, json.dumps(head).encode())
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Lake:
        """An existing lake. Raises ``InputError`` when the folder is none, or its key is missing or another one."""
        path = _checked(path)
        try:
            head = json.loads((path / _HEAD).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            raise _fault(path, "lake.not_a_lake") from None
        if not isinstance(head, dict) or head.get("format") != "peilian-lake":
            raise _fault(path, "lake.not_a_lake")
        version, mark = head.get("version"), head.get("key")
        if not isinstance(version, int) or not isinstance(mark, str):
            raise _fault(path, "lake.broken", name=_HEAD)
        if version > SCHEMA_VERSION:
            raise _fault(path, "lake.newer_format", found=version, known=SCHEMA_VERSION)
        key = _key(path)
        if _mark(key) != mark:
            raise _fault(path, "lake.other_key")
        return cls(path, key)

    def pseudonym(self, customer_id: str) -> str:
        """The pseudonym of a customer in this lake."""
        return self._disguise(customer_id)

    @property
    def manifest(self) -> Manifest:
        """The state of the lake now."""
        return manifest.read(self.path)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments now, by day."""
        return self.manifest.segments

    # reading

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session with a view for every table, for adapters that gate what they read themselves."""
        with self._session(self.manifest) as connection:
            yield connection

    def _session(self, state: Manifest) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return session.connect(self.path, state, Path(tempfile.gettempdir()) / f"peilian-{uuid.uuid4().hex}")

    def conversation(self, conversation_id: str, *, visible: Visibility) -> Conversation | None:
        """One conversation; ``None`` when it is not there or not visible."""
        with self.connect() as connection:
            allowed = session.gate(connection, visible)
            wanted = {"id": conversation_id}
            abouts = connection.sql(
                f"SELECT * FROM conversations WHERE conversation_id = $id AND {allowed}",  # noqa: S608
                params=wanted,
            ).to_arrow_table()
            if abouts.num_rows == 0:
                return None
            # The session skips what cannot hold the id; reading whole segments would take as long as the lake is large.
            query = "SELECT * FROM messages WHERE conversation_id = $id ORDER BY i"
            messages = connection.sql(query, params=wanted).to_arrow_table()
        return segments.joined(abouts, messages)

    def conversations(
        self,
        question: ConversationFilter = ConversationFilter(),  # noqa: B008 - a frozen value
        *,
        visible: Visibility,
        limit: int = 50,
        offset: int = 0,
        order: Order = "newest",
    ) -> ConversationPage:
        """One page of the visible conversations that pass the filter."""
        with self.connect() as connection:
            allowed = session.gate(connection, visible)
            return listing.page(connection, question, allowed, limit=limit, offset=offset, order=order)

    def iter_conversations(
        self, *, visible: Visibility, segments: Collection[str] | None = None
    ) -> Iterator[Conversation]:
        """Every visible conversation, by day; ``segments`` limits to those ids. Memory stays bounded."""
        state = self.manifest
        only: frozenset[str] | None = None
        if not visible.is_everything:
            only = self._visible_ids(state, visible)
        for segment in state.segments:
            if segments is None or segment.id in segments:
                yield from _stream(self.path, segment, only)

    def _visible_ids(self, state: Manifest, visible: Visibility) -> frozenset[str]:
        with self._session(state) as connection:
            allowed = session.gate(connection, visible)
            found = connection.execute(f"SELECT conversation_id FROM conversations WHERE {allowed}")  # noqa: S608
            return frozenset(row[0] for row in found.fetchall())

    def reading_of(self, conversation_id: str, *, visible: Visibility) -> StoredReading | None:
        """What is stored of the reading of a conversation; ``None`` when unread, not there or not visible."""
        with self.connect() as connection:
            allowed = session.gate(connection, visible)
            return stored_readings.reading_of(connection, conversation_id, allowed)

    def choices(self, *, visible: Visibility) -> Choices:
        """What filters can offer."""
        with self.connect() as connection:
            return listing.choices(connection, session.gate(connection, visible))

    def unread_segments(self, lexicon_version: str, engine_version: str | None = None) -> list[str]:
        """Segments whose reading is missing or was made by other rules."""
        return [
            segment.id
            for segment in self.segments
            if segment.lexicon_version != lexicon_version
            or (engine_version is not None and segment.engine_version != engine_version)
        ]

    def verify(self) -> list[Fault]:
        """Faults of the stored files: every listed file must be there with its hash."""
        faults = []
        for segment in self.segments:
            for file in segment.files.values():
                path = self.path / file.path
                if not path.is_file() or _sha256(path) != file.sha256:
                    faults.append(Fault(Reason("lake.broken", {"name": file.path}), file=str(self.path)))
        return faults

    # writing

    @contextmanager
    def writing(self, keep: str | None = None) -> Iterator[Manifest]:
        """Hold the lake's only pen, after removing what earlier writers left; ``keep`` spares one staging folder."""
        with locked(self.path):
            state = self.manifest
            sweep(self.path, state, keep)
            yield state

    def staging(self, key: str) -> Path:
        """The folder where an import of this key puts what is not yet part of the lake."""
        return self.path / STAGING / key

    def writer(self, state: Manifest, key: str, days: Mapping[int, tuple[int, int]]) -> Writer:
        """A change in the making, inside ``writing``; ``days`` gives messages and characters by UTC day."""
        return Writer(self.path, state, self.staging(key) / "runs", Partitions(days))

    def attach(self, segment_id: str, tables: Mapping[str, pa.Table]) -> bool:
        """Store the reading of a segment, in one step; ``False`` when the segment was replaced in the meantime.

        ``tables`` are all of the reading tables; every conversation of the segment has one row in
        ``conversation_readings``, whose versions are one throughout.
        """
        if set(tables) != set(READ_TABLES):
            raise ValueError(f"all of {sorted(READ_TABLES)} are needed")
        with self.writing() as state:
            segment = next((item for item in state.segments if item.id == segment_id), None)
            if segment is None:
                return False
            readings = tables["conversation_readings"]
            if readings.num_rows != segment.n_conversations:
                raise ValueError(f"{readings.num_rows} readings for {segment.n_conversations} conversations")
            columns = ["conversation_id", "started_at_ms"]
            known = segments.read_plain(segment.path(self.path, "conversations"), columns)
            plain = {name: segments.as_plain(table) for name, table in tables.items()}
            files = dict(segment.files)
            for name, table in segments.ordered({"conversations": known, **plain}).items():
                if name in READ_TABLES:
                    path = self.path / segments.FOLDER / segment.id / f"{name}-{state.generation + 1:06d}.parquet"
                    files[name] = segments.write_table(self.path, path, name, table)
            manifest.sync_folder(self.path / segments.FOLDER / segment.id)
            read = replace(
                segment,
                files=files,
                lexicon_version=_only_value(readings, "lexicon_version"),
                engine_version=_only_value(readings, "engine_version"),
            )
            manifest.swap(self.path, state.successor(without=[segment.id], plus=[read]))
            return True

    def erased_among(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of ``ids`` from which a person was erased, in whole or in what the person wrote there."""
        asked = {"ids": sorted(set(ids)), "marker": erasure.MARKER}
        query = """
            SELECT conversation_id::VARCHAR FROM conversations
            WHERE erased_at_ms IS NOT NULL AND list_contains($ids, conversation_id::VARCHAR)
            UNION
            SELECT DISTINCT conversation_id::VARCHAR FROM messages
            WHERE extra = $marker AND list_contains($ids, conversation_id::VARCHAR)
        """
        if not asked["ids"]:
            return frozenset()
        with self.connect() as connection:
            return frozenset(row[0] for row in connection.execute(query, asked).fetchall())

    def erase_customer(self, customer_id: str, *, now_ms: int) -> Erasure:
        """Erase a person: words and identity go from every file, old files are removed; counts and times stay."""
        pseudonym = self.pseudonym(customer_id)
        with self.writing() as state:
            with self._session(state) as connection:
                traces = erasure.find(connection, pseudonym)
            touched = traces.own | traces.others
            conversations = messages = 0
            old: list[str] = []
            new: list[Segment] = []
            for segment in state.segments:
                ids = segments.read_plain(segment.path(self.path, "conversations"), ["conversation_id"]).column(0)
                if touched.isdisjoint(ids.to_pylist()):
                    continue
                tables, n_conversations, n_messages = erasure.erased(self.path, segment, traces, pseudonym, now_ms)
                name = f"{state.generation + 1:06d}-{len(new):03d}"
                versions = {"lexicon_version": segment.lexicon_version, "engine_version": segment.engine_version}
                new.append(segments.write_segment(self.path, name, tables, **versions))
                old.append(segment.id)
                conversations += n_conversations
                messages += n_messages
            if new:
                state = state.successor(without=old, plus=new)
                manifest.swap(self.path, state)
                sweep(self.path, state)
        return Erasure(pseudonym, conversations, messages)


_stream = segments.stream


def _only_value(table: pa.Table, name: str) -> str:
    values = set(table.column(name).cast(pa.string()).to_pylist())
    if len(values) != 1:
        raise ValueError(f"{name} must be one throughout, not {sorted(map(str, values))}")
    return str(values.pop())


def _checked(path: Path) -> Path:
    path = Path(path).absolute()
    if any(char in str(path) for char in "*?[]"):
        raise _fault(path, "lake.path_has_wildcards")
    return path


def _fault(path: Path, key: str, **params: Param) -> InputError:
    return InputError(Fault(Reason(key, params), file=str(path)))


def _key(path: Path) -> bytes:
    from_environment = os.environ.get(KEY_VARIABLE)
    if from_environment:
        return hashlib.sha256(from_environment.encode()).digest()
    try:
        return bytes.fromhex((path / _KEY).read_text("ascii"))
    except (OSError, ValueError):
        raise _fault(path, "lake.secret_missing") from None


def _mark(key: bytes) -> str:
    """Tells keys apart without giving one away."""
    return hashlib.sha256(b"mark of the key:" + key).hexdigest()[:16]


def _write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
