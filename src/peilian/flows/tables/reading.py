"""A file of rows: CSV or JSON lines as they stream, or the sheet in front of a workbook. Headings first, then cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peilian.adapters.importers.files import Row, Table
from peilian.adapters.importers.opening import examine, form_of, open_table
from peilian.adapters.importers.separated import TITLE_LINES
from peilian.adapters.workbooks import WorkbookError, shown_sheet
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation.canonical import clean
from peilian.flows.tables.cells import is_empty, plain
from peilian.flows.tables.kinds import KINDS, bare

MOST_BYTES = 128 << 20
MOST_ROWS = 100_000

_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods")
ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", *_WORKBOOKS)
_KNOWN = frozenset(name for kind in KINDS.values() for column in kind.columns for name in column.headings())

Line = Sequence[Any] | Fault


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened table. ``lines`` may be asked for again and again; empty lines are left out, and counted as rows.

    Rows count as a spreadsheet shows them: the headings of most files are row 1. ``page`` is the sheet of a workbook
    that was read, ``others`` are those that can be seen too and were not.
    """

    name: str
    form: str
    encoding: str | None
    headings: tuple[str, ...]
    lines: Callable[[], Iterator[tuple[int, Line]]]
    page: str = ""
    others: tuple[str, ...] = ()

    def samples(self, most: int = 3) -> list[list[str]]:
        """The first filled cells under each heading, as text."""
        found: list[list[str]] = [[] for _heading in self.headings]
        for number, (_row, line) in enumerate(self.lines()):
            if number >= 50 or all(len(cells) >= most for cells in found):
                break
            if not isinstance(line, Fault):
                for place, cell in enumerate(line):
                    text = plain(cell)
                    if not is_empty(cell) and len(found[place]) < most and text not in found[place]:
                        found[place].append(text)
        return found


def open_sheet(path: Path, *, name: str | None = None) -> Sheet:
    """Open a file; raises ``InputError`` when it cannot be read or holds no row.

    ``name`` is what faults call the file, when that is not the name it lies under.
    """
    name = name or path.name
    ending = Path(name).suffix.lower() or path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(Fault(Reason("tables.unknown_ending", {"known": "CSV, XLSX, JSONL"}), file=name))
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(Fault(Reason("tables.too_large", {"limit": MOST_BYTES >> 20}), file=name))
        return _workbook(path, name) if ending in _WORKBOOKS else _text_file(path, name)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise InputError(Fault(Reason("tables.unreadable", {"problem": problem}), file=name)) from None


def _renamed(fault: Fault, name: str, row: int | None) -> Fault:
    """The file lies under its hash or a passing name; people know it by its own."""
    return Fault(fault.reason, file=name, row=row, field=fault.field)


def _text_file(path: Path, name: str) -> Sheet:
    try:
        examined = examine(path)
        opened = open_table(examined, heading=_heading_line)
    except InputError as error:
        above = int(form_of(path) == "csv")  # the reader counts rows below the headings
        faults = (_renamed(fault, name, fault.row and fault.row + above) for fault in error.faults)
        raise InputError(*faults) from None
    columns = opened.columns
    headings = _named_apart([clean(column).strip() for column in columns], name)

    def lines() -> Iterator[tuple[int, Line]]:
        table = open_table(examined, heading=_heading_line)
        for found in _rows(table, name):
            row = table.place()
            if isinstance(found, Fault):
                yield row, Fault(found.reason, file=name, row=row)
                continue
            cells = [found.get(column) for column in columns]
            if not all(is_empty(cell) for cell in cells):
                yield row, cells

    return _filled(Sheet(name, opened.form, examined.encoding, headings, lines))


def _rows(table: Table, name: str) -> Iterator[Row]:
    """The rows of a table; a file that cannot be read on says so by its own name and the row where that is."""
    try:
        yield from table.rows()
    except InputError as error:
        raise InputError(*(_renamed(fault, name, table.place() + 1) for fault in error.faults)) from None


def _workbook(path: Path, name: str) -> Sheet:
    try:
        found = shown_sheet(path)
    except WorkbookError as error:
        raise InputError(Fault(Reason("tables.unreadable", {"problem": str(error)}), file=name)) from None
    table = found.rows
    if found.others:
        name = f"{name} [{clean(found.name)}]"
    at = _heading_line(table)
    headings = _named_apart([plain(cell) for cell in table[at]] if table else [], name)

    def lines() -> Iterator[tuple[int, Line]]:
        for row, line in enumerate(table[at + 1 :], start=found.top + at + 1):
            if not all(is_empty(cell) for cell in line):
                yield row, [None if cell == "" else cell for cell in line]

    return _filled(Sheet(name, "xlsx", None, headings, lines, found.name, found.others))


def _heading_line(table: Sequence[Sequence[Any]]) -> int:
    """Where the headings stand: the first of the top lines that knows most of them, so that a title may stand above."""
    known = [sum(bare(cell) in _KNOWN for cell in line) for line in table[:TITLE_LINES]]
    best = max(known, default=0)
    if best:
        return known.index(best)
    return next((at for at, line in enumerate(table[:TITLE_LINES]) if not all(map(is_empty, line))), 0)


def _named_apart(headings: Sequence[str], name: str) -> tuple[str, ...]:
    for heading in headings:
        if heading and list(headings).count(heading) > 1:
            raise InputError(Fault(Reason("import.double_column"), file=name, field=heading))
    return tuple(headings)


def _filled(sheet: Sheet) -> Sheet:
    if not any(sheet.headings) or next(sheet.lines(), None) is None:
        raise InputError(Fault(Reason("tables.no_rows"), file=sheet.name))
    return sheet
