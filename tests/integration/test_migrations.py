"""The database that the migrations make is the one the models describe; run on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db


def test_the_models_ask_for_no_further_migration(capsys):
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit:
        pytest.fail(f"run makemigrations:\n{capsys.readouterr().out}")


def test_every_migration_applies():
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []


def test_no_app_has_two_ends_of_migrations():
    assert MigrationExecutor(connection).loader.detect_conflicts() == {}
