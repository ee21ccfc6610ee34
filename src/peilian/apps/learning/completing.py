"""Completions (完成记录): what a person has done with a text of the library, added by whoever saw it done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import CharField, UUIDField

from peilian.apps.base.api import Argument, Prepared, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.models import Completion, CompletionHow
from peilian.apps.people.api import Employee
from peilian.apps.record import api as record

if TYPE_CHECKING:
    from peilian.apps.library.api import ContentVersion
    from peilian.apps.people.api import User

_KNOWN = Prepared(
    lambda: Completion.objects.exclude(how=CompletionHow.WITHDRAWN).filter(
        employee=Argument("employee", UUIDField()),
        what=Argument("what", CharField()),
        source_kind=Argument("source_kind", CharField()),
        source_id=Argument("source_id", CharField()),
    )[:1]
)


@dataclass(frozen=True, slots=True)
class Done:
    """What was completed, ``kind:key``, by what and when; see ``Completion``."""

    what: str
    how: CompletionHow
    at: datetime
    source_kind: str
    source_id: str
    version: ContentVersion | None = None
    title: Mapping[str, str] = field(default_factory=dict)
    minutes: int | None = None
    percent: Decimal | None = None


def complete(*, employee: Employee, done: Done) -> Completion:
    """Add a completion. The same source completes a text once, also after it was withdrawn: the row that there is comes
    back."""
    with write(actor=None, verb="learning.complete") as audit:
        record.lock_people([employee.pk])
        former: Completion | None = _KNOWN.first(
            employee=employee.pk, what=done.what, source_kind=done.source_kind, source_id=done.source_id
        )
        if former is not None:
            audit.unchanged()
            return former
        row = Completion(
            employee=employee,
            what=done.what,
            version=done.version,
            title={language: text for language, text in done.title.items() if text},
            how=done.how,
            at=done.at,
            minutes=done.minutes,
            percent=done.percent,
            source_kind=done.source_kind,
            source_id=done.source_id,
            recorded_at=clock.now(),
        )
        row.save(force_insert=True)
        audit.created(row)
    return row


def withdraw_completion(*, actor: User | None, completion: Completion, note: str) -> Completion:
    """Take a completion back that turned out wrong; it stays to be seen. Who calls checks who may."""
    why = short(note, "note", is_needed=True)
    with write(actor=actor, verb="learning.withdraw_completion") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=completion.employee_id)
        if completion.how == CompletionHow.WITHDRAWN:
            raise refuse("learning.is_a_withdrawal")
        former: Completion | None = Completion.objects.filter(withdraws=completion).first()
        if former is not None:
            audit.unchanged()
            return former
        row = Completion(
            employee_id=completion.employee_id,
            what=completion.what,
            version_id=completion.version_id,
            title=completion.title,
            how=CompletionHow.WITHDRAWN,
            at=clock.now(),
            source_kind=completion.source_kind,
            source_id=completion.source_id,
            withdraws=completion,
            note=why,
            recorded_at=clock.now(),
            recorded_by=actor,
        )
        row.save(force_insert=True)
        audit.created(row)
    return row
