"""The audit guard: a test fails when rows of the product are written outside an audited write."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

_APPS = "base|people|library|record|contacts|practice|appraisal"
_WRITE = re.compile(rf'^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?((?:{_APPS})_\w+)"?', re.IGNORECASE)


class UnguardedWriteError(AssertionError):
    """Rows were written without leaving an audit entry."""


@pytest.fixture(autouse=True)
def fresh_mark() -> None:
    """What an earlier test changed in the library and took back is not remembered."""
    from peilian.apps.library.api import forget_mark

    forget_mark()


@pytest.fixture(autouse=True)
def audit_guard(request: pytest.FixtureRequest) -> Iterator[None]:
    """Refuse every INSERT, UPDATE and DELETE on the product's tables outside ``base.api.write``."""
    names = set(request.fixturenames)
    if not names & {"db", "transactional_db", "live_server"} and not request.node.get_closest_marker("django_db"):
        yield
        return
    from django.db import connection

    from peilian.apps.base.api import is_writing

    def watch(execute, sql, params, many, context):
        found = _WRITE.match(sql)
        # Signing in notes the time of the last sign-in; that is no decision about anybody.
        is_sign_in = found is not None and found[1] == "people_user" and '"last_login"' in sql and "SET" in sql
        if found and not is_writing() and not is_sign_in:
            raise UnguardedWriteError(f"{found[1]} was written outside an audited write: {sql[:200]}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
