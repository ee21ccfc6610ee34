"""Search (检索): finding texts by words as people type them, in Chinese and English, with reasons and spans."""

from peilian.engine.search.finding import Source, find
from peilian.engine.search.ranking import Leaf
from peilian.engine.search.segment import Segment, invert
from peilian.engine.search.synonyms import Synonyms
from peilian.engine.search.values import Embedder, Entry, Filters, Hit, Hits, Part

__all__ = [
    "Embedder",
    "Entry",
    "Filters",
    "Hit",
    "Hits",
    "Leaf",
    "Part",
    "Segment",
    "Source",
    "Synonyms",
    "find",
    "invert",
]
