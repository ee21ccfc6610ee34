"""Drills in the memory of this process, and the one way to add events to a run.

A run is entered by one thread at a time (a lock here, the run's row in the database), so its events are numbered
without gaps. What a turn adds is committed as a whole before anybody hears of it; when the turn fails, the drill in
memory is dropped and made again from what is stored. A drill in memory is also made again when the database is ahead of
it, which happens when another process served the run in between.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from peilian.apps.base.api import bookkeeping
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import clock
from peilian.apps.practice.models import DrillEvent, DrillRun, EventKind, RunState
from peilian.apps.practice.offered import pinned_cast
from peilian.apps.practice.recording import payload_of, resumed
from peilian.apps.practice.rules import PAUSE_MS
from peilian.engine.drill import ENGINE_VERSION, Cast, Drill, Step

_MOST_IN_MEMORY = 2000

log = logging.getLogger(__name__)


class ChangedError(Exception):
    """The run cannot go on: what it was pinned to is not what this process plays."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a page sent, as the event that it became: its number and time, its kind, and what came in."""

    seq: int
    at_ms: int
    kind: str
    given: Mapping[str, Any]

    @classmethod
    def of(cls, event: DrillEvent) -> Stored:
        """The event as what was sent."""
        return cls(event.seq, event.at_ms, str(event.kind), event.payload["input"])


@dataclass
class Kept:
    """A drill as of event ``seq`` at ``at_ms``. ``sent`` tells by the page's id which event it became."""

    drill: Drill
    seq: int
    at_ms: int
    sent: dict[UUID, Stored]
    clock: clock.Clock


@dataclass
class _Place:
    lock: threading.RLock = field(default_factory=threading.RLock)
    kept: Kept | None = None


_places: OrderedDict[UUID, _Place] = OrderedDict()
_places_lock = threading.Lock()


@dataclass
class Turn:
    """One visit to a run, inside its transaction. ``added`` are the events it has made so far.

    ``kept`` is ``None`` when the run is over already, or cannot go on.
    """

    run: DrillRun
    kept: Kept | None
    now_ms: int
    added: list[DrillEvent] = field(default_factory=list)
    is_changed: bool = False
    is_altered: bool = False  # more of the run's row is to be saved than the number of its last event

    @property
    def is_cut(self) -> bool:
        """Whether what encloses the drill has ended."""
        return self.run.ends_by is not None and self.now_ms >= clock.ms_of(self.run.ends_by)

    def sent(self, client_id: UUID | None) -> Stored | None:
        """What was stored before of that which a page sent under this id."""
        if client_id is None:
            return None
        if self.kept is not None:
            return self.kept.sent.get(client_id)
        event = self.run.events.filter(client_id=client_id).first()
        return None if event is None else Stored.of(event)

    @property
    def drill(self) -> Drill:
        """The drill of a run that goes on."""
        assert self.kept is not None
        return self.kept.drill

    @property
    def at_ms(self) -> int:
        """The drill's time: since the start, without pauses, and never before what has happened; what encloses a drill
        ends its time too."""
        run = self.run
        until = clock.ms_of(run.paused_at) if run.paused_at else self.now_ms
        until = until if run.ends_by is None else min(until, clock.ms_of(run.ends_by))
        elapsed = until - clock.ms_of(run.started_at) - run.paused_ms
        happened = self.added[-1].at_ms if self.added else self.kept.at_ms if self.kept else 0
        return max(0, elapsed, happened)

    def add(
        self,
        kind: EventKind,
        at_ms: int,
        steps: Sequence[Step],
        given: Mapping[str, Any],
        client_id: UUID | None = None,
    ) -> DrillEvent:
        """Store one event; the run's row is saved when the turn ends."""
        event = DrillEvent(
            run=self.run,
            seq=self.run.seq + 1,
            at_ms=at_ms,
            kind=kind,
            client_id=client_id,
            payload=payload_of(given, steps, self.drill),
            recorded_at=clock.at(self.now_ms),
        )
        event.save(force_insert=True)
        self.run.seq = event.seq
        self.added.append(event)
        return event


@contextmanager
def turn(run_id: UUID) -> Iterator[Turn]:
    """Enter a run: locked, in a transaction, its drill at hand. Everything is stored, or nothing has happened."""
    place = _place(run_id)
    with place.lock:
        try:
            with bookkeeping():
                visit = _enter(run_id, place)
                yield visit
                if visit.added:
                    visit.run.save(update_fields=None if visit.is_altered else ["seq"])
            _keep(place, visit)
        except NotVisibleError:
            raise  # refused before anything was touched
        except BaseException:
            place.kept = None
            raise


def forget(run_id: UUID) -> None:
    """Drop a drill from memory, as a new process would begin."""
    with _places_lock:
        _places.pop(run_id, None)


def cast_for(run: DrillRun) -> Cast:
    """What the run is played with; ``ChangedError`` when it began with something else."""
    cast = pinned_cast(run)
    if cast is None:
        raise ChangedError
    pinned = (run.scenario_version, run.model_version, run.engine_version)
    if (cast.scenario.version, cast.model.version, ENGINE_VERSION) != pinned:
        raise ChangedError
    return cast


def closing_time(run: DrillRun) -> datetime:
    """When the time of a run is up at the latest: a pause that runs is counted whole."""
    pause = PAUSE_MS if run.state == RunState.PAUSED else 0
    closes = run.started_at + timedelta(milliseconds=run.limit_ms + run.paused_ms + pause)
    return closes if run.ends_by is None else min(closes, run.ends_by)


def _place(run_id: UUID) -> _Place:
    with _places_lock:
        place = _places.setdefault(run_id, _Place())
        _places.move_to_end(run_id)
        while len(_places) > _MOST_IN_MEMORY:
            _places.popitem(last=False)
        return place


def _enter(run_id: UUID, place: _Place) -> Turn:
    try:
        run = DrillRun.objects.select_for_update().defer("result", "debrief").get(pk=run_id)
    except DrillRun.DoesNotExist:
        raise NotVisibleError from None
    if run.is_over:
        return Turn(run, None, clock.wall_ms())
    if place.kept is None or place.kept.seq != run.seq:
        try:
            place.kept = _load(run)
        except ChangedError:
            return Turn(run, None, clock.wall_ms(), is_changed=True)
    return Turn(run, place.kept, place.kept.clock.now_ms())


def _load(run: DrillRun) -> Kept:
    cast = cast_for(run)
    events = list(run.events.order_by("seq"))
    sent = {event.client_id: Stored.of(event) for event in events if event.client_id}
    try:
        drill = resumed(cast, run.seed, run.mode, events)
    except (TypeError, KeyError, ValueError):
        log.exception("drill %s: its events cannot be read", run.pk)
        raise ChangedError from None
    return Kept(drill, run.seq, events[-1].at_ms, sent, clock.Clock())


def _keep(place: _Place, visit: Turn) -> None:
    """What was committed is what memory holds."""
    if visit.kept is None or visit.run.is_over:
        place.kept = None
        return
    if visit.added:
        visit.kept.seq, visit.kept.at_ms = visit.run.seq, visit.added[-1].at_ms
    visit.kept.sent.update({event.client_id: Stored.of(event) for event in visit.added if event.client_id})
    place.kept = visit.kept
