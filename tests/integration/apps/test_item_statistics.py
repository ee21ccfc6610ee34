"""What answers tell about questions, through the door: computed by a job, kept, for who writes or runs exams."""

from __future__ import annotations

import json

import pytest

from peilian.apps.base import api as base
from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import InputError
from support.answers import many_answers, run_jobs, the_statistics
from support.exams import BANK, an_item
from support.library import a_publisher, a_writer, published, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(db):
    return a_writer()


def item_of(row, name):
    return next(one for one in row.body["items"] if one["item"] == f"{BANK}#{name}")


def alarms(item):
    return [one["key"].rpartition(".")[2] for one in item["alarms"]]


def test_a_bank_is_described_by_the_answers_to_its_questions(tmp_path, writer):
    many_answers(tmp_path)
    row = the_statistics(writer, "bank", BANK)
    assert (row.n_people, row.n_answers) == (120, 960)
    easy, hard = item_of(row, "q0"), item_of(row, "q7")
    assert easy["facility"]["value"] > hard["facility"]["value"]
    assert row.body["reliability"]["value"] > 0.5
    assert row.body["standard_error"] > 0
    key = next(option for option in easy["options"] if option["is_key"])
    assert key["option"] == "b"
    assert key["thirds"][2] > key["thirds"][0]


def test_a_wrong_key_is_named_with_the_option_that_strong_people_choose(tmp_path, writer):
    many_answers(tmp_path, n_people=200, wrong_key="q3")
    row = the_statistics(writer, "bank", BANK)
    bad = item_of(row, "q3")
    assert alarms(bad)[0] == "wrong_key"
    assert bad["alarms"][0]["params"]["option"] == "a"
    assert "wrong_key" not in alarms(item_of(row, "q2"))


def test_who_ran_out_of_time_is_counted_in_the_order_that_each_person_met(tmp_path, writer):
    sitting = many_answers(tmp_path, unreached=30)
    row = the_statistics(writer, "sitting", str(sitting.pk))
    (alarm,) = [one for one in row.body["alarms"] if one["key"] == "psychometrics.not_reached"]
    assert alarm["params"] == {"n": 30, "total": 120}
    assert row.n_answers == 960 - 60  # what nobody reached is no answer


def test_a_paper_that_all_finished_raises_no_alarm_of_time_although_it_was_shuffled(tmp_path, writer):
    sitting = many_answers(tmp_path)
    row = the_statistics(writer, "sitting", str(sitting.pk))
    assert "psychometrics.not_reached" not in [one["key"] for one in row.body["alarms"]]


def test_few_answers_say_nothing_and_say_so(tmp_path, writer):
    many_answers(tmp_path, n_people=5)
    row = the_statistics(writer, "bank", BANK)
    assert item_of(row, "q0")["facility"]["value"] is None
    assert alarms(item_of(row, "q0")) == ["too_few_people"]


def test_people_who_could_know_the_questions_do_not_count(tmp_path, writer):
    many_answers(tmp_path)
    with base.bookkeeping():
        learning.Attempt.objects.filter(employee__number__lt="S0040").update(may_know_items=True)
    assert the_statistics(writer, "bank", BANK).n_people == 80


def changed(writer, **fields):
    bank = the_content(BANK, "items")
    items = [dict(item) for item in bank.current.body["items"]]
    items[0] = {**items[0], **fields}
    return published(writer, bank, items=items)


def answered_again(version, n):
    """Let the answers of the first ``n`` people be about another version of the bank."""
    people = learning.Attempt.objects.filter(employee__number__lt=f"S{n:04}")
    with base.bookkeeping():
        learning.Response.objects.filter(attempt__in=people).update(version=version)


def test_versions_count_together_when_only_words_changed_and_apart_when_the_key_did(tmp_path, writer):
    many_answers(tmp_path)
    answered_again(changed(writer, stem={"zh": "换了说法"}), 50)
    row = the_statistics(writer, "bank", BANK)
    assert [one["facility"]["n"] for one in row.body["items"] if one["item"] == f"{BANK}#q0"] == [120]
    options = [{**one, "right": one["id"] == "c"} for one in an_item("q0")["options"]]
    answered_again(changed(writer, options=options), 40)
    row = the_statistics(writer, "bank", BANK)
    parts = [one for one in row.body["items"] if one["item"] == f"{BANK}#q0"]
    assert sorted((one["facility"]["n"], one["is_newest"]) for one in parts) == [(40, True), (80, False)]
    assert sorted(len(one["versions"]) for one in parts) == [1, 2]


