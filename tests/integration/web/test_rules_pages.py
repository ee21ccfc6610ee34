"""Pages of rules: who sees whom, switching on and off, running, and the refused ways."""

from __future__ import annotations

import pytest

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from support.builders import a_unit, an_employee
from support.company import a_login
from support.practice import a_trainee
from support.rules import KEY, a_rule, hired, ruled, switched_on

pytestmark = pytest.mark.django_db
LIST, PAGE, ACT = "/team/learning/rules/", f"/team/learning/rules/{KEY}/", f"/team/learning/rules/{KEY}/do/"


@pytest.fixture
def boss(tmp_path, db) -> people.User:
    ruled(tmp_path, a_rule(), a_rule("mine/gone", assigns="course:mine/nothing"))
    return a_login("boss", "training_manager", employee=hired("boss", 900))


def text(response) -> str:
    return response.content.decode()


def test_the_list_tells_which_run_and_what_stands_against_one(client, boss):
    switched_on(boss)
    client.force_login(boss)
    page = text(client.get(LIST))
    assert "新人上课" in page
    assert "mine/nothing" in page


def test_the_page_tells_who_gets_it_and_why_and_who_not(client, boss):
    hired("新来的", 3), hired("老员工", 40)
    client.force_login(boss)
    page = text(client.get(PAGE))
    assert "新来的" in page
    assert "入职第 3 天" in page
    assert "老员工" not in page
    everybody = text(client.get(PAGE, {"show": "all"}))
    assert "规则只管前 30 天" in everybody
    assert "老员工" in text(client.get(PAGE, {"q": "老员"}))
    assert "新来的" not in text(client.get(PAGE, {"q": "老员"}))


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_shown_can_be_had_as_a_table(client, boss, form):
    hired("新来的", 3)
    client.force_login(boss)
    answer = client.get(PAGE, {"form": form})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]


def test_it_is_switched_on_run_and_switched_off_by_buttons(client, boss):
    new = hired("新来的", 3)
    client.force_login(boss)
    number = learning.rule_line(user=boss, key=KEY).text.version.number
    assert client.post(ACT, {"do": "on", "number": number}).status_code == 302
    assert client.post(ACT, {"do": "run"})["Location"] == PAGE
    page = text(client.get(PAGE))
    assert 'id="job"' in page
    assert learning.apply_rules_due() == 1
    assert "新来的" in text(client.get(PAGE))
    client.post(ACT, {"do": "off"})
    assert learning.rule_line(user=boss, key=KEY).state == "off"
    client.force_login(boss)
    assert "新人上课" in text(client.get(f"/team/learning/{new.pk}/"))


def test_a_version_that_nobody_looked_at_is_not_switched_on(client, boss):
    client.force_login(boss)
    client.post(ACT, {"do": "on", "number": "77"})
    assert learning.rule_line(user=boss, key=KEY).state == "off"
    assert "先看过新的预览" in text(client.get(PAGE))


def test_who_leads_a_team_sees_the_own_people_and_no_buttons(client, boss):
    unit = a_unit()
    hired("我的人", 3, unit=unit), hired("别人", 3)
    lead = a_login("lead", "supervisor", unit=unit, employee=an_employee("lead"))
    client.force_login(lead)
    page = text(client.get(PAGE))
    assert "我的人" in page
    assert "别人" not in page
    assert ACT not in page
    assert client.post(ACT, {"do": "on", "number": "1"}).status_code == 404


@pytest.mark.parametrize("address", [LIST, PAGE])
def test_who_assigns_nothing_finds_no_rules(client, boss, address):
    client.force_login(a_trainee())
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(("method", "address"), [("post", LIST), ("post", PAGE), ("get", ACT)])
def test_the_wrong_method_is_refused(client, boss, method, address):
    client.force_login(boss)
    assert getattr(client, method)(address).status_code == 405


def test_a_rule_that_is_none_and_a_deed_that_is_none_are_not_found(client, boss):
    client.force_login(boss)
    assert client.get("/team/learning/rules/mine/none/").status_code == 404
    assert client.post(ACT, {"do": "explode"}).status_code == 404


def test_the_text_of_a_rule_is_read_in_the_library(client, boss):
    client.force_login(boss)
    page = text(client.get(f"/learn/library/assignment-rule/{KEY}/"))
    assert "30" in page
