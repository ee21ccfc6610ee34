"""The rooms that are open in this process: who is in them, and when they wake.

A room serves one text after another, so that all its tabs see the same order. It wakes by itself when something falls
due, and goes on waking when everybody has left, until the drill is over: a customer does not wait longer because a
browser was closed. After a restart a room is caught up when somebody opens it or looks at lists of drills.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Reason
from peilian.web.practice.room import Sent, Teller, Text, clock
from peilian.web.shell.sockets import in_database

# Three a second: nobody types faster, and what is sent again after a cut comes in a burst.
_MOST_TEXTS, _WITHIN_SECONDS = 6, 2.0
_TRY_AGAIN_SECONDS = 1.0
_MOST_DOUBLINGS = 6
_SHORTEST_NAP_SECONDS = 0.02
_SEND_SECONDS = 5.0
_MOST_TABS = 8

log = logging.getLogger(__name__)
T = TypeVar("T")


class Member(Protocol):
    """A connection of the trainee."""

    teller: Teller

    async def tell(self, text: Text) -> None:
        """Send one text."""

    def may_stay(self) -> bool:
        """Whether the user is still allowed in; asks the database."""

    async def leave(self) -> None:
        """Close the connection for good."""


class OpenRoom:
    """One run that is played here."""

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        self.members: list[Member] = []
        self.seq = 0
        self.is_over = False
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tick: asyncio.Task[None] | None = None
        self._taken_at: deque[float] = deque(maxlen=_MOST_TEXTS)
        self._failures = 0

    async def enter(self, member: Member, open_: Callable[[], tuple[practice.Room, Text]]) -> None:
        """Let somebody in: ``open_`` (in the thread of the database) gives the room and the member's first text."""
        async with self._lock:
            room, text = await in_database(open_)
            self.leave(member)
            while len(self.members) >= _MOST_TABS:
                await self.members.pop(0).leave()
            await self._show([event for event in room.events if event.seq > self.seq], room.run)
            self.members.append(member)
            self.seq, self.is_over = room.run.seq, room.run.is_over
            await _tell(member, text)
            self._sleep(room.due_in_ms)

    async def take(self, member: Member, sent: Sent, do: Callable[[], practice.Taken]) -> None:
        """Take what a member sent: store it, acknowledge it, show to all what came of it."""
        async with self._lock:
            if (sent.type != "stop" or self.is_over) and await self._is_too_fast(sent):
                await _tell(member, member.teller.fault(Reason("practice.fault.too_fast"), sent.id))
                return
            try:
                taken = await in_database(do)
            except NotVisibleError:
                raise
            except Exception:  # whatever it was, the line is not stored and the trainee is to know
                log.exception("drill %s: %s was not stored", self.run_id, sent.type)
                await _tell(member, member.teller.fault(Reason("practice.fault.busy"), sent.id))
                self._sleep(round(_TRY_AGAIN_SECONDS * 1000))
                return
            if taken.ack is not None and sent.id is not None:
                seq, at_ms = taken.ack
                await _tell(member, {"type": "ack", "id": str(sent.id), "seq": seq, "at_ms": at_ms})
            await self._follow(taken)
            if taken.fault is not None:
                await _tell(member, member.teller.fault(taken.fault, sent.id))

    def leave(self, member: Member) -> None:
        """Somebody has gone; the drill goes on."""
        if member in self.members:
            self.members.remove(member)

    async def wake(self) -> None:
        """Let time pass."""
        async with self._lock:
            try:
                taken = await in_database(lambda: practice.tick(run_id=self.run_id))
                allowed = await in_database(self._allowed)
                for member in [member for member in self.members if member not in allowed]:
                    self.leave(member)
                    await member.leave()
                await self._follow(taken)
            except NotVisibleError:
                self.is_over = True
            except Exception:  # whatever it was: without an alarm the room would never wake again
                log.exception("drill %s: time could not pass", self.run_id)
                self._sleep(round(_TRY_AGAIN_SECONDS * 1000 * 2 ** min(self._failures, _MOST_DOUBLINGS)))
                self._failures += 1
            else:
                self._failures = 0

    async def _follow(self, taken: practice.Taken) -> None:
        """Show what is new, including what another process or page has added, and set the alarm."""
        news: Sequence[practice.DrillEvent] = taken.events
        if taken.run.seq - self.seq != len(news):
            news = await in_database(lambda: practice.events_after(run_id=self.run_id, seq=self.seq))
        if news:
            await self._show(news, taken.run)
            await self._tell_all(lambda _: {"type": "clock", **clock(taken.clock)})
        self.seq, self.is_over = taken.run.seq, taken.run.is_over
        self._sleep(taken.due_in_ms)

    async def _show(self, news: Sequence[practice.DrillEvent], run: practice.DrillRun) -> None:
        if not news:
            return
        for member in list(self.members):
            for event in news:
                for text in member.teller.event(event):
                    await _tell(member, text)
            if run.is_over:
                await _tell(member, member.teller.over(run))

    async def _tell_all(self, text_for: Callable[[Member], Text]) -> None:
        for member in list(self.members):
            await _tell(member, text_for(member))

    def _allowed(self) -> list[Member]:
        return [member for member in self.members if member.may_stay()]

    async def _is_too_fast(self, sent: Sent) -> bool:
        now = asyncio.get_running_loop().time()
        if len(self._taken_at) == _MOST_TEXTS and now - self._taken_at[0] < _WITHIN_SECONDS:
            # What is stored already is only acknowledged again, however fast it comes.
            return not await in_database(lambda: practice.is_stored(run_id=self.run_id, client_id=sent.id))
        self._taken_at.append(now)
        return False

    def _sleep(self, due_in_ms: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due_in_ms is not None:
            delay = max(_SHORTEST_NAP_SECONDS, due_in_ms / 1000)
            self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._tick = asyncio.get_running_loop().create_task(self.wake())


class Hub:
    """The open rooms of one event loop."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, OpenRoom] = {}

    def room(self, run_id: UUID) -> OpenRoom:
        """The room of a run; rooms that are over and empty are cleared away."""
        for done in [key for key, room in self._rooms.items() if room.is_over and not room.members]:
            del self._rooms[done]
        return self._rooms.setdefault(run_id, OpenRoom(run_id))


_hubs: WeakKeyDictionary[Any, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


async def _tell(member: Member, text: Text) -> None:
    """Send to one connection; one that takes too long is left to find out by itself what it missed."""
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await member.tell(text)
    except (TimeoutError, OSError, RuntimeError):
        log.debug("a connection did not take %s", text["type"])
