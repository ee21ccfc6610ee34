"""The event register (事件登记): what happened at work, who reported it, whether it is confirmed, where it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import refuse, short
from peilian.apps.appraisal.evaluation import appraised, card_for
from peilian.apps.appraisal.models import Cycle, Event, EventKind, EventState, InputSource, TemplateVersion
from peilian.apps.appraisal.seen import cycle_for, one
from peilian.apps.appraisal.sources import USUAL_INDICATORS, events_counted, origin_of
from peilian.apps.base.api import today_in_company, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# Who confirms that an event counts: those who answer for the sheets.
CONFIRMERS = (Permission.RATE_APPRAISALS, Permission.RUN_APPRAISALS)
_SEERS = (Permission.REGISTER_EVENTS, Permission.SEE_APPRAISALS, *CONFIRMERS)
_OLDEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class DoubleCount:
    """One happening that takes points on several lines: one event counted on several, or several events that refer to
    the same thing."""

    employee: Employee
    events: tuple[Event, ...]
    indicators: tuple[str, ...]
    reference: str


def register_event(
    *,
    actor: User | None,
    employee: Employee,
    on: date,
    kind: EventKind | str,
    text: str,
    reference: tuple[str, str] = ("", ""),
    counts_on: Sequence[str] = (),
    source_id: str = "",
) -> Event:
    """Report what happened. It counts once somebody confirms it, on the usual indicator of its kind unless
    ``counts_on`` names others. ``reference`` (kind, id) leads to a conversation or another proof.

    Nobody reports about oneself: the own mistakes are the supervisor's to report.
    """
    _permit(actor, (Permission.REGISTER_EVENTS,), employee.pk, on)
    if kind not in EventKind.values:
        raise refuse("appraisal.unknown_kind", "kind", value=str(kind)[:40], known=", ".join(EventKind.values))
    if not is_fitting_day(on):
        raise refuse("appraisal.event_day", "on", day=on.isoformat())
    with write(actor=actor, verb="appraisal.register_event") as audit:
        row = Event.objects.create(
            employee=employee,
            on=on,
            kind=str(kind),
            text=short(text, "text", limit=1000, is_needed=True),
            reference_kind=short(reference[0], "reference", limit=40),
            reference_id=" ".join(short(reference[1], "reference", limit=200).split()),
            counts_on=_counting(EventKind(kind), counts_on),
            source_id=source_id,
            reported_at=timezone.now(),
            reported_by=actor,
        )
        audit.created(row)
    return row


def is_fitting_day(on: date) -> bool:
    """Whether an event of that day can be registered: not to come, and not older than a year."""
    today = today_in_company()
    return today - _OLDEST <= on <= today


def confirm_event(*, actor: User | None, event: Event, note: str = "") -> Event:
    """Let an event count: it enters the inputs of open cycles when they are collected next."""
    return _decide(actor, event, EventState.CONFIRMED, short(note, "note"), "appraisal.confirm_event")


def withdraw_event(*, actor: User | None, event: Event, reason: str) -> Event:
    """Let an event count no longer, with a reason; it stays in the register. Results that are frozen stay as they are:
    what is published is corrected with its own reason."""
    reason = short(reason, "reason", is_needed=True)
    return _decide(actor, event, EventState.WITHDRAWN, reason, "appraisal.withdraw_event")


def count_on(*, actor: User | None, event: Event, indicator: str | Sequence[str]) -> Event:
    """Choose the line, or lines, that an event is counted on."""
    _permit(actor, CONFIRMERS, event.employee_id, event.on)
    names = [indicator] if isinstance(indicator, str) else list(indicator)
    with write(actor=actor, verb="appraisal.count_on") as audit:
        row = Event.objects.select_for_update().get(pk=event.pk)
        before, row.counts_on = row.counts_on, _counting(EventKind(row.kind), names)
        if row.state == EventState.WITHDRAWN:
            raise refuse("appraisal.event_withdrawn")
        if row.counts_on == before:
            audit.unchanged()
            return row
        row.counted_by = actor
        row.save()
        audit.changed(row, counts_on=before)
    return row


def events_of(
    *,
    user: User,
    employee: Employee | None = None,
    unit: Unit | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
    states: Iterable[EventState | str] | None = None,
    kinds: Iterable[EventKind | str] | None = None,
) -> QuerySet[Event]:
    """The events about people whom ``user`` reaches, newest first; about oneself those that are decided."""
    sight = visible_to(user)
    wanted = Q(pk__in=())
    for permission in _SEERS:
        # Reaching only oneself is no way to see what was reported: reports about oneself are seen once confirmed.
        if sight.may(permission):
            wanted |= sight.reaches_rows(permission, first="on", last="on")
    if user.employee_id is not None:
        wanted &= ~Q(employee=user.employee_id)
    if user.employee_id is not None and user.is_active:
        wanted |= Q(employee=user.employee_id, state=EventState.CONFIRMED)
        wanted |= Q(employee=user.employee_id, state=EventState.WITHDRAWN, decided_at__isnull=False)
    rows = Event.objects.filter(wanted).select_related("employee", "reported_by", "decided_by")
    if employee is not None:
        rows = rows.filter(employee=employee)
    if unit is not None:
        members = Employee.objects.filter(memberships__unit__in=sight.within(unit)).values("pk")
        rows = rows.filter(employee__in=members)
    if from_day is not None:
        rows = rows.filter(on__gte=from_day)
    if to_day is not None:
        rows = rows.filter(on__lte=to_day)
    if states is not None:
        rows = rows.filter(state__in=[str(state) for state in states])
    if kinds is not None:
        rows = rows.filter(kind__in=[str(kind) for kind in kinds])
    return rows


def event(*, user: User, pk: UUID | str) -> Event:
    """One event; ``NotVisibleError`` when absent or not to be seen."""
    return one(events_of(user=user), pk)


def double_counted(*, user: User, cycle: Cycle) -> list[DoubleCount]:
    """What takes points on several lines in a cycle, for whoever runs or rates it, among the people reached."""
    row = cycle_for(user, cycle)
    sight = visible_to(user)
    units = {pk for permission in CONFIRMERS for pk in sight.units(permission).values_list("pk", flat=True)}
    return doubly_counted(row, units)


def doubly_counted(cycle: Cycle, units: Iterable[UUID] | None = None) -> list[DoubleCount]:
    """The same for all of the cycle, or for the people of some units."""
    wanted = None if units is None else set(units)
    people = [row.employee_id for row in appraised(cycle) if wanted is None or row.unit_id in wanted]
    groups: dict[tuple[UUID, str], list[Event]] = {}
    for item in events_counted(cycle, people):
        reference = f"{item.reference_kind}:{item.reference_id}" if item.reference_id else str(item.pk)
        groups.setdefault((item.employee_id, reference), []).append(item)
    found = []
    for (_, reference), events in groups.items():
        indicators = [name for item in events for name in item.counts_on]
        if len(indicators) > 1:
            found.append(DoubleCount(events[0].employee, tuple(events), tuple(indicators), reference))
    return found


def _decide(actor: User | None, event: Event, state: EventState, note: str, verb: str) -> Event:
    _permit(actor, CONFIRMERS, event.employee_id, event.on)
    with write(actor=actor, verb=verb) as audit:
        row = Event.objects.select_for_update().get(pk=event.pk)
        if row.state == state:
            audit.unchanged()
            return row
        if row.state == EventState.WITHDRAWN:
            raise refuse("appraisal.event_withdrawn")
        before = {"state": row.state, "decision": row.decision}
        row.state, row.decision, row.decided_at, row.decided_by = state, note, timezone.now(), actor
        row.save()
        audit.changed(row, **before)
    return row


def _counting(kind: EventKind, names: Sequence[str]) -> list[str]:
    """The indicators that an event is counted on, in order and once each."""
    if kind is EventKind.PRAISE:
        if names:
            raise refuse("appraisal.praise_counts_nowhere", "counts_on")
        return []
    found = [name.strip() for name in dict.fromkeys(names)]
    known = _countable()
    for name in found:
        if name not in known:
            raise refuse("appraisal.unknown_indicator", "counts_on", value=name[:80], known=", ".join(sorted(known)))
    return found or [USUAL_INDICATORS[kind]]


def _countable() -> set[str]:
    """The indicators that some template counts events on."""
    found = set(USUAL_INDICATORS.values())
    for version in TemplateVersion.objects.filter(template__retired_at=None):
        card = card_for(version)
        found.update(name for name in card.indicators if origin_of(card, name) is InputSource.EVENTS)
    return found


def _permit(actor: User | None, permissions: Iterable[Permission], employee_id: UUID, on: date) -> None:
    """Who answers for the person today, or did on the day of the event."""
    if actor is None:
        return
    sight = visible_to(actor)
    reached = any(
        sight.may(permission) and sight.employees_between(permission, on, on).filter(pk=employee_id).exists()
        for permission in permissions
    )
    if not reached or actor.employee_id == employee_id:
        raise NotVisibleError
