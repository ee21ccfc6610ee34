"""The training archive (培训档案): everything that a person learnt, drilled, was examined in and was awarded, by time.

Every source is read with one query of the few columns that a line needs, so that ten years of a person stay a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from peilian.apps.base.api import company_zone
from peilian.apps.learning.drilled import percent_of_drill
from peilian.apps.learning.exams.panels import SOURCE_KIND as PANEL_SOURCE
from peilian.apps.learning.models import (
    Attempt,
    AttemptState,
    Certificate,
    Completion,
    CompletionHow,
    CredentialEvent,
    CredentialEventKind,
    ExternalCertificate,
    ExternalState,
    HandbookProposal,
    PanelCandidate,
)
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Permission, visible_to
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_JUDGED = (record.EvidenceKind.OBSERVATION, record.EvidenceKind.REVIEW)
_BY_THEMSELVES = Q(what__startswith="exam:") | Q(what__startswith="scenario:") | Q(what__startswith="panel:")
"""Completions of what stands in the archive by itself, with its points."""


class ArchiveKind(StrEnum):
    """What a line is about."""

    LEARNT = "learnt"
    EXAM = "exam"
    DRILL = "drill"
    PANEL = "panel"
    REVIEW = "review"
    CERTIFICATE = "certificate"
    EXTERNAL = "external"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One line. ``title`` is ``{zh, en}`` or a ``label`` to be said; ``how`` what was done; ``percent`` of the points
    from 0 to 100; ``state`` a word about it, such as ``waiting`` or ``withdrawn``; ``source`` the id of what shows it,
    empty where the reader may not open that."""

    at: datetime
    kind: ArchiveKind
    title: Mapping[str, str]
    how: str = ""
    percent: Decimal | None = None
    grade: str = ""
    is_passed: bool | None = None
    minutes: int | None = None
    state: str = ""
    source: str = ""
    what: str = ""
    label: Reason | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """The archive of a person as the reader may see it: the lines that were asked for, the latest first; the years that
    there is something of, and how many lines of each kind the chosen year has."""

    employee: Employee
    is_own: bool
    entries: tuple[ArchiveEntry, ...]
    years: tuple[int, ...]
    n_by_kind: Mapping[str, int]


