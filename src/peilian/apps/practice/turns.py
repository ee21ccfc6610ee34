"""What happens in a drill: something is said or done, time passes, it is paused, it ends.

Every function enters the run, lets time catch up, adds its event and tells what is new. What was sent before under the
same id is told again and not done again; other content under an id that is taken is refused, lest a line be lost.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import OperationalError
from django.db.models import DateTimeField, QuerySet, UUIDField

from peilian.apps.base.api import Argument, Prepared
from peilian.apps.people.api import NotVisibleError, visible_to
from peilian.apps.practice import clock
from peilian.apps.practice.live import Turn, closing_time, turn
from peilian.apps.practice.models import LIVE_RUNS, DrillEvent, DrillRun, EventKind, RunState
from peilian.apps.practice.results import finish, stop
from peilian.apps.practice.rules import MOST_PAUSES, PAUSE_MS, can_pause
from peilian.engine._kernel import Reason
from peilian.engine.drill import ToolError
from peilian.engine.text.typed import cleaned, is_blank

if TYPE_CHECKING:
    from peilian.apps.people.api import User

LONGEST_LINE = 2000
CUT = "practice.note.cut"
"""The remark of a run that ended because what encloses it did."""
_LONGEST_ARGUMENT, _MOST_ARGUMENTS = 200, 20
_MOST_AT_ONCE = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ticking:
    """The clock of a room, in milliseconds of the drill; ``resumes_in_ms`` while it is paused."""

    now_ms: int
    limit_ms: int
    is_paused: bool
    pauses_left: int
    resumes_in_ms: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of something sent: the new events, whether it is stored (``ack``: number and time of its event), or why
    it was not taken (``fault``). ``due_in_ms``: when to look again if nothing is sent; ``None`` when it is over."""

    run: DrillRun
    clock: Ticking
    events: tuple[DrillEvent, ...] = ()
    ack: tuple[int, int] | None = None
    fault: Reason | None = None
    due_in_ms: int | None = None


def say(*, user: User, run_id: UUID, client_id: UUID, text: str) -> Taken:
    """The trainee writes a line."""
    line = cleaned(text)
    fault = None
    if is_blank(line):
        fault = Reason("practice.fault.empty")
    elif len(line) > LONGEST_LINE:
        fault = Reason("practice.fault.too_long", {"limit": LONGEST_LINE, "length": len(line)})

    def do(visit: Turn) -> None:
        steps = visit.drill.hear(visit.at_ms, line)
        visit.add(EventKind.SAY, steps[-1].at_ms, steps, {"text": line}, client_id)

    return _take(user, run_id, client_id, do, fault, sends=(EventKind.SAY, {"text": line}))


def act(*, user: User, run_id: UUID, client_id: UUID, tool: str, args: Mapping[str, str | float]) -> Taken:
    """The trainee uses a tool of the scenario."""
    given = {cleaned(name): cleaned(value) if isinstance(value, str) else value for name, value in args.items()}
    sizes = [len(part) for part in (tool, *given, *given.values()) if isinstance(part, str)]
    numbers = [value for value in given.values() if not isinstance(value, str)]
    fault = None
    if len(given) > _MOST_ARGUMENTS or max(sizes) > _LONGEST_ARGUMENT or not all(map(_is_plain, numbers)):
        fault = Reason("practice.fault.bad_message")

    name = cleaned(tool)
    used = {"tool": name, "args": given}

    def do(visit: Turn) -> Reason | None:
        try:
            steps = visit.drill.act(visit.at_ms, name, given)
        except ToolError as error:
            return error.reason
        visit.add(EventKind.ACT, steps[-1].at_ms, steps, used, client_id)
        return None

    return _take(user, run_id, client_id, do, fault, sends=(EventKind.ACT, used))


def pause(*, user: User, run_id: UUID, client_id: UUID | None = None) -> Taken:
    """Stop the clock for a few minutes; the customer waits meanwhile without knowing it."""

    def do(visit: Turn) -> Reason | None:
        run = visit.run
        if run.state == RunState.PAUSED:
            return None
        if not can_pause(run):
            return Reason("practice.fault.no_pause")
        at_ms, visit.is_altered = visit.at_ms, True
        run.state, run.paused_at, run.pauses = RunState.PAUSED, clock.at(visit.now_ms), run.pauses + 1
        run.closes_at = closing_time(run)
        visit.add(EventKind.PAUSE, at_ms, [], {}, client_id)
        return None

    return _take(user, run_id, client_id, do, sends=(EventKind.PAUSE, {}), is_for_paused=True)


