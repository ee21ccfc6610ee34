"""The papers as PDF, set by WeasyPrint (the extra ``pdf``), which needs the system's Pango and a Chinese font.

Where either is missing everything else works: ask ``why_no_pdf`` and offer the page to print. Setting a page opens no
address: only what lies in the page itself is used.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from peilian.web.appraisal.printing.documents import PlanDocument, RankingDocument, SheetDocument
from peilian.web.appraisal.printing.pages import PLAIN, STYLESHEET, SheetLayout, plan_html, ranking_html, sheet_html
from peilian.web.shell.pdf import PdfUnavailableError as PdfUnavailableError
from peilian.web.shell.pdf import laid_out, require_pdf, written
from peilian.web.shell.pdf import why_no_pdf as why_no_pdf

# Sizes of type in points, largest first; smaller than the last nobody reads on paper.
SIZES = (8.6, 8.0, 7.5, 7.0, 6.5)
RUNNING_SIZE = 8.2  # of a sheet that runs over several pages anyway
# Sheets that are held at a time: each takes some 16 MB until it is written.
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Fit:
    """A layout, and the size of type in which a sheet fits on a page by it; or the smallest that may be tried."""

    layout: SheetLayout
    size: float


_WITH_REASONS = (_Fit(PLAIN, 7.5), _Fit(SheetLayout(is_dense=True), 6.5))
_WITH_ANNEX = (
    _Fit(SheetLayout("reasons"), 7.0),
    _Fit(SheetLayout("reasons", is_dense=True), 6.5),
    _Fit(SheetLayout("reasons and remarks", is_dense=True), 6.5),
)
_RUNNING = SheetLayout(is_merged=False)


def sheets_pdf(
    documents: Iterable[SheetDocument],
    *,
    blank: bool = False,
    annex: bool = False,
    after_each: Callable[[int], None] = lambda n_done: None,
) -> bytes:
    """Score sheets, each beginning on a page of its own; at least one. ``PdfUnavailableError`` where none can be made.

    A sheet is fitted on one page: first with smaller type, then set more densely, then with the reasons on an annex
    behind it (always with ``annex``), then with the remarks there too. Only what still cannot fit runs over several
    pages. ``blank`` leaves the scores empty, for rating by hand. About a second a sheet: many are for a job, which
    ``after_each`` tells how many are done.
    """
    require_pdf()
    waiting, n_done = iter(documents), 0
    parts: list[bytes] = []
    fit: _Fit | None = None
    while chunk := list(islice(waiting, AT_ONCE)):
        pages: list[Any] = []
        for document in chunk:
            # People of one team have the same lines: what fitted one mostly fits the next.
            laid_out, fit = _fitted(document, fit, blank=blank, annex=annex)
            pages += laid_out.pages
            n_done += 1
            after_each(n_done)
        parts.append(written(laid_out.copy(pages)))
    if not parts:
        raise ValueError("there is no sheet to print")
    return parts[0] if len(parts) == 1 else _joined(parts)


def ranking_pdf(document: RankingDocument) -> bytes:
    """The summary of a cycle. ``PdfUnavailableError`` where no PDF can be made."""
    require_pdf()
    return written(_laid_out(ranking_html(document)))


def plan_pdf(document: PlanDocument) -> bytes:
    """The record of a feedback talk with its plan. ``PdfUnavailableError`` where no PDF can be made."""
    require_pdf()
    return written(_laid_out(plan_html(document)))


def _fitted(document: SheetDocument, hint: _Fit | None, *, blank: bool, annex: bool) -> tuple[Any, _Fit | None]:
    """The sheet on one page in the largest type and by the plainest layout that make it so; ``hint`` is tried first."""
    if hint is not None:
        found = _laid_out(sheet_html(document, blank=blank, layout=hint.layout), hint.size)
        if _is_one_page(found):
            return found, hint
    ways = _WITH_REASONS if blank else _WITH_ANNEX if annex else (*_WITH_REASONS, *_WITH_ANNEX)
    for way in ways:
        html = sheet_html(document, blank=blank, layout=way.layout)
        fitting = _largest(html, [size for size in SIZES if size >= way.size])
        if fitting is not None:
            return fitting[0], _Fit(way.layout, fitting[1])
    return _laid_out(sheet_html(document, blank=blank, layout=_RUNNING), RUNNING_SIZE), None


def _largest(html: str, sizes: Sequence[float]) -> tuple[Any, float] | None:
    """The sheet in the largest type in which it is one page; ``None`` when the smallest is still too large."""
    best = _laid_out(html, sizes[-1])
    if not _is_one_page(best):
        return None
    low, fits = 0, len(sizes) - 1
    while low < fits:
        middle = (low + fits) // 2
        laid_out = _laid_out(html, sizes[middle])
        if _is_one_page(laid_out):
            best, fits = laid_out, middle
        else:
            low = middle + 1
    return best, sizes[fits]


def _is_one_page(laid_out: Any) -> bool:
    """Whether the sheet itself ends on the first page: what follows, if anything, begins with the annex."""
    return len(laid_out.pages) == 1 or "annex" in laid_out.pages[1].anchors


def _laid_out(html: str, size: float | None = None) -> Any:
    """A page laid out, in a size of type."""
    return laid_out(html, _looks(), "" if size is None else f"body {{ font-size: {size}pt !important }}")


@cache
def _looks() -> str:
    return STYLESHEET.read_text(encoding="utf-8")


def _joined(parts: Iterable[bytes]) -> bytes:
    from pypdf import PdfWriter

    buffer = io.BytesIO()
    with PdfWriter() as writer:
        for part in parts:
            writer.append(io.BytesIO(part))
        writer.write(buffer)
    return buffer.getvalue()
