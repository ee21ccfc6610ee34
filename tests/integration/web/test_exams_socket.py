"""An exam over its WebSocket: stored before it is acknowledged, nobody else's, two pages safe, and no key ever told."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.web.exams import consumers
from peilian.web.exams.consumers import REFUSED
from support.exam_pages import SECRET, ExamPage, a_whole_bank, a_whole_exam, right, stored
from support.exams import ExamClock, a_sitting, begun, fresh
from support.practice import a_trainee

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def time(monkeypatch) -> ExamClock:
    return ExamClock(monkeypatch, timezone.now())


@pytest.fixture
def lin(db):
    return a_trainee()


@pytest.fixture
def attempt(tmp_path, time, lin):
    return begun(a_sitting(tmp_path, a_whole_exam(), a_whole_bank()), lin)[1]


def played(scene):
    """Play a scene in an event loop of its own."""

    async def whole():
        try:
            return await scene()
        finally:
            await database_sync_to_async(lambda: None)()  # closes the connection that would outlive the test's database

    return asyncio.run(whole())


def test_every_kind_of_answer_is_stored_acknowledged_and_right(lin, attempt):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        texts = [await page.open()]
        for number, answer in enumerate(right(attempt), start=1):
            texts.append(await page.answer(number, answer))
        texts.append(await page.raw('{"type": "sync"}'))
        return texts

    room, *acks, again = played(scene)
    assert (room["type"], room["answers"], room["left_ms"]) == ("room", {}, 1_200_000)
    assert [(ack["type"], ack["n"], ack["seq"]) for ack in acks] == [("ack", n, n + 1) for n in range(1, 11)]
    assert [again["answers"][str(n)]["answer"] for n in range(1, 11)] == right(attempt)
    found = learning.hand_in(user=lin, attempt_id=attempt.pk)
    kinds = {one.kind: one.points == one.of for one in found.responses.all()}
    assert [kind for kind, is_whole in kinds.items() if not is_whole] == []


def test_no_text_of_the_server_gives_an_answer_away(lin, attempt):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        texts = [await page.open()]
        for number, answer in enumerate(right(attempt), start=1):
            if number != 4:  # whose right answer is the secret itself
                texts += [await page.answer(number, answer), await page.answer(number, None)]
        texts += [await page.raw('{"type": "sync"}'), await page.raw("nonsense")]
        return texts

    told = json.dumps(played(scene), ensure_ascii=False)
    for word in (SECRET, "secret", "right-x", "ok-one", "wrong1", "points", "explanation", "先处理情绪"):
        assert word not in told, word


@pytest.mark.parametrize("who", ["another", "nobody", "inactive", "signed_out"])
def test_who_is_not_the_person_of_the_attempt_is_refused(lin, attempt, who):
    user, scope = lin, {}
    if who == "another":
        user = a_trainee()
    elif who == "nobody":
        user = AnonymousUser()
    elif who == "inactive":
        people.set_active(actor=None, user=lin, is_active=False)
    else:
        scope = {"session": SessionStore("0" * 32)}

    async def scene():
        return await ExamPage(attempt.pk, user, **scope).open()

    assert played(scene) == {"closed": REFUSED}


def test_an_attempt_that_does_not_exist_is_the_same_as_one_of_somebody_else(lin, attempt):
    async def scene():
        return await ExamPage(uuid4(), lin).open()

    assert played(scene) == {"closed": REFUSED}


def test_who_is_locked_out_meanwhile_answers_no_more(lin, attempt, monkeypatch):
    monkeypatch.setattr(consumers, "TRUSTED_SECONDS", 0.0)

    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        await database_sync_to_async(people.set_active)(actor=None, user=lin, is_active=False)
        return await page.answer(1, {"chosen": [0]})

    assert played(scene) == {"closed": REFUSED}
    assert stored(attempt) == {}


def test_the_second_page_is_told_what_the_first_has_answered_and_may_then_change_it(lin, attempt):
    async def scene():
        first, second = ExamPage(attempt.pk, lin), ExamPage(attempt.pk, lin)
        await first.open()
        await second.open()
        await first.answer(1, {"chosen": [1]})
        behind = await second.answer(1, {"chosen": [0]})
        taken = await second.answer(1, {"chosen": [0]}, known=behind["seq"])
        return behind, taken

    behind, taken = played(scene)
    assert (behind["type"], behind["code"], behind["answer"], behind["seq"]) == (
        "fault", "elsewhere", {"chosen": [1]}, 2,
    )  # fmt: skip
    assert "另一个页面" in behind["message"]
    assert (taken["type"], taken["seq"]) == ("ack", 3)
    assert stored(attempt)["1"] == {"chosen": ["wrong1"]}


def test_what_is_sent_again_after_a_cut_is_stored_once(lin, attempt):
    once = str(uuid4())

    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        first = await page.answer(1, {"chosen": [1]}, id=once)
        other = ExamPage(attempt.pk, lin)
        room = await other.open()
        return first, room, await other.answer(1, {"chosen": [1]}, id=once)

    first, room, again = played(scene)
    assert room["answers"] == {"1": {"answer": {"chosen": [1]}, "seq": 2}}
    assert (again["type"], again["seq"]) == ("ack", first["seq"])
    assert fresh(attempt).seq == 2


def test_after_the_time_an_answer_is_refused_and_the_next_page_hears_that_it_is_over(lin, attempt, time):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        time.pass_(minutes=21)
        late = await page.answer(1, {"chosen": [1]})
        return late, await page.raw('{"type": "sync"}'), await ExamPage(attempt.pk, lin).open()

    late, sync, opened = played(scene)
    assert (late["type"], late["code"]) == ("fault", "over")
    assert sync == opened == {"type": "over"}
    assert fresh(attempt).state == "marked"


@pytest.mark.parametrize(
    ("n", "answer"),
    [
        (1, {"chosen": [3]}), (1, {"chosen": [-1]}), (1, {"chosen": [0, 1]}), (1, {"chosen": [True]}),
        (1, {"chosen": "0"}), (1, ["0"]), (1, {"chosen": ["right-x"]}), (2, {"chosen": [0, 0]}), (4, {"gaps": ["7"]}),
        (4, {"gaps": [7, "x"]}), (5, {"order": [0, 1]}), (6, {"partners": [0]}), (6, {"partners": [9, None]}),
        (7, {"text": 5}), (7, {}), (10, {"inner": [{"chosen": [5]}, None]}), (10, {"inner": []}),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_question_is_not_stored(lin, attempt, n, answer):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return await page.answer(n, answer)

    told = played(scene)
    assert (told["type"], told["code"], told["n"]) == ("fault", "bad_message", n)
    assert stored(attempt) == {}


@pytest.mark.parametrize(
    "raw",
    ["", "[]", "1", "{", '{"type": "answer"}', '{"type": "hand_in"}', "NaN", "[" * 5000, '{"type": "answer", "id": 5}',
     json.dumps({"type": "answer", "id": str(uuid4()), "n": True, "answer": None, "known": 0}),
     json.dumps({"type": "answer", "id": str(uuid4()), "n": 1, "answer": None, "known": -1}),
     json.dumps({"type": "answer", "id": str(uuid4()), "n": 1, "answer": {"text": "x" * 200_000}, "known": 0})],
)  # fmt: skip
def test_texts_that_make_no_sense_are_answered_and_the_page_goes_on(lin, attempt, raw):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return await page.raw(raw), await page.answer(1, {"chosen": [1]})

    told, after = played(scene)
    assert told["code"] == "bad_message"
    assert after["type"] == "ack"


def test_a_question_that_is_not_there_and_an_endless_answer_are_said_to_be_so(lin, attempt):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return await page.answer(99, None), await page.answer(7, {"text": "长" * 21_000})

    missing, endless = played(scene)
    assert "共 10 题" in missing["message"]
    assert endless["code"] == "too_long"
    assert stored(attempt) == {}


def test_controls_and_halves_of_characters_do_not_reach_the_store(lin, attempt):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return await page.answer(7, {"text": "好\x00的\ud800\r\n行"})

    assert played(scene)["type"] == "ack"
    assert stored(attempt)["7"] == {"text": "好的\n行"}


def test_a_flood_of_texts_is_held_back_without_losing_the_place(lin, attempt, monkeypatch):
    monkeypatch.setattr(consumers, "_MOST_TEXTS", 3)

    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return [await page.answer(n, {"chosen": [1]}) for n in (1, 2, 3, 3)]

    assert [text.get("code", "stored") for text in played(scene)] == ["stored", "stored", "stored", "busy"]


def test_a_server_that_cannot_store_says_that_it_is_busy(lin, attempt, monkeypatch):
    def broken(**_given):
        raise OSError

    monkeypatch.setattr(learning, "save_answer", broken)

    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        return await page.answer(1, {"chosen": [1]})

    assert played(scene)["code"] == "busy"


def test_more_time_is_told_with_the_next_answer(lin, attempt):
    async def scene():
        page = ExamPage(attempt.pk, lin)
        await page.open()
        await database_sync_to_async(learning.extend)(actor=None, attempts=[attempt.pk], minutes=5, reason="停电")
        return await page.answer(1, {"chosen": [1]})

    assert played(scene)["left_ms"] == 25 * 60_000
