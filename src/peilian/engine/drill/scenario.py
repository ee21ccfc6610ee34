"""Scenarios (演练场景): the story of a simulated customer as values. Everything that differs by language is already
chosen: a ``Scenario`` is one scenario in one language.

Times are milliseconds since the customer's opening line, moods run from -1 to 1, shares from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from peilian.engine._kernel import Language

NeedKind = Literal["explicit", "hidden", "emotional"]
Unit = Literal["money", "hours", "date", "clock", "number"]
WorldValue = str | float | bool
Lines = tuple[tuple[str, ...], ...]  # variants, each of one or several messages sent in a row


@dataclass(frozen=True, slots=True)
class Phrases:
    """How something may be said: patterns of the lexicon notation, and sentences to which a reply may be alike.

    ``unlike`` are sentences that look alike and do not say it. ``asks`` lets a question count; ``negated`` lets what
    stands behind a negation count.
    """

    any: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    asks: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A figure that must stand beside what is said: its unit and the expression over ``value`` and the world that
    it must satisfy. A figure that does not is worse than none."""

    unit: Unit
    must: str


@dataclass(frozen=True, slots=True)
class Part:
    """One point of a required element. With a ``slot`` it is made only when the right figure is named. ``only``
    says how it has to be said: ``stated`` outright and not as a condition, ``own`` as something the agent will do."""

    part_id: str
    phrases: Phrases
    slot: Slot | None = None
    only: Literal["stated", "own"] | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """Something that a good answer contains (必备要素). The first part is its core: with it alone, or with what
    ``partial`` describes, it is half met. It is met when ``needed`` of its parts were made, the others in the sentence
    of the core or a neighbouring one, or in the message after it."""

    element_id: str
    label: str
    parts: tuple[Part, ...]
    needed: int
    weight: float = 1.0
    partial: Phrases = Phrases()
    is_critical: bool = False
    when: str = "true"  # over the state: a boundary is due only once the customer has been abusive
    model: str = ""  # how it could have been said, for the debrief
    why: str = ""


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What must not be said (禁用表达); a fatal one ends the drill."""

    forbidden_id: str
    phrases: Phrases
    severity: float  # 0 to 1
    is_fatal: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A report of something done (办结承诺), and the expression over the world that makes it true. ``assures`` is
    what may be promised without reserve once it is true: no further charge after a service was cancelled."""

    claim_id: str
    phrases: Phrases
    true_when: str
    assures: Phrases = Phrases()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something the customer knows. It is told when asked for, or once trust reaches ``trust``; ``is_known`` says that
    the agent can see it already, so that asking for it repeats a question."""

    fact_id: str
    asked: Phrases
    lines: Lines
    trust: float | None = None
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """What the customer wants (诉求). Expressions over the state decide when it is understood, addressed and resolved;
    ``reject`` is said when it was addressed and is not enough."""

    need_id: str
    label: str
    kind: NeedKind
    weight: float
    is_critical: bool
    understood: str
    addressed: str
    resolved: str
    voice: Lines = ()  # said when the customer brings it up; a need without lines is brought up by the opening
    accept: Lines = ()
    reject: Lines = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool: a number within bounds, or one of ``choices``."""

    name: str
    label: str
    kind: Literal["number", "text"] = "text"
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """What the agent can do to the world (工具): allowed while ``when`` holds, else refused with ``refusal``."""

    name: str
    label: str
    arguments: tuple[Argument, ...]
    when: str
    refusal: str
    sets: Mapping[str, str]  # variable of the world -> expression over world and arguments
    result: str  # template over world and arguments in braces


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A line of a panel: label and text, a template over the world. ``later`` are texts that take its place once their
    expression holds; of several the last."""

    label: str
    text: str
    later: tuple[tuple[str, str], ...] = ()  # expression, text


@dataclass(frozen=True, slots=True)
class Panel:
    """What the agent sees of the world."""

    title: str
    rows: tuple[PanelRow, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    """Who the customer is (客户画像), on the nine axes that matter for how a contact goes."""

    name: str
    mood: float = -0.3
    trust: float = 0.4
    patience_seconds: float = 150.0
    inertia: float = 0.5  # how much of the mood is carried over
    reactivity: float = 1.0  # how strongly hurt is felt
    politeness: float = 0.6
    burst: float = 0.3  # how readily a message is split
    emphasis: float = 0.3  # marks and particles
    abuse: int = 0  # highest level of abuse: 0 none, 1 sarcasm, 2 insults, 3 threats
    is_monetary: bool = True


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of a script: something said, or a tool used."""

    at_ms: int
    text: str | None = None
    action: str | None = None
    args: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario in one language. ``version`` is the hash of the document it was made from."""

    key: str
    version: str
    language: Language
    title: str
    brief: str
    difficulty: int
    time_limit_ms: int
    reference_seconds: float  # what a good agent takes
    reference_turns: int
    persona: Persona
    today: str  # ISO date of the story
    world: Mapping[str, WorldValue]
    panels: tuple[Panel, ...]
    policies: tuple[str, ...]
    tools: tuple[Tool, ...]
    needs: tuple[Need, ...]
    facts: tuple[Fact, ...]
    required: tuple[Element, ...]
    forbidden: tuple[Forbidden, ...]
    claims: tuple[Claim, ...]
    concerns: Phrases  # words that name what troubles this customer: empathy with them is specific
    lines: Mapping[str, Lines]  # act, or act@level -> variants
    offer: str | None = None  # expression: worth of what was offered
    expects: float = 0.0  # worth that the customer expects
    handover: Literal["never", "allowed", "required"] = "allowed"
    is_abuse: bool = False  # needs consent before it is played
    phrases: tuple[str, ...] = ()  # at hand in the drill room
    plays: Mapping[str, tuple[Turn, ...]] = field(default_factory=dict)
    channel: str = "chat"
    entry: str | None = None  # where the customer stands, such as after the sale
