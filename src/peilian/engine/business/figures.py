"""The monthly figures of one person (月度经营指标): each with both sides of its quotient, its cases and its evidence.

A figure without a value says why; missing is never 0. Formulas: sales completion = sales / target; sales growth =
(sales - sales before) / sales before; conversion = deals / consultations (of a person) or deals / visits (of a shop);
featured = featured sales / featured target, or / all sales; return = orders given back / orders; own deals = own
orders / orders of the shop; presence = days worked / days due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from peilian.engine._kernel import Reason
from peilian.engine.business.settings import Settings
from peilian.engine.business.values import (
    FeaturedItem,
    Order,
    Period,
    Presence,
    Records,
    Report,
    Review,
    ShopDay,
    Sourced,
)

ROWS_KEPT = 50  # ids of rows in a reference; their number and their imports are always whole
_NEARLY = 3  # days before the end of a period that a table may end without a word: a shop may sell nothing for a day
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value, the rows ``n`` it stands on, both sides of a quotient, a note, and where it comes from.

    ``references`` are ``{"table", "n", "rows", "imports"}``; ``formula`` names how it was computed.
    """

    value: Decimal | None
    n: int
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    note: Reason | None = None
    references: tuple[dict[str, Any], ...] = ()
    formula: str = ""


# Key -> unit (ratio, count, money).
FIGURE_UNITS: Mapping[str, str] = {
    "sales": "money",
    "orders": "count",
    "sales_completion_ratio": "ratio",
    "sales_growth_ratio": "ratio",
    "conversion_ratio": "ratio",
    "conversion_ratio_agent": "ratio",
    "conversion_ratio_shop": "ratio",
    "featured_ratio": "ratio",
    "return_ratio": "ratio",
    "responses": "count",
    "own_deal_ratio": "ratio",
    "late_count": "count",
    "absent_days": "count",
    "presence_ratio": "ratio",
    "report_on_time": "ratio",
    "report_quality_met": "ratio",
    "bad_reviews": "count",
}


def person_figures(records: Records, period: Period, settings: Settings | None = None) -> dict[str, Figure]:
    """Every figure of ``FIGURE_UNITS`` for one person."""
    one = _Person(records, period, settings or Settings())
    conversion = {"agent": one.conversion_by_person(), "shop": one.conversion_by_shop()}
    on_time, quality = one.reports()
    return {
        "sales": one.sales(),
        "orders": one.order_count(),
        "sales_completion_ratio": one.completion(),
        "sales_growth_ratio": one.growth(),
        "conversion_ratio": conversion[one.settings.conversion],
        "conversion_ratio_agent": conversion["agent"],
        "conversion_ratio_shop": conversion["shop"],
        "featured_ratio": one.featured(),
        "return_ratio": one.returned(),
        "responses": one.responses(),
        "own_deal_ratio": one.own_deals(),
        "late_count": one.attendance("late_days", _late),
        "absent_days": one.attendance("absent_days", _absent),
        "presence_ratio": one.presence(),
        "report_on_time": on_time,
        "report_quality_met": quality,
        "bad_reviews": one.bad_reviews(),
    }


def count_of(orders: Iterable[Order]) -> int:
    """How many orders the lines belong to."""
    return len({order.number for order in orders})


def reference(table: str, rows: Sequence[Sourced]) -> dict[str, Any]:
    """Where a figure comes from."""
    return {
        "table": table,
        "n": len(rows),
        "rows": [row.id for row in rows[:ROWS_KEPT]],
        "imports": sorted({row.source for row in rows}),
    }


