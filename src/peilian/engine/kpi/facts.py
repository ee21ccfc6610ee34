"""Facts (事实): what the times and speakers of one conversation say, in one pass over its messages.

Every KPI is declared over these facts, so who counts as a human, when a clock starts and when it stops is decided
here and nowhere else. A missing time or an answer that never came is ``None``, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from peilian.engine.conversation.values import Conversation, Message, Role

WorkingMs = Callable[[int, int], int]
LONGEST_THRESHOLD_MS = 180_000  # the longest limit that a measure puts on a response; a cap must lie above it


@dataclass(frozen=True, slots=True)
class Rules:
    """How waiting is measured; the default counts every millisecond and leaves open rounds without a time.

    ``working_ms(start_ms, end_ms)`` gives the part of a span that counts (a business calendar). ``reply_cap_ms`` limits
    the response time of one round; ``is_unanswered_capped`` gives an open round that limit as its time.
    """

    working_ms: WorkingMs | None = None
    reply_cap_ms: int | None = None
    is_unanswered_capped: bool = False

    def waited_ms(self, start_ms: int | None, end_ms: int | None) -> int | None:
        """The part of a span that counts as waiting; ``None`` when an end is missing."""
        if start_ms is None or end_ms is None:
            return None
        return self.working_ms(start_ms, end_ms) if self.working_ms else end_ms - start_ms

    def round_ms(self, asked_at_ms: int | None, answered_at_ms: int | None) -> int | None:
        """The response time of one round under the cap; ``None`` for an open round unless it counts as the cap."""
        if asked_at_ms is None:
            return None
        waited = self.waited_ms(asked_at_ms, answered_at_ms)
        if waited is None:
            return self.reply_cap_ms if self.is_unanswered_capped else None
        return waited if self.reply_cap_ms is None else min(waited, self.reply_cap_ms)


EVERY_MILLISECOND = Rules()


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """The facts of one conversation; columns of the lake's table ``conversations``.

    ``started_at_ms`` is the first visible customer message (else the first message). ``first_agent`` gave the first
    response; it is ``None`` when nobody did or the source does not say who. ``first_response_ms`` runs from the first
    customer message to the first human answer after it. ``handling_ms`` runs from the first customer message to
    ``ended_at_ms``, the last message of customer or human, and exists for answered conversations only.
    """

    conversation_id: str
    started_at_ms: int | None
    is_timed: bool
    has_question: bool
    is_answered: bool
    n_messages: int
    n_customer_messages: int
    n_agent_messages: int
    n_clock_faults: int
    n_rounds: int
    n_answered_rounds: int
    n_agents: int
    first_agent: str | None
    first_response_ms: int | None
    handling_ms: int | None
    ended_at_ms: int | None


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """One round (轮次): the first open customer message and the human answer that closes it, if any.

    ``agent`` is who answered; for an open round whose human message came last before it, else
    ``None``. ``asked_i`` and
    ``answered_i`` are places in ``Conversation.messages``.
    """

    conversation_id: str
    round: int
    asked_i: int
    answered_i: int | None
    asked_at_ms: int | None
    answered_at_ms: int | None
    agent: str | None
    response_ms: int | None


@dataclass(frozen=True, slots=True)
class ParticipationFacts:
    """One platform account with at least one human answer in the conversation, and the span of its answers.

    ``place`` 0 answered first. ``n_messages`` counts its messages to the customer, those with a clock fault included.
    """

    conversation_id: str
    agent: str
    place: int
    n_messages: int
    first_at_ms: int | None
    last_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one conversation."""

    conversation: ConversationFacts
    rounds: tuple[RoundFacts, ...]
    participations: tuple[ParticipationFacts, ...]


def measure_facts(conversation: Conversation, rules: Rules = EVERY_MILLISECOND) -> Facts:
    """Measure ``conversation``, whose messages are in time order (source order when untimed)."""
    machine = _Machine(conversation.conversation_id, rules)
    for i, message in enumerate(conversation.messages):
        machine.take(i, message)
    return machine.finish(conversation)


