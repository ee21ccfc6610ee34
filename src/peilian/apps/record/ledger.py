"""The evidence ledger: adding pieces, correcting them by new ones, reading them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import CharField, Count, QuerySet, UUIDField
from django.utils import timezone

from peilian.apps.base.api import Argument, Audit, Prepared, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.apps.record.checks import Person, permit_on, person_for, refuse, short
from peilian.apps.record.models import LIVE_NEEDS, Evidence, EvidenceKind, Need, NeedSubject
from peilian.apps.record.needs import settle_needs
from peilian.apps.record.standing import competency_model
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

# What people judge. Everything else the product measures itself, and nobody can type it in.
_JUDGED = frozenset({EvidenceKind.OBSERVATION, EvidenceKind.REVIEW})

_Place = tuple[str, str, UUID, str, str]
_PEOPLE = Argument("people", UUIDField(), is_many=True)
_LOCKED = Prepared(
    lambda: (
        Employee.objects.filter(_PEOPLE.has("pk"))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
)
_FORMER = Prepared(
    lambda: Evidence.objects.current().filter(
        Argument("kinds", CharField(), is_many=True).has("source_kind"),
        Argument("sources", CharField(), is_many=True).has("source_id"),
        _PEOPLE.has("employee"),
    )
)


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """A piece to be added. Source kind and id name what it came from (``practice.drill`` and the id of the drill); with
    person, competency and kind they make it count once. ``label`` says what the source is called."""

    employee: Employee
    competency: str
    kind: EvidenceKind | str
    score: float
    at: datetime
    source_kind: str
    source_id: str
    label: Reason
    n: int = 1
    weight: float = 1.0
    note: str = ""


def add_evidence(*, actor: User | None, pieces: Sequence[NewEvidence], revise: bool = False) -> list[Evidence]:
    """Add pieces and return those that are new. A source that was added before is left as it is; with ``revise`` what
    it says differently now is added as a piece that supersedes the former one; what a person corrected or withdrew
    stays as that person left it.

    ``actor=None`` is the product, which adds what it measured. A person may add observations and reviews of those
    whose needs the person may raise, never of oneself. Needs that the new evidence shows to be met are closed.
    """
    for piece in pieces:
        _check(piece)
    if actor is not None and any(piece.kind not in _JUDGED for piece in pieces):
        raise NotVisibleError
    permit_on(actor, Permission.RAISE_NEEDS, (piece.employee.pk for piece in pieces))
    with write(actor=actor, verb="record.add_evidence") as audit:
        lock_people({piece.employee.pk for piece in pieces})
        known = _latest(pieces)
        rows: list[Evidence] = []
        for piece in pieces:
            former = known.get(_place_of(piece))
            if former is not None and (not revise or _is_settled(former) or _says_the_same(former, piece)):
                continue
            row = known[_place_of(piece)] = _row(piece, former, actor)
            rows.append(row)
        Evidence.objects.bulk_create(rows)
        _note(audit, rows)
        settle_needs(rows)
    return rows


def correct_evidence(*, actor: User | None, evidence: Evidence, score: float, note: str) -> Evidence:
    """Put another score in the place of a piece that was wrong. The old piece stays, superseded by the new one."""
    return _supersede(actor, evidence, score=score, weight=evidence.weight or 1.0, note=note, verb="correct")


def withdraw_evidence(*, actor: User | None, evidence: Evidence, note: str) -> Evidence:
    """Take a piece back, so that it no longer bears on anything. It stays to be seen."""
    return _supersede(actor, evidence, score=evidence.score, weight=0.0, note=note, verb="withdraw")


def evidence_of(
    *, user: User, employee: Person, competency: str | None = None, is_history_wanted: bool = False
) -> QuerySet[Evidence]:
    """The evidence about a person whom ``user`` may see, newest first; superseded pieces only when wanted."""
    person = person_for(user, Permission.SEE_RECORD, employee)
    rows = Evidence.objects.filter(employee=person).select_related("recorded_by")
    if competency is not None:
        rows = rows.filter(competency=competency)
    return rows if is_history_wanted else rows.current()


@dataclass(frozen=True, slots=True)
class Bearing:
    """What hangs on a competency: current pieces of evidence, the people they are about, and live needs."""

    n_evidence: int = 0
    n_people: int = 0
    n_needs: int = 0


def bearing_of(*, user: User, keys: Collection[str]) -> dict[str, Bearing]:
    """How much of the whole company's record hangs on each of these competencies, for who writes the model. Counts
    alone: nobody is named."""
    visible_to(user).require(Permission.WRITE_LIBRARY)
    evidence = Evidence.objects.current().filter(competency__in=keys).order_by().values("competency")
    counted = evidence.annotate(n=Count("pk"), people=Count("employee", distinct=True))
    found = {row["competency"]: (row["n"], row["people"]) for row in counted}
    needs = Need.objects.filter(subject_kind=NeedSubject.COMPETENCY, subject__in=keys, state__in=LIVE_NEEDS)
    live = dict(needs.order_by().values_list("subject").annotate(n=Count("pk")))
    return {key: Bearing(*found.get(key, (0, 0)), live.get(key, 0)) for key in keys}


def lock_people(employee_ids: Collection[UUID]) -> None:
    """Let nobody else write to these people's records before the transaction ends, so that a source counts once."""
    _LOCKED(people=employee_ids)


