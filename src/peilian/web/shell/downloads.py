"""What is taken home: files named by what they hold, and tables as CSV that Excel opens or XLSX. Values as numbers, not
as pictures of numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal

import xlsxwriter
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from peilian.adapters.workbooks import safe_text
from peilian.engine._kernel import Language
from peilian.web.shell.tables import Cell, Table

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_LONGEST = 120


def file_name(*parts: str) -> str:
    """What a file is called by what it holds, without an ending: the parts that say something, fit for every disk."""
    fit = (_UNFIT.sub(" ", part).strip(" .") for part in parts)
    return "_".join(part for part in fit if part)[:_LONGEST]


def attachment(body: bytes | str, *, name: str, form: str) -> HttpResponse:
    """A download; ``name`` may be Chinese and has no ending, ``form`` is one of ``TYPES``."""
    return HttpResponse(body, content_type=TYPES[form], headers=_named(name, form))


def streamed(chunks: Iterable[bytes], *, name: str, form: str) -> StreamingHttpResponse:
    """A download that is sent while it is made."""
    return StreamingHttpResponse(chunks, content_type=TYPES[form], headers=_named(name, form))


def _named(name: str, form: str) -> dict[str, str]:
    header = content_disposition_header(as_attachment=True, filename=f"{name}.{form}")
    return {"Content-Disposition": header or "attachment"}


def table_response(table: Table, *, name: str, form: str, language: Language) -> HttpResponse:
    """The table as a download; ``form`` is ``csv`` or ``xlsx``. Figures keep full precision; missing is empty."""
    head = [column.label for column in table.columns]
    lines = [[_plain(cell) for cell in row.cells] for row in table.rows]
    if form == "xlsx":
        return attachment(_xlsx(head, lines), name=name, form="xlsx")
    return attachment(_csv(head, lines), name=name, form="csv")


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
