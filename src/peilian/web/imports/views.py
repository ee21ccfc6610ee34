"""The import wizard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.flows.wording import say_fault
from peilian.web.imports.forms import UploadForm
from peilian.web.shell.access import sight_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_integer
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table


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
    found = contacts.imports(user=_user(request))
    return render(request, "imports/list.html", {"imports": found[:200]})


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """First step: the files are kept, then looked at."""
    sight_of(request).require(people.Permission.IMPORT)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        kept = [
            base.keep_file(actor=_user(request), name=file.name or "file", chunks=file.chunks())
            for file in form.cleaned_data["upload"]
        ]
        query = urlencode([("file", str(row.pk)) for row in kept])
        return HttpResponseRedirect(f"{reverse('import_check')}?{query}")
    status = 422 if request.method == "POST" else 200
    return render(request, "imports/upload.html", {"form": form, "steps": steps()}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Second step: what the importer makes of each file; a POST starts the import or forgets the files."""
    sight_of(request).require(people.Permission.IMPORT)
    user = _user(request)
    data = request.POST if request.method == "POST" else request.GET
    files = base.own_files(user=user, pks=data.getlist("file"))
    if not files:
        return HttpResponseRedirect(reverse("import_start"))
    if request.method == "POST":
        if request.POST.get("do") == "forget":
            for row in files:
                base.drop_file(actor=user, row=row)
            return HttpResponseRedirect(reverse("import_start"))
        started = contacts.start_import(actor=user, files=files)
        return HttpResponseRedirect(reverse("import_report", args=[started.pk]))
    looks = [_look(user, row) for row in files]
    context = {
        "steps": steps(),
        "files": files,
        "looks": looks,
        "is_ready": all(look["preview"] for look in looks),
    }
    return render(request, "imports/check.html", context)


@require_safe
def report(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Third step and afterwards: progress while it runs, then the counts and faults."""
    row = contacts.imports(user=_user(request)).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    if request.headers.get("HX-Request") and row.job is not None and row.job.is_over:
        # The swapped fragment has nothing more to show: the whole page does.
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = _progress(row) if row.report is None else _counts(row.report)
    return render(request, "imports/report.html", {"steps": steps(), "row": row, "job": row.job, **context})


def _progress(row: contacts.ConversationImport) -> dict[str, Any]:
    job, language = row.job, reading_language()
    if job is None:
        return {}
    return {
        "done": job.done,
        "total": job.total,
        "phase": phase_name(job.phase),
        "is_cancelling": job.is_cancel_requested,
        "cancel_href": reverse("job_cancel", args=[job.pk]),
        "faults": [say_fault(fault, language) for fault in base.faults_of(job)],
    }


def _counts(report: Mapping[str, Any]) -> dict[str, Any]:
    language = reading_language()
    faults = [_fault(found) for found in report["faults"]]
    kinds = (("conversations", _("Conversations")), ("messages", _("Messages")))
    parts = (("read", _("Read")), ("stored", _("Stored")), ("duplicate", _("Duplicates")), ("rejected", _("Rejected")))
    rows = tuple(
        Row((Cell(label), *(Cell(figure=Figure(report[kind][part], "count")) for part, _label in parts)))
        for kind, label in kinds
    )
    columns = (Column(""), *(Column(label, is_number=True) for _part, label in parts))
    return {
        "counts": Table("import-counts", _("What became of every row"), columns, rows, is_caption_hidden=True),
        "stored_conversations": format_integer(report["conversations"]["stored"]),
        "stored_messages": format_integer(report["messages"]["stored"]),
        "clock_faults": format_integer(report["clock_fault_conversations"]),
        "faults": [say_fault(fault, language) for fault in faults],
        "more_faults": max(0, report["n_faults"] - len(faults)),
    }


def _fault(found: Mapping[str, Any]) -> Fault:
    place = {name: found.get(name) for name in ("file", "row", "field", "conversation_id")}
    return Fault(Reason(found["key"], found["params"]), **place)


def _look(user: people.User, row: base.StoredFile) -> dict[str, Any]:
    """One file's preview, or why there is none."""
    language = reading_language()
    try:
        preview = contacts.preview_import(user=user, files=[row])[0]
    except InputError as error:
        return {"file": row, "preview": None, "faults": [say_fault(fault, language) for fault in error.faults]}
    return {
        "file": row,
        "preview": preview,
        "rows": format_integer(preview.n_rows_estimated),
        "faults": [say_fault(fault, language) for fault in preview.faults],
        "table": _sample(preview, str(row.pk)),
    }


def _sample(preview: Any, key: str) -> Table:
    names = list(dict.fromkeys(name for row in preview.rows for name in row))
    rows = tuple(Row(tuple(Cell((row.get(name) or "")[:200]) for name in names)) for row in preview.rows)
    columns = tuple(Column(name) for name in names)
    return Table(f"sample-{key}", _("First rows, as they will be stored"), columns, rows)


def _user(request: HttpRequest) -> people.User:
    assert isinstance(request.user, people.User)
    return request.user
