"""Answers copied from another paper: they land where the own paper has them, and bring nothing that is not due."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D

import pytest
from channels.db import database_sync_to_async
from django.urls import reverse
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError
from support.exam_pages import ExamPage, stored
from support.exams import ExamClock, a_bank, a_sitting, an_exam, an_item, answers, begun
from support.practice import a_trainee

pytestmark = pytest.mark.django_db(transaction=True)
N = 12


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def sitting(tmp_path, time):
    """Twelve choices, no name of an option the same in two of them; everybody gets them in an order of their own."""
    options = lambda n: [  # noqa: E731
        {"id": f"{letter}{n}", "text": {"zh": f"{letter} {n}"}, "right": letter == "b"} for letter in "abcd"
    ]
    bank = a_bank(*(an_item(f"q{n}", options=options(n)) for n in range(1, N + 1)))
    return a_sitting(tmp_path, an_exam(drawn=[{"count": N}]), bank)


@pytest.fixture
def papers(sitting):
    """Two people in the middle of it whose papers differ in the order of questions and of options."""
    (one, first), (other, second) = (begun(sitting, a_trainee(), seed=seed) for seed in (11, 12))
    assert [item["item"] for item in first.paper] != [item["item"] for item in second.paper]
    return (one, first), (other, second)


def right_name(item) -> str:
    return f"b{item['item'].partition('#q')[2]}"


def right_place(item) -> int:
    return item["shown"][""].index(right_name(item))


def sent(user, attempt, places):
    """Answer question by question over the WebSocket, by places as a page sends them."""

    async def scene():
        try:
            page = ExamPage(attempt.pk, user)
            await page.open()
            return [await page.answer(n, {"chosen": [place]}) for n, place in enumerate(places, start=1)]
        finally:
            await database_sync_to_async(lambda: None)()  # closes the connection that would outlive the test's database

    return asyncio.run(scene())


def due(attempt, chosen):
    """What a paper brings for these names of options, worked out from the paper alone."""
    return sum((D(item["points"]) for item, name in zip(attempt.paper, chosen, strict=True)
                if name == right_name(item)), D(0))  # fmt: skip


def test_places_copied_from_another_paper_choose_what_the_own_paper_shows_there_and_earn_no_more(papers):
    (_, first), (other, second) = papers
    copied = [right_place(item) for item in first.paper]
    assert {text["type"] for text in sent(other, second, copied)} == {"ack"}
    own = [item["shown"][""][place] for item, place in zip(second.paper, copied, strict=True)]
    assert [stored(second)[str(n)] for n in range(1, N + 1)] == [{"chosen": [name]} for name in own]
    found = learning.hand_in(user=other, attempt_id=second.pk)
    assert found.points == due(second, own) < found.of


def test_the_right_places_of_the_own_paper_bring_all_points_in_whatever_order_they_are_sent(papers):
    _, (other, second) = papers

    async def scene():
        try:
            page = ExamPage(second.pk, other)
            await page.open()
            for n in reversed(range(1, N + 1)):
                assert (await page.answer(n, {"chosen": [right_place(second.paper[n - 1])]}))["n"] == n
        finally:
            await database_sync_to_async(lambda: None)()

    asyncio.run(scene())
    found = learning.hand_in(user=other, attempt_id=second.pk)
    assert found.points == found.of


def test_right_answers_sent_by_the_numbers_of_another_paper_are_refused_and_change_nothing(papers):
    (_, first), (other, second) = papers
    moved = [n for n, (mine, theirs) in enumerate(zip(second.paper, first.paper, strict=True), start=1)
             if mine["item"] != theirs["item"]]  # fmt: skip
    for n in moved:
        with pytest.raises(InputError) as error:
            answers(other, second, n, {"chosen": [right_name(first.paper[n - 1])]})
        assert error.value.faults[0].reason.key == "learning.no_answer"
    assert stored(second) == {}
    assert learning.hand_in(user=other, attempt_id=second.pk).points == 0


def test_every_name_at_once_or_the_right_one_among_others_is_no_right_answer(papers):
    _, (other, second) = papers
    for n, item in enumerate(second.paper, start=1):
        answers(other, second, n, {"chosen": list(item["shown"][""])})
    assert learning.hand_in(user=other, attempt_id=second.pk).points == 0


def test_the_form_takes_places_by_the_own_paper_too(papers, signed_in):
    (_, first), (other, second) = papers
    copied = [right_place(item) for item in first.paper]
    data = {f"q{n}": str(place) for n, place in enumerate(copied, start=1)}
    data |= {f"known{n}": "0" for n in range(1, N + 1)}
    signed_in(other).post(reverse("exam_room", args=[second.pk]), data | {"do": "hand_in"})
    own = [item["shown"][""][place] for item, place in zip(second.paper, copied, strict=True)]
    assert stored(second) == {str(n): {"chosen": [name]} for n, name in enumerate(own, start=1)}
    assert learning.review_attempt(user=other, attempt_id=second.pk).attempt.points == due(second, own)


def test_an_answer_for_the_attempt_of_another_lands_nowhere(papers):
    (one, first), (other, second) = papers

    async def scene():
        try:
            return await ExamPage(first.pk, other).open()
        finally:
            await database_sync_to_async(lambda: None)()

    assert "closed" in asyncio.run(scene())
    answers(one, first, 1, {"chosen": [right_name(first.paper[0])]})
    assert stored(second) == {}
