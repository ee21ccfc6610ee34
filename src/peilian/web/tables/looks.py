"""What the pages show of a table: its questions, its columns, its first rows, its faults, its counts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from peilian.adapters.workbooks import safe_text
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, Language, Reason, Text
from peilian.flows.tables import KINDS, Column, Question, TableRow
from peilian.flows.wording import catalogue, say
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_money, format_ratio
from peilian.web.shell.tables import Cell, Row, Table
from peilian.web.shell.tables import Column as TableColumn

MOST_ROWS, MOST_FAULTS, _LONGEST = 6, 50, 80


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a select or a group of buttons."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the page asks it; without options a text is typed."""

    name: str
    words: str
    help: str
    options: tuple[Option, ...]
    value: str
    is_optional: bool
    is_open: bool
    is_short: bool


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """One column of the table with the headings it may have, and what stands under the chosen one."""

    column: Column
    name: str
    options: tuple[Option, ...]
    samples: tuple[str, ...]
    is_missing: bool


def kind_title(kind: str, language: Language) -> str:
    """What a kind of table is called."""
    return KINDS[kind].title.in_language(language) if kind in KINDS else ""


def columns_of(look: contacts.TableLook, language: Language) -> list[ColumnChoice]:
    """Every column of the kind."""
    samples = dict(zip(look.sheet.headings, look.sheet.samples(), strict=True))
    chosen, answers = look.mapped.columns, look.mapped.answers
    found = []
    for column in look.checked.kind.columns:
        heading = chosen.get(column.key, "")
        options = [Option("-", _("not in this file"), not heading)]
        options += [Option(one, one, one == heading) for one in look.sheet.headings if one]
        is_missing = column.is_required and not heading and f"fixed:{column.key}" not in answers
        shown = tuple(text if len(text) <= _LONGEST else text[:_LONGEST] + "…" for text in samples.get(heading, ()))
        found.append(ColumnChoice(column, f"c.{column.key}", tuple(options), shown, is_missing))
    return found


def questions_of(look: contacts.TableLook, language: Language, shops: Iterable[people.Unit]) -> list[AskedQuestion]:
    """Everything that the file leaves open, answered or not."""
    answers = look.mapped.answers
    found = []
    for question in look.checked.questions:
        value = answers.get(question.key, question.suggested)
        choices = dict(question.choices)
        if question.column.role == "shop":
            choices = {shop.code: Text(**shop.name) for shop in shops}
        if question.what == "value":
            choices["skip"] = Text(zh="这些行不导入", en="leave these rows out")
        options = [Option(key, text.in_language(language), key == value) for key, text in choices.items()]
        is_short = 0 < len(options) <= 3 and question.what != "value"
        if options and not is_short:
            options.insert(0, Option("", _("Choose"), not value))
        found.append(
            AskedQuestion(
                name=f"a.{question.key}",
                words=_words(question, language),
                help=_help(question, language),
                options=tuple(options),
                value=value,
                is_optional=question.is_optional,
                is_open=question in look.checked.open_questions,
                is_short=is_short,
            )
        )
    return found


def _words(question: Question, language: Language) -> str:
    params = {
        "column": question.column.title.in_language(language),
        "heading": question.heading,
        "value": question.samples[0] if question.samples else question.key.split(":", 2)[-1],
    }
    if question.what == "ratio":
        return _("How are the numbers in “%(heading)s” meant?") % params
    if question.what == "dates":
        return _("In which order are the dates in “%(heading)s” written?") % params
    if question.what == "unit":
        return _("In which unit are the amounts in “%(heading)s”?") % params
    if question.what == "nobody":
        return _("Some rows name somebody in “%(heading)s” who is not known. What about them?") % params
    if question.what == "value":
        return _("What does “%(value)s” in “%(heading)s” mean?") % params
    return _("%(column)s for all rows of this file") % params


def _help(question: Question, language: Language) -> str:
    if question.samples and question.what in ("ratio", "dates", "nobody"):
        return _("It says, for example: %(samples)s") % {"samples": ", ".join(question.samples)}
    if question.what == "fixed":
        return question.column.about.in_language(language)
    return ""


