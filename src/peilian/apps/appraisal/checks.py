"""What every write of the appraisal checks first: who may, on whom, and whether words and numbers can be stored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from peilian.apps.base.api import refuse as refuse
from peilian.apps.base.api import short as short
from peilian.apps.base.api import today_in_company
from peilian.apps.people.api import NotVisibleError, Permission, Unit, visible_to

if TYPE_CHECKING:
    from peilian.apps.appraisal.models import Appraisee
    from peilian.apps.people.api import User

PLACES = 12  # decimals that values are stored with
_WIDE = Context(prec=60)
_LONG_AGO, _FAR = date(2000, 1, 1), timedelta(days=2 * 366)


def one_at_a_time() -> None:
    """Keep whoever changes rules of the company at the same moment waiting until the write ends: the next one sees what
    this one added."""
    list(Unit.objects.select_for_update(no_key=True).filter(parent=None).values_list("pk", flat=True))


def fitting_day(day: date, field: str) -> date:
    """``day``, unless its year can only be mistyped."""
    soon = today_in_company() + _FAR
    if not _LONG_AGO <= day <= soon:
        raise refuse("appraisal.day_range", field, first=_LONG_AGO.isoformat(), last=soon.isoformat())
    return day


def permit_unit(actor: User | None, permission: Permission, unit_id: UUID) -> None:
    """Only who holds ``permission`` for the unit; the product itself (``None``) may."""
    if actor is not None and not visible_to(actor).units(permission).filter(pk=unit_id).exists():
        raise NotVisibleError


def permit_company(actor: User | None, permission: Permission) -> None:
    """Only who holds ``permission`` for the whole company; the product itself may."""
    if actor is not None and not visible_to(actor).reaches_company(permission):
        raise NotVisibleError


def permit_on(actor: User | None, permission: Permission, appraisee: Appraisee) -> None:
    """Only who holds ``permission`` for the team of ``appraisee``, and never on the own sheet."""
    permit_unit(actor, permission, appraisee.unit_id)
    if is_own(actor, appraisee):
        raise NotVisibleError


def is_own(user: User | None, appraisee: Appraisee) -> bool:
    """Whether the sheet is the user's own."""
    return user is not None and user.employee_id is not None and user.employee_id == appraisee.employee_id


def stored(value: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """``value`` with the decimals that are kept."""
    return value.quantize(Decimal(1).scaleb(-PLACES), rounding=rounding, context=_WIDE)


def plain(value: Decimal | None) -> str | None:
    """A number as frozen documents hold it: plain digits, no trailing zeros."""
    if value is None:
        return None
    return f"{value.normalize():f}" if value else "0"
