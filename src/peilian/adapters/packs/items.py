"""Kind ``items``: a question bank, from a choice of options to a line to be said better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Key, Named, ShortKey, Tag, TopicId
from peilian.adapters.packs.phrases import MOST_WAYS
from peilian.engine._kernel import Language
from peilian.engine.assessment.values import (
    Blank,
    Case,
    Choice,
    Criterion,
    Fill,
    Item,
    Match,
    Order,
    Played,
    Single,
    Written,
)
from peilian.engine.competency.model import Layer
from peilian.engine.reading import FAULTS, ISSUES, MOVES, Cue, Lexicons, SatisfactionModel, compile_lexicons
from peilian.engine.text import PatternCompiler, PatternError

_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_MOST = 30  # options, steps, pairs, points or blanks of one item
_LARGEST = Decimal(10) ** 12
Points = Annotated[Decimal, Field(gt=0, le=100, max_digits=6, decimal_places=2)]
Reached = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
Weight = Annotated[Decimal, Field(gt=0, le=100)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
ItemRef = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-./]*#[a-z0-9][a-z0-9_\-]*$")]
"""An item as ``bank#item``."""


class _ItemField(BaseModel):
    """What every item has. ``stem`` is Markdown; ``explanation`` says why the key is right, for after the answer.

    Competencies, layer and tags are those of the bank where the item names none. Items of one ``group`` give each other
    away and never meet in one paper.
    """

    model_config = STRICT

    id: ShortKey
    stem: TextField
    explanation: TextField
    points: Points = Decimal(1)
    difficulty: Annotated[int, Field(ge=1, le=5)] = 3
    competencies: tuple[ShortKey, ...] = ()
    layer: Layer | None = None
    tags: tuple[Tag, ...] = ()
    covers: tuple[TopicId, ...] = ()
    group: ShortKey | None = None

    def languages(self) -> tuple[Language, ...]:
        """The languages that it is written in as a whole."""
        texts = list(_texts(self))
        return tuple(language for language in _LANGUAGES if all(getattr(text, language) for text in texts))


class OptionField(BaseModel):
    """An option; ``feedback`` says why it is right or tempting, for after the answer."""

    model_config = STRICT

    id: ShortKey
    text: TextField
    right: bool = False
    feedback: TextField | None = None


class ChoiceField(_ItemField):
    """Options of which one (单选) or several (多选) are right. ``fixed``: they stay in the order written."""

    type: Literal["single", "multiple"]
    options: tuple[OptionField, ...] = Field(min_length=2, max_length=_MOST)
    fixed: bool = False
    partial: bool = True

    @model_validator(mode="after")
    def _has_a_key(self) -> ChoiceField:
        _differ(option.id for option in self.options)
        n_right = sum(option.right for option in self.options)
        if self.type == "single" and n_right != 1:
            raise problem("single_needs_one_right", n=n_right)
        if self.type == "multiple" and not 1 <= n_right < len(self.options):
            raise problem("multiple_needs_right_and_wrong")
        _read_differently(option.text for option in self.options)
        return self

    def to_item(self) -> Choice:
        """The engine's value."""
        right = frozenset(option.id for option in self.options if option.right)
        options = tuple(option.id for option in self.options)
        return Choice(self.id, self.points, options, right, self.partial and self.type == "multiple")


class TruthField(_ItemField):
    """A statement that is true or false (判断)."""

    type: Literal["truth"]
    is_true: bool

    def to_item(self) -> Choice:
        """The engine's value."""
        return Choice(self.id, self.points, ("true", "false"), frozenset({"true" if self.is_true else "false"}))


class BlankField(BaseModel):
    """A gap, which stands in the stem as ``{{id}}``: ``accept`` are texts that may stand in it, in any language;
    or a ``number`` within ``tolerance``."""

    model_config = STRICT

    id: ShortKey
    accept: tuple[Words, ...] = Field(default=(), max_length=_MOST)
    number: Annotated[Decimal, Field(ge=-_LARGEST, le=_LARGEST, decimal_places=12)] | None = None
    tolerance: Annotated[Decimal, Field(ge=0, le=_LARGEST, decimal_places=12)] = Decimal(0)

    @model_validator(mode="after")
    def _can_be_filled(self) -> BlankField:
        if not self.accept and self.number is None:
            raise problem("blank_accepts_nothing")
        if self.number is not None and self.tolerance >= max(abs(self.number), Decimal(1)):
            raise problem("tolerance_too_wide")
        return self


class FillField(_ItemField):
    """A text with gaps (填空)."""

    type: Literal["fill"]
    blanks: tuple[BlankField, ...] = Field(min_length=1, max_length=_MOST)

    @model_validator(mode="after")
    def _gaps_are_in_the_stem(self) -> FillField:
        _differ(blank.id for blank in self.blanks)
        for text in (self.stem.zh, self.stem.en):
            for blank in self.blanks if text else ():
                if f"{{{{{blank.id}}}}}" not in str(text):
                    raise problem("gap_not_in_stem", name=blank.id)
        return self

    def to_item(self) -> Fill:
        """The engine's value."""
        blanks = tuple(Blank(one.id, one.accept, one.number, one.tolerance) for one in self.blanks)
        return Fill(self.id, self.points, blanks)


