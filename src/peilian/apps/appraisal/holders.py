"""Who can give what lacks: the names of those whom a reminder would go to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from peilian.apps.appraisal.models import Appraisee, Cycle, InputSource
from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import ROLES, Guidance, GuidanceKind, Permission, Reach, RoleGrant, Unit, User

_PERMISSION = {
    InputSource.BUSINESS: Permission.IMPORT,
    InputSource.CONTACTS: Permission.IMPORT,
    InputSource.EVENTS: Permission.RUN_APPRAISALS,
    InputSource.TYPED: Permission.RATE_APPRAISALS,
}
_LEADER = "supervisor"  # the role of who leads a team
_MOST_NAMES = 3


def names_of(
    source: InputSource, appraisee: Appraisee, holders: Sequence[User], supervisors: Collection[UUID]
) -> tuple[str, ...]:
    """Whom to ask for a value of this source: for what people judge, the person's own supervisor when that one may
    rate, else ``holders``; never the person."""
    others = [user for user in holders if user.employee_id is None or user.employee_id != appraisee.employee_id]
    if source in (InputSource.LEVEL, InputSource.TYPED):
        others = [user for user in others if user.employee_id in supervisors] or others
    return tuple(dict.fromkeys(user.name for user in others))[:_MOST_NAMES]


def permission_for(source: InputSource, rater: Permission) -> Permission:
    """What somebody needs to give a value of this source; ``rater`` rates levels."""
    return rater if source is InputSource.LEVEL else _PERMISSION.get(source, Permission.RUN_APPRAISALS)


def users_with(permission: Permission, unit_id: UUID) -> list[User]:
    """The active users who hold the permission nearest to the unit today."""
    parents = dict(Unit.objects.values_list("pk", "parent_id"))
    place: UUID | None = unit_id
    roles = [role.key for role in ROLES.values() if permission in role.permissions]
    grants = RoleGrant.objects.on(today_in_company()).filter(role__in=roles, user__is_active=True)
    rows = list(grants.select_related("user").order_by("user__name", "pk"))
    while place is not None:
        here = [row.user for row in rows if row.unit_id == place and ROLES[row.role].reach is Reach.UNIT]
        if here:
            return list(dict.fromkeys(here))
        place = parents.get(place)
    return list(dict.fromkeys(row.user for row in rows if ROLES[row.role].reach is Reach.COMPANY))


def supervisors_of(cycle: Cycle, people: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The supervisors of people at the end of a period, both as employees."""
    found: dict[UUID, set[UUID]] = {}
    rows = Guidance.objects.on(cycle.ends_on).filter(employee__in=list(people), kind=GuidanceKind.SUPERVISOR)
    for employee, guide in rows.values_list("employee_id", "guide_id"):
        found.setdefault(employee, set()).add(guide)
    return found


def supervisors_named(*, appraisee: Appraisee) -> tuple[str, ...]:
    """The supervisors of a person on the last day of the period: those named for the person, else whoever leads the
    team."""
    last = appraisee.cycle.ends_on
    named = Guidance.objects.on(last).filter(employee=appraisee.employee_id, kind=GuidanceKind.SUPERVISOR)
    names = list(named.order_by("starts_on", "pk").values_list("guide__name", flat=True))
    if not names:
        grants = RoleGrant.objects.on(last).filter(role=_LEADER, unit=appraisee.unit_id)
        others = grants.exclude(user__employee=appraisee.employee_id)
        names = [row.user.name for row in others.select_related("user").order_by("user__name", "pk")]
    return tuple(dict.fromkeys(names))
