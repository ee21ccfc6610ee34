"""Kind ``scorecard``: lines with weights and rules, groups, gates; lines may be used from other cards."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, Loaded, TextField, kinds
from peilian.adapters.packs._problems import reason_behind, reason_of
from peilian.adapters.packs.scorecard_settings import SettingField, resolve, weight_settings
from peilian.engine._expression import Expression, ExpressionError, Kind, kind_name, parse
from peilian.engine._kernel import Fault, InputError, Param, Reason, Text, WrongValue
from peilian.engine.reading.indicators import SERVICE_INDICATORS
from peilian.engine.scorecard import Gate, Group, Line, Measure, Scorecard, SmallSample
from peilian.engine.scorecard.card import STAGES, Grade, Proration, Sizes, Stage, Unjudged, ZeroWhen
from peilian.engine.scorecard.doubting import doubts
from peilian.engine.scorecard.rules import Rule, known_rules
from peilian.engine.scorecard.rules.levels import Levels

# What only a drill can know, because it knows the world that the customer lives in.
DRILL_INDICATORS = (
    "completeness",
    "resolution",
    "fatal_breach",
    "critical_unresolved",
    "copied_share",
    "dump_share",
)
# Where an indicator comes from; what is given from outside may have any name.
_SOURCES: Mapping[str, tuple[str, ...]] = {"transcript": SERVICE_INDICATORS, "drill": DRILL_INDICATORS}
_Strict = ConfigDict(extra="forbid", frozen=True)
_LARGEST, _LONGEST_TEXT = Decimal(1_000_000_000), 4_000
_WRITTEN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?")
_KEY = r"^[a-z][a-z0-9_]*$"


class IndicatorField(BaseModel):
    """An indicator that lines and gates may use."""

    model_config = _Strict

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")
    label: TextField
    source: Literal["transcript", "drill", "given"] = "given"
    better: Literal["higher", "lower", "none"] = "none"
    unit: Literal["ratio", "count", "level", "number", "truth", "money"] | None = None
    levels: tuple[TextField, ...] = ()
    origin: Literal["business", "contacts", "events", "level", "typed"] | None = Field(default=None, alias="from")
    about: TextField | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    method: str | None = Field(default=None, pattern=_KEY)

    def to_measure(self) -> Measure:
        """The engine's value of it."""
        return Measure(
            label=self.label.to_text(),
            better=self.better,
            unit=self.unit,
            levels=tuple(level.to_text() for level in self.levels),
            origin=self.origin,
            about=_text(self.about),
            least=self.least,
            most=self.most,
            method=self.method,
        )

    @model_validator(mode="after")
    def _exists(self) -> IndicatorField:
        known = _SOURCES.get(self.source)
        if known is not None and self.key not in known:
            raise WrongValue(
                Reason("scorecard.wrong.source", {"source": self.source, "key": self.key, "known": ", ".join(known)})
            )
        if (self.unit == "level") != bool(self.levels):
            raise WrongValue(Reason("scorecard.wrong.levels"))
        return self


class RuleField(BaseModel):
    """A rule with its parameters and the indicators it judges; by default those of its formula, else that of the
    line's own key."""

    model_config = _Strict

    rule: str | None = None
    params: Mapping[str, Any] = Field(default_factory=dict)
    indicators: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rule_is_known(self) -> RuleField:
        if self.rule is not None and self.rule not in known_rules():
            known = ", ".join(key for key, _ in known_rules())
            raise WrongValue(Reason("scorecard.wrong.rule", {"rule": self.rule, "known": known}))
        return self


class SmallSampleField(RuleField):
    """What is done below a number of cases: another rule, else what ``otherwise`` says."""

    below: int = Field(ge=1)
    otherwise: Unjudged = "drop"


class ZeroWhenField(BaseModel):
    """A condition over indicators under which nothing is left of a line."""

    model_config = _Strict

    when: str
    label: TextField


class ProrateField(BaseModel):
    """The value counts against the time that the person was there."""

    model_config = _Strict

    indicator: str = "presence_ratio"
    least: Decimal = Field(default=Decimal(0), ge=0, le=1)


class SizeField(BaseModel):
    """Parameters for sizes up to ``up_to``; those that are not said are the line's own."""

    model_config = _Strict

    up_to: Decimal | None = Field(default=None, gt=0)
    params: Mapping[str, Any]