class LabelField(BaseModel):
    """Something that is put in order or matched."""

    model_config = STRICT

    id: ShortKey
    text: TextField


class OrderField(_ItemField):
    """Steps to put in order (排序), written in the right one."""

    type: Literal["order"]
    steps: tuple[LabelField, ...] = Field(min_length=3, max_length=_MOST)

    @model_validator(mode="after")
    def _steps_differ(self) -> OrderField:
        _differ(step.id for step in self.steps)
        _read_differently(step.text for step in self.steps)
        return self

    def to_item(self) -> Order:
        """The engine's value."""
        return Order(self.id, self.points, tuple(step.id for step in self.steps))


class PairField(BaseModel):
    """What belongs together."""

    model_config = STRICT

    id: ShortKey
    left: TextField
    right: TextField


class MatchField(_ItemField):
    """What belongs together (匹配); ``others`` stand on the right side and belong nowhere."""

    type: Literal["match"]
    pairs: tuple[PairField, ...] = Field(min_length=2, max_length=_MOST)
    others: tuple[LabelField, ...] = Field(default=(), max_length=_MOST)

    @model_validator(mode="after")
    def _sides_differ(self) -> MatchField:
        _differ([*(pair.id for pair in self.pairs), *(one.id for one in self.others)])
        _read_differently(pair.left for pair in self.pairs)
        _read_differently([*(pair.right for pair in self.pairs), *(one.text for one in self.others)])
        return self

    def to_item(self) -> Match:
        """The engine's value."""
        rights = (*(pair.id for pair in self.pairs), *(one.id for one in self.others))
        return Match(self.id, self.points, {pair.id: pair.id for pair in self.pairs}, rights)


class PointField(BaseModel):
    """A key point (要点) of a written answer: ``zh`` and ``en`` are patterns by which it is found, ``unless`` what may
    not stand beside it in the clause."""

    model_config = STRICT

    id: ShortKey
    label: TextField
    zh: tuple[Words, ...] = Field(default=(), max_length=50)
    en: tuple[Words, ...] = Field(default=(), max_length=50)
    unless: tuple[Words, ...] = Field(default=(), max_length=50)
    weight: Weight = Decimal(1)

    @model_validator(mode="after")
    def _can_be_found(self) -> PointField:
        if not self.zh and not self.en:
            raise problem("point_is_never_found")
        for language in _LANGUAGES:
            compiler = PatternCompiler({}, language)
            for source in (*(self.zh if language == "zh" else self.en), *self.unless):
                try:
                    compiler.check(source, most_ways=MOST_WAYS)
                except PatternError:
                    raise problem("watched_words", pattern=source) from None
        return self

    def cues(self) -> Iterator[Cue]:
        """Its patterns, as the reading looks for them."""
        for language, patterns in (("zh", self.zh), ("en", self.en)):
            if patterns:
                yield Cue(f"point:{self.id}", "sign", self.id, language, patterns, self.unless)  # type: ignore[arg-type]


class ShortField(_ItemField):
    """A short answer (简答), or with ``steps`` the steps of something, named in their order (写出步骤).

    ``model`` is an answer that has everything. ``open``: a person decides, and what is found is a proposal.
    """

    type: Literal["short", "steps"]
    keys: tuple[PointField, ...] = Field(min_length=1, max_length=_MOST)
    model: TextField
    open: bool = True

    @model_validator(mode="after")
    def _keys_differ(self) -> ShortField:
        _differ(key.id for key in self.keys)
        return self

    def to_item(self) -> Written:
        """The engine's value."""
        criteria = tuple(Criterion("point", (key.id,), key.weight) for key in self.keys)
        in_order = self.type == "steps"
        return Written(self.id, self.points, criteria, _lexicons(self.keys), in_order=in_order, is_open=self.open)


class RewriteField(_ItemField):
    """A line to be said better (话术改写): what the customer said ``before``, the bad ``line``, the ``moves`` that the
    better one makes and the ``faults`` that it is without, as the reading of conversations finds them."""

    type: Literal["rewrite"]
    before: TextField | None = None
    line: TextField
    moves: tuple[Literal[MOVES], ...] = ()  # type: ignore[valid-type]
    faults: tuple[Literal[(*FAULTS, *ISSUES)], ...] = ("blame", "rude", "overpromise", "privacy", "forbidden")  # type: ignore[valid-type]
    keys: tuple[PointField, ...] = Field(default=(), max_length=_MOST)
    model: TextField
    open: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> RewriteField:
        _differ(key.id for key in self.keys)
        if not self.moves and not self.keys:
            raise problem("rewriting_asks_for_nothing")
        return self

    def to_item(self, language: Language, reading: Lexicons) -> Written:
        """The engine's value: to be without faults counts as much as one move, and so do other words."""
        criteria = (
            *(Criterion("point", (key.id,), key.weight) for key in self.keys),
            *(Criterion("move", (move,)) for move in self.moves),
            *((Criterion("fault", self.faults),) if self.faults else ()),
            Criterion("other_words"),
        )
        before = self.before.to_text().in_language(language) if self.before is not None else ""
        line = self.line.to_text().in_language(language)
        return Written(self.id, self.points, criteria, _lexicons(self.keys), reading, before, line, is_open=self.open)


