"""The door of the contacts app: imports, conversations, measures, diagnosis, erasure.

Every read passes the people gate: the lake is asked with what the user's permissions make visible.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from peilian.adapters.lake import (
    Choices,
    ConversationFilter,
    ConversationPage,
    ConversationSummary,
    Lake,
    Order,
    StoredReading,
    Visibility,
)
from peilian.apps.base import api as base
from peilian.apps.contacts.answers import Answers
from peilian.apps.contacts.business import FIGURE_KEYS, BusinessFigure, figures_seen, month_figures, on_leave
from peilian.apps.contacts.business_models import TableImport, TableState
from peilian.apps.contacts.evidence import start_work_evidence, write_work_evidence
from peilian.apps.contacts.extracting import (
    EXTRACTION_KINDS,
    ExtractionOrigin,
    Proposed,
    Wish,
    extraction_of,
    forget_erased,
    may_extract,
    propose_extraction,
    start_extraction,
)
from peilian.apps.contacts.models import ConversationImport, Grain, KpiSnapshot
from peilian.apps.contacts.person_measures import PersonMeasure, person_measures
from peilian.apps.contacts.shops import ShopComparison, shop_comparison, shop_months, shops_seen
from peilian.apps.contacts.snapshots import roster_spans, take_snapshots
from peilian.apps.contacts.table_writing import (
    MonthGuard,
    ViolationRow,
    ViolationSink,
    month_guards,
    violation_sink,
)
from peilian.apps.contacts.tables import (
    TableLook,
    drop_table_leftovers,
    forget_customer,
    forget_table,
    import_table_now,
    look_at_table,
    prepare_table,
    prepared_table,
    store_table,
    table_imports,
    table_kinds,
    table_rejects,
    undo_table,
)
from peilian.apps.contacts.uploads import drop_leftovers, forget_import, prepare_import, prepared_import
from peilian.apps.contacts.work import lake, named_copies, read_by_new_lists, read_unread, rejects_of, run_import
from peilian.apps.people.api import Permission, User, visible_to
from peilian.engine.business import FIGURE_UNITS
from peilian.engine.conversation import Conversation
from peilian.engine.diagnosis import Diagnosis
from peilian.engine.kpi.algebra import Measure
from peilian.engine.kpi.cells import Cell
from peilian.engine.kpi.query import KpiRow, RosterSpan
from peilian.flows import diagnosing, erasing, importing, measuring
from peilian.flows.importing import Preview
from peilian.flows.service_figures import SERVICE_INDICATORS

__all__ = [
    "EXTRACTION_KINDS",
    "FIGURE_KEYS",
    "FIGURE_UNITS",
    "SERVICE_INDICATORS",
    "BusinessFigure",
    "Cell",
    "Choices",
    "ConversationFilter",
    "ConversationImport",
    "ConversationPage",
    "ConversationSummary",
    "ConversationView",
    "Diagnosis",
    "ErasedCustomer",
    "ExtractionOrigin",
    "Grain",
    "KpiQuestion",
    "KpiRow",
    "KpiSnapshot",
    "Measure",
    "MonthGuard",
    "Order",
    "PersonMeasure",
    "Preview",
    "Proposed",
    "ShopComparison",
    "StoredReading",
    "TableImport",
    "TableLook",
    "TableState",
    "ViolationRow",
    "ViolationSink",
    "Wish",
    "choices",
    "conversation",
    "conversations",
    "diagnosis",
    "drop_leftovers",
    "drop_table_leftovers",
    "erase_customer",
    "extraction_of",
    "figures_seen",
    "forget_import",
    "forget_table",
    "import_now",
    "import_table_now",
    "imports",
    "is_empty",
    "known_diagnosis",
    "kpis",
    "look_at_table",
    "may_extract",
    "measures",
    "month_figures",
    "month_guards",
    "note_export",
    "on_leave",
    "person_measures",
    "prepare_import",
    "prepare_table",
    "prepared_import",
    "prepared_table",
    "preview_import",
    "propose_extraction",
    "read_by_new_lists",
    "rejects",
    "shop_comparison",
    "shop_months",
    "shops_seen",
    "spread",
    "start_extraction",
    "start_import",
    "start_reading",
    "start_work_evidence",
    "store_table",
    "table_imports",
    "table_kinds",
    "table_rejects",
    "take_snapshots",
    "undo_table",
    "violation_sink",
    "write_work_evidence",
]


_MOMENT_MS = 600_000
# A diagnosis of more conversations takes longer than a reader waits for a page without a sign of life.
_FEW_CONVERSATIONS = 5_000
_answers, _diagnoses = Answers(most=256), Answers(most=32)
_pages, _views = Answers(most=256), Answers(most=512)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """One conversation and what was read in it (``None`` while it is unread)."""

    conversation: Conversation
    reading: StoredReading | None


@dataclass(frozen=True, slots=True)
class KpiQuestion:
    """Which measures, by which dimensions, over what. Days are local to the company and inclusive."""

    keys: tuple[str, ...]
    by: tuple[str, ...] = ()
    from_day: date | None = None
    to_day: date | None = None
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def is_empty() -> bool:
    """Whether no conversation was imported yet."""
    return not lake().segments


def imports(*, user: User) -> QuerySet[ConversationImport]:
    """The imports that were started, newest first."""
    visible_to(user).require(Permission.IMPORT)
    return ConversationImport.objects.started().select_related("job", "created_by", "rejects")


def preview_import(*, user: User, files: Sequence[base.StoredFile], format: str = "auto") -> list[Preview]:
    """What the first rows of each file look like to the importer, masked, with the faults found in them."""
    visible_to(user).require(Permission.IMPORT)
    with named_copies(files) as paths:
        return [importing.preview_file(path, format=format) for path in paths]


def start_import(*, actor: User, row: ConversationImport) -> ConversationImport:
    """Queue a prepared import; one that was started already (a second click) stays as it is."""
    visible_to(actor).require(Permission.IMPORT)
    with base.write(actor=actor, verb="contacts.start_import") as audit:
        fresh = ConversationImport.objects.select_for_update().get(pk=row.pk)
        if fresh.job is not None or fresh.report is not None:
            audit.unchanged()
            return fresh
        fresh.job = base.start_job(actor=actor, kind="contacts.import", parameters={"import": str(fresh.pk)})
        fresh.save()
        audit.changed(fresh, job=None)
        # Runs after the import, whatever becomes of it: an import that is cancelled in the queue clears nothing away.
        base.start_job(actor=None, kind="contacts.tidy", parameters={})
    return fresh


def start_reading(*, actor: User) -> base.Job:
    """Queue the reading of what is unread; a reading that waits or runs already is returned instead."""
    visible_to(actor).require(Permission.IMPORT)
    waiting = base.Job.objects.filter(kind="contacts.read", state__in=(base.JobState.QUEUED, base.JobState.RUNNING))
    return waiting.first() or base.start_job(actor=actor, kind="contacts.read", parameters={})


def import_now(
    *,
    actor: User | None,
    paths: Sequence[Path],
    format: str = "auto",
    progress: Callable[[int, int | None, str], None] = lambda *_: None,
) -> ConversationImport:
    """Import and read files of this machine at once, without the worker (set-up and demo). ``progress`` is told what
    was done, of how much, and the phase."""
    if actor is not None:
        visible_to(actor).require(Permission.IMPORT)
    report = run_import(paths, format=format, progress=progress)
    read_unread(lake(), progress=progress)
    with base.write(actor=actor, verb="contacts.start_import") as audit:
        row = ConversationImport.objects.create(
            file_names=[path.name for path in paths],
            format=format,
            created_at=timezone.now(),
            created_by=actor,
            report=report,
        )
        audit.created(row)
    return row


def rejects(*, user: User, row: ConversationImport) -> Iterator[Mapping[str, Any]]:
    """Every fault of an import: ``key`` and ``params`` of its reason, and its place."""
    visible_to(user).require(Permission.IMPORT)
    return rejects_of(row)


def conversations(
    *, user: User, question: ConversationFilter, limit: int = 50, offset: int = 0, order: Order = "newest"
) -> ConversationPage:
    """One page of the conversations that ``user`` may see."""
    visible = visible_to(user).lake(Permission.SEE_CONVERSATIONS)
    source = lake()
    return _pages.get(
        _state_of(source),
        (question, visible, limit, offset, order),
        lambda: source.conversations(question, visible=visible, limit=limit, offset=offset, order=order),
    )


def conversation(*, user: User, conversation_id: str) -> ConversationView | None:
    """One conversation; ``None`` when it does not exist or ``user`` may not see it."""
    visible = visible_to(user).lake(Permission.SEE_CONVERSATIONS)
    source = lake()

    def make() -> ConversationView | None:
        found = source.conversation(conversation_id, visible=visible)
        if found is None:
            return None
        return ConversationView(found, source.reading_of(conversation_id, visible=visible))

    return _views.get(_state_of(source), (conversation_id, visible), make)


def note_export(*, user: User, filters: Mapping[str, str]) -> None:
    """Keep in the audit trail that ``user`` takes a list of conversations home, and which."""
    visible_to(user).require(Permission.SEE_CONVERSATIONS)
    with base.write(actor=user, verb="contacts.export") as audit:
        audit.note_object(
            kind="contacts.conversations", id="", label="conversations", changes={"filters": [None, dict(filters)]}
        )


def choices(*, user: User, permission: Permission = Permission.SEE_CONVERSATIONS) -> Choices:
    """What filters can offer to ``user``: accounts, channels, topics, and the span of days.

    Only accounts that the user may see on their own are offered, not those that merely took part.
    """
    visible, source = visible_to(user).lake(permission), lake()

    def make() -> Choices:
        found = source.choices(visible=visible)
        if visible.is_everything:
            return found
        own = {span.account for span in visible.spans}
        return replace(found, agents=tuple(account for account in found.agents if account in own))

    return _answers.get(_state_of(source), ("choices", visible), make)


def kpis(*, user: User, question: KpiQuestion) -> list[KpiRow]:
    """Measured rows: the dimensions, and per key a cell with value, n, sums and whether it is provisional."""
    asked = _Asked.by(user, question)
    rows: tuple[KpiRow, ...] = _answers.get(
        asked.state, ("kpis", question, asked), lambda: tuple(_measured(question, asked))
    )
    return list(rows)


def spread(*, user: User, question: KpiQuestion) -> Sequence[float]:
    """The values of one measure in each conversation, in rising order; conversations without a value are left out."""
    (key,) = question.keys
    asked = _Asked.by(user, question)

    def make() -> array[float]:
        rows = _measured(replace(question, by=("conversation",)), asked)
        return array("d", sorted(value for row in rows if (value := row.cells[key].value) is not None))

    return _answers.get(asked.state, ("spread", question, asked), make)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer of the measures depends on beside the question."""

    state: tuple[str, int]
    visible: Visibility
    roster: tuple[RosterSpan, ...]
    tz: str
    calendar: str
    now_ms: int

    @classmethod
    def by(cls, user: User, question: KpiQuestion) -> _Asked:
        company = base.company()
        # Who was in which team is the longest of it, and read only where the answer tells teams apart.
        has_teams = bool(question.teams) or "team" in question.by
        return cls(
            _state_of(lake()),
            visible_to(user).lake(Permission.SEE_KPIS),
            tuple(roster_spans()) if has_teams else (),
            company.time_zone,
            company.calendar,
            _now_ms(),
        )


