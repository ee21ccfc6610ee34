"""Spreadsheets (XLSX): the cells of the sheet that somebody sees, after a look at how much memory they would take.

The reader of spreadsheets lays a sheet out as a full rectangle. One stray cell in the last corner, which takes a few
bytes in the file, would make it ask for hundreds of gigabytes and end the whole process; a small archive can also
unpack to any size. So the file's parts are passed over first, in bounded memory. The reader also knows no formats and
takes errors for empty cells; both are found in that pass.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import python_calamine

MOST_BYTES = 256 << 20  # of all parts, unpacked
MOST_CELLS = 4_000_000  # of the rectangle that holds every cell of a sheet
_CHUNK = 1 << 16
_BOOK, _LINKS, _STYLES = "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"
_PERCENT_FORMATS = (9, 10)  # 0% and 0.00% of those that every spreadsheet program knows
# What a format shows as it stands: quoted text, an escaped sign, a space as wide as a sign, a colour or condition.
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|\[[^\]]*\]')
_COLUMNS = 1 << 14  # of a sheet, at most
_PERCENT, _FORMULA, _ERROR = range(3)
# A spreadsheet runs a text that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class WorkbookError(ValueError):
    """A file that is no workbook, or one too large to be read."""


class ForeignFileError(WorkbookError):
    """A file that no spreadsheet program would open: of another kind, broken, or locked with a password."""


class Percentage(float):
    """A number that its cell shows as a percentage: 0.05 stands there as 5%."""


class BrokenCell(str):
    """A cell that shows an error such as #DIV/0!, or a formula whose value was never worked out."""

    __slots__ = ()

    def __new__(cls) -> BrokenCell:
        return super().__new__(cls, "#ERROR!")


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The sheet that a workbook opens with. ``top`` is the row of ``rows[0]`` as spreadsheets count, from 1; ``others``
    are the names of the other sheets that can be seen."""

    name: str
    top: int
    rows: list[Sequence[Any]]
    others: tuple[str, ...] = ()


def safe_text(text: str) -> str:
    """A text that a spreadsheet takes as a text."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def shown_sheet(path: Path, *, most_bytes: int = MOST_BYTES, most_cells: int = MOST_CELLS) -> Worksheet:
    """The sheet that was in front when the workbook was saved, else the first that is not hidden, from its first filled
    row on. Percentages and errors are told apart where the format is XLSX; other formats open with their first sheet.

    Raises ``WorkbookError``, and ``OSError`` when the file cannot be opened.
    """
    try:
        book = _Book()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _weigh(archive, book, most_bytes, most_cells)
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        seen = [
            place
            for place, sheet in enumerate(workbook.sheets_metadata)
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            and sheet.visible == python_calamine.SheetVisibleEnum.Visible
        ]
        if not seen:
            raise WorkbookError("no sheet that is not hidden")
        chosen = book.active if book.active in seen else seen[0]
        names = workbook.sheet_names
        rows = workbook.get_sheet_by_index(chosen).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, RuntimeError, ValueError, IndexError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        is_foreign = isinstance(error, python_calamine.CalamineError | zipfile.BadZipFile)
        raise (ForeignFileError if is_foreign else WorkbookError)(first[:200]) from None
    book.mark(chosen, rows)
    skipped = next((place for place, row in enumerate(rows) if any(cell != "" for cell in row)), len(rows))
    others = tuple(names[place] for place in seen if place != chosen)
    return Worksheet(names[chosen], skipped + 1, list(rows[skipped:]), others)


class _Book:
    """What the parts of an XLSX file say beside its values: its sheets, which one is in front, which cells show a
    percentage or an error."""

    def __init__(self) -> None:
        self.active = 0
        self.percent_styles: frozenset[str] = frozenset()
        self._links: list[str] = []
        self._marks: dict[str, array[int]] = {}

    def read(self, archive: zipfile.ZipFile) -> None:
        """Take in the small parts; what is missing or broken tells nothing."""
        targets: dict[str, str] = {}
        tabs: list[str] = []
        styles = _Styles()

        def link(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = posixpath.normpath(
                    posixpath.join("/xl", attributes.get("Target", ""))
                )

        def tab(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                tabs.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))
            elif name == "workbookView":
                self.active = _number(attributes.get("activeTab"), 0)

        for part, take in ((_LINKS, link), (_BOOK, tab), (_STYLES, styles.take)):
            _each_element(archive, part, take)
        self._links = [targets.get(one, "").lstrip("/") for one in tabs]
        self.percent_styles = styles.percents()

    def marks_for(self, part: str) -> array[int] | None:
        """Where the marks of a part go, when it is a sheet."""
        return self._marks.setdefault(part, array("q")) if part in self._links else None

    def mark(self, chosen: int, rows: list[list[Any]]) -> None:
        """Put percentages and errors into the rows of a sheet."""
        part = self._links[chosen] if chosen < len(self._links) else ""
        for packed in self._marks.get(part, ()):
            place, kind = divmod(packed, 4)
            row, column = divmod(place, _COLUMNS)
            if kind == _FORMULA and rows:  # the reader leaves out rows at the end that hold no value
                rows.extend([""] * len(rows[0]) for _missing in range(len(rows), row + 1))
            if row >= len(rows) or column >= len(rows[row]):
                continue
            cell = rows[row][column]
            if kind == _ERROR or (kind == _FORMULA and cell == ""):
                rows[row][column] = BrokenCell()
            elif kind == _PERCENT and isinstance(cell, int | float) and not isinstance(cell, bool):
                rows[row][column] = Percentage(cell)


