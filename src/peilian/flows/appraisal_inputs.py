"""Figures for an appraisal from a file (考核数据): a row a person, period and indicator, checked before any scoring."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from peilian.adapters.workbooks import BrokenCell, Percentage
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.scorecard import Indicator, Measure, Scorecard
from peilian.flows.appraisal_values import (
    Ratios,
    bounded,
    largest_fraction,
    mixed,
    short,
    unclear,
    value_of,
    written_as,
)
from peilian.flows.tables import open_sheet
from peilian.flows.tables.cells import plain
from peilian.flows.tables.reading import MOST_ROWS, Sheet

# What a column may be called, in lower case. A person may be told by number and by name; the first one names them.
_PEOPLE = ("工号", "员工编号", "员工号", "person", "employee", "人员", "员工", "姓名", "员工姓名", "name")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "period": ("period", "month", "月份", "期间", "周期", "考核月份"),
    "indicator": ("indicator", "指标", "考核指标"),
    "value": ("value", "数值", "值", "实际值"),
    "n": ("n", "样本数", "样本量"),
}
_NEEDED = ("person", "period", "indicator", "value")
_MOST_CASES = 10**9
_PLACES = 12  # decimals of a spreadsheet's number that are no noise of its arithmetic
_MOST_NEAR = 80  # characters of a wrong word that it is worth looking for others near it
_EXAMPLES = 2  # of each kind that are asked about, for an indicator
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class PersonInputs:
    """The figures of a person in a period, by indicator.

    ``rows`` are the rows they stand in, ``row`` is the first. ``also`` is what else the person is called in the file,
    with the row and the heading.
    """

    person: str
    period: str
    values: dict[str, Indicator] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    row: int | None = None
    also: dict[str, tuple[int, str]] = field(default_factory=dict)


class Faults:
    """The first faults of a file, which are told at once; nobody reads thousands of them, and none is worth the time
    to look for them."""

    def __init__(self, file: str, headings: Mapping[str, str]) -> None:
        self._file, self._headings = file, headings
        self._found: list[Fault] = []

    @property
    def is_full(self) -> bool:
        """Whether more are no longer looked for."""
        return len(self._found) >= MOST_FAULTS

    def add(self, row: int | None, column: str, key: str, /, **params: Param) -> None:
        """A fault of a column of a row."""
        self.take(Fault(Reason(key, params), row=row, field=self._headings.get(column, column)))

    def take(self, fault: Fault) -> None:
        """A fault that knows its row and field."""
        self._found.append(replace(fault, file=self._file))

    def stop(self) -> None:
        """Raise ``InputError`` with the faults in the order of their rows, if there are any."""
        if not self._found:
            return
        found = sorted(self._found, key=lambda fault: fault.row or 0)[:MOST_FAULTS]
        if self.is_full:
            found.append(Fault(Reason("appraise.more_faults", {"n": MOST_FAULTS}), file=self._file))
        raise InputError(*found)


@dataclass(frozen=True, slots=True)
class InputFile:
    """What a file says. ``name`` is what faults call it, ``headings`` what it calls its columns; ``empty`` counts the
    rows without a value. ``page`` is the sheet that was read, ``others`` are those that were not. ``faults`` are those
    found so far; who knows the people adds to them, so that all are told at once."""

    people: list[PersonInputs]
    name: str
    headings: Mapping[str, str]
    faults: Faults
    empty: int = 0
    page: str = ""
    others: tuple[str, ...] = ()


def read_inputs(path: Path, card: Scorecard, ratios: Ratios | None = None, *, name: str | None = None) -> InputFile:
    """The figures of everybody in the file, in its order; CSV, XLSX or JSON lines. ``name`` is what the file is called,
    where that is not the name it lies under.

    ``InputError`` carries the faults with row and field. ``ratios`` says how ratios without a percent sign are meant
    where that can be doubted: in an indicator of which some are too large for fractions.
    """
    found = look_through(path, card, ratios, name=name)
    found.faults.stop()
    return found


def look_through(path: Path, card: Scorecard, ratios: Ratios | None = None, *, name: str | None = None) -> InputFile:
    """The same with its faults in hand; ``InputError`` only where the file tells nothing."""
    sheet = open_sheet(path, name=name)
    places, people = _places(sheet)
    headings = {column: sheet.headings[place] for column, place in (*places.items(), ("person", people[0]))}
    faults = Faults(sheet.name, headings)
    taken = _Taken(card, faults)
    for number, (row, line) in enumerate(sheet.lines()):
        if number >= MOST_ROWS:
            raise InputError(Fault(Reason("tables.too_many_rows", {"limit": MOST_ROWS}), file=sheet.name))
        if faults.is_full:
            break
        if isinstance(line, Fault):
            faults.take(line)
            continue
        names = [(sheet.headings[place], _cell(line, place)) for place in people]
        taken.row(row, names, {column: _cell(line, place) for column, place in places.items()})
    if not faults.is_full:
        taken.settle(ratios)
    people_told = list(taken.people.values())
    return InputFile(people_told, sheet.name, headings, faults, taken.empty, sheet.page, sheet.others)


def _places(sheet: Sheet) -> tuple[dict[str, int], list[int]]:
    """Where the columns stand, and those that say who it is, the one that names them first."""
    found = [unicodedata.normalize("NFKC", heading).strip().lower() for heading in sheet.headings]
    people = [found.index(known) for known in _PEOPLE if known in found]
    named = {column: [found.index(known) for known in names if known in found] for column, names in _COLUMNS.items()}
    for at in named.values():
        if len(at) > 1:
            names = ", ".join(sheet.headings[place] for place in at)
            raise InputError(Fault(Reason("appraise.double_column", {"names": names}), file=sheet.name))
    lacking = [column for column in _NEEDED if not (people if column == "person" else named[column])]
    if lacking:
        raise InputError(Fault(Reason("appraise.no_column", {"names": ", ".join(lacking)}), file=sheet.name))
    return {column: at[0] for column, at in named.items() if at}, people


def _cell(line: Sequence[Any], place: int) -> str:
    """A cell as somebody would write it: a whole number without a decimal point, a percentage with its sign, a truth as
    a word. A broken cell stays one."""
    cell = line[place] if place < len(line) else None
    if cell is None or isinstance(cell, BrokenCell):
        return cell or ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and abs(cell) < _MOST_CASES**2:
        number = Decimal(str(round(cell, _PLACES)))
        number = number * 100 if isinstance(cell, Percentage) else number
        return f"{number.normalize():f}" + ("%" if isinstance(cell, Percentage) else "")
    return plain(cell)


@dataclass(frozen=True, slots=True)
class _Ratio:
    """A ratio without a percent sign, which the others of its indicator tell how to read."""

    row: int
    number: Decimal
    n: int | None
    of: PersonInputs


class _Taken:
    """What was read so far."""

    def __init__(self, card: Scorecard, faults: Faults) -> None:
        self.people: dict[tuple[str, str], PersonInputs] = {}
        self.empty = 0
        self._card, self._faults = card, faults
        self._ratios: dict[str, list[_Ratio]] = {}
        self._near: dict[str, str] = {}
        self._keys = {
            name: key
            for key, measure in card.indicators.items()
            for name in (measure.label.en, measure.label.zh, key)
            if name
        }

    def row(self, row: int, names: Sequence[tuple[str, str]], cells: Mapping[str, str]) -> None:
        """Take a row: what its columns on the person say, and the others."""
        broken = [heading for heading, text in names if isinstance(text, BrokenCell)]
        for heading in broken:
            self._faults.add(row, heading, "appraise.broken_cell")
        for column, text in cells.items():
            if isinstance(text, BrokenCell):
                self._faults.add(row, column, "appraise.broken_cell")
                broken.append(column)
        if broken:
            return
        told = list(dict.fromkeys((text, heading) for heading, text in names if text))
        lacking = [column for column in ("period", "indicator") if not cells[column]] + ["person"] * (not told)
        for column in lacking:
            self._faults.add(row, column, "appraise.empty")
        key = self._keys.get(cells["indicator"])
        if cells["indicator"] and key is None:
            self._faults.add(row, "indicator", "appraise.unknown_indicator", **self._unknown(cells["indicator"]))
        if lacking or key is None:
            return
        person = self.people.setdefault(
            (told[0][0], cells["period"]), PersonInputs(told[0][0], cells["period"], row=row)
        )
        for text, heading in told[1:]:
            if text != person.person:
                person.also.setdefault(text, (row, heading))
        if key in person.rows:
            params: dict[str, Param] = {"person": person.person[:80], "period": person.period[:40], "indicator": key}
            self._faults.add(row, "indicator", "appraise.twice", **params, first=person.rows[key])
            return
        person.rows[key] = row
        self._value(row, key, cells, person)

    def settle(self, ratios: Ratios | None) -> None:
        """Say what the ratios without a percent sign mean, or ask."""
        for key, found in self._ratios.items():
            measure = self._card.indicators[key]
            is_percent = False
            large = [one for one in found if abs(one.number) > largest_fraction(measure)]
            small = [one for one in found if one.number and abs(one.number) <= largest_fraction(measure)]
            if large:
                odd = mixed([one.number for one in small], [one.number for one in large])
                astray = [one for one, is_odd in zip(small, odd, strict=True) if is_odd]
                if astray:
                    self._refuse_mixed(key, astray, large[0])
                    continue
                if ratios is None:
                    for one in (*large[:_EXAMPLES], *small[:_EXAMPLES]):
                        reason = unclear(one.number)
                        self._faults.add(one.row, "value", reason.key, **reason.params, indicator=key)
                    continue
                is_percent = ratios == "percent"
            for one in found:
                if self._faults.is_full:
                    return
                self._keep(one, key, measure, one.number / 100 if is_percent else one.number)

    def _refuse_mixed(self, key: str, astray: Iterable[_Ratio], large: _Ratio) -> None:
        for one in astray:
            if self._faults.is_full:
                return
            params: dict[str, Param] = {
                "value": f"{one.number:f}", "other": f"{large.number:f}", "row": large.row, "indicator": key,
            }  # fmt: skip
            self._faults.add(one.row, "value", "appraise.mixed_ratios", **params)

    def _unknown(self, word: str) -> dict[str, Param]:
        if word not in self._near:
            near = get_close_matches(word, self._keys, n=3, cutoff=0.5) if len(word) <= _MOST_NEAR else []
            self._near[word] = ", ".join(near or sorted(self._card.indicators))
        return {"indicator": short(word), "near": self._near[word]}

    def _value(self, row: int, key: str, cells: Mapping[str, str], person: PersonInputs) -> None:
        cases = cells.get("n", "")
        n = int(cases) if cases.isdecimal() and len(cases) <= len(str(_MOST_CASES)) else None
        if cases and (n is None or n > _MOST_CASES):
            self._faults.add(row, "n", "appraise.not_a_number_of_cases", value=short(cases), most=_MOST_CASES)
            return
        if not cells["value"]:
            self.empty += 1
            person.values[key] = Indicator(None, n)
            return
        measure = self._card.indicators[key]
        try:
            if measure.unit == "ratio":
                written = written_as(measure, cells["value"])
                if not written.is_percentage:
                    person.values[key] = Indicator(None, n)  # keeps its place among the person's values
                    self._ratios.setdefault(key, []).append(_Ratio(row, written.number, n, person))
                    return
            person.values[key] = Indicator(value_of(measure, cells["value"]), n)
        except InputError as error:
            self._wrong(row, error)

    def _keep(self, one: _Ratio, key: str, measure: Measure, value: Decimal) -> None:
        try:
            one.of.values[key] = Indicator(bounded(measure, value), one.n)
        except InputError as error:
            self._wrong(one.row, error)

    def _wrong(self, row: int, error: InputError) -> None:
        for fault in error.faults:
            self._faults.add(row, "value", fault.reason.key, **fault.reason.params)
