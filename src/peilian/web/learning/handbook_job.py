"""The job that writes a long handbook as PDF, which only pages can: it is registered when the product starts, and loads
what it needs of pages when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django.utils import timezone, translation

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import Language

HANDBOOK_JOB = "learning.handbook_pdf"


class Asked(TypedDict):
    """Which entries were asked for, as the door takes it."""

    words: str
    heading: str | None
    tag: str


def start(*, actor: people.User, asked: Asked, language: Language) -> base.Job:
    """Have a long one written in the background; a second click gives the job of the first. What was written before is
    dropped."""
    parameters = {**asked, "language": language}
    own = base.jobs_of(HANDBOOK_JOB, str(actor.pk))
    under_way = own.filter(state__in=(base.JobState.QUEUED, base.JobState.RUNNING))
    for job in under_way:
        if job.parameters == parameters and not job.is_cancel_requested:
            return job
    _drop(list(own.filter(state=base.JobState.DONE)[:20]))
    old = timezone.now() - base.FILE_KEPT_FOR
    _drop(list(base.Job.objects.filter(kind=HANDBOOK_JOB, state=base.JobState.DONE, finished_at__lt=old)[:20]))
    return base.start_job(actor=actor, kind=HANDBOOK_JOB, parameters=parameters, subject=str(actor.pk))


@base.handlers.register(HANDBOOK_JOB)
def write_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Write it; every page is told, and it stops between two."""
    from peilian.web.learning.handbook_paper import name_for, pdf_of
    from peilian.web.shell.languages import DJANGO_CODES
    from peilian.web.shell.pdf import require_pdf, told_of_pages

    user = context.actor
    if user is None or user.employee is None:
        raise people.NotVisibleError

    def told(page: int) -> None:
        context.progress(page, None, HANDBOOK_JOB)
        context.stop_if_cancelled()

    asked = context.parameters
    found = learning.handbook_of(user=user, words=asked["words"], heading=asked["heading"], tag=asked["tag"])
    require_pdf()  # sets a page of its own, of which nobody is told
    with translation.override(DJANGO_CODES[asked["language"]]), told_of_pages(told):
        body, name = pdf_of(found.entries, user.employee), name_for(user.employee)
    file = base.keep_file(actor=user, name=f"{name}.pdf", chunks=[body])
    return {"file": str(file.pk), "entries": len(found.entries)}


def _drop(jobs: Sequence[base.Job]) -> None:
    for job in jobs:
        if job.created_by is not None:
            for file in base.own_files(user=job.created_by, pks=[(job.result or {}).get("file", "")]):
                base.drop_file(actor=None, row=file)
