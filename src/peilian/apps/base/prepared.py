"""Queries put together once (预备查询): the few that nearly every page asks, without building their SQL anew each time.

Django builds and compiles a query on every use, which takes five times as long as the database takes to answer a read
by key. What changes from use to use is passed as arguments; everything else of the query is settled with the first use.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Expression, F, Field, QuerySet
from django.db.models.lookups import In
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


class Argument(Expression):
    """Stands in a query for a value that comes with each use; ``field`` says how the database is told the value.

    A use with ``None`` is refused: in SQL nothing equals NULL. With ``is_many`` each use gives a collection, of which
    ``has`` asks; an empty one fits no row.
    """

    def __init__(self, name: str, field: Field[Any, Any], *, is_many: bool = False) -> None:
        super().__init__(output_field=field)
        self.name = name
        self.is_many = is_many

    def as_sql(self, _compiler: Any, _connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """A place for the value; the parameter is the argument itself until a use fills it."""
        return "%s", [self]

    def has(self, path: str) -> In:
        """The condition that a field is among the values, for ``filter``; ``path`` may follow relations."""
        return In(F(path), [self])

    def filled(self, values: dict[str, Any], connection: Any) -> list[Any]:
        """What a use gives for it, as the database takes it."""
        given = list(values[self.name]) if self.is_many else [values[self.name]]
        if None in given:
            raise ValueError(f"{self.name} of a prepared query is None")
        return [self.output_field.get_db_prep_value(one, connection) for one in given]


class Prepared(Generic[Row]):
    """A query that is put together once a process. ``make`` returns it, with ``Argument`` where values are to be filled
    in; a call with these values by name reads its rows anew."""

    def __init__(self, make: Callable[[], QuerySet[Any, Row]]) -> None:
        self._make = make
        self._ready: dict[str, tuple[QuerySet[Any, Row], _Compiled]] = {}

    def __call__(self, **values: Any) -> list[Row]:
        """The rows; those of ``select_for_update`` only within a transaction."""
        connection = connections[DEFAULT_DB_ALIAS]
        ready = self._ready.get(connection.vendor)
        if ready is None:
            rows = self._make()
            ready = self._ready[connection.vendor] = (rows, _Compiled(rows, connection))
        rows, compiled = ready
        if rows.query.select_for_update and not connection.in_atomic_block:
            raise transaction.TransactionManagementError("select_for_update needs a transaction")
        filled = rows.all()
        filled.query.get_compiler = lambda *_args, **_more: compiled.filled(values, connection)  # type: ignore[method-assign]
        return list(filled)

    def first(self, **values: Any) -> Row | None:
        """The only row or the first, if there is one."""
        return next(iter(self(**values)), None)


class _Compiled:
    """What Django's compiler made of a query."""

    def __init__(self, rows: QuerySet[Any, Any], connection: Any) -> None:
        self._compiler = rows.query.get_compiler(connection=connection)
        sql, self._params = self._compiler.as_sql()
        self._parts = sql.split("%s")
        # How columns become values: Django finds it out anew for every answer, though the columns are the same.
        selected = [one[0] for one in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(selected)

    def filled(self, values: dict[str, Any], connection: Any) -> SQLCompiler:
        """The compiler with the values of one use, for the connection of this thread."""
        sql, params = self._parts[0], []
        for one, part in zip(self._params, self._parts[1:], strict=True):
            given = one.filled(values, connection) if isinstance(one, Argument) else [one]
            params += given
            sql += (", ".join(["%s"] * len(given)) or "NULL") + part
        compiler: SQLCompiler = copy(self._compiler)
        compiler.connection = connection
        compiler.get_converters = lambda *_args: self._converters  # type: ignore[method-assign]
        compiler.as_sql = lambda *_args, **_more: (sql, tuple(params))  # type: ignore[method-assign]
        return compiler
