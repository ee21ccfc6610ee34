"""The search index (检索索引) in a file: the only module that opens it.

Segments of ``engine.search`` lie in an SQLite file: whatever is put in or taken out is there at once, in every
process, or not at all after a crash. A change makes a small segment; small ones are brought together now and then.
The index can be made again from what it was made of: a file that is damaged or of another version is begun anew, and
says so by having no stamps.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from peilian.engine._kernel import Language
from peilian.engine.search import Embedder, Entry, Filters, Hits, Leaf, Part, Segment, Synonyms, find, invert

_FORMAT = "1"
_CHUNK = 20_000  # entries that become one segment at once
_SMALL = 2_000  # entries of a segment that is brought together with others
_MOST_SMALL = 8
_WAIT_SECONDS = 30.0
_NUMBER_BITS = 16
_MOST_CACHED = 64  # segments in memory
_MEANT = 240  # code points of an entry from which its vector is made
_MOST_BEGINNING = 12
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

    def put(self, groups: Iterable[Group], *, is_everything: bool = False) -> None:
        """Put groups in, in place of what they held before, all or none; with ``is_everything`` nothing else stays."""
        with self._writing() as store:
            if is_everything:
                store.clear()
            pending: list[Entry] = []
            for group in groups:
                if not is_everything:
                    store.remove(group.name)
                store.stamp(group)
                pending += group.entries
                while len(pending) >= _CHUNK:
                    store.add(pending[:_CHUNK], self._vectors(pending[:_CHUNK]))
                    pending = pending[_CHUNK:]
            store.add(pending, self._vectors(pending))
            self._tidy(store)

    def remove(self, names: Iterable[str]) -> None:
        """Take groups out; those that are not there are passed over."""
        with self._writing() as store:
            for name in names:
                store.remove(name)
            self._tidy(store)

    def stamps(self, only: str | None = None) -> dict[str, str]:
        """The stamp of every group that is in the index, or of ``only`` that one."""
        with self._reading() as store:
            return store.stamps(only)

    def search(
        self, typed: str, filters: Filters, *, limit: int = 20, offset: int = 0, language: Language | None = None
    ) -> Hits:
        """See ``engine.search.find``."""
        with self._reading() as store:
            return find(
                store,
                typed,
                filters,
                self._synonyms,
                limit=limit,
                offset=offset,
                language=language,
                embedder=self._embedder,
            )

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

    @contextmanager
    def _reading(self) -> Iterator[_Store]:
        """One state of the index, whatever others write meanwhile."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            yield _Store(connection, str(self._path))

    @contextmanager
    def _writing(self) -> Iterator[_Store]:
        """A change that happens as a whole or not at all, one at a time."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield _Store(connection, str(self._path))
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._opened()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            self._begin_anew()
            connection = self._opened()
        with closing(connection):
            yield connection

    def _opened(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=_WAIT_SECONDS)
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

    def _begin_anew(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").unlink()


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
        by_segment: dict[int, dict[str, bytes]] = {}
        for term, segment, data in self._among("SELECT term, segment, data FROM postings WHERE term IN ({})", terms):
            by_segment.setdefault(segment, {})[term] = data
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
        return [_entry(found[place]) for place in wanted]

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
        segment = self._connection.execute(sql, (len(entries), made.segment.to_bytes(), dead)).lastrowid
        assert segment is not None
        rows = ((term, segment, n, data) for term, n, data in made.postings)
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
            vectors = Segment.from_bytes(data).vectors
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
            found = _segments[key] = Segment.from_bytes(data)
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
    return np.unpackbits(np.frombuffer(dead, dtype=np.uint8), count=n) == 0


def _stacked(vectors: Sequence[Any]) -> Sequence[Any] | None:
    return vectors if vectors and all(vector is not None for vector in vectors) else None


def _data(entry: Entry) -> str:
    # Halves of characters cannot be stored as UTF-8, so everything beyond ASCII is escaped.
    parts = [(part.field, part.text, part.language) for part in entry.parts]
    days = entry.valid_from, entry.valid_until, entry.changed_on
    return json.dumps([entry.id, entry.group, parts, entry.facets, *days], separators=(",", ":"))


def _entry(data: str) -> Entry:
    name, group, parts, facets, *days = json.loads(data)
    values = {facet: tuple(found) for facet, found in facets.items()}
    return Entry(name, group, tuple(Part(*part) for part in parts), values, *days)


def _meaning(entry: Entry) -> str:
    """The beginning of what an entry says, the questions that it answers first; in Chinese where it can be."""
    order = ("title", "questions", "summary", "body")
    parts = [part for part in entry.parts if part.field in order and part.text.strip()]
    chinese = [part for part in parts if part.language != "en"] or parts
    return " ".join(part.text.strip() for part in sorted(chinese, key=lambda part: order.index(part.field)))[:_MEANT]
