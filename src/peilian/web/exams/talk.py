"""What an exam's page and the server say to each other: JSON texts over ``/ws/exams/<attempt id>/``.

Answers are by places in what is shown, as ``answers`` describes them; no text holds a key, a name or an explanation.
The server owns the clock. It closes with code 4404 when there is no such attempt, or the user may not take it: do not
reconnect. On any other close the page reconnects and sends everything without an ``ack`` again, under the same ids.

From the server
---------------

``room``   {"type", "left_ms": 1200000 | null, "answers": {"3": {"answer", "seq"}}}: after connecting and after
           ``sync``. ``seq`` is the event that an answer stands by; a question that is left out was never answered.
``ack``    {"type", "id", "n", "seq", "left_ms"}: the answer is stored. Comes after the commit, never before.
``fault``  {"type", "code", "message", "id": "..." | null, "n"?, "seq"?, "answer"?}: what was sent was not taken. Codes:
           ``elsewhere`` (another page has answered meanwhile: ``answer`` stands there by ``seq``), ``over`` (the time
           is up), ``bad_message``, ``too_long``, ``busy`` (send it again a little later).
``over``   {"type"}: the attempt has ended.

From the page
-------------

``answer`` {"type", "id", "n": 3, "answer", "known": 0}: ``id`` is a UUID made by the page, ``known`` the ``seq`` that
           the page knows of this question.
``sync``   {"type"}: send ``room`` again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeGuard
from uuid import UUID

from django.utils.translation import gettext as _

from peilian.apps.learning import api as learning
from peilian.engine._kernel import Language
from peilian.flows.wording import say
from peilian.web.exams.answers import to_page, to_stored
from peilian.web.exams.faces import Face, face_of

LONGEST_TEXT = 130_000  # characters of one text of a page: the longest answer, every character escaped
_CODES = {
    "learning.answered_elsewhere": "elsewhere",
    "learning.time_is_up": "over",
    "learning.answer_too_long": "too_long",
}

Text = dict[str, Any]


class UnreadableError(ValueError):
    """A text of a page that makes no sense. ``id`` is told where it could be read."""

    def __init__(self, id: UUID | None = None) -> None:
        super().__init__("unreadable")
        self.id = id


@dataclass(frozen=True, slots=True)
class Sent:
    """A text of a page; ``n`` is 0 when nothing was answered."""

    type: str
    id: UUID | None = None
    n: int = 0
    answer: Any = None
    known: int = 0


def parse(raw: str | None) -> Sent:
    """Read what a page sent; ``UnreadableError`` for anything that is not as described above."""
    if raw is None or len(raw) > LONGEST_TEXT:
        raise UnreadableError
    try:
        body = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise UnreadableError from None
    if not isinstance(body, dict):
        raise UnreadableError
    if body.get("type") == "sync":
        return Sent("sync")
    try:
        id_ = UUID(body["id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        raise UnreadableError from None
    n, known = body.get("n"), body.get("known")
    if body.get("type") != "answer" or "answer" not in body or not (_is_number(n) and _is_number(known)):
        raise UnreadableError(id_)
    return Sent("answer", id_, n, body["answer"], known)


@dataclass(slots=True)
class Teller:
    """Puts one attempt into texts. The faces of its questions are read once."""

    attempt_id: UUID
    language: Language
    faces: Mapping[int, Face] = field(default_factory=dict)

    def room(self, room: learning.Room) -> Text:
        """What stands answered, and the time."""
        exam_language: Language = "en" if room.attempt.language == "en" else "zh"
        self.faces = {asked.question.number: face_of(asked, exam_language) for asked in room.asked}
        answers = {
            str(asked.question.number): {
                "answer": to_page(self.faces[asked.question.number], asked.answer), "seq": asked.seq,
            }
            for asked in room.asked
            if asked.seq
        }  # fmt: skip
        left = None if room.seconds_left is None else round(room.seconds_left * 1000)
        return {"type": "room", "left_ms": left, "answers": answers}

    def stored(self, sent: Sent) -> dict[str, Any] | None:
        """The answer by names; ``NoAnswerError`` when it is none."""
        return to_stored(self.faces[sent.n], sent.answer) if sent.n in self.faces else None

    def saved(self, sent: Sent, saved: learning.Saved) -> Text:
        """What came of an answer."""
        if saved.fault is None:
            ends_at = saved.ends_at
            left = None if ends_at is None else max(0, round((ends_at - saved.at).total_seconds() * 1000))
            return {"type": "ack", "id": str(sent.id), "n": sent.n, "seq": saved.seq, "left_ms": left}
        return {
            "type": "fault", "code": _CODES.get(saved.fault.key, "bad_message"), "id": str(sent.id), "n": sent.n,
            "message": say(saved.fault, self.language), "seq": saved.seq,
            "answer": to_page(self.faces[sent.n], saved.answer),
        }  # fmt: skip


def fault(code: str, message: str, sent_id: UUID | None = None, n: int = 0) -> Text:
    """A text that says what was not taken."""
    return {"type": "fault", "code": code, "message": message, "id": str(sent_id) if sent_id else None, "n": n}


def unreadable() -> str:
    """What is said of an answer that is none, in the language of the page."""
    return _("This answer could not be read, so it is not stored. Please answer the question once more.")


def code_of(key: str) -> str:
    """The code of a fault by the key of its reason."""
    return _CODES.get(key, "bad_message")


def _is_number(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value < 2**31


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
