"""Rewards (奖励): rules from results to proposals, proposals by people, decisions, and what each person has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from peilian.apps.appraisal.checks import one_at_a_time, permit_company, plain, refuse, short
from peilian.apps.appraisal.models import (
    Appraisal,
    Award,
    AwardDecision,
    AwardState,
    Cycle,
    Event,
    EventKind,
    EventState,
    RewardKind,
    RewardRule,
)
from peilian.apps.appraisal.ranking import RankRow, ranked
from peilian.apps.appraisal.reward_models import MATERIAL
from peilian.apps.appraisal.seen import PUBLIC, one
from peilian.apps.base.api import send, write
from peilian.apps.people.api import Employee, NotVisibleError, Permission, User, visible_to
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from peilian.flows.rewarding import check_condition, meets

if TYPE_CHECKING:
    from collections.abc import Sequence

_HIGH = Decimal(90)
_LOOK_BACK = 12  # results that a row of good months is looked for in
_MOST = Decimal(10_000_000)
_TAKEN_KEYS = frozenset({"new"})  # an address of the pages


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whom a rule would reward, and what was known of the person."""

    rule: RewardRule
    employee: Employee
    values: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Balance:
    """What a person has: the sum of points, and the awards that count, newest first."""

    points: Decimal
    awards: tuple[Award, ...]


def reward_rules(*, user: User) -> list[RewardRule]:
    """The rules as they are now, by key."""
    visible_to(user).require(Permission.SEE_REWARDS)
    return current_rules()


def current_rules() -> list[RewardRule]:
    """The newest version of every rule."""
    newest: dict[str, RewardRule] = {}
    for row in RewardRule.objects.order_by("key", "number"):
        newest[row.key] = row
    return list(newest.values())


def set_rule(
    *,
    actor: User | None,
    key: str,
    title: Mapping[str, str],
    when: str,
    kind: RewardKind | str,
    points: Decimal | None = None,
    amount: Decimal | None = None,
    competency: str = "",
    is_on: bool = False,
    is_new: bool = False,
) -> RewardRule:
    """Add a rule, or its next version; one that ``is_new`` takes no key that is taken. Amounts and points stay empty
    until somebody sets them."""
    permit_company(actor, Permission.MANAGE_REWARDS)
    key = short(key, "key", limit=60, is_needed=True)
    if key in _TAKEN_KEYS:
        raise refuse("rewards.rule_exists", "key", value=key)
    name = {language: short(title.get(language, ""), "title", limit=100) for language in ("zh", "en")}
    name = {language: text for language, text in name.items() if text}
    if not name:
        raise refuse("base.empty", "title")
    check_condition(short(when, "when", is_needed=True))
    if kind not in RewardKind.values:
        raise refuse("rewards.unknown_kind", "kind", value=str(kind)[:40], known=", ".join(RewardKind.values))
    for field, value in (("points", points), ("amount", amount)):
        if value is not None and not 0 < value <= _MOST:
            raise refuse("rewards.number", field, most=str(_MOST))
    if kind == RewardKind.RETRAINING and competency not in record.competency_model().competencies:
        raise refuse("appraisal.unknown_competency", "competency", value=competency[:60])
    with write(actor=actor, verb="rewards.set_rule") as audit:
        one_at_a_time()
        former = RewardRule.objects.filter(key=key).order_by("-number").first()
        if is_new and former is not None:
            raise refuse("rewards.rule_exists", "key", value=key)
        row = RewardRule(
            key=key,
            number=1 if former is None else former.number + 1,
            title=name,
            when=when.strip(),
            kind=str(kind),
            points=points,
            amount=amount,
            competency=competency if kind == RewardKind.RETRAINING else "",
            is_on=is_on,
            made_at=timezone.now(),
            made_by=actor,
        )
        row.save(force_insert=True)
        audit.created(row)
    return row


def preview_rule(*, user: User, when: str, cycle: Cycle) -> list[tuple[RankRow, Mapping[str, Decimal | None]]]:
    """Whom ``propose`` would reward by a condition among the people whom ``user`` reaches; nothing is written."""
    check_condition(when)
    reached = _reached(user, cycle)
    if not cycle.is_public:
        raise refuse("appraisal.not_published")
    found = _known(cycle)
    return [(row, values) for row, values in found if row.appraisee.employee_id in reached and meets(when, values)]


