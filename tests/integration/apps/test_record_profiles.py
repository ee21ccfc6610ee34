"""Profiles against the post, of one and of a team, and why an estimate is what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import Reason
from peilian.flows.wording import say
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login

pytestmark = pytest.mark.django_db
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
APRIL = MARCH + timedelta(days=40)


def add(
    employee: people.Employee, *scores: float, competency: str = "empathy", kind: str = "drill", n: int = 1
) -> None:
    """Pieces three days apart, from March on."""
    label = Reason(f"competency.kind.{kind}")
    pieces = [
        record.NewEvidence(
            employee, competency, kind, score, MARCH + timedelta(days=3 * place), "test", f"{kind}{place}", label, n
        )
        for place, score in enumerate(scores)
    ]
    record.add_evidence(actor=None, pieces=pieces)


def an_agent(name: str, unit: people.Unit, **post: Any) -> people.Employee:
    """Somebody on a post of its own."""
    employee = people.add_employee(actor=None, number=f"N-{name}", name=name)
    held = people.add_post(actor=None, name={"zh": name}, **post) if post else None
    people.place_employee(actor=None, employee=employee, unit=unit, post=held, starts_on=LONG_AGO)
    return employee


@pytest.fixture
def unit() -> people.Unit:
    return a_unit("team-a")


@pytest.fixture
def lead(unit) -> people.User:
    return a_login("lead", "supervisor", unit=unit)


def test_a_profile_measures_a_person_against_post_and_stage(unit, lead):
    lin = an_agent("林小禾", unit, code="hotline", agent_kind="phone")
    people.set_stage(actor=None, employee=lin, stage=people.Stage.BACKBONE, starts_on=LONG_AGO)
    add(lin, 0.4, 0.4, 0.4, 0.4)
    found = record.profile_of(user=lead, employee=lin, at=APRIL)
    assert (found.post.key, found.stage) == ("phone_agent", "backbone")
    assert found.required == found.model.required("phone_agent", "backbone")
    assert found.gaps[0].competency == "empathy"
    assert found.gaps[0].required == 4
    assert {value.axis.key for value in found.radar} >= {"communication", "adaptability", "empathy"}
    assert len(found.radar) <= 8


def test_a_stage_counts_from_its_day_on(unit, lead):
    lin = an_agent("林小禾", unit)
    people.set_stage(actor=None, employee=lin, stage=people.Stage.NEWCOMER, starts_on=LONG_AGO)
    people.set_stage(actor=None, employee=lin, stage=people.Stage.EXPERT, starts_on=date(2026, 3, 20))
    assert record.profile_of(user=lead, employee=lin, at=MARCH).stage == "newcomer"
    assert record.profile_of(user=lead, employee=lin, at=APRIL).stage == "expert"


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        ({"code": "班组长"}, "team_lead"),
        ({"code": "x1", "agent_kind": "after_sale"}, "online_agent"),
        ({"code": "x2", "agent_kind": "mall"}, "online_agent"),
        ({}, "online_agent"),
    ],
)
def test_the_post_of_the_directory_tells_the_post_of_the_model(unit, lead, post, expected):
    lin = an_agent("林小禾", unit, **post)
    assert record.profile_of(user=lead, employee=lin).post.key == expected


def test_a_profile_as_of_a_day_knows_nothing_of_what_came_later(unit, lead):
    lin = an_agent("林小禾", unit)
    add(lin, 0.9, 0.9, 0.9)
    early = record.profile_of(user=lead, employee=lin, at=MARCH + timedelta(days=1))
    assert early.profile.estimates["empathy"].n == 1


def test_a_team_is_listed_with_everybody_in_service_and_in_a_fixed_number_of_queries(
    unit, lead, django_assert_num_queries
):
    for name in ("丙", "甲", "乙"):
        add(an_agent(name, unit), 0.5)
    gone = an_agent("丁", unit)
    people.change_employee(actor=None, employee=gone, name="丁", hired_on=None, left_on=date(2026, 2, 1))
    an_agent("戊", a_unit("team-b"))
    names = [found.employee.name for found in record.team_profiles(user=lead)]
    assert names == sorted(names)
    assert set(names) == {"甲", "乙", "丙"}
    with django_assert_num_queries(12, exact=False):
        record.team_profiles(user=lead)
    for name in ("己", "庚", "辛", "壬"):
        add(an_agent(name, unit), 0.5)
    with django_assert_num_queries(12, exact=False):
        assert len(record.team_profiles(user=lead)) == 7


def test_a_team_can_be_narrowed_to_a_unit_that_the_leader_sees(lead, unit):
    shift = a_unit("shift", parent=unit)
    night = an_agent("夜班", shift)
    an_agent("日班", unit)
    assert [found.employee for found in record.team_profiles(user=lead, unit=shift)] == [night]
    with pytest.raises(people.NotVisibleError):
        record.team_profiles(user=lead, unit=a_unit("elsewhere"))


def test_an_agent_sees_a_team_of_one(unit):
    lin = an_agent("林小禾", unit)
    an_agent("郑凯", unit)
    own = a_login("lin", "agent", employee=lin)
    assert [found.employee for found in record.team_profiles(user=own)] == [lin]


def test_why_adds_up_to_the_estimate(unit, lead):
    lin = an_agent("林小禾", unit)
    add(lin, 0.9, 0.5, 0.7)
    add(lin, 0.3, kind="conversation", n=40)
    found = record.why(user=lead, employee=lin, competency="empathy", at=APRIL)
    assert found.expected + sum(piece.points for piece in found.pieces) == pytest.approx(found.estimate.mean)
    assert found.expected_share + sum(piece.share for piece in found.pieces) == pytest.approx(1)
    assert [piece.row.at for piece in found.pieces] == sorted((piece.row.at for piece in found.pieces), reverse=True)


def test_every_piece_tells_what_it_did_in_both_languages(unit, lead):
    lin = an_agent("林小禾", unit)
    for kind in record.EvidenceKind.values:
        add(lin, 0.9, 0.2, kind=kind, n=10)
    found = record.why(user=lead, employee=lin, competency="empathy", at=APRIL)
    assert {piece.row.kind for piece in found.pieces} == set(record.EvidenceKind.values)
    for piece in found.pieces:
        assert piece.reasons
        for reason in (*piece.reasons, piece.row.label):
            assert say(reason, "zh")
            assert say(reason, "en")


def test_a_superseded_piece_is_shown_and_weighs_nothing(unit, lead):
    lin = an_agent("林小禾", unit)
    add(lin, 0.1, 0.8)
    wrong = record.Evidence.objects.get(score=0.1)
    record.correct_evidence(actor=None, evidence=wrong, score=0.7, note="录错了")
    found = record.why(user=lead, employee=lin, competency="empathy", at=APRIL)
    assert len(found.pieces) == 3
    (old,) = [piece for piece in found.pieces if piece.row.pk == wrong.pk]
    assert (old.share, old.points, old.reasons) == (0, 0, ())


def test_an_unknown_competency_is_an_absent_one(unit, lead):
    with pytest.raises(people.NotVisibleError):
        record.why(user=lead, employee=an_agent("林小禾", unit), competency="flying")


def test_reading_a_profile_writes_nothing(unit, lead):
    lin = an_agent("林小禾", unit)
    n_entries = base.AuditEntry.objects.count()
    record.profile_of(user=lead, employee=lin)
    record.why(user=lead, employee=lin, competency="empathy")
    assert base.AuditEntry.objects.count() == n_entries


def test_one_poor_drill_after_many_good_ones_costs_points_and_no_level(unit, lead):
    lin = an_employee("林小禾", unit=unit)
    add(lin, *([0.85] * 10))
    before = record.profile_of(user=lead, employee=lin, at=APRIL).profile.estimates["empathy"]
    poor = record.NewEvidence(
        lin, "empathy", "drill", 0.2, APRIL - timedelta(days=1), "test", "poor", Reason("competency.kind.drill")
    )
    record.add_evidence(actor=None, pieces=[poor])
    after = record.profile_of(user=lead, employee=lin, at=APRIL).profile.estimates["empathy"]
    assert after.mean < before.mean
    assert after.level == before.level
