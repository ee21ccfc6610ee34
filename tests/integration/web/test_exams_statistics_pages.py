"""The pages that say what answers tell about questions."""

from __future__ import annotations

import pytest
from django.urls import reverse

from peilian.apps.learning import api as learning
from support.answers import many_answers, run_jobs, the_statistics
from support.exams import BANK
from support.library import a_publisher, a_writer
from support.library_pages import client_of, see, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(db):
    return a_writer()


def test_banks_and_occasions_with_answers_are_listed(tmp_path, writer):
    many_answers(tmp_path, n_people=3)
    text = see(writer, "exam_statistics")
    assert "题库" in text
    assert "月考" in text


def test_without_answers_the_page_says_what_it_is_for(writer):
    assert "还没有作答" in see(writer, "exam_statistics")


def test_a_page_shows_alarms_options_and_reliability(tmp_path, writer):
    many_answers(tmp_path, n_people=200, wrong_key="q3")
    the_statistics(writer, "bank", BANK)
    text = see(writer, "exam_statistics_of", "bank", BANK)
    assert "标准答案可能标错了" in text
    assert "信度" in text
    assert "最好三分之一" in text
    assert text.index("q3</strong>") < text.index("q0</strong>")  # what needs a look comes first
    assert reverse("library_edit", args=["items", BANK]) in text


def test_before_anything_is_computed_the_page_offers_it_and_a_post_starts_it(tmp_path, writer):
    sitting = many_answers(tmp_path, n_people=30)
    see(writer, "exam_statistics_of", "sitting", str(sitting.pk))
    send(writer, "exam_statistics_of", "sitting", str(sitting.pk))
    run_jobs()
    assert "n=30" in see(writer, "exam_statistics_of", "sitting", str(sitting.pk))


def test_parameters_are_estimated_and_frozen_on_the_page(tmp_path, writer):
    many_answers(tmp_path, n_people=150)
    send(writer, "exam_calibrate", BANK, model="rasch")
    run_jobs()
    assert reverse("exam_freeze", args=[1, BANK]) not in see(writer, "exam_statistics_of", "bank", BANK)
    publisher = a_publisher()
    assert reverse("exam_freeze", args=[1, BANK]) in see(publisher, "exam_statistics_of", "bank", BANK)
    send(publisher, "exam_freeze", 1, BANK)
    assert learning.in_force(BANK) is not None
    assert "第 1 次" in see(publisher, "exam_statistics_of", "bank", BANK)


def test_others_get_the_answer_of_an_absent_page(tmp_path):
    sitting = many_answers(tmp_path, n_people=3)
    agent = a_writer("agent", "agent")
    see(agent, "exam_statistics", status=404)
    see(agent, "exam_statistics_of", "bank", BANK, status=404)
    see(agent, "exam_statistics_of", "sitting", str(sitting.pk), status=404)
    for name, arguments in (("exam_calibrate", [BANK]), ("exam_freeze", [1, BANK])):
        assert client_of(agent).post(reverse(name, args=arguments)).status_code == 404
        assert client_of(agent).get(reverse(name, args=arguments)).status_code == 405


def test_another_method_is_refused(tmp_path, writer):
    assert client_of(writer).put(reverse("exam_statistics_of", args=["bank", BANK])).status_code == 405
    assert client_of(writer).post(reverse("exam_statistics")).status_code == 405
