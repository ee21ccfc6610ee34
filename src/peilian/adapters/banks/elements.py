"""XML of strangers as a tree: no document types, no entities of its own, within bounds of depth and number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

MOST_ELEMENTS = 400_000
_DEEPEST = 40


class XmlError(ValueError):
    """XML that is not read. ``problem`` is one of: broken, entities, too_deep, too_many; ``line`` is where."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"{problem} in line {line}")
        self.problem, self.line = problem, line


@dataclass(slots=True)
class Element:
    """An element with its text (that of its children not among it) and the line on which it begins."""

    tag: str
    attributes: dict[str, str]
    line: int
    parts: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    def each(self, tag: str) -> Iterator[Element]:
        """The children of that name."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """The first child of that name."""
        return next(self.each(tag), None)

    def said(self, *path: str) -> str:
        """The text at the end of a path; empty where there is none."""
        found: Element | None = self
        for tag in path:
            found = found.first(tag) if found is not None else None
        return "".join(found.parts).strip() if found is not None else ""


def tree_of_xml(text: str) -> tuple[Element, list[str]]:
    """The root of a document, and its comments. ``XmlError`` when it is not as it should be."""
    reader = _Reader()
    try:
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise XmlError("broken", error.lineno) from None
    assert reader.root is not None
    return reader.root, reader.comments


class _Reader:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.comments: list[str] = []
        self._open: list[Element] = []
        self._n = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self.comments.append
        # Entities that name each other grow without bound, and others read files: no exam needs either.
        self.parser.StartDoctypeDeclHandler = lambda *_told: self._refuse("entities")
        self.parser.EntityDeclHandler = lambda *_told: self._refuse("entities")
        self.parser.ExternalEntityRefHandler = lambda *_told: self._refuse("entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._n += 1
        if self._n > MOST_ELEMENTS:
            self._refuse("too_many")
        if len(self._open) >= _DEEPEST:
            self._refuse("too_deep")
        made = Element(tag, attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(made)
        else:
            self.root = made
        self._open.append(made)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)

    def _refuse(self, problem: str) -> NoReturn:
        raise XmlError(problem, self.parser.CurrentLineNumber)
