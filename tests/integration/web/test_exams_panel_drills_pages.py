"""A drill before a panel, on pages: set up, begun by the candidate, read along by examiners and guests, read later."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.practice import api as practice
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exam_drills import BothClocks
from support.practice import CALM, a_trainee, plays, says

pytestmark = pytest.mark.django_db
KEYS = ("resolution", "soothing", "expression", "rules")


@pytest.fixture
def time(monkeypatch):
    return BothClocks(monkeypatch, timezone.now())


@pytest.fixture
def unit(db):
    return a_unit()


@pytest.fixture
def lead(unit):
    return a_login("lead", "supervisor", unit=unit, employee=an_employee("lead", unit=unit))


@pytest.fixture
def judge(db):
    return a_login("judge", "judge", employee=an_employee("judge"))


@pytest.fixture
def lin(unit):
    return a_trainee(unit=unit)


@pytest.fixture
def panel(time, lead, judge, lin, signed_in):
    """A practical exam that plays a drill, and the address of its guest."""
    data = {
        "title": "投诉处理实操", "kind": "drill", "scenario": CALM, "story": "包裹两天没动。",
        "form": "complaint-panel", "starts_at": f"{timezone.localtime(time.exam.at):%Y-%m-%dT%H:%M}",
        "candidates": [str(lin.employee.pk)],
        "examiners": [str(judge.pk)], "guests": "王女士", "customer": "", "batch": str(uuid4()),
    }  # fmt: skip
    answer = signed_in(lead).post(reverse("exam_panel_new"), data)
    assert answer.status_code == 200
    link = re.search(r"/exams/panels/guest/[^<\s\"]+", answer.content.decode())[0]
    return learning.panels_run_by(lead).get(), link


def text_of(client, address, status=200, **headers):
    response = client.get(address, headers=headers)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def score(examiner, candidate):
    learning.give_sheet(examiner=examiner, candidate_id=candidate.pk, points=dict.fromkeys(KEYS, "8"))


def test_the_candidate_begins_it_from_the_page_of_practical_exams(panel, lin, signed_in):
    one = panel[0].candidates.get()
    client = signed_in(lin)
    assert "开始演练" in text_of(client, reverse("exam_panels"))
    begin = reverse("exam_panel_begin", args=[one.pk])
    assert client.get(begin).status_code == 405
    first, second = client.post(begin), client.post(begin)
    run = practice.DrillRun.objects.get()
    assert first.url == second.url == reverse("drill_room", args=[run.pk])
    assert 'href="/exams/panels/"' in text_of(client, first.url)
    assert "继续演练" in text_of(client, reverse("exam_panels"))
    assert signed_in(a_trainee()).post(begin).status_code == 404


def test_examiners_and_the_guest_see_it_live_and_strangers_do_not(panel, lin, judge, lead, signed_in):
    one, link = panel[0].candidates.get(), panel[1]
    seen = reverse("exam_panel_examined", args=[panel[0].pk, one.pk])
    assert "演练还没开始" in text_of(signed_in(judge), seen)
    says(lin, learning.start_panel_drill(user=lin, candidate_id=one.pk), "我马上帮您查一下")
    for user, address in (
        (judge, seen), (None, f"{link}{one.pk}/"), (lead, reverse("exam_panel_talk", args=[one.pk])),
    ):  # fmt: skip
        client = Client() if user is None else signed_in(user)
        text = text_of(client, address)
        assert "我马上帮您查一下" in text
        assert 'hx-trigger="every 3s"' in text
        part = text_of(client, address, **{"HX-Request": "true"})
        assert "我马上帮您查一下" in part
        assert "<html" not in part
    for user in (lin, a_trainee()):
        client = signed_in(user)
        assert client.get(seen).status_code == 404
        assert client.get(reverse("exam_panel_talk", args=[one.pk])).status_code == 404
    assert Client().get(f"/exams/panels/guest/wrong/{one.pk}/").status_code == 404
    assert f"{link}{one.pk}/" in text_of(Client(), link)


def test_when_it_is_decided_the_debrief_opens_and_the_archive_leads_to_it(panel, time, lin, judge, lead, signed_in):
    one, link = panel[0].candidates.get(), panel[1]
    plays(lin, learning.start_panel_drill(user=lin, candidate_id=one.pk), time.drill)
    score(learning.guest_of(link.rstrip("/").rpartition("/")[2]), one)
    closed = Client().get(f"{link}{one.pk}/")
    assert closed.status_code == 404
    assert f'href="{link}"' in closed.content.decode(), "a guest with nobody left to score gets back to the own sheets"
    assert f"{one.pk}/" not in Client().get(link).content.decode()
    score(learning.examiner_of(user=judge, panel_id=panel[0].pk), one)
    talk = reverse("exam_panel_talk", args=[one.pk])
    for user in (lin, lead):
        assert "下次" in text_of(signed_in(user), talk)
    archive = text_of(signed_in(lin), reverse("own_archive"))
    assert "实操考核" in archive
    result = reverse("exam_panel_result", args=[one.pk])
    assert f'href="{result}"' in archive
    assert f'href="{talk}"' in text_of(signed_in(lin), result)
    assert f'href="{talk}"' in text_of(signed_in(lin), reverse("exam_panels"))


def test_a_role_play_with_a_drill_is_refused_at_its_field(time, lead, judge, lin, signed_in):
    data = {
        "title": "实操", "kind": "role_play", "scenario": CALM, "story": "包裹两天没动。", "form": "complaint-panel",
        "starts_at": "2026-12-01T10:00", "candidates": [str(lin.employee.pk)], "examiners": [str(judge.pk)],
        "guests": "王女士", "customer": "", "batch": str(uuid4()),
    }  # fmt: skip
    answer = signed_in(lead).post(reverse("exam_panel_new"), data)
    assert answer.status_code == 422
    assert "角色扮演由人来演客户" in answer.content.decode()
