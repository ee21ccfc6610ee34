"""The search index (检索索引) in a file: the only module that opens it.

Segments of ``engine.search`` lie in an SQLite file: whatever is put in or taken out is there at once, in every
process, or not at all after a crash. A change makes a small segment; small ones are brought together now and then.
The index can be made again from what it was made of: a file that is of another version, or turns out to be damaged
wherever that is, is begun anew, and says so by having no stamps.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
import zlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zipfile import BadZipFile

import numpy as np

from peilian.engine._kernel import Language
from peilian.engine.search import Embedder, Entry, Filters, Hits, Leaf, Part, Segment, Synonyms, find, invert

_FORMAT = "2"
_CHUNK = 20_000  # entries that become one segment at once
_SMALL = 2_000  # entries of a segment that is brought together with others
_MOST_SMALL = 8
_WAIT_SECONDS = 30.0
_NUMBER_BITS = 16
_MOST_CACHED = 64  # segments in memory
_MEANT = 240  # code points of an entry from which its vector is made
_MOST_BEGINNING = 12
_SEAL = 4  # bytes of a checksum
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}  # the last: tables are not ours
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_Result = TypeVar("_Result")
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL, data BLOB NOT NULL, dead BLOB NOT NULL
);
CREATE TABLE postings (
    term TEXT NOT NULL, segment INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (term, segment)
) WITHOUT ROWID;
CREATE INDEX postings_by_segment ON postings (segment);
CREATE TABLE entries (place INTEGER PRIMARY KEY, name TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX entries_by_name ON entries (name);
CREATE TABLE stamps (name TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE spelling (key TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (key, word)) WITHOUT ROWID;
"""


class IndexBusyError(Exception):
    """Somebody else is writing."""


class IndexUnavailableError(Exception):
    """The index cannot be used: the disk is full, or the folder is not ours."""


class IndexLostError(IndexUnavailableError):
    """The index turned out to be damaged while it was written: it is empty now, and nothing was put in."""


class _DamagedError(Exception):
    """What lies in the file is not what was put there."""


class Group(NamedTuple):
    """What is put in, replaced and removed together; ``stamp`` tells one state of it from another."""

    name: str
    stamp: str
    entries: tuple[Entry, ...]


