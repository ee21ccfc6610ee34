"""The pages of results that were wrong: contesting, deciding, correcting, grading a question anew, and who may."""

from __future__ import annotations

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from support.builders import a_unit, an_employee
from support.company import a_login
from support.exams import ExamClock, a_bank, an_exam, answers, begun, fresh
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


def a_lead(name, unit):
    return a_login(name, "supervisor", unit=unit, employee=an_employee(name, unit=unit))


@pytest.fixture
def unit(db):
    return a_unit()


@pytest.fixture
def lead(unit):
    return a_lead("lead", unit)


@pytest.fixture
def lin(unit):
    return a_trainee(unit=unit)


@pytest.fixture
def attempt(tmp_path, time, lead, lin):
    """Two of three right; the one that is wrong is the last met."""
    installed(tmp_path, a_bank(), an_exam(attempts=1))
    sitting = learning.open_sitting(actor=lead, what=learning.NewSitting(exam="mine/exam"), employees=[lin.employee])
    _, begun_one = begun(sitting, lin)
    for number, answer in ((1, "b"), (2, "b"), (3, "a")):
        answers(lin, begun_one, number, {"chosen": [answer]})
    return learning.hand_in(user=lin, attempt_id=begun_one.pk)


def page(client, name, *arguments, status=200, **query):
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_an_answer_is_contested_from_the_review_and_decided_with_a_reason(attempt, lead, lin, signed_in):
    client = signed_in(lin)
    text = page(client, "exam_review", attempt.pk)
    assert text.count(reverse("exam_contest_new", args=[attempt.pk])) == 1, "only what lacks points"
    assert reverse("exam_correct", args=[attempt.pk]) not in text
    client.post(reverse("exam_contest_new", args=[attempt.pk]), {"n": "3", "reason": "甲也说得通"})
    assert "等待结论" in page(client, "exam_review", attempt.pk)
    chief = signed_in(lead)
    assert "甲也说得通" in page(chief, "exam_contests")
    row = learning.Contest.objects.get()
    assert "甲也说得通" in page(chief, "exam_contest", row.pk)
    decide = reverse("exam_contest", args=[row.pk])
    assert chief.post(decide, {"do": "change", "points": "9", "decision": "有理"}).status_code == 422
    assert chief.post(decide, {"do": "change", "points": "2", "decision": ""}).status_code == 422
    assert chief.post(decide, {"do": "change", "points": "2", "decision": "有理"}).status_code == 302
    assert fresh(attempt).points == 6
    assert "有理" in page(signed_in(lin), "exam_review", attempt.pk)
    assert "没有复核申请" in page(signed_in(lead), "exam_contests")


def test_the_points_stay_with_a_reason(attempt, lead, lin, signed_in):
    row = learning.contest_answer(user=lin, attempt_id=attempt.pk, number=3, reason="不服")
    signed_in(lead).post(reverse("exam_contest", args=[row.pk]), {"do": "keep", "decision": "甲不符合制度"})
    assert "甲不符合制度" in page(signed_in(lin), "exam_review", attempt.pk)
    assert fresh(attempt).points == 4


def test_who_judges_corrects_points_on_the_review(attempt, lead, signed_in):
    client, address = signed_in(lead), reverse("exam_correct", args=[attempt.pk])
    assert address in page(client, "exam_review", attempt.pk)
    client.post(address, {"n": "3", "points": "2", "reason": ""})
    assert fresh(attempt).points == 4
    client.post(address, {"n": "3", "points": "2", "reason": "选项有歧义"})
    assert fresh(attempt).points == 6


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", ""])
def test_a_number_that_no_question_has_changes_nothing(attempt, lead, lin, signed_in, number):
    new = signed_in(lin).post(reverse("exam_contest_new", args=[attempt.pk]), {"n": number, "reason": "不服"})
    sent = {"n": number, "points": "2", "reason": "选项有歧义"}
    assert signed_in(lead).post(reverse("exam_correct", args=[attempt.pk]), sent).status_code == 404
    assert new.status_code == 404
    assert fresh(attempt).points == 4


def test_a_question_is_graded_anew_after_a_look(attempt, lead, lin, signed_in):
    client = signed_in(lead)
    item = next(asked["item"] for asked in attempt.paper if asked["n"] == 3)
    address = reverse("exam_regrade", args=[attempt.sitting_id])
    data = {"item": item, "how": "taken_out", "reason": "超纲"}
    looked = html.unescape(client.post(address, data | {"do": "look"}).content.decode())
    assert lin.employee.name in looked
    assert fresh(attempt).of == 6
    assert client.post(address, data | {"do": "apply", "reason": ""}).status_code == 422
    assert client.post(address, data | {"do": "apply"}).status_code == 302
    assert (fresh(attempt).points, fresh(attempt).of) == (4, 4)
    assert "超纲" in page(client, "exam_regrade", attempt.sitting_id)
    assert client.post(address, {"do": "look"}).status_code == 422


def test_another_team_and_the_person_reach_none_of_it(attempt, lin, signed_in):
    other = a_lead("other", a_unit())
    row = learning.contest_answer(user=lin, attempt_id=attempt.pk, number=3, reason="不服")
    addresses = [
        reverse("exam_contest", args=[row.pk]), reverse("exam_regrade", args=[attempt.sitting_id]),
    ]  # fmt: skip
    for user in (other, lin):
        client = signed_in(user)
        for address in addresses:
            assert client.get(address).status_code == 404
            assert client.post(address, {"do": "keep", "decision": "x"}).status_code == 404
    client = signed_in(other)
    for name in ("exam_correct", "exam_contest_new"):
        data = {"n": "3", "points": "2", "reason": "x"}
        assert client.post(reverse(name, args=[attempt.pk]), data).status_code == 404
        assert client.get(reverse(name, args=[attempt.pk])).status_code == 405
    page(signed_in(lin), "exam_contests", status=404)
    assert fresh(attempt).points == 4
