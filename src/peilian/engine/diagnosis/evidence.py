"""What a diagnosis looks at (诊断证据): conversations with their rounds and findings, and answers under load.

Places (``i``) count messages of a conversation from 0 in time order; spans are half-open and count code points; times
are integer UTC milliseconds; whatever is unknown is ``None``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

UPSET = -0.25
"""Valence at or below which a customer counts as upset, as in the reading of conversations."""


@dataclass(frozen=True, slots=True)
class RoundEvidence:
    """One round (轮次): a customer's question at ``asked_i`` and the human answer to it, if any.

    ``agent`` answered, or, for an open round, answered last before it. ``concurrent`` is the number of conversations
    this agent had open when the question came, this one included. ``is_thanks``: the customer's words are thanks or
    praise, so that nobody waits for what comes after them.
    """

    asked_i: int
    answered_i: int | None
    agent: str | None = None
    asked_at_ms: int | None = None
    response_ms: int | None = None
    concurrent: int | None = None
    is_thanks: bool = False


@dataclass(frozen=True, slots=True)
class FindingEvidence:
    """One finding of the reading: kind (move, fault, issue), key, place, span, and the agent it concerns."""

    kind: str
    key: str
    i: int
    start: int
    end: int
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationEvidence:
    """What is known about one conversation.

    ``agents`` answered, in order of their first answer. ``csat`` and ``satisfaction`` (the estimate of the reading) run
    from 0 to 1. ``open_texts`` are the customer's messages after the last human answer. ``lowest_valence`` and
    ``lowest_i`` tell the customer's worst moment. ``next_contact_ms`` is when the same customer began the next
    conversation. The texts of an erased conversation (``is_erased``) are gone; it counts and is not quoted.
    Without a reading (``is_read``) findings, estimate and valence are missing, not clean.
    """

    conversation_id: str
    channel: str | None = None
    is_timed: bool = False
    has_question: bool = True
    is_bot_answered: bool = False
    is_erased: bool = False
    is_read: bool = False
    agents: tuple[str, ...] = ()
    rounds: tuple[RoundEvidence, ...] = ()
    findings: tuple[FindingEvidence, ...] = ()
    open_texts: tuple[str, ...] = ()
    open_valence: float | None = None
    satisfaction: float | None = None
    satisfaction_label: str | None = None
    lowest_valence: float | None = None
    lowest_i: int | None = None
    csat: float | None = None
    has_customer: bool = False
    ended_at_ms: int | None = None
    next_contact_ms: int | None = None

    @property
    def is_answered(self) -> bool:
        """Whether a human answered the customer at least once."""
        return any(item.answered_i is not None for item in self.rounds)

    @property
    def answered_rounds(self) -> tuple[RoundEvidence, ...]:
        """The rounds that got a human answer, in order."""
        return tuple(item for item in self.rounds if item.answered_i is not None)

    def named(self, kind: str, *keys: str) -> tuple[FindingEvidence, ...]:
        """The findings of one kind with one of ``keys``, in order of place."""
        found = (item for item in self.findings if item.kind == kind and item.key in keys)
        return tuple(sorted(found, key=lambda item: (item.i, item.start, item.end, item.key)))


@dataclass(frozen=True, slots=True)
class LoadEvidence:
    """One timed answer: how long it took while the agent had ``concurrent`` conversations open."""

    agent: str
    concurrent: int
    response_ms: int
    channel: str | None = None
    asked_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a diagnosis reads, each iterable once and in any order.

    ``observed_until_ms`` is the last moment the data knows of: what could still have happened after it is not judged.
    ``agents`` limits the view to these agents (a team); what others did is then left out. ``None`` means everybody.
    Conversations without a channel are judged like those of ``unknown_channel_as``, by default like live chat.
    """

    conversations: Iterable[ConversationEvidence]
    loads: Iterable[LoadEvidence] = ()
    observed_until_ms: int | None = None
    agents: frozenset[str] | None = None
    unknown_channel_as: str | None = None
