"""Jobs: queued by an api, run by the worker, watched and cancelled by people.

A running job holds a lease that its heartbeat renews. When a worker dies, the lease runs out and the job is queued
again; its handler must therefore be able to start over or resume.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connection, models
from django.utils import timezone

from peilian.apps.base import inbox
from peilian.apps.base.audit import bookkeeping, write
from peilian.apps.base.models import Job, JobState
from peilian.engine._kernel import InputError, Registry

if TYPE_CHECKING:
    from peilian.apps.people.models import User

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 3
FILE_KEPT_FOR = timedelta(days=1)
"""For so long a file that a job has written can be fetched; its id is ``file`` in the result."""
_SAVE_EVERY_SECONDS = 0.4

log = logging.getLogger(__name__)


class JobCancelledError(Exception):
    """Raised inside a handler when its job was cancelled."""


@dataclass
class JobContext:
    """What a handler gets: its parameters, who asked for it, and ways to tell progress and to notice a cancel."""

    job_id: UUID
    parameters: Mapping[str, Any]
    actor: User | None
    _saved_at: float = 0.0
    _is_cancelled: bool = False

    def progress(self, done: int, total: int | None, phase: str) -> None:
        """Tell how far the work is; saved at most a few times a second. Also renews the lease."""
        now = time.monotonic()
        if now - self._saved_at < _SAVE_EVERY_SECONDS and (total is None or done < total):
            return
        self._saved_at = now
        with bookkeeping():
            Job.objects.filter(pk=self.job_id).update(done=done, total=total, phase=phase, heartbeat_at=timezone.now())
        self._is_cancelled = Job.objects.filter(pk=self.job_id, is_cancel_requested=True).exists()

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop; as fresh as the last progress."""
        return self._is_cancelled

    def stop_if_cancelled(self) -> None:
        """Raise ``JobCancelledError`` when somebody asked to stop."""
        if self._is_cancelled:
            raise JobCancelledError


Handler = Callable[[JobContext], Mapping[str, Any] | None]
handlers: Registry[Handler] = Registry("job kind")


def start_job(*, actor: User | None, kind: str, parameters: Mapping[str, Any], subject: str = "") -> Job:
    """Queue a job of a registered kind; ``subject`` is the id of what it is about, by which ``jobs_of`` finds it."""
    handlers.get(kind)
    with write(actor=actor, verb="base.start_job") as audit:
        job = Job.objects.create(
            kind=kind, subject=subject, parameters=dict(parameters), created_by=actor, created_at=timezone.now()
        )
        audit.created(job)
    return job


def jobs_of(kind: str, subject: str) -> models.QuerySet[Job]:
    """The jobs of a kind about one thing, the latest first."""
    return Job.objects.filter(kind=kind, subject=subject).order_by("-id")


def cancel_job(*, actor: User | None, job: Job) -> Job:
    """Ask a job to stop: a queued one is over at once, a running one when its handler notices."""
    with write(actor=actor, verb="base.cancel_job") as audit:
        fresh = Job.objects.select_for_update().get(pk=job.pk)
        if fresh.is_over:
            audit.unchanged()
            return fresh
        before = {"is_cancel_requested": fresh.is_cancel_requested, "state": fresh.state}
        fresh.is_cancel_requested = True
        if fresh.state == JobState.QUEUED:
            fresh.state, fresh.finished_at = JobState.CANCELLED, timezone.now()
        fresh.save()
        audit.changed(fresh, **before)
    return fresh


def run_worker(*, stop: threading.Event, pause_seconds: float = 0.5) -> None:
    """Run jobs one after another until ``stop`` is set."""
    while not stop.is_set():
        close_old_connections()
        if not run_next_job():
            stop.wait(pause_seconds)


