"""The gate: what a user sees is what a grant that holds today says, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peilian.adapters.lake.visibility import AccountSpan, Visibility
from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.apps.people.api import ROLES, Permission, Reach, visible_to
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_company, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db
P = Permission
TODAY = date(2026, 11, 22)


def ms(year: int, month: int, day: int) -> int:
    """Midnight in Shanghai."""
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000) - 8 * 3_600_000


@pytest.fixture
def teams():
    """Two teams in two departments, two people each with accounts, and one person in a sub-team of the first."""
    one, two = a_unit("dep-1", kind="department"), a_unit("dep-2", kind="department")
    first, second = a_unit("team-1", parent=one), a_unit("team-2", parent=two)
    below = a_unit("below-1", parent=first)
    for unit, names in ((first, "甲乙"), (second, "丙丁"), (below, "戊")):
        for name in names:
            an_employee(name, unit=unit, account=f"acc-{name}")
    return {"dep-1": one, "dep-2": two, "team-1": first, "team-2": second, "below-1": below}


def named(user, permission=P.SEE_PEOPLE, day=TODAY) -> set[str]:
    return {employee.name for employee in visible_to(user, day=day).employees(permission)}


def person(name: str) -> people.Employee:
    return people.Employee.objects.get(name=name)


def a_user_of(role: str, teams, employee=None) -> people.User:
    unit = teams["team-1"] if ROLES[role].reach is Reach.UNIT else None
    return a_user(role, unit=unit, employee=employee)


@pytest.mark.parametrize("key", sorted(ROLES))
def test_every_role_sees_exactly_whom_it_reaches_and_only_where_it_is_permitted(key, teams):
    role, own = ROLES[key], person("甲")
    mentee = person("丙")
    people.set_guide(actor=None, employee=mentee, guide=own, kind=people.GuidanceKind.MENTOR, starts_on=LONG_AGO)
    user = a_user_of(key, teams, employee=own)
    reached = {
        Reach.SELF: {"甲"},
        Reach.MENTEES: {"甲", "丙"},
        Reach.UNIT: {"甲", "乙", "戊"},
        Reach.COMPANY: {"甲", "乙", "丙", "丁", "戊"},
    }[role.reach]
    for permission in Permission:
        expected = reached if permission in role.permissions else set()
        assert named(user, permission) == expected, permission
        assert visible_to(user).may(permission) == (permission in role.permissions)


@pytest.mark.parametrize("key", sorted(ROLES))
def test_every_role_sees_exactly_the_accounts_of_whom_it_reaches(key, teams):
    role = ROLES[key]
    user = a_user_of(key, teams, employee=person("甲"))
    seen = visible_to(user, day=TODAY).lake(P.SEE_CONVERSATIONS)
    if P.SEE_CONVERSATIONS not in role.permissions:
        assert seen == Visibility.nothing()
    elif role.reach is Reach.COMPANY:
        assert seen.is_everything
    else:
        accounts = {"acc-甲", "acc-乙", "acc-戊"} if role.reach is Reach.UNIT else {"acc-甲"}
        assert {span.account for span in seen.spans} == accounts
        assert not seen.is_everything


def test_without_a_grant_nothing_is_permitted(teams):
    sight = visible_to(a_user(employee=person("甲")))
    assert not any(sight.may(permission) for permission in Permission)
    assert not any(sight.employees(permission).exists() for permission in Permission)
    assert all(sight.lake(permission) == Visibility.nothing() for permission in Permission)


def test_a_guest_of_the_site_sees_nothing(teams):
    sight = visible_to(AnonymousUser())
    assert not any(sight.may(permission) for permission in Permission)
    assert not sight.jobs().exists()
    assert not sight.audit().exists()


def test_a_user_who_is_shut_out_sees_nothing(teams):
    user = a_user("training_manager")
    people.set_active(actor=None, user=user, is_active=False)
    assert named(user) == set()
    assert not visible_to(user).may(P.MANAGE_PEOPLE)


@pytest.mark.parametrize("key", [key for key, role in ROLES.items() if role.is_external])
def test_outsiders_see_nobody(key, teams):
    user = a_user(key)
    assert all(named(user, permission) == set() for permission in Permission)
    assert all(visible_to(user).lake(permission) == Visibility.nothing() for permission in Permission)


def test_a_supervisor_sees_neither_the_other_team_nor_the_department_above(teams):
    sight = visible_to(a_user("supervisor", unit=teams["team-1"]), day=TODAY)
    assert set(sight.units(P.SEE_PEOPLE)) == {teams["team-1"], teams["below-1"]}
    with pytest.raises(people.NotVisibleError):
        sight.employee(P.SEE_PEOPLE, person("丙").pk)
    with pytest.raises(people.NotVisibleError):
        sight.unit(P.SEE_PEOPLE, teams["dep-1"].pk)


@pytest.mark.parametrize("pk", ["01a20190-0000-7000-8000-000000000000", "not-an-id", ""])
def test_absent_and_forbidden_give_the_same_answer(teams, pk):
    sight = visible_to(a_user("supervisor", unit=teams["team-1"]))
    with pytest.raises(people.NotVisibleError) as absent:
        sight.employee(P.SEE_PEOPLE, pk)
    with pytest.raises(people.NotVisibleError) as forbidden:
        sight.employee(P.SEE_PEOPLE, person("丙").pk)
    assert str(absent.value) == str(forbidden.value)


def test_a_grant_holds_from_its_first_day_until_the_day_it_ends(teams):
    user = a_user()
    people.grant_role(
        actor=None,
        user=user,
        role="supervisor",
        unit=teams["team-1"],
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=2),
    )
    seen = [bool(named(user, day=TODAY + timedelta(days=n))) for n in range(-1, 4)]
    assert seen == [False, True, True, False, False]


def test_a_role_taken_back_is_gone_at_once(teams):
    user = a_user("supervisor", unit=teams["team-1"])
    people.end_grant(actor=None, grant=people.RoleGrant.objects.get(user=user))
    assert named(user, day=base.today_in_company()) == set()


def test_a_grant_on_the_company_itself_reaches_everybody(teams):
    sight = visible_to(a_user("service_manager", unit=a_company()), day=TODAY)
    assert sight.reaches_company(P.SEE_KPIS)
    assert sight.lake(P.SEE_KPIS).is_everything
    assert not sight.reaches_company(P.MANAGE_PEOPLE)


def test_who_left_the_team_is_no_longer_among_its_people(teams):
    lead = a_user("supervisor", unit=teams["team-1"])
    people.place_employee(
        actor=None, employee=person("甲"), unit=teams["team-2"], post=None, starts_on=date(2026, 6, 1)
    )
    assert named(lead) == {"乙", "戊"}
    assert named(lead, day=date(2026, 5, 31)) == {"甲", "乙", "戊"}


def test_a_supervisor_sees_what_an_account_did_while_its_user_was_in_the_team(teams):
    moved = person("甲")
    people.place_employee(actor=None, employee=moved, unit=teams["team-2"], post=None, starts_on=date(2026, 6, 1))
    seen = {
        key: [
            span
            for span in visible_to(a_user("supervisor", unit=teams[key]), day=TODAY).lake(P.SEE_CONVERSATIONS).spans
            if span.account == "acc-甲"
        ]
        for key in ("team-1", "team-2")
    }
    began = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert seen["team-1"] == [AccountSpan("acc-甲", began, ms(2026, 6, 1))]
    assert seen["team-2"] == [AccountSpan("acc-甲", ms(2026, 6, 1), None)]


def test_an_account_handed_on_shows_each_user_the_own_time_only(teams):
    people.assign_account(
        actor=None,
        platform="test",
        account="acc-甲",
        employee=person("丙"),
        starts_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    noon = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp() * 1000)
    before, after = (
        visible_to(a_user("agent", employee=person(name))).lake(P.SEE_CONVERSATIONS).spans for name in "甲丙"
    )
    assert AccountSpan("acc-甲", int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000), noon) in before
    assert AccountSpan("acc-甲", noon, None) in after


def test_a_mentor_sees_mentees_while_guiding_them_and_not_their_colleagues(teams):
    mentor, mentee = person("甲"), person("丙")
    guidance = people.set_guide(
        actor=None, employee=mentee, guide=mentor, kind=people.GuidanceKind.MENTOR, starts_on=date(2026, 3, 1)
    )
    user = a_user("mentor", employee=mentor)
    assert named(user) == {"甲", "丙"}
    assert named(user, day=date(2026, 2, 28)) == {"甲"}
    people.end_guide(actor=None, guidance=guidance, ends_on=date(2026, 10, 1))
    assert named(user) == {"甲"}
    assert {span.account for span in visible_to(user, day=TODAY).lake(P.SEE_KPIS).spans} == {"acc-甲"}


def test_being_named_supervisor_of_somebody_is_no_grant(teams):
    people.set_guide(
        actor=None,
        employee=person("丙"),
        guide=person("甲"),
        kind=people.GuidanceKind.SUPERVISOR,
        starts_on=LONG_AGO,
    )
    assert named(a_user("mentor", employee=person("甲"))) == {"甲"}


def test_the_tree_has_one_root_so_that_no_team_can_become_the_company(teams):
    with pytest.raises(InputError) as error:
        people.change_unit(actor=None, unit=teams["team-1"], name={"zh": "一组"}, parent=None)
    assert error.value.faults[0].reason.key == "people.unit_needs_parent"


def test_own_jobs_are_seen_by_everybody_and_all_jobs_by_who_runs_the_installation(teams, monkeypatch):
    monkeypatch.setitem(base.handlers._items, "test.work", lambda _: None)
    lead, admin = a_user("supervisor", unit=teams["team-1"]), a_user("administrator")
    own = base.start_job(actor=lead, kind="test.work", parameters={})
    other = base.start_job(actor=admin, kind="test.work", parameters={})
    assert set(visible_to(lead).jobs()) == {own}
    assert set(visible_to(admin).jobs()) == {own, other}
    with pytest.raises(people.NotVisibleError):
        visible_to(lead).job(other.pk)


def test_only_administrators_see_the_audit_trail_and_manage_users(teams):
    for key in sorted(ROLES):
        sight = visible_to(a_user_of(key, teams))
        assert sight.audit().exists() == (key == "administrator"), key
        assert sight.users().exists() == (key == "administrator"), key


grants = st.lists(
    st.tuples(
        st.sampled_from(sorted(ROLES)),
        st.sampled_from(["dep-1", "dep-2", "team-1", "team-2", "below-1"]),
        st.integers(-3, 3),
        st.one_of(st.none(), st.integers(1, 4)),
    ),
    max_size=4,
)


@given(chosen=grants, permission=st.sampled_from(list(Permission)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sight_is_never_more_than_the_union_of_its_grants(teams, chosen, permission):
    """The oracle knows nothing of the gate: it lists by hand who belongs to which unit."""
    inside = {
        "dep-1": {"甲", "乙", "戊"},
        "team-1": {"甲", "乙", "戊"},
        "below-1": {"戊"},
        "dep-2": {"丙", "丁"},
        "team-2": {"丙", "丁"},
    }
    user, allowed = a_user(), set()
    for role, unit, first, length in chosen:
        is_unit = ROLES[role].reach is Reach.UNIT
        starts_on = TODAY + timedelta(days=first)
        people.grant_role(
            actor=None,
            user=user,
            role=role,
            unit=teams[unit] if is_unit else None,
            starts_on=starts_on,
            ends_on=None if length is None else starts_on + timedelta(days=length),
        )
        holds = first <= 0 and (length is None or first + length > 0)
        if holds and permission in ROLES[role].permissions:
            everybody = {"甲", "乙", "丙", "丁", "戊"} if ROLES[role].reach is Reach.COMPANY else set()
            allowed |= inside[unit] if is_unit else everybody
    assert named(user, permission) == allowed
    seen = visible_to(user, day=TODAY).lake(permission)
    if not seen.is_everything:
        assert {span.account for span in seen.spans} == {f"acc-{name}" for name in allowed}
    else:
        assert len(allowed) == 5


def test_every_role_has_a_name_in_both_languages():
    assert all(role.name.zh and role.name.en for role in ROLES.values())