def _measured(question: KpiQuestion, asked: _Asked) -> list[KpiRow]:
    return measuring.measure(
        lake(),
        keys=question.keys,
        by=question.by,
        roster=asked.roster,
        tz=asked.tz,
        calendar=asked.calendar,
        from_=question.from_day,
        to=question.to_day,
        agents=question.agents,
        teams=question.teams,
        channels=question.channels,
        topics=question.topics,
        visible=asked.visible,
        now_ms=asked.now_ms,
    )


def measures() -> list[Measure]:
    """Every declared measure."""
    return list(measuring.measures())


def diagnosis(
    *,
    user: User,
    from_day: date | None = None,
    to_day: date | None = None,
    team: str | None = None,
    accounts: Sequence[str] = (),
) -> Diagnosis:
    """Ranked pain points of what ``user`` may see, of a team or of chosen accounts; agents go by their names."""
    asked = _DiagnosisQuestion.by(user, from_day, to_day, team, accounts)
    return _diagnoses.get(asked.state, asked, asked.answer)


def known_diagnosis(
    *, user: User, from_day: date | None = None, to_day: date | None = None, team: str | None = None
) -> Diagnosis | None:
    """The same when it was made before, or is made at once since there are few conversations; else ``None``."""
    asked = _DiagnosisQuestion.by(user, from_day, to_day, team, ())
    if sum(segment.n_conversations for segment in lake().segments) <= _FEW_CONVERSATIONS:
        return _diagnoses.get(asked.state, asked, asked.answer)
    found: Diagnosis | None = _diagnoses.peek(asked.state, asked)
    return found


