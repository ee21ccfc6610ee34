"""Jobs show progress, can be cancelled, say why they failed, and survive a dead worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from peilian.apps.base import api as base
from peilian.apps.base import jobs
from peilian.engine._kernel import Fault, InputError, Reason, RegistryError
from support.builders import a_user

pytestmark = pytest.mark.django_db
Handler = Callable[[base.JobContext], Mapping[str, Any] | None]


@pytest.fixture
def kind(monkeypatch):
    """Registers a handler as the job kind ``test.work`` for this test."""

    def register(handler: Handler) -> str:
        monkeypatch.setitem(base.handlers._items, "test.work", handler)
        return "test.work"

    return register


class PowerCutError(BaseException):
    """Kills a worker in the middle."""


def start(kind: str, actor=None, **parameters: Any) -> base.Job:
    return base.start_job(actor=actor, kind=kind, parameters=parameters)


def lose(job: base.Job) -> None:
    """The worker of a running job died so long ago that its lease is over."""
    with base.bookkeeping():
        base.Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - jobs.LEASE - timedelta(seconds=1))


def leave_running(kind: str) -> base.Job:
    """A job whose worker is killed in the middle."""

    def die(*_: Any) -> None:
        raise PowerCutError

    job = start(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_run", die)
        with pytest.raises(PowerCutError):
            base.run_next_job()
    job.refresh_from_db()
    assert job.state == base.JobState.RUNNING
    return job


def test_an_unknown_kind_of_job_is_refused():
    with pytest.raises(RegistryError):
        start("test.nobody_knows")


def test_a_job_runs_with_its_parameters_and_keeps_its_result(kind):
    job = start(kind(lambda context: {"double": context.parameters["n"] * 2}), n=21)
    assert base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.result, job.percent, job.is_over) == ("done", {"double": 42}, 100, True)
    assert job.started_at <= job.finished_at


def test_without_a_waiting_job_there_is_nothing_to_run():
    assert not base.run_next_job()


def test_jobs_run_in_the_order_they_were_asked_for(kind):
    seen: list[int] = []
    name = kind(lambda context: seen.append(context.parameters["n"]))
    for n in range(3):
        start(name, n=n)
    while base.run_next_job():
        pass
    assert seen == [0, 1, 2]


def test_progress_is_visible_while_the_job_runs(kind):
    seen = []

    def work(context: base.JobContext) -> None:
        context.progress(3, 12, "read")
        seen.append(base.Job.objects.get(pk=context.job_id))

    start(kind(work))
    base.run_next_job()
    assert (seen[0].done, seen[0].total, seen[0].phase, seen[0].percent) == (3, 12, "read", 25)


@pytest.mark.parametrize(("done", "total", "percent"), [(0, None, None), (5, 0, None), (0, 10, 0), (30, 10, 100)])
def test_percent_is_whole_and_unknown_without_a_total(done, total, percent):
    assert base.Job(done=done, total=total).percent == percent


def test_a_queued_job_is_cancelled_at_once_and_never_runs(kind):
    job = start(kind(lambda _: pytest.fail("it ran")))
    assert base.cancel_job(actor=None, job=job).state == base.JobState.CANCELLED
    assert not base.run_next_job()


def test_a_running_job_stops_when_it_notices_the_cancel(kind):
    def work(context: base.JobContext) -> None:
        base.cancel_job(actor=None, job=base.Job.objects.get(pk=context.job_id))
        context.progress(1, 1, "read")
        assert context.is_cancelled()
        context.stop_if_cancelled()
        pytest.fail("it went on")

    job = start(kind(work))
    base.run_next_job()
    job.refresh_from_db()
    assert job.state == base.JobState.CANCELLED


def test_a_job_that_is_over_cannot_be_cancelled_any_more(kind):
    job = start(kind(lambda _: None))
    base.run_next_job()
    assert base.cancel_job(actor=None, job=job).state == base.JobState.DONE


def test_bad_input_fails_the_job_with_its_faults(kind):
    def work(_: base.JobContext) -> None:
        raise InputError(Fault(Reason("base.empty"), file="a.csv", row=3, field="name"))

    job = start(kind(work))
    base.run_next_job()
    job.refresh_from_db()
    assert job.state == base.JobState.FAILED
    (fault,) = job.faults
    assert (fault["reason"]["key"], fault["file"], fault["row"]) == ("base.empty", "a.csv", 3)


def test_a_fault_of_the_product_fails_the_job_without_showing_its_insides(kind):
    def work(_: base.JobContext) -> None:
        raise ValueError("secret path /etc")

    job = start(kind(work))
    base.run_next_job()
    job.refresh_from_db()
    assert job.state == base.JobState.FAILED
    assert job.faults == [{"reason": {"key": "job.failed", "params": {"problem": "ValueError"}}}]


def test_a_job_whose_worker_died_is_done_by_the_next_one(kind):
    job = leave_running(kind(lambda _: {"ok": True}))
    assert not base.run_next_job()  # its lease still holds
    lose(job)
    assert base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("done", 2)


def test_after_three_deaths_a_job_is_given_up_and_the_one_behind_it_runs(kind):
    name = kind(lambda _: None)
    job = leave_running(name)
    behind = start(name)
    with base.bookkeeping():
        base.Job.objects.filter(pk=job.pk).update(attempts=jobs.MAX_ATTEMPTS)
    lose(job)
    assert base.run_next_job()
    job.refresh_from_db()
    behind.refresh_from_db()
    assert job.state == base.JobState.FAILED
    assert job.faults[0]["reason"]["key"] == "job.gave_up"
    assert behind.state == base.JobState.DONE


def test_a_cancelled_job_whose_worker_died_is_not_started_again(kind):
    job = leave_running(kind(lambda _: pytest.fail("it ran again")))
    base.cancel_job(actor=None, job=job)
    lose(job)
    base.run_next_job()
    job.refresh_from_db()
    assert job.state == base.JobState.CANCELLED


def test_a_worker_that_lost_its_lease_does_not_overwrite_the_one_that_took_over(kind):
    def work(context: base.JobContext) -> Mapping[str, Any]:
        with base.bookkeeping():
            base.Job.objects.filter(pk=context.job_id).update(attempts=2)  # another worker has it now
        return {"by": "the slow one"}

    job = start(kind(work))
    base.run_next_job()
    job.refresh_from_db()
    assert (job.state, job.result) == ("running", None)


def test_who_asked_for_a_job_gets_a_message_when_it_is_over(kind):
    user = a_user("training_manager")
    job = start(kind(lambda _: None), actor=user)
    base.run_next_job()
    (message,) = base.inbox_of(user=user)
    assert (message.key, message.link) == ("inbox.job_done", f"/jobs/{job.pk}/")
    assert base.mark_read(user=user) == 1
    assert base.mark_read(user=user) == 0


def test_every_step_of_a_job_is_in_the_audit_trail(kind):
    start(kind(lambda _: {"n": 1}))
    base.run_next_job()
    assert list(base.AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == [
        "base.start_job",
        "base.finish_job",
    ]