class SizesField(BaseModel):
    """Other parameters by the value of an indicator, such as the size of the team."""

    model_config = _Strict

    indicator: str
    rows: tuple[SizeField, ...]

    @model_validator(mode="after")
    def _rows_ascend(self) -> SizesField:
        if not self.rows:
            raise WrongValue(Reason("scorecard.wrong.no_row"))
        ends = [row.up_to for row in self.rows]
        if None in ends[:-1] or any(a is not None and b is not None and a >= b for a, b in pairwise(ends)):
            raise WrongValue(Reason("scorecard.wrong.order_of_rows"))
        return self


class LineField(RuleField):
    """A line of its own (``key``, ``label``, ``weight``, ``rule``), or one used from another card (``use:
    card/line``), where only ``weight`` and ``group`` may be said anew."""

    use: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_\-./]*/[a-z][a-z0-9_]*$")
    key: str | None = Field(default=None, pattern=_KEY)
    label: TextField | None = None
    note: TextField | None = None
    weight: Decimal | None = Field(default=None, gt=0, le=1_000_000)
    group: str | None = None
    unjudged: Unjudged = "drop"
    small_sample: SmallSampleField | None = None
    floor: Decimal | Literal["none"] = Decimal(0)
    bonus: Decimal | Literal["unlimited"] = Field(default=Decimal(0))
    zero_when: ZeroWhenField | None = None
    prorate: ProrateField | None = None
    sizes: SizesField | None = None
    standard: TextField | None = None
    source_note: TextField | None = None
    competency: str | None = Field(default=None, pattern=_KEY)

    @model_validator(mode="after")
    def _is_own_or_used(self) -> LineField:
        own = [name for name in ("key", "label", "rule") if getattr(self, name) is not None]
        if self.use is not None and self.model_fields_set - {"use", "weight", "group"}:
            raise WrongValue(Reason("scorecard.wrong.used_line"))
        if self.use is None and (len(own) < 3 or self.weight is None):
            raise WrongValue(Reason("scorecard.wrong.own_line"))
        if isinstance(self.bonus, Decimal) and self.bonus < 0:
            raise WrongValue(Reason("scorecard.wrong.bonus"))
        return self


class GroupField(BaseModel):
    """Lines that are summed up together, with limits of their own."""

    model_config = _Strict

    key: str = Field(pattern=_KEY)
    label: TextField
    floor: Decimal | None = None
    cap: Decimal | None = None


class GateField(BaseModel):
    """A condition over indicators that caps the total, fails the result, or both."""

    model_config = _Strict

    key: str = Field(pattern=_KEY)
    label: TextField
    when: str
    cap: Decimal | None = Field(default=None, ge=0)
    fails: bool = False

    @model_validator(mode="after")
    def _does_something(self) -> GateField:
        if self.cap is None and not self.fails:
            raise WrongValue(Reason("scorecard.wrong.gate"))
        return self


class GradeField(BaseModel):
    """A grade and where it begins on the scale of 100."""

    model_config = _Strict

    key: str = Field(pattern=_KEY)
    label: TextField
    at_least: Decimal


@kinds.register("scorecard")
class ScorecardDocument(Document):
    """A scorecard. ``max``, when it is said, must be the sum of the weights; ``meant_max`` is one that they were meant
    to have, and another is doubted. ``process`` says what whoever runs an appraisal goes by."""

    title: TextField
    note: TextField | None = None
    purpose: Literal["conversation", "appraisal"] = "conversation"
    max: Decimal | None = None
    meant_max: Decimal | None = None
    pass_mark: Decimal | None = Field(default=None, ge=0, le=100)
    floor: Decimal | None = None
    cap: Decimal | None = None
    order: tuple[Stage, ...] = STAGES
    indicators: tuple[IndicatorField, ...] = ()
    groups: tuple[GroupField, ...] = ()
    lines: tuple[LineField, ...] = Field(min_length=1)
    gates: tuple[GateField, ...] = ()
    grades: tuple[GradeField, ...] = ()
    process: Mapping[str, str] = Field(default_factory=dict)
    settings: tuple[SettingField, ...] = ()


@dataclass(frozen=True)
class LoadedScorecards:
    """Scorecards by key; with settings, as the defaults have them."""

    cards: Mapping[str, Scorecard]
    found: Mapping[str, Loaded]

    def purpose(self, key: str) -> str:
        """What a scorecard is for: a conversation or an appraisal."""
        return _document(self.found[key]).purpose

    @cached_property
    def doubts(self) -> tuple[Fault, ...]:
        """What is allowed in them but odd; ``InputError`` when an answer to a setting leads to a faulty scorecard."""
        faults = [fault for item in self.found.values() for fault in _faults_of_settings(item)]
        if faults:
            raise InputError(*faults)
        return tuple(doubt for key, card in self.cards.items() for doubt in _doubts(self.found[key], card))


