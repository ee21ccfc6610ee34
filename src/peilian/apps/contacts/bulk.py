"""Writing very many rows of one model in a short time.

A table may bring a hundred thousand rows, and all of them become visible in one transaction. On SQLite nobody else
writes meanwhile, so statements are prepared before it begins and then run for all rows at once, several times as fast
as the mapper would make and run them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and its parameters for each row."""

    sql: str
    rows: list[tuple[Any, ...]]

    def run(self) -> None:
        """Run it for every row, inside the open transaction."""
        if self.rows:
            with connection.cursor() as cursor:
                cursor.executemany(self.sql, self.rows)


def inserting(model: type[models.Model], rows: Iterable[models.Model]) -> Statement:
    """The statement that stores new rows; a key that the database gives is left to it."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns, marks = ", ".join(_column(field) for field in fields), ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {_table(model)} ({columns}) VALUES ({marks})"  # noqa: S608  names of the model itself
    return Statement(sql, [_values(row, fields, is_new=True) for row in rows])


def updating(model: type[models.Model], rows: Iterable[models.Model], names: Sequence[str]) -> Statement:
    """The statement that stores the fields ``names`` of rows that exist."""
    fields = [model._meta.get_field(name) for name in names]
    key = model._meta.pk
    sets = ", ".join(f"{_column(field)} = %s" for field in fields)
    sql = f"UPDATE {_table(model)} SET {sets} WHERE {_column(key)} = %s"  # noqa: S608  names of the model itself
    return Statement(sql, [_values(row, [*fields, key], is_new=False) for row in rows])


def _values(row: models.Model, fields: Sequence[Any], *, is_new: bool) -> tuple[Any, ...]:
    return tuple(field.get_db_prep_save(field.pre_save(row, is_new), connection) for field in fields)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(field: Any) -> str:
    return connection.ops.quote_name(field.column)
