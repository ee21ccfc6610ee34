"""Where values come from: business figures, measures of conversations, the event register, people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from peilian.apps.appraisal.checks import stored
from peilian.apps.appraisal.evaluation import appraised, indicators_used
from peilian.apps.appraisal.models import Appraisee, Cycle, Event, EventKind, EventState, InputSource
from peilian.apps.contacts import api as contacts
from peilian.engine._kernel import Param
from peilian.engine.scorecard import Scorecard

# The indicator that an event of a kind is counted on unless somebody says otherwise. Praise takes no points.
USUAL_INDICATORS: Mapping[EventKind, str] = {
    EventKind.COMPLAINT: "complaints",
    EventKind.BAD_REVIEW: "complaints",
    EventKind.DISPUTE: "disputes",
    EventKind.ETIQUETTE: "etiquette_breaches",
    EventKind.IMPOLITE: "impolite_hits",
    EventKind.RULE_BREACH: "rule_breaches",
    EventKind.TEAM_EVENT: "team_events",
}
PRESENCE, TEAM_SIZE = "presence_ratio", "team_size"
# What a template calls a way to compute an indicator, as a setting of business figures.
_METHODS: Mapping[str, tuple[str, str]] = {
    "per_consultation": ("conversion", "agent"),
    "per_visit": ("conversion", "shop"),
    "of_target": ("featured", "target"),
    "of_sales": ("featured", "share"),
    "net_sales": ("sales", "net"),
}
# Ways that are no business figure but a measure of conversations.
_MEASURED: Mapping[str, str] = {"agent_messages": "agent_messages"}
_MOST_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Found:
    """What a source says of one indicator of one person."""

    source: InputSource
    value: Decimal | None
    n: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    note_key: str = ""
    note_params: Mapping[str, Param] = field(default_factory=dict)


def origin_of(card: Scorecard, indicator: str) -> InputSource:
    """Where an indicator usually comes from: what the template says, else what its name tells."""
    measure = card.indicators.get(indicator)
    if measure is not None and measure.method in _MEASURED:
        return InputSource.CONTACTS
    if indicator == TEAM_SIZE:
        return InputSource.BUSINESS
    if measure is not None and measure.origin:
        return InputSource(measure.origin)
    if indicator in contacts.FIGURE_KEYS:
        return InputSource.BUSINESS
    if indicator in USUAL_INDICATORS.values():
        return InputSource.EVENTS
    if measure is not None and measure.unit == "level":
        return InputSource.LEVEL
    return InputSource.TYPED


def reads_conversations(card: Scorecard) -> bool:
    """Whether conversations have to be read for some of its values, which takes a while."""
    return any(
        name in contacts.SERVICE_INDICATORS and origin_of(card, name) is InputSource.CONTACTS
        for name in indicators_used(card)
    )


def gather(cycle: Cycle, card: Scorecard, appraisees: Sequence[Appraisee]) -> dict[UUID, dict[str, Found]]:
    """What the sources say now, by appraisee and indicator; what people give is not in it."""
    by_source: dict[InputSource, list[str]] = {}
    for name in indicators_used(card):
        by_source.setdefault(origin_of(card, name), []).append(name)
    found: dict[UUID, dict[str, Found]] = {row.pk: {} for row in appraisees}
    parts = (
        _business(cycle, card, appraisees, by_source.get(InputSource.BUSINESS, [])),
        _contacts(cycle, card, appraisees, by_source.get(InputSource.CONTACTS, [])),
        _events(cycle, appraisees, by_source.get(InputSource.EVENTS, [])),
        _sizes(cycle, appraisees, indicators_used(card)),
    )
    for part in parts:
        for pk, values in part.items():
            found[pk].update(values)
    return found


def _business(
    cycle: Cycle, card: Scorecard, appraisees: Sequence[Appraisee], names: Sequence[str]
) -> dict[UUID, dict[str, Found]]:
    if not names:
        return {}
    figures = contacts.month_figures(
        employees=[row.employee_id for row in appraisees],
        first_day=cycle.starts_on,
        last_day=cycle.ends_on,
        settings=business_settings(card),
    )
    found: dict[UUID, dict[str, Found]] = {}
    for row in appraisees:
        of_person = figures.get(row.employee_id, {})
        found[row.pk] = {name: _from_figure(name, of_person[name]) for name in names if name in of_person}
    return found


def business_settings(card: Scorecard) -> dict[str, str]:
    """How the template wants its business figures computed, as far as it says."""
    chosen = (_METHODS.get(measure.method or "") for measure in card.indicators.values())
    return dict(pair for pair in chosen if pair is not None)


def _from_figure(name: str, figure: contacts.BusinessFigure) -> Found:
    detail = {
        "formula": figure.formula,
        "numerator": _text(figure.numerator),
        "denominator": _text(figure.denominator),
        "references": [dict(item) for item in figure.references][:_MOST_REFERENCES],
    }
    # Lines divide by presence: rounded down, it never leaves a value short of an edge that exact numbers meet.
    rounding = ROUND_DOWN if name == PRESENCE else ROUND_HALF_EVEN
    value = None if figure.value is None else stored(figure.value, rounding)
    key, params = ("", {}) if figure.note is None else (figure.note.key, dict(figure.note.params))
    return Found(InputSource.BUSINESS, value, figure.n, detail, key, params)


def _contacts(
    cycle: Cycle, card: Scorecard, appraisees: Sequence[Appraisee], names: Sequence[str]
) -> dict[UUID, dict[str, Found]]:
    if not names:
        return {}
    methods = {name: measure.method or "" for name, measure in card.indicators.items()}
    keys = {name: _MEASURED.get(methods.get(name, ""), name) for name in names}
    measured = contacts.person_measures(
        employees=[row.employee_id for row in appraisees],
        first_day=cycle.starts_on,
        last_day=cycle.ends_on,
        keys=tuple(keys.values()),
    )
    days = {"from": cycle.starts_on.isoformat(), "to": cycle.ends_on.isoformat()}
    found: dict[UUID, dict[str, Found]] = {}
    for row in appraisees:
        cells = measured.get(row.employee_id, {})
        for name in names:
            cell = cells.get(keys[name])
            reference = {"kind": "measure", "key": keys[name], **days}
            detail: dict[str, Any] = {"references": [reference]}
            if cell is None or cell.value is None:
                given = Found(InputSource.CONTACTS, None, 0, detail, "appraisal.note.no_conversations")
            else:
                note = "appraisal.note.provisional" if cell.is_provisional else ""
                given = Found(InputSource.CONTACTS, stored(cell.value), cell.n, detail, note)
            found.setdefault(row.pk, {})[name] = given
    return found


def _events(cycle: Cycle, appraisees: Sequence[Appraisee], names: Sequence[str]) -> dict[UUID, dict[str, Found]]:
    if not names:
        return {}
    by_person: dict[UUID, list[Event]] = {row.employee_id: [] for row in appraisees}
    for event in events_counted(cycle, by_person):
        by_person[event.employee_id].append(event)
    return {
        row.pk: {name: _from_events([e for e in by_person[row.employee_id] if name in e.counts_on]) for name in names}
        for row in appraisees
    }


def events_counted(cycle: Cycle, employees: Iterable[UUID]) -> list[Event]:
    """The confirmed events of the period, in order of day, that take points."""
    rows = Event.objects.filter(
        employee__in=list(employees),
        on__gte=cycle.starts_on,
        on__lte=cycle.ends_on,
        state=EventState.CONFIRMED,
    ).exclude(kind=EventKind.PRAISE)
    return list(rows.order_by("on", "pk"))


def _from_events(events: Sequence[Event]) -> Found:
    references = [
        {
            "kind": "event",
            "id": str(event.pk),
            "event_kind": event.kind,
            "on": event.on.isoformat(),
            "text": event.text,
            "also_on": sorted(event.counts_on),
        }
        for event in events
    ]
    return Found(InputSource.EVENTS, stored(Decimal(len(events))), len(events), {"references": references})


def _sizes(cycle: Cycle, appraisees: Sequence[Appraisee], names: Sequence[str]) -> dict[UUID, dict[str, Found]]:
    """How many are appraised in the person's team, for rules that depend on it."""
    if TEAM_SIZE not in names:
        return {}
    sizes: dict[UUID, int] = {}
    for row in appraised(cycle):
        sizes[row.unit_id] = sizes.get(row.unit_id, 0) + 1
    return {
        row.pk: {TEAM_SIZE: Found(InputSource.BUSINESS, stored(Decimal(sizes[row.unit_id])), sizes[row.unit_id])}
        for row in appraisees
        if row.unit_id in sizes
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
