"""What is searched, asked and found: entries with their parts, filters, hits with the spans that matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from peilian.engine._kernel import Language, Reason

Field = Literal["title", "tags", "summary", "questions", "body"]
FIELDS: tuple[Field, ...] = ("title", "tags", "summary", "questions", "body")
"""The fields of an entry; their numbers here are those of the index."""

Span = tuple[int, int]
"""Half-open, in code points of the original text."""


@dataclass(frozen=True, slots=True)
class Part:
    """One text of an entry. ``questions`` are what somebody would ask to get it: the questions of an FAQ, the situation
    of a phrase."""

    field: Field
    text: str
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that can be found (检索条目). ``group`` is what is replaced and removed together, such as a text with
    its passages. A facet that is missing means *all*, as a phrase without channels suits every channel.

    Days are ordinals (``date.toordinal``): valid from ``valid_from`` until before ``valid_until``. ``changed_on`` may
    say the time of the day as a fraction.
    """

    id: str
    group: str
    parts: tuple[Part, ...]
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid_from: int | None = None
    valid_until: int | None = None
    changed_on: float | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries may be found: ``any_of`` needs one of the values of a facet, ``all_of`` each of them, ``fits`` the
    value or no statement at all; ``day`` leaves out what does not hold then (and lets newer entries count more)."""

    any_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    all_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fits: Mapping[str, str] = field(default_factory=dict)
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a part, with the spans in it that matched."""

    field: Field
    language: Language | None
    text: str
    spans: tuple[Span, ...]
    is_cut_before: bool = False
    is_cut_after: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry that was found; ``score`` compares hits of one search only; ``why`` says what matched."""

    entry: Entry
    score: float
    excerpts: tuple[Excerpt, ...]
    why: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of hits, best first; ``total`` counts all. ``facets`` counts all hits by value, each facet as if it were
    not filtered by itself. ``meant`` is the query as it was understood where it seemed mistyped."""

    total: int
    items: tuple[Hit, ...]
    facets: Mapping[str, Mapping[str, int]]
    meant: str | None = None


class Vocabulary(Protocol):
    """What the index knows about words."""

    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        """In how many entries each term occurs; absent terms may be left out."""

    def findable(self, terms: Iterable[str]) -> Mapping[str, int]:
        """The same, of the entries that this search may find."""

    def spelled(self, keys: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The words of titles, tags and questions under each key of ``spelling``."""

    def beginning(self, prefix: str) -> Sequence[str]:
        """Some words of titles, tags and questions that begin with ``prefix``."""


class Embedder(Protocol):
    """Sentence embeddings (句向量). ``name`` tells models apart."""

    name: str

    def vector(self, text: str) -> Any:
        """The vector of a text: numpy, one-dimensional, of length 1."""
