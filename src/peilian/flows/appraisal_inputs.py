"""Figures for an appraisal from a file (考核数据): a row a person, period and indicator, checked before any scoring."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, NoReturn

from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.scorecard import Indicator, Measure, Scorecard
from peilian.engine.scorecard.values import shown
from peilian.flows.tables import open_sheet

Ratios = Literal["percent", "fraction"]

# What a column may be called, in lower case.
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "person": ("person", "employee", "姓名", "员工", "工号", "人员"),
    "period": ("period", "month", "月份", "期间", "周期", "考核月份"),
    "indicator": ("indicator", "指标", "考核指标"),
    "value": ("value", "数值", "值", "实际值"),
    "n": ("n", "样本数", "样本量"),
}
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+")
_LARGEST = Decimal(10) ** 15
_MOST_PLACES = 12
_TRUTHS = {"是": 1, "yes": 1, "true": 1, "y": 1, "否": 0, "no": 0, "false": 0, "n": 0}
# A ratio without a percent sign beyond this is as likely a percentage; those that may pass 1 are told apart here.
_CLEARLY_FRACTION = Decimal(2)


@dataclass(frozen=True, slots=True)
class PersonInputs:
    """The figures of a person in a period, by indicator."""

    person: str
    period: str
    values: dict[str, Indicator] = field(default_factory=dict)


def read_inputs(path: Path, card: Scorecard, ratios: Ratios | None = None) -> list[PersonInputs]:
    """The figures of everybody in the file, in its order; CSV, XLSX or JSON lines.

    ``InputError`` carries every fault with row and field. ``ratios`` says how ratios without a percent sign are meant
    where that could be doubted.
    """
    sheet = open_sheet(path)
    places = _places(sheet.headings, sheet.name)
    taken = _Taken(card, ratios, sheet.name, {column: sheet.headings[place] for column, place in places.items()})
    for row, line in sheet.lines():
        if isinstance(line, Fault):
            taken.faults.append(line)
        else:
            taken.row(row, {column: _cell(line, place) for column, place in places.items()})
    if taken.faults:
        raise InputError(*taken.faults)
    return list(taken.people.values())


def _places(headings: Sequence[str], name: str) -> dict[str, int]:
    plain = [unicodedata.normalize("NFKC", heading).strip().lower() for heading in headings]
    places = {
        column: plain.index(known) for column, names in _COLUMNS.items() for known in reversed(names) if known in plain
    }
    lacking = [column for column in ("person", "period", "indicator", "value") if column not in places]
    if lacking:
        raise InputError(Fault(Reason("appraise.no_column", {"names": ", ".join(lacking)}), file=name))
    return places


def _cell(line: Sequence[Any], place: int) -> str:
    """A cell as text; a whole number of a spreadsheet has no decimal point."""
    cell = line[place] if place < len(line) else None
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return unicodedata.normalize("NFKC", str(cell)).strip()


class _Taken:
    """What was read so far, and what is wrong with it."""

    def __init__(self, card: Scorecard, ratios: Ratios | None, file: str, headings: Mapping[str, str]) -> None:
        self.people: dict[tuple[str, str], PersonInputs] = {}
        self.faults: list[Fault] = []
        self._card, self._ratios, self._file, self._headings = card, ratios, file, headings
        self._rows: dict[tuple[str, str, str], int] = {}
        self._keys = {
            name: key
            for key, measure in card.indicators.items()
            for name in (measure.label.en, measure.label.zh, key)
            if name
        }

    def row(self, row: int, cells: Mapping[str, str]) -> None:
        empty = [column for column in ("person", "period", "indicator") if not cells[column]]
        for column in empty:
            self._fault(row, column, Reason("appraise.empty"))
        key = self._keys.get(cells["indicator"])
        if cells["indicator"] and key is None:
            near = get_close_matches(cells["indicator"], self._keys, n=3, cutoff=0.5) or sorted(self._card.indicators)
            told = {"indicator": cells["indicator"], "near": ", ".join(near)}
            self._fault(row, "indicator", Reason("appraise.unknown_indicator", {**told}))
        if empty or key is None:
            return
        place = (cells["person"], cells["period"], key)
        if place in self._rows:
            person, period, _key = place
            params: dict[str, Param] = {
                "person": person,
                "period": period,
                "indicator": key,
                "first": self._rows[place],
            }
            self._fault(row, "indicator", Reason("appraise.twice", {**params}))
            return
        self._rows[place] = row
        indicator = self._indicator(row, key, cells)
        if indicator is not None:
            self.people.setdefault(place[:2], PersonInputs(*place[:2])).values[key] = indicator

    def _indicator(self, row: int, key: str, cells: Mapping[str, str]) -> Indicator | None:
        n = cells.get("n", "")
        if n and not n.isdecimal():
            self._fault(row, "n", Reason("appraise.not_a_count", {"value": n}))
            return None
        if not cells["value"]:
            return Indicator(None, int(n) if n else None)
        try:
            value = value_of(self._card.indicators[key], cells["value"], self._ratios)
        except InputError as error:
            self.faults += [
                Fault(fault.reason, file=self._file, row=row, field=self._headings["value"]) for fault in error.faults
            ]
            return None
        return Indicator(value, int(n) if n else None)

    def _fault(self, row: int, column: str, reason: Reason) -> None:
        self.faults.append(Fault(reason, file=self._file, row=row, field=self._headings[column]))


def value_of(measure: Measure, text: str, ratios: Ratios | None = None) -> Decimal:
    """What somebody typed as a value of ``measure``; ``InputError`` with one fault says what was expected.

    A ratio is 0.92 or 92%. Without the sign, 92 is asked about and not guessed, and so is 1.2 where nothing passes 1.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if measure.unit == "truth":
        return _truth(text)
    is_percentage = text.endswith("%")
    number = text.removesuffix("%").rstrip()
    if not _NUMBER.fullmatch(number):
        _refuse(Reason("appraise.not_a_number", {"value": text}))
    value = Decimal(number.replace(",", ""))
    if abs(value) >= _LARGEST or -int(value.as_tuple().exponent) > _MOST_PLACES:
        _refuse(Reason("appraise.not_a_number", {"value": text}))
    if measure.unit == "ratio":
        value = _ratio(measure, value, ratios, is_percentage=is_percentage)
    elif is_percentage and measure.unit is not None:
        _refuse(Reason("appraise.no_percentage", {"value": text}))
    elif is_percentage:
        value = value / 100
    _bound(measure, value)
    return value


