"""Which file is a bank, and its items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from peilian.adapters.banks import gift, moodle, table
from peilian.adapters.banks.table import is_bank_table
from peilian.adapters.banks.texts import text_of
from peilian.adapters.banks.values import BankRead

READ_ENDINGS = (".gift", ".txt", ".xml")
MOST_ITEMS = 1000
__all__ = ["READ_ENDINGS", "is_bank_table", "read_bank", "read_bank_table"]


def read_bank(name: str, data: bytes) -> BankRead:
    """The questions of a GIFT or Moodle XML file, by its ending; what is wrong is told, never raised."""
    found = BankRead()
    text = text_of(data, found)
    if text is not None:
        (moodle.read if PurePath(name).suffix.lower() == ".xml" else gift.read)(text, found)
    return _bounded(found)


def read_bank_table(rows: Sequence[Sequence[Any]]) -> BankRead:
    """The questions of a table whose first row are its headings."""
    found = BankRead()
    table.read(rows, found)
    return _bounded(found)


def _bounded(found: BankRead) -> BankRead:
    if len(found.items) > MOST_ITEMS:
        found.fault("too_many_items", None, n=len(found.items), most=MOST_ITEMS)
    elif not found.items and not found.faults:
        found.fault("no_questions", None)
    return found
