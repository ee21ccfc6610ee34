"""What a company may choose about its figures, with the defaults; every choice is data and is kept with the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args

from peilian.engine._kernel import Fault, InputError, Reason

ByPersonOrShop = Literal["agent", "shop"]
FeaturedBy = Literal["target", "share"]
SalesBy = Literal["paid", "net"]
ReportsBy = Literal["all", "share"]
LeaveBy = Literal["due", "not_due"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How figures are read (口径).

    ``conversion``: a person's deals by consultations, or the shop's deals by visits. ``featured``: featured sales by
    their target, or by all sales. ``sales``: what was paid, or what is left after refunds. ``reports``: every report of
    the period has to do, or the share that does. ``leave``: whether approved leave counts as due in presence.
    """

    conversion: ByPersonOrShop = "agent"
    featured: FeaturedBy = "target"
    sales: SalesBy = "paid"
    reports: ReportsBy = "all"
    leave: LeaveBy = "due"
    report_quality_standard: Decimal = Decimal(2)
    bad_review_at_most: Decimal = Decimal(2)


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "conversion": get_args(ByPersonOrShop),
    "featured": get_args(FeaturedBy),
    "sales": get_args(SalesBy),
    "reports": get_args(ReportsBy),
    "leave": get_args(LeaveBy),
}
_NUMBERS = ("report_quality_standard", "bad_review_at_most")


def settings_of(chosen: Mapping[str, str]) -> Settings:
    """Settings from texts; a setting that is not named keeps its default. Raises ``InputError`` on what is unknown."""
    found: dict[str, str | Decimal] = {}
    faults = []
    for key, value in chosen.items():
        if key in _NUMBERS:
            number = _number(value)
            if number is None:
                faults.append(Fault(Reason("business.not_a_number", {"value": value}), field=key))
            else:
                found[key] = number
        elif key not in _CHOICES or value not in _CHOICES[key]:
            known = ", ".join(_CHOICES.get(key, (*_CHOICES, *_NUMBERS)))
            faults.append(Fault(Reason("business.unknown_choice", {"value": value, "known": known}), field=key))
        else:
            found[key] = value
    if faults:
        raise InputError(*faults)
    return Settings(**found)  # type: ignore[arg-type]


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
