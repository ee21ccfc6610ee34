"""The WebSocket of an exam; what is said over it is described in ``talk``."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from time import monotonic
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError, User
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.answers import NoAnswerError
from peilian.web.exams.talk import Sent, Teller, Text, UnreadableError, code_of, fault, parse, unreadable
from peilian.web.shell.access import user_of_socket
from peilian.web.shell.languages import DJANGO_CODES
from peilian.web.shell.sockets import Socket, in_database

REFUSED = 4404
TRY_AGAIN = 1013  # the page connects again by itself
_MOST_TEXTS, _WITHIN_SECONDS = 60, 10.0
"""Nobody answers faster; what is sent again after a cut comes in a burst of one text a question."""

TRUSTED_SECONDS = 5.0
"""For so long after it was asked whether somebody may answer, the next answer is taken without asking again."""

log = logging.getLogger(__name__)


class ExamConsumer(Socket):
    """One page of an attempt. Who may answer is asked anew every few seconds."""

    _teller: Teller | None = None
    _user: User | None = None
    _asked_at = float("-inf")

    async def connect(self) -> None:
        """Accept the person whose attempt it is; absent and forbidden are refused alike."""
        self._taken_at: deque[float] = deque(maxlen=_MOST_TEXTS)
        await self.accept()
        await self._answer(self._room)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a text of the page."""
        try:
            sent = parse(text_data)
        except UnreadableError as error:
            await self._tell(fault("bad_message", self._words("bad_message"), error.id))
            return
        if self._is_too_fast():
            await self._tell(fault("busy", self._words("busy"), sent.id, sent.n))
        elif sent.type == "sync":
            await self._answer(self._room)
        else:
            await self._answer(lambda: self._save(sent), sent)

    async def _answer(self, do: Any, sent: Sent | None = None) -> None:
        """Do something in the database and tell the page what came of it."""
        try:
            text: Text = await in_database(do)
        except NotVisibleError:
            await self.close(code=REFUSED)
        except Exception:  # whatever it was, the page is to know that nothing is stored
            log.exception("exam %s: a text could not be answered", self._attempt_id)
            if sent is None:
                await self.close(code=TRY_AGAIN)
            else:
                await self._tell(fault("busy", self._words("busy"), sent.id, sent.n))
        else:
            await self._tell(text)

    def _room(self) -> Text:
        user = self._person()
        room = learning.open_attempt(user=user, attempt_id=self._attempt_id)
        if room is None:
            return {"type": "over"}
        self._teller = self._teller or Teller(self._attempt_id, user.reading_language)
        return self._teller.room(room)

    def _save(self, sent: Sent) -> Text:
        user = self._person()
        if self._teller is None:  # it was over when the page came
            return self._room()
        assert sent.id is not None
        try:
            saved = learning.save_answer(
                user=user,
                attempt_id=self._attempt_id,
                number=sent.n,
                answer=self._teller.stored(sent),
                known=sent.known,
                client_id=sent.id,
            )
        except NoAnswerError:
            return fault("bad_message", self._words("bad_message"), sent.id, sent.n)
        except InputError as error:
            reason = error.faults[0].reason
            return fault(code_of(reason.key), say(reason, user.reading_language), sent.id, sent.n)
        return self._teller.saved(sent, saved)

    def _person(self) -> User:
        """The user of the socket, read a moment ago."""
        now = monotonic()
        if self._user is None or now - self._asked_at >= TRUSTED_SECONDS:
            self._user, self._asked_at = None, now
            self._user = user_of_socket(self.scope)
        return self._user

    async def _tell(self, text: Text) -> None:
        await self.send(text_data=json.dumps(text, ensure_ascii=False, separators=(",", ":")))

    def _is_too_fast(self) -> bool:
        now = asyncio.get_running_loop().time()
        if len(self._taken_at) == _MOST_TEXTS and now - self._taken_at[0] < _WITHIN_SECONDS:
            return True
        self._taken_at.append(now)
        return False

    def _words(self, code: str) -> str:
        user = self.scope["user"]
        with override(DJANGO_CODES[user.reading_language if isinstance(user, User) else "zh"]):
            if code == "busy":
                return _("The server is busy. Your answer is kept here and sent again.")
            return unreadable()

    @property
    def _attempt_id(self) -> UUID:
        attempt_id: UUID = self.scope["url_route"]["kwargs"]["pk"]
        return attempt_id