@dataclass(slots=True)
class _Styles:
    """Which styles of cells show a percentage."""

    formats: dict[int, str] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)
    is_inside: bool = False

    def take(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.formats[_number(attributes.get("numFmtId"), -1)] = attributes.get("formatCode", "")
        elif name in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            self.is_inside = name == "cellXfs"
        elif name == "xf" and self.is_inside:
            self.used.append(_number(attributes.get("numFmtId"), 0))

    def percents(self) -> frozenset[str]:
        return frozenset(str(place) for place, used in enumerate(self.used) if self._is_percent(used))

    def _is_percent(self, used: int) -> bool:
        return used in _PERCENT_FORMATS or "%" in _LITERAL.sub("", self.formats.get(used, ""))


def _each_element(archive: zipfile.ZipFile, part: str, take: Callable[[str, dict[str, str]], None]) -> None:
    """Tell ``take`` the name, without prefix, and the attributes of every element of a part."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: take(name.rpartition(":")[2], attributes)
    try:
        with archive.open(part) as content:
            while chunk := content.read(_CHUNK):
                parser.Parse(chunk, False)
    except (KeyError, expat.ExpatError):
        return


def _weigh(archive: zipfile.ZipFile, book: _Book, most_bytes: int, most_cells: int) -> None:
    """Pass over every part, and note in ``book`` what cells show. Raises ``WorkbookError`` when a part or the rectangle
    of a sheet is too large."""
    if sum(part.file_size for part in archive.infolist()) > most_bytes:
        raise WorkbookError(f"more than {most_bytes >> 20} MB unpacked")
    book.read(archive)
    for part in archive.infolist():
        with archive.open(part) as content:  # ends at the stated size, whatever was packed
            extent = _Extent(book.marks_for(part.filename), book.percent_styles)
            first = content.read(_CHUNK)
            if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
                continue
            extent.feed(first)
            while extent.is_readable and (chunk := content.read(_CHUNK)):
                extent.feed(chunk)
        if extent.rows * extent.columns > most_cells:
            raise WorkbookError(f"a cell in row {extent.rows}, column {extent.columns}; remove what lies far out")


class _Extent:
    """How far the cells of a part reach; a part that is no sheet has none. ``marks`` takes its peculiar cells."""

    def __init__(self, marks: array[int] | None, percent_styles: frozenset[str]) -> None:
        self._marks, self._percent_styles = marks, percent_styles
        self._type = ""
        self.rows = self.columns = 0
        self.is_readable = True
        self._row = self._column = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk, False)
        except expat.ExpatError:
            self.is_readable = False  # what is read up to here counts; a broken sheet the reader refuses itself

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
            self.rows = max(self.rows, self._row)
        elif kind == "c":
            letters, digits = _reference(attributes.get("r", ""))
            self._column = letters or self._column + 1
            self.rows = max(self.rows, digits)
            self.columns = max(self.columns, self._column)
            if self._marks is not None:
                self._row = digits or self._row
                self._note_cell(attributes)
        elif kind == "f" and self._marks is not None and self._type in ("", "n"):
            self._mark(_FORMULA)

    def _note_cell(self, attributes: dict[str, str]) -> None:
        self._type = attributes.get("t", "")
        if self._type == "e":
            self._mark(_ERROR)
        elif self._type in ("", "n") and attributes.get("s") in self._percent_styles:
            self._mark(_PERCENT)

    def _mark(self, kind: int) -> None:
        assert self._marks is not None
        if self._row > 0 and 0 < self._column <= _COLUMNS:
            self._marks.append(((self._row - 1) * _COLUMNS + self._column - 1) * 4 + kind)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def _reference(text: str) -> tuple[int, int]:
    """Column and row of ``XFD1048576``; 0 for what is missing."""
    letters = text.rstrip("0123456789")
    column = 0
    for letter in letters[:8].upper():
        column = column * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else column
    return column, _number(text[len(letters) :], 0)
