"""The WebSocket of a drill room; what is said over it is described in ``room``."""

from __future__ import annotations

import asyncio
import json
import logging
from uuid import UUID

from peilian.apps.people.api import NotVisibleError, User
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Reason
from peilian.web.practice.hub import OpenRoom, hub
from peilian.web.practice.room import LONGEST_TEXT, Sent, Teller, Text, UnreadableError, parse, teller_for
from peilian.web.shell.access import user_of_socket
from peilian.web.shell.sockets import Socket, in_database

REFUSED = 4404
SHORTEST_SYNC_SECONDS = 0.5
TRY_AGAIN = 1013  # the page connects again by itself

log = logging.getLogger(__name__)


class DrillConsumer(Socket):
    """One tab of the trainee. Who may take part is asked anew for every text."""

    teller: Teller
    _room: OpenRoom | None = None
    _synced_at = float("-inf")

    async def connect(self) -> None:
        """Accept the trainee of the run; absent and forbidden are refused alike."""
        await self.accept()
        await self._enter()

    async def disconnect(self, code: int) -> None:
        """Leave the room; the drill goes on."""
        if self._room is not None:
            self._room.leave(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a text of the page."""
        if self._room is None:
            return
        try:
            sent = parse(text_data)
        except UnreadableError as error:
            await self.tell(self.teller.fault(_fault_of(text_data), error.id))
            return
        if sent.type == "sync":
            await self._catch_up()
            return
        try:
            await self._room.take(self, sent, lambda: self._do(sent))
        except NotVisibleError:
            await self.leave()

    async def tell(self, text: Text) -> None:
        """Send one text."""
        await self.send(text_data=json.dumps(text, ensure_ascii=False, separators=(",", ":")))

    def may_stay(self) -> bool:
        """Whether the user is still allowed in."""
        try:
            practice.require_trainee(user=self._user(), run_id=self._run_id)
        except NotVisibleError:
            return False
        return True

    async def leave(self) -> None:
        """Close the connection for good."""
        if self._room is not None:
            self._room.leave(self)
            self._room = None
        await self.close(code=REFUSED)

    @property
    def _run_id(self) -> UUID:
        run_id: UUID = self.scope["url_route"]["kwargs"]["pk"]
        return run_id

    async def _catch_up(self) -> None:
        """Send the room again. What was sent a moment ago is fresh enough."""
        now = asyncio.get_running_loop().time()
        if now - self._synced_at >= SHORTEST_SYNC_SECONDS:
            self._synced_at = now
            await self._enter()

    async def _enter(self) -> None:
        # Refused before a room is made for it: anybody can ask for any id.
        if not await in_database(self.may_stay):
            await self.leave()
            return
        self._room = hub().room(self._run_id)
        try:
            await self._room.enter(self, self._open)
        except NotVisibleError:
            await self.leave()
        except Exception:  # whatever it was, the page is to try again
            log.exception("drill %s could not be opened", self._run_id)
            self._room.leave(self)
            self._room = None
            await self.close(code=TRY_AGAIN)

    def _open(self) -> tuple[practice.Room, Text]:
        user = self._user()
        room = practice.open_room(user=user, run_id=self._run_id)
        self.teller = teller_for(room, user.reading_language)
        return room, self.teller.room(room)

    def _do(self, sent: Sent) -> practice.Taken:
        user, run_id = self._user(), self._run_id
        if sent.type == "say" and sent.id is not None:
            return practice.say(user=user, run_id=run_id, client_id=sent.id, text=sent.text)
        if sent.type == "act" and sent.id is not None:
            return practice.act(user=user, run_id=run_id, client_id=sent.id, tool=sent.tool, args=sent.args)
        simple = {
            "pause": practice.pause,
            "resume": practice.resume,
            "end": practice.end_drill,
            "stop": practice.stop_drill,
        }
        return simple[sent.type](user=user, run_id=run_id, client_id=sent.id)

    def _user(self) -> User:
        return user_of_socket(self.scope)


def _fault_of(raw: str | None) -> Reason:
    if raw is not None and len(raw) > LONGEST_TEXT:
        return Reason("practice.fault.too_long", {"limit": practice.LONGEST_LINE, "length": len(raw)})
    return Reason("practice.fault.bad_message")
