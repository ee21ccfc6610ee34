"""Putting rows together to conversations: order, identity, conversations that grow, clock faults (时钟异常).

The order of the source is what an export means by "then"; time is what its clocks say. Both are needed: messages are
read in time order, and an answer whose time lies before the question it follows in the source is a fault of a clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import attrgetter
from typing import Any

from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.conversation.canonical import About, MessageRow
from peilian.engine.conversation.values import Conversation, Message, Role

_ROLES = {role.value: role for role in Role}
_HUMANS = frozenset((Role.AGENT.value, Role.SUPERVISOR.value))
_REMEMBERED = 100_000  # conversations and roles whose last time is remembered while a file streams by
_TRUSTED = 0.1  # share of steps against the order that still counts as clocks gone wrong
_MANY = 3  # steps back without which no file counts as shuffled


class Direction(StrEnum):
    """How the rows of a file stand to the order of events."""

    FORWARD = "forward"
    BACKWARD = "backward"  # newest first
    NONE = "none"  # shuffled: only the times say


class DirectionSense:
    """Judges the direction of a file from the steps between the rows of one conversation.

    Two speakers may have clocks that disagree; one speaker's own clock hardly runs backwards. So a file counts as
    ordered unless steps between rows of one role run back. It is newest first when all steps do, whoever speaks; it is
    shuffled when too many do for a few wrong clocks.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], int] = {}
        self._own = _Steps()  # between rows of one role
        self._all = _Steps()  # between neighbours of any roles

    def notice(self, row: MessageRow) -> None:
        """Take in the next row of the file."""
        at = row.at_ms
        if at is None:
            return
        last = self._last
        if len(last) >= _REMEMBERED:
            last.clear()
        role, anyone = (row.conversation_id, row.role), (row.conversation_id, "")
        self._own.count(last.get(role), at)
        self._all.count(last.get(anyone), at)
        last[role] = last[anyone] = at

    @property
    def direction(self) -> Direction:
        """The verdict on the rows noticed so far."""
        own, neighbours = self._own, self._all
        if own.back <= _TRUSTED * (own.back + own.forth):
            return Direction.FORWARD
        if max(own.share_forth, neighbours.share_forth) <= _TRUSTED:
            return Direction.BACKWARD
        return Direction.NONE if own.back >= _MANY else Direction.FORWARD


@dataclass(slots=True)
class _Steps:
    """Steps forth and back in time; a step of no time is none."""

    forth: int = 0
    back: int = 0

    def count(self, last: int | None, at: int) -> None:
        if last is not None:
            if at > last:
                self.forth += 1
            elif at < last:
                self.back += 1

    @property
    def share_forth(self) -> float:
        return self.forth / max(1, self.forth + self.back)


@dataclass(slots=True)
class Rows:
    """The rows of one conversation from one file, in the order of the file."""

    messages: list[MessageRow] = field(default_factory=list)
    abouts: list[About] = field(default_factory=list)
    direction: Direction = Direction.FORWARD


@dataclass(frozen=True, slots=True)
class Assembled:
    """A conversation with what the rows added to what was stored of it."""

    conversation: Conversation
    n_new: int
    n_duplicate: int
    is_changed: bool  # new messages, or something new about the conversation


def assemble(conversation_id: str, sources: Sequence[Rows], stored: Conversation | None = None) -> Assembled | None:
    """The conversation that the rows of several files, and what is stored already, make.

    A message is known by its ``message_id``; the first one of an id stays. ``None`` when there is not one message.
    Raises ``InputError`` when timed and untimed messages would stand in one conversation.
    """
    known = {message.message_id for message in stored.messages} if stored else set()
    first_seq = 1 + max((message.seq for message in stored.messages), default=-1) if stored else 0
    new: list[Message] = []
    ordered = [_in_source_order(source) for source in sources]
    for source, rows in zip(sources, ordered, strict=True):
        for row, message_id, is_fault in _identified(rows, source.direction):
            if message_id not in known:
                known.add(message_id)
                new.append(_message(row, message_id, first_seq + len(new), is_fault))
    messages = [*stored.messages, *new] if stored else new
    if not messages:
        return None
    in_order = _in_time_order(conversation_id, messages)
    rows = [row for rows in ordered for row in rows]
    abouts = [about for source in sources for about in source.abouts]
    conversation = _about(conversation_id, in_order, rows, abouts, stored)
    return Assembled(conversation, len(new), len(rows) - len(new), bool(new) or conversation != stored)