def resume(*, user: User, run_id: UUID, client_id: UUID | None = None) -> Taken:
    """Let the clock run again."""

    def do(visit: Turn) -> None:
        if visit.run.state == RunState.PAUSED:
            _resume(visit, visit.now_ms, client_id)

    return _take(user, run_id, client_id, do, sends=(EventKind.RESUME, {}), is_for_paused=True)


def end_drill(*, user: User, run_id: UUID, client_id: UUID | None = None) -> Taken:
    """The trainee ends the contact; what was done is scored."""

    def do(visit: Turn) -> None:
        if visit.run.state == RunState.PAUSED:
            _resume(visit, visit.now_ms, None)
        at_ms = visit.at_ms
        visit.add(EventKind.END, at_ms, visit.drill.end(at_ms), {"how": "end"}, client_id)

    return _take(user, run_id, client_id, do, sends=(EventKind.END, {"how": "end"}), is_for_paused=True)


def stop_drill(*, user: User, run_id: UUID, client_id: UUID | None = None) -> Taken:
    """Out at once, whatever is going on. No score, except where a stop counts (``DrillRun.counts_when_stopped``): there
    it is scored as it stands. What ended before keeps its score."""
    try:
        return _stopped(user, run_id, client_id)
    except (NotVisibleError, OperationalError):
        raise
    except Exception:  # it cannot be scored, which is not the fault of who wants out
        log.exception("drill %s: it could not be scored when it was stopped", run_id)
        return _stopped(user, run_id, client_id, is_failed=True)


def tick(*, run_id: UUID) -> Taken:
    """Let time pass in a run, for the server's own timers: nobody asks for it."""
    with turn(run_id) as visit:
        catch_up(visit)
    return _taken(visit)


def _late() -> QuerySet[DrillRun, UUID]:
    late = DrillRun.objects.filter(state__in=LIVE_RUNS, closes_at__lt=Argument("now", DateTimeField()))
    return late.order_by("closes_at").values_list("pk", flat=True)


_LATE = Prepared(lambda: _late()[:_MOST_AT_ONCE])
_LATE_OF = Prepared(lambda: _late().filter(employee=Argument("employee", UUIDField()))[:_MOST_AT_ONCE])


def close_abandoned(*, employee: UUID | None = None) -> int:
    """Bring runs whose time is up to their end, of one person when given; returns how many there were.

    It is done a handful at a time by whoever looks at drills, so that nobody waits for long. A run that cannot be
    brought to its end stands in nobody's way: it is stopped without a score, or tried again later when it is only the
    database that is busy.
    """
    found = _LATE(now=clock.now()) if employee is None else _LATE_OF(now=clock.now(), employee=employee)
    for run_id in found:
        try:
            tick(run_id=run_id)
        except OperationalError:
            log.exception("drill %s: it could not be brought to its end now", run_id)
        except Exception:  # whatever it was, it is this drill's fault and nobody else's
            log.exception("drill %s: its end failed", run_id)
            _give_up(run_id)
    return len(found)


def permit(user: User, run: DrillRun) -> None:
    """Only the trainee, while signed in with a role that holds today."""
    if user.employee_id is None or user.employee_id != run.employee_id or not visible_to(user).grants:
        raise NotVisibleError


def catch_up(visit: Turn) -> None:
    """Bring a run to the present: end a pause that took its time, let fall due what is due, end what cannot go on."""
    run = visit.run
    if run.is_over:
        return
    if visit.is_changed:
        stop(visit, "practice.changed", None)
        return
    if run.paused_at is not None:
        if (ends_ms := clock.ms_of(run.paused_at) + PAUSE_MS) > visit.now_ms:
            return
        _resume(visit, ends_ms, None)
    if steps := visit.drill.advance(visit.at_ms):
        visit.add(EventKind.TICK, steps[-1].at_ms, steps, {})
        finish(visit)
    if visit.is_cut and not run.is_over:
        end_as_it_stands(visit, CUT, "cut")


def end_as_it_stands(visit: Turn, remark: str, how: str, client_id: UUID | None = None) -> None:
    """End a run that goes on, with the score of what was done so far."""
    visit.run.remark, at_ms = remark, visit.at_ms
    visit.add(EventKind.END, at_ms, visit.drill.end(at_ms), {"how": how}, client_id)
    finish(visit)


