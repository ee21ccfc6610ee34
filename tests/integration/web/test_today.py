"""Today: each person finds what concerns this person, and nothing else."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from peilian.adapters.lake import Choices
from peilian.apps.base import api as base
from peilian.apps.contacts import api as contacts
from peilian.apps.people.api import set_language
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from peilian.web.kpis.questions import last_day
from peilian.web.today.own import excerpt
from peilian.web.today.period import days_of
from support.company import a_small_company, write_files

TODAY = "/"
TEAM = "/today/team/"
ZONE = ZoneInfo("Asia/Shanghai")


def page(client, address: str = TODAY) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    assert client.get(TODAY).status_code == 302
    assert client.get(TEAM).status_code == 302


@pytest.mark.parametrize("address", [TODAY, TEAM])
def test_nothing_is_sent_to_today(company_with_conversations, signed_in, address):
    assert signed_in(company_with_conversations.manager).post(address).status_code == 405


def test_an_agent_reads_the_own_figures_thanks_and_one_thing_to_look_at(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.lin))
    assert "首次响应中位数" in html
    assert "56秒" in html  # of 12 s and 100 s
    assert "超过目标 30秒" in html
    assert "谢谢你，太贴心了" in html
    assert "我保证今天一定给您到账" in html
    assert "过度承诺" in html
    assert "/insight/conversations/a-hard/#m3" in html


def test_an_agent_reads_nothing_of_others(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.zheng))
    assert "您的会话" in html
    assert "在目标内" in html
    for words in ("谢谢你", "我保证今天", "林小禾", "您的团队"):
        assert words not in html


def test_the_words_of_today_are_never_run(company_with_conversations, signed_in):
    for who in (company_with_conversations.zheng, company_with_conversations.manager):
        client = signed_in(who)
        for address in (TODAY, TEAM) if who is company_with_conversations.manager else (TODAY,):
            assert "<script>alert" not in page(client, address)
            assert "<img src=x" not in page(client, address)


def test_older_data_is_said_to_be_older(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.lin))
    assert "最新的会话是" in html
    assert "2月11日" in html


@pytest.mark.parametrize("who", ["manager", "lead_a", "leadership"])
def test_leaders_get_their_teams_part_and_others_find_none(company_with_conversations, signed_in, who):
    client = signed_in(getattr(company_with_conversations, who))
    assert f'hx-get="{TEAM}"' in page(client)
    assert "最突出的痛点" in page(client, TEAM)


@pytest.mark.parametrize("who", ["lin", "admin", "lecturer"])
def test_who_leads_nobody_has_no_teams_part(company_with_conversations, signed_in, who):
    client = signed_in(getattr(company_with_conversations, who))
    assert TEAM not in page(client)
    assert client.get(TEAM).status_code == 404


def test_a_manager_sees_which_conversations_want_a_look(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.manager), TEAM)
    for words in ("没有回复", "有人吗？什么时候发货", "投诉", "退款怎么还没到", "首次响应慢", "1分40秒"):
        assert words in html, words
    assert "unanswered=on" in html


def test_a_lead_sees_those_of_the_own_team_only(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.lead_b), TEAM)
    assert "退款怎么还没到" not in html
    assert "有人吗" not in html


def test_the_leadership_reads_figures_and_is_led_to_no_conversation(company_with_conversations, signed_in):
    html = page(signed_in(company_with_conversations.leadership), TEAM)
    assert "首次响应中位数" in html
    assert "/insight/conversations/" not in html
    assert "退款怎么还没到" not in html


def test_the_part_is_a_part_for_htmx_and_a_page_without(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    part = client.get(TEAM, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    assert "<html" in page(client, TEAM)


def test_an_administrator_sees_what_is_set_up_and_what_is_not(db, home, signed_in):
    company = a_small_company()
    html = page(signed_in(company.admin))
    assert "开始使用" in html
    assert "已完成 4/6" in html  # no name of the company, no conversations
    assert html.count("已完成</span>") == 4


def test_when_everything_is_set_up_the_list_is_folded(company_with_conversations, signed_in):
    base.change_company(actor=None, name={"zh": "禾一"}, time_zone="Asia/Shanghai", calendar="always")
    html = page(signed_in(company_with_conversations.admin))
    assert "系统设置已全部完成" in html
    assert "一切顺利" not in html


def test_who_may_import_sees_the_last_import(db, home, tmp_path, signed_in):
    company = a_small_company()
    assert "messages.csv" not in page(signed_in(company.manager))
    contacts.import_now(actor=company.manager, paths=write_files(tmp_path))
    assert "最近一次导入：messages.csv, conversations.csv" in page(signed_in(company.manager))
    assert "messages.csv" not in page(signed_in(company.lin))


def test_new_messages_stand_on_top_until_they_are_read(company_with_conversations, signed_in):
    lin = company_with_conversations.lin
    base.send(recipient=lin, key="inbox.job_done", params={"kind": "contacts.import"}, link="/jobs/1/")
    html = page(signed_in(lin))
    assert "后台任务已完成：导入会话" in html
    assert 'href="/jobs/1/"' in html
    assert "后台任务已完成" not in page(signed_in(company_with_conversations.zheng))
    base.mark_read(user=lin)
    assert "后台任务已完成" not in page(signed_in(lin))


@pytest.mark.parametrize("who", ["lecturer", "lin", "manager"])
def test_without_data_there_is_calm(db, home, signed_in, who):
    html = page(signed_in(getattr(a_small_company(), who)))
    assert "一切顺利" in html


def test_an_english_reader_reads_english(company_with_conversations, signed_in):
    set_language(user=company_with_conversations.lin, language="en")
    html = page(signed_in(company_with_conversations.lin))
    for words in ("Your conversations", "First response, median:", "56 s", "Overpromise", "One thing to look at"):
        assert words in html, words


def offers(last: date | None) -> Choices:
    from datetime import datetime

    last_ms = (
        None if last is None else int(datetime(last.year, last.month, last.day, 9, tzinfo=ZONE).timestamp() * 1000)
    )
    return Choices((), (), (), last_ms, last_ms)


@pytest.mark.parametrize(
    ("newest", "first", "last", "is_older"),
    [
        (date(2026, 11, 22), date(2026, 10, 24), date(2026, 11, 22), False),
        (date(2026, 11, 20), date(2026, 10, 22), date(2026, 11, 20), False),
        (date(2026, 11, 19), date(2026, 10, 21), date(2026, 11, 19), True),
        (date(2027, 1, 1), date(2026, 10, 24), date(2026, 11, 22), False),
    ],
)
def test_the_thirty_days_end_with_the_data_as_on_the_kpi_board(newest, first, last, is_older):
    found = days_of(offers(newest), date(2026, 11, 22), ZONE)
    assert (found.first, found.last, found.is_older) == (first, last, is_older)
    assert found.last == last_day(offers(newest), ZONE, date(2026, 11, 22))


def test_without_a_dated_conversation_there_are_no_days():
    assert days_of(offers(None), date(2026, 11, 22), ZONE) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 2, "0123…"), (4, 5, "…23456…"), (8, 10, "…6789"), (0, 0, "01…"), (0, 10, "0123456789")],
)
def test_an_excerpt_stands_around_the_words(start, end, expected):
    assert excerpt("0123456789", start, end, around=2) == expected


# What waits


def test_a_leader_first_reads_what_the_team_needs_and_not_that_nothing_is_to_practise(
    company_with_conversations, signed_in
):
    company = company_with_conversations
    record.raise_need(
        actor=None, employee=company.zheng.employee, subject="empathy", reason=Reason("record.need_raised")
    )
    html = page(signed_in(company.manager))
    assert "1 项需求还没有安排训练" in html
    assert "没有要完成的练习" not in html
    assert html.index("等您处理") < html.index("您的团队")
    assert "1 项需求" not in page(signed_in(company.zheng))


def test_an_assignment_stands_once_on_the_page_and_its_message_leads_to_it(company_with_conversations, signed_in):
    lin = company_with_conversations.lin
    base.send(recipient=lin, key="inbox.assignment_due", params={"title": "物流延误", "due": "2026-11-29 23:59"})
    assert "给您安排了练习" not in page(signed_in(lin))
    listed = signed_in(lin).get(reverse("messages")).content.decode()
    assert f'href="{reverse("own_tasks")}"' in listed
    assert "11月29日 23:59" in listed
    assert "2026-11-29" not in listed