def _in_source_order(source: Rows) -> list[MessageRow]:
    rows = source.messages
    if source.direction is Direction.NONE:
        return sorted(rows, key=lambda row: (row.at_ms or 0, _content(row)))
    is_backward = source.direction is Direction.BACKWARD
    return sorted(rows, key=lambda row: -row.place) if is_backward else sorted(rows, key=attrgetter("place"))


def _identified(rows: Iterable[MessageRow], direction: Direction) -> Iterator[tuple[MessageRow, str, bool]]:
    """Each row of one file with its message id and whether it is a clock fault."""
    asked_at: int | None = None
    occurrences: dict[str, int] = {}
    is_ordered = direction is not Direction.NONE
    for row in rows:
        at = row.at_ms
        is_fault = is_ordered and asked_at is not None and at is not None and at < asked_at and _is_human(row)
        if asked_at is None and row.role == "customer" and not row.is_internal:
            asked_at = at
        yield row, row.message_id or _content_id(row, occurrences), is_fault


def _message(row: MessageRow, message_id: str, seq: int, is_clock_fault: bool) -> Message:
    return Message(
        message_id=message_id,
        seq=seq,
        role=_ROLES[row.role],
        text=row.text,
        at_ms=row.at_ms,
        author=row.author,
        is_internal=row.is_internal,
        is_automatic=row.is_automatic,
        is_clock_fault=is_clock_fault,
        received_at_ms=row.received_at_ms,
        extra=row.extra or {},
    )


def _is_human(row: MessageRow) -> bool:
    return row.role in _HUMANS and not row.is_internal and not row.is_automatic


def _content(row: MessageRow) -> str:
    return "\x1f".join(
        (
            str(row.at_ms),
            row.role,
            row.author or "",
            row.text,
            f"{row.is_internal:d}{row.is_automatic:d}",
            str(row.received_at_ms),
        )
    )


def _content_id(row: MessageRow, occurrences: dict[str, int]) -> str:
    """An id from what the row says, and the how-manieth of its like in the conversation, so that repetitions stay."""
    digest = hashlib.blake2b(_content(row).encode(), digest_size=9).hexdigest()
    occurrences[digest] = nth = occurrences.get(digest, 0) + 1
    return f"h_{digest}_{nth}"


def _in_time_order(conversation_id: str, messages: list[Message]) -> tuple[Message, ...]:
    n_timed = sum(message.at_ms is not None for message in messages)
    if n_timed == 0:
        return tuple(sorted(messages, key=attrgetter("seq")))
    if n_timed < len(messages):
        params = {"timed": n_timed, "untimed": len(messages) - n_timed}
        raise InputError(Fault(Reason("import.mixed_times", params), field="at", conversation_id=conversation_id))
    return tuple(sorted(messages, key=attrgetter("at_ms", "seq")))


def _about(
    conversation_id: str,
    messages: tuple[Message, ...],
    rows: Sequence[MessageRow],
    abouts: Sequence[About],
    stored: Conversation | None,
) -> Conversation:
    """The conversation with what is known of it: what is stored, overruled by the companion, completed by rows."""
    known: dict[str, Any] = {}
    for about in abouts:
        known.update({name: value for name, value in about._asdict().items() if value is not None})
    known.pop("conversation_id", None)
    for name in ("customer", "channel", "topic"):
        if name not in known and (stored is None or getattr(stored, name) is None):
            known[name] = next((value for row in rows if (value := getattr(row, name)) is not None), None)
    if known.get("customer", "") is None:
        known["customer"] = next((row.author for row in rows if row.role == "customer" and row.author), None)
    if stored is not None:
        return replace(stored, messages=messages, **known)
    return Conversation(conversation_id, messages, **known)
