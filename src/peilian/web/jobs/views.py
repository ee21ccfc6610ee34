"""Pages of jobs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.web.jobs.wordings import (
    cancel_question,
    fault_lines,
    kind_name,
    phase_name,
    result_facts,
    state_badge,
    way_on,
)
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The jobs one may see, newest first: everybody's own, and all for who looks after the installation."""
    sight = sight_of(request)
    page = page_of(sight.jobs().select_related("created_by"), request)
    rows: list[base.Job] = list(page)
    context = {
        "page": page,
        "jobs": [{"job": row, "kind": kind_name(row.kind), "badge": state_badge(row)} for row in rows],
        "is_all": sight.reaches_company(people.Permission.SEE_JOBS),
    }
    return render(request, "jobs/list.html", context)


@require_safe
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One job: live while it runs, then what came of it."""
    row = sight_of(request).job(pk)
    return render(request, "jobs/detail.html", {"job": row, "file": _file_of(request, row), **details(row)})


@require_safe
def file(request: HttpRequest, pk: UUID) -> FileResponse:
    """The file that a job of one's own has written, for as long as it is kept."""
    row = _file_of(request, sight_of(request).job(pk))
    if row is None:
        raise people.NotVisibleError
    return FileResponse(base.file_path(row).open("rb"), as_attachment=True, filename=row.name)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask the job to stop."""
    row = base.cancel_job(actor=user_of(request), job=sight_of(request).job(pk))
    if row.state != base.JobState.CANCELLED and row.is_over:
        messages.info(request, _("It was already over."))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("job", args=[pk]))


def details(row: base.Job) -> dict[str, Any]:
    """What the page and the live view show of a job."""
    return {
        "kind": kind_name(row.kind),
        "badge": state_badge(row),
        "phase": phase_name(row),
        "faults": fault_lines(row.faults, reading_language()),
        "facts": result_facts(row),
        "cancel_href": reverse("job_cancel", args=[row.pk]),
        "cancel_question": cancel_question(row),
        "socket": f"/ws/jobs/{row.pk}/",
        "way_on": way_on(row),
    }


def _file_of(request: HttpRequest, row: base.Job) -> base.StoredFile | None:
    """What a job has written for the reader, while it is kept: nothing for who only watches jobs."""
    if row.finished_at is None or row.finished_at < timezone.now() - base.FILE_KEPT_FOR:
        return None
    found = base.own_files(user=user_of(request), pks=[str((row.result or {}).get("file", ""))])
    return found[0] if found else None
