"""What is known of people about a rule (规则依据): a bounded number of queries, however many people there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from peilian.adapters.packs.assigning import AssignmentRuleDocument
from peilian.apps.base.api import company_zone
from peilian.apps.contacts import api as contacts
from peilian.apps.learning.credentials.offered import stored, titles_of
from peilian.apps.learning.models import Attempt, AttemptState, Completion, Enrolment, RuleServing, Sitting
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee, Membership, StageEntry
from peilian.apps.record import api as record
from peilian.engine._kernel import Bilingual
from peilian.engine.curriculum.assigning import AssignmentRule, MoveOf, NeedOf, PersonFacts, ScoreOf

_BY_PEOPLE = (record.NeedOrigin.SUPERVISOR, record.NeedOrigin.REVIEW, record.NeedOrigin.APPRAISAL)


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule in force: its key, and the version and document that say it."""

    key: str
    version: library.ContentVersion
    document: AssignmentRuleDocument

    @property
    def title(self) -> dict[str, str]:
        """What it is called."""
        return self.document.title.to_text().both


def rule_texts() -> list[RuleText]:
    """Every rule in force, by key."""
    return [
        RuleText(one.key, one.version, one.document)
        for one in library.in_force(kind="assignment-rule")
        if isinstance(one.document, AssignmentRuleDocument)
    ]


def rule_of(document: AssignmentRuleDocument) -> AssignmentRule:
    """The engine's value, with the names of what it asks about."""
    names: dict[str, Bilingual] = {}
    if document.needed is not None:
        key = document.needed.competency
        names[key] = stored(record.competency_text(key)) or {"zh": key}
    if document.scored is not None:
        exam = f"exam:{document.scored.exam}"
        names[document.scored.exam] = stored(titles_of([exam]).get(exam)) or {"zh": document.scored.exam}
    return document.to_rule(names)


def facts_of(rule: RuleText, people: Collection[Employee], day: date) -> dict[UUID, PersonFacts]:
    """What is known of these people on a day, by person. Of what the rule does not ask about nothing is looked up."""
    pks, document = [one.pk for one in people], rule.document
    posts = _posts(pks, day) if document.posts or document.moved else {}
    stages = _stages(pks, day) if document.stages or document.moved else {}
    needs = _needs(people, document.needed.competency) if document.needed else {}
    scores = _scores(pks, document.scored.exam) if document.scored else {}
    completed, going = _completed(pks, document.assigns), _on_it(pks, document.assigns)
    served, away = _served(pks, rule.key), contacts.on_leave(employees=pks, day=day)
    nobody = _Line()
    return {
        one.pk: PersonFacts(
            posts=posts.get(one.pk, nobody).names,
            stage=stages.get(one.pk, nobody).key,
            hired_on=one.hired_on,
            left_on=one.left_on,
            is_away=one.pk in away,
            post_name=posts.get(one.pk, nobody).name,
            stage_name=stages.get(one.pk, nobody).name,
            moves=(*posts.get(one.pk, nobody).moves, *stages.get(one.pk, nobody).moves),
            needs=tuple(needs.get(one.pk, ())),
            scores=tuple(scores.get(one.pk, ())),
            completed_on=completed.get(one.pk),
            is_on_it=one.pk in going,
            served=served.get(one.pk, {}),
        )
        for one in people
    }


@dataclass(frozen=True, slots=True)
class _Line:
    """The present post or stage of somebody, and how it came to be."""

    key: str = ""
    names: frozenset[str] = frozenset()
    name: Bilingual = field(default_factory=dict)
    moves: tuple[MoveOf, ...] = ()


def _posts(pks: Collection[UUID], day: date) -> dict[UUID, _Line]:
    """Posts of today. Somebody who comes to another team on the same post has not moved."""
    rows = Membership.objects.filter(employee__in=pks, post__isnull=False, starts_on__lte=day).order_by("starts_on")
    found: dict[UUID, list[tuple[str, date, Bilingual, str, date | None]]] = defaultdict(list)
    named = ("employee", "post__code", "starts_on", "post__name", "post__agent_kind", "ends_on")
    for person, code, since, name, kind, ends in rows.values_list(*named):
        line = found[person]
        if line and line[-1][0] == code:
            line[-1] = (code, line[-1][1], name, kind, ends)
        else:
            line.append((code, since, name, kind, ends))
    model = record.competency_model()
    made = {}
    for person, line in found.items():
        code, since, name, kind, ends = line[-1]
        if ends is not None and ends <= day:
            continue
        moves = (MoveOf("post", code, since, name),) if len(line) > 1 else ()
        names = frozenset({code, model.post(code=code, agent_kind=kind).key})
        made[person] = _Line(code, names, name, moves)
    return made


