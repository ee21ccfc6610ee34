"""Settings of a scorecard (评分卡的设置): every open question as data, and the document that an answer leads to.

A setting has choices, each with changes to the document, or is a number that is put into places of it. Without any
answer the defaults hold, so a document with settings stands for one scorecard like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peilian.adapters.packs import TextField
from peilian.adapters.packs._problems import reason_behind
from peilian.engine._kernel import Fault, InputError, Reason, WrongValue

_Strict = ConfigDict(extra="forbid", frozen=True)
_KEY = r"^[a-z][a-z0-9_]*$"
_PLACES = ("lines", "indicators", "groups", "gates", "grades")  # lists whose items have keys
WEIGHT = "weight."  # settings that every line has without saying so

Answers = Mapping[str, str | Decimal]


class ChangeField(BaseModel):
    """What an answer changes: fields of a line, of an indicator, or of the document itself. Mappings are merged,
    ``null`` takes a field away, everything else replaces what was there."""

    model_config = _Strict

    line: str | None = None
    indicator: str | None = None
    set: Mapping[str, Any] = Field(default_factory=dict)
    leave_out: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> ChangeField:
        if self.line is not None and self.indicator is not None:
            raise WrongValue(Reason("scorecard.wrong.change_of_two"))
        if self.leave_out == bool(self.set) or (self.leave_out and self.line is None):
            raise WrongValue(Reason("scorecard.wrong.change"))
        return self


class ChoiceField(BaseModel):
    """One answer."""

    model_config = _Strict

    key: str = Field(pattern=_KEY)
    label: TextField
    changes: tuple[ChangeField, ...] = ()


class NumberField(BaseModel):
    """Bounds of an answer that is a number."""

    model_config = _Strict

    min: Decimal
    max: Decimal
    whole: bool = False


class SettingField(BaseModel):
    """A question with its answers. ``question`` is its number in the list of open questions; a number whose default
    is left out leaves the document as it is, and ``changes`` come with any other."""

    model_config = _Strict

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")
    question: str | None = None
    label: TextField
    about: TextField | None = None
    default: str | Decimal | None = None
    choices: tuple[ChoiceField, ...] = ()
    number: NumberField | None = None
    into: tuple[str, ...] = ()
    changes: tuple[ChangeField, ...] = ()

    @model_validator(mode="after")
    def _has_answers(self) -> SettingField:
        if bool(self.choices) == (self.number is not None):
            raise WrongValue(Reason("scorecard.wrong.setting"))
        if self.choices and (self.into or self.changes):
            raise WrongValue(Reason("scorecard.wrong.choices_into"))
        if self.choices and str(self.default) not in [choice.key for choice in self.choices]:
            raise WrongValue(Reason("scorecard.wrong.default", {"default": str(self.default)}))
        if self.number is not None and not self.into:
            raise WrongValue(Reason("scorecard.wrong.into"))
        if self.number is not None and self.default is not None:
            number_in(self, self.default)
        return self


def number_in(setting: SettingField, answer: str | Decimal) -> Decimal:
    """The answer as a number; ``ValueError`` says what was expected."""
    assert setting.number is not None
    bounds = setting.number
    try:
        number = Decimal(str(answer))
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_nan() or not bounds.min <= number <= bounds.max or (bounds.whole and number % 1):
        told = {"least": f"{bounds.min:f}", "most": f"{bounds.max:f}", "given": str(answer)}
        key = "scorecard.wrong.whole_number" if bounds.whole else "scorecard.wrong.number"
        raise WrongValue(Reason(key, {**told}))
    return number


def weight_settings(body: Mapping[str, Any]) -> Iterator[SettingField]:
    """A setting for the weight of every line that has one of its own."""
    for line in _items(body, "lines"):
        if line.get("key") and line.get("weight") is not None:
            yield SettingField(
                key=f"{WEIGHT}{line['key']}",
                question="Q-01",
                label=TextField.model_validate(line.get("label") or {"en": line["key"]}),
                default=Decimal(str(line["weight"])),
                number=NumberField(min=Decimal("0.01"), max=Decimal(1000)),
                into=(f"lines.{line['key']}.weight",),
            )


def resolve(body: Mapping[str, Any], settings: Sequence[SettingField], answers: Answers) -> dict[str, Any]:
    """The document without settings that ``answers`` lead to, the defaults standing for those that are not there.

    ``InputError`` names settings that do not exist and answers that they do not have.
    """
    by_key = {setting.key: setting for setting in settings}
    faults = [
        Fault(Reason("scorecard.fault.unknown_setting", {"known": ", ".join(by_key)}), field=f"settings.{key}")
        for key in answers
        if key not in by_key
    ]
    made: dict[str, Any] = copy.deepcopy({key: value for key, value in body.items() if key != "settings"})
    for setting in settings:
        answer = answers.get(setting.key, setting.default)
        try:
            _answer(made, setting, answer)
        except ValueError as error:
            faults.append(Fault(reason_behind(error), field=f"settings.{setting.key}"))
    if faults:
        raise InputError(*faults)
    return made


def _answer(body: dict[str, Any], setting: SettingField, answer: str | Decimal | None) -> None:
    if setting.number is None:
        choice = next((choice for choice in setting.choices if choice.key == answer), None)
        if choice is None:
            known = ", ".join(choice.key for choice in setting.choices)
            raise WrongValue(Reason("scorecard.wrong.choice", {"known": known, "given": str(answer)}))
        _change(body, choice.changes)
    elif answer is not None and answer != "":
        number = number_in(setting, answer)
        _change(body, setting.changes)
        for place in setting.into:
            _put(body, place, number)


def _change(body: dict[str, Any], changes: Sequence[ChangeField]) -> None:
    for change in changes:
        if change.leave_out:
            body["lines"] = [line for line in _items(body, "lines") if line.get("key") != change.line]
        elif change.line is not None:
            _merge(_item(body, "lines", change.line), change.set)
        elif change.indicator is not None:
            _merge(_item(body, "indicators", change.indicator), change.set)
        else:
            _merge(body, change.set)


def _merge(into: MutableMapping[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(into.get(key), MutableMapping):
            _merge(into[key], value)
        elif isinstance(value, Mapping):
            into[key] = {}
            _merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)


def _put(body: dict[str, Any], place: str, number: Decimal) -> None:
    """``number`` at ``lines.<key>.<field>...``; a line that was left out takes none."""
    first, *rest = place.split(".")
    node: Any = body
    if first in _PLACES and rest:
        node = next((item for item in _items(body, first) if item.get("key") == rest[0]), None)
        if node is None:
            return
        rest = rest[1:]
    else:
        rest = [first, *rest]
    for part in rest[:-1]:
        node = _inside(node, part, place)
    _set(node, rest[-1], int(number) if number == number.to_integral_value() else f"{number:f}", place)


def _inside(node: Any, part: str, place: str) -> Any:
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    if isinstance(node, MutableMapping):
        return node.setdefault(part, {})
    raise WrongValue(Reason("scorecard.wrong.place", {"place": place}))


def _set(node: Any, part: str, value: int | str, place: str) -> None:
    if isinstance(node, MutableMapping):
        node[part] = value
    elif isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        node[int(part)] = value
    else:
        raise WrongValue(Reason("scorecard.wrong.place", {"place": place}))


def _items(body: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [item for item in body.get(kind) or () if isinstance(item, dict)]


def _item(body: Mapping[str, Any], kind: str, key: str) -> dict[str, Any]:
    found = next((item for item in _items(body, kind) if item.get("key") == key), None)
    if found is None:
        known = ", ".join(str(item.get("key")) for item in _items(body, kind))
        raise WrongValue(Reason("scorecard.wrong.absent", {"key": key, "kind": kind, "known": known}))
    return found
