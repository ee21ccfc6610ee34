"""What migrations leave behind: every ledger is guarded by its triggers, and the indexes are those that are used."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from peilian.apps.base.api import Ledger

LEDGERS = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Ledger))
EVENTS = "learning_attemptevent"


def triggers() -> set[str]:
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(listed[connection.vendor])
        return {name for (name,) in cursor.fetchall()}


def indexes(table: str) -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table).values()
    return {tuple(one["columns"]) for one in found if one["index"] or one["unique"] or one["primary_key"]}


@pytest.mark.django_db
@pytest.mark.parametrize("table", LEDGERS)
def test_no_row_of_a_ledger_can_be_changed_or_deleted_past_the_code(table):
    assert {f"{table}_no_update", f"{table}_no_delete"} <= triggers()


@pytest.mark.django_db
def test_events_are_found_by_their_attempt_and_carry_no_index_that_nobody_uses():
    found = indexes(EVENTS)
    assert ("attempt_id", "seq") in found
    assert not found & {("attempt_id",), ("actor_id",)}


@pytest.mark.django_db(transaction=True)
def test_the_indexes_of_events_go_and_come_back_without_the_triggers_going():
    ends = MigrationExecutor(connection).loader.graph.leaf_nodes()
    before = indexes(EVENTS)
    try:
        MigrationExecutor(connection).migrate([("learning", "0015_drills_before_panels")])
        assert {("attempt_id",), ("actor_id",)} <= indexes(EVENTS)
        MigrationExecutor(connection).migrate([("learning", "0016_fewer_indexes_of_events")])
        assert f"{EVENTS}_no_update" in triggers()
    finally:
        MigrationExecutor(connection).migrate(ends)
    assert indexes(EVENTS) == before
    guarded = {f"{table}_no_{act}" for table in LEDGERS for act in ("update", "delete")}
    assert guarded <= triggers()