class SearchIndex:
    """An index at ``path``, made when it is not there. Holds no connection, so it may be kept and passed about.

    With an ``embedder`` entries have vectors; an index that was made with another one, or without, begins anew.
    """

    def __init__(self, path: Path, synonyms: Synonyms | None = None, embedder: Embedder | None = None) -> None:
        self._path = path
        self._synonyms = synonyms or Synonyms()
        self._embedder = embedder

    def put(
        self,
        groups: Iterable[Group],
        *,
        gone: Collection[str] = (),
        is_everything: bool = False,
        waits: bool = True,
    ) -> None:
        """Put groups in, in place of what they held before, and take those out that are ``gone``, all or none; with
        ``is_everything`` nothing else stays.

        Without ``waits``, ``IndexBusyError`` when somebody else is writing.
        """

        def change(store: _Store) -> None:
            if is_everything:
                store.clear()
            for name in gone:
                store.remove(name)
            self._take_in(store, groups, has_others=not is_everything)

        self._write(change, waits)

    def stamps(self, only: str | None = None) -> dict[str, str]:
        """The stamp of every group that is in the index, or of ``only`` that one."""
        return self._read(lambda store: store.stamps(only))

    def search(
        self,
        typed: str,
        filters: Filters,
        *,
        limit: int = 20,
        offset: int = 0,
        language: Language | None = None,
        newest_first: bool = False,
    ) -> Hits:
        """See ``engine.search.find``."""
        return self._read(
            lambda store: find(
                store,
                typed,
                filters,
                self._synonyms,
                limit=limit,
                offset=offset,
                language=language,
                embedder=self._embedder,
                newest_first=newest_first,
            )
        )

    def _take_in(self, store: _Store, groups: Iterable[Group], *, has_others: bool) -> None:
        pending: list[Entry] = []
        for group in groups:
            if has_others:
                store.remove(group.name)
            store.stamp(group)
            pending += group.entries
            while len(pending) >= _CHUNK:
                store.add(pending[:_CHUNK], self._vectors(pending[:_CHUNK]))
                pending = pending[_CHUNK:]
        store.add(pending, self._vectors(pending))
        self._tidy(store)

    def _tidy(self, store: _Store) -> None:
        """Bring small segments together when there are many, and write those anew of which most was removed."""
        sizes = store.sizes()
        small = [number for number, (n, _) in sizes.items() if n <= _SMALL]
        wanted = set(small if len(small) > _MOST_SMALL else ())
        wanted |= {number for number, (n, live) in sizes.items() if 2 * live < n}
        entries = store.take(sorted(wanted))
        for start in range(0, len(entries), _CHUNK):
            some = entries[start : start + _CHUNK]
            store.add([entry for entry, _ in some], _stacked([vector for _, vector in some]))

    def _vectors(self, entries: Sequence[Entry]) -> list[Any] | None:
        if self._embedder is None:
            return None
        return [self._embedder.vector(_meaning(entry)) for entry in entries]

    def _read(self, ask: Callable[[_Store], _Result]) -> _Result:
        """Ask one state of the index, whatever others write meanwhile."""

        def asked(connection: sqlite3.Connection) -> _Result:
            connection.execute("BEGIN")
            return ask(_Store(connection, str(self._path)))

        try:
            return self._connected(asked)
        except IndexLostError:
            return self._connected(asked)

    def _write(self, change: Callable[[_Store], None], waits: bool) -> None:
        """Make a change that happens as a whole or not at all, one at a time."""

        def changed(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                change(_Store(connection, str(self._path)))
            except BaseException:
                with suppress(sqlite3.Error):  # it may have been undone already; what went wrong first is told
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

        self._connected(changed, waits)

    def _connected(self, work: Callable[[sqlite3.Connection], _Result], waits: bool = True) -> _Result:
        """Do ``work``; a file that turns out to be damaged is removed."""
        seen = self._identity()
        try:
            with closing(self._opened(waits)) as connection:
                return work(connection)
        except (sqlite3.Error, OSError, _DamagedError) as error:
            if _code(error) in _BUSY:
                raise IndexBusyError from error
            if not _is_damage(error):
                raise IndexUnavailableError(str(error)) from error
            self._remove_file(seen)
            raise IndexLostError(str(error)) from error

    def _opened(self, waits: bool) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        timeout = _WAIT_SECONDS if waits else 0.0
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=timeout)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA mmap_size=1073741824")
            if self._is_current(connection):
                return connection
            connection.execute("BEGIN IMMEDIATE")
            if not self._is_current(connection):
                self._make_tables(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_current(self, connection: sqlite3.Connection) -> bool:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return False
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        return meta.get("format") == _FORMAT and meta.get("embedder") == self._model

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        for (name,) in tables.fetchall():
            connection.execute(f'DROP TABLE "{name}"')
        for statement in filter(str.strip, _TABLES.split(";")):
            connection.execute(statement)
        meta = {"format": _FORMAT, "embedder": self._model, "id": uuid.uuid4().hex}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())

    @property
    def _model(self) -> str:
        return self._embedder.name if self._embedder is not None else ""

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _remove_file(self, damaged: tuple[int, int] | None) -> None:
        """Remove the file that was seen to be damaged, unless somebody else has begun anew already."""
        if damaged is not None and damaged != self._identity():
            return
        try:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        except OSError as error:
            raise IndexUnavailableError(str(error)) from error


