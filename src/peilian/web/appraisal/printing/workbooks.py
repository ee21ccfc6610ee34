"""The papers as workbooks: as they are filed, with sums that can be followed and figures that can be counted on."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter.utility import xl_rowcol_to_cell

from peilian.engine._kernel import Language
from peilian.web.appraisal.printing import pages
from peilian.web.appraisal.printing.documents import (
    ZERO,
    Adjustment,
    PlanDocument,
    RankedPerson,
    RankingDocument,
    SheetDocument,
    SheetGroup,
)
from peilian.web.appraisal.printing.grid import (
    BASE,
    CELL,
    CENTRE,
    COMPANY,
    HEAD,
    LINE_HEIGHT,
    QUIET,
    STRONG,
    TITLE,
    TOP,
    Grid,
    Names,
    Style,
    Styles,
    guarded,
)
from peilian.web.appraisal.printing.numerals import change_text, moment_text, points_text
from peilian.web.shell.languages import DJANGO_CODES

# Columns of a score sheet.
GROUP, LABEL, WEIGHT, STANDARD, ACTUAL, SCORE = range(6)
_SHEET_WIDTHS: dict[Language, tuple[float, ...]] = {
    "zh": (9.0, 15.0, 7.5, 44.0, 42.0, 9.5),
    "en": (13.0, 17.0, 8.0, 44.0, 42.0, 9.5),
}
_PLAN_WIDTHS = (13.0, 42.0, 16.0, 14.0, 12.0, 20.0)
# Half of the last decimal that is shown: totals may come rounded, what they are summed from is exact.
_SAME_POINTS, _SAME_OF_HUNDRED = Decimal("0.0005"), Decimal("0.005")
_SIGNING_HEIGHT = 3.4 * LINE_HEIGHT
_HUNDREDTHS = {"num_format": "0.00"}


def sheet_xlsx(document: SheetDocument, *, blank: bool = False) -> bytes:
    """A score sheet on one page. Subtotals and total are formulas; with ``blank`` they wait for scores to be typed."""
    return _book(document.language, lambda styles: _sheet(styles, Names(), document, blank))


def team_xlsx(ranking: RankingDocument, sheets: Sequence[SheetDocument]) -> bytes:
    """The summary of a cycle, and behind it the sheet of everybody in ``sheets``, found by a click on the name."""

    def fill(styles: Styles) -> None:
        names = Names()
        summary = names.take(_("Summary"))
        wanted = [(one, names.take(one.person.name, f"{one.person.name} {one.person.number}")) for one in sheets]
        _ranking(styles, summary, ranking, {one.person.number: name for one, name in wanted})
        for one, name in wanted:
            _fill_sheet(Grid(styles, name, _SHEET_WIDTHS[styles.language]), one, False)

    return _book(ranking.language, fill)


def plan_xlsx(document: PlanDocument) -> bytes:
    """The record of a feedback talk with its improvement plan."""
    return _book(document.language, lambda styles: _plan(styles, document))


def _book(language: Language, fill: Callable[[Styles], None]) -> bytes:
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    with translation.override(DJANGO_CODES[language]):
        fill(Styles(book, language))
    book.close()
    return buffer.getvalue()


def _sheet(styles: Styles, names: Names, document: SheetDocument, blank: bool) -> None:
    name = names.take(document.person.name, document.person.number, document.title)
    _fill_sheet(Grid(styles, name, _SHEET_WIDTHS[styles.language]), document, blank)


def _fill_sheet(grid: Grid, document: SheetDocument, blank: bool) -> None:
    _head(grid, document.company, document.title)
    if document.published_at is None and not blank:
        preview = _("Preview: not published, not a basis for pay")
        grid.line((0, grid.last, preview, {**CENTRE, "bold": True, "border": 4}))
    _facts(grid, pages.person_facts(document.person, document.period), document.language)
    grid.line(*((column, column, label, HEAD) for column, label in enumerate(pages.sheet_columns())))
    subtotals = [_lines(grid, group, blank) for group in document.groups]
    _total(grid, document, subtotals, blank)
    _words(grid, document, blank)
    _signatures(grid, pages.sheet_signatures(), ((GROUP, WEIGHT), (STANDARD, STANDARD), (ACTUAL, SCORE)))
    if not blank:
        notes = "    ".join(part for part in (pages.appeal_text(document), pages.sheet_origin(document)) if part)
        grid.line((0, grid.last, notes, QUIET))
    grid.end(f"{document.company} {document.title} {document.period} {document.person.name}")


def _lines(grid: Grid, group: SheetGroup, blank: bool) -> int:
    """The lines of a group and its subtotal, whose row is returned."""
    first = grid.row
    adjustments = () if blank else group.adjustments
    grid.span(GROUP, GROUP, group.label, HEAD, rows=len(group.lines) + len(adjustments) + 1)
    for line in group.lines:
        actual = "" if blank else "\n".join(part for part in (line.measured, *line.reasons, line.note) if part)
        grid.put(LABEL, line.label)
        grid.put(WEIGHT, line.weight, CENTRE)
        grid.put(STANDARD, line.standard)
        grid.put(ACTUAL, actual)
        grid.put(SCORE, None if blank else line.points, CENTRE)
        texts = ((line.label, LABEL), (line.standard, STANDARD), (actual, ACTUAL))
        grid.next(max(LINE_HEIGHT + 4, *(grid.height(text, column, column) for text, column in texts)))
    if blank:
        _only_numbers(grid, first, grid.row - 1)
    _adjustments(grid, adjustments, LABEL)
    last = grid.row - 1
    added = [line.points or ZERO for line in group.lines] + [one.points for one in adjustments]
    grid.put(LABEL, _("Subtotal"), STRONG)
    grid.sum(WEIGHT, f"=SUM({_area(WEIGHT, first, last)})", group.weight)
    grid.span(STANDARD, ACTUAL, "", STRONG)
    area = _area(SCORE, first, last)
    if blank:
        grid.sum(SCORE, f'=IF(COUNT({area})=0,"",SUM({area}))', None)
    else:
        _result(grid, SCORE, f"=SUM({area})", sum(added, ZERO), group.points)
    grid.next(LINE_HEIGHT + 4)
    return grid.row - 1


def _total(grid: Grid, document: SheetDocument, subtotals: list[int], blank: bool) -> None:
    """Adjustments, total, the total out of 100, and the grade."""
    first = grid.row
    adjustments = () if blank else document.adjustments
    _adjustments(grid, adjustments, GROUP)
    cells = ",".join(_cell(SCORE, row) for row in (*subtotals, *range(first, grid.row)))
    added = [group.points or ZERO for group in document.groups] + [one.points for one in adjustments]
    total = grid.row
    most = points_text(document.most)
    grid.span(GROUP, LABEL, _("Total (of %(most)s)") % {"most": most}, STRONG)
    grid.put(WEIGHT, document.most, STRONG)
    grid.span(STANDARD, ACTUAL, _("Sum of the subtotals and of what was added or taken away"), CENTRE)
    if blank:
        grid.sum(SCORE, f'=IF(COUNT({cells})=0,"",SUM({cells}))', None)
    else:
        stored = _result(grid, SCORE, f"=SUM({cells})", sum(added, ZERO), document.raw)
    grid.next(LINE_HEIGHT + 6)
    grid.span(GROUP, WEIGHT, _("Out of 100"), STRONG)
    grid.span(STANDARD, ACTUAL, _("Total ÷ %(most)s × 100") % {"most": most}, CENTRE)
    at, of = _cell(SCORE, total), _cell(WEIGHT, total)
    out_of_hundred: Style = {**STRONG, **_HUNDREDTHS}
    if blank:
        grid.sum(SCORE, f'=IF({at}="","",{at}/{of}*100)', None, out_of_hundred)
    else:
        computed = None if stored is None or not document.most else stored / document.most * 100
        _result(grid, SCORE, f"={at}/{of}*100", computed, document.normalised, out_of_hundred)
    grid.next(LINE_HEIGHT + 6)
    grid.span(GROUP, WEIGHT, pgettext("appraisal", "Grade"), STRONG)
    grid.span(STANDARD, SCORE, "" if blank else document.grade, {**STRONG, "bg_color": "#FFFFFF"})
    grid.next(LINE_HEIGHT + 6)


def _adjustments(grid: Grid, adjustments: Sequence[Adjustment], from_column: int) -> None:
    for one in adjustments:
        grid.span(from_column, ACTUAL, one.label)
        grid.put(SCORE, one.points, {**CENTRE, "num_format": _signed_format(one.points)})
        grid.next(grid.height(one.label, from_column, ACTUAL))


def _words(grid: Grid, document: SheetDocument, blank: bool) -> None:
    """What is to be said beside the figures."""
    if document.warnings and not blank:
        grid.block(WEIGHT, _("Please note"), "\n".join(document.warnings), at_least=LINE_HEIGHT + 4)
    grid.block(WEIGHT, _("Self-appraisal"), "" if blank else document.self_remark)
    grid.block(WEIGHT, _("Supervisor's remark"), "" if blank else document.supervisor_remark)
    if document.corrections and not blank:
        grid.block(WEIGHT, _("Corrections"), "\n".join(document.corrections), at_least=LINE_HEIGHT + 4)


def _ranking(styles: Styles, name: str, document: RankingDocument, sheets: dict[str, str]) -> None:
    n_groups = len(document.groups)
    widths = (6.0, 12.0, 11.0, 16.0, 18.0, *[11.0] * n_groups, 13.0, 12.0, 11.0, 24.0)
    grid = Grid(styles, name, widths, is_wide=True)
    _head(grid, document.company, document.title)
    if document.published_at is None:
        grid.line(
            (0, grid.last, _("Preview: not published, not a basis for pay"), {**CENTRE, "bold": True, "border": 4})
        )
    summary = pages.ranking_summary(document)
    for part in (summary[:3], summary[3:]):
        grid.line((0, grid.last, "        ".join(_said(pair, document.language) for pair in part), BASE))
    top = grid.row
    grid.line(*((column, column, label, HEAD) for column, label in enumerate(pages.ranking_columns(document))))
    grid.sheet.freeze_panes(grid.row, 2)
    grid.sheet.repeat_rows(top)
    for one in document.people:
        _ranked(grid, one, n_groups, sheets.get(one.person.number))
    grid.sheet.autofilter(top, 0, max(top, grid.row - 1), grid.last)
    third = grid.last // 3
    signers = [_("Prepared by"), _("Head of department"), _("Human resources")]
    _signatures(grid, signers, ((0, third), (third + 1, 2 * third), (2 * third + 1, grid.last)))
    if document.published_at is not None:
        when = moment_text(document.published_at, document.language)
        grid.line((0, grid.last, _("Published %(when)s") % {"when": when}, QUIET))
    grid.end(f"{document.company} {document.title} {document.period} {document.unit}", pages_high=0)


def _ranked(grid: Grid, one: RankedPerson, n_groups: int, sheet: str | None) -> None:
    person, first = one.person, 5
    grid.put(0, None if one.rank is None else Decimal(one.rank), CENTRE)
    grid.put(1, person.name, CENTRE)
    if sheet is not None:
        made = grid.styles.of({**CENTRE, "font_color": "#0B5F66", "underline": 1})
        target = sheet.replace("'", "''")
        grid.sheet.write_url(grid.row, 1, f"internal:'{target}'!A1", made, guarded(person.name))
    for column, text in enumerate((person.number, person.team, person.post), start=2):
        grid.put(column, text, CENTRE)
    for column, points in enumerate(one.subtotals, start=first):
        grid.put(column, points, CENTRE)
    after = first + n_groups
    area = f"{_cell(first, grid.row)}:{_cell(after - 1, grid.row)}"
    summed = sum((points or ZERO for points in one.subtotals), ZERO) if one.subtotals else None
    _result(grid, after, f"=SUM({area})", summed, one.raw, CENTRE)
    grid.put(after + 1, one.normalised, {**CENTRE, **_HUNDREDTHS, "bold": True})
    grid.put(after + 2, one.grade, CENTRE)
    grid.put(after + 3, one.note)
    texts = ((person.name, 1), (person.team, 3), (person.post, 4), (one.note, after + 3))
    grid.next(max(LINE_HEIGHT + 4, *(grid.height(text, column, column) for text, column in texts)))


def _plan(styles: Styles, document: PlanDocument) -> None:
    grid = Grid(styles, Names().take(document.person.name, document.person.number, document.title), _PLAN_WIDTHS)
    _head(grid, document.company, document.title)
    for row in pages.plan_facts(document):
        areas = ((0, 1), (2, 3), (4, 5))
        grid.line(
            *(
                (first, last, _said(pair, document.language), CELL)
                for (first, last), pair in zip(areas, row, strict=True)
            ),
            at_least=LINE_HEIGHT + 6,
        )
    for label, text in pages.plan_talk(document):
        grid.block(1, label, text, at_least=4 * LINE_HEIGHT)
    grid.line(*((column, column, label, HEAD) for column, label in enumerate(pages.plan_columns())))
    for number in range(1, max(len(document.steps), pages.FEWEST_STEPS) + 1):
        step = document.steps[number - 1] if number <= len(document.steps) else None
        values: tuple[Any, ...] = (None,) * 4 if step is None else (step.goal, step.ability, step.due_on, step.state)
        grid.put(0, Decimal(number), CENTRE)
        for column, value in enumerate(values, start=1):
            grid.put(column, value, CELL if column == 1 else CENTRE)
        grid.put(5, None)
        grid.next(max(2 * LINE_HEIGHT, grid.height(values[0] or "", 1, 1), grid.height(values[1] or "", 2, 2)))
    grid.block(1, *pages.plan_answer(document), at_least=4 * LINE_HEIGHT)
    _signatures(grid, pages.plan_signatures(), ((0, 1), (2, 3), (4, 5)))
    grid.end(f"{document.company} {document.title} {document.period} {document.person.name}")


def _head(grid: Grid, company: str, title: str) -> None:
    grid.line((0, grid.last, company, COMPANY))
    grid.span(0, grid.last, title, TITLE)
    grid.next(30)


def _facts(grid: Grid, rows: list[list[pages.Pair]], language: Language) -> None:
    areas = ((GROUP, WEIGHT), (STANDARD, STANDARD), (ACTUAL, SCORE))
    for row in rows:
        spans = ((first, last, _said(pair, language), CELL) for (first, last), pair in zip(areas, row, strict=True))
        grid.line(*spans, at_least=LINE_HEIGHT + 6)


def _signatures(grid: Grid, signers: list[str], areas: Sequence[tuple[int, int]]) -> None:
    date = "年      月      日" if grid.styles.language == "zh" else f"{pgettext('signature', 'Date')}: ____________"
    for (first, last), signer in zip(areas, signers, strict=True):
        grid.span(first, last, f"{signer}\n\n{' ' * 16}{date}", TOP)
    grid.next(_SIGNING_HEIGHT)


def _result(
    grid: Grid, column: int, formula: str, computed: Decimal | None, value: Decimal | None, style: Style = STRONG
) -> Decimal | None:
    """The formula where it gives the value that counts; the bare value where a rule of the scorecard made another.

    Returns what the cell then holds.
    """
    same = _SAME_OF_HUNDRED if "num_format" in style else _SAME_POINTS
    if value is None or computed is None or abs(computed - value) > same:
        grid.put(column, value, style)
        return value
    grid.sum(column, formula, computed, style)
    return computed


def _only_numbers(grid: Grid, first: int, last: int) -> None:
    """Score cells take numbers; whoever types something else is asked, not stopped."""
    message = _("A number is expected here, for example 4.5.")
    rule = {"validate": "decimal", "criteria": "between", "minimum": -1000, "maximum": 1000}
    options = {**rule, "error_type": "warning", "error_message": message}
    grid.sheet.data_validation(first, SCORE, last, SCORE, options)


def _said(pair: pages.Pair, language: Language) -> str:
    label, value = pair
    return f"{label}：{value}" if language == "zh" else f"{label}: {value}"


def _signed_format(points: Decimal) -> str:
    text = change_text(points)
    places = len(text.partition(".")[2])
    shown = f"0.{'0' * places}" if places else "0"
    return f"+{shown};-{shown};0"


def _area(column: int, first: int, last: int) -> str:
    return f"{_cell(column, first)}:{_cell(column, last)}"


def _cell(column: int, row: int) -> str:
    name: str = xl_rowcol_to_cell(row, column)
    return name
