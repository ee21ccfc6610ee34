"""Drills as questions of an exam: begun for one attempt, ended with it, worth what they have shown, told afterwards."""

from __future__ import annotations

from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from peilian.adapters.banks.writing import write_bank
from peilian.apps.base.api import bookkeeping
from peilian.apps.learning import api as learning
from peilian.apps.learning.exams import papers
from peilian.apps.learning.models import AttemptDrill
from peilian.apps.learning.statistics.gathering import gathered_of_sitting
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.engine.assessment.psychometrics import analyse_exam
from support.company import a_login
from support.exam_drills import BothClocks, a_drill_item, a_drill_sitting, calls
from support.exams import a_bank, a_sitting, an_exam, an_item, answers, begun, fresh
from support.library import installed
from support.practice import a_run, a_trainee, plays, says

pytestmark = pytest.mark.django_db
RIGHT = {"chosen": ["b"]}


@pytest.fixture
def time(monkeypatch):
    return BothClocks(monkeypatch)


def response_of(attempt, number=2):
    return attempt.responses.get(number=number)


def refused(call):
    with pytest.raises(InputError) as error:
        call()
    return error.value.faults[0].reason.key


# -- beginning --------------------------------------------------------------------------------------------------------


def test_two_clicks_begin_one_drill_and_both_lead_to_it(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    first, second = calls(user, attempt), calls(user, attempt)
    assert first.pk == second.pk
    assert practice.DrillRun.objects.count() == 1
    assert [str(kind) for kind in fresh(attempt).events.values_list("kind", flat=True)] == ["start", "drill"]


def test_a_drill_of_an_exam_has_no_pause_and_ends_with_the_attempt(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    time.pass_(28 * 60)
    run = calls(user, attempt)
    assert (run.is_exam, run.is_enclosed, run.ends_by) == (True, True, attempt.ends_at)
    assert practice.pause(user=user, run_id=run.pk).fault.key == "practice.fault.no_pause"
    room = practice.open_room(user=user, run_id=run.pk)
    assert room.clock.limit_ms == 120_000
    assert [note.key for note in room.notes] == ["practice.note.enclosed"]
    assert not room.shows_reasons


def test_the_minutes_of_the_question_end_it_sooner(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path, a_drill_item(minutes=1)))
    run = calls(user, attempt)
    says(user, run)
    time.pass_(61)
    assert says(user, run).fault.key == "practice.fault.over"
    run.refresh_from_db()
    assert run.remark == practice.CUT
    assert (run.ended_at - run.started_at).total_seconds() == 60


def test_one_try_is_one_and_more_where_the_question_says_so(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = calls(user, attempt)
    practice.end_drill(user=user, run_id=run.pk)
    assert calls(user, attempt).pk == run.pk  # the click that came late
    assert refused(lambda: calls(user, attempt, tried=1)) == "learning.no_tries_left"


def test_the_best_of_several_tries_counts(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path, a_drill_item(tries=2)))
    good = plays(user, calls(user, attempt), time.drill)
    bad = calls(user, attempt, tried=1)
    says(user, bad)
    practice.end_drill(user=user, run_id=bad.pk)
    bad.refresh_from_db()
    assert bad.total < good.total
    found = learning.hand_in(user=user, attempt_id=attempt.pk)
    assert response_of(found).chosen["run"] == str(good.pk)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_question_without_a_drill_begins_none(tmp_path, time, number):
    user, attempt = begun(a_drill_sitting(tmp_path))
    key = refused(lambda: learning.start_item_drill(user=user, attempt_id=attempt.pk, number=number))
    assert key == "learning.no_such_drill"
    assert not practice.DrillRun.objects.exists()


def test_who_is_in_the_middle_of_another_drill_is_told_which(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    other = a_run(user)
    with pytest.raises(practice.AlreadyRunningError) as error:
        calls(user, attempt)
    assert error.value.run.pk == other.pk
    assert fresh(attempt).seq == 1


def test_an_abusive_customer_is_never_set(tmp_path, time):
    item = a_drill_item(scenario="telecom/abusive-customer")
    assert refused(lambda: a_drill_sitting(tmp_path, item)) == "learning.drill_cannot_be_set"


def test_a_scenario_that_nobody_offers_cannot_be_set(tmp_path, time):
    with pytest.raises(InputError):
        a_drill_sitting(tmp_path, a_drill_item(scenario="mine/nowhere"))


# -- worth ------------------------------------------------------------------------------------------------------------


def test_what_is_reached_in_the_drill_is_the_share_of_the_points(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    answers(user, attempt, 1, RIGHT)
    run = plays(user, calls(user, attempt), time.drill)
    found = learning.hand_in(user=user, attempt_id=attempt.pk)
    response = response_of(found)
    reached = practice.percent_of(run)
    assert response.points == (reached / 10).quantize(D("0.01"))
    assert found.points == 2 + response.points
    assert response.chosen["points"] == str(reached)
    assert {one["dimension"] for one in response.chosen["scores"]} >= {"empathy", "resolution"}
    assert response.is_answered
    assert not response.is_open


def test_from_the_full_result_on_it_has_all_points_and_below_the_pass_none(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path, a_drill_item(full_from="50")))
    plays(user, calls(user, attempt), time.drill)
    assert response_of(learning.hand_in(user=user, attempt_id=attempt.pk)).points == 10


def test_below_the_pass_it_brings_nothing(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path, a_drill_item(passes_from="60")))
    run = calls(user, attempt)
    says(user, run, "不知道")
    practice.end_drill(user=user, run_id=run.pk)
    response = response_of(learning.hand_in(user=user, attempt_id=attempt.pk))
    assert response.points == 0
    assert response.parts[0]["reason"]["key"] == "assessment.played.below"


def test_it_is_evidence_by_the_exam_and_no_drill_of_ones_own(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = plays(user, calls(user, attempt), time.drill)
    assert not record.Evidence.objects.exists()
    assert not practice.my_runs(user=user).exists()
    learning.hand_in(user=user, attempt_id=attempt.pk)
    kinds = set(record.Evidence.objects.values_list("source_kind", "source_id"))
    assert kinds == {("learning.exam", str(attempt.pk))}
    assert not practice.DrillRun.objects.counted().filter(pk=run.pk).exists()


# -- the end ----------------------------------------------------------------------------------------------------------


def test_handing_in_with_an_unfinished_drill_takes_a_word_and_then_ends_it(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = calls(user, attempt)
    says(user, run)
    assert refused(lambda: learning.hand_in(user=user, attempt_id=attempt.pk)) == "learning.drill_unfinished"
    run.refresh_from_db()
    assert not run.is_over
    found = learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    run.refresh_from_db()
    assert run.is_over
    assert response_of(found).chosen["points"] == str(practice.percent_of(run))


def test_a_drill_that_has_not_begun_brings_nothing(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    assert refused(lambda: learning.hand_in(user=user, attempt_id=attempt.pk)) == "learning.drill_unfinished"
    response = response_of(learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True))
    assert (response.points, response.is_answered, response.chosen) == (0, False, None)


def test_who_says_nothing_in_it_gets_nothing(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    calls(user, attempt)
    response = response_of(learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True))
    assert response.points == 0


def test_the_clock_ends_the_drill_with_the_attempt_and_scores_it_as_it_stands(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    time.pass_(29 * 60)
    run = calls(user, attempt)
    says(user, run)
    time.pass_(120)
    assert learning.close_due() == 1
    run.refresh_from_db()
    assert (run.ended_at, run.remark) == (attempt.ends_at, practice.CUT)
    assert response_of(fresh(attempt)).chosen["points"] == str(practice.percent_of(run))


def test_more_time_is_more_time_for_the_drill_too(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    time.pass_(29 * 60)
    run = calls(user, attempt)
    learning.extend(actor=None, attempts=[attempt.pk], minutes=10, reason="停电")
    time.pass_(120)
    assert says(user, run).fault is None
    run.refresh_from_db()
    assert run.ends_by == fresh(attempt).ends_at


def test_a_try_that_the_clock_ended_is_had_again_with_more_time(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    time.pass_(29 * 60)
    run = calls(user, attempt)
    says(user, run)
    time.pass_(120)
    learning.close_due()
    learning.extend(actor=None, attempts=[attempt.pk], minutes=20, reason="停电")
    assert calls(user, attempt, tried=1).pk != run.pk


def test_a_process_that_dies_loses_nothing_that_was_said(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = calls(user, attempt)
    said = says(user, run)
    practice.forget(run.pk)
    assert said.ack is not None
    learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    played = learning.played_drill(user=user, attempt_id=attempt.pk, number=2)
    assert any(one.kind == "agent" for one in played.said)


def test_a_drill_that_cannot_be_scored_is_decided_by_a_person(tmp_path, time, monkeypatch):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = calls(user, attempt)
    says(user, run)
    monkeypatch.setattr(practice, "end_enclosed", lambda **_given: 1 / 0)
    found = learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    response = response_of(found)
    assert (response.is_open, response.proposed, found.state) == (True, 0, "handed_in")
    head = a_login("head", "training_manager")
    assert learning.drill_to_mark(user=head, response_id=response.pk)
    learning.mark(actor=head, response_id=response.pk, points="8")
    assert fresh(attempt).points == 8


# -- cheating ---------------------------------------------------------------------------------------------------------


def test_nobody_plays_the_drill_of_another_s_attempt(tmp_path, time):
    sitting = a_drill_sitting(tmp_path)
    user, attempt = begun(sitting)
    other = a_trainee()
    with pytest.raises(NotVisibleError):
        calls(other, attempt)
    run = calls(user, attempt)
    with pytest.raises(NotVisibleError):
        says(other, run)


def test_a_drill_played_before_the_attempt_brings_nothing_to_it(tmp_path, time):
    sitting = a_drill_sitting(tmp_path)
    user = a_trainee()
    before = plays(user, a_run(user, seed=7), time.drill)
    _, attempt = begun(sitting, user)
    for sent in ({"run": str(before.pk), "points": "100"}, {"points": 100}):
        assert refused(lambda sent=sent: answers(user, attempt, 2, sent)) == "learning.no_answer"
    found = learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    assert (before.total > 0, response_of(found).points) == (True, 0)


def test_a_drill_of_another_attempt_stays_there(tmp_path, time):
    sitting = a_drill_sitting(tmp_path)
    user, first = begun(sitting)
    plays(user, calls(user, first), time.drill)
    learning.hand_in(user=user, attempt_id=first.pk)
    _, second = begun(sitting, user)
    found = learning.hand_in(user=user, attempt_id=second.pk, ends_drills=True)
    assert response_of(found).points == 0


def test_after_the_deadline_no_drill_begins_and_nothing_said_counts(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    time.pass_(29 * 60)
    run = calls(user, attempt)
    time.pass_(65)
    assert says(user, run).fault.key == "practice.fault.over"
    assert refused(lambda: calls(user, attempt, tried=1)) == "learning.too_late_for_drill"
    learning.close_due()
    assert response_of(fresh(attempt)).points == 0


def test_while_the_exam_runs_nothing_tells_what_the_drill_has_brought(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = plays(user, calls(user, attempt), time.drill)
    for who in (user, a_login("head", "training_manager")):
        with pytest.raises(NotVisibleError):
            practice.debrief_of(user=who, run_id=run.pk)
    with pytest.raises(NotVisibleError):
        learning.played_drill(user=user, attempt_id=attempt.pk, number=2)
    with pytest.raises(NotVisibleError):
        practice.fork_run(user=user, run_id=run.pk, seq=2)
    assert not practice.team_runs(user=a_login("head2", "training_manager")).exists()
    room = learning.open_attempt(user=user, attempt_id=attempt.pk)
    assert room.asked[1].answer is None


def test_the_debrief_opens_with_the_key_and_not_before(tmp_path, time):
    sitting = a_drill_sitting(tmp_path, exam={"attempts": 2, "cuts": {"qualified": 95, "good": 96, "excellent": 97}})
    user, attempt = begun(sitting)
    run = calls(user, attempt)
    says(user, run)
    learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    own = learning.played_drill(user=user, attempt_id=attempt.pk, number=2)
    assert (own.debriefing, bool(own.said)) == (None, True)  # another attempt is left
    head = a_login("head", "training_manager")
    assert learning.played_drill(user=head, attempt_id=attempt.pk, number=2).debriefing is not None
    with pytest.raises(NotVisibleError):
        learning.played_drill(user=a_trainee(), attempt_id=attempt.pk, number=2)
    _, second = begun(sitting, user)
    learning.hand_in(user=user, attempt_id=second.pk, ends_drills=True)
    assert learning.played_drill(user=user, attempt_id=attempt.pk, number=2).debriefing is not None


# -- afterwards -------------------------------------------------------------------------------------------------------


def test_a_contested_drill_is_decided_by_a_person_who_reads_it(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path, exam={"attempts": 1}))
    run = calls(user, attempt)
    says(user, run)
    learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    contest = learning.contest_answer(user=user, attempt_id=attempt.pk, number=2, reason="我先安抚了")
    head = a_login("head", "training_manager")
    assert learning.played_drill(user=head, attempt_id=attempt.pk, number=2).said
    learning.decide_contest(actor=head, contest_id=contest.pk, points="9.5", decision="确实安抚了")
    assert response_of(fresh(attempt)).points == D("9.5")


def test_a_mended_question_is_graded_anew_by_the_drill_that_was_played(tmp_path, time):
    sitting = a_drill_sitting(tmp_path, exam={"attempts": 1})
    user, attempt = begun(sitting)
    run = plays(user, calls(user, attempt), time.drill)
    before = response_of(learning.hand_in(user=user, attempt_id=attempt.pk)).points
    assert before < 10
    installed(tmp_path, a_bank(an_item("q1"), a_drill_item(full_from="40")))
    learning.regrade(
        actor=a_login("boss", "training_manager"), sitting_id=sitting.pk, item="mine/bank#call", how="mended",
        reason="满分线定高了",
    )  # fmt: skip
    after = response_of(fresh(attempt))
    assert (after.points, after.chosen["run"]) == (10, str(run.pk))


def test_another_scenario_is_another_question(tmp_path, time):
    sitting = a_drill_sitting(tmp_path, exam={"attempts": 1})
    user, attempt = begun(sitting)
    says(user, calls(user, attempt))
    learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
    installed(tmp_path, a_bank(an_item("q1"), a_drill_item(scenario="retail/damaged-goods")))
    boss = a_login("boss", "training_manager")
    key = refused(
        lambda: learning.regrade(
            actor=boss, sitting_id=sitting.pk, item="mine/bank#call", how="mended", reason="换了一个"
        )
    )
    assert key == "learning.item_asks_something_else"


def test_a_drill_inside_a_case_is_worth_its_part(tmp_path, time):
    truth = {"type": "truth", "id": "t", "is_true": True, "points": "2", "stem": {"zh": "先查物流"},
             "explanation": {"zh": "对"}}  # fmt: skip
    case = {"type": "case", "id": "call", "stem": {"zh": "包裹没动"}, "explanation": {"zh": "先安抚"},
            "items": [truth, a_drill_item(id="play")]}  # fmt: skip
    user, attempt = begun(a_drill_sitting(tmp_path, case))
    answers(user, attempt, 2, {"items": {"t": {"chosen": ["true"]}}})
    run = calls(user, attempt, inner="play")
    plays(user, run, time.drill)
    response = response_of(learning.hand_in(user=user, attempt_id=attempt.pk))
    assert response.points == 2 + (practice.percent_of(run) / 10).quantize(D("0.01"))
    assert response.chosen["items"]["play"]["run"] == str(run.pk)


# -- papers -----------------------------------------------------------------------------------------------------------


def test_a_line_draws_drills_only_where_it_asks_for_them(tmp_path, time):
    bank = a_bank(an_item("q1"), an_item("q2"), a_drill_item())
    exam = an_exam(drawn=[{"count": 2}, {"count": 1, "types": ["drill"]}], shuffles=False)
    _, attempt = begun(a_sitting(tmp_path, exam, bank))
    assert [item["kind"] for item in attempt.paper] == ["single", "single", "drill"]


def test_a_line_that_names_no_type_is_short_where_only_drills_are_left(tmp_path, time):
    bank = a_bank(an_item("q1"), a_drill_item())
    assert refused(lambda: a_sitting(tmp_path, an_exam(drawn=[{"count": 2}]), bank)) == "learning.exam_cannot_be_set"


def test_the_row_that_links_a_drill_to_its_question_is_there_once(tmp_path, time):
    user, attempt = begun(a_drill_sitting(tmp_path))
    run = calls(user, attempt)
    row = AttemptDrill.objects.get(run=run)
    for changes in ({"run": run, "number_of_try": 2}, {"run": plays(user, run, time.drill), "number_of_try": 1}):
        with pytest.raises(IntegrityError), bookkeeping(), transaction.atomic():
            AttemptDrill(
                id=uuid4(), attempt=attempt, number=2, begun_at=row.begun_at, **changes
            ).save(force_insert=True)  # fmt: skip


def test_an_adaptive_exam_says_why_it_takes_no_drills(tmp_path, time):
    exam = an_exam(adaptive={"bank": "mine/bank"}, drawn=[])
    assert refused(lambda: a_sitting(tmp_path, exam, a_bank(a_drill_item()))) == "learning.adaptive_takes_no_drill"


def test_statistics_take_it_as_a_question_of_many_points(tmp_path, time):
    sitting = a_drill_sitting(tmp_path)
    shares = []
    for _ in range(3):
        user, attempt = begun(sitting)
        run = calls(user, attempt)
        if len(shares) == 1:
            plays(user, run, time.drill)
        elif len(shares) == 2:
            says(user, run)
        found = learning.hand_in(user=user, attempt_id=attempt.pk, ends_drills=True)
        shares.append(float(response_of(found).points))
    gathered = gathered_of_sitting(sitting.pk)
    variant = next(one for one in gathered.variants.values() if one.kind == "drill")
    assert (variant.most, variant.options) == (10.0, ())
    place = [item.key for item in gathered.responses.items].index(variant.name)
    assert sorted(gathered.responses.points[:, place]) == sorted(shares)
    assert len(set(shares)) == 3
    figures = analyse_exam(gathered.responses).items[place].figures
    assert figures.facility.n == 3


@pytest.mark.parametrize("form", ["gift", "moodle", "table"])
def test_files_of_others_leave_it_out_and_say_so(form):
    written = write_bank(a_bank(an_item("q1"), a_drill_item()), form)
    told = {(note.field, note.reason.key) for note in written.notes}
    assert ("call", "banks.type_stays") in told
    assert b"retail/logistics-delay" not in written.data


def test_the_daily_round_asks_no_drills(tmp_path, time):
    installed(tmp_path, a_bank(an_item("q1"), a_drill_item()))
    found = papers.questions_of_items(["mine/bank#q1", "mine/bank#call"], "zh", 1)
    assert [one.item for one in found] == ["mine/bank#q1"]
