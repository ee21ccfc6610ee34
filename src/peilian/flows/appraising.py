"""Appraising (绩效考核): templates with settings, the sheet of a person, and what is frozen of it.

A template is a document of kind ``scorecard`` with settings; with answers to them it becomes a scorecard, scored like
every other. What is stored of a result holds keys, parameters, exact decimals and both languages of every
label, so that it can be said, printed and checked when the template has long changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from peilian.adapters import packs
from peilian.adapters.packs import scorecard as documents
from peilian.adapters.packs.scorecard_settings import Answers, SettingField, resolve, weight_settings
from peilian.engine._kernel import Fault, InputError, Language, Reason, Text
from peilian.engine.scorecard import Indicator, Scorecard, Scored, score
from peilian.engine.scorecard.doubting import doubts
from peilian.flows.appraisal_inputs import PersonInputs, read_inputs
from peilian.flows.appraisal_sheets import from_stored, to_sheet, to_stored, waterfall
from peilian.flows.appraisal_values import Ratios, value_of
from peilian.flows.scoring import Names, labels_of

__all__ = [
    "Answers",
    "Choice",
    "Difference",
    "Number",
    "PersonInputs",
    "Ratios",
    "Setting",
    "Template",
    "appraise",
    "card_of",
    "compare",
    "doubts_of",
    "find_template",
    "from_stored",
    "needed",
    "process_of",
    "read_inputs",
    "resolved",
    "template_of",
    "templates",
    "to_sheet",
    "to_stored",
    "value_of",
    "waterfall",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a setting."""

    key: str
    label: Text


@dataclass(frozen=True, slots=True)
class Number:
    """Bounds of an answer that is a number."""

    min: Decimal
    max: Decimal
    whole: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """An open question of a template (设置项) with its choices, or the bounds of a number.

    ``default`` is the key of a choice, or a number as text; ``None`` leaves the document as it is. ``question`` is the
    number of the question in the list of open questions.
    """

    key: str
    question: str | None
    label: Text
    about: Text | None
    default: str | None
    choices: tuple[Choice, ...]
    number: Number | None


