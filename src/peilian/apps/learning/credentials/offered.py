"""Certificates that can be had (可取得的证书): what is in force in the library, and what shows that somebody has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import UUIDField

from peilian.adapters.packs.certificates import GRADES, CertificateDocument
from peilian.adapters.packs.panel_form import load_panel_forms
from peilian.apps.base.api import Argument, Prepared, company_zone
from peilian.apps.learning.models import Attempt, AttemptState, CertificateGround, Completion
from peilian.apps.library import api as library
from peilian.engine._kernel import Text
from peilian.engine.curriculum.awards import WINDOW_DAYS, Terms


@dataclass(frozen=True)
class Offered:
    """A certificate in force."""

    key: str
    version: library.ContentVersion
    document: CertificateDocument

    @cached_property
    def terms(self) -> Terms:
        """What it asks for."""
        return terms_of(self.document)


@dataclass(frozen=True, slots=True)
class Shown:
    """That something was passed or completed, in the company's time zone, and the attempt or completion behind it."""

    what: str
    at: datetime
    attempt: UUID | None = None
    completion: UUID | None = None


Evidence = Mapping[UUID, Mapping[str, list[Shown]]]
"""What people have shown, by person and by what it was, the oldest first."""
_EMPLOYEE = Argument("employee", UUIDField())
_PASSED = Prepared(
    lambda: (
        Attempt.objects.filter(employee=_EMPLOYEE, state=AttemptState.MARKED, is_passed=True)
        .order_by()
        .values_list("pk", "grade", "sitting__exam", "handed_in_at")
    )
)
_COMPLETED = Prepared(
    lambda: Completion.objects.standing().filter(employee=_EMPLOYEE).order_by().values_list("pk", "what", "at")
)


def terms_of(document: CertificateDocument) -> Terms:
    """The engine's value of what a certificate asks for. It can be renewed from the first reminder on."""
    window = max(document.remind_days, default=WINDOW_DAYS)
    return Terms(document.asks_for, document.renew_by, document.months, window)


def offered_certificates() -> list[Offered]:
    """Every certificate in force, by key."""
    return [
        Offered(one.key, one.version, one.document)
        for one in library.in_force(kind="certificate")
        if isinstance(one.document, CertificateDocument)
    ]


def names_of(document: CertificateDocument) -> tuple[str, ...]:
    """Everything that can earn or renew it."""
    return tuple(dict.fromkeys((*document.asks_for, *((document.renew_by,) if document.renew_by else ()))))


def shown_for(document: CertificateDocument, employees: Collection[UUID] | None = None) -> Evidence:
    """What these people, or all, have passed or completed of what a certificate asks for; two queries. Exams count
    from its grade on, by the result as it stands now."""
    names, zone = names_of(document), company_zone()
    found: defaultdict[UUID, defaultdict[str, list[Shown]]] = defaultdict(lambda: defaultdict(list))
    for person, one in (*_passed(document, names, employees, zone), *_completed(names, employees, zone)):
        found[person][one.what].append(one)
    for by_name in found.values():
        for listed in by_name.values():
            listed.sort(key=lambda one: one.at)
    return found


def shown_by(documents: Sequence[CertificateDocument], employee: UUID) -> list[Mapping[str, list[Shown]]]:
    """The same of one person for each of some certificates; two queries for all of them."""
    zone = company_zone()
    passed = [
        (grade, Shown(f"exam:{exam}", at.astimezone(zone), attempt=pk))
        for pk, grade, exam, at in _PASSED(employee=employee)
        if at is not None  # what is marked was handed in
    ]
    completed = [Shown(what, at.astimezone(zone), completion=pk) for pk, what, at in _COMPLETED(employee=employee)]
    found: list[Mapping[str, list[Shown]]] = []
    for document in documents:
        names, grades = set(names_of(document)), grades_from(document)
        by_name: defaultdict[str, list[Shown]] = defaultdict(list)
        for one in (*(one for grade, one in passed if grade in grades), *completed):
            if one.what in names:
                by_name[one.what].append(one)
        for listed in by_name.values():
            listed.sort(key=lambda one: one.at)
        found.append(by_name)
    return found


def grades_from(document: CertificateDocument) -> tuple[str, ...]:
    """The grades of exams that count for a certificate."""
    return GRADES[GRADES.index(document.grade) :]


def is_gone(ground: CertificateGround, document: CertificateDocument) -> bool:
    """Whether what a certificate rests on, by the document of its version, no longer shows what it showed."""
    if ground.completion is not None:
        return hasattr(ground.completion, "withdrawn_by")
    attempt = ground.attempt
    if attempt is None or attempt.state != AttemptState.MARKED:
        return False
    return not attempt.is_passed or attempt.grade not in grades_from(document)


def titles_of(names: Iterable[str]) -> dict[str, Text]:
    """The titles of texts by ``kind:key``, also of exams: what a certificate asks for is no secret."""
    wanted = set(names)
    rows = library.Content.objects.filter(key__in={name.partition(":")[2] for name in wanted}).defer("current")
    found = {row.reference: row.name for row in rows if row.reference in wanted}
    forms = ((f"panel:{key}", form) for key, form in load_panel_forms().items())
    return found | {name: form.title.to_text() for name, form in forms if name in wanted}


def stored(title: Text | None) -> dict[str, str]:
    """A title as rows keep it."""
    languages = {} if title is None else {"zh": title.zh, "en": title.en}
    return {language: text for language, text in languages.items() if text}


def _passed(
    document: CertificateDocument, names: Iterable[str], employees: Collection[UUID] | None, zone: ZoneInfo
) -> Iterable[tuple[UUID, Shown]]:
    exams = [name.partition(":")[2] for name in names if name.startswith("exam:")]
    if not exams:
        return
    rows = Attempt.objects.filter(
        state=AttemptState.MARKED, is_passed=True, grade__in=grades_from(document), sitting__exam__in=exams
    ).order_by()  # fmt: skip
    rows = rows if employees is None else rows.filter(employee__in=employees)
    for pk, person, exam, at in rows.values_list("pk", "employee", "sitting__exam", "handed_in_at"):
        assert at is not None  # what is marked was handed in
        yield person, Shown(f"exam:{exam}", at.astimezone(zone), attempt=pk)


def _completed(
    names: Iterable[str], employees: Collection[UUID] | None, zone: ZoneInfo
) -> Iterable[tuple[UUID, Shown]]:
    wanted = [name for name in names if not name.startswith("exam:")]
    if not wanted:
        return
    rows = Completion.objects.standing().filter(what__in=wanted).order_by()
    rows = rows if employees is None else rows.filter(employee__in=employees)
    for pk, person, what, at in rows.values_list("pk", "employee", "what", "at"):
        yield person, Shown(what, at.astimezone(zone), completion=pk)
