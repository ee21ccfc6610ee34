"""The values that every reader of conversations shares.

Times are integer milliseconds since the epoch (UTC); a missing time is ``None``, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property


class Role(StrEnum):
    """Who speaks (说话人)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Message:
    """One message (消息) of a conversation.

    ``seq`` is the position in the source (row order within the conversation); ``is_clock_fault`` marks an answer whose
    time lies before the question that it follows in the source: it is kept, and counts as no answer.
    """

    message_id: str
    seq: int
    role: Role
    text: str
    at_ms: int | None = None
    author: str | None = None
    is_internal: bool = False
    is_automatic: bool = False
    is_clock_fault: bool = False
    received_at_ms: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_customer(self) -> bool:
        """Whether the customer speaks, visibly."""
        return self.role is Role.CUSTOMER and not self.is_internal

    @property
    def is_human_answer(self) -> bool:
        """Whether a human of the company speaks to the customer: no bot, template, internal note or clock fault."""
        return (
            self.role in (Role.AGENT, Role.SUPERVISOR)
            and not self.is_internal
            and not self.is_automatic
            and not self.is_clock_fault
        )


@dataclass(frozen=True)
class Conversation:
    """One conversation (会话): its messages in time order (source order when untimed) and what is known about it.

    Either every message has a time or none has (an untimed transcript). ``customer`` is a keyed pseudonym.
    """

    conversation_id: str
    messages: tuple[Message, ...]
    customer: str | None = None
    channel: str | None = None
    topic: str | None = None
    opened_at_ms: int | None = None
    closed_at_ms: int | None = None
    closed_by: str | None = None
    reopened_count: int | None = None
    is_resolved: bool | None = None
    csat: float | None = None
    csat_max: float | None = None
    has_complaint: bool | None = None
    order_id: str | None = None
    order_amount: Decimal | None = None
    paid_at_ms: int | None = None
    refunded_amount: Decimal | None = None
    queue: str | None = None
    transferred_from: str | None = None

    @cached_property
    def is_timed(self) -> bool:
        """Whether the messages carry times."""
        return bool(self.messages) and self.messages[0].at_ms is not None

    @cached_property
    def started_at_ms(self) -> int | None:
        """What dates the conversation: its first customer message, else its first message; ``None`` when untimed."""
        first = next((m for m in self.messages if m.is_customer), self.messages[0] if self.messages else None)
        return first.at_ms if first else None

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """The platform accounts that answered, in order of their first answer."""
        return tuple(dict.fromkeys(m.author for m in self.messages if m.is_human_answer and m.author is not None))
