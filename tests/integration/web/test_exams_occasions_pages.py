"""The pages of running exams: the list, opening with a look before, who is where, what can be done, files, who may."""

from __future__ import annotations

import html
import io
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.base.api import bookkeeping
from peilian.apps.learning import api as learning
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_bank, a_short, an_exam, an_item, answers, begun, fresh
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


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
def lin(unit):
    return a_trainee(unit=unit)


@pytest.fixture
def sitting(tmp_path, time, lead, lin):
    installed(tmp_path, a_bank(), an_exam())
    what = learning.NewSitting(exam="mine/exam", closes_at=time.at + timedelta(hours=2))
    return learning.open_sitting(actor=lead, what=what, employees=[lin.employee])


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def form_of(*takers, **more):
    return {"exam": "mine/exam", "takers": [str(one.employee.pk) for one in takers], "batch": str(uuid4()), **more}


def test_without_an_exam_the_page_says_what_stands_here(lead, signed_in):
    assert "还没有开过考试" in page(signed_in(lead), "exam_occasions")


def test_an_exam_is_looked_at_before_it_is_opened(tmp_path, time, lead, lin, signed_in):
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}, {"item": "mine/bank#q1"}], markers=2)
    installed(tmp_path, a_bank(a_short(), an_item("q1")), exam)
    client, data = signed_in(lead), form_of(lin, minutes="7")
    looked = client.post(reverse("exam_open"), data | {"do": "preview"})
    text = html.unescape(looked.content.decode())
    for said in ("2 题", "7 分钟", lin.employee.name, "2 位阅卷人"):
        assert said in text
    assert not learning.Sitting.objects.exists()
    for _ in range(2):
        assert client.post(reverse("exam_open"), data | {"do": "open"}).status_code == 302
    assert [one.minutes for one in learning.Sitting.objects.all()] == [7]


def test_what_an_adaptive_exam_never_asks_is_said_before_it_is_opened(tmp_path, time, lead, lin, signed_in):
    exam = an_exam(adaptive={"bank": "mine/bank", "least": 5, "most": 12}, drawn=[])
    installed(tmp_path, a_bank(a_short(), an_item("q1")), exam)
    looked = signed_in(lead).post(reverse("exam_open"), form_of(lin, do="preview"))
    text = html.unescape(looked.content.decode())
    for said in ("12 题", "有 1 道题（演练题、案例题和需要人工评分的题）不会出"):
        assert said in text


@pytest.mark.parametrize(
    "wrong", [{"takers": []}, {"minutes": "0"}, {"closes_at": "2020-01-01T10:00"}, {"exam": "mine/none"}, {"batch": ""}]
)
def test_what_cannot_be_opened_is_said_beside_its_field(tmp_path, time, lead, lin, signed_in, wrong):
    installed(tmp_path, a_bank(), an_exam())
    answer = signed_in(lead).post(reverse("exam_open"), form_of(lin) | {"do": "open"} | wrong)
    assert answer.status_code == 422
    assert not learning.Sitting.objects.exists()


def test_people_are_offered_by_team_and_nobody_of_another(tmp_path, time, lead, lin, unit, signed_in):
    installed(tmp_path, a_bank(), an_exam())
    stranger = a_trainee()
    text = page(signed_in(lead), "exam_open", unit=str(unit.pk))
    assert lin.employee.name in text
    assert str(stranger.employee.pk) not in text
    answer = signed_in(lead).post(reverse("exam_open"), form_of(stranger) | {"do": "open"})
    assert answer.status_code == 422


def test_an_occasion_says_who_is_where_and_how_far(time, sitting, lead, lin, signed_in):
    client = signed_in(lead)
    assert "未开始" in page(client, "exam_occasion", sitting.pk)
    _, attempt = begun(sitting, lin)
    answers(lin, attempt, 1, {"chosen": ["b"]})
    text = page(client, "exam_occasion", sitting.pk)
    for said in ("作答中", "已答 1 题", "20:00"):
        assert said in text
    assert "every 5s" in text
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    assert reverse("exam_review", args=[attempt.pk]) in page(client, "exam_occasion", sitting.pk)
    assert "月考" in page(client, "exam_occasions")


def test_time_is_given_to_all_or_to_those_ticked_with_a_reason(time, sitting, lead, lin, signed_in):
    _, attempt = begun(sitting, lin)
    client, before = signed_in(lead), attempt.ends_at
    give = reverse("exam_extend", args=[sitting.pk])
    client.post(give, {"minutes": "10", "reason": ""})
    assert fresh(attempt).ends_at == before, "no reason, no time"
    client.post(give, {"minutes": "10", "reason": "断网"})
    assert fresh(attempt).ends_at == before + timedelta(minutes=10)
    for minutes in ("x", "9" * 5000):
        client.post(give, {"minutes": minutes, "reason": "断网", "attempt": str(attempt.pk)})
    assert fresh(attempt).ends_at == before + timedelta(minutes=10)


