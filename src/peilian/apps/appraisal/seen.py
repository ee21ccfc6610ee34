"""Who sees which cycles and sheets.

A sheet is seen by who holds ``SEE_APPRAISALS`` for the team it belongs to, or, once published, for the team that the
person is in today. The own sheet is seen by everybody, when it is published or the cycle shows it while reviewed; no
permission shows it earlier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, Q, QuerySet

from peilian.apps.appraisal.models import Appraisee, Cycle, CycleState
from peilian.apps.people.api import NotVisibleError, Permission, visible_to

if TYPE_CHECKING:
    from peilian.apps.people.api import User

M = TypeVar("M", bound=Model)

PUBLIC = (CycleState.PUBLISHED, CycleState.CLOSED)
RUNNERS = (
    Permission.SEE_APPRAISALS,
    Permission.SEE_APPRAISAL_TOTALS,
    Permission.RATE_APPRAISALS,
    Permission.RUN_APPRAISALS,
    Permission.DECIDE_APPEALS,
)


def appraisees_seen(user: User, permission: Permission = Permission.SEE_APPRAISALS) -> QuerySet[Appraisee]:
    """The sheets that ``user`` sees by ``permission``, and the own ones."""
    sight = visible_to(user)
    mine = _own(user)
    others = Q(unit__in=sight.units(permission).values("pk"))
    others |= Q(employee__in=sight.employees(permission).values("pk"), cycle__state__in=PUBLIC)
    if user.employee_id is not None:
        others &= ~Q(employee=user.employee_id)
    return _sheets().filter(others | mine)


def own_appraisees(user: User) -> QuerySet[Appraisee]:
    """The user's own sheets, as far as they are shown to the person by now."""
    return _sheets().filter(_own(user)).order_by("-cycle__starts_on", "-id")


def cycles_seen(user: User) -> QuerySet[Cycle]:
    """The cycles of the units that ``user`` has to do with, and those with an own sheet that is shown."""
    sight = visible_to(user)
    wanted = Q(appraisees__in=Appraisee.objects.filter(_own(user)).values("pk"))
    for permission in RUNNERS:
        units = sight.units(permission).values("pk")
        wanted |= Q(unit__in=units) | Q(appraisees__unit__in=units)
    found = Cycle.objects.filter(wanted).values("pk")
    rows = Cycle.objects.filter(pk__in=found).exclude(state=CycleState.DISCARDED).select_related("unit")
    return rows.prefetch_related("template_version__template")


def cycle_for(user: User, cycle: Cycle | UUID | str) -> Cycle:
    """One cycle; ``NotVisibleError`` when it does not exist or ``user`` has nothing to do with it."""
    return one(cycles_seen(user), cycle)


def appraisee_for(user: User, appraisee: Appraisee | UUID | str) -> Appraisee:
    """One sheet; ``NotVisibleError`` when it does not exist or ``user`` may not see it."""
    return one(appraisees_seen(user), appraisee)


def one(rows: QuerySet[M], wanted: M | UUID | str) -> M:
    """The row of ``rows`` that is ``wanted`` or has it as id; ``NotVisibleError`` when there is none."""
    try:
        return rows.get(pk=UUID(str(getattr(wanted, "pk", wanted))))
    except (ObjectDoesNotExist, ValueError):
        raise NotVisibleError from None


def _sheets() -> QuerySet[Appraisee]:
    rows = Appraisee.objects.exclude(cycle__state=CycleState.DISCARDED)
    # Fetched apart, the document of a template comes once for all its sheets.
    return rows.select_related("cycle__unit", "employee", "unit", "post").prefetch_related(
        "cycle__template_version__template"
    )


def _own(user: User) -> Q:
    if user.employee_id is None or not user.is_active:
        return Q(pk__in=())
    previewed = Q(cycle__state=CycleState.REVIEWING, cycle__shows_preview=True)
    return Q(employee=user.employee_id) & (Q(cycle__state__in=PUBLIC) | previewed)
