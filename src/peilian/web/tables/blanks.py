"""Empty tables to fill in: an XLSX with the headings, an example, and a sheet that says what each column holds."""

from __future__ import annotations

import io

import xlsxwriter
from django.utils.translation import gettext as _

from peilian.engine._kernel import Language
from peilian.flows.tables import Column, TableKind


def blank_table(kind: TableKind, language: Language) -> bytes:
    """The workbook; what is required is bold."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(kind.title.in_language(language)[:31])
    required, optional = book.add_format({"bold": True, "bottom": 1}), book.add_format({"bottom": 1})
    for place, column in enumerate(kind.columns):
        sheet.write_string(0, place, column.title.in_language(language), required if column.is_required else optional)
        sheet.write_string(1, place, column.example.in_language(language))
    sheet.freeze_panes(1, 0)
    sheet.autofit()
    about = book.add_worksheet(_("About the columns"))
    heads = (_("Column"), _("Required"), _("What it holds"), _("Also known as"))
    for place, head in enumerate(heads):
        about.write_string(0, place, head, required)
    for row, column in enumerate(kind.columns, start=1):
        for place, text in enumerate(_line(column, language)):
            about.write_string(row, place, text)
    about.freeze_panes(1, 0)
    about.autofit(600)
    book.close()
    return buffer.getvalue()


def _line(column: Column, language: Language) -> tuple[str, str, str, str]:
    holds = column.about.in_language(language)
    if column.choices:
        holds += ": " + ", ".join(text.in_language(language) for text in column.choices.values())
    required = _("yes") if column.is_required else ""
    return column.title.in_language(language), required, holds, ", ".join(column.names)