def load_scorecards(roots: Iterable[Path] = (packs.SHIPPED,), file: Path | None = None) -> LoadedScorecards:
    """Every scorecard below ``roots``; ``file`` adds one, in place of that of the same key.

    ``InputError`` names file, line and field of every fault.
    """
    found = {item.document.key: item for item in packs.load("scorecard", tuple(roots))}
    if file is not None:
        found.update({item.document.key: item for item in (_scorecard_file(file),)})
    builder = _Builder(found)
    cards = {key: card for key in found if (card := builder.card(key)) is not None}
    if builder.faults:
        raise InputError(*builder.faults)
    return LoadedScorecards(cards, found)


def build(body: Mapping[str, Any]) -> Scorecard:
    """The scorecard of a document that lies in no file; its lines may be used from shipped ones.

    ``InputError`` names the field of every fault.
    """
    item = _checked(body)
    found = {one.document.key: one for one in packs.load("scorecard")} | {item.document.key: item}
    builder = _Builder(found)
    card = builder.card(item.document.key)
    if card is None:
        raise InputError(*builder.faults)
    return card


def check_body(body: Mapping[str, Any]) -> ScorecardDocument:
    """The document of a body by its schema; ``InputError`` names the field of every fault."""
    return _document(_checked(body))


def _faults_of_settings(item: Loaded) -> list[Fault]:
    """Each answer alone must lead to a scorecard."""
    if not _document(item).settings:
        return []
    body = body_of(item.path)
    settings = (*_document(item).settings, *weight_settings(body))
    faults: list[Fault] = []
    for n, setting in enumerate(_document(item).settings):
        for m, answer in enumerate(_answers(setting)):
            try:
                build(resolve(body, settings, {setting.key: answer}))
            except InputError as error:
                place = ("settings", n, "choices", m) if setting.choices else ("settings", n)
                faults += (_fault_at(item, place, fault.reason) for fault in error.faults)
    return faults


def _answers(setting: SettingField) -> tuple[str | Decimal, ...]:
    if setting.number is not None:
        return setting.number.min, setting.number.max
    return tuple(choice.key for choice in setting.choices)


def body_of(path: Path) -> dict[str, Any]:
    """The document of a file as plain values; the file has been checked."""
    body: dict[str, Any] = yaml.load(path.read_bytes(), Loader=packs._Loader)  # noqa: S506 - a safe loader
    return body


_NO_FILE = Path()


def _checked(body: Mapping[str, Any]) -> Loaded:
    if faults := list(_beyond(body)):
        raise InputError(*faults)
    try:
        document = ScorecardDocument.model_validate(body)
    except ValidationError as error:
        raise InputError(*(_told(problem) for problem in error.errors())) from None
    if document.kind != "scorecard":
        raise InputError(Fault(Reason("scorecard.fault.other_kind", {"kind": document.kind}), field="kind"))
    plain = json.dumps(_plain(body), ensure_ascii=False, sort_keys=True)
    return Loaded(document, _NO_FILE, hashlib.sha256(plain.encode()).hexdigest())


def _beyond(node: Any, place: str = "") -> Iterator[Fault]:
    """Numbers and texts of a body that were mistyped or meant to do harm: computing or showing them would fail."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _beyond(value, f"{place}.{key}" if place else str(key))
    elif isinstance(node, list | tuple):
        for n, value in enumerate(node):
            yield from _beyond(value, f"{place}.{n}")
    elif isinstance(node, str) and len(node) > _LONGEST_TEXT:
        yield Fault(Reason("pack.text_too_long", {"most": _LONGEST_TEXT}), field=place)
    elif (number := _numeral(node)) is not None and not abs(number) <= _LARGEST:
        yield Fault(Reason("pack.less_than_equal", {"bound": str(_LARGEST)}), field=place)


def _numeral(value: Any) -> Decimal | None:
    """A number, also one that is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    if isinstance(value, str) and not _WRITTEN.fullmatch(value):
        return None
    found = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    return _LARGEST + 1 if found.is_nan() else found


