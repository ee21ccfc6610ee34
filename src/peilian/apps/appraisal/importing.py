"""Inputs from a file (考核数据导入): rows of person, period, indicator and value, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from peilian.apps.appraisal.checks import is_own, permit_unit, refuse
from peilian.apps.appraisal.cycles import open_and_locked
from peilian.apps.appraisal.evaluation import appraised, card_in
from peilian.apps.appraisal.inputs import NewInput, append, compared
from peilian.apps.appraisal.models import Appraisee, Cycle, InputSource
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.base import api as base
from peilian.apps.people.api import Permission
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.scorecard import Scorecard
from peilian.flows.appraisal_inputs import Faults, InputFile, PersonInputs, look_through
from peilian.flows.appraisal_values import Ratios

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: people, values that are new, and those that were known."""

    people: int
    new: int
    same: int


@dataclass(frozen=True, slots=True)
class PreviewedInput:
    """A value of a file as it would be kept, the row it stands in, and what counts until then."""

    row: int
    appraisee: Appraisee
    indicator: str
    value: Decimal
    before: Decimal | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class InputPreview:
    """What an import would do. ``empty`` are cells without a value, which are left alone; ``page`` is the sheet of a
    workbook that was read, ``others`` are those that were not."""

    outcome: Imported
    values: tuple[PreviewedInput, ...]
    empty: int
    page: str
    others: tuple[str, ...]


def import_inputs(
    *, actor: User | None, cycle: Cycle, file: base.StoredFile | Path, ratios: Ratios | None = None
) -> Imported:
    """Take values from a CSV, XLSX or JSON lines file into an open cycle, for whoever runs it.

    People go by number or unambiguous name, indicators by key or label; the period has to be that of the cycle. Levels
    that supervisors judge are not taken from files, nor anything on the own sheet. ``ratios`` tells how ratios without
    a percent sign are meant where that can be doubted. ``InputError`` carries the faults, and then nothing is stored.
    """
    found = _read(actor, cycle, file, ratios)
    with base.write(actor=actor, verb="appraisal.import_inputs") as audit:
        row = open_and_locked(actor, cycle)
        values = [value for _row, value in _values(row, found, file.name, actor)]
        people = {value.appraisee.pk for value in values}
        new = sum(former is not one for former, one in compared(actor, values))
        append(audit, actor, values)
    return Imported(people=len(people), new=new, same=len(values) - new)


def preview_inputs(
    *, user: User, cycle: Cycle, file: base.StoredFile | Path, ratios: Ratios | None = None
) -> InputPreview:
    """What ``import_inputs`` would do; nothing is written."""
    found = _read(user, cycle, file, ratios)
    placed = _values(cycle, found, file.name, user)
    values = tuple(
        PreviewedInput(
            row=row,
            appraisee=value.appraisee,
            indicator=value.indicator,
            value=now.value,
            before=None if former is None else former.value,
            is_new=former is not now,
        )
        for (row, value), (former, now) in zip(placed, compared(user, (value for _row, value in placed)), strict=True)
        if now.value is not None
    )
    new = sum(value.is_new for value in values)
    outcome = Imported(len({value.appraisee.pk for value in values}), new, len(values) - new)
    return InputPreview(outcome, values, found.empty, found.page, found.others)


def _read(actor: User | None, cycle: Cycle, file: base.StoredFile | Path, ratios: Ratios | None) -> InputFile:
    """What the file says, read before anything is kept from others: that takes as long as the file is."""
    permit_unit(actor, Permission.RUN_APPRAISALS, cycle.unit_id)
    if not cycle.takes_inputs:
        raise refuse("appraisal.cycle_frozen")
    path = file if isinstance(file, Path) else base.file_path(file)
    return look_through(path, card_in(cycle), ratios, name=file.name)


def _values(cycle: Cycle, found: InputFile, file: str, actor: User | None) -> list[tuple[int, NewInput]]:
    """The values with their rows, in the order of the file."""
    card, people = card_in(cycle), _People(appraised(cycle))
    faults = found.faults
    values: list[tuple[int, NewInput]] = []
    called: dict[object, str] = {}
    rows: dict[tuple[object, str], int] = {}
    for item in found.people:
        if faults.is_full:
            break
        person = people.find(item.person)
        if person is None:
            faults.add(item.row, "person", "appraisal.unknown_person", value=item.person[:80])
            continue
        twice = [name for name in item.rows if (person.pk, name) in rows]
        if is_own(actor, person):
            faults.add(item.row, "person", "appraisal.own_sheet")
        if called.setdefault(person.pk, item.person) != item.person and not twice:
            told = {"first": called[person.pk][:80], "second": item.person[:80]}
            faults.add(item.row, "person", "appraisal.person_twice", **told)
        for name in twice:
            first = rows[person.pk, name]
            told = {"person": item.person[:80], "period": cycle.period, "indicator": name}
            faults.add(item.rows[name], "indicator", "appraise.twice", **told, first=first)
        rows |= {(person.pk, name): row for name, row in item.rows.items() if name not in twice}
        _check_names(item, person, faults)
        if item.period not in (cycle.period, cycle.starts_on.isoformat()):
            faults.add(item.row, "period", "appraisal.other_period", value=item.period[:40], expected=cycle.period)
        values += _values_of(item, person, card, file, faults)
    faults.stop()
    if not values:
        raise InputError(Fault(Reason("appraisal.no_rows"), file=found.name, field=found.headings["value"]))
    return sorted(values, key=lambda placed: placed[0])


def _check_names(item: PersonInputs, person: Appraisee, faults: Faults) -> None:
    """Two columns that say who it is have to speak of one person."""
    for text, (row, heading) in item.also.items():
        if text not in (person.employee.number, person.employee.name):
            told = {"first": item.person[:80], "name": person.employee.name, "second": text[:80]}
            faults.add(row, heading, "appraisal.other_person", **told)


def _values_of(
    item: PersonInputs, person: Appraisee, card: Scorecard, file: str, faults: Faults
) -> Iterator[tuple[int, NewInput]]:
    for name, one in item.values.items():
        if origin_of(card, name) is InputSource.LEVEL:
            faults.add(item.rows[name], "indicator", "appraisal.levels_are_rated", value=name)
        elif one.value is not None:
            new = NewInput(person, name, one.value, InputSource.FILE, n=one.n, detail={"file": file})
            yield item.rows[name], new


class _People:
    """Who is appraised, by number or name; a name that two people bear finds nobody."""

    def __init__(self, rows: list[Appraisee]) -> None:
        self._by_number = {row.employee.number: row for row in rows}
        self._by_name: dict[str, list[Appraisee]] = {}
        for row in rows:
            self._by_name.setdefault(row.employee.name, []).append(row)

    def find(self, text: str) -> Appraisee | None:
        """The person that ``text`` means."""
        named = self._by_name.get(text, [])
        return self._by_number.get(text) or (named[0] if len(named) == 1 else None)
