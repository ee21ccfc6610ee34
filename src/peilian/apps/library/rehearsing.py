"""Rehearsals (场景自检): a scenario plays its own good and bad answers, in the background, before it is published.

A rehearsal counts for the wording it was made with and the rules that it was played by, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peilian.adapters.packs.trees import digest
from peilian.apps.base import api as base
from peilian.apps.library.checks import permit, refuse
from peilian.apps.library.locking import locked_draft
from peilian.apps.library.models import Draft
from peilian.apps.people.api import Permission, User
from peilian.engine._kernel import InputError
from peilian.flows import contents

REHEARSE_JOB = "library.rehearse"
REHEARSED_KINDS = ("scenario",)

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The last rehearsal of a draft. ``is_current``: it was made with what the draft says now."""

    job: base.Job
    is_current: bool

    @property
    def has_passed(self) -> bool:
        """Whether what the draft says now came through."""
        return self.is_current and self.job.state == base.JobState.DONE


def start_rehearsal(*, actor: User | None, draft: Draft) -> base.Job:
    """Rehearse a draft in the background; one that waits or runs for the same wording is returned instead."""
    permit(actor, Permission.WRITE_LIBRARY)
    if draft.content.kind not in REHEARSED_KINDS:
        raise refuse("library.not_rehearsed")
    with base.write(actor=actor, verb="library.start_rehearsal") as audit:
        row = locked_draft(draft)  # a second click waits here and then finds what the first one started
        audit.unchanged()
        parameters = _parameters(row)
        under_way = _jobs(row).filter(state__in=(base.JobState.QUEUED, base.JobState.RUNNING))
        return next((job for job in under_way if job.parameters == parameters), None) or base.start_job(
            actor=actor, kind=REHEARSE_JOB, parameters=parameters, subject=str(row.pk)
        )


def last_rehearsal(*, user: User, draft: Draft) -> Rehearsal | None:
    """The rehearsal of a draft that was asked for last, for who writes."""
    permit(user, Permission.WRITE_LIBRARY)
    job = _jobs(draft).first()
    return Rehearsal(job, job.parameters == _parameters(draft)) if job is not None else None


def has_passed(draft: Draft) -> bool:
    """Whether exactly what the draft says now was rehearsed by the rules of today, and came through."""
    parameters = _parameters(draft)
    return any(job.parameters == parameters for job in _jobs(draft).filter(state=base.JobState.DONE))


@base.handlers.register(REHEARSE_JOB)
def rehearse_in_background(context: base.JobContext) -> Mapping[str, Any]:
    """Play the answers of a draft; ``InputError`` carries what they show to be wrong."""
    draft = Draft.objects.get(pk=context.parameters["draft"])
    if context.parameters != _parameters(draft):
        raise refuse("library.draft_changed", "edition")
    context.progress(0, None, "library.rehearse")
    if faults := contents.rehearse(draft.body):
        raise InputError(*faults)
    return {}


def _jobs(draft: Draft) -> QuerySet[base.Job]:
    return base.jobs_of(REHEARSE_JOB, str(draft.pk))


def _parameters(draft: Draft) -> dict[str, str]:
    return {"draft": str(draft.pk), "sha256": digest(draft.body), "rules": contents.rehearsal_rules()}
