"""Parquet files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peilian.adapters.importers.files import Form, Limits, Row, stop

_BATCH = 4096


class ParquetTable:
    """A Parquet file. Times with a zone become milliseconds; a time column without one is refused as a whole."""

    form: Form = "parquet"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.encoding: str | None = None
        try:
            self._file = pq.ParquetFile(path, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise stop(path, "import.not_parquet", problem=str(error).splitlines()[0][:200]) from None
        self._schema: pa.Schema = self._file.schema_arrow
        metadata = self._file.metadata
        self.columns = tuple(self._schema.names)
        self.n_rows: int = metadata.num_rows
        self._read: int = 0
        self._place: int = 0
        groups = [metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups)]
        self._bytes: int = sum(groups)
        if self.n_rows == 0:
            raise stop(path, "import.empty_file")
        if len(self.columns) > limits.columns:
            raise stop(path, "import.too_many_columns", limit=limits.columns)
        if len(set(self.columns)) < len(self.columns):
            double = next(name for name in self.columns if self.columns.count(name) > 1)
            raise stop(path, "import.double_column", field=double)
        if max(groups) > limits.row_group:
            raise stop(path, "import.row_group_too_large", limit=limits.row_group)

    def rows(self, times: frozenset[str] = frozenset()) -> Iterator[Row]:
        """The rows by column."""
        for name in times.intersection(self.columns):
            kind = self._schema.field(name).type
            if pa.types.is_timestamp(kind) and kind.tz is None:
                raise stop(self.path, "import.column_needs_offset", field=name)
            if pa.types.is_nested(kind):
                raise stop(self.path, "import.wrong_column_type", field=name, type=str(kind))
        self._read = 0
        names = self.columns
        try:
            for batch in self._file.iter_batches(batch_size=_BATCH):
                columns = [self._plain(name, batch.column(n)) for n, name in enumerate(names)]
                for place, values in enumerate(zip(*columns, strict=True), start=self._read + 1):
                    self._place = place
                    yield dict(zip(names, values, strict=True))
                self._read += batch.num_rows
        except pa.ArrowException as error:
            raise stop(self.path, "import.not_parquet", problem=str(error).splitlines()[0][:200]) from None

    def _plain(self, name: str, column: pa.Array) -> list[object]:
        try:
            return _plain(column)
        except (ValueError, OverflowError) as error:  # not UTF-8, or a time that no calendar reaches
            raise stop(self.path, "import.unreadable_column", field=name, problem=str(error)[:200]) from None

    def place(self) -> int:
        """Which row was read last, from 1."""
        return self._place

    def position(self) -> int:
        """Bytes read so far, uncompressed."""
        return self._bytes * self._read // self.n_rows

    def n_bytes(self) -> int:
        """Size of the content, uncompressed."""
        return self._bytes


def _plain(column: pa.Array) -> list[object]:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # Floor, so that microseconds never push a time into the next millisecond.
        column = pc.floor_temporal(column, unit="millisecond").cast(pa.timestamp("ms", tz=kind.tz)).cast(pa.int64())
    elif pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = pc.floor_temporal(column, unit="microsecond").cast(pa.timestamp("us"))  # what Python can hold
    values: list[object] = column.to_pylist()
    return values
