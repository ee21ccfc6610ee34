"""Searching (检索) from the typed query to the page of hits, over any source of segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from peilian.engine._kernel import Language
from peilian.engine.search.highlights import refine
from peilian.engine.search.query import understand
from peilian.engine.search.ranking import Leaf, Place, counts_among, rank
from peilian.engine.search.synonyms import Synonyms
from peilian.engine.search.values import Embedder, Entry, Filters, Hits

_REFINED = 50  # hits whose texts are looked at before they are put in order


class Source(Protocol):
    """Where the segments are."""

    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        """In how many entries each term occurs; absent terms may be left out. See ``Vocabulary``."""

    def spelled(self, keys: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The words of titles, tags and questions under each key of ``spelling``."""

    def beginning(self, prefix: str) -> Sequence[str]:
        """Some words of titles, tags and questions that begin with ``prefix``."""

    def leaves(self, terms: Collection[str]) -> Sequence[Leaf]:
        """Every segment with the postings of ``terms``."""

    def entries(self, places: Sequence[Place]) -> Sequence[Entry]:
        """The entries at places of ``leaves``, in the order asked for."""


def find(
    source: Source,
    typed: str,
    filters: Filters,
    synonyms: Synonyms,
    *,
    limit: int = 20,
    offset: int = 0,
    language: Language | None = None,
    embedder: Embedder | None = None,
    newest_first: bool = False,
) -> Hits:
    """The hits ``offset`` to ``offset + limit`` for what was typed; an empty query finds all, the newest first.

    ``language`` is the reader's: excerpts come in it where there is a choice. With an ``embedder`` what means the same
    in other words is found too. ``newest_first`` puts all hits in order of their day.
    """
    query = understand(typed, synonyms, _Vocabulary(source, filters))
    vector = embedder.vector(query.meant or query.typed) if embedder is not None and query.typed else None
    leaves = source.leaves(query.terms())
    ranked = rank(query, leaves, filters, max(offset + limit, _REFINED), vector, newest_first=newest_first)
    scored = list(zip(ranked.places, ranked.scores, strict=True))
    is_by_meaning, everything = vector is not None, slice(None)
    if offset >= _REFINED or not query.typed or newest_first:
        found = _loaded(source, scored[offset : offset + limit])
        hits = refine(query, found, everything, language, is_by_meaning=is_by_meaning, keeps_order=newest_first)
        return Hits(ranked.total, tuple(hits), ranked.facets, query.meant)
    best = _loaded(source, scored[:_REFINED])
    page = refine(query, best, slice(offset, offset + limit), language, is_by_meaning=is_by_meaning)
    if offset + limit > _REFINED:
        rest = _loaded(source, scored[_REFINED : offset + limit])
        page += refine(query, rest, everything, language, is_by_meaning=is_by_meaning)
    return Hits(ranked.total, tuple(page), ranked.facets, query.meant)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The words of a source, as far as one search is concerned."""

    source: Source
    filters: Filters

    def counts(self, terms: Iterable[str]) -> Mapping[str, int]:
        return self.source.counts(terms)

    def findable(self, terms: Iterable[str]) -> Mapping[str, int]:
        wanted = set(terms)
        return counts_among(self.source.leaves(wanted), wanted, self.filters) if wanted else {}

    def spelled(self, keys: Iterable[str]) -> Mapping[str, Sequence[str]]:
        return self.source.spelled(keys)

    def beginning(self, prefix: str) -> Sequence[str]:
        return self.source.beginning(prefix)


def _loaded(source: Source, scored: Sequence[tuple[Place, float]]) -> list[tuple[Entry, float]]:
    entries = source.entries([place for place, _ in scored])
    return [(entry, score) for entry, (_, score) in zip(entries, scored, strict=True)]
