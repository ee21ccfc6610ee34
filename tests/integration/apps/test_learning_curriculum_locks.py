"""Two pages of one person at once: over two connections nothing is done twice. Tried on PostgreSQL, where two write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from support.curriculum import RIGHT, a_course, a_lesson, answers, learns, taught
from support.practice import a_trainee

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connections['default'].vendor != 'postgresql'", reason="needs two connections that write"),
]


def at_once(act: Callable[[], object], n: int = 4) -> list[object]:
    """Do something ``n`` times at the same moment, each over a connection of its own."""
    gate = threading.Barrier(n)

    def one() -> object:
        try:
            gate.wait(30)
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        return [future.result(60) for future in [pool.submit(one) for _ in range(n)]]


@pytest.fixture
def lin(tmp_path) -> people.User:
    """Somebody for whom there is a course of a lesson."""
    taught(tmp_path, a_lesson(), a_course())
    return a_trainee()


def test_assigned_twice_at_once_there_is_one_enrolment_and_one_task(lin) -> None:
    rows = at_once(lambda: learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")[0])
    assert len(set(rows)) == 1
    assert record.Assignment.objects.count() == 1


def test_a_lesson_opened_twice_at_once_is_begun_once(lin) -> None:
    views = at_once(lambda: learning.lesson_of(user=people.User.objects.get(pk=lin.pk), key="mine/first"))
    assert len({view.round.pk for view in views}) == 1  # type: ignore[attr-defined]


def test_a_click_that_arrives_twice_at_once_is_one_answer(lin) -> None:
    learning.lesson_of(user=lin, key="mine/first")
    click = uuid4()
    at_once(lambda: answers(people.User.objects.get(pk=lin.pk), 1, RIGHT, client_id=click))
    assert learning.LessonWork.objects.count() == 1


def test_the_last_answer_of_two_pages_completes_lesson_course_and_task_once(lin) -> None:
    learning.enrol(actor=None, employees=[lin.employee], what="course:mine/course")
    answers(lin, 1, RIGHT)
    click = uuid4()
    at_once(lambda: answers(people.User.objects.get(pk=lin.pk), 2, RIGHT, client_id=click))
    assert sorted(learning.Completion.objects.values_list("what", flat=True)) == [
        "course:mine/course",
        "lesson:mine/first",
    ]
    task = record.Assignment.objects.get()
    assert task.results.count() == 1
    assert record.Evidence.objects.count() == 1


def test_a_round_opened_and_answered_in_two_pages_at_once_is_one_with_one_answer(lin) -> None:
    learns(lin)
    views = at_once(lambda: learning.ask_next(user=people.User.objects.get(pk=lin.pk)))
    (pk,) = {view.round.pk for view in views}  # type: ignore[attr-defined]
    sent = {"round_id": pk, "number": 1, "answer": RIGHT}
    at_once(lambda: learning.answer_card(user=people.User.objects.get(pk=lin.pk), **sent))
    assert learning.CardAnswer.objects.count() == learning.Card.objects.count() == 1
