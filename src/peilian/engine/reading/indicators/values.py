"""What the indicators of service are made of: exchanges of a conversation, and values with the signs of every loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Conversation, Message
from peilian.engine.reading.values import Finding, MessageReading, Reading

ZERO, ONE = Decimal(0), Decimal(1)
_QUOTE = 40  # characters of a quotation


@dataclass(frozen=True, slots=True)
class Sign:
    """One place where something was lost: the message ``i``, a span of its code points, the words, why, and how much
    it weighs among the losses of the same indicator."""

    i: int
    start: int
    end: int
    quote: str
    reason: Reason
    loss: Decimal


@dataclass(frozen=True, slots=True)
class ServiceIndicator:
    """An indicator of service (服务指标) from 0 to 1 over ``n`` cases; below 1 it has signs. ``value`` is ``None``
    where there was nothing to judge, and ``note`` says why."""

    value: Decimal | None
    n: int
    signs: tuple[Sign, ...] = ()
    note: Reason | None = None

    @classmethod
    def absent(cls, why: str) -> ServiceIndicator:
        """Nothing to judge, for the reason ``indicator.absent.<why>``."""
        return cls(None, 0, note=Reason(f"indicator.absent.{why}"))


@dataclass(frozen=True, slots=True)
class Said:
    """One message with its reading."""

    message: Message
    read: MessageReading

    @property
    def i(self) -> int:
        """Its place in the conversation."""
        return self.read.i

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all that was found in it."""
        return frozenset(finding.key for finding in self.read.findings)

    def first(self, *keys: str) -> Finding | None:
        """The first finding of one of ``keys``."""
        return next((finding for finding in self.read.findings if finding.key in keys), None)

    def sign(self, reason: Reason, loss: Decimal, finding: Finding | None = None) -> Sign:
        """A sign at ``finding``, else at the whole message."""
        start, end = (0, len(self.message.text)) if finding is None else (finding.start, finding.end)
        return Sign(self.i, start, end, quoted(self.message.text[start:end]), reason, loss)


@dataclass(frozen=True, slots=True)
class Turn:
    """Messages of one side without a word of the other between them."""

    is_customer: bool
    said: tuple[Said, ...]

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all that was found in it."""
        return frozenset().union(*(one.keys for one in self.said))

    @property
    def author(self) -> str | None:
        """The account that began it."""
        return self.said[0].message.author

    @property
    def valence(self) -> float:
        """The customer's worst moment in it; 0 without an emotion."""
        return min((one.read.emotion.valence for one in self.said if one.read.emotion), default=0.0)

    def first(self, *keys: str) -> tuple[Said, Finding] | None:
        """The first finding of one of ``keys``, with its message."""
        found = ((one, one.first(*keys)) for one in self.said)
        return next(((one, finding) for one, finding in found if finding is not None), None)


def spoken(conversation: Conversation, reading: Reading) -> Iterator[Said]:
    """What the customer and the humans of the company said to each other; no bots, templates or notes."""
    for message, read in zip(conversation.messages, reading.messages, strict=True):
        if message.is_customer or read.is_answer:
            yield Said(message, read)


def turns_of(said: Iterable[Said]) -> list[Turn]:
    """The turns of a conversation in order; they alternate."""
    grouped = groupby(said, key=lambda one: one.message.is_customer)
    return [Turn(is_customer, tuple(members)) for is_customer, members in grouped]


def quoted(text: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTE else line[: _QUOTE - 1] + "…"
