"""The pages of the daily round: a question, what came of it, how it went, nothing to ask, who took part."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base.api import company_zone
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import RIGHT, a_course, a_lesson, learns, taught
from support.exam_pages import SECRET, a_whole_bank
from support.exams import BANK, ExamClock, a_bank, a_sitting, an_exam, begun
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now().replace(hour=4))  # noon in the company: no midnight comes in between


@pytest.fixture
def lin(db):
    return a_trainee()


@pytest.fixture
def learnt(tmp_path, time, lin):
    """Somebody who has learnt a lesson of two questions."""
    taught(tmp_path, a_lesson())
    learns(lin)
    return lin


def page(client, name="daily_round", *arguments, status=200, headers=None, **query):
    response = client.get(reverse(name, args=arguments), query, headers=headers)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def form_of(text: str, words: str = "乙") -> dict[str, str]:
    """What the form of the question sends when an option is chosen."""
    found = dict(re.findall(r'name="(round|n)" value="([^"]+)"', text))
    option = re.search(r'name="(q\d+)" value="(\d+)"[^>]*><span[^>]*>' + words, text)
    assert option is not None
    return {**found, option[1]: option[2]}


def sends(client, data, *, status, headers=None):
    response = client.post(reverse("daily_round_answer"), data, headers=headers)
    assert response.status_code == status
    return html.unescape(response.content.decode()) if status != 302 else response


# -- one question after another ---------------------------------------------------------------------------------------


def test_a_question_stands_alone_on_the_page_and_without_its_key(tmp_path, time, lin, signed_in):
    installed(tmp_path, a_whole_bank(), a_lesson(check={"items": [f"{BANK}#single", f"{BANK}#multiple"]}))
    for one in learning.lesson_of(user=lin, key="mine/first").check:
        right = [option.id for option in one.asked.field.options if option.right]
        sent = {"number": one.asked.question.number, "answer": {"chosen": right}, "client_id": uuid4()}
        learning.answer_check_item(user=lin, lesson="mine/first", **sent)
    text = page(signed_in(lin))
    assert "第 1 题，共 2 题" in text
    assert re.search(r"<a[^>]*href=\"/\"[^>]*aria-current", text)
    assert text.count("data-item") == 1
    assert SECRET not in text


def test_without_javascript_an_answer_leads_to_what_came_of_it_and_on_to_the_next_question(learnt, signed_in):
    client = signed_in(learnt)
    response = sends(client, form_of(page(client), "甲"), status=302)
    assert response.url == reverse("daily_round") + "?seen=1"
    text = page(client, seen=1)
    assert "还不对" in text
    assert "下一题" in text
    assert "再来看看您还记不记得" in text
    text = page(client)
    assert "第 2 题，共 2 题" in text
    sends(client, form_of(text), status=302)
    assert "看看做得怎么样" in page(client, seen=2)
    text = page(client)
    assert "2 题答对 1 题" in text
    assert text.count("再出现") == 2


def test_with_htmx_only_the_round_is_sent_and_its_address_shows_the_same_after_a_reload(learnt, signed_in):
    client = signed_in(learnt)
    response = client.post(reverse("daily_round_answer"), form_of(page(client)), headers=HTMX)
    text = html.unescape(response.content.decode())
    assert "<html" not in text
    assert 'id="verdict" tabindex="-1" autofocus' in text
    assert response["HX-Replace-Url"] == reverse("daily_round") + "?seen=1"
    assert "答对了" in page(client, seen=1)
    part = page(client, headers=HTMX)
    assert "<html" not in part
    assert 'id="q2" tabindex="-1" autofocus' in part


def test_looking_at_what_came_of_an_answer_does_not_start_the_clock_of_the_next_question(learnt, time, signed_in):
    client = signed_in(learnt)
    sends(client, form_of(page(client)), status=302)
    page(client, seen=1)
    time.pass_(seconds=50)
    text = page(client)
    time.pass_(seconds=7)
    sends(client, form_of(text), status=302)
    assert learning.CardAnswer.objects.get(number=2).seconds == 7


def test_a_click_that_comes_twice_is_one_answer_and_another_device_is_told_that_the_first_counts(learnt, signed_in):
    client = signed_in(learnt)
    text = page(client)
    for _ in range(2):
        again = sends(client, form_of(text, "甲"), status=200, headers=HTMX)
        assert "以第一次的答案为准" not in again
    assert "以第一次的答案为准" in sends(client, form_of(text, "乙"), status=200, headers=HTMX)
    assert learning.CardAnswer.objects.get().points == 0


def test_nothing_answered_is_said_at_the_question_and_nothing_is_kept(learnt, signed_in):
    client = signed_in(learnt)
    text = page(client)
    data = {name: value for name, value in form_of(text).items() if not name.startswith("q")}
    for headers, status in ((None, 422), (HTMX, 200)):
        again = sends(client, data, status=status, headers=headers)
        assert 'class="field-fault"' in again
        assert "第 1 题" in again
    sends(client, {**data, "q1": "99"}, status=422)
    assert not learning.CardAnswer.objects.exists()


def test_a_question_of_yesterday_is_told_and_todays_stands_below(learnt, time, signed_in):
    client = signed_in(learnt)
    data = form_of(page(client))
    time.pass_(days=1)
    text = sends(client, data, status=422)
    assert "今天的题在下面" in text
    assert "第 1 题" in text
    assert not learning.CardAnswer.objects.exists()


def test_when_the_five_minutes_are_full_what_is_left_is_no_debt(tmp_path, time, lin, signed_in):
    taught(tmp_path, a_lesson(check={"items": [f"{BANK}#q{n}" for n in range(1, 7)]}))
    learns(lin)
    client = signed_in(lin)
    for _ in range(3):
        text = page(client)
        time.pass_(minutes=2)
        sends(client, form_of(text), status=302)
    time.pass_(days=3)
    for _ in range(3):
        text = page(client)
        time.pass_(minutes=2)
        sends(client, form_of(text), status=302)
    text = page(client)
    assert "五分钟到了" in text
    assert "不用补" in text
    assert "已连续做了 2 次" in text


def test_during_an_exam_its_questions_wait_and_say_so(tmp_path, learnt, signed_in):
    client = signed_in(learnt)
    page(client)
    begun(a_sitting(tmp_path / "more", an_exam(drawn=[{"count": 6}]), a_bank()), learnt)
    text = page(client)
    assert "这些题等您考完再来" in text
    assert "data-item" not in text


# -- nothing to ask ---------------------------------------------------------------------------------------------------


def test_who_has_learnt_nothing_is_told_where_questions_come_from(tmp_path, time, lin, signed_in):
    taught(tmp_path, a_lesson(), a_course())
    text = page(signed_in(lin))
    assert "学完一个课时，这里就有题了" in text
    assert reverse("courses") in text
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")
    text = page(signed_in(lin))
    assert reverse("lesson", args=["mine/first"]) in text


def test_a_day_without_a_question_says_when_the_next_ones_come(learnt, time, signed_in):
    client = signed_in(learnt)
    for _ in range(2):
        sends(client, form_of(page(client)), status=302)
    due = learning.round_waiting(user=learnt).next_on
    time.pass_(days=1)
    assert due is not None
    assert due > (time.at + timedelta(hours=8)).date()
    text = page(client)
    assert "今天没有要复习的题" in text
    assert f"{due.month}月{due.day}日" in text


# -- where it stands --------------------------------------------------------------------------------------------------


def test_today_and_learn_say_how_many_questions_wait_and_when_it_is_done(learnt, signed_in):
    client = signed_in(learnt)
    for name in ("today", "learn"):
        assert "有 2 道题等您" in page(client, name)
    sends(client, form_of(page(client)), status=302)
    assert "今天还剩 1 题" in page(client, "today")
    sends(client, form_of(page(client)), status=302)
    for name in ("today", "learn"):
        assert "今天的做完了" in page(client, name)


def test_where_there_is_nothing_to_ask_today_is_silent(tmp_path, time, lin, signed_in):
    taught(tmp_path, a_lesson())
    assert "每日五分钟" not in page(signed_in(lin), "today")


def test_who_leads_sees_who_took_part_and_on_how_many_days(learnt, signed_in):
    unit = people.Unit.objects.get(memberships__employee=learnt.employee)
    an_employee("王一", unit=unit)
    lead = signed_in(a_login("lead", "supervisor", unit=unit))
    assert "本周还没有人做过每日五分钟" in page(lead, "team_learning")
    learning.ask_next(user=learnt)
    view = learning.daily_round(user=learnt)
    assert view is not None
    learning.answer_card(user=learnt, round_id=view.round.pk, number=1, answer=RIGHT)
    text = page(lead, "team_learning")
    assert "本周有 1 人做过每日五分钟（共 2 人）" in text
    assert reverse("person_learning", args=[learnt.employee.pk]) in text
    assert re.search(r"本周：\s*<strong>1 天", page(lead, "person_learning", learnt.employee.pk))


def test_a_leader_of_another_team_sees_nobody_of_this_one(learnt, signed_in):
    lead = signed_in(a_login("other", "supervisor", unit=a_unit("二组")))
    assert learnt.employee.name not in page(lead, "team_learning")
    page(lead, "person_learning", learnt.employee.pk, status=404)


def test_a_week_shows_every_answer_to_its_person_and_stands_in_the_archive(learnt, time, signed_in):
    client = signed_in(learnt)
    sends(client, form_of(page(client)), status=302)
    monday = time.at.astimezone(company_zone()).date()
    monday -= timedelta(days=monday.weekday())
    text = page(client, "week_of_rounds", monday.isoformat())
    assert "1 题答对 1 题" in text
    assert 'class="round-look' in text
    archive = page(client, "own_archive")
    assert reverse("week_of_rounds", args=[monday.isoformat()]) in archive
    assert "1 轮，1 题" in archive


@pytest.mark.parametrize("week", ["x", "2026-02-30", "2020-01-06", "99999-01-01"])
def test_a_week_without_rounds_and_one_that_is_none_are_not_found(learnt, signed_in, week):
    page(signed_in(learnt), "week_of_rounds", week, status=404)


def test_nobody_looks_at_the_week_of_somebody_else(learnt, time, signed_in):
    client = signed_in(learnt)
    sends(client, form_of(page(client)), status=302)
    monday = time.at.astimezone(company_zone()).date()
    monday -= timedelta(days=monday.weekday())
    unit = people.Unit.objects.get(memberships__employee=learnt.employee)
    lead = signed_in(a_login("lead", "supervisor", unit=unit))
    page(lead, "week_of_rounds", monday.isoformat(), status=404)
    archive = page(lead, "person_archive", learnt.employee.pk)
    assert "1 轮，1 题" in archive
    assert "/learn/rounds/" not in archive


# -- who may not ------------------------------------------------------------------------------------------------------


def test_a_round_of_somebody_else_and_a_question_that_is_not_there_are_not_found(learnt, signed_in):
    data = form_of(page(signed_in(learnt)))
    other = signed_in(a_trainee())
    sends(other, data, status=404)
    client = signed_in(learnt)
    for wrong in ({"n": "9"}, {"n": "x"}, {"round": "x"}, {"round": str(uuid4())}):
        sends(client, {**data, **wrong}, status=404)
    assert not learning.CardAnswer.objects.exists()


def test_who_is_no_employee_has_no_round(db, signed_in):
    client = signed_in(a_login("boss", "administrator"))
    page(client, status=404)
    sends(client, {"n": "1", "round": str(uuid4())}, status=404)


def test_who_is_not_signed_in_is_asked_to_be(client, db):
    for response in (client.get(reverse("daily_round")), client.post(reverse("daily_round_answer"))):
        assert response.status_code == 302
        assert reverse("sign_in") in response.url


def test_each_address_takes_its_own_method_only(lin, signed_in):
    client = signed_in(lin)
    assert client.post(reverse("daily_round")).status_code == 405
    assert client.get(reverse("daily_round_answer")).status_code == 405
