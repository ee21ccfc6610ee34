"""Reading the directory for pages: people in one query each for places, stages, accounts and guides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from peilian.apps.people.gate import Sight
from peilian.apps.people.models import AgentAccount, Employee, Guidance, Membership, RoleGrant, StageEntry, User
from peilian.apps.people.roles import Permission

if TYPE_CHECKING:
    from peilian.apps.people.models import Unit


@dataclass(frozen=True, slots=True)
class PeopleQuestion:
    """Whom to list: words in name, number or account; a unit with all below it; a stage; those who have left."""

    words: str = ""
    unit: Unit | None = None
    stage: str = ""
    has_left: bool = False


def find_people(*, sight: Sight, question: PeopleQuestion) -> QuerySet[Employee]:
    """The people of ``sight`` that answer ``question``, by number, with today's ``places``, ``uses`` and ``stage_now``.

    The number of queries does not depend on how many there are.
    """
    gone = Q(left_on__lte=sight.day)
    rows = sight.employees(Permission.SEE_PEOPLE).filter(gone if question.has_left else ~gone | Q(left_on=None))
    for word in question.words.split():
        using = AgentAccount.objects.filter(account__icontains=word).values("employee")
        rows = rows.filter(Q(name__icontains=word) | Q(number__icontains=word) | Q(pk__in=using))
    if question.unit is not None:
        inside = Membership.objects.on(sight.day).filter(unit__in=sight.within(question.unit))
        rows = rows.filter(pk__in=inside.values("employee"))
    rows = _with_stage(rows, sight)
    if question.stage:
        rows = rows.filter(Q(("stage_now", question.stage)))
    return rows.prefetch_related(*_today(sight)).order_by("number")


def profile(*, sight: Sight, pk: object) -> Employee:
    """One person of ``sight`` with everything a profile shows; ``NotVisibleError`` when absent or not covered."""
    employee = sight.employee(Permission.SEE_PEOPLE, str(pk))
    rows = _with_stage(Employee.objects.filter(pk=employee.pk), sight).prefetch_related(
        *_today(sight),
        Prefetch("memberships", Membership.objects.select_related("unit", "post").order_by("-starts_on"), "history"),
        Prefetch("accounts", AgentAccount.objects.order_by("-starts_at"), "all_uses"),
        Prefetch("guided_by", Guidance.objects.select_related("guide").order_by("-starts_on"), "guidance"),
        Prefetch(
            "guides", Guidance.objects.on(sight.day).select_related("employee").order_by("employee__number"), "guided"
        ),
        "stages",
    )
    return rows.get()


def find_users(*, sight: Sight, words: str = "", role: str = "") -> QuerySet[User]:
    """The users to manage, by sign-in name, with ``grants_now``."""
    rows = sight.users()
    for word in words.split():
        rows = rows.filter(Q(username__icontains=word) | Q(name__icontains=word))
    if role:
        rows = rows.filter(pk__in=RoleGrant.objects.on(sight.day).filter(role=role).values("user"))
    now = Prefetch("grants", RoleGrant.objects.on(sight.day).select_related("unit"), "grants_now")
    return rows.select_related("employee").prefetch_related(now).order_by("username")


def _with_stage(rows: QuerySet[Employee], sight: Sight) -> QuerySet[Employee]:
    stage = StageEntry.objects.filter(employee=OuterRef("pk"), starts_on__lte=sight.day).order_by("-starts_on", "-id")
    return rows.annotate(stage_now=Subquery(stage.values("stage")[:1]))


def _today(sight: Sight) -> tuple[Prefetch[Any, Any, Any], ...]:
    now = timezone.now()
    uses = AgentAccount.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    places = Membership.objects.on(sight.day).select_related("unit", "post").order_by("starts_on")
    return Prefetch("memberships", places, "places"), Prefetch("accounts", uses.order_by("account"), "uses")
