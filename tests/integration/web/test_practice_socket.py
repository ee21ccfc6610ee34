"""The drill room over its WebSocket: what is told, to whom, in which order, and what survives a cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError

from peilian.apps.base.api import bookkeeping
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.web.practice import hub as hubs
from peilian.web.practice.consumers import REFUSED, TRY_AGAIN
from support.builders import a_unit
from support.company import a_login
from support.practice import ABUSIVE, GOOD, RUDE, Clock, Room, a_new_process, a_run, a_trainee

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def time(monkeypatch) -> Clock:
    return Clock().patch(monkeypatch)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def run(lin, time) -> practice.DrillRun:
    return a_run(lin)


def played(scene: Callable[[], Awaitable[Any]]) -> Any:
    """Play a scene in an event loop of its own, as after a restart of the server."""

    async def whole():
        try:
            return await scene()
        finally:
            # The thread of the rooms keeps its connection, which would outlive the database of the test.
            await database_sync_to_async(lambda: None)()

    return asyncio.run(whole())


def kinds(texts: list[dict[str, Any]]) -> list[str]:
    return [text["type"] for text in texts]


# What is told


def test_the_room_tells_the_trainee_what_an_agent_would_see_and_nothing_of_the_customers_mind(lin, run):
    async def scene():
        return await Room(run.pk, lin).open()

    room = played(scene)
    assert (room["type"], room["run"], room["state"], room["seq"]) == ("room", str(run.pk), "running", 1)
    scenario = room["scenario"]
    assert (scenario["title"], scenario["customer"], scenario["language"]) == ("物流延误", "陈女士", "zh")
    assert scenario["panels"][0]["rows"][0]["label"] == "订单号"
    assert scenario["policies"]
    coupon = next(tool for tool in scenario["tools"] if tool["name"] == "coupon")
    assert coupon["arguments"][0] | {"label": ""} == {
        "name": "amount", "label": "", "kind": "number", "choices": [], "least": 1, "most": 50,
    }  # fmt: skip
    assert [line["role"] for line in room["lines"]] == ["customer"] * len(room["lines"])
    assert room["clock"] == {
        "now_ms": 0, "limit_ms": 180_000, "is_paused": False, "pauses_left": 3, "resumes_in_ms": None,
    }  # fmt: skip
    assert room["mode"]["name"] == "normal"
    assert room["over"] is None
    shown = json.dumps(room, ensure_ascii=False)
    for secret in ("生日", "needs", "required", "patience", "seed", "plays", "暴雨"):
        assert secret not in shown


def test_a_line_is_acknowledged_then_answered_with_reasons(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        time.pass_(12)
        id = await room.say()
        return id, await room.until("clock")

    id, texts = played(scene)
    assert kinds(texts) == ["ack", "lines", "gauge", "clock"]
    ack, lines, gauge, clock = texts
    assert ack == {"type": "ack", "id": id, "seq": 2, "at_ms": 12_000}
    own, answer = lines["lines"][:2]
    assert (own["id"], own["role"], own["text"], own["client_id"]) == ("2.0", "agent", GOOD, id)
    assert (answer["role"], answer["client_id"]) == ("customer", None)
    assert answer["at_ms"] > 12_000  # the customer types
    assert {"satisfaction", "efficiency", "mood", "level"} <= set(gauge)
    best = max(gauge["reasons"], key=lambda reason: reason["delta"])
    assert best["delta"] > 0
    assert best["quote"] in GOOD
    assert clock["now_ms"] == 12_000


def test_the_reasons_add_up_to_what_the_index_moved(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        first = await room.open()
        gauges = [first["gauges"][-1]]
        for text in (GOOD, "抱歉让您久等了", "预计24号送到，没到我给您补发"):
            time.pass_(12)
            await room.say(text)
            gauges += [found for found in await room.until("clock") if found["type"] == "gauge"]
        return gauges

    gauges = played(scene)
    for before, after in pairwise(gauges):
        assert sum(reason["delta"] for reason in after["reasons"]) == after["moved"]
        assert after["moved"] == int(after["satisfaction"] + 0.5) - int(before["satisfaction"] + 0.5)
        assert all(isinstance(reason["delta"], int) and reason["delta"] for reason in after["reasons"])


def test_a_tool_that_changes_the_world_changes_what_is_seen_of_it(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        first = await room.open()
        await room.send("act", id=str(uuid4()), tool="urge_carrier", args={})
        texts = await room.until("clock")
        await room.send("act", id=str(uuid4()), tool="urge_carrier", args={})
        refused = await room.until("clock")
        await room.send("sync")
        return first, texts, refused, await room.text()

    def ticket(panels):
        return next(row["text"] for panel in panels for row in panel["rows"] if row["label"] == "催件")

    first, texts, refused, again = played(scene)
    assert ticket(first["scenario"]["panels"]) == "未提交"
    [told] = [text for text in texts if text["type"] == "panels"]
    assert ticket(told["panels"]) == ticket(again["scenario"]["panels"]) == "已提交，快递公司 2 小时内答复"
    assert "panels" not in kinds(refused)


def test_hard_mode_hides_why_the_indices_move(lin, time):
    run = a_run(lin, mode="hard")

    async def scene():
        room = Room(run.pk, lin)
        first = await room.open()
        await room.say()
        return first, await room.until("clock")

    first, texts = played(scene)
    assert first["mode"] | {"hints": False} == {
        "name": "hard", "shows_reasons": False, "hints": False, "can_pause": False, "is_abuse": False, "is_exam": False,
        "is_fork": False, "is_enclosed": False, "shows_script": False,
    }  # fmt: skip
    assert all("reasons" not in gauge for gauge in [*first["gauges"], *texts] if gauge.get("type") == "gauge")
    assert "reasons" not in first["gauges"][0]


def test_a_tool_answers_and_the_room_remembers(lin, run):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await room.send("act", id=str(uuid4()), tool="track", args={})
        done = await room.until("clock")
        await room.send("act", id=str(uuid4()), tool="coupon", args={"amount": 30})
        refused = await room.until("clock")
        await room.send("sync")
        return done, refused, await room.text()

    done, refused, room = played(scene)
    used = next(text for text in done if text["type"] == "used")
    assert (used["tool"], used["label"], used["is_done"]) == ("track", "查物流", True)
    assert "杭州" in used["text"]
    assert next(text for text in refused if text["type"] == "used")["is_done"] is False
    assert [item["args"] for item in room["used"]] == [{}, {"amount": 30}]


def test_a_tool_that_makes_no_sense_is_answered_in_the_users_words(lin, run):
    people.set_language(user=lin, language="en")

    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        id = str(uuid4())
        await room.send("act", id=id, tool="coupon", args={"amount": "much"})
        return id, await room.text()

    id, fault = played(scene)
    assert (fault["type"], fault["code"], fault["id"]) == ("fault", "tool", id)
    assert fault["message"].isascii()


def test_easy_mode_hints_when_the_talk_stands_still(lin, time):
    run = a_run(lin, mode="easy")

    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        for text in ("嗯嗯", "好的哦", "这个嘛", "是这样的呀"):
            time.pass_(4)
            await room.say(text)
            texts = await room.until("clock", "over")
            if "hints" in kinds(texts):
                return texts
        raise AssertionError("no hints came")

    hints = next(text for text in played(scene) if text["type"] == "hints")
    assert 1 <= len(hints["hints"]) <= 2


def test_pause_and_resume_are_told(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await room.send("pause", id=str(uuid4()))
        paused = await room.until("clock")
        time.pass_(60)
        await room.say()
        fault = await room.text()
        await room.send("resume")
        return paused, fault, await room.until("clock")

    paused, fault, resumed = played(scene)
    assert kinds(paused) == ["ack", "clock"]
    assert (paused[-1]["is_paused"], paused[-1]["resumes_in_ms"]) == (True, 300_000)
    assert (fault["type"], fault["code"]) == ("fault", "paused")
    assert (resumed[-1]["is_paused"], resumed[-1]["now_ms"]) == (False, 0)


def test_the_end_leads_to_the_debrief(lin, run):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await room.send("end", id=str(uuid4()))
        texts = await room.until("over")
        await room.say()
        return texts, (await room.until("fault"))[-1], await Room(run.pk, lin).open()

    texts, fault, again = played(scene)
    assert texts[0]["type"] == "ack"
    over = texts[-1]
    assert (over["outcome"], over["debrief_url"]) == ("abandoned", f"/practise/drills/{run.pk}/debrief/")
    assert over["label"] == "客户没等到结果就走了"
    assert fault["code"] == "over"
    assert (again["state"], again["over"]["outcome"]) == ("over", "abandoned")


def test_stop_is_out_at_once_without_score_or_debrief(lin, time):
    run = a_run(lin, ABUSIVE, has_consent=True)

    async def scene():
        room = Room(run.pk, lin)
        first = await room.open()
        await room.say()
        await room.until("clock")
        time.pass_(3600)  # however late: nothing is scored on the way out
        id = str(uuid4())
        await room.send("stop", id=id)
        return first, id, await room.until("over")

    first, id, texts = played(scene)
    assert first["mode"]["is_abuse"]
    assert any("停止" in note for note in first["notes"])
    assert texts[0]["id"] == id
    assert (texts[-1]["outcome"], texts[-1]["debrief_url"]) == ("stopped", None)
    run.refresh_from_db()
    assert (run.is_scored, run.result, run.state) == (False, None, "over")


# Time


def test_the_room_wakes_when_something_falls_due(lin, run, time, monkeypatch):
    monkeypatch.setattr(hubs, "_SHORTEST_NAP_SECONDS", 0)

    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        open_room = hubs.hub().room(run.pk)
        assert open_room._timer is not None
        time.pass_(100)
        await open_room.wake()
        return await room.until("clock")

    texts = played(scene)
    assert kinds(texts)[0] == "lines"
    assert all(line["role"] == "customer" for line in texts[0]["lines"])


def test_a_room_that_everybody_left_goes_on_to_its_end(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await room.close()
        open_room = hubs.hub().room(run.pk)
        assert open_room.members == []
        assert open_room._timer is not None
        time.pass_(3600)
        await open_room.wake()
        assert open_room._timer is None
        other = uuid4()
        hubs.hub().room(other)
        assert run.pk not in hubs.hub()._rooms

    played(scene)
    run.refresh_from_db()
    assert run.is_over
    assert run.is_scored


def test_a_room_in_which_something_fails_wakes_again(lin, run, time, monkeypatch):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        open_room = hubs.hub().room(run.pk)
        time.pass_(100)
        with monkeypatch.context() as broken:
            broken.setattr(practice, "tick", lambda **_: 1 / 0)
            await open_room.wake()
        assert open_room._timer is not None
        await open_room.wake()
        return await room.until("clock")

    assert "lines" in kinds(played(scene))


def test_a_tab_that_could_not_be_let_in_again_has_left_the_room(lin, run, monkeypatch):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        monkeypatch.setattr(practice, "open_room", lambda **_: 1 / 0)
        await room.send("sync")
        return await room.text(), hubs.hub().room(run.pk).members

    closed, members = played(scene)
    assert (closed, members) == ({"type": "closed", "code": TRY_AGAIN}, [])


# Cuts and restarts


def test_a_connection_that_was_cut_finds_the_room_as_it_was(lin, run, time):
    async def before():
        room = Room(run.pk, lin)
        await room.open()
        time.pass_(10)
        await room.say()
        await room.until("clock")
        await room.send("act", id=str(uuid4()), tool="track", args={})
        await room.until("clock")
        await room.send("sync")
        return await room.text()

    async def after():
        return await Room(run.pk, lin).open()

    seen = played(before)
    same_process = played(after)
    a_new_process(run)
    assert same_process == seen
    assert played(after) == seen


def test_what_was_stored_but_never_acknowledged_is_acknowledged_after_the_reconnect(lin, run, time, monkeypatch):
    id = str(uuid4())

    async def dying():
        room = Room(run.pk, lin)
        await room.open()

        async def die(*_):
            raise asyncio.CancelledError

        monkeypatch.setattr(hubs, "_tell", die)  # the process dies between the commit and the first text
        await room.say(id=id)
        await room.wait(20)
        assert room.future.done()
        assert await room.is_silent()

    async def reborn():
        room = Room(run.pk, lin)
        first = await room.open()
        await room.say(id=id)
        ack = await room.text()
        return first, ack, await room.is_silent()

    played(dying)
    monkeypatch.undo()
    time.patch(monkeypatch)
    a_new_process(run)
    first, ack, is_silent = played(reborn)
    assert [line["client_id"] for line in first["lines"] if line["role"] == "agent"] == [id]
    assert (ack["type"], ack["id"], ack["seq"]) == ("ack", id, 2)
    assert is_silent
    assert practice.DrillEvent.objects.filter(run=run, kind="say").count() == 1


def test_nothing_is_acknowledged_that_was_not_stored(lin, run, monkeypatch):
    save = practice.DrillEvent.save

    def fail(*_args, **_more):
        raise DatabaseError("the disk is full")

    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        monkeypatch.setattr(practice.DrillEvent, "save", fail)
        id = await room.say()
        fault = await room.text()
        monkeypatch.setattr(practice.DrillEvent, "save", save)
        await room.say(id=id)
        return id, fault, await room.text()

    id, fault, ack = played(scene)
    assert (fault["type"], fault["code"], fault["id"]) == ("fault", "busy", id)
    assert (ack["type"], ack["seq"]) == ("ack", 2)


def test_two_tabs_stay_in_step(lin, run):
    async def scene():
        one, two = Room(run.pk, lin), Room(run.pk, lin)
        await one.open()
        await two.open()
        id = await one.say()
        first, second = await one.until("clock"), await two.until("clock")
        await two.send("stop")
        return id, first, second, await one.until("over"), await two.until("over")

    id, first, second, over_one, over_two = played(scene)
    assert kinds(first) == ["ack", *kinds(second)]
    assert first[1:] == second
    assert second[0]["lines"][0]["client_id"] == id
    assert over_one[-1] == over_two[-1]


def test_a_tab_learns_what_another_process_added(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        a_new_process(run)
        add = database_sync_to_async(practice.say)
        await add(user=lin, run_id=run.pk, client_id=uuid4(), text=RUDE)
        await room.say()
        return await room.until("clock")

    texts = played(scene)
    told = [
        line["text"] for text in texts if text["type"] == "lines" for line in text["lines"] if line["role"] == "agent"
    ]
    assert told == [RUDE, GOOD]


def test_the_oldest_of_too_many_tabs_is_closed(lin, run, monkeypatch):
    monkeypatch.setattr(hubs, "_MOST_TABS", 2)

    async def scene():
        tabs = [Room(run.pk, lin) for _ in range(3)]
        for tab in tabs:
            await tab.open()
        await tabs[2].say()
        return [(await tab.text())["type"] for tab in tabs]

    assert played(scene) == ["closed", "lines", "ack"]


# Who


@pytest.mark.parametrize("who", ["guest", "colleague", "lead", "manager", "nobody"])
def test_only_the_trainee_takes_part(time, who):
    team = a_unit("team-a")
    lin = a_trainee(unit=team)
    run = a_run(lin)
    users = {
        "guest": AnonymousUser,
        "colleague": lambda: a_trainee(unit=team),
        "lead": lambda: a_trainee(role="supervisor", unit=team),
        "manager": lambda: a_login("manager", "training_manager"),
        "nobody": lambda: a_login("nobody", "administrator"),
    }
    user = users[who]()

    async def scene():
        return await Room(run.pk, user).open()

    assert played(scene) == {"type": "closed", "code": REFUSED}


def test_there_is_no_telling_a_forbidden_room_from_an_absent_one(lin):
    async def scene():
        return await Room(uuid4(), lin).open()

    assert played(scene) == {"type": "closed", "code": REFUSED}


@pytest.mark.parametrize("loss", ["role", "account", "session"])
def test_a_right_that_ends_ends_the_next_text(lin, run, loss):
    session = SessionStore()
    session.create()

    def lose():
        if loss == "role":
            people.end_grant(actor=None, grant=lin.grants.get())
        elif loss == "account":
            people.set_active(actor=None, user=people.User.objects.get(pk=lin.pk), is_active=False)
        else:
            session.delete()

    async def scene():
        room = Room(run.pk, lin, session=session)
        await room.open()
        await database_sync_to_async(lose)()
        await room.say()
        return await room.text()

    assert played(scene) == {"type": "closed", "code": REFUSED}
    assert practice.DrillEvent.objects.filter(run=run).count() == 1


def test_a_fault_of_the_engine_is_told_in_words_and_the_room_goes_on(lin, run, monkeypatch):
    from peilian.engine.drill import Drill

    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        with monkeypatch.context() as broken:
            broken.setattr(Drill, "hear", lambda *_: 1 / 0)
            await room.say()
            fault = await room.text()
        await room.say()
        return fault, await room.text()

    fault, ack = played(scene)
    assert (fault["type"], fault["code"]) == ("fault", "busy")
    assert (ack["type"], ack["seq"]) == ("ack", 2)


def test_a_right_that_ends_ends_what_the_room_tells_by_itself(lin, run, time):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await database_sync_to_async(lambda: people.end_grant(actor=None, grant=lin.grants.get()))()
        time.pass_(100)
        await hubs.hub().room(run.pk).wake()
        return await room.text()

    assert played(scene) == {"type": "closed", "code": REFUSED}


# Hostile pages


def test_nonsense_is_answered_in_words_and_the_room_goes_on(lin, run):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        answers = []
        for raw in ("{", "x" * 20_000, json.dumps({"type": "say", "id": str(uuid4()), "text": "好" * 2001})):
            await room.raw(raw)
            answers.append(await room.text())
        await room.send_input({"type": "websocket.receive", "bytes": b"\x00\x01"})
        answers.append(await room.text())
        await room.say()
        return answers, await room.text()

    answers, ack = played(scene)
    assert [answer["code"] for answer in answers] == ["bad_message", "too_long", "too_long", "bad_message"]
    assert "2000" in answers[2]["message"]
    assert ack["type"] == "ack"


def test_a_flood_is_slowed_down_and_what_is_stored_is_still_acknowledged(lin, run):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        first = await room.say()
        await room.until("clock")
        codes = []
        for _ in range(9):
            await room.say("嗯")
            texts = await room.until("clock", "fault")
            codes.append(texts[-1].get("code", "taken"))
        await room.say(id=first)
        return codes, await room.text()

    codes, ack = played(scene)
    assert codes == ["taken"] * 5 + ["too_fast"] * 4
    assert (ack["type"], ack["seq"]) == ("ack", 2)


def test_marks_that_turn_the_direction_do_no_harm(lin, run):
    async def scene():
        room = Room(run.pk, lin)
        await room.open()
        await room.say("金额\u202e001\u202c 元 <script>alert(1)</script>")
        return await room.until("clock")

    lines = next(text for text in played(scene) if text["type"] == "lines")
    assert lines["lines"][0]["text"] == "金额001 元 <script>alert(1)</script>"


def test_a_run_whose_content_is_gone_can_still_be_opened(lin, run):
    with bookkeeping():
        practice.DrillRun.objects.filter(pk=run.pk).update(scenario="gone/away")
    a_new_process(run)

    async def scene():
        return await Room(run.pk, lin).open()

    room = played(scene)
    assert (room["state"], room["over"]["outcome"], room["scenario"]["tools"]) == ("over", "stopped", [])
    assert "重新开始" in room["over"]["note"]
