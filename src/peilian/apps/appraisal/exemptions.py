"""Exemptions (免考核): spans in which a person is not appraised, or not on some indicators.

One counts for a cycle when it covers all days of the period on which the person belonged to the company. Who was there
for a part is appraised; the template may hold the standards against the time of presence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.appraisal.checks import fitting_day, refuse, short
from peilian.apps.appraisal.models import Exemption
from peilian.apps.base.api import write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User


def exempt(
    *,
    actor: User | None,
    employee: Employee,
    starts_on: date,
    ends_on: date,
    reason: str,
    indicators: Sequence[str] = (),
) -> Exemption:
    """Exempt a person from the first to the last day (both included); without ``indicators`` from the whole sheet.

    Results that are frozen stay as they are.
    """
    _permit(actor, employee, starts_on, ends_on)
    fitting_day(starts_on, "starts_on")
    fitting_day(ends_on, "ends_on")
    if ends_on < starts_on:
        raise refuse("appraisal.ends_before_start", "ends_on")
    with write(actor=actor, verb="appraisal.exempt") as audit:
        row = Exemption.objects.create(
            employee=employee,
            starts_on=starts_on,
            ends_on=ends_on,
            indicators=[short(name, "indicators", limit=80, is_needed=True) for name in dict.fromkeys(indicators)],
            reason=short(reason, "reason", is_needed=True),
            granted_at=timezone.now(),
            granted_by=actor,
        )
        audit.created(row)
    return row


def end_exemption(*, actor: User | None, exemption: Exemption) -> Exemption:
    """Take an exemption back; it stays to be seen."""
    _permit(actor, exemption.employee, exemption.starts_on, exemption.ends_on)
    with write(actor=actor, verb="appraisal.end_exemption") as audit:
        row: Exemption = Exemption.objects.select_for_update().get(pk=exemption.pk)
        if row.withdrawn_at is not None:
            audit.unchanged()
            return row
        row.withdrawn_at = timezone.now()
        row.save()
        audit.changed(row, withdrawn_at=None)
    return row


def exemptions(*, user: User) -> QuerySet[Exemption]:
    """The exemptions of people whose appraisal ``user`` runs or sees, newest first."""
    sight = visible_to(user)
    wanted = Q(pk__in=())
    for permission in (Permission.RUN_APPRAISALS, Permission.SEE_APPRAISALS):
        if sight.may(permission):
            wanted |= sight.reaches_rows(permission, first="starts_on", last="ends_on")
    return Exemption.objects.filter(wanted).select_related("employee", "granted_by")


def _permit(actor: User | None, employee: Employee, first: date, last: date) -> None:
    """Who runs the person's appraisal today, or did on a day of the exemption."""
    if actor is None:
        return
    sight = visible_to(actor)
    sight.require(Permission.RUN_APPRAISALS)
    reached = sight.employees_between(Permission.RUN_APPRAISALS, first, last).filter(pk=employee.pk).exists()
    if not reached or actor.employee_id == employee.pk:
        raise NotVisibleError
