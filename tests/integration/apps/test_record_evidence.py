"""The evidence ledger: added once, never changed, corrected by new pieces; who may see and who may add."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


def a_piece(employee: people.Employee, score: float = 0.8, **more: Any) -> record.NewEvidence:
    """Evidence of a drill on empathy."""
    given = {
        "employee": employee,
        "competency": "empathy",
        "kind": "drill",
        "score": score,
        "at": MARCH,
        "source_kind": "practice.drill",
        "source_id": "d1",
        "label": Reason("competency.kind.drill"),
    }
    return record.NewEvidence(**given | more)


def added(employee: people.Employee, *scores: float, **more: Any) -> list[record.Evidence]:
    """Drills on three days apart each, from March on."""
    pieces = [
        a_piece(employee, score, source_id=f"s{place}", at=MARCH + timedelta(days=3 * place), **more)
        for place, score in enumerate(scores)
    ]
    return record.add_evidence(actor=None, pieces=pieces)


@pytest.fixture
def lin() -> people.Employee:
    return an_employee("林小禾", unit=a_unit("team-a"))


@pytest.fixture
def lead(lin) -> people.User:
    return a_login("lead", "supervisor", unit=people.Unit.objects.get(code="team-a"))


def test_the_same_source_counts_once(lin):
    assert len(record.add_evidence(actor=None, pieces=[a_piece(lin)])) == 1
    assert record.add_evidence(actor=None, pieces=[a_piece(lin), a_piece(lin, 0.1)]) == []
    assert [row.score for row in record.Evidence.objects.all()] == [0.8]


def test_one_source_may_speak_for_several_competencies(lin):
    pieces = [a_piece(lin), a_piece(lin, 0.5, competency="expression")]
    assert len(record.add_evidence(actor=None, pieces=pieces)) == 2
    assert base.AuditEntry.objects.get(verb="record.add_evidence").changes == {
        "empathy": [None, 0.8],
        "expression": [None, 0.5],
    }


def test_a_source_that_says_something_else_now_supersedes_its_former_piece(lin):
    (old,) = record.add_evidence(actor=None, pieces=[a_piece(lin, 0.4, n=3)], revise=True)
    assert record.add_evidence(actor=None, pieces=[a_piece(lin, 0.4, n=3)], revise=True) == []
    (new,) = record.add_evidence(actor=None, pieces=[a_piece(lin, 0.6, n=9)], revise=True)
    assert (new.revision, new.supersedes) == (1, old)
    assert list(record.Evidence.objects.current()) == [new]
    assert record.Evidence.objects.count() == 2


@pytest.mark.parametrize("measured", [0.4, 0.6], ids=["unchanged data", "changed data"])
@pytest.mark.parametrize("word", ["corrected", "withdrawn", "withdrawn by the product"])
def test_measuring_again_does_not_undo_what_a_person_said(lin, lead, word, measured):
    (old,) = record.add_evidence(actor=None, pieces=[a_piece(lin, 0.4)], revise=True)
    if word == "corrected":
        last = record.correct_evidence(actor=lead, evidence=old, score=0.9, note="读错了")
    else:
        last = record.withdraw_evidence(actor=lead if word == "withdrawn" else None, evidence=old, note="不是本人")
    assert record.add_evidence(actor=None, pieces=[a_piece(lin, measured)], revise=True) == []
    assert list(record.Evidence.objects.current()) == [last]


def test_the_database_itself_refuses_a_source_that_counts_twice(lin):
    (row,) = record.add_evidence(actor=None, pieces=[a_piece(lin)])
    row.pk, row._state.adding = base.new_id(), True
    with pytest.raises(IntegrityError), base.bookkeeping():
        row.save()


def test_a_correction_is_a_new_piece_and_the_old_one_stays(lin, lead):
    (old,) = record.add_evidence(actor=lead, pieces=[a_piece(lin, 0.2, kind="observation")])
    new = record.correct_evidence(actor=lead, evidence=old, score=0.7, note="看错了人")
    seen = record.evidence_of(user=lead, employee=lin, is_history_wanted=True)
    assert [(row.score, row.supersedes_id) for row in seen] == [(0.7, old.pk), (0.2, None)]
    assert [row.pk for row in record.evidence_of(user=lead, employee=lin)] == [new.pk]
    entry = base.AuditEntry.objects.get(verb="record.correct_evidence")
    assert (entry.actor, entry.changes["score"]) == (lead, [0.2, 0.7])


def test_only_the_latest_piece_can_be_corrected(lin):
    (old,) = record.add_evidence(actor=None, pieces=[a_piece(lin)])
    record.correct_evidence(actor=None, evidence=old, score=0.7, note="一")
    with pytest.raises(InputError, match="already_corrected"):
        record.correct_evidence(actor=None, evidence=old, score=0.6, note="二")


def test_a_correction_needs_a_word_why(lin):
    (old,) = record.add_evidence(actor=None, pieces=[a_piece(lin)])
    with pytest.raises(InputError, match=r"base\.empty"):
        record.correct_evidence(actor=None, evidence=old, score=0.7, note="  ")


def test_what_was_withdrawn_bears_on_nothing(lin, lead):
    first, _second, _third = added(lin, 0.1, 0.9, 0.9)
    before = record.profile_of(user=lead, employee=lin).profile.estimates["empathy"]
    record.withdraw_evidence(actor=None, evidence=first, note="系统故障")
    after = record.profile_of(user=lead, employee=lin).profile.estimates["empathy"]
    assert (before.n, after.n) == (3, 2)
    assert after.mean > before.mean


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"score": 1.2}, "score"),
        ({"score": float("nan")}, "score"),
        ({"weight": 0.0}, "weight"),
        ({"weight": 1.5}, "weight"),
        ({"n": 0}, "n"),
        ({"competency": "flying"}, "competency"),
        ({"kind": "rumour"}, "kind"),
        ({"at": datetime(2026, 3, 2)}, "at"),  # noqa: DTZ001
        ({"source_id": ""}, "source_id"),
        ({"source_id": "x" * 101}, "source_id"),
        ({"note": "长" * 501}, "note"),
    ],
)
def test_a_piece_that_makes_no_sense_is_refused_and_nothing_of_its_batch_is_kept(lin, change, field):
    with pytest.raises(InputError) as error:
        record.add_evidence(actor=None, pieces=[a_piece(lin, source_id="fine"), a_piece(lin, **change)])
    assert error.value.faults[0].field == field
    assert not record.Evidence.objects.exists()


def test_the_code_refuses_to_change_or_delete_a_piece(lin):
    (row,) = record.add_evidence(actor=None, pieces=[a_piece(lin)])
    row.score = 1.0
    rows = record.Evidence.objects.all()
    for attempt in (row.save, row.delete, rows.delete, lambda: rows.update(score=1.0)):
        with pytest.raises(TypeError, match="never"):
            attempt()


@pytest.mark.parametrize("table", ["record_evidence", "record_assignmentresult"])
@pytest.mark.parametrize("act", ["UPDATE {} SET schema_version = 9", "DELETE FROM {}"])
def test_the_database_refuses_what_goes_past_the_code(lin, lead, table, act):
    record.add_evidence(actor=None, pieces=[a_piece(lin)])
    (task,) = record.assign(actor=lead, employees=[lin], what=record.NewAssignment(target="a/b", title={"zh": "练"}))
    record.record_attempt(actor=None, assignment=task, attempt=record.Attempt(80, MARCH, "practice.drill", "d1"))
    with (
        pytest.raises(DatabaseError, match="append-only"),
        base.bookkeeping(),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(act.format(table))
    assert record.Evidence.objects.get().score == 0.8


def test_everybody_sees_the_own_evidence_and_leaders_that_of_their_people(lin, lead):
    record.add_evidence(actor=None, pieces=[a_piece(lin)])
    own = a_login("lin", "agent", employee=lin)
    manager = a_login("manager", "training_manager")
    for user in (own, lead, manager):
        assert record.evidence_of(user=user, employee=lin).count() == 1


def test_colleagues_other_leaders_and_guests_get_the_answer_of_a_person_who_does_not_exist(lin):
    record.add_evidence(actor=None, pieces=[a_piece(lin)])
    other = a_unit("team-b")
    strangers = [
        a_login("zheng", "agent", employee=an_employee("郑凯", unit=people.Unit.objects.get(code="team-a"))),
        a_login("lead_b", "supervisor", unit=other),
        a_login("guest", "external_lecturer"),
        a_login("leadership", "leadership"),
    ]
    for user in strangers:
        for asked in (lin, str(lin.pk), "00000000-0000-7000-8000-000000000000", "nonsense"):
            with pytest.raises(people.NotVisibleError):
                record.evidence_of(user=user, employee=asked)
            with pytest.raises(people.NotVisibleError):
                record.profile_of(user=user, employee=asked)
            with pytest.raises(people.NotVisibleError):
                record.why(user=user, employee=asked, competency="empathy")


def test_a_mentor_sees_the_mentees_and_nobody_else(lin):
    coach = an_employee("钱导师", unit=people.Unit.objects.get(code="team-a"))
    people.set_guide(actor=None, employee=lin, guide=coach, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO)
    user, third = a_login("coach", "mentor", employee=coach), an_employee("赵", unit=a_unit("team-c"))
    assert record.profile_of(user=user, employee=lin).employee == lin
    with pytest.raises(people.NotVisibleError):
        record.profile_of(user=user, employee=third)


@pytest.mark.parametrize("kind", ["drill", "exam", "conversation", "kpi"])
def test_what_the_product_measures_nobody_can_type_in(lin, lead, kind):
    with pytest.raises(people.NotVisibleError):
        record.add_evidence(actor=lead, pieces=[a_piece(lin, kind=kind)])
    assert not record.Evidence.objects.exists()


def test_nobody_adds_evidence_about_oneself(lin):
    unit = people.Unit.objects.get(code="team-a")
    boss = an_employee("孙主管", unit=unit)
    user = a_login("boss", "supervisor", unit=unit, employee=boss)
    with pytest.raises(people.NotVisibleError):
        record.add_evidence(actor=user, pieces=[a_piece(boss, kind="observation")])
    assert len(record.add_evidence(actor=user, pieces=[a_piece(lin, kind="observation")])) == 1


def test_a_quality_inspector_adds_reviews_and_an_agent_adds_nothing(lin):
    unit = people.Unit.objects.get(code="team-a")
    inspector = a_login("inspector", "quality_inspector", unit=unit)
    agent = a_login("agent", "agent", employee=an_employee("郑凯", unit=unit))
    assert record.add_evidence(actor=inspector, pieces=[a_piece(lin, kind="review", n=5)])
    with pytest.raises(people.NotVisibleError):
        record.add_evidence(actor=agent, pieces=[a_piece(lin, kind="observation")])


def test_adding_nothing_leaves_no_trace():
    assert record.add_evidence(actor=None, pieces=[]) == []
    assert not base.AuditEntry.objects.filter(verb="record.add_evidence").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_turn", ["first", "second"])
def test_a_test_that_commits_leaves_the_ledger_empty_and_guarded_again(_turn):
    assert not record.Evidence.objects.exists()
    added(an_employee("林小禾"), 0.5)
    with pytest.raises(DatabaseError, match="append-only"), base.bookkeeping(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM record_evidence")
