"""A cycle at a glance: everybody in it with the total of the moment, and what is still to be done about the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.appraisal.evaluation import (
    appraised,
    card_for,
    card_in,
    evaluate,
    exempt_indicators,
    freeze_inputs,
    hides_lines,
    indicators_used,
    lines_by_indicator,
    newest_inputs,
    newest_totals,
)
from peilian.apps.appraisal.inputs import missing_of
from peilian.apps.appraisal.models import Appraisee, Cycle, Input, InputSource, Remark, RemarkKind, Template
from peilian.apps.appraisal.rating import judged_by_people
from peilian.apps.appraisal.seen import appraisees_seen, cycle_for
from peilian.apps.appraisal.sources import origin_of
from peilian.apps.appraisal.templates import version_for
from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Language, Text
from peilian.engine.scorecard import Line, Scorecard
from peilian.flows import appraising

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class SheetState:
    """How far a sheet is. ``is_provisional``: its total is that of the inputs of the moment. ``exempt_reason`` is not
    empty for who is not appraised, and then there is no total."""

    appraisee: Appraisee
    raw: Decimal | None
    max: Decimal | None
    normalised: Decimal | None
    grade: str
    is_provisional: bool
    missing: int
    rated: int
    to_rate: int
    is_commented: bool
    exempt_reason: str


def sheet_states(*, user: User, cycle: Cycle) -> list[SheetState]:
    """The sheets of a cycle that ``user`` may see now, in the order of the people's numbers."""
    cycle = cycle_for(user, cycle)
    rows = list(appraisees_seen(user).filter(cycle=cycle).order_by("employee__number"))
    whole = {row.pk: row for row in appraised(cycle)}
    exempt, newest = exempt_indicators(cycle), newest_inputs(rows)
    results = {} if cycle.takes_inputs else newest_totals(rows)
    lacking = _lacking([row for row in rows if row.pk in whole]) if cycle.takes_inputs else {}
    judged = judged_by_people(card_in(cycle))
    commented = set(
        Remark.objects.filter(appraisee__in=rows, kind=RemarkKind.SELF).values_list("appraisee_id", flat=True)
    )
    found = []
    for row in rows:
        free = exempt.get(row.employee_id, {})
        names = [name for name in judged if name not in free]
        is_in = row.pk in results or (cycle.takes_inputs and row.pk in whole)
        reason = row.exempt_reason or (free[""].reason if "" in free else "")
        total = _Total()
        if row.pk in results:
            result = results[row.pk]
            total = _Total(result.raw, result.max, result.normalised, result.grade)
        elif is_in:
            total = _present(cycle, newest[row.pk], set(free))
        found.append(
            SheetState(
                appraisee=row,
                raw=total.raw,
                max=total.max,
                normalised=total.normalised,
                grade=total.grade,
                is_provisional=is_in and row.pk not in results,
                missing=lacking.get(row.pk, 0),
                rated=sum(name in newest[row.pk] and newest[row.pk][name].value is not None for name in names),
                to_rate=len(names),
                is_commented=row.pk in commented,
                exempt_reason="" if is_in else reason,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class InputTable:
    """The inputs of a cycle that count: people by indicators. ``origins`` tells where each indicator usually comes
    from, ``needed`` which ones lines are judged by; the others only change how."""

    card: Scorecard
    indicators: tuple[str, ...]
    needed: frozenset[str]
    origins: Mapping[str, InputSource]
    rows: list[tuple[Appraisee, Mapping[str, Input]]]


def input_table(*, user: User, cycle: Cycle) -> InputTable:
    """Everybody's inputs in a cycle, as far as ``user`` sees the sheets; who is not appraised is left out."""
    cycle = cycle_for(user, cycle)
    card = card_in(cycle)
    whole = {row.pk for row in appraised(cycle)}
    seen = appraisees_seen(user).filter(cycle=cycle).order_by("employee__number")
    rows = [row for row in seen if row.pk in whole and not hides_lines(user, row)]
    newest, names = newest_inputs(rows), indicators_used(card)
    return InputTable(
        card=card,
        indicators=names,
        needed=frozenset(lines_by_indicator(card)),
        origins={name: origin_of(card, name) for name in names},
        rows=[(row, newest[row.pk]) for row in rows],
    )


def doubts_in(*, user: User, cycle: Cycle, language: Language) -> list[str]:
    """What is allowed in the rules of a cycle but odd, in words."""
    version = cycle_for(user, cycle).template_version
    return appraising.doubts_of(version.body, version.chosen, language)


@dataclass(frozen=True, slots=True)
class _Total:
    raw: Decimal | None = None
    max: Decimal | None = None
    normalised: Decimal | None = None
    grade: str = ""


def _present(cycle: Cycle, inputs: Mapping[str, Input], exempt: set[str]) -> _Total:
    """The total of the inputs of the moment."""
    evaluation = evaluate(cycle, freeze_inputs(card_in(cycle), inputs, exempt))
    scored = evaluation.scored
    return _Total(scored.total, scored.max, scored.normalised, evaluation.grade)


def _lacking(rows: list[Appraisee]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for item in missing_of(rows):
        found[item.appraisee.pk] = found.get(item.appraisee.pk, 0) + 1
    return found


@dataclass(frozen=True, slots=True)
class EventLine:
    """A line of rules in force that an event can take points on, by the indicator that counts it."""

    indicator: str
    label: Text
    template: Template
    line: Line


def event_lines(*, user: User) -> list[EventLine]:
    """Every line that an event could hit, for whoever registers or confirms events."""
    sight = visible_to(user)
    if not any(map(sight.may, (Permission.REGISTER_EVENTS, Permission.RATE_APPRAISALS, Permission.RUN_APPRAISALS))):
        raise NotVisibleError
    today, found = today_in_company(), []
    for template in Template.objects.filter(retired_at=None):
        version = version_for(template=template, day=today)
        if version is None:
            continue
        card = card_for(version)
        for line in card.lines:
            for name in line.indicators:
                if origin_of(card, name) is InputSource.EVENTS:
                    found.append(EventLine(name, card.indicators[name].label, template, line))
    return found
