"""Lets a test that commits clear its database at its end, although the ledger refuses to be emptied."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import guard
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record


def let_tests_clear_the_ledger() -> None:
    """Lift the triggers of the ledger while Django empties the tables after such a test, and only then."""
    clear = TransactionTestCase._fixture_teardown

    def clear_unguarded(self: Any) -> None:
        tables = (*record.GUARDED, *library.GUARDED, *practice.GUARDED, *learning.GUARDED, *appraisal.GUARDED)
        with guard.lifted(connection, tables):
            clear(self)

    TransactionTestCase._fixture_teardown = clear_unguarded  # type: ignore[method-assign]
