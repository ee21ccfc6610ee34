"""Starting and replaying drills: what the house rules allow, and what is pinned, copied and noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from peilian.apps.base.api import AuditEntry, bookkeeping
from peilian.apps.people import api as people
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.apps.practice import live, rooms
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from support.builders import a_unit, an_employee
from support.company import a_login
from support.practice import ABUSIVE, CALM, RUDE, THREAT, Clock, a_new_process, a_run, a_trainee, plays, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def time(monkeypatch) -> Clock:
    return Clock().patch(monkeypatch)


@pytest.fixture
def lin(db) -> people.User:
    return a_trainee()


def refusal(call) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return caught.value.faults[0].reason.key


def an_assignment(lin: people.User, target: str = CALM, **more) -> record.Assignment:
    what = record.NewAssignment(target=target, title={"zh": "物流延误"}, **more)
    (row,) = record.assign(actor=None, employees=[lin.employee], what=what)
    return row


def test_a_start_is_a_decision_and_is_noted(lin, time):
    run = a_run(lin)
    entry = AuditEntry.objects.get(verb="practice.start_drill")
    assert (entry.actor, entry.object_id) == (lin, str(run.pk))


def test_a_scenario_is_played_in_any_of_its_languages(lin, time):
    assert a_run(lin, language="en").title == "Delayed parcel"


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"scenario": "retail/nothing"}, "drill.unknown_scenario"),
        ({"language": "fr"}, "drill.unknown_language"),
        ({"mode": "nightmare"}, "practice.unknown_mode"),
        ({"scenario": ABUSIVE}, "practice.consent_needed"),
    ],
)
def test_what_cannot_be_started_is_refused_in_words(lin, time, more, key):
    assert refusal(lambda: a_run(lin, **more)) == key
    assert not practice.DrillRun.objects.exists()


def test_who_is_no_employee_or_has_no_role_does_not_practise(time):
    guest = a_login("guest", "external_lecturer")
    former = a_trainee()
    people.end_grant(actor=None, grant=former.grants.get())
    for user in (guest, former):
        with pytest.raises(NotVisibleError):
            a_run(user)


def test_one_drill_at_a_time_and_the_other_one_is_named(lin, time):
    run = a_run(lin)
    with pytest.raises(practice.AlreadyRunningError) as caught:
        a_run(lin, THREAT)
    assert caught.value.run == run
    assert practice.running_run(user=lin) == run
    practice.stop_drill(user=lin, run_id=run.pk)
    assert a_run(lin, THREAT).state == "running"


def test_a_drill_that_was_left_long_ago_is_in_nobodys_way(lin, time):
    left = a_run(lin)
    time.pass_(3600)
    assert a_run(lin, THREAT).pk != left.pk
    left.refresh_from_db()
    assert left.is_over


def test_the_database_itself_refuses_two_at_a_time(lin, time):
    run = a_run(lin)
    run.pk, run._state.adding = None, True
    run.id = practice.DrillRun._meta.pk.get_default()
    with pytest.raises(IntegrityError), transaction.atomic(), bookkeeping():
        run.save(force_insert=True)


# How much a day


def test_there_are_so_many_drills_a_day_and_replays_do_not_count(lin, time, settings):
    settings.DRILLS_A_DAY = 2
    first = a_run(lin)
    practice.end_drill(user=lin, run_id=first.pk)
    practice.stop_drill(user=lin, run_id=a_run(lin).pk)
    assert refusal(lambda: a_run(lin)) == "practice.enough_today"
    replay = practice.fork_run(user=lin, run_id=first.pk, seq=2)
    practice.stop_drill(user=lin, run_id=replay.pk)
    time.pass_(24 * 3600)
    assert a_run(lin).seq == 1


def test_a_day_is_the_companys_day(lin, time, settings):
    settings.DRILLS_A_DAY = 1
    time.wall = 1_796_054_400_000 - 60_000  # a minute before midnight in Shanghai
    run = a_run(lin)
    practice.stop_drill(user=lin, run_id=run.pk)
    assert refusal(lambda: a_run(lin)) == "practice.enough_today"
    time.pass_(61)
    assert a_run(lin).day == run.day + timedelta(days=1)


def test_abuse_has_a_limit_of_its_own_and_is_agreed_to_each_time(lin, time, settings):
    settings.ABUSE_DRILLS_A_DAY = 1
    run = a_run(lin, ABUSIVE, has_consent=True)
    assert run.consent_at is not None
    practice.end_drill(user=lin, run_id=run.pk)
    time.pass_(3600)
    assert refusal(lambda: a_run(lin, ABUSIVE, has_consent=True)) == "practice.enough_abuse_today"
    assert refusal(lambda: practice.fork_run(user=lin, run_id=run.pk, seq=2)) == "practice.consent_needed"
    again = lambda: practice.fork_run(user=lin, run_id=run.pk, seq=2, has_consent=True)  # noqa: E731
    assert refusal(again) == "practice.enough_abuse_today"
    assert a_run(lin).seq == 1


def test_after_an_abuse_drill_that_was_stopped_there_is_a_rest(lin, time):
    practice.stop_drill(user=lin, run_id=a_run(lin, ABUSIVE, has_consent=True).pk)
    with pytest.raises(InputError) as caught:
        a_run(lin)
    reason = caught.value.faults[0].reason
    assert (reason.key, reason.params) == ("practice.rest", {"minutes": 10})
    assert practice.rest_until(lin.employee, now=practice.DrillRun.objects.get().ended_at) is not None
    time.pass_(601)
    assert a_run(lin).seq == 1


def test_after_an_abuse_drill_that_got_fierce_there_is_a_rest(lin, time):
    run = a_run(lin, ABUSIVE, has_consent=True)
    for _ in range(12):
        time.pass_(8)
        if says(lin, run, RUDE).run.is_over:
            break
    run.refresh_from_db()
    assert run.is_scored
    assert run.was_fierce
    assert refusal(lambda: a_run(lin)) == "practice.rest"


def test_a_quiet_abuse_drill_needs_no_rest(lin, time):
    run = plays(lin, a_run(lin, ABUSIVE, has_consent=True), time)
    assert run.is_scored
    assert not run.was_fierce
    assert a_run(lin).seq == 1


# Assignments


def test_a_drill_for_an_assignment_is_played_as_assigned(lin, time):
    task = an_assignment(lin)
    other = an_assignment(lin, THREAT)
    assert refusal(lambda: a_run(lin, assignment=other)) == "practice.not_for_this"
    assert refusal(lambda: a_run(lin, assignment=task, mode="easy")) == "practice.not_easy"
    assert refusal(lambda: a_run(lin, assignment=task, shows_script=True)) == "practice.no_script_here"
    with pytest.raises(NotVisibleError):
        a_run(a_trainee(), assignment=task)
    run = a_run(lin, assignment=task)
    assert (run.assignment, run.is_exam) == (task, False)


def test_an_assignment_with_numbered_attempts_is_like_an_exam(lin, time):
    run = a_run(lin, assignment=an_assignment(lin, attempts_allowed=2))
    assert run.is_exam
    assert practice.pause(user=lin, run_id=run.pk).fault is not None
    assert "practice.note.exam" in [note.key for note in practice.open_room(user=lin, run_id=run.pk).notes]


def test_an_assignment_that_is_used_up_or_taken_back_takes_no_more_drills(lin, time):
    task = an_assignment(lin, attempts_allowed=1)
    practice.end_drill(user=lin, run_id=a_run(lin, assignment=task).pk)
    task = record.assignment(user=lin, pk=task.pk)
    assert refusal(lambda: a_run(lin, assignment=task)) == "practice.assignment_over"
    gone = record.cancel_assignment(actor=None, assignment=an_assignment(lin))
    assert refusal(lambda: a_run(lin, assignment=gone)) == "practice.assignment_over"


# Replays


def test_a_replay_begins_before_the_chosen_moment_with_the_same_chance(lin, time):
    run = a_run(lin)
    for text in ("陈女士您好，我马上帮您查。", RUDE):
        time.pass_(10)
        says(lin, run, text)
    practice.end_drill(user=lin, run_id=run.pk)
    time.pass_(500)
    replay = practice.fork_run(user=lin, run_id=run.pk, seq=3)
    assert (replay.forked_from_id, replay.fork_seq, replay.seed) == (run.pk, 3, run.seed)
    room = practice.open_room(user=lin, run_id=replay.pk)
    assert [event.kind for event in room.events] == ["open", "say"]
    assert room.clock.now_ms == 10_000
    assert "practice.note.fork" in [note.key for note in room.notes]
    time.pass_(10)
    says(lin, replay, RUDE)
    (again,) = practice.events_after(run_id=replay.pk, seq=2)
    (then,) = [event for event in practice.events_after(run_id=run.pk, seq=2) if event.kind == "say"]
    assert again.payload == then.payload


def test_a_replay_teaches_and_does_not_count(lin, time):
    task = an_assignment(lin)
    run = a_run(lin, assignment=task)
    practice.end_drill(user=lin, run_id=run.pk)
    n_evidence = record.Evidence.objects.count()
    replay = plays(lin, practice.fork_run(user=lin, run_id=run.pk, seq=2), time)
    assert (replay.is_scored, replay.is_counted, replay.assignment) == (True, False, None)
    assert record.Evidence.objects.count() == n_evidence
    assert record.AssignmentResult.objects.count() == 1


@pytest.mark.parametrize("seq", [0, 1, 99])
def test_a_replay_begins_after_the_opening_and_before_the_end(lin, time, seq):
    run = a_run(lin)
    practice.end_drill(user=lin, run_id=run.pk)
    assert refusal(lambda: practice.fork_run(user=lin, run_id=run.pk, seq=seq)) == "practice.nothing_to_replay"


def test_a_drill_that_runs_or_whose_content_changed_is_not_replayed(lin, time):
    run = a_run(lin)
    assert refusal(lambda: practice.fork_run(user=lin, run_id=run.pk, seq=2)) == "practice.still_running"
    practice.end_drill(user=lin, run_id=run.pk)
    with bookkeeping():
        practice.DrillRun.objects.filter(pk=run.pk).update(model_version="sha256:other")
    assert refusal(lambda: practice.fork_run(user=lin, run_id=run.pk, seq=2)) == "practice.cannot_replay"


def test_nobody_replays_the_drill_of_somebody_else(lin, time):
    run = a_run(lin)
    practice.end_drill(user=lin, run_id=run.pk)
    lead = a_login("lead", "supervisor", unit=a_unit(), employee=an_employee("主管"))
    for user in (a_trainee(), lead):
        with pytest.raises(NotVisibleError):
            practice.fork_run(user=user, run_id=run.pk, seq=2)


# The mood in a word


@pytest.mark.parametrize(
    ("mood", "escalation", "word"),
    [(0.9, 0, "pleased"), (0.4, 0, "pleased"), (0.39, 0, "content"), (-0.1, 0, "doubtful"), (-0.9, 0, "unhappy"),
     (0.9, 1, "annoyed"), (-0.6, 2, "angry"), (-0.8, 3, "furious"), (-1.0, 4, "gone")],
)  # fmt: skip
def test_the_mood_is_told_in_a_word(mood, escalation, word):
    from peilian.engine.drill import Gauge

    assert rooms.mood_of(Gauge(0, 50.0, 0.0, mood, escalation)).key == f"practice.mood.{word}"


def test_memory_holds_only_so_many_drills(lin, time, monkeypatch):
    monkeypatch.setattr(live, "_MOST_IN_MEMORY", 1)
    first, second = a_run(lin), a_run(a_trainee())
    says(lin, first)
    practice.tick(run_id=second.pk)
    assert first.pk not in live._places
    assert says(lin, first, "查到了").ack is not None
    a_new_process(first)
