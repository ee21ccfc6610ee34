"""Tables to take home: CSV that Excel opens, and XLSX. Values as numbers, not as pictures of numbers."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import xlsxwriter
from django.http import HttpResponse

from peilian.adapters.workbooks import safe_text
from peilian.engine._kernel import Language
from peilian.web.shell.tables import Cell, Table

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def table_response(table: Table, *, name: str, form: str, language: Language) -> HttpResponse:
    """The table as a download; ``form`` is ``csv`` or ``xlsx``. Figures keep full precision; missing is empty."""
    head = [column.label for column in table.columns]
    lines = [[_plain(cell) for cell in row.cells] for row in table.rows]
    body, kind = (_xlsx(head, lines), _XLSX) if form == "xlsx" else (_csv(head, lines), _CSV)
    return HttpResponse(
        body, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    )


def _plain(cell: Cell) -> str | float | None:
    if cell.figure is None:
        return safe_text(cell.text)
    value = cell.figure.value
    return float(value) if isinstance(value, Decimal) else value


def _csv(head: list[str], lines: list[list[str | float | None]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    writer.writerows(lines)
    return buffer.getvalue().encode("utf-8-sig")


def _xlsx(head: list[str], lines: list[list[str | float | None]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, head, book.add_format({"bold": True}))
    for number, line in enumerate(lines, start=1):
        sheet.write_row(number, 0, line)
    sheet.freeze_panes(1, 1)
    sheet.autofit()
    book.close()
    return buffer.getvalue()
