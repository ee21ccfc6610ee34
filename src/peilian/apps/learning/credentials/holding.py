"""Looking at certificates (查看证书): one's own, those of a team, and what an outsider may learn from a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from peilian.adapters.packs.certificates import CertificateDocument
from peilian.apps.learning import clock
from peilian.apps.learning.credentials.deciding import may_manage, open_doubts
from peilian.apps.learning.credentials.issuing import held_of, latest_by_key, latest_of
from peilian.apps.learning.credentials.offered import (
    Offered,
    Shown,
    names_of,
    offered_certificates,
    shown_by,
    titles_of,
)
from peilian.apps.learning.models import Certificate, CertificateGround, CredentialEvent, standing_of
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, Unit, visible_to
from peilian.engine._kernel import Text
from peilian.engine.curriculum.awards import missing_for, renewable_from

if TYPE_CHECKING:
    from peilian.apps.people.api import User

SOON = timedelta(days=60)
"""Within which a certificate is told to end soon."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a certificate asks for, and whether it is shown."""

    what: str
    title: Text | None
    is_met: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """A certificate as one person stands to it: the latest one, how it stands (empty: never had), and what is still to
    be done for the next. ``renewable_on`` is the first day on which what is done renews it."""

    key: str
    document: CertificateDocument
    latest: Certificate | None
    standing: str
    asked: tuple[Asked, ...]
    renewable_on: date | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A certificate with all that stands behind it, as far as the reader may see it; ``doubts`` wait for a decision,
    which is the reader's when ``may_decide``."""

    row: Certificate
    document: CertificateDocument
    standing: str
    grounds: tuple[CertificateGround, ...]
    events: tuple[CredentialEvent, ...]
    doubts: tuple[CredentialEvent, ...]
    is_own: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What anybody learns from a code, and nothing else. ``standing`` is ``valid``, ``expired`` or ``revoked``."""

    title: Mapping[str, str]
    name: str
    serial: str
    issued_on: date
    expires_on: date | None
    standing: str
    revoked_on: date | None = None


@dataclass(frozen=True, slots=True)
class HolderLine:
    """One person of a team and the latest certificate of a kind. ``standing`` is empty for who never had it."""

    employee: Employee
    latest: Certificate | None
    standing: str
    ends_soon: bool
    is_in_doubt: bool


def certificates_of(*, user: User) -> list[Prospect]:
    """The user's own certificates and those to be had; those held and those begun first."""
    if user.employee_id is None:
        raise NotVisibleError
    today = clock.today()
    held, on_offer = latest_by_key(user.employee_id), offered_certificates()
    shown = shown_by([one.document for one in on_offer], user.employee_id)
    titles = titles_of(name for one in on_offer for name in names_of(one.document))
    found = [
        _prospect(one, held.pop(one.key, None), by_name, titles, today)
        for one, by_name in zip(on_offer, shown, strict=True)
    ]
    # What is left is not to be had any more.
    found += [Prospect(row.key, _document(row), row, standing_of(row, today), (), None) for row in held.values()]
    ranks = {"valid": 0, "expired": 1, "revoked": 2, "": 3}
    return sorted(
        found, key=lambda one: (ranks[one.standing], -sum(item.is_met for item in one.asked), one.key)
    )  # fmt: skip


def certificate_of(*, user: User, certificate_id: UUID) -> Opened:
    """One certificate: one's own, or of a person whose record the user may see."""
    row = _listed(Certificate.objects.filter(pk=certificate_id)).first()
    if row is None:
        raise NotVisibleError
    is_own = user.employee_id is not None and row.employee_id == user.employee_id
    sight = visible_to(user)
    if not (is_own and sight.grants) and not (
        sight.employees(Permission.SEE_RECORD).filter(pk=row.employee_id).exists()
    ):
        raise NotVisibleError
    grounds = tuple(row.grounds.select_related("attempt__sitting", "completion__withdrawn_by"))
    events = tuple(row.events.select_related("actor", "ground"))
    doubts = tuple(open_doubts(row))
    standing = standing_of(row, clock.today())
    return Opened(row, _document(row), standing, grounds, events, doubts, is_own, may_manage(user, row.employee_id))


def team_certificates(
    *, user: User, key: str, unit: Unit | None = None
) -> list[HolderLine]:  # fmt: skip
    """How everybody whose record the user may see stands to one certificate, by number; who left is left out."""
    sight = visible_to(user)
    rows = sight.employees(Permission.SEE_RECORD).filter(Q(left_on=None) | Q(left_on__gt=sight.day))
    if unit is not None:
        if not sight.units(Permission.SEE_RECORD).filter(pk=unit.pk).exists():
            raise NotVisibleError
        inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit))
        rows = rows.filter(pk__in=inside.values("employee"))
    listed = list(rows.distinct().order_by("number"))
    latest = latest_of(key, [one.pk for one in listed])
    today = clock.today()
    return [_line(one, latest.get(one.pk), today) for one in listed]


def n_holders(*, user: User) -> dict[str, int]:
    """By the key of a certificate, how many of the people whose record the user may see were ever given it."""
    rows = Certificate.objects.filter(employee__in=visible_to(user).employees(Permission.SEE_RECORD).values("pk"))
    counted = rows.order_by().values("key").annotate(n=Count("employee", distinct=True))
    return dict(counted.values_list("key", "n"))


def verify_code(*, code: str) -> Verified | None:
    """What a code attests, for anybody; ``None`` for every code that there is not, whatever is wrong with it."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())[:40]
    row = _listed(Certificate.objects.filter(code=plain)).first()
    if row is None:
        return None
    held = held_of(row)
    assert held is not None
    is_valid = held.is_valid(clock.today())
    revoked_on = held.revoked_at.date() if held.revoked_at is not None else None
    standing = "revoked" if revoked_on else "valid" if is_valid else "expired"
    return Verified(row.title, row.employee.name, row.serial, row.issued_on, row.expires_on, standing, revoked_on)


def _prospect(
    offered: Offered,
    latest: Certificate | None,
    shown: Mapping[str, Sequence[Shown]],
    titles: Mapping[str, Text],
    today: date,
) -> Prospect:
    held = held_of(latest)
    moments = {name: [one.at for one in listed] for name, listed in shown.items()}
    missing = missing_for(offered.terms, moments, held)
    names: Sequence[str] = offered.terms.requires
    if held is not None and held.revoked_at is None and offered.terms.renew_by:
        names = (offered.terms.renew_by,)
    asked = tuple(Asked(name, titles.get(name), name not in missing) for name in names)
    opens = None
    if held is not None and held.revoked_at is None and held.last_day is not None:
        opens = renewable_from(offered.terms, held.last_day)
    return Prospect(offered.key, offered.document, latest, standing_of(latest, today) if latest else "", asked, opens)


def _line(employee: Employee, latest: Certificate | None, today: date) -> HolderLine:
    if latest is None:
        return HolderLine(employee, None, "", False, False)
    standing = standing_of(latest, today)
    soon = standing == "valid" and latest.expires_on is not None and latest.expires_on <= today + SOON
    return HolderLine(employee, latest, standing, soon, bool(open_doubts(latest)))


def _listed(rows: QuerySet[Certificate]) -> QuerySet[Certificate]:
    return rows.select_related("employee", "version", "renewed_by").prefetch_related("events")


def _document(row: Certificate) -> CertificateDocument:
    document = library.document_of(row.version, user=None)
    assert isinstance(document, CertificateDocument)
    return document