def test_who_gets_no_more_time_is_named_with_the_reason(time, sitting, lead, lin, unit, signed_in):
    late = a_trainee(unit=unit)
    learning.add_people(actor=lead, sitting_id=sitting.pk, employees=[late.employee])
    with bookkeeping():
        learning.Sitting.objects.filter(pk=sitting.pk).update(closes_at=None)
    _, ended = begun(sitting, lin)
    time.pass_(minutes=30)
    learning.close_due()
    time.pass_(hours=25)
    _, runs = begun(sitting, late)
    client, give = signed_in(lead), reverse("exam_extend", args=[sitting.pk])
    sent = {"minutes": "10", "reason": "断网", "attempt": [str(ended.pk), str(runs.pk)]}
    text = html.unescape(client.post(give, sent, follow=True).content.decode())
    assert f"没有给{lin.employee.name}加时" in text
    assert "超过 24 小时" in text
    assert "1 人" in text
    assert fresh(ended).state == "marked"


def test_people_are_added_and_an_exam_is_taken_back_with_a_reason(time, sitting, lead, unit, signed_in):
    client, more = signed_in(lead), a_trainee(unit=unit)
    client.post(reverse("exam_add_people", args=[sitting.pk]), {"person": str(more.employee.pk)})
    assert more.employee.name in page(client, "exam_occasion", sitting.pk)
    client.post(reverse("exam_cancel", args=[sitting.pk]), {"reason": "换时间"})
    sitting.refresh_from_db()
    assert sitting.cancel_reason == "换时间"
    assert "换时间" in page(client, "exam_occasion", sitting.pk)


def test_a_make_up_is_one_click(time, sitting, lead, lin, signed_in):
    time.pass_(hours=3)
    client = signed_in(lead)
    text = page(client, "exam_occasion", sitting.pk)
    assert reverse("exam_make_up", args=[sitting.pk]) in text
    batch = str(uuid4())
    for _ in range(2):
        client.post(reverse("exam_make_up", args=[sitting.pk]), {"batch": batch})
    (again,) = learning.Sitting.objects.filter(makes_up_for=sitting)
    assert "补考" in page(client, "exam_occasion", again.pk)


def test_marks_are_let_stand_where_nobody_else_can_mark(tmp_path, time, lead, lin, signed_in):
    installed(tmp_path, a_bank(a_short()), an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}], markers=2))
    sitting = learning.open_sitting(actor=lead, what=learning.NewSitting(exam="mine/exam"), employees=[lin.employee])
    _, attempt = begun(sitting, lin)
    answers(lin, attempt, 1, {"text": "抱歉"})
    learning.hand_in(user=lin, attempt_id=attempt.pk)
    learning.mark(actor=lead, response_id=attempt.responses.get().pk, points="3")
    client = signed_in(lead)
    text = page(client, "exam_occasion", sitting.pk)
    assert reverse("exam_settle", args=[sitting.pk]) in text
    assert "或者前两位相差较大时的第三位" in text
    client.post(reverse("exam_settle", args=[sitting.pk]), {"reason": "只有我能阅卷"})
    assert fresh(attempt).points == 3


def test_results_come_as_a_file_and_names_that_look_like_formulas_are_text(time, sitting, lead, lin, signed_in):
    response = signed_in(lead).get(reverse("exam_occasion", args=[sitting.pk]), {"form": "xlsx"})
    assert "attachment" in response["Content-Disposition"]
    assert lin.employee.name in zipfile.ZipFile(io.BytesIO(response.content)).read("xl/sharedStrings.xml").decode()
    response = signed_in(lead).get(reverse("exam_occasion", args=[sitting.pk]), {"form": "csv"})
    assert lin.employee.name in response.content.decode("utf-8-sig")


ACTIONS = ["exam_extend", "exam_add_people", "exam_cancel", "exam_make_up", "exam_settle"]


@pytest.mark.parametrize("name", ACTIONS)
def test_another_team_s_leader_and_an_agent_can_do_nothing(time, sitting, lin, signed_in, name):
    other = a_login("other", "supervisor", unit=a_unit(), employee=an_employee("other"))
    for user in (other, lin):
        answer = signed_in(user).post(reverse(name, args=[sitting.pk]), {"reason": "想", "minutes": "10"})
        assert answer.status_code == 404
    sitting.refresh_from_db()
    assert sitting.cancelled_at is None


@pytest.mark.parametrize("name", ACTIONS)
def test_what_changes_something_is_only_posted(time, sitting, lead, signed_in, name):
    assert signed_in(lead).get(reverse(name, args=[sitting.pk])).status_code == 405


@pytest.mark.parametrize("name", ["exam_occasions", "exam_open"])
def test_who_assigns_nothing_has_no_such_page(lin, signed_in, name):
    page(signed_in(lin), name, status=404)
