"""What reading a conversation yields (会话解读). Places are half-open spans of code points of the original text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Role

ENGINE_VERSION = "1"

MOVES = (
    "greet", "verify", "ask", "paraphrase", "empathise", "apologise", "own", "wait", "explain", "solve", "time",
    "compensate", "done", "alternative", "refuse", "escalate", "follow_up", "check_more", "thank", "close",
)  # fmt: skip
FAULTS = ("blame", "rude", "overpromise", "privacy", "forbidden")
ISSUES = ("redundant", "repetition", "customer_repeats", "premature_closing", "dead_end", "missing_empathy")
EMOTIONS = ("calm", "pleased", "grateful", "confused", "anxious", "disappointed", "annoyed", "angry", "abusive")

FindingKind = Literal["move", "fault", "issue"]
SatisfactionLabel = Literal["dissatisfied", "neutral", "satisfied"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a message: a move (话术动作) or a fault (失误) of the agent, or an issue (过程问题) of the
    conversation. ``agent`` is the platform account it concerns, which differs from the author of the message where
    the customer's words are the evidence."""

    kind: FindingKind
    key: str
    start: int
    end: int
    rule: str
    reason: Reason
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Emotion:
    """The customer's emotion (情绪) in one message; valence from -1 (worst) to 1 (best). ``start``, ``end``, ``rule``
    point at the strongest sign of it and are ``None`` when nothing but the lack of signs speaks for the label."""

    label: str
    valence: float
    start: int | None = None
    end: int | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """An estimate of satisfaction (满意度估计) from 0 to 1."""

    estimate: float
    label: SatisfactionLabel


@dataclass(frozen=True, slots=True)
class MessageReading:
    """One message, read. ``i`` is its place in the conversation. ``waited_ms`` is what the customer waited for this
    human answer, ``None`` when untimed or when no question was open. Emotion and satisfaction are the customer's."""

    i: int
    role: Role
    author: str | None
    chars: int
    findings: tuple[Finding, ...] = ()
    emotion: Emotion | None = None
    waited_ms: int | None = None
    satisfaction: Satisfaction | None = None
    is_answer: bool = False  # written by hand by a human of the company for the customer to see

    def of_kind(self, kind: FindingKind) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if finding.kind == kind)

    def has(self, key: str) -> bool:
        """Whether something of that key was found."""
        return any(finding.key == key for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation, read. ``satisfaction`` is ``None`` without a customer's message."""

    conversation_id: str
    messages: tuple[MessageReading, ...]
    satisfaction: Satisfaction | None
    lexicon_version: str
    engine_version: str = ENGINE_VERSION
