"""Needs: raised, taken up, met by evidence, dismissed with a word why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say
from support.builders import a_unit, an_employee
from support.company import a_login

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
RAISED = Reason("record.need_raised")


@pytest.fixture
def unit() -> people.Unit:
    return a_unit("team-a")


@pytest.fixture
def lin(unit) -> people.Employee:
    return an_employee("林小禾", unit=unit)


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


def add(employee: people.Employee, *scores: float, since: int = 0, **more: Any) -> list[record.Evidence]:
    pieces = [
        record.NewEvidence(
            employee=employee,
            competency="empathy",
            kind="conversation",
            score=score,
            at=MARCH + timedelta(days=since + 3 * place),
            source_kind="test",
            source_id=f"s{since + 3 * place}",
            label=RAISED,
            n=60,
        )
        for place, score in enumerate(scores)
    ]
    return record.add_evidence(actor=None, pieces=pieces, **more)


def a_need(employee: people.Employee, actor: people.User | None = None, **more: Any) -> record.Need:
    return record.raise_need(**{"actor": actor, "employee": employee, "subject": "empathy", "reason": RAISED} | more)


def test_a_need_says_about_whom_what_and_why(lin, lead):
    row = a_need(lin, lead, note="两次被投诉态度冷淡")
    assert (row.state, row.origin, row.subject_kind, row.created_by) == ("open", "supervisor", "competency", lead)
    assert say(row.reason, "zh") == "由主管提出"
    assert list(record.needs_of(user=lead)) == [row]


def test_the_same_need_is_raised_once_and_gathers_evidence(lin, lead):
    first = a_need(lin, lead, evidence=[{"kind": "conversation", "id": "c1"}])
    again = a_need(lin, evidence=[{"kind": "conversation", "id": "c1"}, {"kind": "drill", "id": "d1"}])
    assert again.pk == first.pk
    assert [item["id"] for item in again.evidence] == ["c1", "d1"]
    assert record.Need.objects.count() == 1


def test_the_database_refuses_a_second_live_need_of_a_subject(lin):
    row = a_need(lin)
    row.pk, row._state.adding = base.new_id(), True
    with pytest.raises(IntegrityError), base.bookkeeping():
        row.save(force_insert=True)


def test_a_need_that_is_over_can_come_again(lin, lead):
    record.dismiss_need(actor=lead, need=a_need(lin, lead), note="已换岗")
    assert a_need(lin, lead).is_live
    assert record.Need.objects.count() == 2


def test_a_pain_point_is_a_need_under_its_key(lin, lead):
    row = a_need(lin, lead, subject="missing_empathy", subject_kind="pain_point", origin="diagnosis")
    assert (row.subject_kind, row.subject) == ("pain_point", "missing_empathy")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "flying"}, "subject"),
        ({"subject": "", "subject_kind": "pain_point"}, "subject"),
        ({"origin": "rumour"}, "origin"),
        ({"subject_kind": "star_sign", "subject": "leo"}, "subject_kind"),
        ({"note": "长" * 501}, "note"),
    ],
)
def test_a_need_that_makes_no_sense_is_refused(lin, lead, change, field):
    with pytest.raises(InputError) as error:
        a_need(lin, lead, **change)
    assert error.value.faults[0].field == field
    assert not record.Need.objects.exists()


def test_a_dismissal_needs_a_word_why_and_stays_in_the_trail(lin, lead):
    row = a_need(lin, lead)
    with pytest.raises(InputError, match=r"base\.empty"):
        record.dismiss_need(actor=lead, need=row, note=" ")
    done = record.dismiss_need(actor=lead, need=row, note="数据有误")
    assert (done.state, done.closed_by, done.note) == ("dismissed", lead, "数据有误")
    assert base.AuditEntry.objects.get(verb="record.dismiss_need").changes["state"] == ["open", "dismissed"]


def test_what_is_closed_stays_as_it_was_closed(lin, lead):
    row = a_need(lin, lead)
    record.dismiss_need(actor=lead, need=row, note="数据有误")
    assert record.meet_need(actor=None, need=row).state == "dismissed"


def test_who_closes_what_was_closed_otherwise_is_told_and_a_second_click_is_harmless(lin, lead, unit):
    row = a_need(lin, lead)
    for _ in range(2):
        assert record.dismiss_need(actor=lead, need=row, note="数据有误").state == "dismissed"
    other = a_login("lead_b", "supervisor", unit=unit)
    for again in (
        lambda: record.meet_need(actor=lead, need=row),
        lambda: record.dismiss_need(actor=lead, need=row, note="换个理由"),
        lambda: record.dismiss_need(actor=other, need=row, note="数据有误"),
    ):
        with pytest.raises(InputError, match="need_dismissed_before"):
            again()
    row.refresh_from_db()
    assert (row.state, row.note, row.closed_by) == ("dismissed", "数据有误", lead)


@pytest.mark.parametrize(
    ("typed", "kept"), [("态度\x00冷淡\x1b", "态度冷淡"), (" 两\r\n行 ", "两\n行"), ("\u202e倒着写", "倒着写")]
)
def test_what_cannot_be_stored_is_taken_out_of_what_is_typed(lin, lead, typed, kept):
    assert a_need(lin, lead, note=typed).note == kept


def test_a_word_why_of_which_nothing_can_be_seen_is_none(lin, lead):
    with pytest.raises(InputError, match=r"base\.empty"):
        record.dismiss_need(actor=lead, need=a_need(lin, lead), note="\u200b\x00")


def test_agents_neither_raise_nor_dismiss_needs_nor_do_leaders_elsewhere(lin, lead, unit):
    row = a_need(lin, lead)
    strangers = [
        a_login("lin", "agent", employee=lin),
        a_login("zheng", "agent", employee=an_employee("郑凯", unit=unit)),
        a_login("lead_b", "supervisor", unit=a_unit("team-b")),
        a_login("committee", "training_committee"),
    ]
    for user in strangers:
        with pytest.raises(people.NotVisibleError):
            a_need(lin, user)
        with pytest.raises(people.NotVisibleError):
            record.dismiss_need(actor=user, need=row, note="不要")
    assert record.Need.objects.get().state == "open"


def test_everybody_sees_the_own_needs_and_nobody_elses(lin, lead, unit):
    row = a_need(lin, lead)
    own = a_login("lin", "agent", employee=lin)
    colleague = a_login("zheng", "agent", employee=an_employee("郑凯", unit=unit))
    assert record.need(user=own, pk=row.pk) == row
    assert not record.needs_of(user=colleague).exists()
    for pk in (row.pk, base.new_id(), "nonsense"):
        with pytest.raises(people.NotVisibleError):
            record.need(user=colleague, pk=pk)


def test_needs_can_be_narrowed_to_a_unit(lin, lead, unit):
    below = a_unit("shift", parent=unit)
    a_need(lin, lead)
    inner = a_need(an_employee("夜班", unit=below), lead)
    assert list(record.needs_of(user=lead, unit=below)) == [inner]
    assert record.needs_of(user=lead).count() == 2


def test_a_plain_gap_becomes_a_need_with_what_shows_it(lin, lead):
    rows = add(lin, 0.1, 0.1, 0.1, 0.1)
    (row,) = record.raise_gap_needs(employees=[lin])
    assert (row.origin, row.subject, row.created_by) == ("gap", "empathy", None)
    assert {item["id"] for item in row.evidence} == {str(piece.pk) for piece in rows}
    assert "2" in say(row.reason, "zh")
    assert record.raise_gap_needs(employees=[lin]) == []


@pytest.mark.parametrize("scores", [(), (0.1,), (0.6, 0.6, 0.6, 0.6)], ids=["unmeasured", "hardly measured", "enough"])
def test_what_is_not_plain_becomes_no_need(lin, scores):
    add(lin, *scores)
    assert record.raise_gap_needs(employees=[lin]) == []


def test_a_gap_that_was_dismissed_comes_back_only_with_new_evidence(lin, lead):
    add(lin, 0.1, 0.1, 0.1, 0.1)
    (row,) = record.raise_gap_needs(employees=[lin])
    record.dismiss_need(actor=lead, need=row, note="已换岗")
    assert record.raise_gap_needs(employees=[lin]) == []
    add(lin, 0.1, since=100)
    (again,) = record.raise_gap_needs(employees=[lin])
    assert again.pk != row.pk


def test_evidence_that_reaches_the_level_meets_a_measured_need(lin, lead):
    add(lin, 0.1, 0.1, 0.1)
    (row,) = record.raise_gap_needs(employees=[lin])
    add(lin, *([0.95] * 30), since=100)
    row.refresh_from_db()
    assert (row.state, row.closed_by) == ("met", None)
    assert row.closed_at is not None


def test_a_need_that_a_person_raised_is_closed_by_a_person(lin, lead):
    row = a_need(lin, lead)
    add(lin, *([0.95] * 30))
    row.refresh_from_db()
    assert row.state == "open"
    assert record.meet_need(actor=lead, need=row, note="抽听三次都做到了").state == "met"
