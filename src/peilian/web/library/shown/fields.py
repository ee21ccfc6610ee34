"""A kind of text that has no page of its own yet, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from peilian.adapters.packs import Document
from peilian.adapters.packs.trees import tree_of
from peilian.web.library.editor_words import choice_name, field_name
from peilian.web.library.shown.reading import Reading

_ABOUT = (
    "kind", "schema_version", "key", "title", "summary", "tags", "competencies", "covers", "related", "sources",
    "valid_from", "valid_until", "review_by",
)  # fmt: skip


def fields(document: Document, reading: Reading) -> dict[str, Any]:
    """Every field that says something, what it is called, and its lines."""
    owner = type(document).__name__
    tree = {name: value for name, value in tree_of(document).items() if name not in _ABOUT}
    rows = [(field_name(owner, name), list(_lines(value, reading))) for name, value in tree.items()]
    return {"rows": rows}


def _lines(value: Any, reading: Reading) -> Iterator[str]:
    if isinstance(value, Mapping) and value and set(value) <= {"zh", "en"}:
        yield str(value.get(reading.language) or next(iter(value.values())))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            for line in _lines(item, reading):
                yield f"{field_name('', str(name))}: {line}"
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item, reading)
    else:
        yield choice_name(value) if isinstance(value, str) else str(value)