class _Person:
    """The rows of one person that count, and the figures over them."""

    def __init__(self, records: Records, period: Period, settings: Settings) -> None:
        self.records, self.period, self.settings = records, period, settings
        self.sold = tuple(order for order in records.orders if order.state.is_sale)
        self.sold_before = tuple(order for order in records.orders_before if order.state.is_sale)
        self.shop_sold = tuple(order for order in records.shop_orders if order.state.is_sale)

    def sales(self) -> Figure:
        if missing := self._missing("orders"):
            return Figure(None, 0, note=missing, formula=self._sales_formula)
        total = self._amount(self.sold)
        return self._made(total, count_of(self.sold), total, None, "orders", self._sales_formula, ("orders", self.sold))

    def order_count(self) -> Figure:
        if missing := self._missing("orders"):
            return Figure(None, 0, note=missing, formula="orders")
        n = count_of(self.sold)
        return self._made(Decimal(n), n, Decimal(n), None, "orders", "orders", ("orders", self.sold))

    def completion(self) -> Figure:
        targets = tuple(target for target in self.records.targets if target.person is not None)
        whole = sum((target.amount for target in targets), ZERO)
        from_ = (("orders", self.sold), ("sales_targets", targets))
        formula = "sales_by_target"
        if missing := self._missing("orders"):
            return Figure(None, 0, None, whole if targets else None, missing, formula=formula)
        done, n = self._amount(self.sold), count_of(self.sold)
        if not targets:
            return Figure(None, n, done, None, Reason("business.no_target"), formula=formula)
        if not whole:
            return Figure(None, n, done, whole, Reason("business.target_is_zero"), formula=formula)
        return self._made(done / whole, n, done, whole, "orders", formula, *from_)

    def growth(self) -> Figure:
        formula = "sales_growth"
        if missing := self._missing("orders"):
            return Figure(None, 0, note=missing, formula=formula)
        now, before = self._amount(self.sold), self._amount(self.sold_before)
        n = count_of(self.sold)
        if "orders_before" not in self.records.known_until or not self.sold_before:
            return Figure(None, n, now, None, Reason("business.no_month_before"), formula=formula)
        if not before:
            return Figure(None, n, now, before, Reason("business.month_before_is_zero"), formula=formula)
        from_ = (("orders", self.sold), ("orders", self.sold_before))
        return self._made((now - before) / before, n, now, before, "orders", formula, *from_)

    def conversion_by_person(self) -> Figure:
        return self._conversion(self.sold, self.records.days, _consultations, "deals_by_consultations")

    def conversion_by_shop(self) -> Figure:
        whole = tuple(day for day in self.records.shop_days if day.person is None)
        return self._conversion(self.shop_sold, whole, _visits, "deals_by_visits")

    def _conversion(
        self,
        sold: Sequence[Order],
        days: Sequence[ShopDay],
        number: Callable[[ShopDay], Decimal | None],
        formula: str,
    ) -> Figure:
        if missing := self._missing("orders") or self._missing("shop_days"):
            return Figure(None, 0, note=missing, formula=formula)
        deals, known = Decimal(count_of(sold)), [found for day in days if (found := number(day)) is not None]
        if not known:
            return Figure(None, 0, deals, None, Reason(f"business.no_{formula}"), formula=formula)
        asked = sum(known, ZERO)
        if not asked:
            return Figure(None, 0, deals, asked, Reason("business.nothing_to_divide_by"), formula=formula)
        from_ = (("orders", sold), ("shop_days", days))
        return self._made(deals / asked, int(asked), deals, asked, "shop_days", formula, *from_)

    def featured(self) -> Figure:
        by_share = self.settings.featured == "share"
        formula = "featured_by_sales" if by_share else "featured_by_target"
        if missing := self._missing("orders") or self._missing("featured_items"):
            return Figure(None, 0, note=missing, formula=formula)
        named = {row.item for row in self.records.featured}
        sold = tuple(order for order in self.sold if order.item in named)
        n = count_of(sold)
        if self.sold and not any(order.item for order in self.sold):
            return Figure(None, 0, note=Reason("business.orders_without_items"), formula=formula)
        if not named:
            return Figure(None, 0, note=Reason("business.no_featured_items"), formula=formula)
        if by_share:
            done, whole = self._amount(sold), self._amount(self.sold)
            if not whole:
                return Figure(None, n, done, whole, Reason("business.no_sales"), formula=formula)
            from_ = (("orders", sold), ("featured_items", self.records.featured))
            return self._made(done / whole, count_of(self.sold), done, whole, "orders", formula, *from_)
        return self._featured_by_target(sold, n, formula)

    def _featured_by_target(self, sold: Sequence[Order], n: int, formula: str) -> Figure:
        """Featured sales by the person's own targets, in money or in pieces: the two cannot be added."""
        own = tuple(row for row in self.records.featured if row.person is not None)
        shares = tuple(row for row in self.records.featured if row.share is not None)
        aimed = tuple(row for row in own if row.amount is not None or row.quantity is not None)
        if shares and not aimed:
            return self._featured_by_target_share(sold, shares)
        if not aimed:
            return Figure(None, n, None, None, Reason("business.no_featured_target"), formula=formula)
        in_money = [row.amount for row in aimed if row.amount is not None]
        in_pieces = [row.quantity for row in aimed if row.amount is None and row.quantity is not None]
        if in_money and in_pieces:
            return Figure(None, n, None, None, Reason("business.featured_target_mixed"), formula=formula)
        items = {row.item for row in aimed}
        counted = tuple(order for order in sold if order.item in items)
        done = self._amount(counted) if in_money else sum((order.quantity for order in counted), ZERO)
        whole = sum(in_money or in_pieces, ZERO)
        if not whole:
            return Figure(None, n, done, whole, Reason("business.target_is_zero"), formula=formula)
        from_ = (("orders", counted), ("featured_items", aimed))
        return self._made(done / whole, count_of(counted), done, whole, "orders", formula, *from_)

    def _featured_by_target_share(self, sold: Sequence[Order], aimed: Sequence[FeaturedItem]) -> Figure:
        """The share of featured items in the own sales by the share they were to have; it may be set for all."""
        formula = "featured_share_by_target_share"
        items = {row.item for row in aimed}
        counted = tuple(order for order in sold if order.item in items)
        sales = self._amount(self.sold)
        whole = sum((row.share for row in aimed if row.share is not None), ZERO)
        if not sales or not whole:
            why = Reason("business.target_is_zero") if sales else Reason("business.no_sales")
            return Figure(None, count_of(counted), None, whole, why, formula=formula)
        done = self._amount(counted) / sales
        from_ = (("orders", counted), ("featured_items", aimed))
        return self._made(done / whole, count_of(self.sold), done, whole, "orders", formula, *from_)

    def returned(self) -> Figure:
        formula = "returns_by_orders"
        if missing := self._missing("orders"):
            return Figure(None, 0, note=missing, formula=formula)
        back = tuple(order for order in self.sold if order.state.is_given_back)
        n, given = count_of(self.sold), count_of(back)
        if not n:
            return Figure(None, 0, ZERO, ZERO, Reason("business.no_sales"), formula=formula)
        from_ = (("orders", back or self.sold),)
        return self._made(Decimal(given) / n, n, Decimal(given), Decimal(n), "orders", formula, *from_)

    def responses(self) -> Figure:
        formula = "responses"
        if missing := self._missing("shop_days"):
            return Figure(None, 0, note=missing, formula=formula)
        days = tuple(day for day in self.records.days if day.responses is not None)
        if not days:
            return Figure(None, 0, note=Reason("business.no_responses"), formula=formula)
        total = sum((day.responses for day in days if day.responses is not None), ZERO)
        return self._made(total, len(days), total, None, "shop_days", formula, ("shop_days", days))

    def own_deals(self) -> Figure:
        formula = "own_by_shop_orders"
        if missing := self._missing("orders"):
            return Figure(None, 0, note=missing, formula=formula)
        own, whole = count_of(self.sold), count_of(self.shop_sold)
        if not whole:
            return Figure(None, 0, Decimal(own), ZERO, Reason("business.no_shop_orders"), formula=formula)
        from_ = (("orders", self.sold), ("orders", self.shop_sold))
        return self._made(Decimal(own) / whole, whole, Decimal(own), Decimal(whole), "orders", formula, *from_)

    def attendance(self, formula: str, count: Callable[[Presence, Decimal], Decimal]) -> Figure:
        if missing := self._missing("attendance") or self._unattended():
            return Figure(None, 0, note=missing, formula=formula)
        days = self.records.attendance
        counted = tuple(day for day in days if count(day.presence, day.worked))
        total = sum((count(day.presence, day.worked) for day in counted), ZERO)
        return self._made(total, len(days), total, None, "attendance", formula, ("attendance", counted or days))

    def presence(self) -> Figure:
        formula = "worked_by_due_days"
        if missing := self._missing("attendance") or self._unattended():
            return Figure(None, 0, note=missing, formula=formula)
        not_due = {Presence.OFF} | ({Presence.LEAVE} if self.settings.leave == "not_due" else set())
        due = tuple(day for day in self.records.attendance if day.presence not in not_due)
        if not due:
            return Figure(None, 0, ZERO, ZERO, Reason("business.no_day_was_due"), formula=formula)
        worked = sum((day.worked for day in due), ZERO)
        whole = Decimal(len(due))
        return self._made(worked / whole, len(due), worked, whole, "attendance", formula, ("attendance", due))

    def reports(self) -> tuple[Figure, Figure]:
        """On time, and good enough; a report that nobody graded says nothing about its quality."""
        standard = self.settings.report_quality_standard
        on_time = self._reports("reports_on_time", "business.report_pending", lambda report: report.is_on_time)
        quality = self._reports(
            "reports_good_enough",
            "business.report_not_graded",
            # What never came in cannot be good enough, graded or not.
            lambda r: r.quality >= standard if r.quality is not None else False if r.is_on_time is False else None,
        )
        return on_time, quality

    def _reports(self, formula: str, open_key: str, judge: Callable[[Report], bool | None]) -> Figure:
        if missing := self._missing("report_submissions"):
            return Figure(None, 0, note=missing, formula=formula)
        due = self.records.reports
        judged = tuple(report for report in due if judge(report) is not None)
        open_ = Reason(open_key, {"n": len(due) - len(judged)}) if len(judged) < len(due) else None
        if not judged:
            return Figure(None, 0, note=open_ or Reason("business.no_report_due"), formula=formula)
        good, n = sum(judge(report) is True for report in judged), len(judged)
        share = Decimal(good) / n
        value = share if self.settings.reports == "share" else ONE if good == n else ZERO
        references = (reference("report_submissions", judged),)
        return Figure(value, n, Decimal(good), Decimal(n), open_, references, formula)

    def bad_reviews(self) -> Figure:
        formula = "bad_reviews"
        if missing := self._missing("reviews"):
            return Figure(None, 0, note=missing, formula=formula)
        limit = self.settings.bad_review_at_most
        rated = tuple(row for row in self.records.reviews if row.is_bad is not None or row.score is not None)
        bad = tuple(
            row
            for row in rated
            if (row.is_bad if row.is_bad is not None else row.score is not None and row.score <= limit)
        )
        total = Decimal(len(bad))
        return self._made(total, len(rated), total, None, "reviews", formula, ("reviews", bad or rated))

    def _made(
        self,
        value: Decimal,
        n: int,
        numerator: Decimal,
        denominator: Decimal | None,
        table: str,
        formula: str,
        *from_: tuple[str, Sequence[Sourced]],
    ) -> Figure:
        references = tuple(reference(name, rows) for name, rows in from_ if rows)
        figure = Figure(value, n, numerator, denominator, None, references, formula)
        until = self.records.known_until.get(table)
        if until is not None and (self.period.last - until).days > _NEARLY:
            return replace(figure, note=Reason("business.known_until", {"day": until.isoformat()}))
        return figure

    def _missing(self, table: str) -> Reason | None:
        return None if table in self.records.known_until else Reason(f"business.no_table_{table}")

    def _unattended(self) -> Reason | None:
        return None if self.records.attendance else Reason("business.no_attendance_of_person")

    @property
    def _sales_formula(self) -> str:
        return "sales_net" if self.settings.sales == "net" else "sales_paid"

    def _amount(self, orders: Sequence[Order]) -> Decimal:
        total = sum((order.amount for order in orders), ZERO)
        return total - sum((order.refunded for order in orders), ZERO) if self.settings.sales == "net" else total


def _late(presence: Presence, _worked: Decimal) -> Decimal:
    return ONE if presence is Presence.LATE else ZERO


def _absent(presence: Presence, worked: Decimal) -> Decimal:
    return ONE - worked if presence is Presence.ABSENT else ZERO


def _is_bad(review: Review, limit: Decimal) -> bool:
    """As the platform marks it, else by its score."""
    if review.is_bad is not None:
        return review.is_bad
    return review.score is not None and review.score <= limit


def _consultations(day: ShopDay) -> Decimal | None:
    return day.consultations


def _visits(day: ShopDay) -> Decimal | None:
    return day.visits
