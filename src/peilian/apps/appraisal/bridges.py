"""What the appraisal gives to imports of tables below it: which months are final, and the register of events.

Both are handed over when the apps are ready, so that whoever imports need not know who appraises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from peilian.apps.appraisal.events import is_fitting_day, register_event
from peilian.apps.appraisal.models import Cycle, CycleState, Event, EventKind, EventState
from peilian.apps.base.api import write
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import Employee, Permission, visible_to
from peilian.engine._kernel import Fault, Reason, Text

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_FINAL = (CycleState.FROZEN, CycleState.PUBLISHED, CycleState.CLOSED)
KIND_NAMES: Mapping[EventKind, Text] = {
    EventKind.COMPLAINT: Text("客户投诉", "Complaint"),
    EventKind.BAD_REVIEW: Text("差评", "Bad review"),
    EventKind.DISPUTE: Text("交易纠纷", "Dispute"),
    EventKind.ETIQUETTE: Text("违反用语规范", "Breach of chat etiquette"),
    EventKind.IMPOLITE: Text("不礼貌用语", "Impolite words"),
    EventKind.RULE_BREACH: Text("违反团队制度", "Breach of team rules"),
    EventKind.TEAM_EVENT: Text("影响团队工作", "Held the team up"),
    EventKind.PRAISE: Text("表扬", "Praise"),
}


def guard_month(first_day: date, last_day: date, kind: str, employees: frozenset[UUID]) -> Reason | None:
    """Why rows of these days may not change: an appraisal of somebody concerned is final. Rows of a shop as a whole
    concern everybody."""
    cycles = Cycle.objects.filter(state__in=_FINAL, starts_on__lte=last_day, ends_on__gte=first_day)
    if employees:
        cycles = cycles.filter(appraisees__employee__in=employees)
    found = cycles.select_related("unit").order_by("starts_on", "pk").first()
    return (
        None if found is None else Reason("appraisal.frozen_month", {"unit": str(found.unit), "period": found.period})
    )


class EventRegister:
    """The event register as imports of violations see it. What they bring is reported, and counts once confirmed."""

    def kinds(self) -> Mapping[str, Text]:
        """What the column of kinds may hold."""
        return {kind.value: name for kind, name in KIND_NAMES.items()}

    def check(self, actor: User | None, rows: Sequence[contacts.ViolationRow]) -> list[Fault]:
        """What keeps rows from being registered: days that cannot be, people out of reach."""
        wanted = {row.employee for row in rows}
        reached = wanted
        if actor is not None:
            people = visible_to(actor).employees(Permission.REGISTER_EVENTS).filter(pk__in=wanted)
            reached = set(people.values_list("pk", flat=True)) - {actor.employee_id}
        faults = []
        for row in rows:
            if row.employee not in reached:
                faults.append(Fault(Reason("appraisal.out_of_reach"), row=row.row, field="person"))
            if not is_fitting_day(row.on):
                reason = Reason("appraisal.event_day", {"day": row.on.isoformat()})
                faults.append(Fault(reason, row=row.row, field="on"))
        return faults

    def store(
        self, actor: User | None, rows: Sequence[contacts.ViolationRow], source: contacts.TableImport
    ) -> tuple[int, int]:
        """Register the rows; one that says the same as a known event is not registered again."""
        people = {person.pk: person for person in Employee.objects.filter(pk__in={row.employee for row in rows})}
        same = 0
        for row in rows:
            kept = Event.objects.filter(employee=row.employee, on=row.on, kind=row.kind, text=row.text.strip())
            if kept.filter(reference_id=row.reference).exclude(state=EventState.WITHDRAWN).exists():
                same += 1
                continue
            register_event(
                actor=actor,
                employee=people[row.employee],
                on=row.on,
                kind=row.kind,
                text=row.text,
                reference=("violation" if row.reference else "", row.reference),
                source_id=str(source.pk),
            )
        return len(rows) - same, same

    def undo(self, actor: User | None, source: contacts.TableImport) -> Reason | None:
        """Take back what an import registered, unless somebody has decided on some of it."""
        rows = Event.objects.filter(source_id=str(source.pk))
        decided = rows.filter(state=EventState.CONFIRMED).count()
        if decided:
            return Reason("appraisal.events_decided", {"n": decided})
        with write(actor=actor, verb="appraisal.undo_events") as audit:
            audit.unchanged()
            for row in rows.filter(state=EventState.REPORTED).select_for_update():
                row.state, row.decided_at, row.decided_by = EventState.WITHDRAWN, timezone.now(), actor
                row.save()
                audit.changed(row, state=EventState.REPORTED)
        return None


def register() -> None:
    """Hand both over."""
    if guard_month not in contacts.month_guards:
        contacts.month_guards.append(guard_month)
    contacts.violation_sink.register(EventRegister())
