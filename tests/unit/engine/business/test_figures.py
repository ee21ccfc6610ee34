"""Monthly figures of one person: a table of cases for every formula, and what always holds."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import InputError
from peilian.engine.business import FIGURE_UNITS, Records, Settings, person_figures, settings_of
from peilian.engine.business.figures import ROWS_KEPT
from peilian.engine.business.values import (
    AttendanceDay,
    FeaturedItem,
    Order,
    OrderState,
    Period,
    Presence,
    Report,
    Review,
    ShopDay,
    Target,
    featured_of,
)
from peilian.flows.wording import catalogue

NOV = Period(date(2026, 11, 1), date(2026, 11, 30))
EVERYTHING = dict.fromkeys(
    ("orders", "orders_before", "shop_days", "featured_items", "attendance", "report_submissions", "reviews"), NOV.last
)
ME = "me"
_ids = count(1)


def an_order(amount="100", day=3, state="paid", number=None, person=ME, **more) -> Order:
    number = number or f"N{next(_ids)}"
    more.setdefault("refunded", D(0))
    return Order(
        f"r{next(_ids)}", "i1", number, date(2026, 11, day), "shop", person, D(amount), state=OrderState(state), **more
    )


def orders(*amounts) -> tuple[Order, ...]:
    return tuple(an_order(amount) for amount in amounts)


def a_target(amount, person=ME) -> Target:
    return Target("t1", "i1", NOV.first, person, None, D(amount))


def a_day(day, presence="present", worked=None) -> AttendanceDay:
    share = worked if worked is not None else D(1) if presence in ("present", "late") else D(0)
    return AttendanceDay(f"a{day}", "i1", date(2026, 11, day), ME, Presence(presence), D(share))


def a_shop_day(day, person=ME, **numbers) -> ShopDay:
    found = {name: None if value is None else D(value) for name, value in numbers.items()}
    return ShopDay(f"d{day}{person}", "i1", date(2026, 11, day), "shop", person, **found)


def a_report(is_on_time=True, quality=2, day=5) -> Report:
    return Report(f"p{next(_ids)}", "i1", date(2026, 11, day), ME, is_on_time, None if quality is None else D(quality))


def figures(settings=None, known=EVERYTHING, **rows):
    rows.setdefault("shop_orders", rows.get("orders", ()))
    return person_figures(Records(known_until=known, **rows), NOV, settings)


def the(key, settings=None, **rows):
    return figures(settings, **rows)[key]


def test_every_figure_is_there_and_says_why_it_has_no_value():
    found = figures(known={})
    assert set(found) == set(FIGURE_UNITS)
    for figure in found.values():
        assert figure.value is None
        assert figure.note is not None
        assert figure.note.key in catalogue()
        assert f"business.formula.{figure.formula}" in catalogue()


@pytest.mark.parametrize(
    ("amounts", "target", "value"),
    [
        pytest.param(("920",), "1000", "0.92", id="92 percent"),
        pytest.param(("500", "600"), "1000", "1.1", id="110 percent"),
        pytest.param((), "1000", "0", id="nothing sold is 0, not missing"),
    ],
)
def test_completion_is_sales_by_target(amounts, target, value):
    figure = the("sales_completion_ratio", orders=orders(*amounts), targets=(a_target(target),))
    assert (figure.value, figure.n, figure.denominator) == (D(value), len(amounts), D(target))


@pytest.mark.parametrize(
    ("targets", "note"),
    [
        pytest.param((), "business.no_target", id="none"),
        pytest.param((a_target("5", person=None),), "business.no_target", id="that of the shop is not mine"),
        pytest.param((a_target("0"),), "business.target_is_zero", id="zero"),
    ],
)
def test_without_a_target_completion_is_missing_and_sales_are_shown(targets, note):
    figure = the("sales_completion_ratio", orders=orders("10"), targets=targets)
    assert (figure.value, figure.numerator, figure.note.key) == (None, D(10), note)


def test_orders_that_nobody_paid_are_no_sales():
    mixed = (
        an_order("1", state="unpaid"),
        an_order("2", state="cancelled"),
        an_order("4"),
        an_order("8", state="returned"),
    )
    assert the("sales", orders=mixed).value == 12
    assert the("orders", orders=mixed).value == 2
    net = tuple(an_order("100", refunded=D(30)) for _ in range(2))
    assert the("sales", Settings(sales="net"), orders=net).value == 140


def test_lines_of_one_order_are_one_order():
    lines = (an_order("10", number="A"), an_order("20", number="A"), an_order("5", number="B"))
    assert the("orders", orders=lines).value == 2
    assert the("sales", orders=lines).value == 35


@pytest.mark.parametrize(
    ("now", "before", "value", "note"),
    [
        pytest.param(("1120",), ("1000",), "0.12", None, id="12 percent up"),
        pytest.param(("600",), ("1000",), "-0.4", None, id="40 percent down"),
        pytest.param((), ("1000",), "-1", None, id="nothing any more"),
        pytest.param(("600",), (), None, "business.no_month_before", id="the first month"),
        pytest.param(("600",), ("0",), None, "business.month_before_is_zero", id="nothing before"),
    ],
)
def test_growth_is_measured_against_the_month_before(now, before, value, note):
    figure = the("sales_growth_ratio", orders=orders(*now), orders_before=orders(*before))
    assert figure.value == (None if value is None else D(value))
    assert (figure.note.key if figure.note else None) == note


def test_conversion_of_a_person_and_of_a_shop_are_two_figures():
    rows = {
        "orders": orders("1", "2", "3"),
        "shop_orders": orders("1", "2", "3", "4", "5", "6"),
        "days": (a_shop_day(1, consultations="120"), a_shop_day(2, consultations="130"), a_shop_day(3)),
        "shop_days": (a_shop_day(1, person=None, visits="400"), a_shop_day(1, consultations="9")),
    }
    found = figures(**rows)
    assert found["conversion_ratio_agent"].value == D(3) / 250
    assert found["conversion_ratio_agent"].n == 250
    assert found["conversion_ratio_shop"].value == D(6) / 400
    assert found["conversion_ratio"] == found["conversion_ratio_agent"]
    assert the("conversion_ratio", Settings(conversion="shop"), **rows) == found["conversion_ratio_shop"]
    assert found["conversion_ratio"].formula != found["conversion_ratio_shop"].formula


@pytest.mark.parametrize(
    ("days", "note"),
    [
        pytest.param((), "business.no_deals_by_consultations", id="no day"),
        pytest.param((a_shop_day(1),), "business.no_deals_by_consultations", id="no number"),
        pytest.param((a_shop_day(1, consultations="0"),), "business.nothing_to_divide_by", id="nobody asked"),
    ],
)
def test_without_consultations_there_is_no_conversion(days, note):
    assert the("conversion_ratio", orders=orders("1"), days=days).note.key == note


def a_featured(item="SKU1", person=ME, amount=None, quantity=None, share=None) -> FeaturedItem:
    aims = (None if value is None else D(value) for value in (amount, quantity, share))
    return FeaturedItem(f"f{next(_ids)}", "i1", NOV.first, item, person, None, *aims)


@pytest.mark.parametrize(
    ("featured", "value", "note"),
    [
        pytest.param((a_featured(amount="400"),), "0.75", None, id="by amount"),
        pytest.param((a_featured(quantity="4"),), "0.5", None, id="by pieces"),
        pytest.param((a_featured(person=None, share="0.4"),), "0.75", None, id="by share of the sales"),
        pytest.param((a_featured(share="0"),), None, "business.target_is_zero", id="a share of zero"),
        pytest.param((a_featured(person=None, amount="400"),), None, "business.no_featured_target", id="of the shop"),
        pytest.param((a_featured(amount="0"),), None, "business.target_is_zero", id="zero"),
        pytest.param(
            (a_featured(amount="4"), a_featured("SKU2", quantity="4")),
            None,
            "business.featured_target_mixed",
            id="mixed",
        ),
        pytest.param((), None, "business.no_featured_items", id="none"),
    ],
)
def test_featured_sales_are_measured_against_their_target(featured, value, note):
    sold = (an_order("300", item="SKU1", quantity=D(2)), an_order("700", item="SKU9"))
    figure = the("featured_ratio", orders=sold, featured=featured)
    assert figure.value == (None if value is None else D(value))
    assert (figure.note.key if figure.note else None) == note


def test_featured_sales_may_be_a_share_of_all_sales():
    sold = (an_order("300", item="SKU1"), an_order("700", item="SKU9"))
    figure = the("featured_ratio", Settings(featured="share"), orders=sold, featured=(a_featured(person=None),))
    assert (figure.value, figure.n) == (D("0.3"), 2)


def test_orders_without_items_say_nothing_about_featured_sales():
    figure = the("featured_ratio", orders=orders("5"), featured=(a_featured(amount="4"),))
    assert figure.note.key == "business.orders_without_items"


def test_the_return_ratio_shows_both_counts():
    sold = (*orders(*["10"] * 99), an_order(state="returned"))
    figure = the("return_ratio", orders=sold)
    assert (figure.value, figure.numerator, figure.denominator, figure.n) == (D("0.01"), 1, 100, 100)
    assert the("return_ratio", orders=orders("1")).value == 0
    assert the("return_ratio", orders=()).note.key == "business.no_sales"


def test_responses_are_added_over_days_and_unknown_days_are_left_out():
    days = (a_shop_day(1, responses="20"), a_shop_day(2, responses=None), a_shop_day(3, responses="25"))
    figure = the("responses", days=days)
    assert (figure.value, figure.n) == (45, 2)
    assert the("responses", days=(a_shop_day(1, visits="3"),)).note.key == "business.no_responses"


def test_own_deals_are_a_share_of_the_orders_of_the_shop():
    own = orders("1", "1", "1")
    others = tuple(an_order(person="other") for _ in range(22))
    figure = the("own_deal_ratio", orders=own, shop_orders=(*own, *others))
    assert (figure.value, figure.numerator, figure.denominator) == (D("0.12"), 3, 25)
    assert the("own_deal_ratio", shop_orders=()).note.key == "business.no_shop_orders"


def test_attendance_counts_late_days_absence_and_presence():
    days = (
        *(a_day(day) for day in range(1, 17)),
        *(a_day(day, "late") for day in (17, 18)),
        a_day(19, "absent"),
        a_day(20, "leave"),
        a_day(21, "absent", worked="0.5"),
        a_day(22, "off"),
    )
    found = figures(attendance=days)
    assert found["late_count"].value == 2
    assert found["absent_days"].value == D("1.5")
    assert found["presence_ratio"].value == D("18.5") / 21
    assert the("presence_ratio", Settings(leave="not_due"), attendance=days).value == D("18.5") / 20
    assert [len(one["rows"]) for one in found["late_count"].references] == [2]


def test_no_row_of_attendance_is_not_perfect_attendance():
    for key in ("late_count", "absent_days", "presence_ratio"):
        assert the(key).note.key == "business.no_attendance_of_person"
    assert the("presence_ratio", attendance=(a_day(1, "off"),)).note.key == "business.no_day_was_due"


@pytest.mark.parametrize(
    ("reports", "on_time", "quality"),
    [
        pytest.param((a_report(),), 1, 1, id="on time and good"),
        pytest.param((a_report(is_on_time=False, quality=3),), 0, 1, id="late and good"),
        pytest.param((a_report(quality=1),), 1, 0, id="on time and poor"),
        pytest.param((a_report(), a_report(is_on_time=False)), 0, 1, id="one of two late"),
        pytest.param((a_report(is_on_time=False, quality=None),), 0, 0, id="never came"),
        pytest.param((a_report(quality=None),), 1, None, id="not graded"),
        pytest.param((a_report(is_on_time=None, quality=None),), None, None, id="not due yet"),
        pytest.param((), None, None, id="none due"),
    ],
)
def test_every_report_has_to_be_on_time_and_good_enough(reports, on_time, quality):
    found = figures(reports=reports)
    assert found["report_on_time"].value == on_time
    assert found["report_quality_met"].value == quality


def test_reports_may_be_counted_by_share_with_another_standard():
    settings = settings_of({"reports": "share", "report_quality_standard": "3"})
    found = figures(settings, reports=(a_report(quality=3), a_report(is_on_time=False, quality=2)))
    assert found["report_on_time"].value == D("0.5")
    assert found["report_quality_met"].value == D("0.5")


def a_review(score=None, is_bad=None) -> Review:
    return Review(f"v{next(_ids)}", "i1", date(2026, 11, 9), ME, None if score is None else D(score), is_bad)


def test_a_review_is_bad_by_its_mark_or_by_its_score():
    reviews = (a_review(5), a_review(2), a_review(3), a_review(5, is_bad=True), a_review(1, is_bad=False), a_review())
    figure = the("bad_reviews", reviews=reviews)
    assert (figure.value, figure.n) == (2, 5)
    assert the("bad_reviews").value == 0


def test_a_table_that_ends_early_marks_its_figures():
    early = EVERYTHING | {"orders": date(2026, 11, 20)}
    figure = the("sales", known=early, orders=orders("1"))
    assert (figure.value, figure.note.key, figure.note.params["day"]) == (1, "business.known_until", "2026-11-20")
    assert the("sales", known=EVERYTHING | {"orders": date(2026, 11, 28)}).note is None


def test_a_reference_names_imports_and_the_first_rows():
    many = orders(*["1"] * 200)
    (found,) = the("sales", orders=many).references
    assert (found["table"], found["n"], len(found["rows"]), found["imports"]) == ("orders", 200, ROWS_KEPT, ["i1"])


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        ("2026-11-01", "2026-11-30", ("2026-10-01", "2026-10-31")),
        ("2026-01-01", "2026-01-31", ("2025-12-01", "2025-12-31")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-07-01", "2026-09-30", ("2026-04-01", "2026-06-30")),
        ("2026-11-10", "2026-11-16", ("2026-11-03", "2026-11-09")),
        ("2026-11-10", "2026-11-10", ("2026-11-09", "2026-11-09")),
    ],
)
def test_the_period_before_has_as_many_months_or_days(first, last, before):
    found = Period(date.fromisoformat(first), date.fromisoformat(last)).before
    assert (found.first.isoformat(), found.last.isoformat()) == before


def test_featured_items_of_others_do_not_concern_me():
    rows = (a_featured(), a_featured(person="other"), a_featured(person=None))
    assert len(featured_of(rows, ME, frozenset())) == 2


@pytest.mark.parametrize("chosen", [{"sales": "gross"}, {"unknown": "x"}, {"report_quality_standard": "good"}])
def test_an_unknown_setting_is_refused(chosen):
    with pytest.raises(InputError):
        settings_of(chosen)


amounts = st.decimals(min_value=0, max_value=10**9, places=2)
states = st.sampled_from([state.value for state in OrderState])


@given(st.lists(st.tuples(amounts, states), max_size=12), st.lists(amounts, max_size=4), amounts)
def test_ratios_are_quotients_of_what_is_shown(sold, before, target):
    found = figures(
        orders=tuple(an_order(amount, state=state) for amount, state in sold),
        orders_before=orders(*before),
        targets=(a_target(target),),
    )
    for key, figure in found.items():
        assert (figure.value is None) <= (figure.note is not None), key
        if figure.value is not None and FIGURE_UNITS[key] == "ratio" and key != "sales_growth_ratio":
            assert figure.value == figure.numerator / figure.denominator
            assert figure.value >= 0
    assert found["return_ratio"].value is None or found["return_ratio"].value <= 1
    growth = found["sales_growth_ratio"]
    assert growth.value is None or growth.value >= -1


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 800))
def test_the_period_before_ends_the_day_before(first, days):
    period = Period(first, first + timedelta(days=days))
    assert period.before.last == first - timedelta(days=1)
    assert period.before.first <= period.before.last
