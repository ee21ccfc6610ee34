"""The pages of feedback after lessons: the question in the player, how clear lessons are, a word, a suggestion."""

from __future__ import annotations

import html
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login
from support.curriculum import WRONG, answers
from support.exams import ExamClock
from support.feedback import KEY, answers_check, feedback_asked, says
from support.homework import hands_in
from support.practice import a_trainee

pytestmark = pytest.mark.django_db
LESSON = reverse("lesson", args=[KEY])
OF_LESSON = reverse("lesson_feedback", args=[KEY])


@pytest.fixture
def team():
    return a_unit("team-a", zh="一组", en="Team A")


@pytest.fixture
def lin(tmp_path, monkeypatch, team):
    ExamClock(monkeypatch, timezone.now())
    feedback_asked(tmp_path)
    return a_trainee("lin", unit=team)


@pytest.fixture
def lead(team):
    return a_login("lead", "supervisor", unit=team)


def read(response) -> str:
    return html.unescape(response.content.decode())


def page(client, address, status=200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return read(response)


def sends(client, **data):
    return client.post(reverse("lesson_act", args=[KEY]), {"do": "feedback", **data})


# -- in the player ----------------------------------------------------------------------------------------------------


def test_the_question_stands_after_the_check_and_says_who_reads_it(lin, signed_in):
    client = signed_in(lin)
    assert "为什么先接住再办事？" not in page(client, LESSON)
    answers_check(lin)
    text = page(client, LESSON)
    for said in ("为什么先接住再办事？", "清楚了", "部分清楚", "还不清楚", "主管、培训师和导师会看到您的名字"):
        assert said in text, said
    assert "情绪先过去，话才听得进" not in text


def test_the_last_answer_to_the_check_brings_the_question(lin, signed_in):
    client = signed_in(lin)
    for number in (1, 2):
        said = {"n": number, "click": str(uuid4()), f"q{number}": "0"}
        response = client.post(reverse("lesson_answer", args=[KEY]), said, headers={"HX-Request": "true"})
    assert 'id="feedback" hx-swap-oob="true"' in read(response)
    assert "为什么先接住再办事？" in read(response)


def test_answering_once_more_takes_away_nothing_that_is_typed_below(lin, signed_in):
    for number in (1, 2):
        answers(lin, number, WRONG)
    said = {"n": 2, "click": str(uuid4()), "q2": "0"}
    response = signed_in(lin).post(reverse("lesson_answer", args=[KEY]), said, headers={"HX-Request": "true"})
    assert 'id="q2"' in read(response)
    assert 'id="feedback"' not in read(response)


def test_what_was_said_stands_beside_what_matters_and_may_be_changed(lin, signed_in):
    answers_check(lin)
    client = signed_in(lin)
    response = sends(client, clarity="partly", text="先让他消气")
    assert response.url == f"{LESSON}#feedback"
    text = page(client, LESSON)
    for said in ("先让他消气", "情绪先过去，话才听得进", "改一改刚才写的"):
        assert said in text, said


def test_what_is_refused_is_said_and_what_was_typed_stays(lin, signed_in):
    answers_check(lin)
    response = sends(signed_in(lin), clarity="", text="写了很久")
    assert response.status_code == 422
    assert "请先选一项" in read(response)
    assert "写了很久" in read(response)
    assert not learning.LessonFeedback.objects.exists()


def test_the_word_that_came_stands_in_the_lesson(lin, lead, signed_in):
    answers_check(lin)
    learning.answer_feedback(actor=lead, pk=says(lin, "not_yet", "").pk, answer="明早我陪您走一遍")
    text = page(signed_in(lin), LESSON)
    assert "明早我陪您走一遍" in text
    assert "改一改刚才写的" not in text


# -- for who guides people --------------------------------------------------------------------------------------------


def test_the_team_page_leads_to_the_lesson_and_its_numbers_to_the_answers(lin, lead, signed_in):
    answers_check(lin)
    says(lin, "not_yet", "还是分不清先后")
    client = signed_in(lead)
    assert OF_LESSON in page(client, reverse("team_feedback"))
    text = page(client, OF_LESSON)
    for said in ("还是分不清先后", "还不清楚", "一组", "情绪先过去，话才听得进", "?clarity=not_yet"):
        assert said in text, said
    assert "还是分不清先后" not in page(client, f"{OF_LESSON}?clarity=clear")
    for month in ("2026-99", "0001-01", "9999-12"):
        assert "还是分不清先后" in page(client, f"{OF_LESSON}?clarity=odd&month={month}&unit=x")


def test_a_word_and_a_suggestion(lin, lead, signed_in):
    answers_check(lin)
    row = says(lin, "partly", "例子太少")
    client, act = signed_in(lead), reverse("feedback_act", args=[row.pk])
    assert "有学员学完后写道：“例子太少”" in page(client, OF_LESSON)
    for data in ({"do": "answer", "text": "好，我补两个"}, {"do": "suggest", "text": "补两个售后的例子"}):
        assert client.post(act, data).url == f"{OF_LESSON}#a-{row.pk}"
    text = page(client, OF_LESSON)
    assert "好，我补两个" in text
    assert "已转成这一课的改进建议" in text
    assert library.Comment.objects.get().text == "补两个售后的例子"


def test_an_empty_word_is_refused_where_it_was_typed(lin, lead, signed_in):
    answers_check(lin)
    row = says(lin)
    response = signed_in(lead).post(reverse("feedback_act", args=[row.pk]), {"do": "answer", "text": " "})
    assert response.status_code == 422
    assert "state-error" in read(response)


def test_without_feedback_the_pages_say_what_they_are_for(lin, lead, signed_in):
    client = signed_in(lead)
    for address in (reverse("team_feedback"), OF_LESSON):
        assert "还没有反馈" in page(client, address)


def test_others_find_nothing(lin, signed_in):
    answers_check(lin)
    row = says(lin, "partly", "只给带我的人看")
    stranger = a_login("stranger", "supervisor", unit=a_unit())
    assert "只给带我的人看" not in page(signed_in(stranger), OF_LESSON)
    act = reverse("feedback_act", args=[row.pk])
    assert signed_in(stranger).post(act, {"do": "answer", "text": "好"}).status_code == 404
    for user in (lin, a_login("lecturer", "internal_lecturer", unit=people.Unit.objects.get(code="team-a"))):
        client = signed_in(user)
        for address in (reverse("team_feedback"), OF_LESSON):
            page(client, address, status=404)
    assert signed_in(lin).get(act).status_code == 405
    assert signed_in(stranger).post(OF_LESSON).status_code == 405


# -- mentors ----------------------------------------------------------------------------------------------------------


def test_a_mentor_finds_homework_and_feedback_of_the_mentee(lin, signed_in):
    guide = an_employee("导师")
    people.set_guide(
        actor=None, employee=lin.employee, guide=guide, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    answers_check(lin)
    says(lin, "not_yet", "")
    row = hands_in(lin)
    client = signed_in(a_login("mentor", "mentor", employee=guide))
    text = page(client, reverse("team_homework"))
    assert reverse("homework", args=[row.pk]) in text
    assert reverse("team_feedback") in text
    assert "1 份作业" in page(client, reverse("today"))
    assert lin.employee.name in page(client, OF_LESSON)
    client.post(
        reverse("homework_decide", args=[row.pk]),
        {"do": "accept", "number": "1", "criterion_1": "met", "criterion_2": "met"},
    )
    assert learning.Homework.objects.get().state == learning.HomeworkState.ACCEPTED
