"""The import wizard: every view is open to those who may import, and to nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.web.imports.forms import UploadForm
from peilian.web.imports.looks import look_at
from peilian.web.imports.reports import counts, fault_table, rejects_chunks
from peilian.web.jobs.views import details
from peilian.web.jobs.wordings import state_badge
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.downloads import file_name, streamed
from peilian.web.shell.languages import reading_language

PAGE_SIZE = 50


def steps() -> list[dict[str, str]]:
    """The steps of the wizard, for the stepper."""
    return [
        {"label": _("Choose files"), "href": reverse("import_start")},
        {"label": _("Look at them"), "href": ""},
        {"label": _("Import"), "href": ""},
    ]


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """Every import so far, newest first."""
    page = Paginator(contacts.imports(user=user_of(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    rows: list[contacts.ConversationImport] = list(page)
    return render(request, "imports/list.html", {"page": page, "lines": [(row, _badge(row)) for row in rows]})


@takes_files(people.Permission.IMPORT, bound="IMPORT_MOST_BYTES")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """First step: the files are kept, then looked at."""
    sight_of(request).require(people.Permission.IMPORT)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        uploads = ((file.name, file.chunks()) for file in form.cleaned_data["upload"])
        row = contacts.prepare_import(actor=user_of(request), uploads=uploads)
        return HttpResponseRedirect(reverse("import_check", args=[row.pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "imports/upload.html", {"form": form, "steps": steps()}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Second step: what the importer makes of each file; a POST starts the import or forgets the files."""
    user = user_of(request)
    if contacts.imports(user=user).filter(pk=pk, created_by=user).exists():
        # Started already, by a second click or on the way back.
        return HttpResponseRedirect(reverse("import_report", args=[pk]))
    row = contacts.prepared_import(user=user, pk=pk)
    if request.method == "POST":
        if request.POST.get("do") == "start":
            return HttpResponseRedirect(reverse("import_report", args=[contacts.start_import(actor=user, row=row).pk]))
        contacts.forget_import(actor=user, row=row)
        return HttpResponseRedirect(reverse("import_start"))
    looks = [look_at(user, file) for file in row.files.order_by("id")]
    context = {
        "steps": steps(),
        "looks": looks,
        "is_ready": all(look.preview for look in looks),
        "has_messages": any(look.preview and look.preview.kind == "messages" for look in looks),
    }
    return render(request, "imports/check.html", context)


@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Third step and afterwards: progress while it runs, then what became of every row."""
    row = _import(request, pk)
    language = reading_language()
    sight = sight_of(request)
    context: dict[str, Any] = {
        "steps": steps(),
        "row": row,
        "job": row.job,
        "may_see_kpis": sight.may(people.Permission.SEE_KPIS),
        "may_see_conversations": sight.may(people.Permission.SEE_CONVERSATIONS),
    }
    if row.job is not None:
        context |= details(row.job)
    if row.report is not None:
        context |= counts(row.report)
        context["problems"] = fault_table(row.report["faults"], language)
        context["more_faults"] = max(0, row.report["n_faults"] - len(row.report["faults"]))
        context["can_be_read"] = row.job is not None and row.job.state in (
            base.JobState.CANCELLED,
            base.JobState.FAILED,
        )
    return render(request, "imports/report.html", context)


@require_safe
def rejects(request: HttpRequest, pk: UUID) -> StreamingHttpResponse:
    """Every row that could not be used, as a CSV file."""
    row = _import(request, pk)
    chunks = rejects_chunks(contacts.rejects(user=user_of(request), row=row), reading_language())
    of = [Path(name).stem for name in row.file_names[:1]]
    return streamed(chunks, name=file_name(_("Rows to put right"), *of), form="csv")


@require_POST
def read_rest(request: HttpRequest) -> HttpResponse:
    """Read the conversations that were stored and not read."""
    job = contacts.start_reading(actor=user_of(request))
    return HttpResponseRedirect(reverse("job", args=[job.pk]))


def _import(request: HttpRequest, pk: UUID) -> contacts.ConversationImport:
    row = contacts.imports(user=user_of(request)).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    return row


def _badge(row: contacts.ConversationImport) -> dict[str, str]:
    """How far an import is; what was imported without a job is done."""
    if row.job is not None and not (row.report is not None and row.job.is_over):
        return state_badge(row.job)
    return {"words": _("done"), "tone": "good"}