@dataclass(frozen=True, slots=True)
class _DiagnosisQuestion:
    """Everything that a diagnosis depends on."""

    state: tuple[str, int]
    visible: Visibility
    from_day: date | None
    to_day: date | None
    team: str | None
    accounts: tuple[str, ...]
    roster: tuple[RosterSpan, ...]
    tz: str
    now_ms: int

    @classmethod
    def by(
        cls, user: User, from_day: date | None, to_day: date | None, team: str | None, accounts: Sequence[str]
    ) -> _DiagnosisQuestion:
        sight = visible_to(user)
        sight.require(Permission.SEE_DIAGNOSIS)
        return cls(
            _state_of(lake()),
            sight.lake(Permission.SEE_DIAGNOSIS),
            from_day,
            to_day,
            team,
            tuple(accounts),
            tuple(roster_spans()),
            str(base.company_zone()),
            _now_ms(),
        )

    def answer(self) -> Diagnosis:
        return diagnosing.diagnose_lake(
            lake(),
            visible=self.visible,
            from_=self.from_day,
            to=self.to_day,
            accounts=self.accounts or None,
            team=self.team,
            roster=self.roster,
            tz=self.tz,
            now_ms=self.now_ms,
        )


@dataclass(frozen=True, slots=True)
class ErasedCustomer:
    """What erasing a customer touched: conversations, and texts of the library that had been made of them."""

    n_conversations: int
    n_texts: int


def erase_customer(*, actor: User | None, customer: str) -> ErasedCustomer:
    """Erase a customer's personal data from the lake, the link to their orders, and the way from cases and drills back
    to their conversations; those texts are marked for revision. ``actor=None`` is the command line."""
    if actor is not None:
        visible_to(actor).require(Permission.ERASE_CUSTOMERS)
    report = erasing.erase_customer(lake(), customer=customer)
    forget_customer(actor=actor, pseudonym=report.pseudonym)
    n_texts = len(forget_erased())
    with base.write(actor=actor, verb="contacts.erase_customer") as audit:
        # The entry names the pseudonym, so that the trail of the erasure keeps nothing of the person.
        audit.note_object(
            kind="contacts.customer",
            id=report.pseudonym,
            label="customer",
            changes={"conversations": [report.conversations, 0], "texts": [None, n_texts]},
        )
    return ErasedCustomer(report.conversations, n_texts)


def _state_of(source: Lake) -> tuple[str, int]:
    return str(source.path), source.manifest.generation


def _now_ms() -> int:
    """The present to ten minutes: what is judged by it is days old, and the same question has the same answer."""
    return time.time_ns() // 1_000_000 // _MOMENT_MS * _MOMENT_MS
