"""Proposing an entry as best practice (推荐为最佳实践), and what people turned into knowledge (知识沉淀), in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from peilian.apps.base.api import refuse, short, write
from peilian.apps.learning import clock
from peilian.apps.learning.exams.attempts import candidate
from peilian.apps.learning.handbook.keeping import LONGEST_ENTRY, LONGEST_TITLE
from peilian.apps.learning.models import HandbookEntry, HandbookProposal, KeptFrom
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

BEST_PRACTICE = "最佳实践"
"""The tag of texts that began as somebody's proposal."""


class Standing(StrEnum):
    """What became of a proposal."""

    WAITS = "waits"
    RETURNED = "returned"
    DECLINED = "declined"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Deposit:
    """What a person turned into knowledge: entries ``kept`` from elsewhere, entries with ``own_written`` words (a note
    of one's own, or words added to what was kept), ``proposed`` to all, and ``published`` of these. Nobody but the
    person reads the entries."""

    employee: Employee
    kept: int = 0
    own_written: int = 0
    proposed: int = 0
    published: int = 0


def standing_of_proposal(row: HandbookProposal) -> Standing:
    """What became of a proposal; once published it stays so."""
    if row.content.current_id is not None:
        return Standing.PUBLISHED
    if row.draft.state == library.DraftState.DROPPED:
        return Standing.DECLINED
    return Standing.RETURNED if row.draft.state == library.DraftState.RETURNED else Standing.WAITS


def proposals_of(*, user: User) -> QuerySet[HandbookProposal]:
    """The user's own proposals, the newest first."""
    rows = HandbookProposal.objects.filter(employee=candidate(user))
    return rows.select_related("content", "draft__decided_by", "entry").order_by("-proposed_at", "-pk")


def proposal_of(*, user: User, entry: HandbookEntry) -> HandbookProposal | None:
    """The last proposal of an own entry; ``None`` when it was never proposed."""
    return proposals_of(user=user).filter(entry=entry).first()


def propose_entry(*, actor: User, pk: UUID, title: str, text: str) -> HandbookProposal:
    """Propose an own entry to all, in words that are fit for it. It becomes a draft that waits for those who publish;
    one that came back is handed in anew, one that waits or is published is not proposed again.

    What shows the questions of an exam is not proposed.
    """
    employee = candidate(actor)
    name = short(title, "title", limit=LONGEST_TITLE, is_needed=True)
    words = short(text, "text", limit=2 * LONGEST_ENTRY, is_needed=True)
    with write(actor=actor, verb="learning.propose_entry") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        entry = HandbookEntry.objects.filter(employee=employee, deleted_at=None, pk=pk).first()
        if entry is None:
            raise NotVisibleError
        if entry.kept_from == KeptFrom.EXAM:
            raise refuse("learning.handbook_exam_stays", "text")
        before = proposal_of(user=actor, entry=entry)
        standing = standing_of_proposal(before) if before is not None else None
        if before is not None and standing is Standing.RETURNED:
            library.propose_again(actor=actor, draft=before.draft, title=name, text=words)
            before.draft.refresh_from_db()
            audit.unchanged()  # the library has noted it
            return before
        if before is not None and standing is Standing.WAITS and _is_same(before, actor, name, words):
            audit.unchanged()
            return before
        if standing in (Standing.WAITS, Standing.PUBLISHED):
            raise refuse(f"learning.handbook_{standing}", "text")
        draft = library.propose_text(actor=actor, title=name, text=words, tags=[BEST_PRACTICE])
        row = HandbookProposal(
            entry=entry, employee=employee, content=draft.content, draft=draft, proposed_at=clock.now()
        )  # fmt: skip
        row.save(force_insert=True)
        audit.created(row)
    return row


def deposit_of(*, user: User, employee: Employee | UUID) -> Deposit:
    """What one person turned into knowledge, in counts: one's own, or of a person whose record the user may see."""
    pk = employee.pk if isinstance(employee, Employee) else employee
    sight = visible_to(user)
    is_own = user.employee_id is not None and pk == user.employee_id and bool(sight.grants)
    person = Employee.objects.get(pk=pk) if is_own else sight.employee(Permission.SEE_RECORD, pk)
    return deposits_of([person])[person.pk]


def team_deposits(
    *, user: User, unit: Unit | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[Deposit]:
    """The same of everybody whose record the user may see, by number; of a unit and all below it, and of a time, when
    given."""
    sight = visible_to(user)
    sight.require(Permission.SEE_RECORD)
    sight.require(Permission.SEE_PEOPLE)
    people = sight.employees(Permission.SEE_RECORD).exclude(left_on__lte=sight.day)
    if unit is not None:
        sight.unit(Permission.SEE_RECORD, unit.pk)
        inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(unit)).values("employee")
        people = people.filter(pk__in=inside)
    listed = list(people.distinct().order_by("number"))
    counted = deposits_of(listed, since=since, until=until)
    return [counted[one.pk] for one in listed]


def deposits_of(
    people: Collection[Employee], *, since: datetime | None = None, until: datetime | None = None
) -> Mapping[UUID, Deposit]:
    """Deposits of people by their ids, for those who evaluate training: what was kept, written, proposed and published
    from ``since`` until before ``until``. Nothing of what the entries say."""
    pks = [one.pk for one in people]
    entries = HandbookEntry.objects.filter(employee__in=pks, deleted_at=None).filter(_within("made_at", since, until))
    own = Q(kept_from=KeptFrom.OWN)
    kept = _counted(entries.exclude(own))
    written = _counted(entries.filter(own | ~Q(note="")))
    proposals = HandbookProposal.objects.filter(employee__in=pks)
    proposed = _counted(proposals.filter(_within("proposed_at", since, until)))
    first = library.ContentVersion.objects.filter(content__in=proposals.values("content")).order_by()
    published_at = dict(first.values_list("content").annotate(at=Min("made_at")))
    published = Counter(
        who for who, content in proposals.values_list("employee", "content")
        if content in published_at and _is_within(published_at[content], since, until)
    )  # fmt: skip
    return {one.pk: Deposit(one, kept[one.pk], written[one.pk], proposed[one.pk], published[one.pk]) for one in people}


def _is_same(before: HandbookProposal, actor: User, title: str, text: str) -> bool:
    body, language = before.draft.body, actor.reading_language
    return (body.get("title"), body.get("body")) == ({language: title}, {language: text})


def _counted(rows: QuerySet[Any]) -> Counter[UUID]:
    return Counter(rows.order_by().values_list("employee", flat=True))


def _within(field: str, since: datetime | None, until: datetime | None) -> Q:
    found = Q(**{f"{field}__gte": since}) if since is not None else Q()
    return found & Q(**{f"{field}__lt": until}) if until is not None else found


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)
