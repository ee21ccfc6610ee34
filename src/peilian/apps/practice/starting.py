"""Starting a drill, and replaying one from some moment on."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from peilian.apps.base.api import Audit, company_zone, write
from peilian.apps.people.api import Employee, NotVisibleError, visible_to
from peilian.apps.practice import clock, offered
from peilian.apps.practice.live import ChangedError, cast_for, closing_time
from peilian.apps.practice.models import DrillEvent, DrillRun, EventKind, RunMode
from peilian.apps.practice.recording import payload_of
from peilian.apps.practice.rules import check_start, is_exam, refuse
from peilian.apps.practice.turns import close_abandoned
from peilian.apps.record import api as record
from peilian.engine.drill import ENGINE_VERSION, Cast, Drill

if TYPE_CHECKING:
    from peilian.apps.people.api import User
    from peilian.engine._kernel import Language

_SEEDS = 2**31
# What a replay keeps of the run it begins with.
_INHERITED = (
    "scenario", "scenario_version", "title", "language", "mode", "seed", "engine_version", "model_version", "is_abuse",
)  # fmt: skip


def start_drill(
    *,
    user: User,
    scenario: str,
    language: Language | None = None,
    mode: str = RunMode.NORMAL,
    assignment: record.Assignment | None = None,
    has_consent: bool = False,
    shows_script: bool = False,
    seed: int | None = None,
) -> DrillRun:
    """Start a drill for the user. ``InputError`` says why not now; ``AlreadyRunningError`` names the other run.

    ``has_consent``: the user agreed to an abusive customer. ``shows_script``: the model answers stand beside the chat;
    such a drill is for learning and does not count. ``seed`` plays a customer who is known; without one it is drawn.
    """
    employee = trainee(user)
    if mode not in RunMode.values:
        raise refuse("practice.unknown_mode", "mode", known=", ".join(RunMode.values))
    if assignment is not None:
        _check_assignment(employee, assignment, scenario, mode, shows_script=shows_script)
    cast = offered.cast(scenario, language)
    close_abandoned(employee=employee.pk)
    with write(actor=user, verb="practice.start_drill") as audit:
        run = new_run(cast, mode, seed)
        run.assignment, run.is_exam, run.shows_script = assignment, is_exam(assignment), shows_script
        begin(audit, user, employee, run, cast, has_consent=has_consent)
    return run


def new_run(cast: Cast, mode: str, seed: int | None) -> DrillRun:
    """A run that is not stored yet, of what it is to be played with; without ``seed`` one is drawn."""
    return DrillRun(
        scenario=cast.scenario.key,
        scenario_version=cast.scenario.version,
        title=cast.scenario.title[:200],
        language=cast.scenario.language,
        mode=mode,
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
        engine_version=ENGINE_VERSION,
        model_version=cast.model.version,
        is_abuse=cast.scenario.is_abuse,
    )


def begin(audit: Audit, user: User, employee: Employee, run: DrillRun, cast: Cast, *, has_consent: bool) -> None:
    """Store a new run with the customer's opening line, in the caller's transaction."""
    _create(audit, user, employee, run, cast, has_consent=has_consent)
    drill = Drill(cast, run.seed, run.mode)
    opening = drill.open()
    _opening_event(run, opening.at_ms, payload_of({}, [opening], drill))


def fork_run(*, user: User, run_id: UUID, seq: int, has_consent: bool = False) -> DrillRun:
    """Replay an own run that is over from before event ``seq``: all earlier events are copied, the seed is the same.

    A replay is for learning: it is no evidence and no attempt.
    """
    employee = trainee(user)
    source = DrillRun.objects.of_their_own().filter(pk=run_id, employee=employee).first()
    if source is None:
        raise NotVisibleError
    if not source.is_over:
        raise refuse("practice.still_running")
    kept = list(source.events.filter(seq__lt=seq).order_by("seq"))
    if not kept or seq > source.seq:
        raise refuse("practice.nothing_to_replay", "seq")
    try:
        cast = cast_for(source)
    except ChangedError:
        raise refuse("practice.cannot_replay") from None
    close_abandoned(employee=employee.pk)
    with write(actor=user, verb="practice.fork_run") as audit:
        run = DrillRun(
            **{name: getattr(source, name) for name in _INHERITED},
            forked_from=source,
            fork_seq=seq,
            shows_script=source.shows_script,
        )
        _create(audit, user, employee, run, cast, has_consent=has_consent, elapsed_ms=kept[-1].at_ms)
        now = clock.now()
        copied: list[Any] = [
            DrillEvent(
                run=run, seq=event.seq, at_ms=event.at_ms, kind=event.kind, payload=event.payload, recorded_at=now
            )
            for event in kept
        ]
        DrillEvent.objects.bulk_create(copied)
        run.seq = kept[-1].seq
        run.save(update_fields=["seq"])
    return run


def trainee(user: User) -> Employee:
    """The employee who practises: the user's own, while the user may do anything at all."""
    if user.employee is None or not visible_to(user).grants:
        raise NotVisibleError
    return user.employee


def _create(
    audit: Audit, user: User, employee: Employee, run: DrillRun, cast: Cast, *, has_consent: bool, elapsed_ms: int = 0
) -> None:
    """Check the house rules with the person's row locked, then store the run."""
    now = clock.now()
    day = timezone.localdate(now, company_zone())
    _lock(employee)
    check_start(
        employee, is_abuse=run.is_abuse, has_consent=has_consent, is_fork=run.forked_from is not None,
        is_enclosed=run.is_enclosed, now=now, day=day,
    )  # fmt: skip
    run.employee, run.started_by, run.day = employee, user, day
    run.started_at = now - timedelta(milliseconds=elapsed_ms)
    run.limit_ms = cast.scenario.time_limit_ms
    run.closes_at = closing_time(run)
    run.consent_at = now if run.is_abuse else None
    run.save(force_insert=True)
    audit.created(run)
    offered.pin(run)


def _lock(employee: Employee) -> None:
    """Two clicks at the same time start one drill."""
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)


def _opening_event(run: DrillRun, at_ms: int, payload: dict[str, Any]) -> None:
    event = DrillEvent(
        run=run, seq=1, at_ms=at_ms, kind=EventKind.OPEN, payload=payload, recorded_at=run.started_at
    )  # fmt: skip
    event.save(force_insert=True)
    run.seq = 1
    run.save(update_fields=["seq"])


def _check_assignment(
    employee: Employee, assignment: record.Assignment, scenario: str, mode: str, *, shows_script: bool
) -> None:
    if assignment.employee_id != employee.pk:
        raise NotVisibleError
    if assignment.target != scenario:
        raise refuse("practice.not_for_this", "scenario")
    if assignment.cancelled_at is not None or assignment.attempts_left == 0:
        raise refuse("practice.assignment_over", "assignment")
    if mode == RunMode.EASY:
        raise refuse("practice.not_easy", "mode")
    if shows_script:
        raise refuse("practice.no_script_here", "shows_script")
