"""What became of every row of an import."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from peilian.adapters.workbooks import safe_text
from peilian.engine._kernel import Language, Reason
from peilian.flows.wording import catalogue, say
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_integer
from peilian.web.shell.tables import Cell, Column, Row, Table

MOST_SHOWN = 50
_AT_ONCE = 500

Kept = Mapping[str, Any]


def counts(report: Kept) -> dict[str, Any]:
    """Counts as a table, and those that sentences need."""
    kinds = (("conversations", _("Conversations")), ("messages", _("Messages")))
    parts = (
        ("read", _("In the files")),
        ("stored", _("Stored")),
        ("duplicate", _("Already known")),
        ("rejected", _("Left out")),
    )
    rows = tuple(
        Row((Cell(label), *(Cell(figure=Figure(report[kind][part], "count")) for part, _label in parts)))
        for kind, label in kinds
    )
    columns = (Column(_("Counted")), *(Column(label, is_number=True) for _part, label in parts))
    late = report["clock_fault_conversations"]
    return {
        "counts": Table("import-counts", _("What became of every row"), columns, rows),
        "n_conversations": format_integer(report["conversations"]["stored"]),
        "n_messages": format_integer(report["messages"]["stored"]),
        "n_known": format_integer(report["conversations"]["duplicate"]),
        "n_left_out": format_integer(report["conversations"]["rejected"]),
        "n_clock_faults": format_integer(late) if late else "",
        "is_nothing_new": not report["conversations"]["stored"],
        "has_left_out": bool(report["messages"]["rejected"] or report["conversations"]["rejected"]),
    }


def fault_table(faults: Sequence[Kept], language: Language) -> Table | None:
    """The first faults, each with its place."""
    if not faults:
        return None
    columns = (
        Column(_("File")),
        Column(_("Row"), is_number=True),
        Column(_("Field")),
        Column(_("Conversation")),
        Column(_("What to put right")),
    )
    rows = tuple(Row(tuple(Cell(text) for text in _texts(fault, language))) for fault in faults[:MOST_SHOWN])
    return Table("import-faults", _("Rows that could not be used"), columns, rows, is_caption_hidden=True)


def rejects_chunks(faults: Iterable[Kept], language: Language) -> Iterator[bytes]:
    """Every fault as a line of a CSV file that Excel opens, some hundred at a time."""
    head = [_("File"), _("Row"), _("Field"), _("Conversation"), _("What to put right")]
    # What is made here is made after the request, when no language is active any more; so the head comes first.
    return _csv_chunks(head, faults, language)


def _csv_chunks(head: list[str], faults: Iterable[Kept], language: Language) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _csv([head])
    rest = iter(faults)
    while some := list(islice(rest, _AT_ONCE)):
        yield _csv([[safe_text(text) for text in _texts(fault, language)] for fault in some])


def _texts(fault: Kept, language: Language) -> list[str]:
    row = fault.get("row")
    reason = Reason(fault["key"], fault["params"])
    # A reason that has lost its words (an import of an older release) is told by its key.
    said = say(reason, language) if reason.key in catalogue() else reason.key
    return [
        fault.get("file") or "",
        "" if row is None else str(row),
        fault.get("field") or "",
        fault.get("conversation_id") or "",
        said,
    ]


def _csv(lines: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lines)
    return buffer.getvalue().encode()
