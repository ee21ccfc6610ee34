"""Issuing certificates (发证): whoever has passed and completed all that one asks for gets it, once.

What was passed is looked at when a result is followed, everything else in the worker's round. A ground that is gone
puts the certificate in doubt, for people to decide; the product takes nothing back by itself.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, UUIDField

from peilian.adapters.packs.certificates import CertificateDocument
from peilian.apps.base.api import Argument, Prepared, company_zone, write
from peilian.apps.learning import clock
from peilian.apps.learning.credentials.offered import (
    Offered,
    Shown,
    grades_from,
    names_of,
    offered_certificates,
    shown_for,
    stored,
    titles_of,
)
from peilian.apps.learning.models import (
    Attempt,
    AttemptState,
    Certificate,
    CertificateGround,
    CertificateSeries,
    Completion,
    CredentialEvent,
    CredentialEventKind,
)
from peilian.apps.learning.telling import tell_leaders, tell_person
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee
from peilian.engine.curriculum.awards import Award, Held, award_due

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Signs of codes: nothing that is taken for something else. Each is five bits."""
CODE_LENGTH = 20
_MOST_AT_ONCE = 50
_HELD = Prepared(
    lambda: (
        Certificate.objects.filter(employee=Argument("employee", UUIDField()))
        .select_related("employee", "version", "renewed_by")
        .prefetch_related("events")
        .order_by("issued_at", "pk")
    )
)
_GROUNDS = Prepared(lambda: CertificateGround.objects.filter(attempt=Argument("attempt", UUIDField())))
log = logging.getLogger(__name__)
_looked_at: list[object] = []  # what there was when a round found nothing left to do


def issue_for(attempt: Attempt) -> None:
    """A step that follows a result: the certificates that it earns or renews; those that rest on it are put in doubt
    when it no longer shows what they ask for."""
    if attempt.state == AttemptState.MARKED and attempt.is_passed and attempt.sitting is not None:
        what = f"exam:{attempt.sitting.exam}"
        for offered in offered_certificates():
            if what in names_of(offered.document):
                issue(offered, attempt.employee_id)
    grounds = [row.pk for row in _GROUNDS(attempt=attempt.pk)]
    if grounds:
        for ground in list(_grounds_in_doubt(CertificateGround.objects.filter(pk__in=grounds))):
            question(ground)


def issue_due() -> int:
    """Issue what is due, a bounded number at once, and question what lost its ground; returns how many were issued.
    For a task that runs often: when nothing has happened since a look that left nothing to do, it looks at nothing."""
    state = _state()
    if _looked_at == state:
        return 0
    grounds = list(_grounds_in_doubt(CertificateGround.objects.all())[:_MOST_AT_ONCE])
    is_all = len(grounds) < _MOST_AT_ONCE
    for ground in grounds:
        try:
            question(ground)
        except Exception:  # one that cannot be questioned keeps nobody else's back
            log.exception("certificate %s could not be questioned", ground.certificate_id)
            is_all = False
    n_issued = 0
    for offered in offered_certificates():
        for person in _due(offered):
            if n_issued >= _MOST_AT_ONCE:
                return n_issued
            try:
                n_issued += issue(offered, person) is not None
            except Exception:  # one that cannot be issued keeps nobody else's back
                log.exception("certificate %s for %s could not be issued", offered.key, person)
                is_all = False
    _looked_at[:] = state if is_all else []
    return n_issued


def issue(offered: Offered, employee_id: UUID) -> Certificate | None:
    """The certificate that is due to a person now; ``None`` when none is. Twice at once it is issued once."""
    with write(actor=None, verb="learning.issue_certificate") as audit:
        employee = Employee.objects.select_for_update(no_key=True).get(pk=employee_id)
        shown = shown_for(offered.document, [employee.pk]).get(employee.pk, {})
        former = latest_of(offered.key, [employee.pk]).get(employee.pk)
        today = clock.today()
        award = _award(offered, shown, former, today)
        if award is None:
            audit.unchanged()
            return None
        row = Certificate(
            employee=employee,
            key=offered.key,
            version=offered.version,
            title=offered.document.title.model_dump(exclude_none=True),
            serial=_serial(today.year),
            code=new_code(),
            issued_at=clock.now(),
            issued_on=today,
            expires_on=award.last_day,
            renewed_from=former if award.is_renewal else None,
        )
        row.save(force_insert=True)
        _keep_grounds(row, award, shown)
        audit.created(row)
        tell_person(employee, "inbox.certificate", row.title, link=f"/learn/certificates/{row.pk}/")
    return row


def latest_by_key(employee: UUID) -> dict[str, Certificate]:
    """The latest certificate of each kind that a person has had."""
    return {row.key: row for row in _HELD(employee=employee)}


