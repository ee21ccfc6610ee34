"""A file of rows: CSV or JSON lines as they stream, or the first sheet of a workbook. Headings first, then cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peilian.adapters.importers.opening import Examined, examine, open_table
from peilian.adapters.workbooks import WorkbookError, first_sheet
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.flows.tables.cells import is_empty, plain
from peilian.flows.tables.kinds import KINDS, bare

MOST_BYTES = 128 << 20
MOST_ROWS = 100_000
_TITLE_LINES = 10  # lines above the headings in which a workbook may name itself
_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods")
ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", *_WORKBOOKS)
_KNOWN = frozenset(name for kind in KINDS.values() for column in kind.columns for name in column.headings())

Line = Sequence[Any] | Fault


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened table. ``lines`` may be asked for again and again; empty lines are left out, and counted as rows."""

    name: str
    form: str
    encoding: str | None
    headings: tuple[str, ...]
    lines: Callable[[], Iterator[tuple[int, Line]]]

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
    except InputError as error:
        # The file lies under its hash or a passing name; people know it by its own.
        raise InputError(*(_renamed(fault, name) for fault in error.faults)) from None


def _renamed(fault: Fault, name: str) -> Fault:
    return Fault(fault.reason, file=name, row=fault.row, field=fault.field)


def _text_file(path: Path, name: str) -> Sheet:
    examined = examine(path)
    table = open_table(examined)
    headings = tuple(table.columns)

    def lines() -> Iterator[tuple[int, Line]]:
        for row, found in enumerate(_rows(examined), start=1):
            if isinstance(found, Fault):
                yield row, Fault(found.reason, file=name, row=row)
                continue
            cells = [found.get(heading) for heading in headings]
            if not all(is_empty(cell) for cell in cells):
                yield row, cells

    return _filled(Sheet(name, table.form, examined.encoding, headings, lines))


def _rows(examined: Examined) -> Iterator[Any]:
    return iter(open_table(examined).rows())


def _workbook(path: Path, name: str) -> Sheet:
    try:
        table = first_sheet(path)
    except WorkbookError as error:
        raise InputError(Fault(Reason("tables.unreadable", {"problem": str(error)}), file=name)) from None
    at = _heading_line(table)
    headings = _named_apart([plain(cell) for cell in table[at]] if table else [], name)

    def lines() -> Iterator[tuple[int, Line]]:
        for row, line in enumerate(table[at + 1 :], start=1):
            if not all(is_empty(cell) for cell in line):
                yield row, [None if cell == "" else cell for cell in line]

    return _filled(Sheet(name, "xlsx", None, headings, lines))


def _heading_line(table: Sequence[Sequence[Any]]) -> int:
    """Where the headings stand: the first of the top lines that knows most of them, so that a title may stand above."""
    known = [sum(bare(cell) in _KNOWN for cell in line) for line in table[:_TITLE_LINES]]
    best = max(known, default=0)
    if best:
        return known.index(best)
    return next((at for at, line in enumerate(table[:_TITLE_LINES]) if not all(map(is_empty, line))), 0)


def _named_apart(headings: Sequence[str], name: str) -> tuple[str, ...]:
    for heading in headings:
        if heading and list(headings).count(heading) > 1:
            raise InputError(Fault(Reason("import.double_column"), file=name, field=heading))
    return tuple(headings)


def _filled(sheet: Sheet) -> Sheet:
    if not any(sheet.headings) or next(sheet.lines(), None) is None:
        raise InputError(Fault(Reason("tables.no_rows"), file=sheet.name))
    return sheet
