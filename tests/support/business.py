"""Business tables for tests, through the product's own door."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from support.builders import a_unit


def a_shop(name: str = "旗舰店", *, parent: people.Unit | None = None) -> people.Unit:
    """A shop of that name."""
    return a_unit(None, parent=parent, kind="shop", zh=name)


def a_table(
    text: str,
    *,
    kind: str = "",
    name: str = "table.csv",
    answers: Mapping[str, str] | None = None,
    leaves_faulty: bool = False,
    actor: people.User | None = None,
) -> contacts.TableImport:
    """Import a table of this text; the first line has the headings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        return contacts.import_table_now(
            actor=actor, path=path, kind=kind, answers=answers, leaves_faulty=leaves_faulty
        )
