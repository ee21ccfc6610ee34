"""Highlights in a text (高亮): places of findings become marks, on exact code points, whatever the text holds.

Pure: the text is escaped here, piece by piece, and nothing of it is ever taken for markup.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

# Outermost first: where kinds overlap, the mark that matters most surrounds the others.
KINDS = ("fault", "issue", "move", "emotion")


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open place of code points; ``anchor`` is the id of the element that explains it, ``name`` of the one that
    holds its name."""

    start: int
    end: int
    kind: str
    anchor: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text under the same spans. ``is_continued``: every span over it began in an earlier piece."""

    text: str
    spans: tuple[Span, ...]
    is_continued: bool = False


def cut(text: str, spans: Iterable[Span]) -> list[Piece]:
    """The text cut wherever a span begins or ends; the pieces joined are the text.

    Spans may overlap, touch and nest. What lies outside the text is left out, and so is a span without a character.
    """
    inside = [span for span in spans if max(span.start, 0) < min(span.end, len(text))]
    borders = sorted({0, len(text), *(min(max(at, 0), len(text)) for span in inside for at in (span.start, span.end))})
    pieces = []
    for start, end in itertools.pairwise(borders):
        over = tuple(sorted((span for span in inside if span.start < end and span.end > start), key=_weight))
        pieces.append(Piece(text[start:end], over, bool(over) and all(span.start < start for span in over)))
    return pieces


def _weight(span: Span) -> tuple[int, int, int, str]:
    return (KINDS.index(span.kind), span.start, -span.end, span.anchor)


def marked(text: str, spans: Sequence[Span]) -> SafeString:
    """The text as HTML: marked pieces are links to their explanations, one mark a kind; the rest is only escaped."""
    return format_html_join("", "{}", ((_rendered(piece),) for piece in cut(text, spans)))


def _rendered(piece: Piece) -> SafeString:
    words = escape(str(piece.text))
    if not piece.spans:
        return words
    for kind in reversed(KINDS):
        if any(span.kind == kind for span in piece.spans):
            words = format_html('<mark class="hl-{}">{}</mark>', kind, words)
    names = " ".join(dict.fromkeys(span.name for span in piece.spans if span.name))
    return format_html(
        '<a class="hl" href="#{}" data-why="{}"{}{}>{}</a>',
        piece.spans[0].anchor,
        " ".join(span.anchor for span in piece.spans),
        format_html(' aria-describedby="{}"', names) if names else "",
        mark_safe(' tabindex="-1"') if piece.is_continued else "",
        words,
    )