def propose(*, actor: User, cycle: Cycle) -> list[Award]:
    """Propose what the rules that are switched on say for a published cycle; what was proposed before stays."""
    reached = _reached(actor, cycle)
    if not cycle.is_public:
        raise refuse("appraisal.not_published")
    found: list[Award] = []
    with write(actor=actor, verb="rewards.propose") as audit:
        Cycle.objects.select_for_update().get(pk=cycle.pk)
        for proposal in _proposals(cycle):
            row = _award(proposal, cycle, actor)
            known = Award.objects.filter(
                employee=row.employee, kind=row.kind, source_kind=row.source_kind, source_id=row.source_id
            )
            if proposal.employee.pk in reached and not known.exists():
                row.save(force_insert=True)
                audit.created(row)
                found.append(row)
        if not found:
            audit.unchanged()
    return found


def give(
    *,
    actor: User,
    employee: Employee,
    kind: RewardKind | str,
    title: Mapping[str, str],
    why: str,
    points: Decimal | None = None,
    source: tuple[str, str] | None = None,
) -> Award:
    """Propose a reward by hand, e.g. for a lecture held. Somebody else decides. ``source`` (kind, id) is what it is
    for; the same source rewards a person once."""
    permit_reward(actor, employee)
    if kind not in (RewardKind.RECOGNITION, RewardKind.POINTS, RewardKind.PROMOTION):
        raise refuse("rewards.unknown_kind", "kind", value=str(kind)[:40], known="recognition, points, promotion")
    if kind == RewardKind.POINTS and (points is None or not 0 < points <= _MOST):
        raise refuse("rewards.number", "points", most=str(_MOST))
    if kind != RewardKind.POINTS and points is not None:
        raise refuse("rewards.points_with_points_only", "points")
    name = {language: short(text, "title", limit=100) for language, text in title.items()}
    name = {language: text for language, text in name.items() if text}
    if not name:
        raise refuse("base.empty", "title")
    now = timezone.now()
    kept = source or ("hand", f"{actor.pk}:{now.timestamp():.6f}")
    with write(actor=actor, verb="rewards.give") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
        known: Award | None = Award.objects.filter(
            employee=employee, kind=str(kind), source_kind=kept[0], source_id=kept[1]
        ).first()
        if known is not None:
            audit.unchanged()
            return known
        row = Award(
            employee=employee,
            kind=str(kind),
            title=name,
            points=points if kind == RewardKind.POINTS else None,
            why=short(why, "why", is_needed=True),
            source_kind=kept[0],
            source_id=kept[1],
            proposed_at=now,
            proposed_by=actor,
        )
        row.save(force_insert=True)
        audit.created(row)
    return row


def decide_award(*, actor: User, award: Award, state: AwardState | str, note: str = "") -> AwardDecision:
    """Approve or decline a proposal, or revoke what was approved. Whoever proposed it does not approve it, nor does
    the person it is for; what is declined or revoked needs a word why."""
    permit_reward(actor, award.employee)
    now_is = state_of(award)
    steps = {
        AwardState.PROPOSED: {AwardState.APPROVED, AwardState.DECLINED},
        AwardState.APPROVED: {AwardState.REVOKED},
    }
    if state not in steps.get(now_is, set()):
        raise refuse(f"rewards.not_now.{now_is}", "state")
    if state == AwardState.APPROVED and award.proposed_by_id == actor.pk:
        raise refuse("rewards.second_pair_of_eyes")
    note = short(note, "note", is_needed=state != AwardState.APPROVED)
    with write(actor=actor, verb="rewards.decide") as audit:
        Employee.objects.select_for_update(no_key=True).get(pk=award.employee_id)
        if state_of(award) != now_is:
            raise refuse(f"rewards.not_now.{state_of(award)}", "state")
        row = AwardDecision(award=award, state=str(state), note=note, at=timezone.now(), by=actor)
        row.save(force_insert=True)
        audit.created(row)
        if state == AwardState.APPROVED:
            _follow(award)
        elif state == AwardState.REVOKED:
            _unfollow(award, note)
        _tell(award, str(state), note)
    return row