def _plain(value: Any) -> Any:
    """A body in which a number is the same however it was written: 0.10, "0.1" of a database and 0.1 of a file."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
        return f"{number.normalize():f}" if number else "0"
    return value if value is None or isinstance(value, bool) else str(value)


def _told(problem: Any) -> Fault:
    place = ".".join(str(part) for part in problem["loc"]) or None
    return Fault(reason_of(problem), field=place)


def _doubts(item: Loaded, card: Scorecard) -> Iterator[Fault]:
    """What is odd about the card's own lines; used ones are doubted where they stand."""
    places = {line.key: n for n, line in enumerate(_document(item).lines) if line.use is None}
    for key, reason in doubts(card):
        if key is None:
            yield _fault_at(item, ("meant_max",), reason)
        elif key in places:
            yield _fault_at(item, ("lines", places[key], "params"), reason)


def _scorecard_file(path: Path) -> Loaded:
    item = packs.load_file(path)
    if not isinstance(item.document, ScorecardDocument):
        reason = Reason("scorecard.fault.other_kind", {"kind": item.document.kind})
        raise InputError(Fault(reason, file=str(path), row=1, field="kind"))
    return item


class _Refused(Exception):
    """A fault at a place of a document."""

    def __init__(self, place: tuple[int | str, ...], reason: Reason) -> None:
        super().__init__(reason.key)
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Brought:
    """A line with the labels of its indicators and the documents that it comes from."""

    line: Line
    labels: Mapping[str, Measure]
    origins: tuple[str, ...] = ()


class _Builder:
    """Makes scorecards of documents and gathers what is wrong with them."""

    def __init__(self, found: Mapping[str, Loaded]) -> None:
        self._found = found
        self.faults: list[Fault] = []

    def card(self, key: str) -> Scorecard | None:
        """The scorecard of the document ``key``; ``None`` when it is faulty."""
        item = self._found[key]
        document = _document(item)
        before = len(self.faults)
        brought = []
        for n in range(len(document.lines)):
            try:
                brought.append(self._line(key, n, ()))
            except _Refused as refused:
                self._refuse(item, refused)
        labels = _labels(document) | {name: label for one in brought for name, label in one.labels.items()}
        gates = [gate for n in range(len(document.gates)) if (gate := self._gate(item, n, labels)) is not None]
        for place, reason in _faults(document, [one.line for one in brought]):
            self._refuse(item, _Refused(place, reason))
        if len(self.faults) > before:
            return None
        origins = sorted({key, *(origin for one in brought for origin in one.origins)})
        try:
            return _scorecard(item, self._version(origins), [one.line for one in brought], gates, labels)
        except ValueError as error:
            self._refuse(item, _Refused((), reason_behind(error)))
            return None

    def _refuse(self, item: Loaded, refused: _Refused) -> None:
        self.faults.append(_fault_at(item, refused.place, refused.reason))

    def _version(self, origins: Iterable[str]) -> str:
        """A hash over the document and those that its lines come from."""
        hashes = "".join(self._found[origin].sha256 for origin in origins)
        return "sha256:" + hashlib.sha256(hashes.encode()).hexdigest()

    def _line(self, key: str, n: int, seen: tuple[tuple[str, int], ...]) -> _Brought:
        document = _document(self._found[key])
        field = document.lines[n]
        place: tuple[int | str, ...] = ("lines", n)
        if field.use is None:
            line = _own_line(field, place, _labels(document))
            labels = {name: label for name, label in _labels(document).items() if name in _used(line)}
            return _Brought(line, labels, (key,))
        if (key, n) in seen:
            raise _Refused((*place, "use"), Reason("scorecard.fault.circular", {"use": field.use}))
        other, number = self._used(field.use, (*place, "use"))
        try:
            brought = self._line(other, number, (*seen, (key, n)))
        except _Refused as refused:  # told where it stands, and here only that it is so
            same = refused.reason.key == "scorecard.fault.circular"
            reason = refused.reason if same else Reason("scorecard.fault.faulty_line", {"use": field.use})
            raise _Refused((*place, "use"), reason) from None
        line = replace(brought.line, weight=field.weight or brought.line.weight, group=field.group)
        return replace(brought, line=line, origins=(*brought.origins, key))

    def _used(self, use: str, place: tuple[int | str, ...]) -> tuple[str, int]:
        """Document and number of the line ``use``."""
        card, _, key = use.rpartition("/")
        if card not in self._found:
            known = ", ".join(sorted(self._found))
            raise _Refused(place, Reason("scorecard.fault.unknown_card", {"card": card, "known": known}))
        lines = _document(self._found[card]).lines
        keys = [line.key or (line.use or "").rpartition("/")[2] for line in lines]
        if key not in keys:
            known = ", ".join(keys)
            raise _Refused(place, Reason("scorecard.fault.unknown_line", {"card": card, "line": key, "known": known}))
        return card, keys.index(key)

    def _gate(self, item: Loaded, n: int, labels: Mapping[str, Measure]) -> Gate | None:
        field = _document(item).gates[n]
        try:
            condition = _condition(field.when, labels, ("gates", n, "when"))
        except _Refused as refused:
            self._refuse(item, refused)
            return None
        return Gate(field.key, field.label.to_text(), condition, field.cap, field.fails)


