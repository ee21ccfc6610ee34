"""What happens in a drill is stored as events, told once, and taken up by any process where it stood."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from peilian.apps.base.api import bookkeeping
from peilian.apps.people import api as people
from peilian.apps.practice import api as practice
from peilian.apps.practice import live, recording, turns
from peilian.engine.drill import ENGINE_VERSION
from support.practice import GOOD, Clock, a_new_process, a_run, a_trainee, acts, folded, plays, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> Clock:
    return Clock().patch(monkeypatch)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


@pytest.fixture
def run(lin, time) -> practice.DrillRun:
    return a_run(lin)


def lines_of(run: practice.DrillRun) -> list[tuple[str, str]]:
    steps = recording.all_steps(practice.events_after(run_id=run.pk, seq=0))
    return [(line.role, line.text) for step in steps for line in step.lines]


def test_a_drill_begins_with_the_customer_and_is_pinned_to_what_it_began_with(run):
    (opening,) = practice.events_after(run_id=run.pk, seq=0)
    assert (opening.seq, opening.kind, opening.at_ms) == (1, "open", 0)
    assert lines_of(run)[0][0] == "customer"
    assert run.scenario_version.startswith("sha256:")
    assert run.model_version.startswith("sha256:")
    assert (run.engine_version, run.state, run.seq) == (ENGINE_VERSION, "running", 1)


def test_a_line_is_stored_with_what_the_engine_made_of_it(lin, run, time):
    time.pass_(12)
    taken = says(lin, run)
    assert taken.ack == (2, 12_000)
    (event,) = taken.events
    assert event.payload["input"] == {"text": GOOD}
    (step,) = practice.steps_of(event)
    assert step.lines[0].role == "agent"
    assert step.gauge is not None
    assert event.payload["state"]["turn"] == 1


def test_what_is_sent_twice_is_stored_once_and_acknowledged_again(lin, run, time):
    time.pass_(5)
    id = uuid4()
    first = says(lin, run, client_id=id)
    time.pass_(30)
    again = says(lin, run, client_id=id)
    assert again.ack == first.ack == (2, 5_000)
    assert (again.events, again.fault) == ((), None)
    a_new_process(run)
    assert says(lin, run, client_id=id).ack == first.ack
    assert len(practice.events_after(run_id=run.pk, seq=0)) == 2


def sends(lin, run, id):
    """Everything else that could come under an id."""
    yield lambda: practice.say(user=lin, run_id=run.pk, client_id=id, text="换一句话说。")
    yield lambda: practice.act(user=lin, run_id=run.pk, client_id=id, tool="track", args={})
    for simple in (practice.pause, practice.resume, practice.end_drill):
        yield lambda simple=simple: simple(user=lin, run_id=run.pk, client_id=id)


@pytest.mark.parametrize("is_new_process", [False, True])
def test_other_content_under_an_id_that_is_taken_is_refused_and_never_told_to_be_stored(lin, run, is_new_process):
    id = uuid4()
    says(lin, run, client_id=id)
    for send in sends(lin, run, id):
        if is_new_process:
            a_new_process(run)
        taken = send()
        assert taken.fault is not None
        assert taken.fault.key == "practice.fault.reused"
        assert taken.ack is None
    assert [event.kind for event in practice.events_after(run_id=run.pk, seq=0)] == ["open", "say"]
    assert says(lin, run, client_id=id).ack is not None


def test_a_tool_used_under_an_id_is_acknowledged_again_only_with_the_same_arguments(lin, run):
    id = uuid4()

    def coupon(amount):
        return practice.act(user=lin, run_id=run.pk, client_id=id, tool="coupon", args={"amount": amount})

    first = coupon(10)
    a_new_process(run)
    assert coupon(10).ack == first.ack
    assert coupon(5).fault is not None


def test_who_wants_out_gets_out_even_under_an_id_that_is_taken(lin, run):
    id = uuid4()
    says(lin, run, client_id=id)
    assert practice.stop_drill(user=lin, run_id=run.pk, client_id=id).run.outcome == "stopped"


def test_what_was_sent_is_acknowledged_again_even_when_the_drill_is_over(lin, run):
    id = uuid4()
    first = says(lin, run, client_id=id)
    practice.end_drill(user=lin, run_id=run.pk)
    assert says(lin, run, client_id=id).ack == first.ack


def test_a_new_process_goes_on_where_the_last_one_stood(lin, run, time):
    time.pass_(12)
    says(lin, run)
    acts(lin, run)
    drill = live._places[run.pk].kept.drill
    a_new_process(run)
    room = practice.open_room(user=lin, run_id=run.pk)
    taken_up = live._places[run.pk].kept.drill
    assert taken_up.snapshot() == drill.snapshot()
    assert taken_up.transcript == drill.transcript
    assert room.clock.now_ms == 12_000


@pytest.mark.parametrize("seed", range(4))
def test_a_drill_cut_into_processes_is_the_same_drill(time, seed, monkeypatch):
    monkeypatch.setattr("peilian.apps.practice.starting.secrets.randbelow", lambda _: 7)
    whole, cut = a_trainee(), a_trainee()
    straight = a_run(whole)
    plays(whole, straight, time)
    chance = random.Random(seed)
    enter = turns.turn

    def often_new(run_id):
        if chance.random() < 0.6:
            practice.forget(run_id)
        return enter(run_id)

    monkeypatch.setattr(turns, "turn", often_new)
    broken = a_run(cut)
    plays(cut, broken, time)
    assert folded(broken) == folded(straight)
    straight.refresh_from_db()
    assert (broken.total, broken.result, broken.debrief) == (straight.total, straight.result, straight.debrief)


def test_nothing_has_happened_when_storing_fails(lin, run, time, monkeypatch):
    time.pass_(5)
    says(lin, run)
    before = folded(run)

    def fail(*_args, **_more):
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(practice.DrillEvent, "save", fail)
        with pytest.raises(DatabaseError):
            says(lin, run, "查到了，包裹在杭州。")
    assert folded(run) == before
    time.pass_(5)
    assert says(lin, run, "查到了，包裹在杭州。").ack == (3, 10_000)


def test_a_run_that_another_process_served_meanwhile_is_taken_up_anew(lin, run, time):
    says(lin, run)
    ours = live._places[run.pk].kept
    a_new_process(run)
    time.pass_(3)
    says(lin, run, "查到了，包裹在杭州。")
    live._places[run.pk].kept = ours
    time.pass_(3)
    taken = says(lin, run, "24号送到。")
    assert taken.ack is not None
    assert taken.ack[0] == 4
    assert [text for role, text in lines_of(run) if role == "agent"] == [GOOD, "查到了，包裹在杭州。", "24号送到。"]


def test_the_database_refuses_a_number_that_is_taken(run):
    (opening,) = practice.events_after(run_id=run.pk, seq=0)
    copy = practice.DrillEvent(
        run=run, seq=1, at_ms=0, kind="tick", payload=opening.payload, recorded_at=opening.recorded_at
    )
    with pytest.raises(IntegrityError), transaction.atomic(), bookkeeping():
        copy.save(force_insert=True)


@pytest.mark.parametrize("sql", ["UPDATE practice_drillevent SET at_ms = 1", "DELETE FROM practice_drillevent"])
def test_nobody_rewrites_what_happened(run, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), bookkeeping():
        connection.cursor().execute(sql)
    event = practice.events_after(run_id=run.pk, seq=0)[0]
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        practice.DrillEvent.objects.all().delete()


# Time


def test_time_goes_by_the_clock_of_the_server_and_urges(lin, run, time):
    room = practice.open_room(user=lin, run_id=run.pk)
    assert room.due_in_ms is not None
    time.pass_(room.due_in_ms / 1000)
    taken = practice.tick(run_id=run.pk)
    assert [event.kind for event in taken.events] == ["tick"]
    assert taken.clock.now_ms == room.due_in_ms
    assert practice.tick(run_id=run.pk).events == ()


def test_a_wall_clock_that_jumps_moves_nothing_while_the_drill_runs(lin, run, time):
    time.pass_(10)
    says(lin, run)
    time.wall -= 3_600_000
    time.pass_(5)
    assert practice.open_room(user=lin, run_id=run.pk).clock.now_ms == 15_000


def test_after_a_restart_time_never_goes_back(lin, run, time):
    time.pass_(10)
    says(lin, run)
    a_new_process(run)
    time.wall -= 60_000
    room = practice.open_room(user=lin, run_id=run.pk)
    assert room.clock.now_ms == 10_000
    assert says(lin, run, "查到了").ack == (3, 10_000)


def test_a_room_that_was_left_is_brought_to_its_end_when_somebody_looks(lin, run, time):
    says(lin, run)
    time.pass_(3600)
    a_new_process(run)
    (found,) = practice.my_runs(user=lin)
    assert found.is_over
    assert found.outcome in ("abandoned", "timeout")
    assert found.is_scored
    assert (found.ended_at - found.started_at).total_seconds() <= found.limit_ms / 1000
    assert practice.close_abandoned() == 0


def test_a_drill_whose_end_fails_is_stopped_and_stands_in_nobodys_way(lin, run, time, monkeypatch):
    zheng = a_trainee()
    other = a_run(zheng)
    time.pass_(3600)
    finish = turns.finish

    def fail(visit):
        if visit.run.pk == run.pk:
            raise ValueError("no such dimension")
        finish(visit)

    monkeypatch.setattr(turns, "finish", fail)
    assert practice.catalogue(user=zheng)
    assert practice.close_abandoned() == 0
    run.refresh_from_db()
    other.refresh_from_db()
    assert (run.outcome, run.remark, run.is_scored) == ("stopped", "practice.note.failed", False)
    assert other.is_scored
    assert a_run(lin).pk != run.pk


def test_a_drill_whose_end_meets_a_busy_database_is_tried_again(lin, run, time, monkeypatch):
    time.pass_(3600)

    def fail(_visit):
        raise OperationalError("database is locked")

    with monkeypatch.context() as broken:
        broken.setattr(turns, "finish", fail)
        assert practice.close_abandoned() == 1
    practice.close_abandoned()
    run.refresh_from_db()
    assert run.is_scored


def test_rooms_whose_time_is_not_up_are_left_alone(run, time):
    time.pass_(100)
    assert practice.close_abandoned() == 0


# Pauses


def test_a_pause_stops_the_clock_and_nothing_can_be_said(lin, run, time):
    time.pass_(10)
    paused = practice.pause(user=lin, run_id=run.pk)
    assert paused.clock.is_paused
    assert (paused.clock.pauses_left, paused.clock.resumes_in_ms) == (2, 300_000)
    time.pass_(120)
    refused = says(lin, run)
    assert refused.fault is not None
    assert refused.fault.key == "practice.fault.paused"
    resumed = practice.resume(user=lin, run_id=run.pk)
    assert (resumed.clock.is_paused, resumed.clock.now_ms) == (False, 10_000)
    time.pass_(5)
    assert says(lin, run).ack == (4, 15_000)


def test_a_pause_ends_by_itself(lin, run, time):
    time.pass_(10)
    practice.pause(user=lin, run_id=run.pk)
    time.pass_(300 + 7)
    a_new_process(run)
    room = practice.open_room(user=lin, run_id=run.pk)
    assert (room.clock.is_paused, room.clock.now_ms) == (False, 17_000)
    assert [event.kind for event in room.events] == ["open", "pause", "resume"]


def test_three_pauses_are_enough(lin, run, time):
    for _ in range(3):
        practice.pause(user=lin, run_id=run.pk)
        practice.resume(user=lin, run_id=run.pk)
    refused = practice.pause(user=lin, run_id=run.pk)
    assert refused.fault is not None
    assert refused.fault.key == "practice.fault.no_pause"
    assert not refused.clock.is_paused


def test_to_pause_or_resume_twice_does_no_harm(lin, run):
    for _ in range(2):
        assert practice.pause(user=lin, run_id=run.pk).ack is not None
    for _ in range(2):
        assert practice.resume(user=lin, run_id=run.pk).ack is not None
    assert [event.kind for event in practice.events_after(run_id=run.pk, seq=1)] == ["pause", "resume"]


def test_hard_drills_are_not_paused(lin, time):
    run = a_run(lin, mode="hard")
    assert practice.pause(user=lin, run_id=run.pk).fault is not None
    assert practice.open_room(user=lin, run_id=run.pk).can_ever_pause is False


def test_a_paused_drill_can_be_ended_and_stopped(lin, time):
    run = a_run(lin)
    practice.pause(user=lin, run_id=run.pk)
    assert practice.end_drill(user=lin, run_id=run.pk).run.is_scored
    run = a_run(lin)
    practice.pause(user=lin, run_id=run.pk)
    assert practice.stop_drill(user=lin, run_id=run.pk).run.outcome == "stopped"


# What is refused


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\x00\x1b\u202e", "empty"),
        ("\u200b\u200d \u2060\ufeff", "empty"),
        ("好" * 2001, "too_long"),
    ],
)
def test_a_line_without_sense_is_refused_and_not_stored(lin, run, text, key):
    taken = says(lin, run, text)
    assert taken.fault is not None
    assert taken.fault.key == f"practice.fault.{key}"
    assert (taken.ack, len(practice.events_after(run_id=run.pk, seq=0))) == (None, 1)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("好" * 2000, "好" * 2000),
        ("您好\x00\x1b[31m", "您好[31m"),
        ("订单\u202e321", "订单321"),
        ("半个\ud83d字", "半个字"),
        ("一行\r\n两行\u2028三行", "一行\n两行\n三行"),
        ("👨‍👩‍👧 <b>&amp;</b>", "👨‍👩‍👧 <b>&amp;</b>"),
        ("a\u200fb", "a\u200fb"),
    ],
)
def test_a_line_is_stored_as_it_was_written_but_for_what_cannot_be_shown(lin, run, text, stored):
    says(lin, run, text)
    assert [line for role, line in lines_of(run) if role == "agent"] == [stored]


def test_a_tool_that_makes_no_sense_is_refused_in_words(lin, run):
    for tool, args in (("coupon", {}), ("coupon", {"amount": 1e9}), ("nothing", {}), ("track", {"x": "1"})):
        taken = acts(lin, run, tool, **args)
        assert taken.fault is not None
        assert taken.fault.key.startswith("drill.tool.")
    assert len(practice.events_after(run_id=run.pk, seq=0)) == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "x" * 201])
def test_an_argument_beyond_measure_is_refused(lin, run, value):
    taken = acts(lin, run, "coupon", amount=value)
    assert taken.fault is not None
    assert taken.fault.key == "practice.fault.bad_message"


def test_a_tool_that_the_rules_refuse_is_told_and_stored(lin, run):
    (event,) = acts(lin, run, "coupon", amount=30).events
    (step,) = practice.steps_of(event)
    assert step.used is not None
    assert not step.used.is_done


def test_nothing_is_said_after_the_end(lin, run, time):
    practice.end_drill(user=lin, run_id=run.pk)
    for taken in (says(lin, run), acts(lin, run), practice.pause(user=lin, run_id=run.pk)):
        assert taken.fault is not None
        assert taken.fault.key == "practice.fault.over"
        assert taken.due_in_ms is None


def test_a_line_that_comes_after_the_customer_has_gone_is_not_taken_but_the_end_is_stored(lin, run, time):
    time.pass_(3600)
    taken = says(lin, run)
    assert taken.fault is not None
    assert taken.fault.key == "practice.fault.over"
    assert [event.kind for event in taken.events] == ["tick"]
    run.refresh_from_db()
    assert run.is_over


# Content that changed


def test_a_drill_whose_scenario_changed_ends_without_a_score_and_says_so(lin, run):
    says(lin, run)
    with bookkeeping():
        practice.DrillRun.objects.filter(pk=run.pk).update(scenario_version="sha256:other")
    a_new_process(run)
    room = practice.open_room(user=lin, run_id=run.pk)
    assert (room.run.outcome, room.run.remark, room.run.is_scored) == ("stopped", "practice.changed", False)
    assert room.scenario is None
    assert [event.kind for event in room.events] == ["open", "say", "end"]
    assert a_run(lin).pk != run.pk


def test_a_drill_whose_events_cannot_be_read_any_more_ends_without_a_score(lin, run, monkeypatch):
    says(lin, run)
    a_new_process(run)

    def fail(*_):
        raise KeyError("now_ms")

    monkeypatch.setattr(live, "resumed", fail)
    assert practice.open_room(user=lin, run_id=run.pk).run.remark == "practice.changed"


def test_a_drill_goes_on_with_what_it_began_with_while_the_process_has_it(lin, run, monkeypatch):
    says(lin, run)
    monkeypatch.setattr("peilian.apps.practice.live.ENGINE_VERSION", "another")
    assert says(lin, run, "查到了").ack == (3, 0)


def test_the_script_tells_what_was_said_and_only_where_it_was_asked_for(lin, time):
    run = a_run(lin, shows_script=True)
    time.pass_(10)
    says(lin, run, "包裹卡在杭州转运中心，那边暴雨积水停了分拣。")
    points = {point.id: point for point in practice.script_of(practice.open_room(user=lin, run_id=run.pk))}
    assert (points["cause"].is_met, points["eta"].is_met) == (True, False)
    assert points["cause"].label
    assert points["eta"].is_due
    practice.stop_drill(user=lin, run_id=run.pk)
    hidden = a_run(lin)
    assert practice.script_of(practice.open_room(user=lin, run_id=hidden.pk)) == []