def run_next_job() -> bool:
    """Run the oldest job that waits, if any; tell whether there was one."""
    now = timezone.now()
    _give_up(now)
    job = _claim(now)
    if job is None:
        return False
    context = JobContext(job_id=job.pk, parameters=job.parameters, actor=job.created_by)
    over = threading.Event()
    heart = threading.Thread(target=_beat, args=(job.pk, over), daemon=True)
    # An in-memory test database belongs to one connection; there a second thread must stay away.
    if not connection.settings_dict["NAME"].startswith("file:memory"):
        heart.start()
    try:
        _finish(job, *_run(job, context))
    finally:
        over.set()
    return True


def _run(job: Job, context: JobContext) -> tuple[JobState, Mapping[str, Any] | None, list[dict[str, Any]]]:
    try:
        result = handlers.get(job.kind)(context)
    except JobCancelledError:
        return JobState.CANCELLED, None, []
    except InputError as error:
        return JobState.FAILED, None, [fault_as_json(fault) for fault in error.faults[:200]]
    except Exception as error:
        log.exception("job %s %s failed", job.kind, job.pk)
        reason = {"key": "job.failed", "params": {"problem": type(error).__name__}}
        return JobState.FAILED, None, [{"reason": reason}]
    return JobState.DONE, result, []


def fault_as_json(fault: Any) -> dict[str, Any]:
    """A fault as a job keeps it."""
    return {
        "reason": {"key": fault.reason.key, "params": dict(fault.reason.params)},
        "file": fault.file,
        "row": fault.row,
        "field": fault.field,
        "conversation_id": fault.conversation_id,
    }


def _lost(now: datetime) -> models.Q:
    return models.Q(state=JobState.RUNNING, heartbeat_at__lt=now - LEASE)


def _give_up(now: datetime) -> None:
    """End what lost its worker and is not to be tried again: cancelled meanwhile, or broken off too often."""
    for job in Job.objects.filter(_lost(now)):
        if job.is_cancel_requested:
            _finish(job, JobState.CANCELLED, None, [])
        elif job.attempts >= MAX_ATTEMPTS:
            reason = {"key": "job.gave_up", "params": {"attempts": job.attempts}}
            _finish(job, JobState.FAILED, None, [{"reason": reason}])


def _claim(now: datetime) -> Job | None:
    with bookkeeping():
        rows = Job.objects.filter(models.Q(state=JobState.QUEUED) | _lost(now)).order_by("id")
        job = rows.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()
        if job is None:
            return None
        job.state, job.heartbeat_at, job.attempts = JobState.RUNNING, now, job.attempts + 1
        job.started_at = job.started_at or now
        job.save()
        return job


def _beat(job_id: UUID, over: threading.Event) -> None:
    try:
        while not over.wait(LEASE.total_seconds() / 4):
            try:
                with bookkeeping():
                    Job.objects.filter(pk=job_id, state=JobState.RUNNING).update(heartbeat_at=timezone.now())
            except DatabaseError:
                # The next beat comes before the lease is over; only a longer silence gives the job away.
                log.warning("job %s missed a heartbeat", job_id, exc_info=True)
    finally:
        connection.close()


def _finish(job: Job, state: JobState, result: Mapping[str, Any] | None, faults: list[dict[str, Any]]) -> None:
    with write(actor=job.created_by, verb="base.finish_job") as audit:
        fresh = Job.objects.select_for_update().get(pk=job.pk)
        if fresh.state != JobState.RUNNING or fresh.attempts != job.attempts:
            # The lease ran out and another worker took over; what counts is what that one says.
            audit.unchanged()
            return
        before = {"state": fresh.state, "result": fresh.result, "faults": fresh.faults}
        fresh.state, fresh.finished_at = state, timezone.now()
        fresh.result, fresh.faults = dict(result) if result is not None else None, faults
        fresh.save()
        audit.changed(fresh, **before)
        if job.created_by is not None:
            inbox.send(
                recipient=job.created_by,
                key=f"inbox.job_{state.value}",
                params={"kind": job.kind},
                link=f"/jobs/{job.pk}/",
            )
