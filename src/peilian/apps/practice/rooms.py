"""The room of a drill as somebody who opens it finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice.live import ChangedError, cast_for, turn
from peilian.apps.practice.models import DrillEvent, DrillRun, RunMode
from peilian.apps.practice.rules import MOST_PAUSES, exam_note
from peilian.apps.practice.turns import Ticking, catch_up, due_in_ms, permit, ticking
from peilian.engine._kernel import Reason
from peilian.engine.drill import Gauge, Scenario
from peilian.engine.drill.conditions import holds, values_of
from peilian.engine.drill.model import Mode
from peilian.engine.drill.state import State

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Room:
    """A run with everything that happened in it. ``scenario`` and ``mode`` are ``None`` when it is over and the content
    that it was played with is no longer there."""

    run: DrillRun
    scenario: Scenario | None
    mode: Mode | None
    events: tuple[DrillEvent, ...]
    clock: Ticking
    notes: tuple[Reason, ...]
    due_in_ms: int | None

    @property
    def can_ever_pause(self) -> bool:
        """Whether pauses are allowed in this run at all."""
        return self.run.mode != RunMode.HARD and not self.run.is_exam and MOST_PAUSES > 0

    @property
    def shows_reasons(self) -> bool:
        """Whether the trainee sees why the indices move."""
        return self.mode is not None and self.mode.shows_reasons and not self.run.is_enclosed


@dataclass(frozen=True, slots=True)
class ScriptPoint:
    """A required element beside the chat: how much of it was said (0, 0.5 or 1), and whether it is asked for now."""

    id: str
    label: str
    share: float
    is_met: bool
    is_due: bool


def open_room(*, user: User, run_id: UUID) -> Room:
    """The room of an own run, brought to the present. ``NotVisibleError`` for anybody else."""
    with turn(run_id) as visit:
        permit(user, visit.run)
        catch_up(visit)
        shown, due = ticking(visit), due_in_ms(visit)
    run = visit.run
    try:
        cast = visit.drill.cast if visit.kept is not None else cast_for(run)
    except ChangedError:
        cast = None
    return Room(
        run=run,
        scenario=cast.scenario if cast else None,
        mode=cast.model.modes[run.mode] if cast else None,
        events=tuple(run.events.order_by("seq")),
        clock=shown,
        notes=_notes(run),
        due_in_ms=due,
    )


def script_of(room: Room) -> list[ScriptPoint]:
    """The required elements of a run with the script in view, and what has become of them; none of any other run."""
    if not room.run.shows_script or room.scenario is None or not room.events:
        return []
    stored = dict(room.events[-1].payload["state"])
    stored.pop("now_ms", None)
    state = State.from_dict(stored)
    values = values_of(state)
    shares = {key: element.share for key, element in state.elements.items()}
    return [
        ScriptPoint(item.element_id, item.label, share, share >= 1, holds(item.when, values))
        for item in room.scenario.required
        for share in [shares[item.element_id]]
    ]


def require_trainee(*, user: User, run_id: UUID) -> None:
    """``NotVisibleError`` unless the user may take part in the run now."""
    run = DrillRun.objects.only("employee_id").filter(pk=run_id).first()
    if run is None:
        raise NotVisibleError
    permit(user, run)


def events_after(*, run_id: UUID, seq: int) -> list[DrillEvent]:
    """The events of a run that are newer than number ``seq``, for a room that shows it; asks nobody's permission."""
    return list(DrillEvent.objects.filter(run=run_id, seq__gt=seq).order_by("seq"))


def is_stored(*, run_id: UUID, client_id: UUID | None) -> bool:
    """Whether what a page sent under this id is an event already."""
    return client_id is not None and DrillEvent.objects.filter(run=run_id, client_id=client_id).exists()


def _notes(run: DrillRun) -> tuple[Reason, ...]:
    """What the trainee should know about this run."""
    found = {
        "practice.note.abuse": run.is_abuse and not run.is_over,
        "practice.note.enclosed": run.is_enclosed and not run.is_over,
        exam_note(is_abuse=run.is_abuse).key: run.is_exam and not run.is_enclosed and not run.is_over,
        "practice.note.fork": run.is_fork,
        "practice.note.script": run.shows_script,
        run.remark: bool(run.remark),
    }
    return tuple(Reason(key) for key, is_told in found.items() if is_told)


# Words for the mood of a customer who is not stirred up, from the best down, and then by how far stirred up.
_MOODS = ((0.4, "pleased"), (0.0, "content"), (-0.25, "doubtful"))
_STIRRED = ("unhappy", "annoyed", "angry", "furious", "gone")


def mood_of(gauge: Gauge) -> Reason:
    """How the customer feels, in a word."""
    if gauge.escalation == 0:
        name = next((name for least, name in _MOODS if gauge.mood >= least), _STIRRED[0])
    else:
        name = _STIRRED[min(gauge.escalation, 4)]
    return Reason(f"practice.mood.{name}")


def told_of(run: DrillRun) -> Reason:
    """How the run came out, in a few words."""
    return Reason(f"practice.outcome.{run.outcome}")