def _ratio(measure: Measure, value: Decimal, ratios: Ratios | None, *, is_percentage: bool) -> Decimal:
    if is_percentage or ratios == "percent":
        return value / 100
    clear = _CLEARLY_FRACTION if measure.most is None else measure.most
    if ratios is None and abs(value) > clear:
        _refuse(Reason("appraise.unclear_ratio", {"value": shown(value, _MOST_PLACES)}))
    return value


def _truth(text: str) -> Decimal:
    if text in ("0", "1", "0.0", "1.0"):
        return Decimal(text[0])
    if text.lower() not in _TRUTHS:
        _refuse(Reason("appraise.not_a_truth", {"value": text}))
    return Decimal(_TRUTHS[text.lower()])


def _bound(measure: Measure, value: Decimal) -> None:
    if measure.unit == "count" and (value < 0 or value != value.to_integral_value()):
        _refuse(Reason("appraise.not_a_count", {"value": shown(value)}))
    if measure.unit == "level" and not (value == value.to_integral_value() and 1 <= value <= len(measure.levels)):
        _refuse(Reason("appraise.no_level", {"value": shown(value), "of": len(measure.levels)}))
    if measure.least is not None and value < measure.least:
        _refuse(Reason("appraise.too_small", {"value": shown(value), "limit": shown(measure.least)}))
    if measure.most is not None and value > measure.most:
        _refuse(Reason("appraise.too_large", {"value": shown(value), "limit": shown(measure.most)}))


def _refuse(reason: Reason) -> NoReturn:
    raise InputError(Fault(reason))
