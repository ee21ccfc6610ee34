"""A DuckDB session over the files that a manifest lists: in process, small, and without a way to any other file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from peilian.adapters.lake.manifest import Manifest
from peilian.adapters.lake.schemas import TABLES
from peilian.adapters.lake.visibility import Visibility
from peilian.engine._kernel import Fault, InputError, Reason

MEMORY_LIMIT = "512MB"
THREADS = 2

# What DuckDB raises over a file that is missing, cut off or damaged; the bare class comes from the Parquet reader.
_OF_FILES = (duckdb.Error, duckdb.IOException, duckdb.InvalidInputException)
_TYPES = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.bool_(): "BOOLEAN",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
}


@contextmanager
def connect(lake: Path, manifest: Manifest, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with a view for every table; a table without files is empty.

    What a reader may see is not limited here: whoever queries adds ``visible_ids`` or its own gate.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(spill),
        },
    )
    try:
        connection.execute(f"SET allowed_directories = [{_literal(str(lake))}, {_literal(str(spill))}]")
        connection.execute("SET enable_external_access = false")
        for table in TABLES:
            connection.execute(_view(table, lake, manifest.paths(table)))
        connection.execute("SET lock_configuration = true")
        yield connection
    except duckdb.Error as error:
        if type(error) not in _OF_FILES:
            raise
        problem = str(error).strip().split("\n", 1)[0][:300]
        raise InputError(Fault(Reason("lake.unreadable", {"problem": problem}), file=str(lake))) from None
    finally:
        connection.close()


def _view(table: str, lake: Path, paths: list[str]) -> str:
    """The statement that makes a view; names come from the schema, paths from the manifest."""
    if not paths:
        columns = ", ".join(f'NULL::{_type(item.type)} AS "{item.name}"' for item in TABLES[table])
        return f"CREATE VIEW {table} AS SELECT {columns} WHERE false"
    files = ", ".join(_literal(str(lake / path)) for path in paths)
    return f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{files}])"  # noqa: S608


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _type(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return _TYPES[kind]


def gate(connection: duckdb.DuckDBPyConnection, visible: Visibility) -> str:
    """SQL condition on ``conversation_id``, true where ``visible`` allows; the spans become a table of the session."""
    if visible.is_everything:
        return "true"
    connection.execute("CREATE TEMP TABLE visible_spans (account VARCHAR, from_ms BIGINT, to_ms BIGINT)")
    if visible.spans:
        connection.executemany(
            "INSERT INTO visible_spans VALUES (?, ?, ?)",
            [(span.account, span.from_ms, span.to_ms) for span in visible.spans],
        )
    connection.execute(
        """
        CREATE TEMP TABLE visible_ids AS
        SELECT DISTINCT p.conversation_id FROM participations p JOIN visible_spans s ON p.agent = s.account
        WHERE p.first_at_ms IS NULL
           OR ((s.from_ms IS NULL OR p.last_at_ms >= s.from_ms) AND (s.to_ms IS NULL OR p.first_at_ms < s.to_ms))
        """
    )
    return "conversation_id IN (SELECT conversation_id FROM visible_ids)"
