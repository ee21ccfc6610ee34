"""Text files of rows: CSV with comma, semicolon or tab, and JSON lines. Lines are read up to a limit, never whole."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from peilian.adapters.importers.files import Form, Limits, Row, stop
from peilian.engine._kernel import Fault, InputError, Reason

_SAMPLED = 200  # JSON objects whose keys are the columns
_DELIMITERS = ",;\t"
TITLE_LINES = 10  # lines among which the headings are looked for where a title may stand above them
FindHeading = Callable[[Sequence[Sequence[str]]], int]
"""Which of the top records of a file holds the headings."""

# In place of a byte that cannot be read; no text that can be read holds it.
_UNREADABLE, _MARK = "\udc80", "peilian-mark"
codecs.register_error(_MARK, lambda error: (_UNREADABLE, error.end))  # type: ignore[attr-defined]


class _Lines:
    """The lines of a text file as an iterator, each at most ``limit`` characters."""

    def __init__(self, path: Path, encoding: str, limit: int, errors: str = "strict") -> None:
        self.path = path
        self._limit = limit
        self._raw: BinaryIO = path.open("rb")
        self._text = io.TextIOWrapper(self._raw, encoding=encoding, errors=errors, newline="")
        self._ended_at = 0
        self.row = 0  # the row being read, for faults
        self.place = 0  # of the record read last, where headings and blank lines count too

    def __iter__(self) -> Iterator[str]:
        limit, readline = self._limit, self._text.readline
        while line := readline(limit):
            if len(line) >= limit:
                raise stop(self.path, "import.line_too_long", row=self.row or None, limit=limit)
            yield line

    def position(self) -> int:
        return self._ended_at if self._raw.closed else self._raw.tell()

    def close(self) -> None:
        self._ended_at = self.position()
        self._text.close()


class _TextFile:
    """What CSV and JSON lines share: the path, and how far reading has come."""

    def __init__(self, path: Path, encoding: str, limits: Limits) -> None:
        self.path = path
        self.encoding: str | None = encoding
        self._limits = limits
        self._lines: _Lines | None = None

    def _open(self) -> _Lines:
        assert self.encoding is not None
        self._lines = _Lines(self.path, self.encoding, self._limits.line)
        return self._lines

    def place(self) -> int:
        """Where the row that was read last stands in the file, from 1."""
        return self._lines.place if self._lines else 0

    def position(self) -> int:
        """Bytes read so far."""
        return self._lines.position() if self._lines else 0

    def n_bytes(self) -> int:
        """Size of the file."""
        return self.path.stat().st_size


class Separated(_TextFile):
    """A CSV file; the separator is the one that its first line holds most often."""

    form: Form = "csv"

    def __init__(self, path: Path, encoding: str, limits: Limits, heading: FindHeading | None = None) -> None:
        super().__init__(path, encoding, limits)
        csv.field_size_limit(max(limits.field, csv.field_size_limit()))
        self._delimiter = _delimiter(path, encoding, limits.line, 1 if heading is None else TITLE_LINES)
        self._above = 0  # records above the headings
        self.columns = self._heading(heading)

    def _heading(self, find: FindHeading | None) -> tuple[str, ...]:
        lines = self._open()
        try:
            top = list(islice(self._records(lines), 1 if find is None else TITLE_LINES))
        finally:
            lines.close()
        if find is not None and top:
            self._above = find(top)
        names = tuple(name.strip().lstrip("\ufeff") for name in (top[self._above] if top else ()))
        if not any(names):
            raise stop(self.path, "import.empty_file")
        if len(names) > self._limits.columns:
            raise stop(self.path, "import.too_many_columns", limit=self._limits.columns)
        for name in names:
            if name and names.count(name) > 1:
                raise stop(self.path, "import.double_column", field=name)
        return names

    def _records(self, lines: _Lines) -> Iterator[list[str]]:
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        try:
            for record in reader:
                lines.place += 1
                if record:
                    yield record
                    lines.row += 1
        except csv.Error as error:
            row = lines.row or None
            if "field limit" in str(error):
                raise stop(self.path, "import.line_too_long", row=row, limit=self._limits.field) from None
            raise stop(self.path, "import.broken_quotes", row=row) from None

    def rows(self, times: frozenset[str] = frozenset()) -> Iterator[Row]:
        """The rows by column; a row with more or fewer fields than the heading is a fault."""
        del times
        lines = self._open()
        names, width = self.columns, len(self.columns)
        has_blank = "" in names
        try:
            records = self._records(lines)
            for record in islice(records, self._above + 1, None):
                if len(record) != width:
                    while len(record) > width and not record[-1]:
                        record.pop()
                    if len(record) != width:
                        yield self._misfit(record)
                        continue
                row = dict(zip(names, record, strict=True))
                if has_blank:
                    row.pop("", None)
                yield row
        finally:
            lines.close()

    def _misfit(self, record: list[str]) -> Fault:
        reason = Reason("import.wrong_width", {"found": len(record), "expected": len(self.columns)})
        return Fault(reason, conversation_id=self._conversation(record))

    def _conversation(self, record: list[str]) -> str | None:
        for name in ("conversation_id", "ticket_id"):
            if name in self.columns and self.columns.index(name) < len(record):
                return record[self.columns.index(name)].strip() or None
        return None


class JsonLines(_TextFile):
    """A file of one JSON object a line; its columns are the keys of the first objects."""

    form: Form = "jsonl"

    def __init__(self, path: Path, encoding: str, limits: Limits) -> None:
        super().__init__(path, encoding, limits)
        found: dict[str, None] = {}
        n_objects = n_lines = 0
        for row in islice(self.rows(), _SAMPLED):
            n_lines += 1
            if not isinstance(row, Fault):
                n_objects += 1
                found.update(dict.fromkeys(row))
        if n_lines == 0:
            raise stop(path, "import.empty_file")
        if n_objects == 0:
            raise stop(path, "import.not_json_lines", row=1)
        if len(found) > limits.columns:
            raise stop(path, "import.too_many_columns", limit=limits.columns)
        self.columns = tuple(found)

    def rows(self, times: frozenset[str] = frozenset()) -> Iterator[Row]:
        """The objects; a line that is none is a fault."""
        del times
        lines = self._open()
        try:
            lines.row = 1
            for line in lines:
                lines.place += 1
                text = line.strip().lstrip("\ufeff")
                if text:
                    yield _object(text)
                    lines.row += 1
        finally:
            lines.close()


def _object(text: str) -> Row:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        problem = error.msg if isinstance(error, json.JSONDecodeError) else "not a JSON value"
        return Fault(Reason("import.not_json", {"problem": problem}))
    if not isinstance(value, dict):
        return Fault(Reason("import.not_an_object"))
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def first_undecodable(path: Path, encoding: str, form: Form) -> int | None:
    """The data row (CSV) or line (JSON lines) with the first byte not of ``encoding``; ``None`` for a heading."""
    lines = _Lines(path, encoding, Limits().line, errors=_MARK)
    records: Iterable[Iterable[str]] = lines
    if form == "csv":
        records = csv.reader(lines, delimiter=_delimiter(path, encoding, Limits().line, 1), strict=False)
    try:
        for number, record in enumerate(records, start=0 if form == "csv" else 1):
            if any(_UNREADABLE in part for part in record):
                return number or None
    except (csv.Error, InputError):
        return None
    finally:
        lines.close()
    return None


def _delimiter(path: Path, encoding: str, limit: int, n_lines: int) -> str:
    """The separator that one of the first lines holds most often, quoted parts aside."""
    lines = _Lines(path, encoding, limit, errors=_MARK)
    try:
        outside = ["".join(line.split('"')[::2]) for line in islice(lines, n_lines)]
    finally:
        lines.close()
    return max(_DELIMITERS, key=lambda one: max((line.count(one) for line in outside), default=0))
