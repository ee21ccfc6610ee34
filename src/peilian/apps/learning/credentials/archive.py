"""The training archive (培训档案): everything that a person learnt, drilled, was examined in and was awarded, by time.

Every source is read with one query of the few columns that a line needs, so that ten years of a person stay a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q, Sum, UUIDField

from peilian.apps.base.api import Argument, Prepared, company_zone
from peilian.apps.learning.exams.panels import SOURCE_KIND as PANEL_SOURCE
from peilian.apps.learning.models import (
    Attempt,
    AttemptState,
    CardAnswer,
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
from peilian.apps.learning.rounds.days import monday_of
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import Param, Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_JUDGED = (record.EvidenceKind.OBSERVATION, record.EvidenceKind.REVIEW)
_BY_THEMSELVES = Q(what__startswith="exam:") | Q(what__startswith="scenario:") | Q(what__startswith="panel:")
"""Completions of what stands in the archive by itself, with its points."""
_EMPLOYEE = Argument("employee", UUIDField())
_LEARNT = Prepared(
    lambda: (
        Completion.objects.filter(employee=_EMPLOYEE)
        .exclude(how=CompletionHow.WITHDRAWN)
        .exclude(_BY_THEMSELVES)
        .order_by()
        .values_list("at", "title", "how", "percent", "minutes", "what", "withdrawn_by__note", "withdrawn_by")
    )
)
_EXAMINED = Prepared(
    lambda: (
        Attempt.objects.filter(employee=_EMPLOYEE)
        .exclude(state=AttemptState.RUNNING)
        .order_by()
        .values_list(
            "pk", "handed_in_at", "started_at", "sitting__title", "points", "of", "grade", "is_passed", "state"
        )
    )
)
_JUDGED_BY_PANELS = Prepared(
    lambda: (
        PanelCandidate.objects.filter(employee=_EMPLOYEE, decided_at__isnull=False)
        .order_by()
        .values_list("pk", "decided_at", "panel__title", "percent", "grade", "settled_reason")
    )
)
_OF_DRILLS = ("pk", "ended_at", "started_at", "paused_ms", "title", "total", "result__zh__max", "passed")
_OWN_DRILLS = Prepared(
    lambda: (
        practice.DrillRun.objects.of_their_own()
        .counted()
        .filter(employee=_EMPLOYEE)
        .order_by()
        .values_list(*_OF_DRILLS)
    )
)
_REVOKED = Prepared(
    lambda: CredentialEvent.objects.filter(
        kind=CredentialEventKind.REVOKED, certificate__employee=_EMPLOYEE
    ).values_list("certificate", "reason")
)
_AWARDED = Prepared(
    lambda: Certificate.objects.filter(employee=_EMPLOYEE).order_by().values_list("pk", "issued_at", "title", "serial")
)
_PUBLISHED = Prepared(
    lambda: (
        HandbookProposal.objects.filter(employee=_EMPLOYEE, content__versions__isnull=False)
        .order_by()
        .annotate(at=Min("content__versions__made_at"))
        .values_list("at", "content__title", "content__kind", "content__key", "content__state")
    )
)
_ASKED_DAILY = Prepared(
    lambda: (
        CardAnswer.objects.filter(round__employee=_EMPLOYEE)
        .order_by()
        .values("round__day")
        .annotate(last=Max("at"), n=Count("pk"), got=Sum("points"), whole=Sum("of"), took=Sum("seconds"))
        .values_list("round__day", "last", "n", "got", "whole", "took")
    )
)
_EXTERNAL = Prepared(
    lambda: ExternalCertificate.objects.filter(employee=_EMPLOYEE).exclude(state=ExternalState.WITHDRAWN).order_by()
)


class ArchiveKind(StrEnum):
    """What a line is about."""

    LEARNT = "learnt"
    EXAM = "exam"
    DRILL = "drill"
    PANEL = "panel"
    ROUND = "round"
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
    person = user.employee if is_own else sight.employee(Permission.SEE_RECORD, pk)
    assert person is not None
    zone = company_zone()
    found = [
        *_completions(person, zone),
        *_attempts(
            person, zone, may_open=is_own or sight.employees(Permission.RAISE_NEEDS).filter(pk=person.pk).exists()
        ),
        *_drills(user, person, zone, is_own=is_own),
        *_panels(person, zone),
        *_rounds(person, zone, is_own=is_own),
        *_reviews(user, person, zone),
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
    for at, title, how, percent, minutes, what, note, withdrawn in _LEARNT(employee=person.pk):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.LEARNT, title, how, percent, minutes=minutes, what=what,
            state="withdrawn" if withdrawn else "", note=note or "",
        )  # fmt: skip


def _attempts(person: Employee, zone: ZoneInfo, *, may_open: bool) -> Iterator[ArchiveEntry]:
    for pk, ended, began, title, points, of, grade, is_passed, state in _EXAMINED(employee=person.pk):
        assert ended is not None  # what is over was handed in
        percent = (100 * points / of).quantize(Decimal("0.01")) if points is not None and of else None
        yield ArchiveEntry(
            ended.astimezone(zone), ArchiveKind.EXAM, title or {}, "exam", percent, grade, is_passed,
            minutes=round((ended - began).total_seconds() / 60),
            state="" if state == AttemptState.MARKED else "waiting",
            source=str(pk) if may_open else "",
        )  # fmt: skip


def _drills(user: User, person: Employee, zone: ZoneInfo, *, is_own: bool) -> Iterator[ArchiveEntry]:
    if is_own:
        practice.close_abandoned(employee=person.pk)
        rows = _OWN_DRILLS(employee=person.pk)
    else:
        seen = practice.team_runs(user=user, employee=person).counted()  # type: ignore[attr-defined]
        rows = list(seen.select_related(None).order_by().values_list(*_OF_DRILLS))
    for pk, ended, began, paused, title, total, most, passed in rows:
        minutes = max(0, round(((ended - began).total_seconds() - paused / 1000) / 60))
        yield ArchiveEntry(
            ended.astimezone(zone), ArchiveKind.DRILL, {"zh": title}, "drill", practice.percent_of_points(total, most),
            is_passed=passed, minutes=minutes, source=str(pk),
        )  # fmt: skip


def _panels(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    for pk, at, title, percent, grade, reason in _JUDGED_BY_PANELS(employee=person.pk):
        assert at is not None  # what is decided was decided at a time
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.PANEL, {"zh": title}, "panel", percent, grade, bool(grade),
            source=str(pk), note=reason,
        )  # fmt: skip


def _rounds(person: Employee, zone: ZoneInfo, *, is_own: bool) -> Iterator[ArchiveEntry]:
    """A line a week. How the answers were is the person's own: who leads sees that there were rounds, and how many."""
    weeks: dict[date, list[tuple[datetime, int, Decimal, Decimal, float]]] = {}
    for day, last, n, got, whole, took in _ASKED_DAILY(employee=person.pk):
        weeks.setdefault(monday_of(day), []).append((last, n, got, whole, took))
    for monday, days in weeks.items():
        got, whole = sum(one[2] for one in days), sum(one[3] for one in days)
        percent = (Decimal(100) * got / whole).quantize(Decimal("0.01")) if whole else None
        params: dict[str, Param] = {
            "day": monday.isoformat(),
            "rounds": len(days),
            "questions": sum(one[1] for one in days),
        }
        yield ArchiveEntry(
            max(one[0] for one in days).astimezone(zone), ArchiveKind.ROUND, {}, "round",
            percent if is_own else None, minutes=round(sum(one[4] for one in days) / 60),
            source=monday.isoformat() if is_own else "", label=Reason("rounds.week", params),
        )  # fmt: skip


