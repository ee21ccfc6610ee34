"""What business tables say (经营数据), row by row. Money is decimal, days are local to the company.

``id`` and ``source`` are the row and the import it stems from; they lead from a figure back to its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class OrderState(StrEnum):
    """Where an order (订单) stands."""

    UNPAID = "unpaid"
    CANCELLED = "cancelled"  # before it was paid
    PAID = "paid"
    DONE = "done"
    REFUNDED = "refunded"  # the money went back, with or without the goods
    RETURNED = "returned"

    @property
    def is_sale(self) -> bool:
        """Whether it was paid at some time."""
        return self not in (OrderState.UNPAID, OrderState.CANCELLED)

    @property
    def is_given_back(self) -> bool:
        """Whether it counts as returned (退单)."""
        return self in (OrderState.REFUNDED, OrderState.RETURNED)


class Presence(StrEnum):
    """What became of a working day (出勤)."""

    PRESENT = "present"
    LATE = "late"
    ABSENT = "absent"  # without leave
    LEAVE = "leave"  # approved
    OFF = "off"  # no working day


@dataclass(frozen=True, slots=True)
class Sourced:
    """A row of a table: its id and the import that wrote it."""

    id: str
    source: str


@dataclass(frozen=True, slots=True)
class Order(Sourced):
    """One line of an order (订单), credited to a person on the day it was paid.

    Several lines share a ``number``; the order counts once, its lines' amounts add up.
    """

    number: str
    day: date
    shop: str | None
    person: str | None
    amount: Decimal
    refunded: Decimal
    state: OrderState
    item: str = ""
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Target(Sourced):
    """What a person, or a shop, is to sell in a month (销售目标)."""

    month: date
    person: str | None
    shop: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class FeaturedItem(Sourced):
    """An item to be sold in the first place (主推单品) in a month, by one person or by all of a shop or of the company.

    The target is an amount, a number of pieces, or a share of the own sales; without any the item only counts.
    """

    month: date
    item: str
    person: str | None
    shop: str | None
    amount: Decimal | None = None
    quantity: Decimal | None = None
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AttendanceDay(Sourced):
    """One day of one person (出勤)."""

    day: date
    person: str
    presence: Presence
    worked: Decimal  # share of the day, 0 to 1


@dataclass(frozen=True, slots=True)
class ShopDay(Sourced):
    """One day of a shop, or of one person in it (店铺日数据). A missing count is unknown, not zero."""

    day: date
    shop: str | None
    person: str | None
    visits: Decimal | None = None
    consultations: Decimal | None = None
    responses: Decimal | None = None
    sales: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Report(Sourced):
    """A report that was due (报告提交); ``is_on_time`` is missing while it is neither in nor overdue."""

    due: date
    person: str
    is_on_time: bool | None
    quality: Decimal | None


@dataclass(frozen=True, slots=True)
class Review(Sourced):
    """What a customer wrote after the purchase (评价)."""

    day: date
    person: str
    score: Decimal | None  # of 5
    is_bad: bool | None  # as the platform marks it


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def before(self) -> Period:
        """The period to compare with: for whole months as many months before, else as many days before."""
        last = self.first - timedelta(days=1)
        if self.first.day != 1 or (self.last + timedelta(days=1)).day != 1:
            return Period(self.first - (self.last - self.first + timedelta(days=1)), last)
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        at = self.first.year * 12 + self.first.month - 1 - months
        return Period(date(at // 12, at % 12 + 1, 1), last)


@dataclass(frozen=True, slots=True)
class Records:
    """Everything known of one person in a period and the one before.

    ``orders`` and ``days`` are the person's own; ``shop_orders`` and ``shop_days`` those of the shops the person works
    in. ``known_until`` says for each table (``orders``, ``orders_before``, ``attendance``, ...) until which day it was
    imported at all, for anybody; a table that is not in it was not imported for the period.
    """

    orders: tuple[Order, ...] = ()
    orders_before: tuple[Order, ...] = ()
    shop_orders: tuple[Order, ...] = ()
    targets: tuple[Target, ...] = ()
    featured: tuple[FeaturedItem, ...] = ()
    attendance: tuple[AttendanceDay, ...] = ()
    days: tuple[ShopDay, ...] = ()
    shop_days: tuple[ShopDay, ...] = ()
    reports: tuple[Report, ...] = ()
    reviews: tuple[Review, ...] = ()
    known_until: Mapping[str, date] = field(default_factory=dict)


def featured_of(rows: Iterable[FeaturedItem], person: str, shops: frozenset[str]) -> tuple[FeaturedItem, ...]:
    """The featured items that concern a person: the own ones, those of the shops, and those of all."""
    return tuple(
        row for row in rows if row.person == person or (row.person is None and (row.shop is None or row.shop in shops))
    )
