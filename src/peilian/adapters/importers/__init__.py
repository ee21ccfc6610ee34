"""Importers (导入): how files of other systems become canonical rows. One module a format, readers for each file form.

A ``Format`` says which columns of a source feed which canonical columns. Everything else is common: readers stream the
file with bounded memory, the engine reads the rows, the flow stores them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from peilian.engine._kernel import Fault, InputError, Reason, Registry, Text
from peilian.engine.conversation.canonical import ABOUT_COLUMNS, MESSAGE_COLUMNS

Kind = Literal["messages", "conversations"]


@dataclass(frozen=True, slots=True)
class Format:
    """How one table of one source maps to a canonical table.

    ``columns`` maps canonical columns to the source's, ``constants`` gives canonical columns a fixed value. A table is
    of this format when it has every ``required`` source column, one of ``one_of`` if there are any, and none of
    ``foreign``. Unmapped source columns become ``extra``.
    """

    key: str
    title: Text
    kind: Kind
    columns: Mapping[str, str]
    required: frozenset[str]
    constants: Mapping[str, object] = field(default_factory=dict)
    one_of: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    def missing(self, columns: Collection[str]) -> list[str]:
        """Required source columns that ``columns`` lack, in order of name."""
        return sorted(self.required.difference(columns))

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a table with these columns can be of this format, missing ones aside."""
        return self.foreign.isdisjoint(columns) and (not self.one_of or not self.one_of.isdisjoint(columns))

    def likeness(self, columns: Collection[str]) -> int:
        """How many of the columns it knows are among ``columns``."""
        return len(set(self.columns.values()).intersection(columns))

    @property
    def time_columns(self) -> frozenset[str]:
        """Source columns that hold times."""
        return frozenset(source for column, source in self.columns.items() if column.endswith("at"))

    def renamed(self, columns: Collection[str]) -> dict[str, str]:
        """Canonical name of each source column; one that is not mapped keeps its name unless that is canonical."""
        names = {source: column for column, source in self.columns.items() if source in columns}
        canonical = MESSAGE_COLUMNS if self.kind == "messages" else ABOUT_COLUMNS
        return {name: names.get(name, f"source_{name}" if name in canonical else name) for name in columns}


formats: Registry[Format] = Registry("format")


def known_formats() -> Registry[Format]:
    """Every format, its module imported."""
    return formats.walk(sys.modules[__name__])


def choose(columns: Collection[str], name: str, file: str) -> Format:
    """The format of a table with these columns: the one called ``name``, or with ``auto`` the most alike.

    A family (``ticket_log``) holds several tables (``ticket_log``, ``ticket_log/tickets``); the columns choose among
    them. Raises ``InputError`` that names the missing columns.
    """
    family = [item for key, item in known_formats() if name in ("auto", key, key.split("/")[0])]
    if not family:
        known = ", ".join(sorted({key.split("/")[0] for key, _ in known_formats()}))
        raise InputError(Fault(Reason("import.unknown_format", {"format": name, "known": known}), file=file))
    fitting = [item for item in family if item.fits(columns)] or family
    complete = [item for item in fitting if not item.missing(columns)]
    best = max(complete or fitting, key=lambda item: (item.likeness(columns), item.kind == "messages"))
    if complete:
        return best
    params = {"format": best.key, "found": ", ".join(name[:40] for name in sorted(columns)[:30])}
    raise InputError(
        *(Fault(Reason("import.missing_column", params), file=file, field=column) for column in best.missing(columns))
    )
