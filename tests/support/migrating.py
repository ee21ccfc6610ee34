"""Databases as they were before a change, and brought up to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

Ends = list[tuple[str, str]]


def migrated(ends: Ends) -> Any:
    """The models as they are after migrating to these ends."""
    MigrationExecutor(connection).migrate(ends)
    return MigrationExecutor(connection).loader.project_state(ends).apps


@contextmanager
def as_before(ends: Ends) -> Iterator[Any]:
    """The models as they were at these ends; the database is put right again afterwards."""
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrated(ends)
    MigrationExecutor(connection).migrate(newest)
