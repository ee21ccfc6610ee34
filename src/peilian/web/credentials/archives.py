"""The training archive of a person: a time line with filters, as a workbook, and on paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from peilian.apps.learning import api as learning
from peilian.engine._kernel import Language
from peilian.flows.wording import say
from peilian.web.credentials import papers
from peilian.web.credentials.hours import hours_line
from peilian.web.credentials.wordings import HOW, KINDS, STATES
from peilian.web.exams.wordings import GRADES
from peilian.web.learning.places import address_of
from peilian.web.people.forms import name_in
from peilian.web.record.wordings import competency_name
from peilian.web.shell.access import user_of
from peilian.web.shell.downloads import attachment, file_name, table_response
from peilian.web.shell.figures import Figure
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.pdf import why_no_pdf
from peilian.web.shell.tables import Cell, Column, Row, Table

_PAGES = {
    "exam": "exam_review", "drill": "drill_debrief", "panel": "exam_panel_result",
    "round": "week_of_rounds", "certificate": "certificate",
    "external": "external",
}  # fmt: skip
_GRADED = (learning.ArchiveKind.EXAM, learning.ArchiveKind.PANEL)
_MOST_ON_PAPER = 2000


class ArchiveFilter(forms.Form):
    """Which year and which kind."""

    year = forms.ChoiceField(label=gettext_lazy("Year"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), required=False, choices=[("", gettext_lazy("everything")), *KINDS.items()]
    )  # fmt: skip

    def __init__(self, *arguments: Any, years: tuple[int, ...], **options: Any) -> None:
        super().__init__(*arguments, **options)
        listed = [("", _("all years")), *((str(year), str(year)) for year in years)]
        self.fields["year"].choices = listed  # type: ignore[attr-defined]


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """The reader's own."""
    employee = user_of(request).employee
    if employee is None:
        return render(request, "credentials/archive.html", {"is_nobody": True, "is_own": True})
    return _archive(request, employee.pk)


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """That of somebody whose record the reader may see."""
    return _archive(request, pk)


def _archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = user_of(request)
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else None
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    archive = learning.archive_of(user=user, employee=pk, year=year, kind=kind)
    form = request.GET.get("form", "")
    if form in ("xlsx", "csv"):
        return table_response(_table(archive), name=_file_name(archive), form=form, language=reading_language())
    if form in ("pdf", "print"):
        return _paper(request, archive, form)
    page = page_of(archive.entries, request)
    context: dict[str, Any] = {
        "archive": archive,
        "employee": archive.employee,
        "is_own": archive.is_own,
        "form": ArchiveFilter(request.GET, years=archive.years),
        "page": page,
        "entries": [_line(entry) for entry in page],
        "counts": [(KINDS[key], archive.n_by_kind[key]) for key in KINDS if archive.n_by_kind[key]],
        "hours": hours_line(learning.hours_of(user=user, employee=archive.employee)),
        "is_filtered": bool(year or kind),
        "years": archive.years,
        "trail": [
            {"label": _("Team"), "href": reverse("team")},
            {"label": archive.employee.name, "href": reverse("person", args=[archive.employee.pk])},
            {"label": _("Training archive"), "href": ""},
        ],
    }
    return render(request, "credentials/archive.html", context)


def _line(entry: learning.ArchiveEntry) -> dict[str, Any]:
    return {
        "entry": entry,
        "title": _title(entry),
        "kind": KINDS[entry.kind],
        "how": HOW.get(entry.how, entry.how),
        "grade": GRADES.get(entry.grade, "") if entry.kind in _GRADED and not entry.state else "",
        "tone": "neutral" if entry.is_passed is None else "good" if entry.is_passed else "bad",
        "points": Figure(entry.percent, "score"),
        "state": STATES.get(entry.state, entry.state),
        "href": _href(entry),
        "competency": competency_name(entry.what) if entry.kind == learning.ArchiveKind.REVIEW else "",
    }


def _title(entry: learning.ArchiveEntry) -> str:
    if entry.label is not None:
        return say(entry.label, reading_language())
    return name_in(entry.title) or entry.what.partition(":")[2] or entry.what


def _href(entry: learning.ArchiveEntry) -> str:
    """The page of what shows it; of a text the text."""
    if entry.source and entry.kind in _PAGES:
        return reverse(_PAGES[entry.kind], args=[entry.source])
    if entry.kind in (learning.ArchiveKind.LEARNT, learning.ArchiveKind.SHARED):
        return address_of(entry.what)
    return ""


def _table(archive: learning.Archive) -> Table:
    """Every line with its values as columns."""
    columns = tuple(
        Column(label)
        for label in (
            _("Day"), _("Kind"), _("Title"), _("Kind of training"), _("Points"), _("Grade"), _("Passed"), _("Minutes"),
            _("State"), _("Remark"),
        )
    )  # fmt: skip
    rows = []
    for entry in archive.entries:
        line = _line(entry)
        passed = "" if entry.is_passed is None else _("yes") if entry.is_passed else _("no")
        cells = (
            Cell(entry.at.strftime("%Y-%m-%d %H:%M")), Cell(str(line["kind"])), Cell(line["title"]),
            Cell(str(line["how"])), Cell(figure=Figure(entry.percent, "score")), Cell(str(line["grade"])),
            Cell(passed), Cell(figure=Figure(entry.minutes, "count")), Cell(str(line["state"])), Cell(entry.note),
        )  # fmt: skip
        rows.append(Row(cells))
    return Table("archive", archive.employee.name, columns, tuple(rows))


def _paper(request: HttpRequest, archive: learning.Archive, form: str) -> HttpResponse:
    language: Language = reading_language()
    entries = archive.entries[:_MOST_ON_PAPER]
    context = {
        "employee": archive.employee,
        "lines": [{**_line(one), "day": papers.day_on_paper(one.at.date(), language)} for one in entries],
        "n_left": max(0, len(archive.entries) - _MOST_ON_PAPER),
        "counts": [(KINDS[key], archive.n_by_kind[key]) for key in KINDS if archive.n_by_kind[key]],
        "printed_on": papers.day_on_paper(timezone.localdate(), language),
    }
    reason = why_no_pdf() if form == "pdf" else None
    if reason is not None:
        messages.warning(request, say(reason, language))
        query = request.GET.copy()
        query["form"] = "print"
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
    if form == "print":
        return HttpResponse(papers.archive_html(context, language, static("certificate-print.css")))
    body = papers.certificate_pdf(papers.archive_html(context, language))
    return attachment(body, name=_file_name(archive), form="pdf")


def _file_name(archive: learning.Archive) -> str:
    person = archive.employee
    return file_name(_("Training archive"), person.number, person.name, timezone.localdate().isoformat())
