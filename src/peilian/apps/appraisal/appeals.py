"""Appeals (申诉): people contest lines of the own result; who had no part in it decides; a change is a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from peilian.apps.appraisal.authors import authors_of
from peilian.apps.appraisal.checks import is_own, plain, refuse, short
from peilian.apps.appraisal.evaluation import card_in, newest_results
from peilian.apps.appraisal.holders import users_with
from peilian.apps.appraisal.inputs import checked_value
from peilian.apps.appraisal.models import (
    Appeal,
    AppealState,
    Appraisal,
    AppraisalCause,
    Appraisee,
    Cycle,
    InputSource,
)
from peilian.apps.appraisal.publishing import add_version, appeal_ends_at, lock_result
from peilian.apps.appraisal.seen import appraisees_seen, one, own_appraisees
from peilian.apps.appraisal.telling import tell, tell_user
from peilian.apps.base.api import write
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Reason

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_LONGEST = 2000


def appeal(
    *, actor: User, appraisal: Appraisal, points: Sequence[Mapping[str, str]], now: datetime | None = None
) -> Appeal:
    """Contest lines of the own published result: ``{"line", "text"}`` each, within the days that the cycle gives.

    One appeal is open at a time; a line that was decided about this version is not decided twice.
    """
    if not own_appraisees(actor).filter(pk=appraisal.appraisee_id).exists():
        raise NotVisibleError
    now = now or timezone.now()
    with write(actor=actor, verb="appraisal.appeal") as audit:
        appraisee = Appraisee.objects.select_related("cycle").get(pk=appraisal.appraisee_id)
        lock_result(appraisee)
        newest = newest_results([appraisee.pk])[appraisee.pk]
        if newest.pk != appraisal.pk:
            raise refuse("appraisal.newer_version", version=newest.version)
        if now > appeal_ends_at(appraisal=newest):
            raise refuse("appraisal.appeal_too_late", days=appraisee.cycle.appeal_days)
        if Appeal.objects.filter(appraisal__appraisee=appraisee, state=AppealState.OPEN).exists():
            raise refuse("appraisal.appeal_is_open")
        row = Appeal.objects.create(appraisal=newest, points=_points(newest, points), made_at=now, made_by=actor)
        audit.created(row)
        for user in _deciders(row):
            tell_user(user, appraisee, "inbox.appraisal_appeal", person=str(appraisee.employee))
    return row


def withdraw_appeal(*, actor: User, appeal: Appeal) -> Appeal:
    """Take the own appeal back while it is open."""
    if appeal.made_by_id != actor.pk or not actor.is_active:
        raise NotVisibleError
    with write(actor=actor, verb="appraisal.withdraw_appeal") as audit:
        row = Appeal.objects.select_for_update().get(pk=appeal.pk)
        if row.state == AppealState.WITHDRAWN:
            audit.unchanged()
            return row
        _still_open(row)
        row.state = AppealState.WITHDRAWN
        row.save()
        audit.changed(row, state=AppealState.OPEN)
    return row


def decide_appeal(
    *,
    actor: User | None,
    appeal: Appeal,
    decisions: Sequence[Mapping[str, Any]],
    answer: str,
    now: datetime | None = None,
) -> Appeal:
    """Answer an appeal, line by line: ``{"line", "accepted", "indicator", "value", "text"}``.

    Every contested line needs a decision. An accepted one names what is put right (several indicators of a line are
    several decisions), and the result gets a version with it; the appealed one stays. The person is told.
    """
    why_not = None if actor is None else can_decide(user=actor, appeal=appeal)
    if why_not is not None:
        raise NotVisibleError
    answer = short(answer, "answer", limit=_LONGEST, is_needed=True)
    with write(actor=actor, verb="appraisal.decide_appeal") as audit:
        appraisee = Appraisee.objects.select_related("cycle", "employee").get(appraisals=appeal.appraisal_id)
        lock_result(appraisee)
        row = Appeal.objects.select_for_update().get(pk=appeal.pk)
        _still_open(row)
        newest = newest_results([appraisee.pk])[appraisee.pk]
        found = _decisions(row, decisions)
        changes = {item["indicator"]: item["after"] for item in found if item["is_accepted"]}
        for item in found:
            item["before"] = newest.inputs.get(item["indicator"], {}).get("value")
        row.state, row.decisions, row.answer = AppealState.DECIDED, found, answer
        row.decided_at, row.decided_by = now or timezone.now(), actor
        row.save()
        audit.changed(row, state=AppealState.OPEN, decisions=[], answer="")
        if changes:
            add_version(
                audit,
                actor,
                newest,
                changes,
                cause=AppraisalCause.APPEAL,
                source=InputSource.APPEAL,
                note=answer[:500],
                cause_id=str(row.pk),
                now=row.decided_at,
            )
        tell(appraisee, "inbox.appraisal_decided", period=appraisee.cycle.period)
    return row


def appeals_for(*, user: User, states: Iterable[AppealState | str] | None = None) -> QuerySet[Appeal]:
    """The own appeals, those that ``user`` decides, and those on sheets that ``user`` sees; newest first."""
    units = visible_to(user).units(Permission.DECIDE_APPEALS).values("pk")
    seen = Q(appraisal__appraisee__in=appraisees_seen(user).values("pk"))
    mine = Q(made_by=user.pk) if user.is_active else Q(pk__in=())
    rows = Appeal.objects.filter(seen | Q(appraisal__appraisee__unit__in=units) | mine)
    rows = rows.select_related(
        "appraisal__appraisee__employee", "appraisal__appraisee__unit", "appraisal__appraisee__cycle", "decided_by"
    )
    return rows if states is None else rows.filter(state__in=[str(state) for state in states])


def appeal_of(*, user: User, pk: UUID | str) -> Appeal:
    """One appeal; ``NotVisibleError`` when absent or not to be seen."""
    return one(appeals_for(user=user), pk)


def can_decide(*, user: User, appeal: Appeal) -> Reason | None:
    """``None`` when ``user`` may decide this appeal, else why not: not the own one, no part in the result, and only
    with the permission for the person's team."""
    appraisee = Appraisee.objects.get(appraisals=appeal.appraisal_id)
    if is_own(user, appraisee) or appeal.made_by_id == user.pk:
        return Reason("appraisal.not_own_appeal")
    if not visible_to(user).units(Permission.DECIDE_APPEALS).filter(pk=appraisee.unit_id).exists():
        return Reason("appraisal.not_permitted")
    appraisal = Appraisal.objects.get(pk=appeal.appraisal_id)
    if user.pk in authors_of(appraisal, _contested(appraisal, appeal)):
        return Reason("appraisal.had_a_part")
    return None


