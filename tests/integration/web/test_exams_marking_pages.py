"""The pages of marking: the queue, one answer without whose it is, points by part, and who may."""

from __future__ import annotations

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exam_pages import SECRET
from support.exams import ExamClock, a_bank, a_short, a_sitting, an_exam, answers, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


def a_judge(name="judge", role="training_manager", **more):
    return a_login(name, role, employee=an_employee(name, **more), **more)


@pytest.fixture
def waiting(tmp_path, time):
    """An answer that waits: the attempt's person is called so that a page that tells it is found out."""
    exam = an_exam(drawn=[], fixed=[{"item": "mine/bank#short"}])
    bank = a_bank(a_short(model={"zh": f"{SECRET}，抱歉，给您补发"}))
    unit = a_unit()
    user, attempt = begun(a_sitting(tmp_path, exam, bank), a_trainee(unit=unit))
    answers(user, attempt, 1, {"text": "先说抱歉"})
    learning.hand_in(user=user, attempt_id=attempt.pk)
    return unit, user, attempt.responses.get()


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_without_answers_the_queue_says_what_comes_here(signed_in, db):
    assert "没有等您评的答案" in page(signed_in(a_judge()), "exam_marking")


def test_the_queue_leads_to_an_answer_with_criteria_model_and_proposal_but_without_a_name(waiting, signed_in):
    _, user, response = waiting
    client = signed_in(a_judge())
    assert "月考" in page(client, "exam_marking")
    assert client.get(reverse("exam_mark_next")).url == reverse("exam_mark", args=[response.pk])
    text = page(client, "exam_mark", response.pk)
    for said in ("先说抱歉", SECRET, "致歉", "0 到 4"):
        assert said in text
    for hidden in (user.employee.name, user.employee.number, user.username):
        assert hidden not in text


def test_what_waits_for_a_mark_stands_on_today_of_who_may_mark_it_and_of_nobody_else(waiting, signed_in):
    _, user, response = waiting
    assert "待阅卷" not in page(signed_in(user), "today")
    client = signed_in(a_judge())
    assert "1 个考试答案待阅卷" in page(client, "today")
    client.post(reverse("exam_mark", args=[response.pk]), {"points": "3.5"})
    assert "待阅卷" not in page(client, "today")


def test_a_mark_is_kept_and_leads_to_the_next(waiting, signed_in):
    _, _, response = waiting
    client = signed_in(a_judge())
    answer = client.post(reverse("exam_mark", args=[response.pk]), {"points": "3.5", "note": "很诚恳"})
    assert answer.url == reverse("exam_mark_next")
    assert (fresh(response.attempt).points, response.marks.get().note) == (3.5, "很诚恳")
    assert client.get(answer.url).url == reverse("exam_marking")
    again = client.post(reverse("exam_mark", args=[response.pk]), {"points": "1"})
    assert again.status_code in (302, 404)
    assert response.marks.count() == 1


@pytest.mark.parametrize("points", ["", "abc", "5", "-1", "1.234"])
def test_points_that_are_none_are_explained_beside_their_field(waiting, signed_in, points):
    _, _, response = waiting
    sent = signed_in(a_judge()).post(reverse("exam_mark", args=[response.pk]), {"points": points, "note": "写好的"})
    assert sent.status_code == 422
    assert "4.00" not in sent.content.decode()
    assert "写好的" in sent.content.decode(), "what was written is kept"
    assert not response.marks.exists()


def test_the_person_sees_points_proposal_and_note_afterwards_without_the_marker_s_name(waiting, signed_in):
    _, user, response = waiting
    learning.mark(actor=a_judge(), response_id=response.pk, points="3.5", note="说得诚恳")
    text = page(signed_in(user), "exam_review", response.attempt_id)
    assert "说得诚恳" in text
    assert "judge" not in text


@pytest.mark.parametrize("name", ["exam_marking", "exam_mark_next"])
def test_who_judges_nobody_has_no_such_page(waiting, signed_in, name):
    _, user, _ = waiting
    page(signed_in(user), name, status=404)


def test_another_team_s_answer_and_the_own_one_are_not_there(waiting, signed_in):
    _, user, response = waiting
    page(signed_in(user), "exam_mark", response.pk, status=404)
    other = a_judge("lead", "supervisor", unit=a_unit())
    client = signed_in(other)
    page(client, "exam_mark", response.pk, status=404)
    assert client.post(reverse("exam_mark", args=[response.pk]), {"points": "4"}).status_code == 404
    assert not response.marks.exists()


def test_marking_is_by_get_and_post_alone(waiting, signed_in):
    client = signed_in(a_judge())
    assert client.post(reverse("exam_marking")).status_code == 405
    assert client.post(reverse("exam_mark_next")).status_code == 405
    assert client.put(reverse("exam_mark", args=[waiting[2].pk])).status_code == 405
