"""Certificates of others (外部证书): people enter them with a file, who leads confirms or returns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from peilian.adapters.media import media_type_of, plain_name
from peilian.adapters.pictures import without_traces
from peilian.apps.base.api import file_path, keep_file, refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.credentials.deciding import may_manage
from peilian.apps.learning.models import ExternalCertificate, ExternalState
from peilian.apps.learning.telling import tell_leaders, tell_person
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

MOST_BYTES = 10 << 20
_MOST_OF_ONE = 200
_KINDS = ("application/pdf", "image/jpeg", "image/png", "image/webp")
_FIRST = date(1950, 1, 1)
_OPEN = (ExternalState.SUBMITTED, ExternalState.RETURNED)


@dataclass(frozen=True, slots=True)
class NewExternal:
    """What stands on the paper. ``file`` is a name and the bytes; without one the former file stays. ``client_id`` is
    the page's id of what it sent, so that a second click enters nothing twice."""

    name: str
    issuer: str
    issued_on: date
    client_id: UUID
    number: str = ""
    expires_on: date | None = None
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file to hand out, with the headers that keep it from being taken for something else."""

    path: Path
    name: str
    media_type: str
    is_inline: bool
    headers: Mapping[str, str]


def add_external(*, actor: User, what: NewExternal) -> ExternalCertificate:
    """Enter a certificate of one's own; who leads is told. The same page enters it once."""
    if actor.employee is None or not visible_to(actor).grants:
        raise NotVisibleError
    known = ExternalCertificate.objects.filter(client_id=what.client_id, employee=actor.employee).first()
    if known is not None:
        return known
    values, sent = _checked(what), _sent(what)
    with write(actor=actor, verb="learning.add_external_certificate") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=actor.employee.pk)
        known = ExternalCertificate.objects.filter(client_id=what.client_id, employee=actor.employee).first()
        if known is not None:
            audit.unchanged()
            return known
        if ExternalCertificate.objects.filter(employee=actor.employee).count() >= _MOST_OF_ONE:
            raise refuse("learning.too_many_external", limit=_MOST_OF_ONE)
        row = ExternalCertificate(
            employee=actor.employee, client_id=what.client_id, submitted_at=clock.now(), **values, **_kept(actor, sent)
        )
        row.save(force_insert=True)
        audit.created(row)
        _tell(row)
    return row


def change_external(*, actor: User, pk: UUID, what: NewExternal, edition: int) -> ExternalCertificate:
    """Mend what was returned, or not decided yet; it waits for a decision again. ``edition`` is the one that the page
    shows: what was changed or decided meanwhile is not overwritten."""
    values, sent = _checked(what), _sent(what)
    with write(actor=actor, verb="learning.change_external_certificate") as audit:
        row = _own(actor, pk)
        if row.state not in _OPEN or row.edition != edition:
            raise refuse("learning.external_changed_meanwhile")
        kept = _kept(actor, sent)
        names = (*values, *kept, "state", "edition", "submitted_at")
        before = {name: getattr(row, name) for name in names if name != "file"}
        for name, value in (*values.items(), *kept.items()):
            setattr(row, name, value)
        row.state, row.edition, row.submitted_at = ExternalState.SUBMITTED, row.edition + 1, clock.now()
        row.save()
        audit.changed(row, **before)
        _tell(row)
    return row


def withdraw_external(*, actor: User, pk: UUID) -> ExternalCertificate:
    """Take one's own certificate back, whatever was decided; it stays to be seen in the trail of writes."""
    with write(actor=actor, verb="learning.withdraw_external_certificate") as audit:
        row = _own(actor, pk)
        before, row.state = row.state, ExternalState.WITHDRAWN
        row.save(update_fields=["state"])
        audit.changed(row, state=before)
    return row


def decide_external(
    *, actor: User, pk: UUID, confirms: bool, note: str = "", edition: int
) -> ExternalCertificate:  # fmt: skip
    """Confirm a certificate, or return it with a word what is missing. Who manages certificates of the person; never
    one's own. What was changed since ``edition`` is looked at first."""
    word = short(note, "note", is_needed=not confirms)
    with write(actor=actor, verb="learning.decide_external_certificate") as audit:
        row: ExternalCertificate | None = ExternalCertificate.objects.select_for_update().filter(pk=pk).first()
        if row is None or not may_manage(actor, row.employee_id):
            raise NotVisibleError
        state = ExternalState.CONFIRMED if confirms else ExternalState.RETURNED
        if row.state == state and row.edition == edition:
            audit.unchanged()
            return row
        if row.state != ExternalState.SUBMITTED or row.edition != edition:
            raise refuse("learning.external_changed_meanwhile")
        before = {name: getattr(row, name) for name in ("state", "decided_at", "note")}
        row.state, row.decided_at, row.decided_by, row.note = state, clock.now(), actor, word
        row.save()
        audit.changed(row, **before)
        key = "inbox.external_confirmed" if confirms else "inbox.external_returned"
        tell_person(row.employee, key, {"zh": row.name}, link=f"/learn/certificates/external/{row.pk}/", word=word)
    return row


