"""A worksheet filled from top to bottom: borders, merged cells, heights that show every line, and safe texts."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from peilian.adapters.workbooks import safe_text
from peilian.engine._kernel import Language
from peilian.web.appraisal.printing.numerals import decimals

LINE_HEIGHT = 14.5  # points of a line of Chinese text at size 10
LATIN_LINE_HEIGHT = 13.2
HIGHEST_ROW = 400.0  # points; a spreadsheet allows 409
LONGEST_TEXT = 32_767  # characters of a cell
LONGEST_NAME = 31  # characters of a sheet's name
A4 = 9

_FONTS: dict[Language, str] = {"zh": "Microsoft YaHei", "en": "Calibri"}
_UNFIT_FOR_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
# A change in figures ("+12%（上月 8%）") begins with a sign and is no formula: a number, then words at most.
_SIGNED_NUMBER = re.compile(r"[+-]\d[\d.,]*%?(?:[\s（](?:(?!\w\()[^=|!])*)?")

BASE = {"font_size": 10, "valign": "vcenter", "text_wrap": True}
CELL = {**BASE, "border": 1}
CENTRE = {**CELL, "align": "center"}
HEAD = {**CENTRE, "bold": True, "bg_color": "#EFEFEF"}
STRONG = {**CENTRE, "bold": True, "bg_color": "#F7F7F7"}
TOP = {**CELL, "valign": "top"}
TITLE = {**BASE, "align": "center", "bold": True, "font_size": 16, "border": 0}
COMPANY = {**BASE, "align": "center", "font_size": 11, "border": 0}
QUIET = {**BASE, "font_size": 9, "font_color": "#444444", "border": 0}

Style = dict[str, Any]
Value = str | Decimal | date | None


class Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any, language: Language) -> None:
        self.book = book
        self.language = language
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, style: Style) -> Any:
        """The format of a style."""
        key = tuple(sorted(style.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format({"font_name": _FONTS[self.language], **style})
        return self._made[key]


class Grid:
    """One worksheet of fixed columns; ``row`` is the next free one, counted from 0."""

    def __init__(self, styles: Styles, name: str, widths: tuple[float, ...], *, is_wide: bool = False) -> None:
        self.styles = styles
        self.name = name
        self.widths = widths
        self.row = 0
        self.sheet = styles.book.add_worksheet(name)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.hide_gridlines(2)
        self.sheet.set_paper(A4)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.center_horizontally()
        if is_wide:
            self.sheet.set_landscape()

    @property
    def last(self) -> int:
        """The last column."""
        return len(self.widths) - 1

    def end(self, footer: str, *, pages_high: int = 1) -> None:
        """Set what is printed: everything, as wide as the paper; ``pages_high`` 0 lets it run over pages."""
        self.sheet.print_area(0, 0, max(0, self.row - 1), self.last)
        self.sheet.fit_to_pages(1, pages_high)
        self.sheet.set_footer(f"&L&8{footer.replace('&', '&&')[:200]}&R&8&P / &N")

    def put(self, column: int, value: Value, style: Style = CELL) -> None:
        """One cell of the present row: texts as texts, numbers as numbers, dates as dates; ``None`` is empty."""
        if isinstance(value, Decimal):
            self.sheet.write_number(self.row, column, float(value), self.styles.of(numeric(style, value)))
        elif isinstance(value, date):
            self.sheet.write_datetime(self.row, column, value, self.styles.of({**style, "num_format": "yyyy-mm-dd"}))
        elif value:
            self.sheet.write_string(self.row, column, guarded(value), self.styles.of(style))
        else:
            self.sheet.write_blank(self.row, column, None, self.styles.of(style))

    def sum(self, column: int, formula: str, value: Decimal | None, style: Style = STRONG) -> None:
        """A formula with its result, for viewers that do not calculate; ``None`` for one that is still empty."""
        cached = "" if value is None else float(value)
        made = self.styles.of(style if value is None else numeric(style, value))
        self.sheet.write_formula(self.row, column, formula, made, cached)

    def span(self, first: int, last: int, text: str, style: Style = CELL, *, rows: int = 1) -> None:
        """A text over several columns, and over ``rows`` rows from the present one."""
        if first == last and rows == 1:
            self.put(first, text, style)
            return
        made = self.styles.of(style)
        self.sheet.merge_range(self.row, first, self.row + rows - 1, last, "", made)
        if text:
            self.sheet.write_string(self.row, first, guarded(text), made)

    def next(self, height: float | None = None) -> None:
        """Go on to the next row; ``height`` is in points."""
        if height is not None:
            self.sheet.set_row(self.row, min(height, HIGHEST_ROW))
        self.row += 1

    def line(self, *spans: tuple[int, int, str, Style], at_least: float = LINE_HEIGHT + 4) -> None:
        """A row of texts, each over the columns named, as high as the longest of them needs."""
        for first, last, text, style in spans:
            self.span(first, last, text, style)
        self.next(max([at_least, *(self.height(text, first, last) for first, last, text, _style in spans)]))

    def block(self, split: int, label: str, text: str, *, at_least: float = 2 * LINE_HEIGHT) -> None:
        """A label over the columns before ``split`` and a text over the rest; a long text takes several rows."""
        height = max(at_least, self.height(text, split, self.last), self.height(label, 0, split - 1))
        rows = int(height // HIGHEST_ROW) + 1
        self.span(0, split - 1, label, HEAD, rows=rows)
        self.span(split, self.last, text, TOP, rows=rows)
        for _number in range(rows):
            self.next(height / rows)

    def height(self, text: str, first: int, last: int) -> float:
        """How high a text stands in these columns, in points."""
        line_height = LINE_HEIGHT if self.styles.language == "zh" else LATIN_LINE_HEIGHT
        return n_lines(text, sum(self.widths[first : last + 1])) * line_height + 4


def numeric(style: Style, value: Decimal) -> Style:
    """The style with as many decimals as the number needs; the cell itself keeps all of them."""
    places = decimals(value)
    return style if "num_format" in style else {**style, "num_format": f"0.{'0' * places}" if places else "0"}


def guarded(text: str) -> str:
    """A text that no spreadsheet runs, even when it is saved as CSV and opened again; cut to what a cell holds."""
    return (text if _SIGNED_NUMBER.fullmatch(text) else safe_text(text))[:LONGEST_TEXT]


def n_lines(text: str, width: float) -> int:
    """How many lines a text takes in a column of ``width`` digits; a Chinese sign is two wide, a letter a little less
    than one."""
    room = max(1.0, width * 0.94 - 0.5)  # words are not broken, so lines are not full
    return sum(max(1, -(-_width(part) // int(room))) for part in text.split("\n"))


def _width(text: str) -> int:
    n_wide = sum(unicodedata.east_asian_width(char) in "WFA" for char in text)
    return 2 * n_wide + math.ceil(0.9 * (len(text) - n_wide))


class Names:
    """Names of the sheets of one workbook: allowed, not too long, and each one's own."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        # Excel keeps this one for itself.
        self._taken = {"history", *(name.casefold() for name in taken)}

    def take(self, *wanted: str) -> str:
        """The first of the names wanted that is still free, made fit; a number behind the last when none is."""
        for name in wanted:
            fit = _fit(name, LONGEST_NAME)
            if fit and self._claim(fit):
                return fit
        number = 2
        while True:
            ending = f" ({number})"
            fit = f"{_fit(wanted[-1], LONGEST_NAME - len(ending))}{ending}".strip()
            if self._claim(fit):
                return fit
            number += 1

    def _claim(self, name: str) -> bool:
        key = name.casefold()
        if key in self._taken:
            return False
        self._taken.add(key)
        return True


def _fit(name: str, longest: int) -> str:
    # Counted as Excel does, in UTF-16: a rare sign is two.
    found = _UNFIT_FOR_NAMES.sub(" ", name)
    while len(found.encode("utf-16-le")) > 2 * longest:
        found = found[:-1]
    return found.strip(" '")
