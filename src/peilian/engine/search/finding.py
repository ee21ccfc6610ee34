"""Searching (检索) from the typed query to the page of hits, over any source of segments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from peilian.engine._kernel import Language
from peilian.engine.search.highlights import refine
from peilian.engine.search.query import understand
from peilian.engine.search.ranking import Leaf, Place, rank
from peilian.engine.search.synonyms import Synonyms
from peilian.engine.search.values import Embedder, Entry, Filters, Hits, Vocabulary

_REFINED = 50  # hits whose texts are looked at before they are put in order


class Source(Vocabulary, Protocol):
    """Where the segments are."""

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
) -> Hits:
    """The hits ``offset`` to ``offset + limit`` for what was typed; an empty query finds all, the newest first.

    ``language`` is the reader's: excerpts come in it where there is a choice. With an ``embedder`` what means the same
    in other words is found too.
    """
    query = understand(typed, synonyms, source)
    vector = embedder.vector(query.meant or query.typed) if embedder is not None and query.typed else None
    ranked = rank(query, source.leaves(query.terms()), filters, max(offset + limit, _REFINED), vector)
    scored = list(zip(ranked.places, ranked.scores, strict=True))
    if offset >= _REFINED or not query.typed:
        wanted = scored[offset : offset + limit]
        hits = refine(query, _loaded(source, wanted), language, vector is not None)
        return Hits(ranked.total, tuple(hits), ranked.facets, query.meant)
    hits = refine(query, _loaded(source, scored[:_REFINED]), language, vector is not None)
    page = hits[offset : offset + limit]
    if offset + limit > _REFINED:
        rest = _loaded(source, scored[_REFINED : offset + limit])
        page += refine(query, rest, language, vector is not None)
    return Hits(ranked.total, tuple(page), ranked.facets, query.meant)


def _loaded(source: Source, scored: Sequence[tuple[Place, float]]) -> list[tuple[Entry, float]]:
    entries = source.entries([place for place, _ in scored])
    return [(entry, score) for entry, (_, score) in zip(entries, scored, strict=True)]
