"""Rows of certificates: those issued here with what they rest on, those of others, and what became of them."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from peilian.apps.base.models import Ledger, LedgerQuerySet, Row


class CertificateQuerySet(LedgerQuerySet):
    """Certificates by whether they stand."""

    def standing(self) -> CertificateQuerySet:
        """Those that were neither taken back nor followed by their renewal; they may have expired."""
        revoked = CredentialEvent.objects.filter(kind=CredentialEventKind.REVOKED, certificate__isnull=False)
        return self.filter(renewed_by=None).exclude(pk__in=revoked.values("certificate"))

    def valid_on(self, day: date) -> CertificateQuerySet:
        """Those that hold on a day; one that was renewed early holds to its end."""
        revoked = CredentialEvent.objects.filter(kind=CredentialEventKind.REVOKED, certificate__isnull=False)
        rows = self.exclude(pk__in=revoked.values("certificate"))
        return rows.filter(models.Q(expires_on=None) | models.Q(expires_on__gte=day))


class Certificate(Ledger):
    """What was attested to a person (证书), by which version of which certificate. Append-only: it is never changed,
    and what becomes of it are events.

    ``serial`` is a running number for people, ``code`` what an outsider verifies it by, which cannot be guessed.
    ``expires_on`` is the last day, in the company's time zone, on which it holds; NULL for good. ``basis`` (rows of
    their own) is what it rests on.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="certificates")
    key = models.CharField(max_length=150)
    version = models.ForeignKey("library.ContentVersion", on_delete=models.PROTECT, related_name="+")
    title = models.JSONField(default=dict)
    serial = models.CharField(max_length=20, unique=True)
    code = models.CharField(max_length=24, unique=True)
    issued_at = models.DateTimeField()
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    renewed_from = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="renewed_by")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-issued_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_on=None) | models.Q(expires_on__gte=models.F("issued_on")),
                name="certificate_ends_after_it_is_issued",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["employee", "key"]),
            models.Index(fields=["key", "expires_on"]),
            models.Index(fields=["expires_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.serial} {self.employee}"


class CertificateGround(Ledger):
    """One thing that a certificate rests on: what was asked for, as ``kind:key``, and the attempt or the completion
    that shows it. Append-only."""

    certificate = models.ForeignKey("learning.Certificate", on_delete=models.PROTECT, related_name="grounds")
    what = models.CharField(max_length=200)
    title = models.JSONField(default=dict)
    at = models.DateTimeField()
    attempt = models.ForeignKey("learning.Attempt", null=True, on_delete=models.PROTECT, related_name="certified")
    completion = models.ForeignKey("learning.Completion", null=True, on_delete=models.PROTECT, related_name="certified")

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["certificate", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["certificate", "what"], name="one_ground_of_a_kind"),
            models.CheckConstraint(
                condition=models.Q(attempt=None, completion__isnull=False)
                | models.Q(attempt__isnull=False, completion=None),
                name="ground_is_an_attempt_or_a_completion",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.certificate_id} {self.what}"


class CertificateSeries(Row):
    """The last number that was given to a certificate in a year."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "certificate series"

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class ExternalState(models.TextChoices):
    """Where a certificate of others stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class ExternalCertificate(Row):
    """A certificate that somebody else issued to a person (外部证书), entered by the person, confirmed by who leads.

    ``issued_on`` and ``expires_on`` are the days on the paper; the last one on which it holds, NULL for good.
    """

    employee = models.ForeignKey("people.Employee", on_delete=models.PROTECT, related_name="external_certificates")
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=200)
    number = models.CharField(max_length=100, blank=True, default="")
    issued_on = models.DateField()
    expires_on = models.DateField(null=True)
    file = models.ForeignKey("base.StoredFile", null=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255, blank=True, default="")
    media_type = models.CharField(max_length=100, blank=True, default="")
    state = models.CharField(max_length=10, choices=ExternalState, default=ExternalState.SUBMITTED)
    edition = models.PositiveSmallIntegerField(default=1)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")
    client_id = models.UUIDField(unique=True)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_on=None) | models.Q(expires_on__gte=models.F("issued_on")),
                name="external_certificate_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["confirmed", "returned"], decided_at__isnull=False)
                | models.Q(state__in=["submitted", "withdrawn"]),
                name="external_certificate_is_decided_at_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["employee", "state"]), models.Index(fields=["state", "expires_on"])]

    def __str__(self) -> str:
        return f"{self.name} {self.employee}"

    @property
    def is_picture(self) -> bool:
        """Whether its file may be shown in a page."""
        return self.media_type.startswith("image/")


class CredentialEventKind(models.TextChoices):
    """What became of a certificate."""

    REMINDED = "reminded"
    EXPIRED = "expired"
    QUESTIONED = "questioned"
    UPHELD = "upheld"
    REVOKED = "revoked"


class CredentialEvent(Ledger):
    """What became of a certificate (证书事件), of ours or of others. Append-only.

    ``mark`` says which one of its kind it is, so that each happens once: the days before the end of a reminder, the
    ``ground`` that is in doubt. A questioned certificate stands until people decide: it is upheld or revoked.
    """

    certificate = models.ForeignKey("learning.Certificate", null=True, on_delete=models.PROTECT, related_name="events")
    external = models.ForeignKey(
        "learning.ExternalCertificate", null=True, on_delete=models.PROTECT, related_name="events"
    )
    ground = models.ForeignKey("learning.CertificateGround", null=True, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=CredentialEventKind)
    mark = models.CharField(max_length=120, blank=True, default="")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    schema_version = models.PositiveSmallIntegerField(default=1)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["certificate", "kind", "mark"], name="a_certificate_event_happens_once"),
            models.UniqueConstraint(fields=["external", "kind", "mark"], name="an_external_event_happens_once"),
            models.CheckConstraint(
                condition=models.Q(certificate=None, external__isnull=False)
                | models.Q(certificate__isnull=False, external=None),
                name="event_is_of_one_certificate",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="revoked") | ~models.Q(reason=""), name="revocation_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.mark}"


def standing_of(certificate: Any, day: date) -> str:
    """``valid``, ``expired``, ``renewed`` or ``revoked``: how a certificate with its events stands on a day. One that
    was renewed before its end is told as renewed."""
    if any(event.kind == CredentialEventKind.REVOKED for event in certificate.events.all()):
        return "revoked"
    if getattr(certificate, "renewed_by", None) is not None:
        return "renewed"
    if certificate.expires_on is not None and certificate.expires_on < day:
        return "expired"
    return "valid"