def rows_table(look: contacts.TableLook, language: Language) -> Table | None:
    """The first rows as they are understood."""
    rows = look.checked.rows[:MOST_ROWS]
    if not rows:
        return None
    shown = [
        column
        for column in look.checked.kind.columns
        if column.key != "customer" and any(row.values.get(column.key) is not None for row in rows)
    ]
    names = _names(rows)
    lines = tuple(
        Row(
            (
                Cell(str(row.row)),
                *(Cell(_said(column, row.values.get(column.key), names, language)) for column in shown),
            )
        )
        for row in rows
    )
    heads = (TableColumn(_("Row")), *(TableColumn(column.title.in_language(language)) for column in shown))
    return Table("table-rows", _("First rows, as they will be stored"), heads, lines, is_caption_hidden=True)


def _names(rows: Sequence[TableRow]) -> dict[UUID, str]:
    """People and shops by what they are called."""
    ids = {value for row in rows for value in row.values.values() if isinstance(value, UUID)}
    found = {one.pk: f"{one.name} ({one.number})" for one in people.Employee.objects.filter(pk__in=ids)}
    return found | {unit.pk: str(unit) for unit in people.Unit.objects.filter(pk__in=ids)}


def _said(column: Column, value: Any, names: Mapping[UUID, str], language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, UUID):
        return names.get(value, "")
    if isinstance(value, datetime):
        # The year stands here on purpose: a wrong one has to be seen.
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%Y-%m}" if column.type == "month" else value.isoformat()
    if column.type == "choice":
        return column.choices[value].in_language(language) if value in column.choices else str(value)
    if isinstance(value, Decimal):
        return _number(column, value)
    text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _number(column: Column, value: Decimal) -> str:
    if column.type == "ratio":
        return format_ratio(value)
    return format_money(value) if column.type == "money" else f"{value:,f}"


def fault_rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults in the form in which imports keep them."""
    return [
        {"key": f.reason.key, "params": dict(f.reason.params), "file": f.file, "row": f.row, "field": f.field}
        for f in faults
    ]


def fault_table(faults: Sequence[Mapping[str, Any]], language: Language) -> Table | None:
    """The first faults of rows, each with its place and what to do."""
    if not faults:
        return None
    heads = (TableColumn(_("Row")), TableColumn(_("Column")), TableColumn(_("What to put right")))
    lines = tuple(Row(tuple(Cell(text) for text in _fault_texts(fault, language))) for fault in faults[:MOST_FAULTS])
    return Table("table-faults", _("Rows that could not be used"), heads, lines, is_caption_hidden=True)


def fault_csv(faults: Iterable[Mapping[str, Any]], language: Language) -> bytes:
    """Every fault as a CSV file that Excel opens."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_("Row"), _("Column"), _("What to put right")])
    writer.writerows([safe_text(text) for text in _fault_texts(fault, language)] for fault in faults)
    return buffer.getvalue().encode("utf-8-sig")


def _fault_texts(fault: Mapping[str, Any], language: Language) -> list[str]:
    row, reason = fault.get("row"), Reason(fault["key"], fault["params"])
    # A reason that has lost its words (an import of an older release) is told by its key.
    said = say(reason, language) if reason.key in catalogue() else reason.key
    return ["" if row is None else str(row), fault.get("field") or "", said]


def counts_table(report: Mapping[str, Any]) -> Table:
    """What became of every row."""
    parts = (
        ("new", _("New")),
        ("changed", _("Changed")),
        ("same", _("As before")),
        ("left_out", _("Left out")),
        ("skipped", _("Lines of sums, skipped")),
    )
    heads = (TableColumn(_("Rows")), TableColumn(_("Count"), is_number=True))
    lines = tuple(Row((Cell(label), Cell(figure=Figure(report.get(key, 0), "count")))) for key, label in parts)
    return Table("table-counts", _("What became of every row"), heads, lines)
