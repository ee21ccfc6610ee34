"""Tables as values: the one table component draws them, on a page and under a chart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from peilian.web.shell.figures import Figure

Tone = Literal["good", "warn", "bad", "neutral", "accent"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``sort`` is the page's ``sort`` parameter that orders by it; an optional one can be hidden."""

    label: str
    is_number: bool = False
    is_optional: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place: a text, or a figure, or a text as a badge of a tone; ``href`` makes the text a link."""

    text: str = ""
    href: str = ""
    figure: Figure | None = None
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line; its first cell names it. ``href`` is where a click anywhere on it leads."""

    cells: tuple[Cell, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; ``key`` names it among the tables of the product, for the choice of columns."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_caption_hidden: bool = False

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"table {self.key}: {len(row.cells)} cells in a row of {len(self.columns)} columns")

    def lines(self) -> Iterator[tuple[Row, list[tuple[Column, Cell]]]]:
        """Every row with its cells beside their columns."""
        for row in self.rows:
            yield row, list(zip(self.columns, row.cells, strict=True))

    @property
    def has_optional(self) -> bool:
        """Whether a reader may choose columns."""
        return any(column.is_optional for column in self.columns)
