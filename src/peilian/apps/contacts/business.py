"""Monthly figures of people and shops from the stored business tables (月度经营指标).

The rows of a period are loaded once for everybody asked for, then each person's figures are computed by the engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone

from peilian.apps.contacts.business_models import (
    AttendanceDay,
    BusinessRow,
    CustomerOrder,
    FeaturedItem,
    ReportSubmission,
    Review,
    SalesTarget,
    ShopDay,
)
from peilian.apps.people.api import Employee, Membership, Permission, UnitKind, visible_to
from peilian.engine.business import FIGURE_UNITS, Figure, Records, person_figures, settings_of
from peilian.engine.business import values as rows
from peilian.engine.business.values import Period, featured_of

if TYPE_CHECKING:
    from peilian.apps.people.api import User

BusinessFigure = Figure
FIGURE_KEYS: tuple[str, ...] = tuple(FIGURE_UNITS)
V = TypeVar("V")

# Table -> model, for what is known of a period at all.
_TABLES: Mapping[str, type[BusinessRow]] = {
    "orders": CustomerOrder,
    "featured_items": FeaturedItem,
    "attendance": AttendanceDay,
    "shop_days": ShopDay,
    "report_submissions": ReportSubmission,
    "reviews": Review,
}
_MONTHLY = ("featured_items",)


def month_figures(
    *,
    employees: Iterable[Employee | UUID],
    first_day: date,
    last_day: date,
    settings: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> dict[UUID, dict[str, Figure]]:
    """Every figure of every person asked for, both days included; asks nobody's permission (for the product itself).

    Raises ``InputError`` on an unknown setting. A report counts as not handed in once it is overdue at ``now``.
    """
    chosen = settings_of(settings or {})
    people = [one.pk if isinstance(one, Employee) else one for one in employees]
    period = Period(first_day, last_day)
    loaded = _Loaded(people, period, now or timezone.now())
    return {person: person_figures(loaded.of(person), period, chosen) for person in people}


def figures_seen(
    *,
    user: User,
    employees: Iterable[Employee | UUID],
    first_day: date,
    last_day: date,
    settings: Mapping[str, str] | None = None,
) -> dict[UUID, dict[str, Figure]]:
    """The same for those whom ``user`` may see; others are left out."""
    sight = visible_to(user)
    sight.require(Permission.SEE_BUSINESS)
    wanted = [one.pk if isinstance(one, Employee) else one for one in employees]
    seen = set(sight.employees(Permission.SEE_BUSINESS).filter(pk__in=wanted).values_list("pk", flat=True))
    return month_figures(
        employees=[one for one in wanted if one in seen], first_day=first_day, last_day=last_day, settings=settings
    )


def order_value(row: CustomerOrder) -> rows.Order:
    """A stored line of an order as the engine takes it."""
    return rows.Order(
        id=str(row.pk),
        source=str(row.source_id),
        number=row.number,
        day=row.day,
        shop=_text(row.shop_id),
        person=_text(row.employee_id),
        amount=row.amount,
        refunded=row.refunded,
        state=rows.OrderState(row.state),
        item=row.item,
        quantity=row.quantity,
    )


class _Loaded:
    """The rows of a period, by person and by shop."""

    def __init__(self, people: Sequence[UUID], period: Period, now: datetime) -> None:
        self._period, self._now = period, now
        self._shops = _shops_of(people, period)
        mine = Q(employee__in=people)
        orders = CustomerOrder.objects.filter(day__range=(period.first, period.last)).order_by("day", "pk")
        own = [order_value(row) for row in orders.filter(mine)]
        for order in own:
            if order.shop is not None and order.person is not None:
                self._shops[UUID(order.person)].add(order.shop)
        shops = {UUID(shop) for found in self._shops.values() for shop in found}
        by_shop = [order_value(row) for row in orders.filter(shop__in=shops)]
        before = period.before
        earlier = CustomerOrder.objects.filter(day__range=(before.first, before.last)).order_by("day", "pk")
        self._own = _by_person(own)
        self._own_before = _by_person(order_value(row) for row in earlier.filter(mine))
        self._of_shop: dict[str | None, list[rows.Order]] = defaultdict(list)
        for order in by_shop:
            self._of_shop[order.shop].append(order)
        months = Q(day__gte=period.first.replace(day=1), day__lte=period.last)
        self._targets = _by_person(_target(row) for row in SalesTarget.objects.filter(months & mine))
        self._featured = [_featured(row) for row in FeaturedItem.objects.filter(months)]
        days = Q(day__range=(period.first, period.last))
        self._attendance = _by_person(
            _attendance(row) for row in AttendanceDay.objects.filter(days & mine).order_by("day")
        )
        shop_days = ShopDay.objects.filter(days & (mine | Q(employee=None, shop__in=shops))).order_by("day")
        self._days: dict[str | None, list[rows.ShopDay]] = defaultdict(list)
        self._shop_days: dict[str | None, list[rows.ShopDay]] = defaultdict(list)
        for row in shop_days:
            value = _shop_day(row)
            (self._days[value.person] if value.person else self._shop_days[value.shop]).append(value)
        reports = ReportSubmission.objects.filter(days & mine).order_by("day")
        self._reports = _by_person(self._report(row) for row in reports)
        self._reviews = _by_person(_review(row) for row in Review.objects.filter(days & mine).order_by("day"))
        self._known = _known_until(period)

    def of(self, person: UUID) -> Records:
        """Everything of one person."""
        key, shops = str(person), frozenset(self._shops[person])
        own = self._own[key]
        # Orders of no shop still belong to what was sold where the person works.
        shop_orders = [order for shop in shops for order in self._of_shop[shop]] + [o for o in own if o.shop is None]
        return Records(
            orders=tuple(own),
            orders_before=tuple(self._own_before[key]),
            shop_orders=tuple(shop_orders),
            targets=tuple(self._targets[key]),
            featured=featured_of(self._featured, key, shops),
            attendance=tuple(self._attendance[key]),
            days=tuple(self._days[key]),
            shop_days=tuple(day for shop in shops for day in self._shop_days[shop]),
            reports=tuple(self._reports[key]),
            reviews=tuple(self._reviews[key]),
            known_until=self._known,
        )

    def _report(self, row: ReportSubmission) -> rows.Report:
        on_time: bool | None
        if row.received_at is not None:
            on_time = row.received_at <= row.due_at
        else:
            on_time = False if row.due_at < self._now else None
        return rows.Report(str(row.pk), str(row.source_id), row.day, str(row.employee_id), on_time, row.quality)


def _shops_of(people: Sequence[UUID], period: Period) -> dict[UUID, set[str]]:
    """The shops that people belonged to on some day of the period."""
    found: dict[UUID, set[str]] = defaultdict(set)
    places = Membership.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=period.first),
        employee__in=people,
        starts_on__lte=period.last,
        unit__kind__in=(UnitKind.SHOP, UnitKind.SITE),
    )
    for person, unit in places.values_list("employee_id", "unit_id"):
        found[person].add(str(unit))
    return found


def _known_until(period: Period) -> dict[str, date]:
    """Until which day each table was imported, for anybody; tables with no row in the period are left out."""
    found = {}
    for table, model in _TABLES.items():
        first = period.first.replace(day=1) if table in _MONTHLY else period.first
        inside = model._default_manager.filter(day__gte=first, day__lte=period.last)
        last = inside.aggregate(last=Max("day"))["last"]
        if last is not None:
            # What holds for a month is known for all of it.
            found[table] = period.last if table in _MONTHLY else last
    before = period.before
    if CustomerOrder.objects.filter(day__range=(before.first, before.last)).exists():
        found["orders_before"] = before.last
    return found


def _by_person(values: Iterable[V]) -> dict[str | None, list[V]]:
    found: dict[str | None, list[V]] = defaultdict(list)
    for value in values:
        found[value.person].append(value)  # type: ignore[attr-defined]
    return found


def _target(row: SalesTarget) -> rows.Target:
    return rows.Target(str(row.pk), str(row.source_id), row.day, _text(row.employee_id), _text(row.shop_id), row.amount)


def _featured(row: FeaturedItem) -> rows.FeaturedItem:
    return rows.FeaturedItem(
        id=str(row.pk),
        source=str(row.source_id),
        month=row.day,
        item=row.item,
        person=_text(row.employee_id),
        shop=_text(row.shop_id),
        amount=row.amount,
        quantity=row.quantity,
        share=row.share,
    )


def on_leave(*, employees: Collection[UUID], day: date) -> set[UUID]:
    """Who of these people is on leave on a day, as far as attendance tells; for other apps, without a user."""
    there = AttendanceDay.objects.filter(employee__in=employees, day=day, state=rows.Presence.LEAVE)
    return {pk for pk in there.values_list("employee", flat=True) if pk is not None}


def _attendance(row: AttendanceDay) -> rows.AttendanceDay:
    return rows.AttendanceDay(
        str(row.pk), str(row.source_id), row.day, str(row.employee_id), rows.Presence(row.state), row.worked
    )


def _shop_day(row: ShopDay) -> rows.ShopDay:
    return rows.ShopDay(
        id=str(row.pk),
        source=str(row.source_id),
        day=row.day,
        shop=_text(row.shop_id),
        person=_text(row.employee_id),
        visits=_count(row.visits),
        consultations=_count(row.consultations),
        responses=_count(row.responses),
        sales=row.sales,
    )


def _review(row: Review) -> rows.Review:
    is_bad = row.mark == "bad" if row.mark else None
    return rows.Review(str(row.pk), str(row.source_id), row.day, str(row.employee_id), row.score, is_bad)


def _count(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
