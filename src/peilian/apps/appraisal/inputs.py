"""Inputs (考核数据): values that somebody enters, imports or takes back; and what is still missing, and from whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import is_own, permit_on, refuse, short, stored
from peilian.apps.appraisal.evaluation import (
    appraised,
    card_for,
    exempt_indicators,
    hides_lines,
    indicators_used,
    lines_by_indicator,
    newest_inputs,
    process_in,
)
from peilian.apps.appraisal.holders import names_of, permission_for, supervisors_of, users_with
from peilian.apps.appraisal.models import Appraisee, Cycle, Input, InputSource
from peilian.apps.appraisal.seen import appraisee_for, cycle_for
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.base.api import Audit, write
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import InputError, Param, Reason, Text
from peilian.engine.scorecard import Scorecard
from peilian.flows.appraisal_values import value_of

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# Notes that say that data was never brought in, so that somebody can still do so; other notes say that there was
# nothing to measure, which is an answer.
_LACKING = (
    "business.no_table_",
    "business.no_target",
    "business.no_featured_",
    "business.no_attendance_of_person",
    "business.orders_without_items",
    "business.no_responses",
    "appraisal.note.no_conversations",
)
ENTERERS = (Permission.RATE_APPRAISALS, Permission.RUN_APPRAISALS)


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that nobody gave yet. ``from_whom`` are the names of those who can; ``reason`` says what lacks;
    ``if_left_out`` what becomes of the line without it: it leaves the sheet, or gets full points."""

    appraisee: Appraisee
    indicator: str
    label: Text
    source: str
    from_whom: tuple[str, ...]
    reason: Reason | None
    if_left_out: Literal["drop", "full"]


@dataclass(frozen=True, slots=True)
class NewInput:
    """A value to be kept, if it says something new."""

    appraisee: Appraisee
    indicator: str
    value: Decimal | None
    source: InputSource
    n: int | None = None
    detail: Mapping[str, Any] | None = None
    note_key: str = ""
    note_params: Mapping[str, Param] | None = None
    note: str = ""


def enter_input(
    *, actor: User | None, appraisee: Appraisee, indicator: str, value: Decimal | str | float | None, note: str = ""
) -> Input:
    """Enter a value by hand. ``None`` says that there was nothing to measure, and needs a note. Levels are rated
    (``rate``), not entered."""
    permit_entering(actor, appraisee)
    note = short(note, "note", is_needed=value is None)
    with write(actor=actor, verb="appraisal.enter_input") as audit:
        open_and_unlocked(actor, appraisee)
        card = card_for(appraisee.cycle.template_version)
        found = checked_value(card, indicator, value)
        if origin_of(card, indicator) is InputSource.LEVEL:
            permit_on(actor, rater_in(appraisee.cycle), appraisee)
        new = NewInput(appraisee, indicator, found, InputSource.TYPED, note=note)
        return append(audit, actor, [new])[0]


def missing(*, user: User, cycle: Cycle, appraisee: Appraisee | None = None) -> list[Missing]:
    """What lacks in a cycle, or on one sheet, as far as ``user`` sees it."""
    cycle = cycle_for(user, cycle)
    people = appraised(cycle)
    if appraisee is not None:
        wanted = appraisee_for(user, appraisee).pk
        return missing_of(row for row in people if row.pk == wanted)
    sight = visible_to(user)
    units = {
        unit
        for permission in (*ENTERERS, Permission.SEE_APPRAISALS)
        for unit in sight.units(permission).values_list("pk", flat=True)
    }
    return missing_of(row for row in people if row.unit_id in units)


def missing_of(
    appraisees: Iterable[Appraisee], newest: Mapping[UUID, Mapping[str, Input]] | None = None
) -> list[Missing]:
    """What lacks on these sheets of one cycle; ``newest`` are their inputs when they are known."""
    rows = list(appraisees)
    if not rows:
        return []
    cycle = rows[0].cycle
    card = card_for(cycle.template_version)
    exempt, newest = exempt_indicators(cycle), newest_inputs(rows) if newest is None else newest
    lines = lines_by_indicator(card)
    rater = rater_in(cycle)
    holders: dict[tuple[Permission, UUID], list[User]] = {}
    supervisors = supervisors_of(cycle, [row.employee_id for row in rows])
    found = []
    needed = {name: any(line.unjudged == "missing" for line in using) for name, using in lines.items()}
    sources = {name: origin_of(card, name) for name in lines}
    for row in rows:
        free = exempt.get(row.employee_id, {})
        for name, using in lines.items():
            given = newest[row.pk].get(name)
            if name in free or not _lacks(given, needed[name]):
                continue
            source = sources[name]
            place = (permission_for(source, rater), row.unit_id)
            if place not in holders:
                holders[place] = users_with(*place)
            reason = Reason(given.note_key, given.note_params) if given is not None and given.note_key else None
            measure = card.indicators.get(name)
            found.append(
                Missing(
                    appraisee=row,
                    indicator=name,
                    label=measure.label if measure else Text(en=name),
                    source=source.value,
                    from_whom=names_of(source, row, holders[place], supervisors.get(row.employee_id, ())),
                    reason=reason,
                    if_left_out="full" if all(line.unjudged == "full" for line in using) else "drop",
                )
            )
    return found