def externals_of(*, user: User) -> QuerySet[ExternalCertificate]:
    """The user's own that were not withdrawn, the newest first."""
    if user.employee_id is None:
        return ExternalCertificate.objects.none()
    return _listed().filter(employee=user.employee_id)


def externals_of_team(*, user: User) -> QuerySet[ExternalCertificate]:
    """Those of people whose record the user may see, without the own ones: what waits first, then by the end."""
    sight = visible_to(user)
    rows = _listed().filter(employee__in=sight.employees(Permission.SEE_RECORD).values("pk"))
    here = Q(employee__left_on=None) | Q(employee__left_on__gt=sight.day)
    return rows.filter(here).exclude(employee=user.employee_id).order_by("expires_on", "pk")


def external_of(*, user: User, pk: UUID) -> ExternalCertificate:
    """One: one's own, or of a person whose record the user may see."""
    row = _listed().filter(pk=pk).first()
    sight = visible_to(user)
    if row is None or not sight.grants:
        raise NotVisibleError
    if row.employee_id != user.employee_id and (
        not sight.employees(Permission.SEE_RECORD).filter(pk=row.employee_id).exists()
    ):
        raise NotVisibleError
    return row


def external_file(*, user: User, pk: UUID) -> OpenedFile:
    """The file of one; ``NotVisibleError`` when it has none or is not for the user."""
    row = external_of(user=user, pk=pk)
    if row.file is None:
        raise NotVisibleError
    headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
    return OpenedFile(file_path(row.file), row.file_name, row.media_type, row.is_picture, headers)


def _listed() -> QuerySet[ExternalCertificate]:
    rows = ExternalCertificate.objects.exclude(state=ExternalState.WITHDRAWN)
    return rows.select_related("employee", "decided_by", "file")


def _own(actor: User, pk: UUID) -> ExternalCertificate:
    row: ExternalCertificate | None = (
        ExternalCertificate.objects.select_for_update()
        .filter(pk=pk, employee=actor.employee_id)
        .exclude(state=ExternalState.WITHDRAWN)
        .first()
        if actor.employee_id is not None
        else None
    )
    if row is None:
        raise NotVisibleError
    return row


def _checked(what: NewExternal) -> dict[str, object]:
    if not _FIRST <= what.issued_on <= clock.today():
        raise refuse("learning.external_issued_when", "issued_on")
    if what.expires_on is not None and what.expires_on < what.issued_on:
        raise refuse("learning.external_ends_before", "expires_on")
    return {
        "name": short(what.name, "name", limit=200, is_needed=True),
        "issuer": short(what.issuer, "issuer", limit=200, is_needed=True),
        "number": short(what.number, "number", limit=100),
        "issued_on": what.issued_on,
        "expires_on": what.expires_on,
    }


def _sent(what: NewExternal) -> tuple[str, bytes, str] | None:
    """Name, bytes and kind of the file, told by what it holds: a picture without what its device wrote into it, or a
    PDF. ``None`` without one."""
    if what.file is None:
        return None
    name, data = short(plain_name(what.file[0]), "file", limit=255) or "certificate", what.file[1]
    if len(data) > MOST_BYTES:
        raise refuse("learning.external_file_too_large", "file", limit=MOST_BYTES >> 20)
    media_type = media_type_of(data)
    if media_type not in _KINDS:
        raise refuse("learning.external_file_kind", "file", name=name)
    assert media_type is not None
    return name, without_traces(data), media_type


def _kept(actor: User, sent: tuple[str, bytes, str] | None) -> dict[str, object]:
    """The file as it is kept, once nothing is left that could refuse it."""
    if sent is None:
        return {}
    name, data, media_type = sent
    return {"file": keep_file(actor=actor, name=name, chunks=[data]), "file_name": name, "media_type": media_type}


def _tell(row: ExternalCertificate) -> None:
    tell_leaders(
        row.employee, "inbox.external_submitted", {"zh": row.name}, link=f"/learn/certificates/external/{row.pk}/"
    )  # fmt: skip
