"""Kinds ``scenario``, ``customer-model`` and ``customer-voice``: what simulated customers are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import Entry, Reference, Tag
from peilian.engine._expression import parse
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.drill.model import CustomerModel, Impact, Mode, Voice
from peilian.engine.drill.scenario import (
    Argument,
    Claim,
    Element,
    Fact,
    Forbidden,
    Lines,
    Need,
    Panel,
    PanelRow,
    Part,
    Persona,
    Phrases,
    Scenario,
    Slot,
    Tool,
    Turn,
)

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
_Strict = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _expression(value: Any) -> Any:
    """An expression, checked now so that a fault names its line. ``true`` in YAML is a truth value, not a text."""
    text = str(value).lower() if isinstance(value, bool) else value
    if isinstance(text, str):
        parse(text)  # what is wrong carries its reason
    return text


Expr = Annotated[str, BeforeValidator(_expression)]


class PhrasesField(BaseModel):
    """How something may be said in one language; see ``Phrases`` of the engine."""

    model_config = _Strict

    any: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    asks: bool = False
    negated: bool = False

    def value(self) -> Phrases:
        """The engine's value."""
        return Phrases(**self.model_dump())


class SayField(BaseModel):
    """Phrases by language."""

    model_config = _Strict

    zh: PhrasesField | None = None
    en: PhrasesField | None = None

    def in_language(self, language: Language) -> Phrases:
        """The phrases of a language; none when there are none."""
        field: PhrasesField | None = getattr(self, language)
        return field.value() if field is not None else Phrases()