def _condition(source: str, labels: Mapping[str, Measure], place: tuple[int | str, ...]) -> Expression:
    names: dict[str, Kind] = dict.fromkeys(labels, "number")
    try:
        condition = parse(source, names)
        if condition.kind != "truth":
            raise ExpressionError(
                Reason("expression.truth_expected", {"column": 1, "found": kind_name(condition.kind)})
            )
    except ExpressionError as error:
        raise _Refused(place, error.reason) from None
    return condition


def _own_line(field: LineField, place: tuple[int | str, ...], labels: Mapping[str, Measure]) -> Line:
    assert field.key is not None
    assert field.label is not None
    assert field.weight is not None
    rule = _rule(field, place)
    small = None
    if field.small_sample is not None:
        where = (*place, "small_sample")
        other = None if field.small_sample.rule is None else _rule(field.small_sample, where)
        names = () if other is None else _names(field.small_sample, other, field.key, where, labels)
        small = SmallSample(field.small_sample.below, field.small_sample.otherwise, other, names)
    try:
        return _line_of(field, rule, small, place, labels)
    except ValueError as error:
        raise _Refused(place, reason_behind(error)) from None


def _line_of(
    field: LineField, rule: Rule, small: SmallSample | None, place: tuple[int | str, ...], labels: Mapping[str, Measure]
) -> Line:
    assert field.key is not None
    assert field.label is not None
    assert field.weight is not None
    names = _names(field, rule, field.key, place, labels)
    levels = labels[names[0]].levels
    if isinstance(rule, Levels) and levels and len(levels) != rule.of:
        params: dict[str, Param] = {"indicator": names[0], "levels": len(levels), "of": rule.of}
        raise _Refused((*place, "params", "of"), Reason("scorecard.fault.levels_differ", params))
    zero = field.zero_when
    return Line(
        key=field.key,
        label=field.label.to_text(),
        weight=field.weight,
        rule=rule,
        indicators=names,
        group=field.group,
        unjudged=field.unjudged,
        small_sample=small,
        floor=None if field.floor == "none" else field.floor,
        bonus=None if field.bonus == "unlimited" else field.bonus,
        note=_text(field.note),
        zero_when=None
        if zero is None
        else ZeroWhen(_condition(zero.when, labels, (*place, "zero_when", "when")), zero.label.to_text()),
        prorate=None
        if field.prorate is None
        else Proration(_known(field.prorate.indicator, (*place, "prorate"), labels), field.prorate.least),
        sizes=None if field.sizes is None else _sizes(field, field.sizes, (*place, "sizes"), labels),
        standard=_text(field.standard),
        source_note=_text(field.source_note),
        competency=field.competency,
    )


def _sizes(field: LineField, sizes: SizesField, place: tuple[int | str, ...], labels: Mapping[str, Measure]) -> Sizes:
    rows = []
    for n, row in enumerate(sizes.rows):
        own = RuleField(rule=field.rule, params={**field.params, **row.params})
        rows.append((row.up_to, _rule(own, (*place, "rows", n))))
    return Sizes(_known(sizes.indicator, place, labels), tuple(rows))


def _known(name: str, place: tuple[int | str, ...], labels: Mapping[str, Measure]) -> str:
    if name not in labels:
        known = ", ".join(sorted(labels))
        raise _Refused(place, Reason("scorecard.fault.unknown_indicator", {"indicator": name, "known": known}))
    return name


def _text(field: TextField | None) -> Text | None:
    return None if field is None else field.to_text()


@cache
def _adapter(rule: str) -> TypeAdapter[Rule]:
    return TypeAdapter(known_rules().get(rule))