def ticking(visit: Turn) -> Ticking:
    """The clock of the room that is being visited."""
    run = visit.run
    paused_ms = clock.ms_of(run.paused_at) if run.paused_at else None
    if run.is_over:
        last = visit.added[-1].at_ms if visit.added else None
        now_ms = last if last is not None else run.events.latest("seq").at_ms
    else:
        now_ms = visit.at_ms
    return Ticking(
        now_ms=now_ms,
        limit_ms=_limit_ms(run),
        is_paused=paused_ms is not None,
        pauses_left=MOST_PAUSES - run.pauses if can_pause(run) else 0,
        resumes_in_ms=None if paused_ms is None else max(0, paused_ms + PAUSE_MS - visit.now_ms),
    )


def _limit_ms(run: DrillRun) -> int:
    """The time of a run: that of its scenario, or what is left of that which encloses it."""
    if run.ends_by is None:
        return run.limit_ms
    return max(0, min(run.limit_ms, clock.ms_of(run.ends_by) - clock.ms_of(run.started_at) - run.paused_ms))


def due_in_ms(visit: Turn) -> int | None:
    """How long until something happens by itself."""
    if visit.run.is_over:
        return None
    shown = ticking(visit)
    if shown.resumes_in_ms is not None:
        return shown.resumes_in_ms
    due_ms = visit.drill.next_due_ms
    if visit.run.ends_by is not None:
        due_ms = shown.limit_ms if due_ms is None else min(due_ms, shown.limit_ms)
    return None if due_ms is None else max(0, due_ms - shown.now_ms)


def _stopped(user: User, run_id: UUID, client_id: UUID | None, *, is_failed: bool = False) -> Taken:
    with turn(run_id) as visit:
        permit(user, visit.run)
        run = visit.run
        given = None if visit.sent(client_id) else client_id  # out, whatever the page made of its ids
        if run.counts_when_stopped and not is_failed:
            catch_up(visit)
            if not run.is_over:
                end_as_it_stands(visit, "practice.note.stopped_exam", "stop", given)
        elif not run.is_over:
            stop(visit, "practice.note.failed" if is_failed else "practice.note.stopped", given)
    return _taken(visit, _ack_of(visit, client_id))


def _give_up(run_id: UUID) -> None:
    """Stop a run whose end fails, without a score."""
    try:
        with turn(run_id) as visit:
            if not visit.run.is_over:
                stop(visit, "practice.note.failed", None)
    except Exception:  # it is tried again by the next one who looks at drills
        log.exception("drill %s could not be stopped either", run_id)


def _is_plain(value: float) -> bool:
    return not isinstance(value, bool) and abs(value) < 1e15 and math.isfinite(value)


def _take(
    user: User,
    run_id: UUID,
    client_id: UUID | None,
    do: Callable[[Turn], Reason | None],
    fault: Reason | None = None,
    *,
    sends: tuple[EventKind, Mapping[str, Any]],
    is_for_paused: bool = False,
) -> Taken:
    """Do something in a run, once. ``sends`` is what becomes of it in an event: its kind, and what came in.

    ``fault`` is what is wrong with it already; time catches up all the same.
    """
    with turn(run_id) as visit:
        permit(user, visit.run)
        before, ack = visit.sent(client_id), None
        if before is not None and (before.kind, before.given) == (str(sends[0]), sends[1]):
            ack, fault = (before.seq, before.at_ms), None
        elif before is not None:
            fault = Reason("practice.fault.reused")
        if ack is None:
            catch_up(visit)
            if visit.run.is_over:
                fault = Reason("practice.fault.over")
            elif visit.run.state == RunState.PAUSED and not is_for_paused:
                fault = Reason("practice.fault.paused")
            if fault is None:
                fault = do(visit)
            if fault is None:
                ack = _ack_of(visit, client_id)
                finish(visit)
    return _taken(visit, ack, fault)


def _ack_of(visit: Turn, client_id: UUID | None) -> tuple[int, int]:
    """The event that was made of what was sent; where it changed nothing, what the run stands at."""
    event = next((event for event in visit.added if event.client_id == client_id), None)
    return (visit.run.seq, visit.at_ms) if event is None else (event.seq, event.at_ms)


def _resume(visit: Turn, until_ms: int, client_id: UUID | None) -> None:
    run = visit.run
    assert run.paused_at is not None
    at_ms, visit.is_altered = visit.at_ms, True
    run.paused_ms += max(0, until_ms - clock.ms_of(run.paused_at))
    run.state, run.paused_at = RunState.RUNNING, None
    run.closes_at = closing_time(run)
    visit.add(EventKind.RESUME, at_ms, [], {}, client_id)


def _taken(visit: Turn, ack: tuple[int, int] | None = None, fault: Reason | None = None) -> Taken:
    return Taken(visit.run, ticking(visit), tuple(visit.added), ack, fault, due_in_ms(visit))
