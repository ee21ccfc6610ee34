"""The diagnosis report: who gets it about whom, its quotes and ways on, what is missing, what is taken home."""

from __future__ import annotations

import csv
import io
import re
import shutil
from html import unescape

import pytest
from django.urls import reverse

from peilian.adapters.lake import Lake
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.flows import importing
from peilian.web.diagnosis.report import excerpt
from support.company import SCRIPT, a_login, a_small_company

REPORT = "/insight/diagnosis/"


def html(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def report(response) -> str:
    """The report itself, without the frame."""
    return html(response).partition('id="report"')[2]


def quotes(response) -> str:
    return " ".join(re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", report(response), re.DOTALL))


@pytest.mark.parametrize("who", ["manager", "lead_a", "lead_b", "leadership"])
def test_the_report_opens_to_whom_a_role_gives_the_diagnosis(company_with_conversations, signed_in, who):
    assert "必答的四问" in report(signed_in(getattr(company_with_conversations, who)).get(REPORT))


@pytest.mark.parametrize("who", ["lin", "zheng", "lecturer", "admin"])
@pytest.mark.parametrize("query", ["", "?as=csv", "?team=一组"])
def test_to_agents_and_others_there_is_no_such_page(company_with_conversations, signed_in, who, query):
    assert signed_in(getattr(company_with_conversations, who)).get(REPORT + query).status_code == 404


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    response = client.get(REPORT)
    assert response.status_code == 302
    assert "/sign-in/" in response["Location"]


def test_nothing_is_sent_to_the_report(company_with_conversations, signed_in):
    assert signed_in(company_with_conversations.manager).post(REPORT).status_code == 405


@pytest.mark.parametrize(
    ("who", "query", "n", "seen", "unseen"),
    [
        ("manager", "", 4, "退款怎么还没到", None),
        ("lead_a", "", 2, "退款怎么还没到", "郑凯"),
        ("lead_b", "", 1, "", "林小禾"),
        ("lead_b", "?team=一组", 1, "", "林小禾"),
        ("manager", "?team=二组", 1, "", "退款怎么还没到"),
        ("manager", "?from=2026-02-12", 2, "", "退款怎么还没到"),
        ("manager", "?period=custom&from=2026-02-12&to=2026-02-11", 3, "退款怎么还没到", None),
        ("manager", "?period=nonsense&team=nonsense&from=never", 4, "退款怎么还没到", None),
    ],
)
def test_it_is_about_the_own_people_and_the_chosen_days(
    company_with_conversations, signed_in, who, query, n, seen, unseen
):
    page = report(signed_in(getattr(company_with_conversations, who)).get(REPORT + query))
    assert f"{n} 条会话" in page
    assert seen in page
    assert unseen is None or unseen not in page


def test_every_pain_point_has_meaning_training_and_its_place_in_the_ranking(company_with_conversations, signed_in):
    page = report(signed_in(company_with_conversations.manager).get(REPORT))
    keys = re.findall(r'class="pain-point-body" id="(\w+)"', page)
    assert "slow_first_answer" in keys
    assert len(keys) == page.count('class="advice"')
    for key in keys:
        assert f'href="#{key}"' in page


def test_a_quote_leads_to_its_message(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    page = report(client.get(REPORT))
    addresses = {unescape(each) for each in re.findall(r'<figcaption><a href="([^"]+)"', page)}
    assert addresses
    for address in addresses:
        path, _, place = address.partition("#")
        assert f'id="{place}"' in html(client.get(path))


def test_a_pain_point_leads_to_its_conversations(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    page = report(client.get(REPORT))
    address = unescape(re.search(r'href="([^"]+found=overpromise[^"]*)"', page)[1])
    assert "退款怎么还没到" in html(client.get(address))


def test_a_measure_of_a_pain_point_opens_the_board_over_the_same_days_and_team(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    page = report(client.get(f"{REPORT}?from=2026-02-11&to=2026-02-12&team=一组"))
    address = unescape(re.search(r'href="(/insight/kpis/[^"]+)"', page)[1])
    assert "from=2026-02-11&to=2026-02-12" in address
    assert "team=%E4%B8%80%E7%BB%84" in address
    assert "2月11日至12日" in html(client.get(address))


def test_who_may_not_open_conversations_reads_quotes_without_a_way_to_them(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.leadership).get(REPORT)
    assert "退款怎么还没到" in quotes(response)
    assert "/insight/conversations/" not in report(response)


def test_words_of_customers_are_never_markup(company_with_conversations, signed_in):
    zheng = company_with_conversations.zheng.employee
    people.change_employee(actor=None, employee=zheng, name=SCRIPT, hired_on=None, left_on=None)
    for who in ("manager", "lead_b"):
        page = html(signed_in(getattr(company_with_conversations, who)).get(REPORT))
        assert SCRIPT not in page
        assert "<img src=x" not in page


def test_speed_stands_beside_quality(company_with_conversations, signed_in):
    page = report(signed_in(company_with_conversations.manager).get(REPORT))
    for words in ("首次响应及时率", "过程响应及时率", "平均评分（满分 5）", "带着不满结束"):
        assert words in page


def test_the_ranking_can_be_taken_home(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    response = client.get(f"{REPORT}?as=csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0]["痛点"].startswith("1. ")
    assert [float(row["优先级"]) for row in rows] == sorted((float(row["优先级"]) for row in rows), reverse=True)
    assert client.get(f"{REPORT}?as=xlsx")["Content-Disposition"] == 'attachment; filename="diagnosis.xlsx"'


def test_days_without_a_conversation_say_so(company_with_conversations, signed_in):
    page = report(signed_in(company_with_conversations.manager).get(f"{REPORT}?from=2020-01-01&to=2020-01-02"))
    assert "这些天没有会话" in page
    assert "<table" not in page


@pytest.mark.parametrize(("role", "has_button"), [("training_manager", True), ("leadership", False)])
def test_without_any_import_the_report_says_what_it_is_for(db, home, signed_in, role, has_button):
    page = html(signed_in(a_login("somebody", role)).get(REPORT))
    assert "诊断会读取已导入的会话" in page
    assert ("/imports/new/" in page) is has_button


@pytest.fixture
def half_read(db, home, small_lake, tmp_path):
    """The small company; one more conversation was stored and not read."""
    shutil.copytree(small_lake, home / "lake")
    more = tmp_path / "more.csv"
    more.write_text("conversation_id,at,role,author,text\nlate,2026-03-01T10:00:00+08:00,customer,k,hello\n")
    importing.import_files([more], lake=Lake.open(home / "lake"), now_ms=0)
    return a_small_company()


def test_unread_conversations_are_told_and_can_be_read(half_read, signed_in):
    client = signed_in(half_read.manager)
    page = report(client.get(REPORT))
    assert "5 条会话里还有" in page
    assert 'action="/imports/read/"' in page
    response = client.post("/imports/read/")
    job = base.Job.objects.get(kind="contacts.read")
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert base.run_next_job()
    assert "没有解读" not in report(client.get(REPORT))


def test_who_may_not_import_is_told_of_unread_conversations_without_a_button(half_read, signed_in):
    page = report(signed_in(half_read.leadership).get(REPORT))
    assert "5 条会话里还有" in page
    assert "/imports/read/" not in page


def test_many_conversations_are_waited_for_with_a_sign_of_life(company_with_conversations, signed_in, monkeypatch):
    monkeypatch.setattr(contacts, "_FEW_CONVERSATIONS", 0)
    client, address = signed_in(company_with_conversations.manager), f"{REPORT}?period=365"
    waiting = report(client.get(address))
    assert f'hx-get="{address}"' in html(client.get(address))
    assert "skeleton" in waiting
    assert "必答的四问" not in waiting
    assert 'href="?period=365&amp;now=1"' in waiting
    assert "必答的四问" in report(client.get(address, headers={"HX-Request": "true"}))
    assert "必答的四问" in report(client.get(address))  # known by now


@pytest.mark.parametrize("query", ["?now=1", "?as=csv"])
def test_without_scripts_and_when_taken_home_the_report_comes_at_once(
    company_with_conversations, signed_in, monkeypatch, query
):
    monkeypatch.setattr(contacts, "_FEW_CONVERSATIONS", 0)
    page = html(signed_in(company_with_conversations.manager).get(REPORT + query))
    assert "必答的四问" in page or "优先级" in page


def test_the_report_speaks_english(company_with_conversations, signed_in):
    people.set_language(user=company_with_conversations.manager, language="en")
    page = report(signed_in(company_with_conversations.manager).get(REPORT))
    for words in ("Most urgent", "Four questions that are always answered", "Training:", 'lang="zh-CN"'):
        assert words in page


@pytest.mark.parametrize(
    ("text", "start", "end", "shown"),
    [
        ("我保证今天到账", 1, 3, '我<mark class="hl-issue">保证</mark>今天到账'),
        ("<b>&", 0, 3, '<mark class="hl-issue">&lt;b&gt;</mark>&amp;'),
        ("hello", None, None, "hello"),
        ("hello", 0, 5, "hello"),
        ("hello", 3, 99, "hello"),
        ("hello", 4, 2, "hello"),
        ("😀😀退款", 2, 4, '😀😀<mark class="hl-issue">退款</mark>'),
        ("a" * 300, None, None, "a" * 220 + "…"),
    ],
)
def test_a_quote_marks_exactly_the_words_in_question(text, start, end, shown):
    assert excerpt(text, start, end) == shown


def test_a_long_message_is_cut_down_to_what_stands_around_the_words():
    found = excerpt("x" * 400 + "HERE" + "y" * 400, 400, 404)
    assert found == "…" + "x" * 90 + '<mark class="hl-issue">HERE</mark>' + "y" * 90 + "…"


@pytest.mark.parametrize(
    ("who", "query", "is_told"), [("lead_b", "", True), ("manager", "?team=二组", True), ("manager", "", False)]
)
def test_who_sees_teams_only_is_not_told_that_nothing_went_unanswered(
    company_with_conversations, signed_in, who, query, is_told
):
    page = report(signed_in(getattr(company_with_conversations, who)).get(REPORT + query))
    assert ("没有任何人回复的会话不属于哪个团队" in page) is is_told
    not_found = page.partition('id="quiet"')[2]
    assert not is_told or "会话无人回复" not in not_found


def test_a_pain_point_leads_to_drills_that_can_be_assigned_and_only_for_who_may_assign(
    company_with_conversations, signed_in
):
    company = company_with_conversations
    address = f"{reverse('assign')}?drill="
    assert address in report(signed_in(company.manager).get(REPORT))
    inspector = a_login("inspector", "quality_inspector", unit=people.Unit.objects.get(parent=None))
    assert address not in report(signed_in(inspector).get(REPORT))
