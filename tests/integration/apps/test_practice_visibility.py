"""Who sees which drills, who may rate them, and how raters and engine agree."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from peilian.apps.base.api import AuditEntry
from peilian.apps.people import api as people
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_company, a_unit, an_employee
from support.company import a_login
from support.practice import Clock, a_run, a_trainee, says

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 30)  # of the clock of these tests


@pytest.fixture
def time(monkeypatch) -> Clock:
    from peilian.apps.people import gate

    monkeypatch.setattr(gate, "today_in_company", lambda: TODAY)
    return Clock().patch(monkeypatch)


@pytest.fixture
def teams(db) -> tuple[people.Unit, people.Unit]:
    return a_unit("team-a"), a_unit("team-b")


@pytest.fixture
def lin(teams) -> people.User:
    return a_trainee("lin", unit=teams[0])


@pytest.fixture
def run(lin, time) -> practice.DrillRun:
    return ended(lin)


def ended(user: people.User) -> practice.DrillRun:
    run = a_run(user)
    says(user, run)
    practice.end_drill(user=user, run_id=run.pk)
    run.refresh_from_db()
    return run


def sees(user: people.User, run: practice.DrillRun) -> bool:
    """Whether list, row and debrief all say that it is visible, or all that it is not."""
    listed = practice.team_runs(user=user).filter(pk=run.pk).exists()
    found = []
    for look in (practice.run, practice.debrief_of):
        try:
            look(user=user, run_id=run.pk)
            found.append(True)
        except NotVisibleError:
            found.append(False)
    assert found == [listed, listed]
    return listed


def test_everybody_sees_the_own_drills_and_not_those_of_colleagues(lin, run, teams):
    colleague = a_trainee(unit=teams[0])
    assert list(practice.my_runs(user=lin)) == [run]
    assert practice.run(user=lin, run_id=run.pk) == run
    assert practice.debrief_of(user=lin, run_id=run.pk).is_own
    assert list(practice.team_runs(user=lin)) == []
    assert list(practice.my_runs(user=colleague)) == []
    assert not sees(colleague, run)


@pytest.mark.parametrize(
    ("role", "place", "is_seen"),
    [
        ("supervisor", "a", True),
        ("supervisor", "b", False),
        ("quality_inspector", "a", True),
        ("quality_inspector", "b", False),
        ("trainer", "company", True),
        ("service_manager", "company", True),
        ("training_manager", None, True),
        ("leadership", None, False),
        ("administrator", None, False),
        ("internal_lecturer", "a", False),
        ("external_lecturer", None, False),
    ],
)
def test_a_role_sees_the_drills_of_its_units_or_only_totals(run, teams, role, place, is_seen):
    unit = {"a": teams[0], "b": teams[1], "company": a_company(), None: None}[place]
    assert sees(a_login(f"{role}-x", role, unit=unit), run) is is_seen


def test_a_mentor_sees_the_drills_of_whom_he_guides(lin, run):
    guide = an_employee("导师")
    mentor = a_login("mentor", "mentor", employee=guide)
    assert not sees(mentor, run)
    people.set_guide(
        actor=None, employee=lin.employee, guide=guide, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO
    )
    assert sees(mentor, run)


def test_a_drill_belongs_to_the_team_of_its_day(lin, run, teams):
    lead_a, lead_b = (a_login(f"lead{unit.code}", "supervisor", unit=unit) for unit in teams)
    place = people.Membership.objects.get(employee=lin.employee)
    people.end_membership(actor=None, membership=place, ends_on=run.day + timedelta(days=1))
    people.place_employee(
        actor=None, employee=lin.employee, unit=teams[1], post=None, starts_on=run.day + timedelta(days=1)
    )
    assert sees(lead_a, run)
    assert not sees(lead_b, run)


def test_a_role_that_ended_sees_nothing_and_neither_does_a_closed_account(lin, run, teams):
    lead = a_login("lead", "supervisor", unit=teams[0])
    people.end_grant(actor=None, grant=lead.grants.get())
    assert not sees(lead, run)
    people.set_active(actor=None, user=lin, is_active=False)
    lin.refresh_from_db()
    with pytest.raises(NotVisibleError):
        practice.run(user=lin, run_id=run.pk)
    assert not practice.my_runs(user=lin).exists()


def test_the_list_of_a_team_is_narrowed_to_a_unit_or_a_person(lin, run, teams, time):
    zheng = a_trainee("zheng", unit=teams[1])
    other = ended(zheng)
    manager = a_login("manager", "training_manager")
    assert set(practice.team_runs(user=manager)) == {run, other}
    assert list(practice.team_runs(user=manager, unit=teams[1])) == [other]
    assert list(practice.team_runs(user=manager, employee=lin.employee)) == [run]
    lead = a_login("lead", "supervisor", unit=teams[0])
    assert list(practice.team_runs(user=lead, unit=teams[0])) == [run]
    with pytest.raises(NotVisibleError):
        practice.team_runs(user=lead, unit=teams[1])


def test_totals_name_nobody(lin, run, time):
    boss = a_login("boss", "leadership")
    practice.stop_drill(user=lin, run_id=a_run(lin).pk)
    replay = practice.fork_run(user=lin, run_id=run.pk, seq=2)
    practice.end_drill(user=lin, run_id=replay.pk)
    found = practice.totals(user=boss)
    assert (found.runs, found.people, found.passed, found.mean_total) == (1, 1, 0, run.total)
    assert practice.totals(user=a_login("guest", "external_lecturer")).mean_total is None


@pytest.mark.parametrize("id", ["nothing", "", "0190a000-0000-7000-8000-000000000000"])
def test_what_is_absent_is_not_visible(lin, time, id):
    with pytest.raises(NotVisibleError):
        practice.run(user=lin, run_id=id)


# Rating


def test_a_supervisor_rates_the_same_items_and_sees_the_difference(run, teams):
    lead = a_login("lead", "supervisor", unit=teams[0])
    first = run.result["zh"]["scores"][0]
    rating = practice.rate_run(user=lead, run_id=run.pk, points={first["dimension"]: "3.5"}, note=" 再快一点 ")
    assert rating.note == "再快一点"
    item, *others = practice.rated_items(rating=rating, user=lead)
    assert (item.dimension, item.rater) == (first["dimension"], Decimal("3.5"))
    assert item.difference == Decimal("3.5") - Decimal(str(first["points"]))
    assert {other.difference for other in others} == {None}
    assert AuditEntry.objects.get(verb="practice.rate_run").actor == lead


def test_rating_again_replaces_the_points_and_keeps_both_in_the_trail(run, teams):
    lead = a_login("lead", "supervisor", unit=teams[0])
    dimension = run.result["zh"]["scores"][0]["dimension"]
    for points in ("3", "4"):
        practice.rate_run(user=lead, run_id=run.pk, points={dimension: points})
    assert practice.DrillRating.objects.get().points == {dimension: "4"}
    assert AuditEntry.objects.filter(verb="practice.rate_run").count() == 2


def test_who_does_not_judge_does_not_rate_and_nobody_rates_an_own_drill(lin, run, teams):
    mentor = a_login("mentor", "mentor", employee=an_employee("导师"))
    leader = a_login("boss", "leadership")
    other_lead = a_login("lead-b", "supervisor", unit=teams[1])
    people.grant_role(actor=None, user=lin, role="supervisor", unit=teams[0], starts_on=LONG_AGO)
    for user in (lin, mentor, leader, other_lead):
        with pytest.raises(NotVisibleError):
            practice.rate_run(user=user, run_id=run.pk, points={"speed": 1})
    assert not practice.DrillRating.objects.exists()


@pytest.mark.parametrize(
    ("points", "key"),
    [
        ({}, "practice.nothing_rated"),
        ({"charm": 3}, "practice.unknown_dimension"),
        ({"speed": -1}, "practice.rating_range"),
        ({"speed": 1000}, "practice.rating_range"),
        ({"speed": "NaN"}, "practice.rating_range"),
        ({"speed": "much"}, "practice.rating_range"),
    ],
)
def test_a_rating_that_makes_no_sense_is_refused(run, teams, points, key):
    lead = a_login("lead", "supervisor", unit=teams[0])
    with pytest.raises(InputError) as caught:
        practice.rate_run(user=lead, run_id=run.pk, points=points)
    assert caught.value.faults[0].reason.key == key


def test_a_stopped_drill_is_not_rated(lin, time, teams):
    run = a_run(lin)
    lead = a_login("lead", "supervisor", unit=teams[0])
    with pytest.raises(InputError):
        practice.rate_run(user=lead, run_id=run.pk, points={"speed": 1})
    practice.stop_drill(user=lin, run_id=run.pk)
    with pytest.raises(InputError):
        practice.rate_run(user=lead, run_id=run.pk, points={"speed": 1})


def test_agreement_is_told_from_ten_drills_on(lin, time, teams):
    lead = a_login("lead", "supervisor", unit=teams[0])
    for number in range(10):
        run = ended(lin)
        item = run.result["zh"]["scores"][0]
        points = Decimal(str(item["points"])) if number % 2 else Decimal(0)
        practice.rate_run(user=lead, run_id=run.pk, points={item["dimension"]: points})
        (found,) = practice.agreement(user=lead)
        assert found.n == number + 1
        if number < 9:
            assert found.kappa is None
    assert found.dimension == item["dimension"]
    assert found.mean_difference == (-Decimal(str(item["points"])) / 2).quantize(Decimal("0.1"))


def test_agreement_leaves_out_drills_that_do_not_count(lin, time, teams):
    lead = a_login("lead", "supervisor", unit=teams[0])
    run = a_run(lin, shows_script=True)
    practice.end_drill(user=lin, run_id=run.pk)
    run.refresh_from_db()
    practice.rate_run(user=lead, run_id=run.pk, points={run.result["zh"]["scores"][0]["dimension"]: 0})
    assert practice.agreement(user=lead) == []
    assert not practice.DrillRun.objects.counted().exists()


@pytest.mark.parametrize(
    ("first", "second", "kappa"),
    [
        pytest.param([0, 1, 2, 3], [0, 1, 2, 3], 1.0, id="alike"),
        pytest.param([0, 1], [1, 0], -1.0, id="opposed"),
        pytest.param([0, 0, 4, 4], [0, 4, 0, 4], 0.0, id="by chance"),
        pytest.param([1, 2, 3, 4], [1, 2, 3, 3], 7 / 8, id="one grade off once"),
        pytest.param([2, 2], [2, 2], None, id="nothing to tell apart"),
        pytest.param([], [], None, id="nothing"),
    ],
)
def test_weighted_kappa(first, second, kappa):
    found = practice.weighted_kappa(first, second)
    assert found == (None if kappa is None else pytest.approx(kappa))