def awards_of(*, user: User, employee: Employee | None = None, states: Sequence[str] | None = None) -> QuerySet[Award]:
    """The awards that ``user`` sees: the own ones that count, and all of those whose rewards the user manages."""
    sight = visible_to(user)
    managed = sight.employees(Permission.MANAGE_REWARDS).values("pk")
    latest = AwardDecision.objects.filter(award=OuterRef("pk")).order_by("-id").values("state")[:1]
    everything: QuerySet[Any] = Award.objects.annotate(last=Subquery(latest))
    rows = everything.select_related("employee", "rule", "proposed_by", "cycle")
    own = rows.filter(employee=user.employee_id, last=AwardState.APPROVED)
    others = rows.filter(employee__in=managed)
    if user.employee_id is not None:
        others = others.exclude(employee=user.employee_id)
    found = own | others
    if employee is not None:
        found = found.filter(employee=employee)
    if states is not None:
        wanted = [state for state in states if state != AwardState.PROPOSED]
        chosen = found.filter(last__in=wanted)
        found = chosen | found.filter(last=None) if AwardState.PROPOSED in states else chosen
    return found


def award(*, user: User, pk: UUID | str) -> Award:
    """One award that ``user`` sees; ``NotVisibleError`` when there is none."""
    return one(awards_of(user=user), pk)


def balance(*, user: User) -> Balance:
    """What the user has."""
    if user.employee_id is None:
        return Balance(Decimal(0), ())
    rows = tuple(awards_of(user=user, states=[AwardState.APPROVED]).filter(employee=user.employee_id))
    return Balance(sum((row.points or Decimal(0) for row in rows), Decimal(0)), rows)


def state_of(award: Award) -> AwardState:
    """Where an award stands."""
    last = AwardDecision.objects.filter(award=award).order_by("-id").first()
    return AwardState.PROPOSED if last is None else AwardState(last.state)


def permit_reward(actor: User, employee: Employee) -> None:
    """Only who manages rewards of the person, and never the own ones."""
    managed = visible_to(actor).employees(Permission.MANAGE_REWARDS)
    if actor.employee_id == employee.pk or not managed.filter(pk=employee.pk).exists():
        raise NotVisibleError


def _reached(user: User, cycle: Cycle) -> frozenset[UUID]:
    """The people of a cycle whose rewards ``user`` manages; never oneself."""
    units = frozenset(visible_to(user).units(Permission.MANAGE_REWARDS).values_list("pk", flat=True))
    if not units:
        raise NotVisibleError
    rows = cycle.appraisees.filter(unit__in=units).exclude(employee=user.employee_id)
    return frozenset(rows.values_list("employee", flat=True))


def _proposals(cycle: Cycle) -> Iterator[Proposal]:
    rules = [rule for rule in current_rules() if rule.is_on]
    for row, values in _known(cycle):
        for rule in rules:
            if meets(rule.when, values):
                yield Proposal(rule, row.appraisee.employee, values)


def _known(cycle: Cycle) -> list[tuple[RankRow, dict[str, Decimal | None]]]:
    """What conditions may use, of everybody with a result in the cycle."""
    rows = [row for row in ranked(cycle) if row.normalised is not None]
    ids = [row.appraisee.employee_id for row in rows]
    praises, complaints = (_events(cycle, ids, kind) for kind in (EventKind.PRAISE, EventKind.COMPLAINT))
    earlier = _earlier(cycle, ids)
    found = []
    for row in rows:
        own = row.appraisee.employee_id
        before = earlier.get(own, [])
        values: dict[str, Decimal | None] = {
            "normalised": row.normalised,
            "change": row.normalised - before[0] if before and row.normalised is not None else None,
            "rank": None if row.rank is None else Decimal(row.rank),
            "people": Decimal(len(rows)),
            "team_rank": None if row.team_rank is None else Decimal(row.team_rank),
            "team_size": Decimal(row.team_size),
            "months_at_90": Decimal(_run([row.normalised, *before])),
            "praises": Decimal(praises.get(own, 0)),
            "complaints": Decimal(complaints.get(own, 0)),
        }
        found.append((row, values))
    return found


