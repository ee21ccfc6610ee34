"""Whether the printed standard of a line still says what its rule does (标准文字与参数是否一致).

The text of a standard and the numbers of its rule are written apart, so an answer to a setting or a changed parameter
leaves the text behind. Noticed are numbers of a text that an earlier form of the rule had and this one has no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from peilian.engine._kernel import Language, Text
from peilian.flows.appraising import Answers, resolved

Rules = tuple[Mapping[str, Any], Answers | None]  # a document and the answers to its settings

_NUMBER = re.compile(r"(?<![\d.])(\d+(?:,\d{3})+|\d+)(\.\d+)?\s*(%|％|成|个百分点|percentage point)?")
_TENTHS = re.compile("([一二三四五六七八九])成")
_DIGITS = {digit: n for n, digit in enumerate("一二三四五六七八九", start=1)}
_LIMITS = ("bonus", "floor")
_HUNDREDTHS = ("%", "％")


@dataclass(frozen=True, slots=True)
class Outdated:
    """A number that the standard of a line still says, as it is written there, and what the rule now has in its place;
    ``now`` is empty when that is gone."""

    line: str
    label: Text
    said: str
    now: str


@dataclass(frozen=True, slots=True)
class _Said:
    """A number of a text, with the values that it can mean."""

    text: str
    values: tuple[Decimal, ...]
    is_share: bool


def outdated(rules: Rules, former: Iterable[Rules], language: Language) -> list[Outdated]:
    """The numbers of standards that the rules contradict.

    ``former`` are rules that the texts may have been written for, such as those that the product comes with; the
    document with the defaults of its settings is always one of them.
    """
    body, answers = rules
    now = _lines(resolved(body, answers))
    found: dict[tuple[str, str], Outdated] = {}
    for document in (resolved(body), *(resolved(*one) for one in former)):
        before = _lines(document)
        for key, line in now.items():
            if key not in before or not (text := _standard(line, language)):
                continue
            for said, value in _left_behind(dict(_numbers(before[key])), dict(_numbers(line)), text):
                label = line.get("label") or {}
                row = Outdated(key, Text(label.get("zh"), label.get("en")), said.text, _written(value, said))
                found.setdefault((key, said.text), row)
    return list(found.values())


def _lines(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {line["key"]: line for line in document.get("lines") or () if line.get("key")}


def _standard(line: Mapping[str, Any], language: Language) -> str:
    text = line.get("standard") or {}
    return str(text.get(language) or text.get("zh") or text.get("en") or "")


def _left_behind(
    before: Mapping[str, Decimal], now: Mapping[str, Decimal], text: str
) -> Iterator[tuple[_Said, Decimal | None]]:
    """Numbers of the text that changed places had before and no place has now, with what the place has now."""
    current = set(now.values())
    changed = [(place, value) for place, value in before.items() if now.get(place) != value]
    for said in _said(text):
        if current.intersection(said.values):
            continue
        place = next((place for place, value in changed if value in said.values), None)
        if place is not None:
            yield said, now.get(place)


def _numbers(line: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """The numbers of a line's rule by place, without their signs; edges also as the shares of a standard they are."""
    params = line.get("params") or {}
    yield from _leaves(params, "params")
    yield from _leaves({part: line.get(part) for part in _LIMITS}, "")
    if (of := _decimal(params.get("of"))) is not None and line.get("rule") == "bands":
        for n, band in enumerate(params.get("bands") or ()):
            for side in ("at_least", "above", "at_most", "below"):
                if (edge := _decimal(band.get(side))) is not None:
                    yield f"of.{n}.{side}", (edge * of).normalize()


def _leaves(node: Any, place: str) -> Iterator[tuple[str, Decimal]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{place}.{key}")
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for n, value in enumerate(node):
            yield from _leaves(value, f"{place}.{n}")
    elif (number := _decimal(node)) is not None:
        yield place, number


def _decimal(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return abs(number).normalize() if number.is_finite() else None


def _said(text: str) -> Iterator[_Said]:
    for match in _NUMBER.finditer(text):
        whole, decimals, unit = match.groups()
        number = Decimal(whole.replace(",", "") + (decimals or ""))
        written = match.group().strip()
        if unit in _HUNDREDTHS:
            yield _Said(written, (number / 100,), True)
        elif unit == "成":
            yield _Said(written, (number / 10,), True)
        elif unit:
            yield _Said(written, (number / 100, number), True)
        else:  # 5 of "5 points" may be points, or hundredths
            yield _Said(written, (number, number / 100), False)
    for match in _TENTHS.finditer(text):
        yield _Said(match.group(), (Decimal(_DIGITS[match.group(1)]) / 10,), True)


def _written(value: Decimal | None, said: _Said) -> str:
    if value is None:
        return ""
    if said.is_share:
        return f"{_plain(value * 100)}%"
    return _plain(value)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"