def latest_of(key: str, employees: list[UUID] | None = None) -> dict[UUID, Certificate]:
    """The latest certificate of a kind that each of these people, or everybody, has had."""
    rows = (
        Certificate.objects.filter(key=key)
        .select_related("renewed_by")
        .prefetch_related("events")
        .order_by("issued_at", "pk")
    )
    rows = rows if employees is None else rows.filter(employee__in=employees)
    return {row.employee_id: row for row in rows}


def held_of(certificate: Certificate | None) -> Held | None:
    """The engine's value of a certificate with its events."""
    if certificate is None:
        return None
    revoked = [event.at for event in certificate.events.all() if event.kind == CredentialEventKind.REVOKED]
    zone = company_zone()
    revoked_at = revoked[0].astimezone(zone) if revoked else None
    return Held(certificate.issued_at.astimezone(zone), certificate.expires_on, revoked_at)


def question(ground: CertificateGround) -> None:
    """Put a certificate in doubt, once for each ground, and tell who leads its person."""
    with write(actor=None, verb="learning.question_certificate") as audit:
        row = Certificate.objects.select_for_update().get(pk=ground.certificate_id)
        if row.events.filter(Q(ground=ground) | Q(kind=CredentialEventKind.REVOKED)).exists():
            audit.unchanged()
            return
        event = CredentialEvent(
            certificate=row, ground=ground, kind=CredentialEventKind.QUESTIONED, mark=str(ground.pk), at=clock.now()
        )
        event.save(force_insert=True)
        audit.created(event)
        tell_leaders(row.employee, "inbox.certificate_in_doubt", row.title, link=f"/learn/certificates/{row.pk}/")


def new_code() -> str:
    """A code of a hundred random bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _award(offered: Offered, shown: Mapping[str, list[Shown]], former: Certificate | None, today: date) -> Award | None:
    moments = {name: [one.at for one in listed] for name, listed in shown.items()}
    return award_due(offered.terms, moments, held_of(former), today)


def _due(offered: Offered) -> list[UUID]:
    """Whoever works here and is to get a certificate now."""
    shown, latest, today = shown_for(offered.document), latest_of(offered.key), clock.today()
    due = [person for person, by_name in shown.items() if _award(offered, by_name, latest.get(person), today)]
    here = Employee.objects.filter(Q(left_on=None) | Q(left_on__gt=today), pk__in=due)
    return list(here.order_by("pk").values_list("pk", flat=True))


def _keep_grounds(row: Certificate, award: Award, shown: Mapping[str, list[Shown]]) -> None:
    titles = titles_of(award.grounds)
    for name in award.grounds:
        one = shown[name][-1]
        ground = CertificateGround(
            certificate=row,
            what=name,
            title=stored(titles.get(name)),
            at=one.at,
            attempt_id=one.attempt,
            completion_id=one.completion,
        )
        ground.save(force_insert=True)


def _serial(year: int) -> str:
    """The next number of a year; the row is locked, so that none is given twice and none is left out."""
    CertificateSeries.objects.get_or_create(year=year)
    series = CertificateSeries.objects.select_for_update().get(year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{year}-{series.last:06d}"


def _grounds_in_doubt(among: QuerySet[CertificateGround]) -> QuerySet[CertificateGround]:
    """Those grounds of standing certificates that no longer show what they showed, by ``offered.is_gone``, and that
    nobody has questioned yet."""
    gone = Q(attempt__state=AttemptState.MARKED, attempt__is_passed=False) | Q(completion__withdrawn_by__isnull=False)
    among = among.filter(certificate__renewed_by=None)
    versions = among.filter(attempt__isnull=False).order_by().values("certificate__version")
    for version in library.ContentVersion.objects.filter(pk__in=versions):
        document = library.document_of(version, user=None)
        assert isinstance(document, CertificateDocument)
        below = Q(attempt__state=AttemptState.MARKED) & ~Q(attempt__grade__in=grades_from(document))
        gone |= Q(certificate__version=version) & below
    rows = among.filter(gone)
    asked = CredentialEvent.objects.filter(kind=CredentialEventKind.QUESTIONED, ground=OuterRef("pk"))
    revoked = CredentialEvent.objects.filter(kind=CredentialEventKind.REVOKED, certificate=OuterRef("certificate"))
    return rows.exclude(Exists(asked)).exclude(Exists(revoked)).select_related("certificate__employee")


def _state() -> list[object]:
    """What a round looks at: when none of it changed, nothing can have become due. Results are followed as they come;
    completions are told by the newest, and a withdrawal is one too."""
    newest = Completion.objects.order_by("-pk").values_list("pk", flat=True).first()
    return [clock.today(), newest, [one.version.pk for one in offered_certificates()]]
