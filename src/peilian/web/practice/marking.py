"""Marks on words: spans of a text as links to what explains them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of code points, the kind of its mark, where it leads, and the words for who hears it."""

    start: int
    end: int
    kind: str
    href: str
    words: str


def marked(text: str, marks: Iterable[Mark]) -> SafeString:
    """``text`` with its marks; of two that overlap the longer one is drawn."""
    pieces: list[tuple[str]] = []
    at = 0
    for mark in _apart(text, marks):
        pieces.append((format_html("{}", text[at : mark.start]),))
        pieces.append(
            (
                format_html(
                    '<a class="hl" href="{}" title="{}"><mark class="hl-{}">{}</mark></a>',
                    mark.href, mark.words, mark.kind, text[mark.start : mark.end],
                ),
            )
        )  # fmt: skip
        at = mark.end
    pieces.append((format_html("{}", text[at:]),))
    return format_html_join("", "{}", pieces)


def _apart(text: str, marks: Iterable[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.start - mark.end):
        is_inside = 0 <= mark.start < mark.end <= len(text)
        if is_inside and all(mark.end <= other.start or other.end <= mark.start for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda mark: mark.start)