def _reviews(user: User, person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    try:
        rows = record.evidence_of(user=user, employee=person).filter(kind__in=_JUDGED, superseded_by=None)
    except NotVisibleError:  # who may open the archive does not always see what was noted about its person
        return
    rows = rows.exclude(source_kind=PANEL_SOURCE)  # which have lines of their own
    named = ("at", "kind", "competency", "score", "weight", "label_key", "label_params", "note")
    for at, kind, competency, score, weight, key, params, note in rows.order_by().values_list(*named):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.REVIEW, {}, kind, Decimal(str(round(score * 100, 2))),
            state="" if weight else "withdrawn", what=competency, label=Reason(key, params), note=note,
        )  # fmt: skip


def _certificates(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    revoked = dict(_REVOKED(employee=person.pk))
    for pk, at, title, serial in _AWARDED(employee=person.pk):
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.CERTIFICATE, title, "certificate", what=serial, source=str(pk),
            state="revoked" if pk in revoked else "", note=revoked.get(pk, ""),
        )  # fmt: skip


def _shared(person: Employee, zone: ZoneInfo) -> Iterator[ArchiveEntry]:
    """What of the own handbook was published for all."""
    for at, title, kind, key, state in _PUBLISHED(employee=person.pk):
        is_out = state == library.ContentState.PUBLISHED
        yield ArchiveEntry(
            at.astimezone(zone), ArchiveKind.SHARED, title, "published", what=f"{kind}:{key}" if is_out else "",
            state="" if is_out else "retired",
        )  # fmt: skip


def _externals(person: Employee, zone: ZoneInfo, *, is_own: bool) -> Iterator[ArchiveEntry]:
    for row in _EXTERNAL(employee=person.pk):
        if not is_own and row.state != ExternalState.CONFIRMED:
            continue
        at = datetime(row.issued_on.year, row.issued_on.month, row.issued_on.day, tzinfo=zone)
        yield ArchiveEntry(
            at, ArchiveKind.EXTERNAL, {"zh": row.name}, "external", what=row.issuer, source=str(row.pk),
            state="" if row.state == ExternalState.CONFIRMED else str(row.state),
        )  # fmt: skip