def _burst(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Burst = Annotated[tuple[str, ...], BeforeValidator(_burst), Field(min_length=1)]


class LinesField(BaseModel):
    """Variants of what a customer says, by language; a variant is one message, or several sent in a row."""

    model_config = _Strict

    zh: tuple[Burst, ...] = ()
    en: tuple[Burst, ...] = ()

    def in_language(self, language: Language) -> Lines:
        """The variants of a language."""
        lines: Lines = getattr(self, language)
        return lines


class SlotField(BaseModel):
    """The figure that must stand beside what is said."""

    model_config = _Strict

    unit: Literal["money", "hours", "date", "clock", "number"]
    must: Expr


class PartField(BaseModel):
    """One point of a required element."""

    model_config = _Strict

    id: Id
    say: SayField
    slot: SlotField | None = None
    only: Literal["stated", "own"] | None = None


class ElementField(BaseModel):
    """A required element: what must be said, how much of it, and how it could be said."""

    model_config = _Strict

    id: Id
    label: TextField
    why: TextField
    model: TextField
    parts: tuple[PartField, ...] = Field(min_length=1)
    needed: int | None = Field(default=None, ge=1)
    partial: SayField = SayField()
    weight: float = Field(default=1.0, gt=0, le=100)
    critical: bool = False
    when: Expr = "true"

    @model_validator(mode="after")
    def _can_be_met(self) -> ElementField:
        if self.needed is not None and self.needed > len(self.parts):
            raise problem("needed_too_many", needed=self.needed, there=len(self.parts))
        return self


class ForbiddenField(BaseModel):
    """What must not be said."""

    model_config = _Strict

    id: Id
    say: SayField
    severity: float = Field(gt=0, le=1)
    fatal: bool = False
    why: TextField


class ClaimField(BaseModel):
    """A report of something done, what makes it true, and what may be promised without reserve once it is."""

    model_config = _Strict

    id: Id
    say: SayField
    true_when: Expr
    assures: SayField = SayField()


class FactField(BaseModel):
    """Something the customer knows."""

    model_config = _Strict

    id: Id
    asked: SayField
    lines: LinesField
    trust: float | None = Field(default=None, ge=0, le=1)
    known: bool = False


class NeedField(BaseModel):
    """Something the customer wants."""

    model_config = _Strict

    id: Id
    label: TextField
    kind: Literal["explicit", "hidden", "emotional"] = "explicit"
    weight: float = Field(default=1.0, gt=0, le=100)
    critical: bool = False
    understood: Expr
    addressed: Expr
    resolved: Expr
    voice: LinesField = LinesField()
    accept: LinesField = LinesField()
    reject: LinesField = LinesField()


class ArgumentField(BaseModel):
    """An argument of a tool."""

    model_config = _Strict

    name: Id
    label: TextField
    kind: Literal["number", "text"] = "text"
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


class ToolField(BaseModel):
    """What the agent can do to the world."""

    model_config = _Strict

    name: Id
    label: TextField
    arguments: tuple[ArgumentField, ...] = ()
    when: Expr = "true"
    refusal: TextField = TextField(zh="现在不能这样操作。", en="This cannot be done now.")
    sets: dict[str, Expr] = Field(default_factory=dict)
    result: TextField


class LaterField(BaseModel):
    """What a row of a panel says once the expression over the world holds."""

    model_config = _Strict

    when: Expr
    text: TextField


class RowField(BaseModel):
    """A row of a panel."""

    model_config = _Strict

    label: TextField
    text: TextField
    later: tuple[LaterField, ...] = ()


class PanelField(BaseModel):
    """What the agent sees of the world."""

    model_config = _Strict

    title: TextField
    rows: tuple[RowField, ...]


class PersonaField(BaseModel):
    """Who the customer is."""

    model_config = _Strict

    name: TextField
    mood: float = Field(ge=-1, le=1)
    trust: float = Field(ge=0, le=1)
    patience_seconds: float = Field(ge=60, le=300)
    inertia: float = Field(default=0.5, ge=0.35, le=0.75)
    reactivity: float = Field(default=1.0, ge=0.6, le=1.6)
    politeness: float = Field(default=0.6, ge=0, le=1)
    burst: float = Field(default=0.3, ge=0, le=1)
    emphasis: float = Field(default=0.3, ge=0, le=1)
    abuse: int = Field(default=0, ge=0, le=3)
    is_monetary: bool = True


class TurnField(BaseModel):
    """One line of a play: seconds since the opening, and what is said or done."""

    model_config = _Strict

    at: float = Field(ge=0, le=3600)
    say: TextField | None = None
    do: str | None = None
    args: dict[str, str | float] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_one_thing(self) -> TurnField:
        if (self.say is None) == (self.do is None):
            raise problem("say_or_do")
        return self


PlayName = Literal[
    "ideal", "curt", "apology_only", "stalling", "policy_breaking", "silent", "keyword_dump", "copy_paste",
    "fatal_breach",
]  # fmt: skip


@kinds.register("scenario")
class ScenarioDocument(Document):
    """A drill scenario with its self-test: good and bad answers that must come out in the right order.

    ``related`` are the texts whose rules it plays by: when one of them changes, the drill is due for revision.
    ``entry`` is where the customer stands, by which phrases are offered.
    """

    kind: Literal["scenario"]
    title: TextField
    brief: TextField
    industry: str
    channel: str = "chat"
    entry: Entry | None = None
    difficulty: int = Field(ge=1, le=5)
    languages: tuple[Language, ...] = Field(min_length=1)
    tags: tuple[Tag, ...] = ()
    covers: tuple[str, ...] = ()
    related: tuple[Reference, ...] = ()
    trains: tuple[str, ...] = ()
    time_limit_seconds: int = Field(ge=60, le=1800)
    reference_seconds: float = Field(gt=0, allow_inf_nan=False)
    reference_turns: int = Field(ge=1)
    today: date
    persona: PersonaField
    world: dict[str, str | float | bool] = Field(default_factory=dict)
    panels: tuple[PanelField, ...] = ()
    policies: tuple[TextField, ...] = ()
    tools: tuple[ToolField, ...] = ()
    needs: tuple[NeedField, ...] = Field(min_length=1)
    facts: tuple[FactField, ...] = ()
    required: tuple[ElementField, ...] = Field(min_length=1)
    forbidden: tuple[ForbiddenField, ...] = ()
    claims: tuple[ClaimField, ...] = ()
    concerns: SayField
    lines: dict[str, LinesField]
    offer: Expr | None = None
    expects: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    handover: Literal["never", "allowed", "required"] = "allowed"
    is_abuse: bool = False
    phrases: tuple[TextField, ...] = ()
    plays: dict[PlayName, Annotated[tuple[TurnField, ...], Field(max_length=60)]]

    @field_validator("languages")
    @classmethod
    def _each_once(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _is_whole(self) -> ScenarioDocument:
        if not any(need.critical for need in self.needs):
            raise problem("no_critical_need")
        if "opening" not in self.lines:
            raise problem("no_opening")
        for language in self.languages:
            if not self.lines["opening"].in_language(language):
                raise problem("no_opening")
        if "ideal" not in self.plays:
            raise problem("no_ideal_play")
        return self

    def to_scenario(self, language: Language, version: str) -> Scenario:
        """The engine's value in one language."""
        return _Builder(self, language).build(version)

    def as_told(self) -> ScenarioDocument:
        """What a trainee may read of it; what the drill looks for and how the customer answers is left out."""
        return self.model_copy(update=_EMPTY)


_EMPTY: dict[str, Any] = {
    **dict.fromkeys(("needs", "facts", "required", "forbidden", "claims", "phrases", "tools"), ()),
    **{name: {} for name in ("world", "lines", "plays")},
    "concerns": SayField(),
    "offer": None,
    "expects": 1.0,
}
"""What a scenario holds for whoever writes it, left out."""


class _Builder:
    """Chooses one language of a document."""

    def __init__(self, document: ScenarioDocument, language: Language) -> None:
        self.document = document
        self.language = language

    def text(self, field: TextField) -> str:
        return field.to_text().in_language(self.language)

    def build(self, version: str) -> Scenario:
        doc, language = self.document, self.language
        persona = Persona(**{**doc.persona.model_dump(exclude={"name"}), "name": self.text(doc.persona.name)})
        return Scenario(
            key=doc.key, version=version, language=language, title=self.text(doc.title), brief=self.text(doc.brief),
            difficulty=doc.difficulty, time_limit_ms=doc.time_limit_seconds * 1000,
            reference_seconds=doc.reference_seconds, reference_turns=doc.reference_turns, persona=persona,
            today=doc.today.isoformat(), channel=doc.channel, entry=doc.entry, world=doc.world,
            panels=tuple(
                Panel(self.text(panel.title), tuple(map(self.panel_row, panel.rows))) for panel in doc.panels
            ),
            policies=tuple(map(self.text, doc.policies)),
            tools=tuple(map(self.tool, doc.tools)),
            needs=tuple(map(self.need, doc.needs)),
            facts=tuple(
                Fact(one.id, one.asked.in_language(language), one.lines.in_language(language), one.trust, one.known)
                for one in doc.facts
            ),
            required=tuple(map(self.element, doc.required)),
            forbidden=tuple(
                Forbidden(item.id, item.say.in_language(language), item.severity, item.fatal, self.text(item.why))
                for item in doc.forbidden
            ),
            claims=tuple(
                Claim(item.id, item.say.in_language(language), item.true_when, item.assures.in_language(language))
                for item in doc.claims
            ),
            concerns=doc.concerns.in_language(language),
            lines={act: lines.in_language(language) for act, lines in doc.lines.items()},
            offer=doc.offer, expects=doc.expects, handover=doc.handover, is_abuse=doc.is_abuse,
            phrases=tuple(map(self.text, doc.phrases)),
            plays={name: tuple(self.turns(play)) for name, play in doc.plays.items()},
        )  # fmt: skip

    def panel_row(self, row: RowField) -> PanelRow:
        later = tuple((item.when, self.text(item.text)) for item in row.later)
        return PanelRow(self.text(row.label), self.text(row.text), later)

    def element(self, item: ElementField) -> Element:
        parts = tuple(
            Part(
                part.id,
                part.say.in_language(self.language),
                Slot(part.slot.unit, part.slot.must) if part.slot else None,
                part.only,
            )
            for part in item.parts
        )
        return Element(
            item.id, self.text(item.label), parts, item.needed or len(parts), item.weight,
            item.partial.in_language(self.language), item.critical, item.when, self.text(item.model),
            self.text(item.why),
        )  # fmt: skip

    def need(self, item: NeedField) -> Need:
        return Need(
            item.id, self.text(item.label), item.kind, item.weight, item.critical, item.understood, item.addressed,
            item.resolved, item.voice.in_language(self.language), item.accept.in_language(self.language),
            item.reject.in_language(self.language),
        )  # fmt: skip

    def tool(self, item: ToolField) -> Tool:
        arguments = tuple(
            Argument(arg.name, self.text(arg.label), arg.kind, arg.choices, arg.least, arg.most)
            for arg in item.arguments
        )
        return Tool(
            item.name, self.text(item.label), arguments, item.when, self.text(item.refusal), item.sets,
            self.text(item.result),
        )  # fmt: skip

    def turns(self, play: Iterable[TurnField]) -> Iterator[Turn]:
        for turn in play:
            said = getattr(turn.say, self.language) if turn.say is not None else None
            if turn.do is not None or said:
                yield Turn(round(turn.at * 1000), said, turn.do, turn.args)


class ImpactField(BaseModel):
    """How a rule moves the mood, trust and patience of a customer, and where the figure comes from."""

    model_config = _Strict

    rule: Id
    calm: float = Field(default=0.0, ge=-1, le=1)
    upset: float = Field(default=0.0, ge=-1, le=1)
    trust: float = Field(default=0.0, ge=-1, le=1)
    patience: float = Field(default=0.0, ge=0)
    evidence: TextField


class ModeField(BaseModel):
    """A difficulty."""

    model_config = _Strict

    patience: float = Field(gt=0)
    mood: float
    trust: float
    shows_reasons: bool
    gives_hints: bool


class UtilityField(BaseModel):
    """How much an act of the customer presses."""

    model_config = _Strict

    act: Id
    utility: float


@kinds.register("customer-model")
class CustomerModelDocument(Document):
    """The weights of simulated customers, each with its evidence; ``constants`` override those of the engine."""

    kind: Literal["customer-model"]
    impacts: tuple[ImpactField, ...]
    utilities: tuple[UtilityField, ...]
    modes: dict[Literal["easy", "normal", "hard"], ModeField]
    constants: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=dict)

    @field_validator("constants")
    @classmethod
    def _are_known(cls, value: dict[str, float]) -> dict[str, float]:
        known = {name for name, kind in CustomerModel.__annotations__.items() if kind in ("float", "int")}
        for name in value:
            if name not in known:
                raise ValueError(f"unknown constant {name!r}; known: {', '.join(sorted(known))}")
        return value

    def to_model(self, version: str) -> CustomerModel:
        """The engine's value."""
        return CustomerModel(
            version=version,
            impacts={item.rule: Impact(item.calm, item.upset) for item in self.impacts},
            trust={item.rule: item.trust for item in self.impacts if item.trust},
            patience={item.rule: item.patience for item in self.impacts if item.patience},
            utilities={item.act: item.utility for item in self.utilities},
            modes={name: Mode(**mode.model_dump()) for name, mode in self.modes.items()},
            **self.constants,  # type: ignore[arg-type]
        )


@kinds.register("customer-voice")
class CustomerVoiceDocument(Document):
    """How customers of one language speak where a scenario has no line of its own."""

    kind: Literal["customer-voice"]
    language: Language
    lines: dict[str, tuple[Burst, ...]]
    jargon: tuple[str, ...] = ()

    def to_voice(self) -> Voice:
        """The engine's value."""
        return Voice(self.lines, self.jargon)


def version_of(sha256: str) -> str:
    """The version of a scenario: the hash of its file."""
    return f"sha256:{sha256}"


def load_scenario_documents(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[str, tuple[ScenarioDocument, str]]:
    """Every scenario document of the packs below ``roots`` with its version, by key."""
    found = {}
    for item in packs.load("scenario", roots):
        assert isinstance(item.document, ScenarioDocument)
        found[item.document.key] = (item.document, version_of(item.sha256))
    return found


def load_model(roots: Iterable[Path] = (packs.SHIPPED,)) -> CustomerModel:
    """The customer model of the packs."""
    for item in packs.load("customer-model", roots):
        assert isinstance(item.document, CustomerModelDocument)
        return item.document.to_model(version_of(item.sha256))
    raise InputError(Fault(Reason("pack.missing_document", {"kind": "customer-model"})))


def load_voices(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[Language, Voice]:
    """The voices by language."""
    found: dict[Language, Voice] = {}
    for item in packs.load("customer-voice", roots):
        assert isinstance(item.document, CustomerVoiceDocument)
        found[item.document.language] = item.document.to_voice()
    return found
