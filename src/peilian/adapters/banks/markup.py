"""HTML of strangers as our Markdown: what is known is kept, of everything else the words; scripts leave nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import unquote

_PLACE = "@@PLUGINFILE@@/"
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~", "code": "`"}
_BLOCKS = frozenset(
    {"p", "div", "ul", "ol", "pre", "blockquote", "table", "h1", "h2", "h3", "h4", "h5", "h6", "section"}
)
_SILENT = frozenset({"script", "style", "head", "iframe", "object", "svg", "template", "noscript"})
_SPECIAL = re.compile(r"([\\`*\[\]<~])")
_BEGINS = re.compile(r"(?m)^(\s*)([#>+\-]|\d+[.)])(?=\s)")
_SCHEMES = ("http://", "https://", "mailto:")
_KNOWN = frozenset(
    {"br", "li", "a", "img", "tr", "td", "th", "hr", "span", "font", "tbody", "thead", "sub", "sup", "u"}
)


def markdown_of(html: str) -> tuple[str, frozenset[str]]:
    """The Markdown of HTML, and what was left out: names of elements, and ``picture`` for those from elsewhere."""
    reader = _Reader(is_plain=False)
    return _read(reader, html)


def words_of(html: str) -> tuple[str, frozenset[str]]:
    """The words of HTML, for texts that are read as they stand."""
    return _read(_Reader(is_plain=True), html)


def escaped(text: str) -> str:
    """Plain words as Markdown that reads the same."""
    return _BEGINS.sub(_escape_beginning, _SPECIAL.sub(r"\\\1", text))


def _escape_beginning(found: re.Match[str]) -> str:
    blank, mark = found.groups()
    return f"{blank}{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"{blank}\\{mark}"


def _read(reader: _Reader, html: str) -> tuple[str, frozenset[str]]:
    reader.feed(html)
    reader.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(reader.parts))
    return re.sub(r"\n{3,}", "\n\n", text).strip(), frozenset(reader.lost)


class _Reader(HTMLParser):
    """Gathers the text piece by piece."""

    def __init__(self, *, is_plain: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lost: set[str] = set()
        self._is_plain = is_plain
        self._silent = 0
        self._lists: list[int] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
            self.lost.add(tag)
        elif tag in ("ul", "ol"):
            self._lists.append(1 if tag == "ol" else 0)
            self.parts.append("\n\n" if len(self._lists) == 1 else "\n")
        elif tag == "li":
            self._item()
        elif tag == "img":
            self._picture(given)
        elif tag == "a" and not self._is_plain:
            self._links.append(given.get("href", ""))
            self.parts.append("[" if self._leads(self._links[-1]) else "")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
            if tag[0] == "h" and tag[1:].isdigit() and not self._is_plain:
                self.parts.append("#" * max(2, int(tag[1:])) + " ")
        elif tag in ("br", "tr", "hr"):
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")
        else:
            self._mark(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self.parts.append("\n\n" if not self._lists else "\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag == "a" and self._links:
            href = self._links.pop()
            self.parts.append(f"]({href})" if self._leads(href) else "")
        elif tag in _MARKS:
            self._mark(tag)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        text = re.sub(r"\s+", " ", data)
        self.parts.append(text if self._is_plain else escaped(text))

    def _item(self) -> None:
        if not self._lists:
            self.parts.append("\n")
            return
        n = self._lists[-1]
        blank = "  " * (len(self._lists) - 1)
        self.parts.append(f"\n{blank}{f'{n}. ' if n else '- '}")
        self._lists[-1] = n + 1 if n else 0

    def _picture(self, given: dict[str, str]) -> None:
        source, alt = given.get("src", ""), re.sub(r"[\[\]\\\n]", " ", given.get("alt", ""))
        if source.startswith(_PLACE) and not self._is_plain:
            self.parts.append(f"![{alt}]({plain_file(unquote(source.removeprefix(_PLACE)))})")
            return
        self.lost.add("picture")
        self.parts.append(alt)

    def _mark(self, tag: str) -> None:
        if tag in _MARKS:
            self.parts.append("" if self._is_plain or self._silent else _MARKS[tag])
        elif tag not in _KNOWN:
            self.lost.add(tag[:30])

    def _leads(self, href: str) -> bool:
        return href.startswith(_SCHEMES) and not re.search(r"[\s()<>]", href)


def plain_file(name: str) -> str:
    """The name of a picture as it can stand in Markdown."""
    return re.sub(r"[^\w.\-]+", "-", name.rpartition("/")[2]) or "picture"


Written = Literal["html", "markdown", "plain_text", "moodle_auto_format"]
"""How a text of Moodle is written."""
