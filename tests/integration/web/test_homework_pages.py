"""The pages of homework: handing it in, reading it, judging it one after another, its files."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from support.builders import LONG_AGO, a_unit
from support.company import a_login
from support.curriculum import a_lesson, taught
from support.exams import ExamClock
from support.homework import KEY, PNG, a_workbook, hands_in, homework_set, judges
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
FORM = reverse("homework_hand_in", args=[KEY])
MET = {"do": "accept", "number": "1", "criterion_1": "met", "criterion_2": "met"}
HALF = {"do": "return", "number": "1", "criterion_1": "met", "criterion_2": "not-yet"}


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(tmp_path, time):
    homework_set(tmp_path)
    return a_trainee()


@pytest.fixture
def unit(lin):
    found = a_unit()
    people.place_employee(actor=None, employee=lin.employee, unit=found, post=None, starts_on=LONG_AGO)
    return found


@pytest.fixture
def lead(unit):
    return a_login("lead", "supervisor", unit=unit)


@pytest.fixture
def stranger(db):
    return a_login("stranger", "supervisor", unit=a_unit())


def read(response) -> str:
    return html.unescape(response.content.decode())


def page(client, name, *arguments, status=200):
    response = client.get(reverse(name, args=arguments))
    assert response.status_code == status
    return read(response)


def sends(client, text="三句话", **more):
    return client.post(FORM, {"text": text, "click": str(uuid4()), **more})


def decides(client, row, **data):
    return client.post(reverse("homework_decide", args=[row.pk]), data)


# -- handing in -------------------------------------------------------------------------------------------------------


def test_the_lesson_leads_to_its_homework_and_says_how_it_stands(lin, lead, signed_in):
    client = signed_in(lin)
    assert f'href="{FORM}"' in page(client, "lesson", KEY)
    text = page(client, "homework_hand_in", KEY)
    for said in ("写三句接住客户的话", "先接住情绪", "有下一步", 'type="file"', "10 MB"):
        assert said in text, said
    row = hands_in(lin)
    text = page(client, "lesson", KEY)
    assert "待评阅" in text
    assert reverse("homework", args=[row.pk]) in text
    judges(lead, row)
    text = page(client, "lesson", KEY)
    assert "已通过</span>" in text
    assert f'href="{FORM}"' not in text


def test_text_and_files_are_handed_in_once_however_often_one_clicks(lin, signed_in):
    client, click = signed_in(lin), str(uuid4())
    for _ in range(2):
        files = [SimpleUploadedFile("照片.png", PNG), SimpleUploadedFile("表.xlsx", a_workbook())]
        response = sends(client, click=click, files=files)
    row = learning.Homework.objects.get()
    assert response.url == reverse("homework", args=[row.pk])
    assert row.n_versions == 1
    text = page(client, "homework", row.pk)
    for said in ("三句话", 'alt="照片.png"', "表.xlsx", "待评阅"):
        assert said in text, said


def test_what_is_refused_is_said_and_what_was_typed_stays(lin, signed_in):
    response = sends(signed_in(lin), "写了很久", files=SimpleUploadedFile("x.exe", b"MZ\x90\x00"))
    assert response.status_code == 422
    text = read(response)
    for said in ("“x.exe”不能交", "写了很久", "文件需要重新选择"):
        assert said in text, said
    assert not learning.Homework.objects.exists()
    assert "请写下内容" in read(sends(signed_in(lin), " "))


def test_the_next_version_begins_with_the_last_one_and_what_came_back(lin, lead, signed_in):
    row = hands_in(lin, "第一稿", files=[("a.png", PNG)])
    judges(lead, row, accepts=False)
    client = signed_in(lin)
    text = page(client, "homework_hand_in", KEY)
    for said in ("第一稿", "第二句还差时间", "a.png"):
        assert said in text, said
    file = learning.HomeworkFile.objects.get()
    assert sends(client, "第二稿", keep=str(file.pk)).status_code == 302
    text = page(client, "homework", row.pk)
    assert text.index("第二稿") < text.index("第一稿")
    assert "没说什么时候回复" in text
    assert text.count('alt="a.png"') == 2


def test_who_is_done_is_led_to_what_was_accepted(lin, lead, signed_in):
    row = hands_in(lin)
    judges(lead, row)
    assert signed_in(lin).get(FORM).url == reverse("homework", args=[row.pk])
    assert "提交新版本" not in page(signed_in(lin), "homework", row.pk)


def test_a_lesson_without_homework_and_who_learns_nothing_have_no_such_page(tmp_path, lin, lead, signed_in):
    taught(tmp_path, a_lesson("mine/other"))
    page(signed_in(lin), "homework_hand_in", "mine/other", status=404)
    page(signed_in(lin), "homework_hand_in", "mine/none", status=404)
    page(signed_in(lead), "homework_hand_in", KEY, status=404)
    assert sends(signed_in(lead)).status_code == 404
    assert signed_in(lin).put(FORM).status_code == 405


def test_pages_are_there_in_english_too(lin, lead, signed_in):
    row = hands_in(lin)
    people.set_language(user=lead, language="en")
    lead.refresh_from_db()
    text = page(signed_in(lead), "homework", row.pk)
    assert "handed in, waits to be judged" in text
    assert "1 piece of homework waits for you." in page(signed_in(lead), "team_homework")


# -- judging ----------------------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_and_leads_from_one_to_the_next(lin, lead, unit, time, signed_in):
    other = a_trainee()
    people.place_employee(actor=None, employee=other.employee, unit=unit, post=None, starts_on=LONG_AGO)
    first = hands_in(lin)
    time.pass_(minutes=1)
    second = hands_in(other)
    client = signed_in(lead)
    text = page(client, "team_homework")
    assert "有 2 份作业等您评阅" in text
    assert text.index(lin.employee.name) < text.index(other.employee.name)
    assert "2 份作业待评阅" in page(client, "today")
    assert decides(client, first, **MET).url == reverse("homework", args=[second.pk])
    assert decides(client, second, **MET).url == reverse("team_homework")
    assert "没有等您评阅的作业" in page(client, "team_homework")
    assert learning.Completion.objects.count() == 2


def test_it_is_returned_point_by_point_with_what_is_missing(lin, lead, signed_in):
    row = hands_in(lin)
    decides(signed_in(lead), row, **HALF, word_2="没说时间", note="补上时间")
    text = page(signed_in(lin), "homework", row.pk)
    for said in ("补上时间", "没说时间", "已退回", "提交新版本"):
        assert said in text, said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({**HALF, "note": ""}, "这一项需要填写"),
        ({**HALF, "do": "accept"}, "每条都达到才能通过"),
        ({"do": "accept", "number": "1", "criterion_1": "met"}, "每条标准都要选"),
        ({"do": "accept", "number": "1", "criterion_1": "met", "criterion_2": "maybe"}, "每条标准都要选"),
        ({**MET, "do": "return", "note": "x"}, "每条都达到了"),
        ({**MET, "number": "7"}, "刚有新版本"),
        ({**MET, "number": "²"}, "刚有新版本"),
    ],
)
def test_a_decision_that_is_refused_says_why_and_keeps_what_was_typed(lin, lead, signed_in, data, said):
    row = hands_in(lin)
    response = decides(signed_in(lead), row, **data, word_1="第一句很好")
    assert response.status_code == 422
    text = read(response)
    assert said in text
    assert 'value="第一句很好"' in text
    row.refresh_from_db()
    assert row.state == "submitted"


def test_others_neither_see_nor_judge_it_and_nobody_judges_the_own(lin, lead, stranger, signed_in):
    row = hands_in(lin, files=[("a.png", PNG)])
    file = learning.HomeworkFile.objects.get()
    client = signed_in(stranger)
    page(client, "homework", row.pk, status=404)
    page(client, "homework_file", file.pk, "a.png", status=404)
    assert decides(client, row, **MET).status_code == 404
    assert "没有等您评阅的作业" in page(client, "team_homework")
    client = signed_in(lin)
    page(client, "team_homework", status=404)
    assert 'name="criterion_1"' not in page(client, "homework", row.pk)
    assert decides(client, row, **MET).status_code == 404
    row.refresh_from_db()
    assert row.state == "submitted"


def test_each_address_takes_its_methods_alone(lin, lead, signed_in):
    row = hands_in(lin, files=[("a.png", PNG)])
    file = learning.HomeworkFile.objects.get()
    client = signed_in(lead)
    assert client.get(reverse("homework_decide", args=[row.pk])).status_code == 405
    for name, arguments in (("homework", [row.pk]), ("homework_file", [file.pk, "a.png"]), ("team_homework", [])):
        assert client.post(reverse(name, args=arguments)).status_code == 405


def test_files_are_handed_out_so_that_none_can_do_harm(lin, lead, signed_in):
    hands_in(lin, files=[("a.png", PNG), ("b.xlsx", a_workbook())])
    picture, table = learning.HomeworkFile.objects.order_by("position")
    client = signed_in(lead)
    for row, disposition in ((picture, "inline"), (table, "attachment")):
        response = client.get(reverse("homework_file", args=[row.pk, row.name]))
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Content-Disposition"].startswith(disposition)
        assert b"".join(response.streaming_content)


def test_what_somebody_writes_is_text_and_nothing_else(lin, lead, signed_in):
    row = hands_in(lin, "<script>alert(1)</script>")
    raw = signed_in(lead).get(reverse("homework", args=[row.pk])).content.decode()
    assert "<script>alert(1)" not in raw
    assert "&lt;script&gt;alert(1)" in raw