def _contested(appraisal: Appraisal, appeal: Appeal) -> set[str]:
    lines = {point["line"] for point in appeal.points}
    return {name for item in appraisal.result["lines"] if item["line"] in lines for name in item["inputs"]}


def _points(appraisal: Appraisal, points: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """What is contested, as it is stored."""
    lines = {item["line"] for item in appraisal.result["lines"]}
    decided = {
        point["line"]
        for former in Appeal.objects.filter(appraisal=appraisal, state=AppealState.DECIDED)
        for point in former.points
    }
    found: list[dict[str, str]] = []
    for point in points:
        line = str(point.get("line", ""))
        if line not in lines:
            raise refuse("appraisal.unknown_line", "points", value=line[:80], known=", ".join(sorted(lines)))
        if line in decided:
            raise refuse("appraisal.line_decided", "points", line=line)
        if line in {item["line"] for item in found}:
            raise refuse("appraisal.line_twice", "points", line=line)
        text = short(str(point.get("text", "")), "points", limit=_LONGEST, is_needed=True)
        found.append({"line": line, "text": text})
    if not found:
        raise refuse("appraisal.no_points", "points")
    return found


def _decisions(appeal: Appeal, decisions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    appraisal = appeal.appraisal
    contested = [point["line"] for point in appeal.points]
    of_line = {item["line"]: list(item["inputs"]) for item in appraisal.result["lines"]}
    found: list[dict[str, Any]] = []
    for item in decisions:
        line, is_accepted = str(item.get("line", "")), bool(item.get("accepted"))
        if line not in contested:
            raise refuse("appraisal.unknown_line", "decisions", value=line[:80], known=", ".join(contested))
        indicator = str(item.get("indicator") or (of_line[line][0] if len(of_line[line]) == 1 else ""))
        if is_accepted and indicator not in of_line[line]:
            known = ", ".join(of_line[line])
            raise refuse("appraisal.unknown_indicator", "decisions", value=indicator[:80], known=known)
        if is_accepted and "value" not in item:
            raise refuse("appraisal.accepted_needs_value", "decisions", line=line)
        after = _value_of(appraisal.appraisee.cycle, indicator, item["value"]) if is_accepted else None
        text = short(str(item.get("text") or ""), "decisions", limit=_LONGEST)
        found.append({"line": line, "is_accepted": is_accepted, "indicator": indicator, "after": after, "text": text})
    open_ = [line for line in contested if line not in {item["line"] for item in found}]
    if open_:
        raise refuse("appraisal.decision_lacks", "decisions", lines=", ".join(open_))
    named = [item["indicator"] for item in found if item["is_accepted"]]
    if len(set(named)) < len(named):
        raise refuse("appraisal.decided_twice", "decisions")
    return found


def _value_of(cycle: Cycle, indicator: str, value: Any) -> str | None:
    return plain(checked_value(card_in(cycle), indicator, value))


def _still_open(row: Appeal) -> None:
    if row.state != AppealState.OPEN:
        raise refuse("appraisal.appeal_over")


def _deciders(row: Appeal) -> list[User]:
    """Who may decide it and is nearest to the team."""
    users = users_with(Permission.DECIDE_APPEALS, row.appraisal.appraisee.unit_id)
    return [user for user in users if can_decide(user=user, appeal=row) is None]
