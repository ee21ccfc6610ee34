"""Drills as questions, on pages: who calls, the way into the room and back, handing in, looking back."""

from __future__ import annotations

import asyncio
import html
import re

import pytest
from channels.db import database_sync_to_async
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.practice import api as practice
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exam_drills import BothClocks, a_drill_item, a_drill_sitting, calls
from support.exam_pages import stored
from support.exams import begun, fresh
from support.practice import Room, a_run, a_trainee, plays, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch):
    return BothClocks(monkeypatch, timezone.now())


@pytest.fixture
def lin(db):
    return a_trainee()


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def posts(client, attempt, **data):
    known = {"known1": "0", "known2": "0"}
    return client.post(reverse("exam_room", args=[attempt.pk]), {**known, **data})


def test_the_question_says_who_calls_and_its_button_begins_one_drill(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    client = signed_in(lin)
    text = page(client, "exam_room", attempt.pk)
    assert re.search(r"<strong[^>]*>陈女士</strong> · 在线", text)
    assert "开始演练" in text
    first = posts(client, attempt, drill="q2", **{"tried.q2": "0", "q1": "1"})
    second = posts(client, attempt, drill="q2", **{"tried.q2": "0", "q1": "1"})
    run = practice.DrillRun.objects.get()
    assert first.url == second.url == reverse("drill_room", args=[run.pk])
    assert stored(attempt)["1"] is not None  # what was answered without JavaScript is kept
    assert "继续演练" in page(client, "exam_room", attempt.pk)


def test_the_room_says_that_it_is_an_exam_leads_back_and_shows_no_indices(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    run = calls(lin, attempt)
    client = signed_in(lin)
    text = page(client, "drill_room", run.pk)
    back = f"/exams/attempts/{attempt.pk}/#q2"
    assert text.count(f'href="{back}"') >= 2
    assert "考试中的演练" in text
    assert re.search(r'<section class="room-gauges" hidden', text)
    assert "data-answers" not in text
    practice.end_drill(user=lin, run_id=run.pk)
    assert client.get(reverse("drill_room", args=[run.pk])).url == back
    assert client.get(reverse("drill_debrief", args=[run.pk])).status_code == 404
    assert client.get(reverse("drill_answers", args=[run.pk])).status_code == 404
    assert "已做完并保存" in page(client, "exam_room", attempt.pk)


@pytest.mark.django_db(transaction=True)
def test_over_the_socket_nothing_is_told_but_what_was_said(tmp_path, time, lin):
    _, attempt = begun(a_drill_sitting(tmp_path, a_drill_item(level="easy")), lin)
    run = calls(lin, attempt)

    async def scene():
        try:
            room = Room(run.pk, lin)
            texts = [await room.open()]
            await room.say("不知道")
            texts += await room.until("lines")
            await room.send("end")
            return texts + await room.until("over")
        finally:
            await database_sync_to_async(lambda: None)()

    texts = asyncio.run(scene())
    assert (texts[0]["gauges"], texts[0]["mode"]["is_enclosed"], texts[0]["mode"]["hints"]) == ([], True, False)
    assert not {text["type"] for text in texts} & {"gauge", "hints"}
    assert (texts[-1]["outcome"], texts[-1]["debrief_url"], texts[-1]["label"]) == ("over", None, "对话已结束")


def test_handing_in_with_a_running_drill_is_asked_and_then_done(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    says(lin, calls(lin, attempt))
    client = signed_in(lin)
    asked = posts(client, attempt, do="hand_in")
    assert asked.status_code == 409
    assert "交卷会马上结束它" in asked.content.decode()
    assert fresh(attempt).is_running
    assert client.post(reverse("exam_hand_in", args=[attempt.pk])).status_code == 409
    done = client.post(reverse("exam_hand_in", args=[attempt.pk]), {"ends_drills": "1"})
    assert done.url == reverse("exam_review", args=[attempt.pk])
    assert not fresh(attempt).is_running


def test_one_that_has_not_begun_is_told_with_what_it_costs(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    asked = posts(signed_in(lin), attempt, do="hand_in")
    assert "交卷后这题不得分" in asked.content.decode()


def test_who_is_in_another_drill_is_told_so(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    a_run(lin)
    client = signed_in(lin)
    answer = posts(client, attempt, drill="q2", **{"tried.q2": "0"})
    assert answer.url == reverse("exam_room", args=[attempt.pk]) + "#q2"
    assert "您正在做" in page(client, "exam_room", attempt.pk)


def test_the_review_shows_what_it_brought_and_leads_to_its_debrief(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path, exam={"attempts": 1}), lin)
    plays(lin, calls(lin, attempt), time.drill)
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    client = signed_in(lin)
    text = page(client, "exam_review", attempt.pk)
    href = reverse("exam_drill", args=[attempt.pk, 2])
    assert f'href="{href}"' in text
    assert "问题解决，客户满意" in text
    assert "共情" in text
    debrief = page(client, "exam_drill", attempt.pk, 2)
    assert "下次" in debrief
    assert "drill_fork" not in debrief
    assert "/replay" not in debrief


def test_before_the_key_opens_the_conversation_is_all_there_is(tmp_path, time, lin, signed_in):
    exam = {"attempts": 2, "cuts": {"qualified": 95, "good": 96, "excellent": 97}}
    _, attempt = begun(a_drill_sitting(tmp_path, exam=exam), lin)
    says(lin, calls(lin, attempt), "我马上帮您查一下")
    learning.hand_in(user=lin, attempt_id=attempt.pk, ends_drills=True)
    text = page(signed_in(lin), "exam_drill", attempt.pk, 2)
    assert "我马上帮您查一下" in text
    assert "通过考试、次数用完或考试结束后" in text


def test_the_conversation_is_for_the_person_and_who_judges(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path, exam={"attempts": 1}), lin)
    says(lin, calls(lin, attempt))
    href = reverse("exam_drill", args=[attempt.pk, 2])
    assert signed_in(lin).get(href).status_code == 404  # the exam runs
    learning.hand_in(user=lin, attempt_id=attempt.pk, ends_drills=True)
    assert signed_in(a_login("boss", "training_manager", employee=an_employee("boss"))).get(href).status_code == 200
    assert signed_in(a_trainee()).get(href).status_code == 404
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    assert signed_in(other).get(href).status_code == 404
    assert signed_in(lin).post(href).status_code == 405
    assert signed_in(lin).get(reverse("exam_drill", args=[attempt.pk, 1])).status_code == 404


def test_a_contest_leads_to_the_conversation(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path, exam={"attempts": 1}), lin)
    says(lin, calls(lin, attempt))
    learning.hand_in(user=lin, attempt_id=attempt.pk, ends_drills=True)
    contest = learning.contest_answer(user=lin, attempt_id=attempt.pk, number=2, reason="我先安抚了")
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    assert reverse("exam_drill", args=[attempt.pk, 2]) in page(signed_in(boss), "exam_contest", contest.pk)


def test_a_marker_reads_a_drill_that_could_not_be_scored_without_a_name(tmp_path, time, lin, signed_in, monkeypatch):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    says(lin, calls(lin, attempt), "我马上帮您查一下")
    monkeypatch.setattr(practice, "end_enclosed", lambda **_given: 1 / 0)
    learning.hand_in(user=lin, attempt_id=attempt.pk, ends_drills=True)
    boss = a_login("boss", "training_manager", employee=an_employee("boss"))
    response = attempt.responses.get(number=2)
    text = page(signed_in(boss), "exam_mark", response.pk)
    assert "我马上帮您查一下" in text
    assert lin.employee.name not in text


def test_a_drill_inside_a_case_begins_by_its_place(tmp_path, time, lin, signed_in):
    truth = {"type": "truth", "id": "t", "is_true": True, "stem": {"zh": "先查物流"}, "explanation": {"zh": "对"}}
    case = {"type": "case", "id": "call", "stem": {"zh": "包裹没动"}, "explanation": {"zh": "先安抚"},
            "items": [truth, a_drill_item(id="secret-play")]}  # fmt: skip
    _, attempt = begun(a_drill_sitting(tmp_path, case), lin)
    client = signed_in(lin)
    text = page(client, "exam_room", attempt.pk)
    assert 'name="drill" value="q2.1"' in text
    assert "secret-play" not in text
    answer = posts(client, attempt, drill="q2.1", **{"tried.q2.1": "0"})
    run = practice.DrillRun.objects.get()
    assert answer.url == reverse("drill_room", args=[run.pk])


@pytest.mark.parametrize("name", ["q1", "q3", "q2.0", "q2.9", "x", "q2.call", ""])
def test_a_button_for_what_is_no_drill_begins_none(tmp_path, time, lin, signed_in, name):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    assert posts(signed_in(lin), attempt, drill=name).status_code == 302
    assert not practice.DrillRun.objects.exists()


def test_from_outside_the_exam_its_drill_is_gone_on_with_and_never_stopped(tmp_path, time, lin, signed_in):
    _, attempt = begun(a_drill_sitting(tmp_path), lin)
    run = calls(lin, attempt)
    client = signed_in(lin)
    for text in (page(client, "practise"), page(client, "drill_start", "retail/damaged-goods")):
        assert reverse("drill_room", args=[run.pk]) in text
        assert reverse("drill_stop", args=[run.pk]) not in text