def test_a_second_click_gets_the_job_of_the_first_and_old_statistics_stay(tmp_path, writer):
    many_answers(tmp_path, n_people=20)
    first = learning.start_statistics(actor=writer, of="bank", subject=BANK)
    assert learning.start_statistics(actor=writer, of="bank", subject=BANK).pk == first.pk
    run_jobs()
    the_statistics(writer, "bank", BANK)
    assert learning.ItemStatistics.objects.count() == 2
    assert not learning.statistics_of(user=writer, of="bank", subject=BANK).is_stale


def test_who_neither_writes_nor_runs_exams_sees_no_statistics(tmp_path):
    sitting = many_answers(tmp_path, n_people=3)
    agent = a_writer("agent", "agent")
    for of, subject in (("bank", BANK), ("sitting", str(sitting.pk))):
        with pytest.raises(NotVisibleError):
            learning.statistics_of(user=agent, of=of, subject=subject)
        with pytest.raises(NotVisibleError):
            learning.start_statistics(actor=agent, of=of, subject=subject)
    with pytest.raises(NotVisibleError):
        learning.statistics_listed(user=agent)


@pytest.mark.parametrize(("of", "subject"), [("bank", "no/such"), ("sitting", "x"), ("else", BANK), ("sitting", BANK)])
def test_what_is_not_there_is_not_visible(tmp_path, writer, of, subject):
    many_answers(tmp_path, n_people=3)
    with pytest.raises(NotVisibleError):
        learning.statistics_of(user=writer, of=of, subject=subject)


def proposed(writer, model="rasch"):
    job = learning.propose_calibration(actor=writer, bank=BANK, model=model)
    run_jobs()
    return base.Job.objects.get(pk=job.pk)


def test_parameters_are_proposed_looked_at_and_frozen(tmp_path, writer):
    many_answers(tmp_path, n_people=150)
    proposed(writer)
    assert learning.in_force(BANK) is None
    row = learning.freeze_calibration(actor=a_publisher(), bank=BANK, number=1)
    assert row.frozen_by.username == "publisher"
    force = learning.in_force(BANK)
    ordered = sorted(force.parameters, key=lambda item: force.parameters[item].difficulty)
    assert ordered[0] == f"{BANK}#q0"
    assert ordered[-1] == f"{BANK}#q7"
    assert all(one.difficulty_error > 0 for one in force.parameters.values())


def test_frozen_parameters_stay_what_they_were_when_others_are_estimated(tmp_path, writer):
    many_answers(tmp_path, n_people=150)
    publisher = a_publisher()
    proposed(writer)
    before = json.dumps(learning.freeze_calibration(actor=publisher, bank=BANK, number=1).items)
    proposed(writer)
    second = learning.freeze_calibration(actor=publisher, bank=BANK, number=2)
    assert json.dumps(second.items, sort_keys=True) == json.dumps(json.loads(before), sort_keys=True)
    assert learning.calibrations(user=writer, bank=BANK).count() == 2
    assert learning.freeze_calibration(actor=publisher, bank=BANK, number=1).number == 1


def test_too_few_people_freeze_nothing(tmp_path, writer):
    many_answers(tmp_path, n_people=20)
    job = proposed(writer)
    assert job.state == base.JobState.FAILED
    assert job.faults[0]["reason"]["key"] == "learning.too_few_to_calibrate"
    assert not learning.calibrations(user=writer, bank=BANK).exists()


def test_a_question_whose_key_changed_has_no_parameters_any_more(tmp_path, writer):
    many_answers(tmp_path, n_people=150)
    proposed(writer)
    learning.freeze_calibration(actor=a_publisher(), bank=BANK, number=1)
    changed(writer, stem={"zh": "换了说法"})
    assert f"{BANK}#q0" in learning.in_force(BANK).parameters
    changed(writer, options=[{**one, "right": one["id"] == "c"} for one in an_item("q0")["options"]])
    assert f"{BANK}#q0" not in learning.in_force(BANK).parameters
    assert f"{BANK}#q1" in learning.in_force(BANK).parameters


def test_only_the_newest_proposal_is_frozen_and_only_by_who_publishes(tmp_path, writer):
    many_answers(tmp_path, n_people=150)
    proposed(writer)
    proposed(writer)
    with pytest.raises(NotVisibleError):
        learning.freeze_calibration(actor=writer, bank=BANK, number=2)
    publisher = a_publisher()
    with pytest.raises(InputError) as caught:
        learning.freeze_calibration(actor=publisher, bank=BANK, number=1)
    assert caught.value.faults[0].reason.key == "learning.newer_calibration"
    with pytest.raises(NotVisibleError):
        learning.freeze_calibration(actor=publisher, bank=BANK, number=9)
    with pytest.raises(InputError):
        learning.propose_calibration(actor=publisher, bank=BANK, model="3pl")