class DrillField(_ItemField):
    """A drill as an item (演练题), played inside an exam.

    What is reached in the drill, of 100, is the share of the points: all from ``full_from`` on, none below
    ``passes_from``. ``level`` is how hard it is played, ``minutes`` how long at most where that is less than the
    scenario takes, ``tries`` how often: the best counts.
    """

    type: Literal["drill"]
    scenario: Key
    level: Literal["easy", "normal", "hard"] = "normal"
    passes_from: Reached = Decimal(0)
    full_from: Reached = Decimal(100)
    minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    tries: Annotated[int, Field(ge=1, le=3)] = 1

    @model_validator(mode="after")
    def _passes_before_it_is_full(self) -> DrillField:
        if self.full_from <= 0 or self.passes_from > self.full_from:
            raise problem("drill_passes_above_full")
        return self

    def to_item(self) -> Played:
        """The engine's value."""
        return Played(self.id, self.points, self.scenario, self.passes_from, self.full_from)


_Plain = ChoiceField | TruthField | FillField | OrderField | MatchField | ShortField
SingleField = Annotated[_Plain | RewriteField | DrillField, Field(discriminator="type")]


class CaseField(_ItemField):
    """A story with items about it (案例题); it is worth what they are worth together."""

    type: Literal["case"]
    items: tuple[SingleField, ...] = Field(min_length=1, max_length=_MOST)

    @model_validator(mode="after")
    def _items_differ(self) -> CaseField:
        _differ(item.id for item in self.items)
        if "points" in self.model_fields_set:
            raise problem("case_has_no_points")
        return self


ItemField = Annotated[_Plain | RewriteField | DrillField | CaseField, Field(discriminator="type")]
AnyItem = _Plain | RewriteField | DrillField | CaseField


@kinds.register("items")
class ItemsDocument(Authored):
    """A question bank (题库): items of one subject, for lessons, daily rounds and exams.

    ``layer`` is that of items that name none. Whoever learns meets items only where they are set.
    """

    layer: Layer | None = None
    items: tuple[ItemField, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _ids_differ(self) -> ItemsDocument:
        _differ(item.id for item in self.items)
        return self

    def item(self, item_id: str) -> AnyItem | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == item_id), None)

    def names(self) -> Iterator[Named]:
        """What its items train and cover, and the drills among them."""
        for number, item in enumerate(self.items):
            place = f"items.{number}"
            yield from _named_by(item, place)
            for inner, one in enumerate(item.items if isinstance(item, CaseField) else ()):
                yield from _named_by(one, f"{place}.items.{inner}")


def _named_by(item: AnyItem, place: str) -> Iterator[Named]:
    yield from (Named(f"{place}.competencies", "competency", key) for key in item.competencies)
    yield from (Named(f"{place}.covers", "topic", topic) for topic in item.covers)
    if isinstance(item, DrillField):
        yield Named(f"{place}.scenario", "text", f"scenario:{item.scenario}")


def to_item(field: AnyItem, language: Language, reading: Lexicons) -> Item:
    """An item as the engine grades it; ``reading`` is what moves and faults of rewritten lines are found by."""
    if isinstance(field, CaseField):
        return Case(field.id, tuple(_single(one, language, reading) for one in field.items))
    return _single(field, language, reading)


def _single(field: _Plain | RewriteField | DrillField, language: Language, reading: Lexicons) -> Single:
    return field.to_item(language, reading) if isinstance(field, RewriteField) else field.to_item()


def _lexicons(keys: tuple[PointField, ...]) -> Lexicons:
    return compile_lexicons([cue for key in keys for cue in key.cues()], {}, SatisfactionModel({}), "keys")


def _differ(ids: Iterator[str] | list[str]) -> None:
    listed = list(ids)
    if len(set(listed)) < len(listed):
        raise problem("ids_twice")


def _read_differently(texts: Iterable[TextField]) -> None:
    """Whoever answers sees texts alone; where two are the same, right and wrong look alike."""
    listed = list(texts)
    for language in _LANGUAGES:
        seen = set[str]()
        for text in (" ".join(str(getattr(one, language) or "").split()) for one in listed):
            if text and text in seen:
                raise problem("texts_twice", text=text)
            seen.add(text)


def _texts(model: BaseModel) -> Iterator[TextField]:
    for _, value in model:
        values = value if isinstance(value, tuple) else (value,)
        for one in values:
            if isinstance(one, TextField):
                yield one
            elif isinstance(one, BaseModel):
                yield from _texts(one)