def _rule(field: RuleField, place: tuple[int | str, ...]) -> Rule:
    """The rule with its parameters, checked against the fields of its class."""
    assert field.rule is not None
    kind = known_rules().get(field.rule)
    for unknown, known in _unknown_names(field.params, kind, ("params",)):
        raise _Refused((*place, *unknown), Reason("scorecard.fault.unknown_param", {"known": ", ".join(known)}))
    try:
        made: Rule = _adapter(field.rule).validate_python(field.params)
    except ValidationError as error:
        problem = error.errors()[0]
        raise _Refused((*place, "params", *problem["loc"]), reason_of(problem)) from None
    return made


def _unknown_names(
    params: Mapping[str, Any], kind: type, place: tuple[int | str, ...]
) -> Iterator[tuple[tuple[int | str, ...], list[str]]]:
    """Names in ``params``, or in mappings within, that ``kind`` has no field for; with those that it has."""
    assert is_dataclass(kind)
    known = [field.name for field in fields(kind) if field.init]
    hints = get_type_hints(kind)
    for name, value in params.items():
        if name not in known:
            yield (*place, name), known
        elif isinstance(value, list):
            inner = next((arg for arg in get_args(hints[name]) if isinstance(arg, type) and is_dataclass(arg)), None)
            for n, item in enumerate(value):
                if inner is not None and isinstance(item, Mapping):
                    yield from _unknown_names(item, inner, (*place, name, n))


def _names(
    field: RuleField, rule: Rule, key: str, place: tuple[int | str, ...], labels: Mapping[str, Measure]
) -> tuple[str, ...]:
    """The indicators of a rule; each must be declared, and a rule that takes one gets one."""
    names = field.indicators or tuple(sorted(rule.names)) or (key,)
    where = (*place, "indicators") if field.indicators else place
    for name in (*names, *sorted(rule.names)):
        if name not in labels or (rule.names and name not in names):
            known = ", ".join(sorted(labels))
            raise _Refused(where, Reason("scorecard.fault.unknown_indicator", {"indicator": name, "known": known}))
    if len(names) > 1 and not rule.takes_many:
        raise _Refused(where, Reason("scorecard.fault.one_indicator", {"rule": rule.key}))
    return names


def _used(line: Line) -> frozenset[str]:
    small = line.small_sample.indicators if line.small_sample else ()
    also = [part.indicator for part in (line.prorate, line.sizes) if part is not None]
    zero = line.zero_when.condition.names if line.zero_when else ()
    return frozenset((*line.indicators, *small, *also, *zero))


def _faults(document: ScorecardDocument, lines: list[Line]) -> Iterator[tuple[tuple[int | str, ...], Reason]]:
    """What is wrong between the parts of a document; ``lines`` are its sound ones."""
    groups = {group.key for group in document.groups}
    for n, field in enumerate(document.lines):
        if field.group is not None and field.group not in groups:
            known = ", ".join(sorted(groups))
            yield (
                ("lines", n, "group"),
                Reason("scorecard.fault.unknown_group", {"group": field.group, "known": known}),
            )
    whole = sum((line.weight for line in lines), Decimal(0))
    if document.max is not None and len(lines) == len(document.lines) and whole != document.max:
        yield (("max",), Reason("scorecard.fault.max_differs", {"sum": str(whole), "max": str(document.max)}))


def _scorecard(
    item: Loaded, version: str, lines: list[Line], gates: list[Gate], labels: Mapping[str, Measure]
) -> Scorecard:
    document = _document(item)
    return Scorecard(
        key=document.key,
        version=version,
        title=document.title.to_text(),
        lines=tuple(lines),
        groups=tuple(Group(group.key, group.label.to_text(), group.floor, group.cap) for group in document.groups),
        gates=tuple(gates),
        pass_mark=document.pass_mark,
        floor=document.floor,
        cap=document.cap,
        order=document.order,
        indicators=dict(labels),
        grades=tuple(Grade(grade.key, grade.label.to_text(), grade.at_least) for grade in document.grades),
        meant_max=document.meant_max,
        schema_version=document.schema_version,
    )


def _labels(document: ScorecardDocument) -> dict[str, Measure]:
    return {indicator.key: indicator.to_measure() for indicator in document.indicators}


def _document(item: Loaded) -> ScorecardDocument:
    assert isinstance(item.document, ScorecardDocument)
    return item.document


def _fault_at(item: Loaded, place: tuple[int | str, ...], reason: Reason) -> Fault:
    field = ".".join(map(str, place)) or None
    if item.path == _NO_FILE:
        return Fault(reason, field=field)
    node = yaml.compose(item.path.read_bytes(), Loader=yaml.SafeLoader)
    return Fault(reason, file=str(item.path), row=packs._line(node, place), field=field)