def archive_of(*, user: User, employee: Employee | UUID, year: int | None = None, kind: str = "") -> Archive:
    """The own archive always, that of others whose record the user may see; a ``year`` of the company's calendar, and a
    kind when given. The number of queries does not depend on how much there is."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    sight = visible_to(user)
    is_own = user.employee_id is not None and pk == user.employee_id and bool(sight.grants)
    person = Employee.objects.get(pk=pk) if is_own else sight.employee(Permission.SEE_RECORD, pk)
    zone = company_zone()
    found = [
        *_completions(person, zone),
        *_attempts(
            person, zone, may_open=is_own or sight.employees(Permission.RAISE_NEEDS).filter(pk=person.pk).exists()
        ),
        *_drills(user, person, zone, is_own=is_own),
        *_panels(
            person, zone, may_open=is_own or sight.employees(Permission.ASSIGN_TRAINING).filter(pk=person.pk).exists()
        ),
        *(_reviews(user, person, zone) if sight.employees(Permission.SEE_RECORD).filter(pk=person.pk).exists() else ()),
        *_certificates(person, zone),
        *_externals(person, zone, is_own=is_own),
        *_shared(person, zone),
    ]
    years = tuple(sorted({one.at.year for one in found}, reverse=True))
    chosen = [one for one in found if year is None or one.at.year == year]
    listed = [one for one in chosen if not kind or one.kind == kind]
    # A certificate follows what earned it, also within the same second.
    listed.sort(key=lambda one: (one.at, one.kind == ArchiveKind.CERTIFICATE, one.source), reverse=True)
    return Archive(person, is_own, tuple(listed), years, Counter(str(one.kind) for one in chosen))


def _completions(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    rows = Completion.objects.filter(employee=person).exclude(how=CompletionHow.WITHDRAWN).exclude(_BY_THEMSELVES)
    named = ("at", "title", "how", "percent", "minutes", "what", "withdrawn_by__note", "withdrawn_by")
    for at, title, how, percent, minutes, what, note, withdrawn in rows.order_by().values_list(*named):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.LEARNT, title, how, percent, minutes=minutes, what=what,
            state="withdrawn" if withdrawn else "", note=note or "",
        )  # fmt: skip


def _attempts(person: Employee, zone: ZoneInfo, *, may_open: bool) -> Iterator[ArchiveEntry]:
    rows = Attempt.objects.filter(employee=person).exclude(state=AttemptState.RUNNING).order_by()
    named = ("pk", "handed_in_at", "started_at", "sitting__title", "points", "of", "grade", "is_passed", "state")
    for pk, ended, began, title, points, of, grade, is_passed, state in rows.values_list(*named):
        assert ended is not None  # what is over was handed in
        percent = (100 * points / of).quantize(Decimal("0.01")) if points is not None and of else None
        yield ArchiveEntry(
            ended.astimezone(zone), ArchiveKind.EXAM, title or {}, "exam", percent, grade, is_passed,
            minutes=round((ended - began).total_seconds() / 60),
            state="" if state == AttemptState.MARKED else "waiting",
            source=str(pk) if may_open else "",
        )  # fmt: skip


def _drills(user: User, person: Employee, zone: ZoneInfo, *, is_own: bool) -> Iterator[ArchiveEntry]:
    rows = practice.my_runs(user=user) if is_own else practice.team_runs(user=user, employee=person)
    rows = rows.counted().select_related(None).order_by()  # type: ignore[attr-defined]
    named = ("pk", "ended_at", "started_at", "paused_ms", "title", "total", "result__zh__max", "passed")
    for pk, ended, began, paused, title, total, most, passed in rows.values_list(*named):
        minutes = max(0, round(((ended - began).total_seconds() - paused / 1000) / 60))
        yield ArchiveEntry(
            ended.astimezone(zone), ArchiveKind.DRILL, {"zh": title}, "drill", percent_of_drill(total, most),
            is_passed=passed, minutes=minutes, source=str(pk),
        )  # fmt: skip


def _panels(person: Employee, zone: ZoneInfo, *, may_open: bool) -> Iterator[ArchiveEntry]:
    rows = PanelCandidate.objects.filter(employee=person, decided_at__isnull=False).order_by()
    named = ("pk", "decided_at", "panel__title", "percent", "grade", "run", "settled_reason")
    for pk, at, title, percent, grade, run, reason in rows.values_list(*named):
        assert at is not None  # what is decided was decided at a time
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.PANEL, {"zh": title}, "panel", percent, grade, bool(grade),
            source=str(pk) if may_open and run is not None else "", note=reason,
        )  # fmt: skip


def _reviews(user: User, person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    rows = record.evidence_of(user=user, employee=person).filter(kind__in=_JUDGED, superseded_by=None)
    rows = rows.exclude(source_kind=PANEL_SOURCE)  # which have lines of their own
    named = ("at", "kind", "competency", "score", "weight", "label_key", "label_params", "note")
    for at, kind, competency, score, weight, key, params, note in rows.order_by().values_list(*named):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.REVIEW, {}, kind, Decimal(str(round(score * 100, 2))),
            state="" if weight else "withdrawn", what=competency, label=Reason(key, params), note=note,
        )  # fmt: skip


def _certificates(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    revoked = dict(
        CredentialEvent.objects.filter(kind=CredentialEventKind.REVOKED, certificate__employee=person).values_list(
            "certificate", "reason"
        )
    )
    rows = Certificate.objects.filter(employee=person).order_by()
    for pk, at, title, serial in rows.values_list("pk", "issued_at", "title", "serial"):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.CERTIFICATE, title, "certificate", what=serial, source=str(pk),
            state="revoked" if pk in revoked else "", note=revoked.get(pk, ""),
        )  # fmt: skip


def _shared(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    """What of the own handbook was published for all."""
    rows = HandbookProposal.objects.filter(employee=person, content__versions__isnull=False).order_by()
    first = rows.annotate(at=Min("content__versions__made_at"))
    named = ("at", "content__title", "content__kind", "content__key", "content__state")
    for at, title, kind, key, state in first.values_list(*named):
        is_out = state == library.ContentState.PUBLISHED
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.SHARED, title, "published", what=f"{kind}:{key}" if is_out else "",
            state="" if is_out else "retired",
        )  # fmt: skip


def _externals(person: Employee, zone: ZoneInfo, *, is_own: bool) -> Iterator[ArchiveEntry]:
    rows = ExternalCertificate.objects.filter(employee=person).exclude(state=ExternalState.WITHDRAWN)
    rows = rows if is_own else rows.filter(state=ExternalState.CONFIRMED)
    for row in rows.order_by():
        at = datetime(row.issued_on.year, row.issued_on.month, row.issued_on.day, tzinfo=zone)
        yield ArchiveEntry(
            at, ArchiveKind.EXTERNAL, {"zh": row.name}, "external", what=row.issuer, source=str(row.pk),
            state="" if row.state == ExternalState.CONFIRMED else str(row.state),
        )  # fmt: skip
