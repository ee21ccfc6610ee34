"""Reminders (到期提醒): people are told before a certificate ends, and who leads when it has ended; each once."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from django.db.models import Q

from peilian.adapters.packs.certificates import CertificateDocument
from peilian.apps.base.api import write
from peilian.apps.learning import clock
from peilian.apps.learning.models import (
    Certificate,
    CredentialEvent,
    CredentialEventKind,
    ExternalCertificate,
    ExternalState,
)
from peilian.apps.learning.telling import tell_leaders, tell_person
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee

EXTERNAL_DAYS = (60, 14)
"""When the person is told before a certificate of others ends."""
_LONGEST = timedelta(days=366)
_MOST_AT_ONCE = 100
log = logging.getLogger(__name__)
_Credential = Certificate | ExternalCertificate


def remind_due() -> int:
    """Tell what is to be told today, a bounded number at once; returns how many certificates that were. For a task that
    runs often. What a reminder missed while nothing ran is told once, not once for each."""
    today = clock.today()
    n_told = 0
    for row in _nearing(today):
        if n_told >= _MOST_AT_ONCE:
            break
        try:
            n_told += _remind(row, today)
        except Exception:  # one that cannot be told keeps no other back
            log.exception("certificate %s: its person could not be told", row.pk)
    return n_told


def marks_due(expires_on: date, days: tuple[int, ...], today: date) -> list[str]:
    """The reminders that are due, the earliest first; the last of them is ``""`` once the certificate has ended."""
    found = [str(n) for n in sorted(days, reverse=True) if today >= expires_on - timedelta(days=n)]
    return [*found, ""] if today > expires_on else found


def _nearing(today: date) -> list[_Credential]:
    """Certificates that end before long and what ended and was not told yet; those of who left are told nobody."""
    here = Employee.objects.filter(Q(left_on=None) | Q(left_on__gt=today)).values("pk")
    told = CredentialEvent.objects.filter(kind=CredentialEventKind.EXPIRED)
    ours = Certificate.objects.standing().filter(expires_on__lte=today + _LONGEST, employee__in=here)
    ours = ours.exclude(pk__in=told.filter(certificate__isnull=False).values("certificate"))
    others = ExternalCertificate.objects.filter(
        state=ExternalState.CONFIRMED, expires_on__lte=today + timedelta(days=max(EXTERNAL_DAYS)), employee__in=here
    )
    others = others.exclude(pk__in=told.filter(external__isnull=False).values("external"))
    listed: list[_Credential] = [*ours.select_related("version", "employee"), *others.select_related("employee")]
    known = _known_marks(listed)
    return [row for row in listed if set(marks_due(_end(row), _days(row), today)) - known.get(row.pk, set())]


def _known_marks(rows: list[_Credential]) -> dict[object, set[str]]:
    found: dict[object, set[str]] = {}
    kinds = (CredentialEventKind.REMINDED, CredentialEventKind.EXPIRED)
    pks = [row.pk for row in rows]
    events = CredentialEvent.objects.filter(Q(certificate__in=pks) | Q(external__in=pks), kind__in=kinds)
    for ours, other, mark in events.values_list("certificate", "external", "mark"):
        found.setdefault(ours or other, set()).add(mark)
    return found


def _remind(row: _Credential, today: date) -> bool:
    """Tell what is due of one certificate; whether there was anything. Its row is locked, so it is told once."""
    with write(actor=None, verb="learning.remind_of_certificate") as audit:
        locked: _Credential = type(row).objects.select_for_update().get(pk=row.pk)
        known = set(locked.events.filter(kind__in=("reminded", "expired")).values_list("mark", flat=True))
        due = [mark for mark in marks_due(_end(row), _days(row), today) if mark not in known]
        if not due:
            audit.unchanged()
            return False
        for mark in due:
            event = CredentialEvent(
                certificate=locked if isinstance(locked, Certificate) else None,
                external=locked if isinstance(locked, ExternalCertificate) else None,
                kind=CredentialEventKind.REMINDED if mark else CredentialEventKind.EXPIRED,
                mark=mark,
                at=clock.now(),
            )
            event.save(force_insert=True)
            audit.created(event)
        _tell(row, has_ended=due[-1] == "")
    return True


def _tell(row: _Credential, *, has_ended: bool) -> None:
    title = row.title if isinstance(row, Certificate) else {"zh": row.name}
    link = f"/learn/certificates/{'' if isinstance(row, Certificate) else 'external/'}{row.pk}/"
    if not has_ended:
        tell_person(row.employee, "inbox.certificate_ends", title, link=link, day=_end(row))
        return
    tell_person(row.employee, "inbox.certificate_ended", title, link=link, day=_end(row))
    tell_leaders(row.employee, "inbox.certificate_ended_of", title, link=link, day=_end(row))


def _end(row: _Credential) -> date:
    assert row.expires_on is not None
    return row.expires_on


def _days(row: _Credential) -> tuple[int, ...]:
    if isinstance(row, ExternalCertificate):
        return EXTERNAL_DAYS
    document = library.document_of(row.version, user=None)
    assert isinstance(document, CertificateDocument)
    return document.remind_days
