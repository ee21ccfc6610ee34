"""Pages of the import of business tables: open to those who may import, and to nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say_fault
from peilian.web.jobs.views import details
from peilian.web.jobs.wordings import state_badge
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.downloads import attachment, file_name
from peilian.web.shell.languages import reading_language
from peilian.web.tables import looks
from peilian.web.tables.blanks import blank_table
from peilian.web.tables.forms import Choices, TableUploadForm

PAGE_SIZE = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def steps() -> list[dict[str, str]]:
    """The steps of the wizard, for the stepper."""
    return [
        {"label": _("Choose a file"), "href": reverse("table_start")},
        {"label": _("Look at it"), "href": ""},
        {"label": _("Store"), "href": ""},
    ]


@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    """Every import so far, newest first."""
    page = Paginator(contacts.table_imports(user=user_of(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    rows: list[contacts.TableImport] = list(page)
    language = reading_language()
    lines = [(row, looks.kind_title(row.kind, language), _badge(row)) for row in rows]
    return render(request, "tables/list.html", {"page": page, "lines": lines})


@takes_files(people.Permission.IMPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """First step: the file is kept, then looked at."""
    sight_of(request).require(people.Permission.IMPORT)
    form = TableUploadForm(request.POST, request.FILES) if request.method == "POST" else TableUploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        row = contacts.prepare_table(actor=user_of(request), name=file.name, chunks=file.chunks())
        return HttpResponseRedirect(reverse("table_check", args=[row.pk]))
    context = {"form": form, "steps": steps(), "kinds": contacts.table_kinds().values()}
    return render(request, "tables/upload.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty table of a kind, in the reader's language."""
    sight_of(request).require(people.Permission.IMPORT)
    found = contacts.table_kinds().get(kind)
    if found is None:
        raise Http404
    content = blank_table(found, reading_language())
    headers = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    return HttpResponse(content, content_type=_XLSX, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Second step: how the file is understood. A POST looks again, stores, or forgets the file."""
    user = user_of(request)
    if contacts.table_imports(user=user).filter(pk=pk, state__in=_DONE, created_by=user).exists():
        # Stored already, by a second click or on the way back.
        return HttpResponseRedirect(reverse("table_report", args=[pk]))
    row = contacts.prepared_table(user=user, pk=pk)
    if request.method != "POST":
        return _look(request, row, Choices.of(request.GET))
    choices = Choices.of(request.POST)
    if request.POST.get("do") == "forget":
        contacts.forget_table(actor=user, row=row)
        return HttpResponseRedirect(reverse("table_start"))
    if request.POST.get("do") == "look" or request.POST.get("seen") != choices.digest():
        if request.POST.get("do") != "look":
            messages.info(request, _("You changed how the file is read. Look at the rows once more, then store them."))
        return HttpResponseRedirect(f"{reverse('table_check', args=[pk])}?{choices.query()}")
    try:
        stored = contacts.store_table(
            actor=user,
            row=row,
            kind=choices.kind,
            columns=choices.columns or {},
            answers=choices.answers or {},
            leaves_faulty=request.POST.get("do") == "store_good",
        )
    except InputError:
        return _look(request, row, choices, status=422)
    return HttpResponseRedirect(reverse("table_report", args=[stored.pk]))


_DONE = (contacts.TableState.STORED, contacts.TableState.UNDONE)


def _look(request: HttpRequest, row: contacts.TableImport, choices: Choices, status: int = 200) -> HttpResponse:
    language = reading_language()
    context: dict[str, Any] = {"steps": steps(), "row": row, "kinds": contacts.table_kinds().values()}
    try:
        look = contacts.look_at_table(
            user=user_of(request), row=row, kind=choices.kind, columns=choices.columns, answers=choices.answers
        )
    except InputError as error:
        context["faults"] = [say_fault(fault, language) for fault in error.faults]
        context["is_unknown_kind"] = any(fault.reason.key == "tables.unknown_kind" for fault in error.faults)
        return render(request, "tables/unreadable.html", context, status=422 if status == 200 else status)
    faults = looks.fault_rows(look.faults)
    if request.GET.get("as") == "csv":
        return _csv(looks.fault_csv(faults, language), row)
    checked, counts = look.checked, look.plan.counts
    good = sum(counts.values()) - len({fault.row for fault in look.plan.faults})
    is_ready = checked.is_readable and not checked.open_questions and good > 0 and not look.plan.faults
    questions = looks.questions_of(look, language, _shops())
    shown = Choices(checked.kind.key, look.mapped.columns, {q.name[2:]: q.value for q in questions if q.value})
    context |= {
        "look": look,
        "checked": checked,
        "kind_key": checked.kind.key,
        "seen": shown.digest(),
        "query": shown.query(),
        "columns": looks.columns_of(look, language),
        "questions": questions,
        "n_open": len(checked.open_questions),
        "counts": counts,
        "good": good,
        "faulty": look.faulty_rows,
        "file_faults": [say_fault(fault, language) for fault in checked.faults if fault.row is None],
        "faults": looks.fault_table([fault for fault in faults if fault["row"] is not None], language),
        "more_faults": max(0, len(faults) - looks.MOST_FAULTS),
        "rows": looks.rows_table(look, language),
        "is_guarded": bool(look.plan.faults),
        "may_store_all": is_ready and not look.faulty_rows,
        "may_store_good": is_ready and bool(look.faulty_rows),
    }
    return render(request, "tables/check.html", context, status=status)


@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Third step and afterwards: progress while it runs, then what became of every row."""
    row = _import(request, pk)
    language = reading_language()
    context: dict[str, Any] = {
        "steps": steps(),
        "row": row,
        "job": row.job,
        "is_stored": row.state == contacts.TableState.STORED,
        "is_undone": row.state == contacts.TableState.UNDONE,
        "may_go_on": row.state not in _DONE and row.file_id is not None and row.created_by_id == user_of(request).pk,
    }
    if row.job is not None:
        context |= details(row.job)
    context["kind"] = looks.kind_title(row.kind, language)
    if row.report is not None:
        context["report"], context["counts"] = row.report, looks.counts_table(row.report)
    context["problems"] = looks.fault_table(row.faults, language)
    context["more_faults"] = max(0, (row.report or {}).get("left_out", 0) - looks.MOST_FAULTS)
    return render(request, "tables/report.html", context)


@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an import back whole, or say why that cannot be."""
    row = _import(request, pk)
    try:
        done = contacts.undo_table(actor=user_of(request), row=row)
    except InputError as error:
        for fault in error.faults:
            messages.error(request, say_fault(fault, reading_language()))
    else:
        n = (done.report or {}).get("new", 0) + (done.report or {}).get("changed", 0)
        said = ngettext("%(n)d row is as it was before.", "%(n)d rows are as they were before.", n) % {"n": n}
        messages.success(request, said)
    return HttpResponseRedirect(reverse("table_report", args=[pk]))


@require_safe
def rejects(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every row that was left out, as a CSV file."""
    row = _import(request, pk)
    found = contacts.table_rejects(user=user_of(request), row=row)
    return _csv(looks.fault_csv(found, reading_language()), row)


def _csv(content: bytes, row: contacts.TableImport) -> HttpResponse:
    return attachment(content, name=file_name(_("Rows to put right"), Path(row.file_name).stem), form="csv")


def _import(request: HttpRequest, pk: UUID) -> contacts.TableImport:
    row = contacts.table_imports(user=user_of(request)).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    return row


def _shops() -> list[people.Unit]:
    kinds = (people.UnitKind.SHOP, people.UnitKind.SITE)
    return list(people.Unit.objects.filter(kind__in=kinds, closed_on=None).order_by("code"))


def _badge(row: contacts.TableImport) -> dict[str, str]:
    """How far an import is."""
    if row.state == contacts.TableState.STORING and row.job is not None:
        return state_badge(row.job)
    words = {
        contacts.TableState.STORED: (_("done"), "good"),
        contacts.TableState.FAILED: (_("nothing stored"), "bad"),
        contacts.TableState.UNDONE: (_("undone"), "neutral"),
    }
    said, tone = words.get(contacts.TableState(row.state), (_("waiting"), "neutral"))
    return {"words": said, "tone": tone}
