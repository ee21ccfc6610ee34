"""What every reader of a file form shares: the shape of a table, its limits, and how a file is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.conversation.canonical import MAX_TEXT

Form = Literal["csv", "jsonl", "parquet"]
Row = Mapping[str, object] | Fault


@dataclass(frozen=True, slots=True)
class Limits:
    """How large one piece of a file may be; what is larger is a fault and is not read into memory."""

    field: int = MAX_TEXT  # characters
    line: int = 4 * MAX_TEXT  # characters
    columns: int = 1000
    row_group: int = 1 << 30  # bytes of a Parquet row group, uncompressed


LIMITS = Limits()


class Table(Protocol):
    """An opened file."""

    form: Form
    encoding: str | None
    columns: tuple[str, ...]

    def rows(self, times: frozenset[str] = frozenset()) -> Iterator[Row]:
        """Its rows in order, a fault in place of a row that cannot be read; ``times`` are columns that hold times."""

    def place(self) -> int:
        """Where the row that was read last stands in the file, from 1: headings and blank lines count too."""

    def position(self) -> int:
        """About how many bytes of the file have been read."""

    def n_bytes(self) -> int:
        """Size of the content, uncompressed."""


def stop(path: Path | str, key: str, row: int | None = None, field: str | None = None, **params: Param) -> InputError:
    """The error that refuses a file."""
    return InputError(Fault(Reason(key, params), file=Path(path).name, row=row, field=field))
