"""Shops beside each other: derived figures, the days, filters, downloads; nobody sees shops that are not theirs."""

from __future__ import annotations

import csv
import io

import pytest

from support.builders import a_company, a_unit
from support.business import a_shop, a_table
from support.company import a_login

SHOPS = "/insight/shops/"
pytestmark = pytest.mark.django_db(transaction=True)
SNAPSHOTS = (
    "月份,店铺,客服人数,日均咨询,客服工资,工资口径,月销售额\n"
    "2026-11,甲店,3,650,8000,合计,50W\n2026-11,乙店,5,600,9000,合计,35W\n"
)


@pytest.fixture
def two_shops(home):
    a_company()
    region = a_unit("region", kind="department", zh="大区")
    first = a_shop("甲店", parent=region)
    second = a_shop("乙店")
    return region, first, second


@pytest.fixture
def leader(two_shops, signed_in):
    return signed_in(a_login("leader", "leadership"))


def html(response, status=200) -> str:
    assert response.status_code == status
    return response.content.decode()


def test_what_follows_from_the_recorded_numbers(leader):
    a_table(SNAPSHOTS)
    page = html(leader.get(SHOPS))
    for said in ("216.67", "¥166,666.67", "¥62.50", "¥25.64", "¥70,000.00", "¥38.89", "¥19.44", "650 ÷ 3"):
        assert said in page
    assert ">120<" in page
    assert "甲店人均销售额最高" in page
    assert "它的客服接待也更多" in page
    assert "没有每天的销售额" in page


def test_a_wage_may_be_read_as_that_of_each(leader):
    a_table(SNAPSHOTS)
    page = html(leader.get(SHOPS, {"wage": "per_person"}))
    assert "¥20.83" in page
    assert "¥7.78" in page
    assert "¥24,000.00" in page


def test_days_come_from_orders_else_from_what_was_stated(leader):
    a_table(
        "订单号,付款时间,店铺,金额,状态\nA,2026-11-05,甲店,80,done\nB,2026-11-05,甲店,20,returned\nC,2026-11-05,甲店,9,未付款\n"
    )
    a_table("日期,店铺,咨询人次,销售额\n2026-11-05,甲店,10,7\n2026-11-06,甲店,20,70\n2026-11-06,乙店,30,60\n")
    page = html(leader.get(SHOPS, {"month": "2026-11"}))
    assert 'id="daily-sales"' in page
    for said in ("¥100.00", "¥70.00", "¥60.00", "¥170.00", "由日数据和订单算出"):
        assert said in page
    assert "¥7.00" not in page


def test_recorded_sales_that_the_days_do_not_reach_say_so(leader):
    a_table(SNAPSHOTS)
    a_table("日期,店铺,销售额\n2026-11-05,甲店,7000\n")
    assert "已知各天合计 ¥7,000.00" in html(leader.get(SHOPS))


def test_shops_and_months_can_be_chosen(leader, two_shops):
    a_table(SNAPSHOTS)
    a_table("月份,店铺,客服人数,月销售额\n2026-10,甲店,4,1万\n")
    first = two_shops[1]
    page = html(leader.get(SHOPS, {"month": "2026-10", "shop": first.code}))
    assert "¥10,000.00" in page
    assert "再选一个店铺就能对比" in page
    assert '<th scope="col" class="num">乙店</th>' not in page
    assert "2026-11" in html(leader.get(SHOPS, {"month": "nonsense", "wage": "x", "shop": "y"}))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_comparison_can_be_taken_home(leader, form):
    a_table(SNAPSHOTS)
    response = leader.get(SHOPS, {"as": form})
    assert response["Content-Disposition"] == f'attachment; filename="shops-2026-11.{form}"'
    if form == "csv":
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows[0][2:] == ["甲店", "乙店"] or rows[0][2:] == ["乙店", "甲店"]
        derived = next(row for row in rows if row[0] == "人均日咨询")
        assert {"216.67", "120.0"} == set(derived[2:])


def test_without_shops_and_without_numbers_the_page_says_what_to_do(home, signed_in):
    a_company()
    client = signed_in(a_login("manager", "training_manager"))
    assert "还没有店铺" in html(client.get(SHOPS))
    a_shop("甲店")
    page = html(client.get(SHOPS))
    assert "还没有店铺数据" in page
    assert "/tables/new/" in page


@pytest.mark.parametrize("role", ["agent", "administrator", "external_lecturer", "mentor"])
def test_who_leads_no_shop_finds_no_comparison(two_shops, signed_in, role):
    a_table(SNAPSHOTS)
    client = signed_in(a_login("somebody", role))
    assert client.get(SHOPS).status_code == 404
    assert "/insight/shops/" not in client.get("/account/").content.decode()


def test_a_supervisor_sees_the_own_shops_only(two_shops, signed_in):
    a_table(SNAPSHOTS)
    region, _first, second = two_shops
    client = signed_in(a_login("lead", "supervisor", unit=region))
    page = html(client.get(SHOPS, {"shop": second.code}))
    assert "乙店" not in page
    assert "¥350,000.00" not in page


def test_a_guest_is_asked_to_sign_in_and_nothing_can_be_sent(two_shops, client, signed_in):
    assert "/sign-in/" in client.get(SHOPS)["Location"]
    assert signed_in(a_login("leader", "leadership")).post(SHOPS).status_code == 405


def test_the_tab_is_offered_to_leaders(leader):
    a_table(SNAPSHOTS)
    assert 'aria-current="page">店铺' in html(leader.get(SHOPS))