def _supersede(
    actor: User | None, evidence: Evidence, *, score: float, weight: float, note: str, verb: str
) -> Evidence:
    permit_on(actor, Permission.RAISE_NEEDS, [evidence.employee_id])
    _check_score(score)
    note = short(note, "note", is_needed=True)
    with write(actor=actor, verb=f"record.{verb}_evidence") as audit:
        lock_people({evidence.employee_id})
        if Evidence.objects.filter(supersedes=evidence).exists():
            raise refuse("record.already_corrected")
        kept = ("employee_id", "competency", "kind", "n", "at", "source_kind", "source_id", "label_key", "label_params")
        row = Evidence(
            **{name: getattr(evidence, name) for name in kept},
            **_stamp(actor),
            score=score,
            weight=weight,
            note=note,
            revision=evidence.revision + 1,
            supersedes=evidence,
        )
        row.save(force_insert=True)
        audit.note(row, {"score": [evidence.score, score], "weight": [evidence.weight, weight], "note": ["", note]})
        settle_needs([row])
    return row


def _check(piece: NewEvidence) -> None:
    if piece.competency not in competency_model().competencies:
        raise refuse("record.unknown_competency", "competency", value=piece.competency)
    if piece.kind not in EvidenceKind.values:
        known = ", ".join(EvidenceKind.values)
        raise refuse("record.unknown_choice", "kind", value=str(piece.kind), known=known)
    _check_score(piece.score)
    if not 0 < piece.weight <= 1:
        raise refuse("record.weight_range", "weight", value=piece.weight)
    if piece.n < 1:
        raise refuse("record.too_few_cases", "n", value=piece.n)
    if timezone.is_naive(piece.at):
        raise refuse("record.no_time_zone", "at")
    short(piece.source_kind, "source_kind", limit=40, is_needed=True)
    short(piece.source_id, "source_id", limit=100, is_needed=True)
    short(piece.note, "note")


def _check_score(score: float) -> None:
    if not 0 <= score <= 1:
        raise refuse("record.score_range", "score", value=score)


def _place_of(piece: NewEvidence | Evidence) -> _Place:
    """What there is one current piece of."""
    employee = piece.employee_id if isinstance(piece, Evidence) else piece.employee.pk
    return piece.source_kind, piece.source_id, employee, piece.competency, str(piece.kind)


def _latest(pieces: Sequence[NewEvidence]) -> dict[_Place, Evidence]:
    rows = _FORMER(
        kinds={piece.source_kind for piece in pieces},
        sources={piece.source_id for piece in pieces},
        people={piece.employee.pk for piece in pieces},
    )
    return {_place_of(row): row for row in rows}


def _is_settled(row: Evidence) -> bool:
    """Whether a person has had the last word on it, or it was withdrawn: measuring again does not undo that."""
    return row.recorded_by_id is not None or row.is_withdrawn


def _says_the_same(row: Evidence, piece: NewEvidence) -> bool:
    now = (row.score, row.weight, row.n, row.at)
    return now == (piece.score, piece.weight, piece.n, piece.at)


def _stamp(actor: User | None) -> dict[str, Any]:
    model = competency_model()
    return {
        "model": model.key,
        "model_version": model.version,
        "recorded_at": timezone.now(),
        "recorded_by": actor,
    }


def _row(piece: NewEvidence, former: Evidence | None, actor: User | None) -> Evidence:
    return Evidence(
        employee=piece.employee,
        competency=piece.competency,
        kind=str(piece.kind),
        score=piece.score,
        weight=piece.weight,
        n=piece.n,
        at=piece.at,
        source_kind=piece.source_kind,
        source_id=piece.source_id,
        label_key=piece.label.key,
        label_params=dict(piece.label.params),
        note=short(piece.note, "note"),
        revision=0 if former is None else former.revision + 1,
        supersedes=former,
        **_stamp(actor),
    )


def _note(audit: Audit, rows: Sequence[Evidence]) -> None:
    """One entry for each person: a source often says something about several competencies."""
    by_person: dict[UUID, list[Evidence]] = defaultdict(list)
    for row in rows:
        by_person[row.employee_id].append(row)
    for employee_id, found in by_person.items():
        audit.note_object(
            kind="record.evidence",
            id=str(employee_id),
            label=str(found[0].employee),
            changes={row.competency: [row.supersedes.score if row.supersedes else None, row.score] for row in found},
        )
    if not rows:
        audit.unchanged()
