"""What is searched by, and what can be found (检索内容): synonyms of the packs, documents as entries."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from peilian.adapters import packs
from peilian.adapters.packs.synonyms import SynonymsDocument
from peilian.engine.search import Synonyms


@cache
def synonyms(roots: tuple[Path, ...] = (packs.SHIPPED,)) -> Synonyms:
    """The synonyms of every pack below ``roots``."""
    return synonyms_of(item.document for item in packs.load("synonyms", roots))


def synonyms_of(documents: Iterable[packs.Document]) -> Synonyms:
    """The synonyms of documents of that kind; others are passed over."""
    found = [document for document in documents if isinstance(document, SynonymsDocument)]
    return Synonyms(
        (group for document in found for group in document.groups),
        (word for document in found for word in document.fillers),
    )
