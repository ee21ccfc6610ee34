"""Keeps ledgers append-only in the database itself: triggers refuse UPDATE and DELETE, whoever asks.

The code refuses both already (``models.Ledger``); the triggers stand behind it for everything that goes past the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_ACTS = ("UPDATE", "DELETE")
_N_TRIGGERS = (
    "SELECT count(*) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
    "WHERE proname = %s AND pg_function_is_visible(pg_proc.oid)"
)


def install(connection: Any, tables: Sequence[str]) -> None:
    """Set the triggers on the tables; those that are there already stay."""
    with connection.cursor() as cursor:
        for statement in _statements(connection.vendor, tables):
            cursor.execute(statement)


def remove(connection: Any, tables: Sequence[str]) -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for table in tables:
            for act in _ACTS:
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {_name(table, act)}{on}")
        if connection.vendor == "postgresql":
            for function in sorted(set(map(_function, tables))):
                cursor.execute(_N_TRIGGERS, [function])
                if not cursor.fetchone()[0]:  # triggers of the app's other tables stay, and need it
                    cursor.execute(f"DROP FUNCTION IF EXISTS {function}()")


@contextmanager
def lifted(connection: Any, tables: Sequence[str]) -> Iterator[None]:
    """Without the triggers for a moment, for what empties a whole database, such as the end of a test."""
    remove(connection, tables)
    try:
        yield
    finally:
        install(connection, tables)


def _statements(vendor: str, tables: Sequence[str]) -> Iterator[str]:
    if vendor == "postgresql":
        for function in sorted(set(map(_function, tables))):
            yield (
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            )
    for table in tables:
        for act in _ACTS:
            name = _name(table, act)
            if vendor == "postgresql":
                # CREATE OR REPLACE TRIGGER is younger than the oldest server that is supported.
                yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
                function = _function(table)
                yield f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
            else:
                yield (
                    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )


def _function(table: str) -> str:
    """The function of a table's triggers; each app has its own, so that one can be taken away without the others."""
    return f"{table.partition('_')[0]}_refuse_change"


def _name(table: str, act: str) -> str:
    return f"{table}_no_{act.lower()}"
