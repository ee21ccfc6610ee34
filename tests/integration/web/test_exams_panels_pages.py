"""The pages of practical exams: setting one up, scoring alone, a guest over a link, results, and who may."""

from __future__ import annotations

import html
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
KEYS = ("resolution", "soothing", "expression", "rules")


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


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


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def form_of(time, lin, judge, **more):
    return {
        "title": "投诉处理实操", "kind": "role_play", "story": "客户收到破损商品。", "form": "complaint-panel",
        "starts_at": f"{time.at:%Y-%m-%dT%H:%M}", "candidates": [str(lin.employee.pk)], "examiners": [str(judge.pk)],
        "guests": "王女士", "customer": "", "batch": str(uuid4()), **more,
    }  # fmt: skip


def sheet(candidate, points="8", **more):
    return {"candidate": str(candidate.pk), **{f"points.{key}": points for key in KEYS}, **more}


@pytest.fixture
def opened(time, lead, judge, lin, signed_in):
    """A panel set up on the page: its row and the path of its guest's link."""
    answer = signed_in(lead).post(reverse("exam_panel_new"), form_of(time, lin, judge))
    (found,) = learning.Panel.objects.all()
    link = re.search(r"http://testserver(/exams/panels/guest/[^<]+)", html.unescape(answer.content.decode()))
    return found, link[1]


def test_without_one_the_page_says_what_it_is(lin, signed_in):
    assert "还没有实操考核" in page(signed_in(lin), "exam_panels")


def test_the_link_of_a_guest_is_shown_once(opened, lead, signed_in):
    panel, link = opened
    text = page(signed_in(lead), "exam_panel", panel.pk)
    assert link not in text
    assert "王女士" in text


def test_each_scores_alone_and_the_results_come_when_all_are_in(opened, lead, judge, lin, signed_in):
    panel, link = opened
    (candidate,) = panel.candidates.all()
    client, guest = signed_in(judge), Client()
    assert "投诉处理实操" in page(client, "exam_panels")
    score = reverse("exam_panel_score", args=[panel.pk])
    assert lin.employee.name in client.get(score).content.decode()
    assert client.post(score, sheet(candidate, "11")).status_code == 422
    assert client.post(score, sheet(candidate, "4.5", note="先共情")).status_code == 302
    seen = guest.get(link)
    assert (seen.status_code, seen["Referrer-Policy"]) == (200, "strict-origin")
    assert "4.5" not in seen.content.decode(), "blind"
    assert "先共情" not in seen.content.decode()
    assert "没有成绩" not in page(signed_in(lin), "exam_panels")
    assert "谢谢" in guest.post(link, sheet(candidate, "9"), follow=True).content.decode()
    text = page(signed_in(lead), "exam_panel", panel.pk)
    for said in ("67.5", "分歧", "王女士"):
        assert said in text
    own = page(signed_in(lin), "exam_panels")
    assert "67.5" in own
    assert "先共情" in own
    assert "王女士" not in own, "who gave what is not told"
    result = reverse("exam_panel_result", args=[candidate.pk])
    assert result in own
    for user in (lin, lead):
        text = signed_in(user).get(result).content.decode()
        for said in ("67.5", "先共情", "投诉处理实操"):
            assert said in text
        assert "王女士" not in text
    assert result in page(signed_in(lead), "person_archive", lin.employee.pk)
    for competency in {one["competency"] for one in panel.form["dimensions"]}:
        assert result in page(signed_in(lin), "own_why", competency)
    assert signed_in(lead).post(result).status_code == 405
    other = a_login("elsewhere", "supervisor", unit=a_unit(), employee=an_employee("elsewhere"))
    for user in (other, judge):
        assert signed_in(user).get(result).status_code == 404


