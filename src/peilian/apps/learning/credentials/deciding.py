"""Deciding about certificates (撤销与维持): people take one back with a reason, or uphold one that was in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.models import Certificate, CredentialEvent, CredentialEventKind
from peilian.apps.learning.telling import tell_person
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User


def revoke_certificate(*, actor: User | None, certificate_id: UUID, reason: str) -> Certificate:
    """Take a certificate back, with a reason that its person reads. It stays to be seen, and whoever verifies it learns
    that it was revoked. Who manages certificates of the person; never one's own. Twice it is done once."""
    why = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="learning.revoke_certificate") as audit:
        row = _locked(actor, certificate_id)
        if row.events.filter(kind=CredentialEventKind.REVOKED).exists():
            audit.unchanged()
            return row
        event = CredentialEvent(
            certificate=row, kind=CredentialEventKind.REVOKED, at=clock.now(), actor=actor, reason=why
        )
        event.save(force_insert=True)
        audit.created(event)
        link = f"/learn/certificates/{row.pk}/"
        tell_person(row.employee, "inbox.certificate_revoked", row.title, link=link, word=why)
    return row


def uphold_certificate(*, actor: User | None, certificate_id: UUID, reason: str) -> Certificate:
    """Let a certificate stand whose ground is gone, with a reason. ``InputError`` when nothing is in doubt."""
    why = short(reason, "reason", is_needed=True)
    with write(actor=actor, verb="learning.uphold_certificate") as audit:
        row = _locked(actor, certificate_id)
        doubts = open_doubts(row)
        if not doubts:
            raise refuse("learning.certificate_not_in_doubt")
        for doubt in doubts:
            event = CredentialEvent(
                certificate=row, ground=doubt.ground, kind=CredentialEventKind.UPHELD, mark=doubt.mark,
                at=clock.now(), actor=actor, reason=why,
            )  # fmt: skip
            event.save(force_insert=True)
            audit.created(event)
    return row


def open_doubts(certificate: Certificate) -> list[CredentialEvent]:
    """The questions about a certificate that nobody has decided yet; none once it was revoked."""
    events: list[CredentialEvent] = list(certificate.events.all())
    if any(event.kind == CredentialEventKind.REVOKED for event in events):
        return []
    upheld = {event.mark for event in events if event.kind == CredentialEventKind.UPHELD}
    return [one for one in events if one.kind == CredentialEventKind.QUESTIONED and one.mark not in upheld]


def _locked(actor: User | None, certificate_id: UUID) -> Certificate:
    row: Certificate | None = Certificate.objects.select_for_update().filter(pk=certificate_id).first()
    if row is None or (actor is not None and not may_manage(actor, row.employee_id)):
        raise NotVisibleError
    return row


def may_manage(user: User, employee_id: UUID) -> bool:
    """Whether the user decides about certificates of a person; nobody does about the own ones."""
    if user.employee_id == employee_id:
        return False
    return visible_to(user).employees(Permission.MANAGE_CERTIFICATES).filter(pk=employee_id).exists()
