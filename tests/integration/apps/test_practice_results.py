"""What the end of a drill leaves: a result, a debrief, evidence, an attempt, and each of them once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from peilian.apps.base.api import InboxMessage
from peilian.apps.people import api as people
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.apps.practice import results, turns
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from support.builders import a_unit
from support.practice import ABUSIVE, CALM, THREAT, Clock, a_new_process, a_run, a_trainee, plays, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> Clock:
    return Clock().patch(monkeypatch)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


def an_assignment(lin: people.User, target: str = CALM, **more) -> record.Assignment:
    what = record.NewAssignment(target=target, title={"zh": "物流延误"}, **more)
    (row,) = record.assign(actor=None, employees=[lin.employee], what=what)
    return row


def test_a_drill_that_is_over_has_a_result_and_a_debrief_in_both_languages(lin, time):
    run = plays(lin, a_run(lin), time)
    assert (run.outcome, run.state, run.passed) == ("resolved", "over", True)
    assert run.total == Decimal(str(run.result["zh"]["total"])).quantize(Decimal("0.01"))
    zh = practice.debrief_of(user=lin, run_id=run.pk)
    people.set_language(user=lin, language="en")
    en = practice.debrief_of(user=people.User.objects.get(pk=lin.pk), run_id=run.pk)
    assert zh.result["total"] == en.result["total"]
    assert zh.debrief["goal"]["text"] != en.debrief["goal"]["text"]
    assert zh.is_own
    said = [line["text"] for line in zh.result["transcript"] if line["role"] == "agent"]
    assert said == [moment["said"] for moment in zh.debrief["timeline"] if moment["said"] is not None]


def test_what_is_stored_is_readable_and_holds_nothing_twice(lin, time):
    run = plays(lin, a_run(lin), time)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM practice_drillevent WHERE run_id = %s AND seq = 3", [run.pk.hex])
        (stored,) = cursor.fetchone() or ("",)
    if connection.vendor == "sqlite":
        assert "您" in stored
    assert not {"transcript", "trace"} & set(run.result["zh"])


def test_every_step_of_the_debrief_leads_to_its_event(lin, time):
    run = plays(lin, a_run(lin), time)
    told = practice.debrief_of(user=lin, run_id=run.pk)
    events = {event.seq: event for event in practice.events_after(run_id=run.pk, seq=0)}
    assert told.debrief["timeline"]
    for moment in told.debrief["timeline"]:
        event = events[told.seq_of_step[moment["step"]]]
        assert moment["at_seconds"] in [round(step.at_ms / 1000, 3) for step in practice.steps_of(event)]
        if moment["said"] is not None:
            assert event.payload["input"]["text"] == moment["said"]


def test_the_end_is_when_the_contact_ended_not_when_somebody_looked(lin, time):
    run = a_run(lin)
    practice.pause(user=lin, run_id=run.pk)
    time.pass_(60)
    practice.resume(user=lin, run_id=run.pk)
    time.pass_(3600)
    a_new_process(run)
    practice.tick(run_id=run.pk)
    run.refresh_from_db()
    ended = timedelta(seconds=run.result["zh"]["ended_at_seconds"])
    assert run.ended_at == run.started_at + timedelta(seconds=60) + ended


def test_a_drill_speaks_for_the_competencies_that_its_dimensions_feed(lin, time):
    run = plays(lin, a_run(lin), time)
    rows = record.Evidence.objects.all()
    model = record.competency_model()
    fed = {key for key, item in model.competencies.items() if any(feed.kind == "drill" for feed in item.feeds)}
    assert {row.competency for row in rows} == fed
    assert {(row.kind, row.source_kind, row.source_id) for row in rows} == {("drill", "practice.drill", str(run.pk))}
    assert {row.at for row in rows} == {run.ended_at}
    assert rows[0].label == Reason("practice.evidence", {"title": "物流延误"})
    speed = next(score for score in run.result["zh"]["scores"] if score["dimension"] == "speed")
    only_speed = next(
        key for key, item in model.competencies.items()
        if [feed.key for feed in item.feeds if feed.kind == "drill"] == ["speed"]
    )  # fmt: skip
    assert rows.get(competency=only_speed).score == pytest.approx(speed["points"] / speed["max"])


def test_an_easy_drill_says_half_as_much_and_one_with_the_answers_in_view_nothing(lin, time):
    easy = plays(lin, a_run(lin, mode="easy"), time)
    with_script = plays(lin, a_run(lin, shows_script=True), time)
    assert with_script.is_scored
    normal = plays(lin, a_run(lin), time)
    weights = {
        run.pk: set(record.Evidence.objects.filter(source_id=str(run.pk), competency="empathy").values_list("weight"))
        for run in (easy, with_script, normal)
    }
    assert weights == {easy.pk: {(0.5,)}, with_script.pk: set(), normal.pk: {(1.0,)}}


def test_a_drill_without_a_word_is_an_attempt_and_no_evidence(lin, time):
    run = a_run(lin, assignment=an_assignment(lin))
    practice.end_drill(user=lin, run_id=run.pk)
    assert record.AssignmentResult.objects.count() == 1
    assert not record.Evidence.objects.exists()


def test_a_stopped_drill_leaves_nothing(lin, time):
    task = an_assignment(lin)
    run = a_run(lin, assignment=task)
    says(lin, run)
    practice.stop_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.total, run.result, run.debrief) == ("stopped", None, None, None)
    assert not record.Evidence.objects.exists()
    assert not record.AssignmentResult.objects.exists()
    with pytest.raises(NotVisibleError):
        practice.debrief_of(user=lin, run_id=run.pk)


@pytest.mark.parametrize("words", [0, 1])
def test_a_numbered_attempt_that_is_stopped_is_scored_as_it_stands_and_counts(lin, time, words):
    task = an_assignment(lin, attempts_allowed=2, pass_mark=Decimal(60))
    run = a_run(lin, assignment=task)
    for _ in range(words):
        time.pass_(10)
        says(lin, run)
    time.pass_(5)
    taken = practice.stop_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    assert taken.ack is not None
    assert (run.remark, run.outcome, run.passed) == ("practice.note.stopped_exam", "abandoned", False)
    attempt = record.AssignmentResult.objects.get()
    assert (attempt.source_id, attempt.is_passed) == (str(run.pk), False)
    assert (attempt.points > 0) == bool(words)
    assert task.attempts_left == 1
    assert practice.stop_drill(user=lin, run_id=run.pk).run.is_scored
    assert record.AssignmentResult.objects.count() == 1


def test_who_was_cut_off_in_a_numbered_attempt_goes_on_until_the_time_is_up(lin, time):
    task = an_assignment(lin, attempts_allowed=1)
    run = a_run(lin, assignment=task)
    says(lin, run)
    time.pass_(40)
    a_new_process(run)
    assert practice.running_run(user=lin) == run
    assert not record.AssignmentResult.objects.exists()
    assert says(lin, run, "查到了，包裹在杭州转运中心。").ack is not None
    time.pass_(run.limit_ms / 1000)
    practice.close_abandoned()
    assert record.AssignmentResult.objects.get().source_id == str(run.pk)


def test_who_gets_out_of_abuse_pays_nothing_for_it_even_in_a_numbered_attempt(lin, time):
    task = an_assignment(lin, ABUSIVE, attempts_allowed=1)
    run = a_run(lin, ABUSIVE, assignment=task, has_consent=True)
    says(lin, run)
    practice.stop_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    assert (run.outcome, run.total, run.remark) == ("stopped", None, "practice.note.stopped")
    assert task.attempts_left == 1


def test_a_numbered_attempt_that_cannot_be_scored_is_stopped_and_costs_nothing(lin, time, monkeypatch):
    task = an_assignment(lin, attempts_allowed=1)
    run = a_run(lin, assignment=task)

    def fail(_visit):
        raise ValueError("no such dimension")

    with monkeypatch.context() as broken:
        broken.setattr(turns, "finish", fail)
        assert practice.stop_drill(user=lin, run_id=run.pk).run.is_over
    run.refresh_from_db()
    assert (run.outcome, run.remark) == ("stopped", "practice.note.failed")
    assert task.attempts_left == 1


def test_the_end_is_written_once_however_often_it_is_asked_for(lin, time):
    run = plays(lin, a_run(lin, assignment=an_assignment(lin)), time)
    stored = run.result, record.Evidence.objects.count(), record.AssignmentResult.objects.count()
    for _ in range(2):
        a_new_process(run)
        practice.tick(run_id=run.pk)
        practice.end_drill(user=lin, run_id=run.pk)
        practice.stop_drill(user=lin, run_id=run.pk)
        practice.close_abandoned()
    run.refresh_from_db()
    assert (run.outcome, run.result, record.Evidence.objects.count(), record.AssignmentResult.objects.count()) == (
        "resolved",
        *stored,
    )


def test_all_of_the_end_is_stored_or_none_of_it(lin, time, monkeypatch):
    run = a_run(lin, assignment=an_assignment(lin))
    says(lin, run)

    def fail(**_more):
        raise RuntimeError("broken")

    with monkeypatch.context() as broken:
        broken.setattr(results.record, "record_attempt", fail)
        with pytest.raises(RuntimeError):
            practice.end_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.seq, run.result) == ("running", 2, None)
    assert not record.Evidence.objects.exists()
    assert practice.end_drill(user=lin, run_id=run.pk).run.is_scored
    assert record.AssignmentResult.objects.count() == 1


# Assignments


def test_the_attempt_is_recorded_with_the_points_of_the_drill(lin, time):
    run = plays(lin, a_run(lin, assignment=an_assignment(lin, pass_mark=Decimal(60))), time)
    attempt = record.AssignmentResult.objects.get()
    assert (attempt.points, attempt.is_passed, attempt.at) == (run.total, True, run.ended_at)
    assert (attempt.source_kind, attempt.source_id) == ("practice.drill", str(run.pk))
    assert record.assignment(user=lin, pk=attempt.assignment_id).is_passed


def test_the_pass_mark_of_the_assignment_decides_when_there_is_one(lin, time):
    plays(lin, a_run(lin, assignment=an_assignment(lin, pass_mark=Decimal(100))), time)
    assert not record.AssignmentResult.objects.get().is_passed


def test_without_a_pass_mark_the_drill_itself_decides(lin, time):
    run = a_run(lin, assignment=an_assignment(lin))
    practice.end_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    assert run.passed is False
    assert not record.AssignmentResult.objects.get().is_passed


def test_what_no_drill_survives_fails_whatever_the_mark(lin, time):
    task = an_assignment(lin, THREAT, pass_mark=Decimal(0))
    run = plays(lin, a_run(lin, THREAT, assignment=task), time, "fatal_breach")
    assert run.outcome == "policy_breach"
    assert not record.AssignmentResult.objects.get().is_passed


def test_an_assignment_that_was_taken_back_meanwhile_does_not_undo_the_drill(lin, time):
    task = an_assignment(lin)
    run = a_run(lin, assignment=task)
    record.cancel_assignment(actor=None, assignment=task)
    plays(lin, run, time)
    assert (run.is_scored, run.remark) == (True, "practice.note.attempt_lost")
    assert record.Evidence.objects.exists()
    assert not record.AssignmentResult.objects.exists()


def test_a_need_that_is_met_is_told(lin, time, monkeypatch):
    need = record.raise_need(
        actor=None, employee=lin.employee, subject="empathy", reason=Reason("record.need_raised"), origin="drill"
    )
    monkeypatch.setattr("peilian.apps.record.needs._is_reached", lambda *_: True)
    plays(lin, a_run(lin), time)
    need.refresh_from_db()
    assert need.state == "met"
    message = InboxMessage.objects.get(key="inbox.need_met")
    assert message.recipient == lin
    assert message.params["competency"] == record.competency_model().competencies["empathy"].name.zh


# Lists


def test_the_catalogue_puts_first_what_is_assigned_then_what_is_needed(time):
    lin = a_trainee(unit=a_unit("team-a"))
    keys = [entry.key for entry in practice.catalogue(user=lin)]
    assert len(keys) == len(set(keys))
    target = keys[-1]
    what = record.NewAssignment(target=target, title={"zh": "任务"})
    record.assign(actor=None, employees=[lin.employee], what=what)
    needed = next(
        entry for entry in practice.catalogue(user=lin) if entry.key not in (target, keys[0]) and entry.trains
    )
    record.raise_need(
        actor=None, employee=lin.employee, subject=needed.trains[0], subject_kind="pain_point",
        reason=Reason("record.need_raised"),
    )  # fmt: skip
    first, *others = practice.catalogue(user=lin)
    assert first.key == target
    assert [item.target for item in first.assignments] == [target]
    is_needed = [bool(entry.needs) for entry in others]
    assert is_needed == sorted(is_needed, reverse=True)
    assert any(is_needed)


def test_the_catalogue_knows_the_own_best_and_last(lin, time):
    good = plays(lin, a_run(lin), time)
    time.pass_(60)
    bad = a_run(lin)
    practice.end_drill(user=lin, run_id=bad.pk)
    bad.refresh_from_db()
    practice.stop_drill(user=lin, run_id=a_run(lin).pk)
    entry = next(entry for entry in practice.catalogue(user=lin) if entry.key == CALM)
    assert (entry.n_runs, entry.best, entry.last, entry.last_at) == (2, good.total, bad.total, bad.ended_at)


@pytest.mark.parametrize("subject", ["missing_empathy", "empathy", "own"])
def test_scenarios_are_found_by_what_they_train(subject):
    assert CALM in practice.scenarios_for(subject=subject)


def test_scenarios_that_train_more_of_it_come_first_and_then_those_about_little_else():
    documents = {key: document for key, (document, _) in practice.scenarios().items()}
    found = practice.scenarios_for(subject="missing_empathy")
    shares = [1 / len(documents[key].trains) for key in found]
    assert len(found) > 1
    assert shares == sorted(shares, reverse=True)


def test_among_equals_the_trade_that_people_know_comes_first(lin, time):
    documents = {key: document for key, (document, _) in practice.scenarios().items()}
    practice.stop_drill(user=lin, run_id=a_run(lin).pk)
    found = practice.scenarios_for(subject="missing_empathy", people=[lin.employee])

    def place(key: str) -> tuple[float, bool]:
        return -1 / len(documents[key].trains), documents[key].industry != documents[CALM].industry

    assert [place(key) for key in found] == sorted(map(place, found))


def test_what_nothing_trains_finds_no_scenario():
    assert practice.scenarios_for(subject="juggling") == []


def test_a_competency_that_only_drills_show_is_trained_by_all():
    model = record.competency_model()
    shown = [key for key, item in model.competencies.items() if any(feed.kind == "drill" for feed in item.feeds)]
    for key in shown:
        assert practice.scenarios_for(subject=key)


def test_a_list_takes_the_same_number_of_queries_however_long(lin, time, django_assert_max_num_queries):
    for _ in range(3):
        practice.stop_drill(user=lin, run_id=a_run(lin).pk)
    with django_assert_max_num_queries(8):
        assert len([(run.title, run.employee.name) for run in practice.my_runs(user=lin)]) == 3


def test_a_turn_asks_the_database_little(lin, time, django_assert_max_num_queries):
    run = a_run(lin)
    says(lin, run)
    with django_assert_max_num_queries(9):
        says(lin, run, "查到了")


def test_finish_leaves_a_running_drill_alone(lin, time):
    run = a_run(lin)
    with turns.turn(run.pk) as visit:
        results.finish(visit)
    run.refresh_from_db()
    assert run.state == "running"
