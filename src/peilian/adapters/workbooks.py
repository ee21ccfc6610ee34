"""Spreadsheets (XLSX): the cells of the first sheet, after a look at how much memory they would take.

The reader of spreadsheets lays a sheet out as a full rectangle. One stray cell in the last corner, which takes a few
bytes in the file, would make it ask for hundreds of gigabytes and end the whole process; a small archive can also
unpack to any size. So the file's parts are passed over first, in bounded memory.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

import python_calamine

MOST_BYTES = 256 << 20  # of all parts, unpacked
MOST_CELLS = 4_000_000  # of the rectangle that holds every cell of a sheet
_CHUNK = 1 << 16


class WorkbookError(ValueError):
    """A file that is no workbook, or one too large to be read."""


def first_sheet(path: Path, *, most_bytes: int = MOST_BYTES, most_cells: int = MOST_CELLS) -> list[Sequence[Any]]:
    """The rows of the first sheet. Raises ``WorkbookError``, and ``OSError`` when the file cannot be opened."""
    try:
        if zipfile.is_zipfile(path):
            _weigh(path, most_bytes, most_cells)
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        return list(sheet.to_python())
    except (python_calamine.CalamineError, zipfile.BadZipFile, NotImplementedError, ValueError, IndexError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise WorkbookError(first[:200]) from None


def _weigh(path: Path, most_bytes: int, most_cells: int) -> None:
    """Raises ``WorkbookError`` when a part or the rectangle of a sheet is too large."""
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > most_bytes:
            raise WorkbookError(f"more than {most_bytes >> 20} MB unpacked")
        for part in archive.infolist():
            with archive.open(part) as content:  # ends at the stated size, whatever was packed
                extent = _Extent()
                first = content.read(_CHUNK)
                if not first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
                    continue
                extent.feed(first)
                while extent.is_readable and (chunk := content.read(_CHUNK)):
                    extent.feed(chunk)
            if extent.rows * extent.columns > most_cells:
                raise WorkbookError(f"a cell in row {extent.rows}, column {extent.columns}; remove what lies far out")


class _Extent:
    """How far the cells of a part reach; a part that is no sheet has none."""

    def __init__(self) -> None:
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


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def _reference(text: str) -> tuple[int, int]:
    """Column and row of ``XFD1048576``; 0 for what is missing."""
    letters = text.rstrip("0123456789")
    column = 0
    for letter in letters[:8].upper():
        column = column * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else column
    return column, _number(text[len(letters) :], 0)
