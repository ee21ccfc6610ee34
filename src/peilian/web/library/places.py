"""Where something stands in a document, in words, and what stands there as a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext

from peilian.adapters.packs.source import source_of
from peilian.adapters.packs.trees import content_kinds
from peilian.engine.content import Change, LinePair, line_pairs
from peilian.engine.content.values import ID_FIELDS
from peilian.web.library.editor_form import BURST, title_of
from peilian.web.library.editor_shape import FIXED, Shape, shape_of_kind
from peilian.web.library.editor_words import choice_name, field_name
from peilian.web.record.wordings import competency_name
from peilian.web.shell.parsing import as_number

_AROUND = 1
"""Unchanged lines that are shown beside a changed one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference in words: where, what it is (``added``, ``removed``, ``moved``, ``changed``), and its lines."""

    place: str
    what: str
    lines: tuple[LinePair | None, ...]
    """``None`` stands for unchanged lines that are left out."""


def place_in_words(kind: str, path: Iterable[str | int], *trees: Any) -> str:
    """``("steps", "check", "title", "zh")`` as people say it: “Steps › Check the order › Title › Chinese”.

    ``trees`` are documents in which the parts of lists are looked up by their id or number for their titles.
    """
    here: Shape | None = shape_of_kind(kind) if kind in content_kinds() else None
    values: list[Any] = list(trees)
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and any(isinstance(value, str) for value in values):
            words.append(pgettext("library", "line %(n)d") % {"n": part + 1})
            continue
        values = [_below(value, part) for value in values]
        if here is not None and here.kind in ("group", "union"):
            here = here.below(str(part))
            words.append(field_name(here.owner if here is not None else "", str(part)))
        else:
            if here is not None and here.kind == "levels":
                words.append(competency_name(str(part)))
                here = None
                continue
            here = here.below(str(part)) if here is not None else None
            title = next((title_of(value) for value in values if title_of(value)), "")
            words.append(title or (f"{part + 1}" if isinstance(part, int) else field_name("", part)))
    return " › ".join(words)


def shown_changes(kind: str, changes: Iterable[Change], before: Any, after: Any) -> Iterator[Shown]:
    """Changes of a document as a page shows them; what never changes is left out."""
    for one in changes:
        if one.path and one.path[0] in FIXED:
            continue
        what = "added" if one.is_added else "removed" if one.is_removed else "moved" if one.is_moved else "changed"
        lines = tuple(folded(line_pairs(in_words(one.before), in_words(one.after))))
        yield Shown(place_in_words(kind, one.path, after, before), what, lines)


def in_words(value: Any) -> str:
    """A part of a document as a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, str):
        return choice_name(value) if value and value.isascii() else value
    if isinstance(value, Mapping) and value and set(value) <= {"zh", "en"}:
        return "\n".join(str(value[language]) for language in ("zh", "en") if value.get(language))
    if isinstance(value, list) and all(_is_said(one) for one in value):
        return "\n".join(one if isinstance(one, str) else BURST.join(one) for one in value)
    return source_of(value).removesuffix("...\n") if isinstance(value, list | Mapping) else str(value)


def _is_said(value: Any) -> bool:
    """A line, or messages that are said one after the other."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def folded(pairs: Iterable[LinePair]) -> Iterator[LinePair | None]:
    """Only what changed and the lines beside it."""
    lines = list(pairs)
    changed = [n for n, pair in enumerate(lines) if not pair.is_same]
    near = {m for n in changed for m in range(n - _AROUND, n + _AROUND + 1)}
    is_left_out = False
    for n, pair in enumerate(lines):
        if n in near:
            yield pair
        elif not is_left_out:
            yield None
        is_left_out = n not in near


def steps_of(field: str) -> list[str | int]:
    """The way to a field of a document; what people called a part may look like a number and be none."""
    return [number if (number := as_number(part, -1)) >= 0 else part for part in field.split(".") if field]


def _below(value: Any, part: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(part))
    if isinstance(value, list):
        if (place := as_number(str(part), -1)) >= 0:
            return value[place] if place < len(value) else None
        named = (one for one in value if isinstance(one, Mapping) and part in [one.get(key) for key in ID_FIELDS])
        return next(named, None)
    return None