def is_agent_message(message: Message) -> bool:
    """Whether a human of the company wrote it to the customer; a clock fault spoils its time, not its author."""
    return message.role in (Role.AGENT, Role.SUPERVISOR) and not message.is_internal and not message.is_automatic


class _Machine:
    """The state after each message: the open round, who answered last, and the span of each account."""

    def __init__(self, conversation_id: str, rules: Rules) -> None:
        self.conversation_id = conversation_id
        self.rules = rules
        self.rounds: list[RoundFacts] = []
        self.open: tuple[int, int | None] | None = None
        self.last_agent: str | None = None
        self.first_question: Message | None = None
        self.first_answer: Message | None = None
        self.ended_at_ms: int | None = None
        self.spans: dict[str, tuple[int | None, int | None]] = {}
        self.written: dict[str, int] = {}
        self.n_customer = self.n_agent = self.n_clock_faults = 0

    def take(self, i: int, message: Message) -> None:
        self.n_clock_faults += message.is_clock_fault
        if is_agent_message(message):
            self.n_agent += 1
            if message.author is not None:
                self.written[message.author] = self.written.get(message.author, 0) + 1
        if message.is_customer:
            self._question(i, message)
        elif message.is_human_answer:
            self._answer(i, message)

    def _question(self, i: int, message: Message) -> None:
        self.n_customer += 1
        self.ended_at_ms = message.at_ms
        self.first_question = self.first_question or message
        if self.open is None:
            self.open = (i, message.at_ms)

    def _answer(self, i: int, message: Message) -> None:
        self.ended_at_ms = message.at_ms
        if self.first_question is not None:
            self.first_answer = self.first_answer or message
        if message.author is not None:
            first_at_ms, _ = self.spans.get(message.author, (message.at_ms, None))
            self.spans[message.author] = (first_at_ms, message.at_ms)
        if self.open is not None:
            self._close(i, message.at_ms, message.author)
        self.last_agent = message.author

    def _close(self, answered_i: int | None, answered_at_ms: int | None, agent: str | None) -> None:
        assert self.open is not None
        asked_i, asked_at_ms = self.open
        self.open = None
        self.rounds.append(
            RoundFacts(
                conversation_id=self.conversation_id,
                round=len(self.rounds),
                asked_i=asked_i,
                answered_i=answered_i,
                asked_at_ms=asked_at_ms,
                answered_at_ms=answered_at_ms,
                agent=agent,
                response_ms=self.rules.round_ms(asked_at_ms, answered_at_ms),
            )
        )

    def finish(self, conversation: Conversation) -> Facts:
        n_answered_rounds = len(self.rounds)
        if self.open is not None:
            self._close(None, None, self.last_agent)
        asked_at_ms = self.first_question.at_ms if self.first_question else None
        answered_at_ms = self.first_answer.at_ms if self.first_answer else None
        handling_ms = None
        if asked_at_ms is not None and self.ended_at_ms is not None and self.first_answer is not None:
            handling_ms = self.ended_at_ms - asked_at_ms
        return Facts(
            conversation=ConversationFacts(
                conversation_id=self.conversation_id,
                started_at_ms=conversation.started_at_ms,
                is_timed=conversation.is_timed,
                has_question=self.first_question is not None,
                is_answered=self.first_answer is not None,
                n_messages=len(conversation.messages),
                n_customer_messages=self.n_customer,
                n_agent_messages=self.n_agent,
                n_clock_faults=self.n_clock_faults,
                n_rounds=len(self.rounds),
                n_answered_rounds=n_answered_rounds,
                n_agents=len(self.spans),
                first_agent=self.first_answer.author if self.first_answer else None,
                first_response_ms=self.rules.waited_ms(asked_at_ms, answered_at_ms),
                handling_ms=handling_ms,
                ended_at_ms=self.ended_at_ms,
            ),
            rounds=tuple(self.rounds),
            participations=tuple(
                ParticipationFacts(self.conversation_id, agent, place, self.written[agent], first_at_ms, last_at_ms)
                for place, (agent, (first_at_ms, last_at_ms)) in enumerate(self.spans.items())
            ),
        )