def test_a_guest_who_has_scored_everybody_is_thanked_and_reads_the_own_sheets_until_the_link_ends(
    opened, time, lead, judge, signed_in
):
    panel, link = opened
    (candidate,) = panel.candidates.all()
    assert "可以评分到" in page(signed_in(lead), "exam_panel", panel.pk)
    signed_in(judge).post(reverse("exam_panel_score", args=[panel.pk]), sheet(candidate, "4.5", note="先共情"))
    guest = Client()
    done = guest.post(link, sheet(candidate, "9", note="让人安心"))
    assert (done.status_code, done.url) == (302, link)
    text = html.unescape(guest.get(link).content.decode())
    for said in ("谢谢", "王女士", "让人安心", "不能再改"):
        assert said in text
    for hidden in ('name="points.', "先共情", "4.5", "67.5"):
        assert hidden not in text
    again = guest.post(link, sheet(candidate, "2"))
    assert again.status_code == 422
    assert candidate.sheets.get(examiner__user=None).points["resolution"] == "9"
    assert "可以查看自己的评分到" in page(signed_in(lead), "exam_panel", panel.pk)
    time.pass_(days=15)
    assert guest.get(link).status_code == 404


def test_a_guest_who_came_too_late_is_told_so(opened, lead, judge, signed_in):
    panel, link = opened
    (candidate,) = panel.candidates.all()
    second = learning.Examiner.objects.create(panel=panel, user=lead, name="lead")
    for user in (judge, lead):
        learning.give_sheet(
            examiner=learning.examiner_of(user=user, panel_id=panel.pk), candidate_id=candidate.pk,
            points=dict.fromkeys(KEYS, "5"),
        )  # fmt: skip
    assert second.sheets.count() == 1
    learning.settle_panel(actor=lead, candidate_id=candidate.pk, reason="客户代表没来")
    text = Client().get(link).content.decode()
    assert "没有等" in text
    assert 'name="points.' not in text


def test_a_result_is_not_there_before_it_is_decided(opened, lead, lin, signed_in):
    panel, _link = opened
    (candidate,) = panel.candidates.all()
    for user in (lin, lead):
        page(signed_in(user), "exam_panel_result", candidate.pk, status=404)


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"guests": ""}, {"candidates": []}, {"form": "x"}, {"starts_at": "x"}]
)
def test_what_cannot_be_set_up_is_said_and_kept(time, lead, judge, lin, signed_in, wrong):
    answer = signed_in(lead).post(reverse("exam_panel_new"), form_of(time, lin, judge) | wrong)
    assert answer.status_code == 422
    assert not learning.Panel.objects.exists()


def test_a_wrong_link_is_the_same_as_one_that_has_ended_and_needs_no_account(opened):
    assert Client().get(reverse("panel_guest", args=["nonsense"])).status_code == 404


def test_a_new_link_ends_the_former(opened, lead, signed_in):
    panel, link = opened
    examiner = panel.examiners.get(user=None)
    assert (
        "/exams/panels/guest/" in signed_in(lead).post(reverse("exam_panel_renew", args=[examiner.pk])).content.decode()
    )
    assert Client().get(link).status_code == 404


def test_who_has_no_part_in_it_reaches_nothing(opened, judge, lin, signed_in):
    panel, _link = opened
    (candidate,) = panel.candidates.all()
    examiner = panel.examiners.get(user=None)
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    for user in (other, lin):
        client = signed_in(user)
        page(client, "exam_panel", panel.pk, status=404)
        page(client, "exam_panel_score", panel.pk, status=404)
        assert client.post(reverse("exam_panel_score", args=[panel.pk]), sheet(candidate)).status_code == 404
        assert client.post(reverse("exam_panel_settle", args=[candidate.pk]), {"reason": "x"}).status_code == 404
        assert client.post(reverse("exam_panel_renew", args=[examiner.pk])).status_code == 404
        assert client.get(reverse("exam_panel_settle", args=[candidate.pk])).status_code == 405
    page(signed_in(lin), "exam_panel_new", status=404)
    page(signed_in(judge), "exam_panel", panel.pk, status=404)
    assert not candidate.sheets.exists()