def _stages(pks: Collection[UUID], day: date) -> dict[UUID, _Line]:
    rows = StageEntry.objects.filter(employee__in=pks, starts_on__lte=day).order_by("starts_on", "pk")
    lines: dict[UUID, list[tuple[str, date]]] = defaultdict(list)
    for person, stage, since in rows.values_list("employee", "stage", "starts_on"):
        if not lines[person] or lines[person][-1][0] != stage:
            lines[person].append((stage, since))
    model = record.competency_model()
    found = {}
    for person, line in lines.items():
        stage, since = line[-1]
        name = stored(model.stage(stage).name) or {"zh": stage}
        moves = (MoveOf("stage", stage, since, name),) if len(line) > 1 else ()
        found[person] = _Line(stage, frozenset({stage}), name, moves)
    return found


def _needs(people: Iterable[Employee], competency: str) -> dict[UUID, list[NeedOf]]:
    """Live needs, with the points that are missing now."""
    by_pk = {one.pk: one for one in people}
    rows = record.Need.objects.filter(
        employee__in=list(by_pk), subject_kind=record.NeedSubject.COMPETENCY, subject=competency,
        state__in=(record.NeedState.OPEN, record.NeedState.ASSIGNED),
    )  # fmt: skip
    listed = list(rows.values_list("pk", "employee", "origin", "created_at"))
    missing = points_missing([by_pk[person] for _pk, person, _origin, _at in listed])
    zone, found = company_zone(), defaultdict[UUID, list[NeedOf]](list)
    for pk, person, origin, at in listed:
        points = missing.get(person, {}).get(competency)
        since = at.astimezone(zone).date()
        found[person].append(NeedOf(str(pk), competency, since, points, by_person=origin in _BY_PEOPLE))
    return found


def points_missing(people: Collection[Employee]) -> dict[UUID, dict[str, Decimal]]:
    """The points that people lack for what their posts require, by competency, as measured now; what was not measured
    is left out."""
    if not people:
        return {}
    return {
        pk: {
            gap.competency: Decimal(str(round(gap.size, 1)))
            for gap in found.gaps
            if gap.estimate.is_measured
        }
        for pk, found in record.profiles(people).items()
    }  # fmt: skip


def _scores(pks: Collection[UUID], exam: str) -> dict[UUID, list[ScoreOf]]:
    """The last settled result of each person."""
    rows = Attempt.objects.filter(employee__in=pks, sitting__exam=exam, state=AttemptState.MARKED, of__gt=0)
    zone, found = company_zone(), dict[UUID, list[ScoreOf]]()
    named = ("pk", "employee", "points", "of", "handed_in_at")
    for pk, person, points, of, at in rows.order_by("handed_in_at", "pk").values_list(*named):
        assert points is not None  # what is marked was handed in, and has points
        assert at is not None
        percent = (100 * points / of).quantize(Decimal("0.01"))
        found[person] = [ScoreOf(str(pk), exam, percent, at.astimezone(zone).date())]
    return found


def _completed(pks: Collection[UUID], what: str) -> dict[UUID, date]:
    zone = company_zone()
    rows = Completion.objects.standing().filter(employee__in=pks, what=what).order_by("at")
    return {person: at.astimezone(zone).date() for person, at in rows.values_list("employee", "at")}


def _on_it(pks: Collection[UUID], what: str) -> set[UUID]:
    """Who learns it now, or has it before oneself."""
    kind, _colon, key = what.partition(":")
    if kind != "exam":
        return set(Enrolment.objects.live().filter(employee__in=pks, what=what).values_list("employee", flat=True))
    sittings = Sitting.objects.filter(exam=key, cancelled_at=None).values_list("pk", flat=True)
    tasks = record.Assignment.objects.filter(
        employee__in=pks, kind=record.AssignmentKind.EXAM, target__in=[str(pk) for pk in sittings], done_at=None,
        cancelled_at=None,
    )  # fmt: skip
    return set(tasks.values_list("employee", flat=True))


def _served(pks: Collection[UUID], key: str) -> dict[UUID, dict[str, date]]:
    zone, found = company_zone(), defaultdict[UUID, dict[str, date]](dict)
    rows = RuleServing.objects.filter(rule=key, employee__in=pks)
    for person, occasion, at in rows.values_list("employee", "occasion", "at"):
        found[person][occasion] = at.astimezone(zone).date()
    return found
