"""What the importer makes of a file before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from peilian.apps.base.api import StoredFile
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import User
from peilian.engine._kernel import Fault, InputError, Language
from peilian.flows.wording import say_fault
from peilian.web.shell.formats import format_integer
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table

_LONGEST = 160
_PSEUDONYM = re.compile("p_[0-9a-f]{12,}")
# Names of the values that a file does not have: counted by the importer itself.
_OWN = frozenset({"place", "extra"})


@dataclass(frozen=True, slots=True)
class Look:
    """One file: its preview, or the faults for which there is none."""

    name: str
    preview: contacts.Preview | None
    faults: tuple[str, ...]
    rows: str = ""
    table: Table | None = None
    others: tuple[str, ...] = ()


def look_at(user: User, file: StoredFile) -> Look:
    """Look at the head of one uploaded file."""
    language = reading_language()
    try:
        preview = contacts.preview_import(user=user, files=[file])[0]
    except InputError as error:
        return Look(file.name, None, _said(error.faults, language))
    if not preview.rows and not preview.faults:
        return Look(file.name, None, (_("There is a heading and not a single row."),))
    return Look(
        file.name,
        preview,
        _said(preview.faults, language),
        format_integer(preview.n_rows_estimated),
        sample(preview, str(file.pk)),
        tuple(source for source, target in preview.columns.items() if target == "extra"),
    )


def sample(preview: contacts.Preview, key: str) -> Table:
    """The first rows as they would be stored; columns that are empty in all of them are left out."""
    names = [name for name in dict.fromkeys(name for row in preview.rows for name in row) if name not in _OWN]
    shown = [name for name in names if any(row.get(name) not in (None, "", "False") for row in preview.rows)]
    rows = tuple(Row(tuple(Cell(_cell(name, row.get(name))) for name in shown)) for row in preview.rows)
    columns = tuple(Column(name.removesuffix("_ms")) for name in shown)
    return Table(f"sample-{key}", _("First rows, as they will be stored"), columns, rows)


def _cell(name: str, value: str | None) -> str:
    if value is None:
        return ""
    if name == "at_ms" or name.endswith("_at_ms"):
        # Seconds and year stand here on purpose: a wrong zone or unit has to be seen.
        return f"{timezone.localtime(datetime.fromtimestamp(int(value) / 1000, UTC)):%Y-%m-%d %H:%M:%S}"
    if _PSEUDONYM.fullmatch(value):
        return f"{value[:8]}…"
    return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"


def _said(faults: Iterable[Fault], language: Language) -> tuple[str, ...]:
    return tuple(say_fault(fault, language) for fault in faults)
