"""Shops beside each other in one month (店铺对比): what was recorded of a shop, else what its days and orders show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q, QuerySet

from peilian.apps.contacts.business_models import CustomerOrder, ShopDay, ShopSnapshot
from peilian.apps.people.api import Membership, Permission, Unit, UnitKind, visible_to
from peilian.engine.business import Comparison, ShopMonth, WageReading, compare_shops
from peilian.engine.business.values import OrderState

if TYPE_CHECKING:
    from peilian.apps.people.api import User

_SOLD = [state.value for state in OrderState if state.is_sale]


@dataclass(frozen=True, slots=True)
class ShopComparison:
    """Shops in one month, and per shop where each number comes from: ``recorded``, ``counted`` or nowhere.

    ``counted_sales`` is what the known days of each shop add up to, beside what was recorded of the month.
    """

    month: date
    shops: tuple[Unit, ...]
    comparison: Comparison
    origins: tuple[dict[str, str], ...]

    @property
    def counted_sales(self) -> tuple[Decimal | None, ...]:
        """The sum of each shop's known days."""
        months = (line.month.daily_sales for line in self.comparison.lines)
        return tuple(sum((amount for _day, amount in days), Decimal(0)) if days else None for days in months)


def shops_seen(*, user: User) -> QuerySet[Unit]:
    """The shops and sites whose business ``user`` may see."""
    sight = visible_to(user)
    sight.require(Permission.SEE_BUSINESS)
    return sight.units(Permission.SEE_BUSINESS).filter(kind__in=(UnitKind.SHOP, UnitKind.SITE)).order_by("code")


def shop_months(*, user: User) -> list[date]:
    """The months of which something is known of a shop that ``user`` may see, the latest first."""
    shops = shops_seen(user=user)
    known = {day.replace(day=1) for day in ShopSnapshot.objects.filter(shop__in=shops).dates("day", "month")}
    known |= {day.replace(day=1) for day in ShopDay.objects.filter(shop__in=shops).dates("day", "month")}
    known |= {day.replace(day=1) for day in CustomerOrder.objects.filter(shop__in=shops).dates("day", "month")}
    return sorted(known, reverse=True)


def shop_comparison(
    *, user: User, shops: Sequence[Unit], month: date, wage: WageReading | None = None
) -> ShopComparison:
    """The shops that ``user`` may see, among those asked for, in the month that holds ``month``."""
    seen = {unit.pk for unit in shops_seen(user=user)}
    chosen = tuple(shop for shop in shops if shop.pk in seen)
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    known = _Known([shop.pk for shop in chosen], first, last)
    found = [known.month_of(shop) for shop in chosen]
    comparison = compare_shops([one for one, _origin in found], wage=wage)
    return ShopComparison(first, chosen, comparison, tuple(origin for _one, origin in found))


class _Known:
    """What is stored of some shops in a month."""

    def __init__(self, shops: Sequence[UUID], first: date, last: date) -> None:
        days = Q(day__range=(first, last), shop__in=shops)
        self._snapshots = {row.shop_id: row for row in ShopSnapshot.objects.filter(days)}
        self._daily: dict[UUID, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        self._asked: dict[UUID, list[int]] = defaultdict(list)
        with_orders = set()
        for shop, day, amount in CustomerOrder.objects.filter(days, state__in=_SOLD).values_list(
            "shop", "day", "amount"
        ):
            self._daily[shop][day] += amount
            with_orders.add((shop, day))
        for row in ShopDay.objects.filter(days, employee=None):
            assert row.shop_id is not None
            if row.sales is not None and (row.shop_id, row.day) not in with_orders:
                self._daily[row.shop_id][row.day] = row.sales
            if row.consultations is not None:
                self._asked[row.shop_id].append(row.consultations)
        self._agents = self._agents_of(shops, last)

    def month_of(self, shop: Unit) -> tuple[ShopMonth, dict[str, str]]:
        """A shop's numbers, each as recorded, else as counted, with where it comes from."""
        pk = shop.pk
        row, daily, asked = self._snapshots.get(pk), dict(self._daily.get(pk, {})), self._asked.get(pk, [])
        counted = {
            "agents": Decimal(self._agents[pk]) if self._agents.get(pk) else None,
            "daily_consultations": Decimal(sum(asked)) / len(asked) if asked else None,
            "wage": None,
            "sales": sum(daily.values(), Decimal(0)) if daily else None,
        }
        values, origins = {}, {}
        for name, other in counted.items():
            recorded = getattr(row, name) if row is not None else None
            values[name] = other if recorded is None else recorded
            origins[name] = "recorded" if recorded is not None else "counted" if other is not None else ""
        month = ShopMonth(
            shop=str(pk),
            **values,
            wage_reading=WageReading(row.wage_reading) if row is not None and row.wage_reading else WageReading.TOTAL,
            daily_sales=tuple(sorted(daily.items())),
        )
        return month, origins

    def _agents_of(self, shops: Sequence[UUID], day: date) -> dict[UUID, int]:
        """How many people belong to each shop at the end of the month."""
        found: dict[UUID, set[UUID]] = defaultdict(set)
        members = Membership.objects.on(day).filter(unit__in=shops)
        for unit, person in members.values_list("unit_id", "employee_id"):
            found[unit].add(person)
        return {unit: len(people) for unit, people in found.items()}