def _run(results: Sequence[Decimal | None]) -> int:
    """How many of the newest results in a row are high."""
    n = 0
    for result in results:
        if result is None or result < _HIGH:
            break
        n += 1
    return n


def _earlier(cycle: Cycle, employees: Sequence[UUID]) -> dict[UUID, list[Decimal]]:
    """The results by the same template in the periods right before this one, newest first, by employee: as many as
    follow each other without a gap, whatever cycles they were in."""
    rows = Appraisal.objects.filter(
        appraisee__employee__in=employees,
        appraisee__exempt_reason="",
        appraisee__cycle__template_version__template=cycle.template_version.template_id,
        appraisee__cycle__ends_on__lt=cycle.starts_on,
        appraisee__cycle__state__in=PUBLIC,
    )
    named = ("appraisee__employee", "appraisee__cycle__ends_on", "appraisee__cycle__starts_on", "normalised")
    newest: dict[UUID, dict[date, tuple[date, Decimal | None]]] = {}
    for employee, ends_on, starts_on, normalised in rows.order_by("version").values_list(*named):
        newest.setdefault(employee, {})[ends_on] = (starts_on, normalised)
    return {employee: _unbroken(results, cycle.starts_on) for employee, results in newest.items()}


def _unbroken(results: Mapping[date, tuple[date, Decimal | None]], before: date) -> list[Decimal]:
    """The results whose periods end the day before the next one begins, backwards from ``before``."""
    found: list[Decimal] = []
    while len(found) < _LOOK_BACK:
        starts_on, normalised = results.get(before - timedelta(days=1), (before, None))
        if normalised is None:
            break
        found.append(normalised)
        before = starts_on
    return found


def _events(cycle: Cycle, employees: Sequence[UUID], kind: EventKind) -> dict[UUID, int]:
    rows = Event.objects.filter(
        employee__in=employees,
        kind=kind,
        state=EventState.CONFIRMED,
        on__gte=cycle.starts_on,
        on__lte=cycle.ends_on,
    )
    found: dict[UUID, int] = {}
    for employee in rows.values_list("employee", flat=True):
        found[employee] = found.get(employee, 0) + 1
    return found


def _award(proposal: Proposal, cycle: Cycle, actor: User) -> Award:
    rule = proposal.rule
    used = check_condition(rule.when)
    return Award(
        employee=proposal.employee,
        rule=rule,
        cycle=cycle,
        kind=rule.kind,
        title=rule.title,
        points=rule.points if rule.kind == RewardKind.POINTS else None,
        amount=rule.amount if rule.kind == RewardKind.BONUS else None,
        known={name: plain(proposal.values.get(name)) for name in used},
        source_kind="appraisal_rule",
        source_id=f"{cycle.pk}:{rule.key}",
        proposed_at=timezone.now(),
        # A rule proposed it: whoever started the run may still approve what costs nothing.
        proposed_by=actor if rule.kind in MATERIAL else None,
    )


def _follow(award: Award) -> None:
    """Re-training that was approved becomes a need."""
    if award.kind == RewardKind.RETRAINING and award.rule is not None and award.rule.competency:
        record.raise_need(
            actor=None,
            employee=award.employee,
            subject=award.rule.competency,
            origin=record.NeedOrigin.APPRAISAL,
            reason=Reason("rewards.need", {"period": award.cycle.period if award.cycle else ""}),
            evidence=[{"kind": "award", "id": str(award.pk)}],
        )


def _unfollow(award: Award, note: str) -> None:
    """The need of a re-training that is taken back is none, unless something else speaks for it too."""
    if award.kind != RewardKind.RETRAINING:
        return
    own = {"kind": "award", "id": str(award.pk)}
    for need in record.Need.objects.filter(employee=award.employee_id, closed_at=None):
        if need.evidence == [own]:
            record.dismiss_need(actor=None, need=need, note=note)


def _tell(award: Award, state: str, note: str) -> None:
    user = User.objects.filter(employee=award.employee_id, is_active=True).first()
    if user is None or state == AwardState.DECLINED:
        return
    told: dict[str, Any] = {"title": award.name.in_language(user.reading_language)}
    if state == AwardState.REVOKED:
        told["note"] = note  # the page shows only what counts
    send(recipient=user, key=f"inbox.reward_{state}", params=told, link="/assess/rewards/")