@dataclass(frozen=True, slots=True)
class Template:
    """A sheet that a company can take over (考核模板): ``body`` is the document as plain values."""

    key: str
    title: Text
    body: dict[str, Any]
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two versions of a template differ. ``label`` is that of the line, group or indicator it lies
    in; ``before`` or ``after`` is ``None`` where there is nothing."""

    place: str
    label: Text | None
    before: Any
    after: Any


@cache
def templates() -> Mapping[str, Template]:
    """The shipped templates by key."""
    return {
        item.document.key: _template(documents.body_of(item.path))
        for item in packs.load("scorecard")
        if isinstance(item.document, documents.ScorecardDocument) and item.document.purpose == "appraisal"
    }


def find_template(name: str) -> Template:
    """The shipped template ``name``, or that of the file at the path ``name``; any scorecard will do as one."""
    if name in templates():
        return templates()[name]
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.is_file():
        card = packs.load_file(path).document
        if not isinstance(card, documents.ScorecardDocument):
            reason = Reason("scorecard.fault.other_kind", {"kind": card.kind})
            raise InputError(Fault(reason, file=name, row=1, field="kind"))
        documents.load_scorecards(file=path)  # faults with their lines
        return _template(documents.body_of(path))
    other = next((item for item in packs.load("scorecard") if item.document.key == name), None)
    if other is not None:
        return _template(documents.body_of(other.path))
    known = ", ".join(sorted(templates()))
    raise InputError(Fault(Reason("scorecard.unknown", {"key": name, "known": known}), field="--scorecard"))


def template_of(body: Mapping[str, Any]) -> Template:
    """The template of a document; ``InputError`` names the field of every fault, and it works with its defaults."""
    documents.check_body(body)
    card_of(body)
    return _template(dict(body))


def _template(body: dict[str, Any]) -> Template:
    title = documents.check_body(body).title.to_text()
    return Template(str(body["key"]), title, body, tuple(map(_setting, _settings(body))))


def _settings(body: Mapping[str, Any]) -> tuple[SettingField, ...]:
    return (*documents.check_body(body).settings, *weight_settings(body))


def _setting(field: SettingField) -> Setting:
    bounds = field.number
    return Setting(
        key=field.key,
        question=field.question,
        label=field.label.to_text(),
        about=None if field.about is None else field.about.to_text(),
        default=None if field.default is None else str(field.default),
        choices=tuple(Choice(choice.key, choice.label.to_text()) for choice in field.choices),
        number=None if bounds is None else Number(bounds.min, bounds.max, bounds.whole),
    )


def resolved(body: Mapping[str, Any], settings: Answers | None = None) -> dict[str, Any]:
    """The document without settings that the answers lead to; ``InputError`` names what they may be."""
    return resolve(body, _settings(body), settings or {})


def card_of(body: Mapping[str, Any], settings: Answers | None = None) -> Scorecard:
    """The scorecard of a template with answers to its settings; ``InputError`` names the field of every fault.

    Its version is a hash over what it is, however it came about.
    """
    return documents.build(resolved(body, settings))


def process_of(body: Mapping[str, Any], settings: Answers | None = None) -> dict[str, str]:
    """What whoever runs the appraisal goes by: who rates, what agents see, how events on several lines are treated."""
    return {str(key): str(value) for key, value in (resolved(body, settings).get("process") or {}).items()}


def needed(card: Scorecard) -> tuple[str, ...]:
    """The indicators that the lines are judged by; those that only change how, such as presence, are not among them."""
    return tuple(dict.fromkeys(name for line in card.lines for name in line.indicators))


def doubts_of(body: Mapping[str, Any], settings: Answers | None, language: Language) -> list[str]:
    """What is allowed in the template but odd, in words."""
    card = card_of(body, settings)
    names = Names(labels_of(card), language)
    units = {line.key: card.indicators[line.indicators[0]].unit for line in card.lines}
    return [names.doubt(reason, line, is_ratio=units.get(line or "") == "ratio") for line, reason in doubts(card)]


def appraise(card: Scorecard, values: Mapping[str, Indicator]) -> Scored:
    """The sheet of one person. The same values give the same points, whoever asks and whenever."""
    return score(card, values)


def compare(
    body_a: Mapping[str, Any], settings_a: Answers | None, body_b: Mapping[str, Any], settings_b: Answers | None
) -> list[Difference]:
    """In what two templates with their answers differ, in the order of the documents."""
    before, after = resolved(body_a, settings_a), resolved(body_b, settings_b)
    labels: dict[str, Text] = {}
    flat_before, flat_after = dict(_flat(before, "", labels)), dict(_flat(after, "", labels))
    found = []
    for place in dict.fromkeys((*flat_before, *flat_after)):
        old, new = flat_before.get(place), flat_after.get(place)
        if _canonical(old) != _canonical(new):
            found.append(Difference(place, labels.get(".".join(place.split(".")[:2])), old, new))
    return found


def _flat(node: Any, place: str, labels: dict[str, Text]) -> Iterator[tuple[str, Any]]:
    """Every value with its place; items of a list that have keys are found by them, other lists are values."""
    if isinstance(node, Mapping):
        if set(node) <= {"zh", "en"} and node:
            yield place, dict(node)
            return
        for key, value in node.items():
            yield from _flat(value, f"{place}.{key}" if place else str(key), labels)
    elif isinstance(node, list) and node and all(isinstance(item, Mapping) and "key" in item for item in node):
        for item in node:
            label = item.get("label")
            if isinstance(label, Mapping):
                labels.setdefault(f"{place}.{item['key']}", Text(label.get("zh"), label.get("en")))
            yield from _flat({k: v for k, v in item.items() if k != "key"}, f"{place}.{item['key']}", labels)
    else:
        yield place, node


def _canonical(value: Any) -> Any:
    """Equal for what means the same: 5, 5.0 and "5"."""
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    try:
        return value if value is None or isinstance(value, bool) else Decimal(str(value))
    except ArithmeticError:
        return value
