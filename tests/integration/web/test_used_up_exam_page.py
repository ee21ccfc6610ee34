"""The page on which who leads gives one more attempt at the exam of a course."""

from __future__ import annotations

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from support.builders import a_unit, an_employee
from support.company import a_login
from support.curriculum import a_course, a_lesson, learns
from support.exams import BANK, ExamClock, a_bank, an_exam, an_item
from support.library import installed
from support.practice import a_trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin(db):
    return a_trainee()


@pytest.fixture
def lead(db):
    return a_login("lead", "training_manager", employee=an_employee("lead"))


@pytest.fixture
def sitting(tmp_path, monkeypatch, lin, lead):
    """The one attempt at the exam of a course is failed, and no lesson was to be learnt again."""
    ExamClock(monkeypatch, timezone.now())
    exam = an_exam(fixed=[{"item": f"{BANK}#s1"}], drawn=[], attempts=1)
    lesson = a_lesson(check={"items": [f"{BANK}#s1"]})
    installed(tmp_path, a_bank(an_item("s1")), lesson, exam, a_course(exam="mine/exam"))
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")
    learns(lin)
    found = learning.start_course_exam(user=lin, course="mine/course")
    learning.hand_in(user=lin, attempt_id=learning.start_attempt(user=lin, sitting_id=found.pk).pk)
    return found


def test_one_more_attempt_is_given_with_a_reason_and_the_course_says_whom_it_waits_for(sitting, lin, lead, signed_in):
    address = reverse("used_up_exam", args=[sitting.pk])
    course = reverse("course", args=["mine/course"])
    assert f"已通知{lead.name}" in html.unescape(signed_in(lin).get(course).content.decode())
    client = signed_in(lead)
    assert lin.employee.name in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "x" * 501}).status_code == 422
    assert client.post(address, {"reason": "一起过了错题"}).status_code == 302
    assert 'name="reason"' not in client.get(address).content.decode(), "nothing is left to decide"
    assert "已通知" not in html.unescape(signed_in(lin).get(course).content.decode())


def test_only_who_leads_the_person_gets_there(sitting, lin, lead, signed_in):
    address = reverse("used_up_exam", args=[sitting.pk])
    for user in (lin, a_login("far", "supervisor", unit=a_unit())):
        assert signed_in(user).get(address).status_code == 404
        assert signed_in(user).post(address, {"reason": "想要"}).status_code == 404
    assert signed_in(lead).delete(address).status_code == 405
