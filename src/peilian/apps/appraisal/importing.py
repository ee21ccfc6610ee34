"""Inputs from a file (考核数据导入): rows of person, period, indicator and value, all or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction

from peilian.apps.appraisal.checks import is_own, refuse
from peilian.apps.appraisal.cycles import open_and_locked
from peilian.apps.appraisal.evaluation import appraised, card_in, newest_inputs
from peilian.apps.appraisal.inputs import NewInput, append
from peilian.apps.appraisal.models import Appraisee, Cycle, InputSource
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.base import api as base
from peilian.engine._kernel import Fault, InputError, Param, Reason
from peilian.engine.scorecard import Scorecard
from peilian.flows.appraisal_inputs import PersonInputs, Ratios, read_inputs

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do: people, values that are new, and those that were known."""

    people: int
    new: int
    same: int


def import_inputs(
    *, actor: User | None, cycle: Cycle, file: base.StoredFile | Path, ratios: Ratios | None = None
) -> Imported:
    """Take values from a CSV, XLSX or JSON lines file into an open cycle, for whoever runs it.

    People go by number or unambiguous name, indicators by key or label; the period has to be that of the cycle. Levels
    that supervisors judge are not taken from files, nor anything on the own sheet. ``ratios`` tells how ratios without
    a percent sign are meant. ``InputError`` carries every fault, and then nothing is stored.
    """
    with base.write(actor=actor, verb="appraisal.import_inputs") as audit:
        row = open_and_locked(actor, cycle)
        card = card_in(row)
        with _named(file) as path:
            found = read_inputs(path, card, ratios)
            if not found:
                raise InputError(Fault(Reason("appraisal.no_rows"), file=path.name))
            values = _values(row, card, found, path.name, actor)
        people = {value.appraisee.pk: value.appraisee for value in values}
        before = {former.pk for by_name in newest_inputs(people.values()).values() for former in by_name.values()}
        rows = append(audit, actor, values)
        new = sum(one.pk not in before for one in rows)
    return Imported(people=len(people), new=new, same=len(rows) - new)


def preview_inputs(*, user: User, cycle: Cycle, file: base.StoredFile | Path, ratios: Ratios | None = None) -> Imported:
    """What ``import_inputs`` would do; everything is undone again."""
    with transaction.atomic():
        found = import_inputs(actor=user, cycle=cycle, file=file, ratios=ratios)
        transaction.set_rollback(True)
    return found


def _values(cycle: Cycle, card: Scorecard, found: list[PersonInputs], file: str, actor: User | None) -> list[NewInput]:
    people = _People(appraised(cycle))
    values: list[NewInput] = []
    faults: list[Fault] = []
    taken: dict[object, str] = {}

    def fault(key: str, field: str, **params: Param) -> None:
        faults.append(Fault(Reason(key, params), file=file, field=field))

    for item in found:
        person = people.find(item.person)
        if person is None:
            fault("appraisal.unknown_person", "person", value=item.person[:80])
            continue
        if is_own(actor, person):
            fault("appraisal.own_sheet", "person")
        if taken.setdefault(person.pk, item.person) != item.person:
            fault("appraisal.person_twice", "person", first=taken[person.pk][:80], second=item.person[:80])
        if item.period not in (cycle.period, cycle.starts_on.isoformat()):
            fault("appraisal.other_period", "period", value=item.period[:40], expected=cycle.period)
        for name, one in item.values.items():
            if origin_of(card, name) is InputSource.LEVEL:
                fault("appraisal.levels_are_rated", "indicator", value=name)
            elif one.value is not None:
                values.append(NewInput(person, name, one.value, InputSource.FILE, n=one.n, detail={"file": file}))
    if faults:
        raise InputError(*faults)
    if not values:
        raise refuse("appraisal.no_rows", "value")
    return values


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


@contextmanager
def _named(file: base.StoredFile | Path) -> Iterator[Path]:
    """The file under the name it was uploaded with, since its ending and messages speak of that."""
    if isinstance(file, Path):
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder) / Path(file.name).name[-100:]
        link.symlink_to(base.file_path(file))
        yield link
