"""Monthly figures from stored tables: whose rows count, in which month, and who may see them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as D

import pytest

from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_company, a_unit, a_user, an_employee
from support.business import a_shop, a_table

pytestmark = pytest.mark.django_db(transaction=True)
NOV = {"first_day": date(2026, 11, 1), "last_day": date(2026, 11, 30)}
ORDERS = "订单号,付款时间,店铺,员工,实付金额,订单状态,商品\n"


@pytest.fixture
def lin(home) -> people.Employee:
    a_company()
    a_shop("旗舰店")
    a_shop("专卖店")
    return an_employee("林小禾", unit=a_unit("team-a"))


def figures(employee, **more):
    return contacts.month_figures(employees=[employee], **{**NOV, **more})[employee.pk]


def values(employee, *keys, **more):
    found = figures(employee, **more)
    return [found[key].value for key in keys]


def test_a_month_of_everything(lin):
    other = an_employee("郑凯")
    a_table(
        ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,QH\nA2,2026-11-30 23:59,旗舰店,林小禾,400,退款成功,MM\n"
        "A3,2026-11-03,旗舰店,郑凯,100,交易成功,QH\nA4,2026-11-03,旗舰店,,100,交易成功,QH\n"
        "A5,2026-11-03,专卖店,郑凯,100,交易成功,QH\nA6,2026-10-31,旗舰店,林小禾,800,交易成功,QH\n"
    )
    a_table("月份,员工,目标\n2026-11,林小禾,2000\n2026-10,林小禾,9\n2026-11,郑凯,9\n")
    a_table("月份,主推单品,员工,目标金额\n2026-11,QH,林小禾,800\n")
    a_table(
        "日期,店铺,员工,访客数,咨询人次,应答量\n2026-11-02,旗舰店,林小禾,,40,38\n2026-11-02,旗舰店,,100,90,80\n2026-11-29,专卖店,,9,,\n"
    )
    a_table(
        "日期,员工,考勤状态\n2026-11-02,林小禾,正常\n2026-11-03,林小禾,迟到\n2026-11-04,林小禾,旷工\n2026-11-05,林小禾,请假\n2026-12-01,林小禾,旷工\n"
    )
    a_table("员工,报告,截止时间,提交时间,质量评分\n林小禾,月报,2026-11-20,2026-11-20,2\n")
    a_table("评价编号,评价时间,员工,评分\n1,2026-11-20,林小禾,1\n2,2026-11-20,林小禾,5\n3,2026-11-20,郑凯,1\n")
    found = figures(lin)
    assert {key: figure.value for key, figure in found.items()} == {
        "sales": 1000,
        "orders": 2,
        "sales_completion_ratio": D("0.5"),
        "sales_growth_ratio": D("0.25"),
        "conversion_ratio": D("0.05"),
        "conversion_ratio_agent": D("0.05"),
        "conversion_ratio_shop": D("0.04"),
        "featured_ratio": D("0.75"),
        "return_ratio": D("0.5"),
        "responses": 38,
        "own_deal_ratio": D("0.5"),
        "late_count": 1,
        "absent_days": 1,
        "presence_ratio": D("0.5"),
        "report_on_time": 1,
        "report_quality_met": 1,
        "bad_reviews": 1,
    }
    assert contacts.month_figures(employees=[other.pk], **NOV)[other.pk]["sales"].value == 200


def test_a_figure_leads_back_to_its_rows_and_imports(lin):
    row = a_table(ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,\n")
    (reference,) = figures(lin)["sales"].references
    assert (reference["table"], reference["n"], reference["imports"]) == ("orders", 1, [str(row.pk)])


def test_nothing_imported_is_nothing_known(lin):
    for key, figure in figures(lin).items():
        assert figure.value is None, key
        assert figure.note is not None, key
    a_table(ORDERS + "A1,2026-10-02,旗舰店,林小禾,600,交易成功,\n")
    assert figures(lin)["sales"].note.key == "business.no_table_orders"
    a_table(ORDERS + "A2,2026-11-02,旗舰店,,600,交易成功,\n")
    assert values(lin, "sales", "sales_growth_ratio") == [0, -1]


def test_a_month_is_that_of_the_company(lin):
    a_table(ORDERS + "A1,2026-10-31T16:00:00Z,,林小禾,1,交易成功,\nA2,2026-11-30T16:00:00Z,,林小禾,2,交易成功,\n")
    assert values(lin, "sales") == [1]


def test_the_shop_of_a_person_is_where_they_belong_or_sell(lin):
    shop = people.Unit.objects.get(kind="shop", name__zh="专卖店")
    people.place_employee(actor=None, employee=lin, unit=shop, post=None, starts_on=LONG_AGO)
    a_table(
        ORDERS + "A1,2026-11-02,专卖店,,6,done,\nA2,2026-11-02,旗舰店,林小禾,6,done,\nA3,2026-11-02,,林小禾,6,done,\n"
    )
    assert values(lin, "own_deal_ratio") == [D(2) / 3]


def test_a_report_is_late_once_it_is_overdue(lin):
    a_table("员工,报告,截止时间,提交时间\n林小禾,月报,2026-11-20,\n")
    before, after = datetime(2026, 11, 20, 15, tzinfo=UTC), datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert values(lin, "report_on_time", now=before) == [None]
    assert values(lin, "report_on_time", "report_quality_met", now=after) == [0, 0]
    a_table("员工,报告,截止时间,提交时间\n林小禾,月报,2026-11-20,2026-11-20 23:50\n")
    assert values(lin, "report_on_time") == [1]


def test_settings_choose_the_reading_and_unknown_ones_are_refused(lin):
    a_table(ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,\n")
    a_table("日期,店铺,访客数\n2026-11-02,旗舰店,50\n")
    found = figures(lin, settings={"conversion": "shop"})["conversion_ratio"]
    assert (found.value, found.formula) == (D("0.02"), "deals_by_visits")
    with pytest.raises(InputError):
        figures(lin, settings={"conversion": "luck"})


def test_a_share_of_sales_may_be_the_target_of_featured_items(lin):
    a_table(ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,QH\nA2,2026-11-02,旗舰店,林小禾,400,交易成功,MM\n")
    a_table("月份,主推单品,目标占比\n2026-11,QH,80%\n")
    assert values(lin, "featured_ratio") == [D("0.75")]


def test_who_may_see_whose_figures(lin):
    team = people.Unit.objects.get(code="team-a")
    other = an_employee("郑凯", unit=a_unit("team-b"))
    a_table(ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,\n")
    both = [lin, other]

    def seen(user):
        return set(contacts.figures_seen(user=user, employees=both, **NOV))

    assert seen(a_user("agent", employee=lin)) == {lin.pk}
    assert seen(a_user("supervisor", unit=team)) == {lin.pk}
    assert seen(a_user("leadership")) == {lin.pk, other.pk}
    for role in ("administrator", "external_lecturer"):
        with pytest.raises(people.NotVisibleError):
            seen(a_user(role))


def test_the_number_of_queries_does_not_depend_on_people(lin, django_assert_max_num_queries):
    everybody = [lin, *(an_employee(f"人{n}") for n in range(8))]
    a_table(ORDERS + "A1,2026-11-02,旗舰店,林小禾,600,交易成功,QH\n")
    with django_assert_max_num_queries(20):
        assert len(contacts.month_figures(employees=everybody, **NOV)) == 9


def test_every_key_is_there_for_everybody(lin):
    found = contacts.month_figures(employees=[lin, lin.pk], **NOV)
    assert list(found) == [lin.pk]
    assert tuple(found[lin.pk]) == contacts.FIGURE_KEYS
    assert set(contacts.FIGURE_UNITS.values()) == {"ratio", "count", "money"}