def inputs_of(*, user: User, appraisee: Appraisee) -> dict[str, Input]:
    """The newest input of each indicator of a sheet."""
    row = appraisee_for(user, appraisee)
    return {} if hides_lines(user, row) else newest_inputs([row])[row.pk]


def input_history(*, user: User, appraisee: Appraisee, indicator: str | None = None) -> QuerySet[Input]:
    """Every input of a sheet, newest first."""
    row = appraisee_for(user, appraisee)
    rows = Input.objects.filter(appraisee=row).select_related("entered_by")
    if hides_lines(user, row):
        return rows.none()
    return rows if indicator is None else rows.filter(indicator=indicator)


def rater_in(cycle: Cycle) -> Permission:
    """Who judges levels in a cycle: supervisors, or the manager above when the template says so."""
    is_manager = process_in(cycle).get("rater") == "manager"
    return Permission.RUN_APPRAISALS if is_manager else Permission.RATE_APPRAISALS


def permit_entering(actor: User | None, appraisee: Appraisee) -> None:
    """Only who rates or runs the appraisal of the person's team, and never on the own sheet."""
    if actor is None:
        return
    sight = visible_to(actor)
    reached = any(sight.units(permission).filter(pk=appraisee.unit_id).exists() for permission in ENTERERS)
    if not reached or is_own(actor, appraisee):
        raise NotVisibleError


def open_and_unlocked(actor: User | None, appraisee: Appraisee) -> Cycle:
    """The cycle of a sheet, kept from others until the write ends; refused when its inputs are fixed, or when the
    person is not appraised."""
    cycle = Cycle.objects.select_for_update().get(pk=appraisee.cycle_id)
    if not cycle.takes_inputs:
        raise refuse("appraisal.cycle_frozen")
    if Appraisee.objects.get(pk=appraisee.pk).exempt_reason:
        raise refuse("appraisal.not_appraised")
    return cycle


def checked_value(card: Scorecard, indicator: str, value: Any) -> Decimal | None:
    """A value that the indicator can have; ``InputError`` says what was expected of this field.

    A typed ratio may be 0.92 or 92%; what could be read in two ways is asked about.
    """
    measure = card.indicators.get(indicator)
    if measure is None or indicator not in indicators_used(card):
        known = ", ".join(sorted(indicators_used(card)))
        raise refuse("appraisal.unknown_indicator", "indicator", value=str(indicator)[:80], known=known)
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return value_of(measure, value)
        return value_of(measure, f"{Decimal(value):f}", "fraction")
    except InputError as error:
        raise InputError(*(replace(fault, field=indicator) for fault in error.faults)) from None
    except (ArithmeticError, TypeError):
        raise refuse("appraise.not_a_number", indicator, value=str(value)[:40]) from None


def append(audit: Audit, actor: User | None, values: Iterable[NewInput]) -> list[Input]:
    """Keep values as the next revisions; what says the same as the newest one adds nothing. Returns the rows that
    count, in the order of ``values``."""
    found = compared(actor, values)
    added = [(former, row) for former, row in found if row is not former]
    Input.objects.bulk_create([row for _, row in added])
    _note(audit, added)
    return [row for _, row in found]


def compared(actor: User | None, values: Iterable[NewInput]) -> list[tuple[Input | None, Input]]:
    """The newest input of each value's place, and the row that would count after it: the same one where the value says
    nothing new."""
    values = list(values)
    newest = newest_inputs({value.appraisee.pk: value.appraisee for value in values}.values())
    found = []
    for value in values:
        former = newest[value.appraisee.pk].get(value.indicator)
        row = _row(value, former, actor)
        if former is not None and _says_the_same(former, row):
            row = former
        newest[value.appraisee.pk][value.indicator] = row
        found.append((former, row))
    return found


def _row(value: NewInput, former: Input | None, actor: User | None) -> Input:
    return Input(
        appraisee=value.appraisee,
        indicator=value.indicator,
        revision=0 if former is None else former.revision + 1,
        value=None if value.value is None else stored(value.value),
        n=value.n,
        source=value.source,
        detail=dict(value.detail or {}),
        note_key=value.note_key,
        note_params=dict(value.note_params or {}),
        note=value.note,
        entered_at=timezone.now(),
        entered_by=actor,
    )


def _says_the_same(former: Input, row: Input) -> bool:
    names = ("value", "n", "source", "detail", "note_key", "note_params", "note")
    return all(getattr(former, name) == getattr(row, name) for name in names)


def _note(audit: Audit, added: list[tuple[Input | None, Input]]) -> None:
    """One entry for each sheet."""
    by_sheet: dict[UUID, dict[str, list[Any]]] = {}
    for former, row in added:
        by_sheet.setdefault(row.appraisee_id, {})[row.indicator] = [former.value if former else None, row.value]
    sheets = {row.appraisee_id: row.appraisee for _, row in added}
    for pk, changes in by_sheet.items():
        audit.note(sheets[pk], changes)
    if not added:
        audit.unchanged()


def _lacks(given: Input | None, is_needed: bool) -> bool:
    if given is None:
        return True
    if given.value is not None:
        return False
    return is_needed or given.note_key.startswith(_LACKING)
