"""The inverted index (倒排索引) of some entries, as arrays: which entries have a term, in which field, how often.

A segment never changes once it is made; an index is several of them, and what was removed is masked. Postings of a term
are two arrays one after the other in bytes: the numbers of entries (16 bits, ascending), and for each the field in the
upper three bits with the occurrences, at most 31, in the lower five.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from peilian.engine.search.spelling import LONGEST_INITIALS, LONGEST_WORD, initials_keys, spelling_keys
from peilian.engine.search.values import FIELDS, Entry
from peilian.engine.search.words import index_terms, is_han, latin_words, parts_of_word, plain, words_of

MOST_ENTRIES = 60_000  # of one segment: their numbers have 16 bits
NO_DAY = 0
_SPELLED = frozenset({"title", "tags", "questions"})
_MOST_SPELLED = 60  # words of one part that are kept for spelling
_COUNT_BITS, _MOST_COUNTED = 5, 31


class Column(NamedTuple):
    """A facet: entry ``owners[i]`` has the value ``values[codes[i]]``."""

    values: tuple[str, ...]
    owners: Any
    codes: Any


@dataclass(frozen=True)
class Segment:
    """Arrays over entries: ``lengths`` in terms by field and entry, days as ordinals (0: none), facets, and vectors
    (rows of zeros where there is none) or ``None``."""

    n: int
    lengths: Any
    valid_from: Any
    valid_until: Any
    changed_on: Any
    facets: Mapping[str, Column]
    vectors: Any = None

    @cached_property
    def totals(self) -> Any:
        """Terms by field, and entries that have the field: two rows."""
        return totals_of(self.lengths)

    def noted(self, key: bytes, make: Callable[[], Any]) -> Any:
        """What ``make`` makes of the segment, made once for as long as ``key`` stays the same."""
        kept = self._notes.get("kept")
        if kept is None or kept[0] != key:
            kept = self._notes["kept"] = (key, make())
        return kept[1]

    @cached_property
    def _notes(self) -> dict[str, tuple[bytes, Any]]:
        return {}

    def to_bytes(self) -> bytes:
        """The segment in a file's form."""
        values = {name: column.values for name, column in self.facets.items()}
        arrays = {"facets": np.frombuffer(json.dumps(values).encode(), dtype=np.uint8)}
        for number, column in enumerate(self.facets.values()):
            arrays[f"owners{number}"], arrays[f"codes{number}"] = column.owners, column.codes
        for name in ("lengths", "valid_from", "valid_until", "changed_on"):
            arrays[name] = getattr(self, name)
        if self.vectors is not None:
            arrays["vectors"] = self.vectors
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> Segment:
        """The segment that ``to_bytes`` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            values = json.loads(arrays["facets"].tobytes())
            facets = {
                name: Column(tuple(found), arrays[f"owners{number}"], arrays[f"codes{number}"])
                for number, (name, found) in enumerate(values.items())
            }
            days = {name: arrays[name] for name in ("valid_from", "valid_until", "changed_on")}
            vectors = arrays.get("vectors")
            lengths = arrays["lengths"]
            return cls(n=lengths.shape[1], lengths=lengths, facets=facets, vectors=vectors, **days)


class Inverted(NamedTuple):
    """What is made of entries: the segment, the postings of each term in order of terms with the number of entries, and
    words by spelling key."""

    segment: Segment
    postings: Iterator[tuple[str, int, bytes]]
    spelling: set[tuple[str, str]]


class _Numbers(dict[str, int]):
    """Numbers things as they are met."""

    def __missing__(self, key: str) -> int:
        number = self[key] = len(self)
        return number


def invert(entries: Sequence[Entry], vectors: Sequence[Any] | None = None) -> Inverted:
    """The inverted index of ``entries``, at most ``MOST_ENTRIES``; ``vectors`` one for each, if there are any."""
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"a segment has at most {MOST_ENTRIES} entries")
    numbers = _Numbers()
    lengths = np.zeros((len(FIELDS), len(entries)), dtype=np.uint32)
    terms, places = [], []
    spelling: set[tuple[str, str]] = set()
    spelled: set[str] = set()
    for number, entry in enumerate(entries):
        for part in entry.parts:
            text = plain(part.text)
            field = FIELDS.index(part.field)
            found = np.fromiter(map(numbers.__getitem__, index_terms(text)), dtype=np.uint32)
            lengths[field, number] += len(found)
            terms.append(found)
            places.append(np.full(len(found), number << 3 | field, dtype=np.uint32))
            if part.field in _SPELLED and text not in spelled:
                spelled.add(text)
                spelling.update(_spelling_of(text))
                spelling.update(_initials_of(text) if part.field == "title" else ())
    segment = Segment(
        n=len(entries),
        lengths=lengths,
        valid_from=_days(entry.valid_from for entry in entries),
        valid_until=_days(entry.valid_until for entry in entries),
        changed_on=np.fromiter((entry.changed_on or NO_DAY for entry in entries), dtype=np.float64),
        facets=_columns(entries),
        vectors=np.asarray(vectors, dtype=np.float16) if vectors is not None and len(vectors) else None,
    )
    return Inverted(segment, _postings(numbers, _joined(terms), _joined(places)), spelling)


class Posting(NamedTuple):
    """Where a term occurs: ``entries`` ascending, each once; occurrence ``i`` in ``fields[i]`` of ``owners[i]`` counts
    ``counts[i]``, and those of ``entries[k]`` begin at ``starts[k]``."""

    entries: Any
    starts: Any
    owners: Any
    fields: Any
    counts: Any


def read_postings(data: bytes | memoryview) -> Posting:
    """The occurrences of a term."""
    n = len(data) // 3
    packed = np.frombuffer(data, dtype=np.uint8, offset=2 * n)
    owners = np.frombuffer(data, dtype=np.uint16, count=n).astype(np.intp)
    is_first = np.empty(n, dtype=bool)
    is_first[:1] = True
    np.not_equal(owners[1:], owners[:-1], out=is_first[1:])
    starts = np.flatnonzero(is_first)
    return Posting(owners[starts], starts, owners, packed >> _COUNT_BITS, packed & _MOST_COUNTED)


def totals_of(lengths: Any) -> Any:
    """Terms by field, and how many entries have the field."""
    return np.stack([lengths.sum(axis=1, dtype=np.int64), (lengths > 0).sum(axis=1)])


def _joined(arrays: Sequence[Any]) -> Any:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.uint32)


def _postings(numbers: Mapping[str, int], terms: Any, places: Any) -> Iterator[tuple[str, int, bytes]]:
    keys, counts = np.unique(terms.astype(np.uint64) << np.uint64(32) | places, return_counts=True)
    places = keys & np.uint64(0xFFFFFFFF)
    entries = (places >> np.uint64(3)).astype(np.uint16)
    packed = ((places & np.uint64(7)) << np.uint64(_COUNT_BITS)).astype(np.uint8)
    packed |= np.minimum(counts, _MOST_COUNTED).astype(np.uint8)
    bounds = np.searchsorted(keys >> np.uint64(32), np.arange(len(numbers) + 1, dtype=np.uint64)).tolist()
    is_first = np.ones(len(entries), dtype=bool)  # of an entry that has the term in several fields
    is_first[1:] = entries[1:] != entries[:-1]
    before = np.concatenate([[0], np.cumsum(is_first)])
    for term in sorted(numbers):
        start, end = bounds[numbers[term]], bounds[numbers[term] + 1]
        n = int(before[end] - before[start]) + (0 if is_first[start] else 1)
        yield term, n, entries[start:end].tobytes() + packed[start:end].tobytes()


def _days(found: Iterator[int | None]) -> Any:
    return np.fromiter((day or NO_DAY for day in found), dtype=np.int32)


def _columns(entries: Sequence[Entry]) -> dict[str, Column]:
    numbers: dict[str, _Numbers] = defaultdict(_Numbers)
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, entry in enumerate(entries):
        for name, values in entry.facets.items():
            pairs[name] += [(number, numbers[name][value]) for value in dict.fromkeys(values)]
    return {
        name: Column(tuple(numbers[name]), *np.array(found, dtype=np.uint32).reshape(-1, 2).T.copy())
        for name, found in sorted(pairs.items())
    }


def _initials_of(text: str) -> Iterator[tuple[str, str]]:
    """Three and more neighbouring words of a title under their initials, as far as somebody types so many."""
    words = [word for word in words_of(text) if word.is_han][:_MOST_SPELLED]
    for first in range(len(words) - 2):
        said = words[first].text
        for before, word in pairwise(words[first:]):
            said += word.text
            if word.start != before.end or len(said) > LONGEST_INITIALS:
                break
            if word is not words[first + 1]:
                yield from ((key, said) for key in initials_keys(said))


def _spelling_of(text: str) -> Iterator[tuple[str, str]]:
    """The words of a title, a tag or a question, and neighbouring two as one, under their keys."""
    words = [word for word in words_of(text) if word.is_han][:_MOST_SPELLED]
    found = {part for word in words for part in parts_of_word(word.text)}
    found.update(one.text + two.text for one, two in pairwise(words) if one.end == two.start)
    found.update(match.group() for match in latin_words(text))
    for word in sorted(found):
        if 2 <= len(word) <= LONGEST_WORD and (is_han(word) or word.isalpha()):
            yield from ((key, word) for key in spelling_keys(word))
