"""Profiles of people as their leaders and they themselves see them, and why they are so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from peilian.apps.people.api import Employee, NotVisibleError, Permission, Unit, visible_to
from peilian.apps.record.checks import Person, people_seen, person_for
from peilian.apps.record.ledger import evidence_of
from peilian.apps.record.models import Evidence
from peilian.apps.record.standing import PersonProfile, as_ms, competency_model, profiles
from peilian.engine._kernel import Reason
from peilian.engine.competency import CompetencyModel, Estimate, explain, influences, profile
from peilian.engine.competency import Evidence as EvidenceValue
from peilian.engine.competency.model import Competency

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_REASONS_FOR = 30  # pieces, the newest, whose effect is told one by one


@dataclass(frozen=True, slots=True)
class WeighedEvidence:
    """A piece with its share of all weight and its influence: the points by which it draws the estimate away from what
    the stage lets expect. ``reasons`` tell what it said and did when it came; only the newest pieces have them. A piece
    that does not count any more has no share."""

    row: Evidence
    share: float = 0.0
    points: float = 0.0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """Why an estimate is what it is: what the stage lets expect, and every piece with its influence, newest first.

    ``expected`` and the points of all pieces together are the estimate's mean.
    """

    employee: Employee
    competency: Competency
    estimate: Estimate
    required: int | None
    expected: float
    expected_share: float
    pieces: tuple[WeighedEvidence, ...]


def profile_of(*, user: User, employee: Person, at: datetime | None = None) -> PersonProfile:
    """The profile of a person whom ``user`` may see, as of ``at`` (default: now)."""
    person = person_for(user, Permission.SEE_RECORD, employee)
    return profiles([person], at=at)[person.pk]


def team_profiles(*, user: User, unit: Unit | None = None, at: datetime | None = None) -> list[PersonProfile]:
    """The profiles of everybody in service whom ``user`` may see, of a unit and all below it when given, by number."""
    people = people_seen(user, unit).exclude(left_on__lte=visible_to(user).day)
    found = profiles(list(people.distinct().order_by("number")), at=at)
    return list(found.values())


def why(*, user: User, employee: Person, competency: str, at: datetime | None = None) -> Why:
    """Every piece of evidence on one competency with its influence. ``NotVisibleError`` for an unknown competency."""
    model = competency_model()
    if competency not in model.competencies:
        raise NotVisibleError
    person = person_for(user, Permission.SEE_RECORD, employee)
    now = at or timezone.now()
    found = profiles([person], at=now)[person.pk]
    rows = list(evidence_of(user=user, employee=person, competency=competency, is_history_wanted=True))
    rows = [row for row in rows if row.at <= now]
    superseded = {row.supersedes_id for row in rows}
    counting = [row for row in rows if row.pk not in superseded and not row.is_withdrawn]
    pieces = _weighed(model, rows, counting, as_ms(now), found.stage)
    return Why(
        employee=person,
        competency=model.competencies[competency],
        estimate=found.profile.estimates[competency],
        required=found.required.get(competency),
        expected=model.stage(found.stage).mean,
        expected_share=1.0 - sum(piece.share for piece in pieces),
        pieces=tuple(pieces),
    )


def _weighed(
    model: CompetencyModel, rows: list[Evidence], counting: list[Evidence], now_ms: int, stage: str
) -> list[WeighedEvidence]:
    values = {row.pk: row.value() for row in counting}
    found = {item.piece.source: item for item in influences(model, values.values(), now_ms, stage=stage)}
    told = _told(model, sorted(values.values()), stage)
    pieces = []
    for row in rows:
        item = found.get(str(row.pk))
        share, points = (item.share, item.points) if item else (0.0, 0.0)
        pieces.append(WeighedEvidence(row, share, points, told.get(str(row.pk), ())))
    return pieces


def _told(model: CompetencyModel, values: list[EvidenceValue], stage: str) -> dict[str, tuple[Reason, ...]]:
    """What the newest of ``values``, which are in order of time, did when each came; by source."""
    reasons = {}
    for number in range(max(0, len(values) - _REASONS_FOR), len(values)):
        piece = values[number]
        before, after = (
            profile(model, values[:end], piece.at_ms, stage=stage).estimates[piece.competency]
            for end in (number, number + 1)
        )
        reasons[piece.source] = explain(model, before, after, piece, stage=stage)
    return reasons
