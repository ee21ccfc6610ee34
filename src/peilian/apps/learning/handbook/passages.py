"""Passages of texts (摘录): what is kept when somebody presses a button beside a point, an example, a phrase."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from peilian.adapters.packs import Document, TextField
from peilian.adapters.packs.authored import ArticleDocument, Authored
from peilian.adapters.packs.phrases import PhrasesDocument
from peilian.adapters.packs.teaching import LessonDocument
from peilian.engine._kernel import Language

WHOLE = "text"
"""The place of a text as such: what it is about."""
_SAID = "said."
_LONGEST_WHOLE = 1500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage: where it stands in its text, its title, its words as Markdown."""

    place: str
    title: str
    text: str


def place_of_words(words: str) -> str:
    """The place of words that somebody marked: they are no part of the document by themselves."""
    return _SAID + hashlib.sha256(words.encode()).hexdigest()[:16]


def is_marked(place: str) -> bool:
    """Whether an entry holds words that were marked, which no newer version can give again."""
    return place.startswith(_SAID)


def passage_at(document: Document, place: str, language: Language) -> Passage | None:
    """The passage at a place, such as ``keep``, ``keep.2``, ``examples.1``, ``phrases.delay``; ``None`` where the
    document has none there."""
    if place == WHOLE:
        return _whole(document, language)
    part, _dot, name = place.partition(".")
    if isinstance(document, LessonDocument):
        return _of_lesson(document, part, name, language)
    if isinstance(document, PhrasesDocument) and part == "phrases":
        found = next((one for one in document.phrases if one.id == name), None)
        if found is None or found.text is None:
            return None
        return Passage(place, _in(found.when, language), _quoted(_in(found.text, language)))
    if isinstance(document, ArticleDocument) and part == "passages":
        each = _nth(document.passages, name)
        return Passage(place, _in(each.question, language), _in(each.answer, language)) if each is not None else None
    return None


def _of_lesson(document: LessonDocument, part: str, name: str, language: Language) -> Passage | None:
    title = _in(document.title, language)
    if part == "keep" and not name:
        return Passage("keep", title, "\n".join(f"- {_in(one, language)}" for one in document.keep))
    if part == "keep":
        point = _nth(document.keep, name)
        return Passage(f"keep.{name}", title, _in(point, language)) if point is not None else None
    if part == "examples":
        found = _nth(document.examples, name)
        if found is None:
            return None
        said, why = _quoted(_in(found.say, language)), _in(found.why, language)
        return Passage(f"examples.{name}", _in(found.situation, language), f"{said}\n\n{why}")
    return None


def _whole(document: Document, language: Language) -> Passage | None:
    """What a text is about: its summary, and its body where that is short."""
    if not isinstance(document, Authored):
        return None
    summary = _in(document.summary, language) if document.summary is not None else ""
    body = getattr(document, "body", None)
    words = _in(body, language) if isinstance(body, TextField) else ""
    kept = words if words and len(words) <= _LONGEST_WHOLE else summary
    title = _in(document.title, language)
    return Passage(WHOLE, title, kept or title)


def _in(field: TextField, language: Language) -> str:
    return field.to_text().in_language(language)


def _quoted(words: str) -> str:
    return "\n".join(f"> {line}" for line in words.splitlines())


def _nth(listed: Sequence[T], name: str) -> T | None:
    """The element with a number that counts from one, as people count."""
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 4 else 0
    return listed[number - 1] if 1 <= number <= len(listed) else None
