"""The state of a simulated customer (客户状态), and what is recorded when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from peilian.engine._kernel import Param
from peilian.engine.drill.scenario import Scenario, WorldValue

Outcome = Literal[
    "resolved", "accepted_reluctantly", "escalated", "abandoned", "transferred_wrongly", "timeout", "policy_breach",
    "stopped",
]  # fmt: skip
UNKNOWN, VOICED, UNDERSTOOD, ADDRESSED, RESOLVED = range(5)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one variable of the customer: when, by which rule, by how much, and for which words.

    ``start`` and ``end`` are the span of the agent's message ``message`` (number of the agent's line) that caused it.
    ``points`` is what it moved the live index of satisfaction by: the changes of a step add up to what the index did.
    """

    at_ms: int
    rule: str
    variable: str
    delta: float
    value: float
    message: int | None = None
    start: int | None = None
    end: int | None = None
    params: Mapping[str, Param] = field(default_factory=dict)
    points: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript. ``act`` says what the customer does with it, ``mood`` how the customer feels then."""

    at_ms: int
    role: Literal["customer", "agent", "system"]
    text: str
    act: str = ""
    mood: float | None = None


@dataclass(frozen=True, slots=True)
class Gauge:
    """The two live indices (客户满意度指数, 问题解决效率) at one moment, 0 to 100; ``before`` is what the first was."""

    at_ms: int
    satisfaction: float
    efficiency: float
    mood: float
    escalation: int
    before: float | None = None


@dataclass(slots=True)
class ElementState:
    """What was made of a required element so far; ``share`` is 0, 0.5 or 1."""

    parts: dict[str, float] = field(default_factory=dict)  # part -> figure named, or 1
    share: float = 0.0
    at_ms: int | None = None
    quote: str = ""
    is_wrong: bool = False
    core_turn: int | None = None  # the agent's message that made the first part last


@dataclass(slots=True)
class Promise:
    """A promise that falls due within the drill."""

    made_ms: int
    due_ms: int
    quote: str
    is_open: bool = True


@dataclass(slots=True)
class Misstep:
    """Something that should not have been said: a forbidden phrase, a wrong figure, a false report, a fault."""

    at_ms: int
    rule: str
    quote: str
    message: int
    is_fatal: bool = False


@dataclass
class State:
    """Everything that changes while a drill runs. It can be written down after every event and read back."""

    mood: float
    trust: float
    patience: float
    distributive: float = 0.0
    procedural: float = 0.0
    interactional: float = 0.5
    escalation: int = 0
    relieved: int = 0
    is_cynical: bool = False
    needs: dict[str, int] = field(default_factory=dict)
    elements: dict[str, ElementState] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    missteps: list[Misstep] = field(default_factory=list)
    confirmed: list[list[int]] = field(default_factory=list)  # agent's message, start, end: sure, for the world says so
    used: dict[str, int] = field(default_factory=dict)
    spoken: list[str] = field(default_factory=list)  # lines of the customer that are used up
    moods: list[float] = field(default_factory=list)  # after each event that changed it
    world: dict[str, WorldValue] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)  # tools used since the agent spoke last
    tools: list[str] = field(default_factory=list)  # all tools used with success
    waits: list[float] = field(default_factory=list)  # seconds overdue per answer
    index: float | None = None  # the live index of satisfaction as it was shown last
    waiting_since_ms: int | None = 0
    wait_until_ms: int = 0
    spoken_until_ms: int = 0  # when the last line of the customer is typed
    charged_until_ms: int = 0
    urges: int = 0
    turn: int = 0  # agent messages so far
    step: int = 0  # events so far, the counter of chance
    redundant: int = 0
    idle_turns: int = 0
    copied: int = 0
    dumped: int = 0
    abused: int = 0
    has_answered: bool = False
    closing_ms: int | None = None
    outcome: Outcome | None = None
    ended_ms: int | None = None

    @classmethod
    def of(cls, scenario: Scenario) -> State:
        """The state before the first word."""
        persona = scenario.persona
        return cls(
            mood=persona.mood,
            trust=persona.trust,
            patience=persona.patience_seconds,
            needs={need.need_id: UNKNOWN if need.voice else VOICED for need in scenario.needs},
            elements={element.element_id: ElementState() for element in scenario.required},
            world=dict(scenario.world),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, to be stored as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> State:
        """The state that ``as_dict`` wrote."""
        fields = dict(stored)
        fields["elements"] = {key: ElementState(**item) for key, item in stored["elements"].items()}
        fields["promises"] = [Promise(**item) for item in stored["promises"]]
        fields["missteps"] = [Misstep(**item) for item in stored["missteps"]]
        return cls(**fields)

    @property
    def open_promises(self) -> list[Promise]:
        """Promises not yet kept or broken."""
        return [promise for promise in self.promises if promise.is_open]
