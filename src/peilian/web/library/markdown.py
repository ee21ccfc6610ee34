"""Markdown of the library as HTML that can do no harm.

Raw HTML is text. Links lead to ``http(s)``, ``mailto``, places of this product and other texts (``kind:key``); pictures
and films are attachments of the text itself, named as they are called. What is left out keeps its words. The result
passes an allow-list of elements, so that a fault in the first step does no harm either.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from urllib.parse import quote, unquote

import nh3
from django.urls import NoReverseMatch, reverse
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.token import Token

LONGEST = 100_000
"""Characters that are read as Markdown; a longer text is shown as it was typed."""
MOST_MARKS, MOST_MARKS_TOGETHER = 12_000, 2_000
"""Brackets and runs of stars, in a text and in one piece of it without an empty line. Reading them takes time with the
square of how many stand together; a text of the greatest length has a mark in every eighth character."""
MOST_LINES, MOST_CELLS = 10_000, 10_000
"""Lines of a text, and cells of its tables, where a row counts as long as the longest one beside it."""
_KEPT = 8_000_000  # characters of HTML that a process keeps

_FILMS = (".mp4", ".m4v", ".webm", ".mov")
_OUTSIDE = ("http://", "https://", "mailto:")
_REFERENCE = re.compile(r"([a-z][a-z\-]*):([a-z0-9][a-z0-9_\-./]*)")
_PLAIN = (
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "table", "thead", "tbody", "tr", "th", "td", "div",
)  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "loading"},
    "video": {"src", "controls", "preload", "aria-label"},
    "ol": {"start"},
    "th": {"class"},
    "td": {"class"},
    "div": {"class", "tabindex"},
}


def to_html(text: str, files: Mapping[str, str] | None = None) -> SafeString:
    """The text as HTML; ``files`` are the addresses of its attachments by name.

    What was read lately is not read again. A text that is not ``is_readable`` stands in plain paragraphs.
    """
    name = hashlib.sha256(
        repr((text, sorted((files or {}).items()), get_language())).encode("utf-8", "replace")
    ).digest()
    html = _lately.get(name)
    if html is None:
        html = _read(text, files or {}) if is_readable(text) else linebreaks(text, autoescape=True)
        _lately.keep(name, html)
    return mark_safe(html)  # noqa: S308


def is_readable(text: str) -> bool:
    """Whether a text is read as Markdown: it is neither too long nor takes a server for seconds."""
    if len(text) > LONGEST or text.count("\n") > MOST_LINES:
        return False
    n_marks = n_cells = 0
    for piece in _EMPTY_LINE.split(text):
        n_together = sum(1 for _mark in _MARKS.finditer(piece))
        n_marks += n_together
        lines = piece.split("\n")
        n_pipes = max(line.count("|") for line in lines)
        n_cells += (n_pipes + 1) * len(lines) if n_pipes else 0
        if n_together > MOST_MARKS_TOGETHER or n_marks > MOST_MARKS or n_cells > MOST_CELLS:
            return False
    return True


_EMPTY_LINE = re.compile(r"\n[ \t]*\r?\n")
_MARKS = re.compile(r"\*+|_+|~+|\[")


class _Lately:
    """HTML by the hash of what it was made from; the longest unused is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most, self._n_characters = most, 0
        self._held: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: bytes) -> str | None:
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def keep(self, name: bytes, html: str) -> None:
        with self._lock:
            self._n_characters += len(html) - len(self._held.pop(name, ""))
            self._held[name] = html
            while self._n_characters > self._most:
                self._n_characters -= len(self._held.popitem(last=False)[1])


_lately = _Lately(_KEPT)


def _read(text: str, files: Mapping[str, str]) -> str:
    reader = _reader()
    tokens = reader.parse(text)
    _tame(tokens, files)
    return _washed(reader.renderer.render(tokens, reader.options, {}))


def _washed(html: str) -> str:
    return nh3.clean(
        html,
        tags={*_PLAIN, "a", "img", "video"},
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])
    reader.inline.ruler.at("emphasis", _stressed)
    reader.add_render_rule("table_open", lambda *_rest: '<div class="table-scroll" tabindex="0"><table>')
    reader.add_render_rule("table_close", lambda *_rest: "</table></div>")
    return reader


def _stressed(state: StateInline, silent: bool) -> bool:
    """Stars that stress words. Chinese has no spaces beside words, so a quotation mark or a bracket inside of the stars
    may touch a letter outside: ``**“好的”**之后`` is stressed too, which the rule for English does not see."""
    start, n_before = state.pos, len(state.delimiters)
    done = emphasis.tokenize(state, silent)
    if len(state.delimiters) > n_before and state.src[start] == "*":
        before = state.src[start - 1] if start else " "
        after = state.src[state.pos] if state.pos < state.posMax else " "
        for delimiter in state.delimiters[n_before:]:
            delimiter.open = delimiter.open or (_is_wide(before) and not after.isspace())
            delimiter.close = delimiter.close or (_is_wide(after) and not before.isspace())
    return done


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _tame(tokens: Sequence[Token], files: Mapping[str, str]) -> None:
    """Let headings stand below the title of the page, columns keep their side without a style, and links and pictures
    lead only where they may."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        if token.type in ("th_open", "td_open"):
            is_right = "right" in str(token.attrs.pop("style", ""))
            if is_right:
                token.attrs["class"] = "num"
        if token.type == "inline":
            token.children = _inline(token.children or [], files)


def _inline(tokens: Sequence[Token], files: Mapping[str, str]) -> list[Token]:
    kept: list[Token] = []
    is_open: list[bool] = []
    for token in tokens:
        if token.type == "image":
            kept.append(_shown(token, files))
        elif token.type == "link_open":
            address = address_of(str(token.attrs.get("href", "")), files)
            is_open.append(address is not None)
            if address is not None:
                token.attrs = {"href": address}
                kept.append(token)
        elif token.type == "link_close":
            if is_open.pop():
                kept.append(token)
        else:
            kept.append(token)
    return kept


def _shown(token: Token, files: Mapping[str, str]) -> Token:
    """A picture or a film of the text itself; anything else is its words alone."""
    name = unquote(str(token.attrs.get("src", "")))
    words = token.content or name
    if name not in files:
        return _text(words)
    address = files[name]
    if not name.lower().endswith(_FILMS):
        picture = Token("image", "img", 0)
        picture.attrs = {"src": address, "alt": "", "loading": "lazy"}
        picture.children = [_text(words)]
        picture.content = words
        return picture
    film = Token("html_inline", "", 0)
    said = escape(_("Film: %(name)s") % {"name": words})
    film.content = f'<video src="{escape(address)}" controls preload="none" aria-label="{said}"></video>'
    return film


def _text(words: str) -> Token:
    token = Token("text", "", 0)
    token.content = words
    return token


def address_of(href: str, files: Mapping[str, str]) -> str | None:
    """Where a link of a text leads; ``None`` when it may not lead there."""
    plain = unquote(href).strip()
    if plain in files:
        return files[plain]
    if any(ord(character) < 32 for character in plain) or "\\" in plain:
        return None
    if href.lower().startswith(_OUTSIDE):
        return href
    if found := _REFERENCE.fullmatch(plain):
        return text_address(found[1], found[2])
    if href.startswith("#"):
        return f"#{quote(href[1:], safe='%-')}"
    return href if href.startswith("/") and not plain.startswith("//") else None


def text_address(kind: str, key: str) -> str | None:
    """The page of a text of the library."""
    try:
        return reverse("library_text", args=[kind, key])
    except NoReverseMatch:
        return None
