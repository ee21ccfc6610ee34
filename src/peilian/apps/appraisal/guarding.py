"""Keeps what is published from being reopened in the database itself, whoever asks.

The ledgers (``models.GUARDED``) refuse every change already. These triggers stand beside them: a published cycle never
goes back to an earlier state, keeps its template version, its period and its time of publication, and gets no second
freeze.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CYCLE, _RESULT = "appraisal_cycle", "appraisal_appraisal"
_PUBLIC = "('published', 'closed')"
_REWRITES_CYCLE = (
    f"OLD.state IN {_PUBLIC} AND (NEW.state NOT IN {_PUBLIC} OR (OLD.state = 'closed' AND NEW.state <> 'closed')"
    " OR NEW.template_version_id <> OLD.template_version_id OR NEW.unit_id <> OLD.unit_id"
    " OR NEW.starts_on <> OLD.starts_on OR NEW.ends_on <> OLD.ends_on"
    " OR NEW.published_at IS NULL OR NEW.published_at <> OLD.published_at)"
)
_FREEZES_AGAIN = (
    "NEW.cause = 'freeze' AND EXISTS (SELECT 1 FROM appraisal_appraisee a JOIN appraisal_cycle c ON c.id = a.cycle_id"
    " WHERE a.id = NEW.appraisee_id AND c.state IN ('published', 'closed'))"
)


def install(connection: Any) -> None:
    """Set the triggers; those that are there already are set anew."""
    _run(connection, (*_removals(connection.vendor), *_statements(connection.vendor)))


def remove(connection: Any) -> None:
    """Take the triggers away."""
    _run(connection, _removals(connection.vendor))


def _run(connection: Any, statements: tuple[str, ...] | Iterator[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _statements(vendor: str) -> Iterator[str]:
    rewriting = (_CYCLE, "UPDATE", _REWRITES_CYCLE, "a published cycle stays as it is")
    freezing = (_RESULT, "INSERT", _FREEZES_AGAIN, "a published cycle is not frozen again")
    for table, act, condition, says in (rewriting, freezing):
        name = f"{table}_stays_published"
        if vendor == "postgresql":
            yield (
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF {condition} THEN RAISE EXCEPTION '{says}'; END IF; RETURN NEW; END $$"
            )
            yield f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        else:
            does = f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            yield f"CREATE TRIGGER {name} BEFORE {act} ON {table} WHEN {condition} {does}"


def _removals(vendor: str) -> Iterator[str]:
    for table in (_CYCLE, _RESULT):
        name = f"{table}_stays_published"
        yield f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if vendor == "postgresql" else "")
        if vendor == "postgresql":
            yield f"DROP FUNCTION IF EXISTS {name}()"
