"""One conversation as a page shows it: who spoke when, how long the customer waited, what was noticed in the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.utils.safestring import SafeString
from django.utils.text import Truncator

from peilian.engine._kernel import Language
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.kpi import Facts
from peilian.engine.reading.values import Finding, MessageReading
from peilian.web.conversations.listing import moment_of
from peilian.web.conversations.pace import is_live, is_slow
from peilian.web.conversations.spans import Span, marked
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.wordings import Kind, emotion_tone, name_of
from peilian.web.shell.tables import Tone

Side = Literal["customer", "agent", "robot", "note", "system"]

# A silence worth a line of its own.
PAUSE_MS = 600_000

_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Wait:
    """What the customer waited for an answer."""

    seconds: float
    is_slow: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class Mood:
    """The customer's emotion in a message, as a badge."""

    label: str
    name: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Noticed:
    """One finding at its place. ``anchor`` is the id of its entry in the list of findings."""

    kind: Kind
    key: str
    anchor: str
    i: int
    quote: str
    rule: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. ``starts_day`` and ``pause_seconds`` tell what separates it from the one before."""

    i: int
    side: Side
    role: str
    who: str
    html: SafeString
    at: datetime | None
    is_automatic: bool
    is_internal: bool
    is_clock_fault: bool
    starts_day: bool = False
    pause_seconds: float | None = None
    wait: Wait | None = None
    mood: Mood | None = None
    noticed: tuple[Noticed, ...] = field(default=())

    @property
    def is_ours(self) -> bool:
        """Whether it stands on the company's side of the page."""
        return self.side in ("agent", "note") or (self.side == "robot" and self.role != Role.BOT)

    @property
    def is_empty(self) -> bool:
        """Whether the message had no text (a picture, a file)."""
        return not self.html.strip()


def turns_of(
    conversation: Conversation,
    facts: Facts,
    readings: Mapping[int, MessageReading],
    staff: Staff,
    language: Language,
) -> list[Turn]:
    """Every message of the conversation, in order."""
    waits = _waits(conversation, facts)
    made: list[Turn] = []
    before: Message | None = None
    for i, message in enumerate(conversation.messages):
        reading = readings.get(i)
        noticed = tuple(_noticed(i, message.text, reading.findings if reading else ()))
        at = moment_of(message.at_ms)
        made.append(
            Turn(
                i=i,
                side=_side(message),
                role=message.role.value,
                who=_who(message, at, staff),
                html=marked(message.text, [*_spans(noticed, reading)]),
                at=at,
                is_automatic=message.is_automatic,
                is_internal=message.is_internal,
                is_clock_fault=message.is_clock_fault,
                starts_day=at is not None and _starts_day(before, at),
                pause_seconds=_pause(before, message),
                wait=waits.get(i),
                mood=_mood(reading, language),
                noticed=noticed,
            )
        )
        before = message
    return made


def _waits(conversation: Conversation, facts: Facts) -> dict[int, Wait]:
    live = is_live(conversation, facts)
    found = {}
    for number, each in enumerate(facts.rounds):
        if each.answered_i is not None and each.response_ms is not None:
            is_first = number == 0
            slow = live and is_slow(each.response_ms, is_first=is_first)
            found[each.answered_i] = Wait(each.response_ms / 1000, slow, is_first)
    return found


def _side(message: Message) -> Side:
    if message.is_internal:
        return "note"
    if message.role is Role.CUSTOMER:
        return "customer"
    if message.role is Role.SYSTEM:
        return "system"
    return "robot" if message.role is Role.BOT or message.is_automatic else "agent"


def _who(message: Message, at: datetime | None, staff: Staff) -> str:
    """The name of an agent; a customer is nobody's name, only a pseudonym that says nothing."""
    if message.author is None or message.role not in (Role.AGENT, Role.SUPERVISOR):
        return ""
    return staff.name(message.author, at)


def _noticed(i: int, text: str, findings: Sequence[Finding]) -> Iterator[Noticed]:
    for number, finding in enumerate(findings):
        quote = Truncator(text[finding.start : finding.end]).chars(_QUOTE)
        yield Noticed(finding.kind, finding.key, f"f{i}-{number}", i, quote, finding.rule)


def _spans(noticed: Sequence[Noticed], reading: MessageReading | None) -> Iterator[Span]:
    if reading is None:
        return
    for each, finding in zip(noticed, reading.findings, strict=True):
        yield Span(finding.start, finding.end, each.kind, each.anchor, f"name-{each.key}")
    emotion = reading.emotion
    if emotion is not None and emotion.start is not None and emotion.end is not None:
        yield Span(emotion.start, emotion.end, "emotion", f"why-{emotion.label}", f"name-{emotion.label}")


def _mood(reading: MessageReading | None, language: Language) -> Mood | None:
    if reading is None or reading.emotion is None:
        return None
    label = reading.emotion.label
    return Mood(label, name_of(label, language), emotion_tone(label))


def _starts_day(before: Message | None, at: datetime) -> bool:
    earlier = moment_of(before.at_ms) if before else None
    return earlier is None or earlier.date() != at.date()


def _pause(before: Message | None, message: Message) -> float | None:
    if before is None or before.at_ms is None or message.at_ms is None:
        return None
    silence = message.at_ms - before.at_ms
    return silence / 1000 if silence >= PAUSE_MS else None