def _code(error: Exception) -> int | None:
    """SQLite's number for what went wrong, without its details."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if code is not None else None


def _is_damage(error: Exception) -> bool:
    """Whether the file is to blame, and not the disk, the rights or somebody who writes."""
    if isinstance(error, _DamagedError):
        return True
    code = _code(error)
    # Text that cannot be decoded has no number.
    return code in _DAMAGED or (code is None and isinstance(error, sqlite3.OperationalError))


_segments: OrderedDict[tuple[str, str, int], Segment] = OrderedDict()


class _Store:
    """The tables within one transaction; a ``Source`` of the engine."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._leaf_ids: list[int] = []

    # What the engine asks for

    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        """See ``Vocabulary``; what was removed lately may still count."""
        return dict(self._among("SELECT term, SUM(n) FROM postings WHERE term IN ({}) GROUP BY term", terms))

    def spelled(self, keys: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """See ``Vocabulary``."""
        found: dict[str, list[str]] = {}
        for key, word in self._among("SELECT key, word FROM spelling WHERE key IN ({}) ORDER BY key, word", keys):
            found.setdefault(key, []).append(word)
        return found

    def beginning(self, prefix: str) -> Sequence[str]:
        """See ``Vocabulary``."""
        sql = "SELECT DISTINCT word FROM spelling WHERE key >= ? AND key < ? AND word = substr(key, 2) LIMIT ?"
        bounds = f"d{prefix}", f"d{prefix}\U0010ffff", _MOST_BEGINNING
        return [word for (word,) in self._connection.execute(sql, bounds)]

    def leaves(self, terms: Collection[str]) -> Sequence[Leaf]:
        """See ``Source``."""
        (index,) = self._connection.execute("SELECT value FROM meta WHERE key = 'id'").fetchone()
        by_segment: dict[int, dict[str, memoryview]] = {}
        for term, segment, data in self._among("SELECT term, segment, data FROM postings WHERE term IN ({})", terms):
            by_segment.setdefault(segment, {})[term] = _unsealed(data)
        leaves = []
        rows = self._connection.execute("SELECT id, n, dead FROM segments ORDER BY id").fetchall()
        for number, n, dead in rows:
            leaves.append(Leaf(self._segment(index, number), _live(n, dead), by_segment.get(number, {})))
        self._leaf_ids = [number for number, _, _ in rows]
        return leaves

    def entries(self, places: Sequence[Any]) -> Sequence[Entry]:
        """See ``Source``."""
        wanted = [self._leaf_ids[place.leaf] << _NUMBER_BITS | place.number for place in places]
        found = dict(self._among("SELECT place, data FROM entries WHERE place IN ({})", wanted))
        try:
            return [_entry(found[place]) for place in wanted]
        except KeyError as error:
            raise _DamagedError from error

    # What the index asks for

    def stamps(self, only: str | None) -> dict[str, str]:
        where = "" if only is None else " WHERE name = ?"
        return dict(self._connection.execute(f"SELECT name, stamp FROM stamps{where}", [only] if where else []))  # noqa: S608

    def stamp(self, group: Group) -> None:
        self._connection.execute("INSERT OR REPLACE INTO stamps VALUES (?, ?)", (group.name, group.stamp))

    def clear(self) -> None:
        for table in ("segments", "postings", "entries", "stamps", "spelling"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own

    def remove(self, name: str) -> None:
        """Mask the entries of a group."""
        places = [place for (place,) in self._connection.execute("SELECT place FROM entries WHERE name = ?", (name,))]
        self._connection.execute("DELETE FROM entries WHERE name = ?", (name,))
        self._connection.execute("DELETE FROM stamps WHERE name = ?", (name,))
        for segment in {place >> _NUMBER_BITS for place in places}:
            sql = "SELECT n, dead FROM segments WHERE id = ?"
            n, dead = self._connection.execute(sql, (segment,)).fetchone()
            is_live = _live(n, dead)
            is_live[[place & (1 << _NUMBER_BITS) - 1 for place in places if place >> _NUMBER_BITS == segment]] = False
            packed = np.packbits(~is_live).tobytes()
            self._connection.execute("UPDATE segments SET dead = ? WHERE id = ?", (packed, segment))

    def add(self, entries: Sequence[Entry], vectors: Sequence[Any] | None) -> None:
        """A segment of ``entries``."""
        if not entries:
            return
        made = invert(entries, vectors)
        dead = np.packbits(np.zeros(len(entries), dtype=bool)).tobytes()
        sql = "INSERT INTO segments (n, data, dead) VALUES (?, ?, ?)"
        segment = self._connection.execute(sql, (len(entries), _sealed(made.segment.to_bytes()), dead)).lastrowid
        assert segment is not None
        rows = ((term, segment, n, _sealed(data)) for term, n, data in made.postings)
        self._connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?)", rows)
        self._connection.executemany("INSERT OR IGNORE INTO spelling VALUES (?, ?)", sorted(made.spelling))
        kept = ((segment << _NUMBER_BITS | number, one.group, _data(one)) for number, one in enumerate(entries))
        self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?)", kept)

    def sizes(self) -> dict[int, tuple[int, int]]:
        """By segment how many entries it has, and how many of them are not removed."""
        rows = self._connection.execute("SELECT id, n, dead FROM segments").fetchall()
        return {number: (n, int(_live(n, dead).sum())) for number, n, dead in rows}

    def take(self, segments: Sequence[int]) -> list[tuple[Entry, Any]]:
        """Take out segments; what was live in them, with its vectors."""
        found = []
        for segment in segments:
            (data,) = self._connection.execute("SELECT data FROM segments WHERE id = ?", (segment,)).fetchone()
            vectors = _segment(data).vectors
            bounds = segment << _NUMBER_BITS, (segment + 1) << _NUMBER_BITS
            sql = "SELECT place, data FROM entries WHERE place >= ? AND place < ? ORDER BY place"
            for place, text in self._connection.execute(sql, bounds).fetchall():
                number = place & (1 << _NUMBER_BITS) - 1
                found.append((_entry(text), vectors[number] if vectors is not None else None))
            self._connection.execute("DELETE FROM entries WHERE place >= ? AND place < ?", bounds)
            self._connection.execute("DELETE FROM postings WHERE segment = ?", (segment,))
            self._connection.execute("DELETE FROM segments WHERE id = ?", (segment,))
        return found

    def _segment(self, index: str, number: int) -> Segment:
        key = self._path, index, number
        found = _segments.get(key)
        if found is None:
            sql = "SELECT data FROM segments WHERE id = ?"
            (data,) = self._connection.execute(sql, (number,)).fetchone()
            found = _segments[key] = _segment(data)
            while len(_segments) > _MOST_CACHED:
                with suppress(KeyError):
                    _segments.popitem(last=False)
        return found

    def _among(self, sql: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Rows of ``sql`` with ``{}`` for the values, a bounded number at once."""
        wanted = list(values)
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            yield from self._connection.execute(sql.format(",".join("?" * len(some))), some)


def _live(n: int, dead: bytes) -> Any:
    if len(dead) != (n + 7) // 8:
        raise _DamagedError
    return np.unpackbits(np.frombuffer(dead, dtype=np.uint8), count=n) == 0


def _stacked(vectors: Sequence[Any]) -> Sequence[Any] | None:
    return vectors if vectors and all(vector is not None for vector in vectors) else None


def _data(entry: Entry) -> str:
    # Halves of characters cannot be stored as UTF-8, so everything beyond ASCII is escaped.
    parts = [(part.field, part.text, part.language) for part in entry.parts]
    days = entry.valid_from, entry.valid_until, entry.changed_on
    return json.dumps([entry.id, entry.group, parts, entry.facets, *days], separators=(",", ":"))


def _sealed(data: bytes) -> bytes:
    """Bytes with their checksum before them: SQLite does not notice when those of a blob change."""
    return zlib.crc32(data).to_bytes(_SEAL, "big") + data


def _unsealed(data: bytes) -> memoryview:
    rest = memoryview(data)[_SEAL:]
    if zlib.crc32(rest).to_bytes(_SEAL, "big") != data[:_SEAL]:
        raise _DamagedError
    return rest


def _segment(data: bytes) -> Segment:
    try:
        return Segment.from_bytes(_unsealed(data))
    except (BadZipFile, ValueError, KeyError, TypeError, OSError, IndexError) as error:
        raise _DamagedError from error


def _entry(data: str) -> Entry:
    try:
        name, group, parts, facets, *days = json.loads(data)
        values = {facet: tuple(found) for facet, found in facets.items()}
        return Entry(name, group, tuple(Part(*part) for part in parts), values, *days)
    except (ValueError, TypeError, AttributeError) as error:
        raise _DamagedError from error


def _meaning(entry: Entry) -> str:
    """The beginning of what an entry says, the questions that it answers first; in Chinese where it can be."""
    order = ("title", "questions", "summary", "body")
    parts = [part for part in entry.parts if part.field in order and part.text.strip()]
    chinese = [part for part in parts if part.language != "en"] or parts
    return " ".join(part.text.strip() for part in sorted(chinese, key=lambda part: order.index(part.field)))[:_MEANT]
