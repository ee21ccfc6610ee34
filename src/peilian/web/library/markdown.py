"""Markdown of the library as HTML that can do no harm.

Raw HTML is text. Links lead to ``http(s)``, ``mailto``, places of this product and other texts (``kind:key``); pictures
and films are attachments of the text itself, named as they are called. What is left out keeps its words. The result
passes an allow-list of elements, so that a fault in the first step does no harm either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from urllib.parse import quote, unquote

import nh3
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, emphasis
from markdown_it.token import Token

LONGEST = 100_000
"""Characters that are read as Markdown; a longer text is shown as it was typed."""

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
    """The text as HTML; ``files`` are the addresses of its attachments by name."""
    if len(text) > LONGEST:
        return mark_safe(f"<p>{escape(text)}</p>")  # noqa: S308
    reader = _reader()
    tokens = reader.parse(text)
    _tame(tokens, files or {})
    return mark_safe(_washed(reader.renderer.render(tokens, reader.options, {})))  # noqa: S308


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
