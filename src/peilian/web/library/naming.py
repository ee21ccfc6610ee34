"""What texts name, in words: the titles of other texts, and questions of banks."""

from __future__ import annotations

from collections.abc import Iterator

from peilian.adapters.packs import Document, TextField
from peilian.adapters.packs.authored import named_by
from peilian.adapters.packs.items import ItemsDocument
from peilian.apps.library import api as library
from peilian.apps.people.api import User
from peilian.engine._kernel import Text

_BY_LINKS = ("lesson", "course", "path", "exam", "items", "certificate")  # whose pages name other texts in words


def named_in(user: User, document: Document) -> tuple[dict[str, Text], dict[str, TextField]]:
    """The titles of the texts that a document names, and the words of the questions, as far as the user sees them."""
    if document.kind not in _BY_LINKS:
        return {}, {}
    wanted = {one.name for one in named_by(document) if one.what == "item"}
    banks = {name.partition("#")[0] for name in wanted}
    words = {name: stem for name, stem in questions(user, banks) if name in wanted} if wanted else {}
    return titles_in(user, document), words


def titles_in(user: User, document: Document) -> dict[str, Text]:
    """The titles of the texts that a document names, as far as the user sees them."""
    if document.kind not in _BY_LINKS:
        return {}
    texts = {one.name for one in named_by(document) if one.what == "text"}
    return library.titles(user=user, names=texts)


def questions(user: User, banks: set[str] | None = None) -> Iterator[tuple[str, TextField]]:
    """The questions of banks in use, or of those named, by ``bank#item``; none for who does not write."""
    rows = library.browse(user=user, kinds=("items",)).select_related("current")
    for row in rows if banks is None else rows.filter(key__in=banks):
        bank = library.document_of(row.current, user=user) if row.current is not None else None
        for item in bank.items if isinstance(bank, ItemsDocument) else ():
            yield f"{row.key}#{item.id}", item.stem
