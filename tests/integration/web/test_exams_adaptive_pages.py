"""The room of an adaptive exam: one question after the other, by plain forms, without a way back."""

from __future__ import annotations

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.learning.exams import adaptive
from support.answers import an_adaptive_sitting
from support.exams import ExamClock, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun_one(tmp_path, monkeypatch, signed_in):
    """Somebody who has begun, and the client of that person."""
    adaptive._asked_lately.cache_clear()
    ExamClock(monkeypatch, timezone.now())
    user, attempt = begun(an_adaptive_sitting(tmp_path))
    return attempt, signed_in(user)


def page(client, attempt, status=200):
    response = client.get(reverse("exam_adaptive", args=[attempt.pk]))
    assert response.status_code == status
    return html.unescape(response.content.decode())


def sends(client, attempt, n, **fields):
    return client.post(reverse("exam_adaptive", args=[attempt.pk]), {"n": str(n), **fields})


def test_the_room_holds_one_question_and_no_key(begun_one):
    attempt, client = begun_one
    text = page(client, attempt)
    assert text.count('class="question-head"') == 1
    assert "因为乙" not in text
    assert client.get(reverse("exam_room", args=[attempt.pk]))["Location"].endswith("/adaptive/")


def test_an_answer_leads_to_the_next_question_until_it_ends_in_words(begun_one):
    attempt, client = begun_one
    response = sends(client, attempt, 1, q1="0", do="answer")
    n = 1
    while response["Location"] == reverse("exam_adaptive", args=[attempt.pk]):
        n += 1
        response = sends(client, attempt, n, **{f"q{n}": "0", "do": "answer"})
    assert response["Location"] == reverse("exam_review", args=[attempt.pk])
    text = html.unescape(client.get(response["Location"]).content.decode())
    assert f"只用了 {n} 题" in text
    assert fresh(attempt).state == "marked"


def test_a_question_left_empty_is_asked_about_and_may_be_skipped(begun_one):
    attempt, client = begun_one
    assert sends(client, attempt, 1, do="answer").status_code == 422
    assert sends(client, attempt, 1, do="skip").status_code == 302
    assert adaptive.run_of(fresh(attempt)).steps[0]["share"] == 0


def test_a_second_click_answers_nothing_else(begun_one):
    attempt, client = begun_one
    sends(client, attempt, 1, q1="0", do="answer")
    response = sends(client, attempt, 1, q1="1", do="answer")
    assert response.status_code == 302
    assert len(adaptive.run_of(fresh(attempt)).steps) == 1


@pytest.mark.parametrize("fields", [{"q1": "99"}, {"q1": ["0", "1"]}, {"q1": "x"}])
def test_what_is_no_answer_is_not_taken(begun_one, fields):
    attempt, client = begun_one
    assert sends(client, attempt, 1, do="answer", **fields).status_code == 422
    assert not adaptive.run_of(fresh(attempt)).steps


def test_what_is_over_leads_to_its_review_which_says_why_it_did_not_pass(begun_one):
    attempt, client = begun_one
    assert client.put(reverse("exam_adaptive", args=[attempt.pk])).status_code == 405
    client.post(reverse("exam_hand_in", args=[attempt.pk]))
    assert client.get(reverse("exam_adaptive", args=[attempt.pk]))["Location"].endswith("/review/")
    assert "不能下结论" in html.unescape(client.get(reverse("exam_review", args=[attempt.pk])).content.decode())


def test_others_get_the_answer_of_an_absent_page(begun_one, signed_in):
    attempt, _client = begun_one
    assert signed_in(a_trainee("other")).get(reverse("exam_adaptive", args=[attempt.pk])).status_code == 404


def test_the_page_before_it_says_that_there_is_no_way_back(begun_one):
    attempt, client = begun_one
    sitting = learning.Sitting.objects.get(pk=attempt.sitting_id)
    text = html.unescape(client.get(reverse("exam_sitting", args=[sitting.pk])).content.decode())
    assert "不能返回" in text


def test_my_exams_tell_how_many_questions_were_answered_without_a_number_of_all(begun_one):
    attempt, client = begun_one
    sends(client, attempt, 1, q1="0", do="answer")
    text = html.unescape(client.get(reverse("exams")).content.decode())
    assert "已答 1 题" in text
    assert "0 题" not in text.replace("20 题", "")
