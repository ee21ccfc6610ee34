"""Users, passwords, roles."""

from __future__ import annotations

from datetime import timedelta

import pytest

from peilian.apps.base.api import AuditEntry, today_in_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from support.builders import LONG_AGO, PASSWORD, a_unit, a_user, an_employee

pytestmark = pytest.mark.django_db


def refused(function, **arguments) -> str:
    with pytest.raises(InputError) as error:
        function(actor=None, **arguments)
    reason = error.value.faults[0].reason
    assert say(reason, "zh")
    assert say(reason, "en")
    return reason.key


def test_a_password_is_kept_as_an_argon2_hash():
    user = a_user()
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$")
    assert user.check_password(PASSWORD)


def test_without_a_password_nobody_signs_in():
    user = people.add_user(actor=None, username="guest", name="来宾", password=None)
    assert not user.has_usable_password()
    assert not user.check_password("")


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short", "too_short"), ("password123", "too_common"), ("linxiaohe2026", "too_similar")],
)
def test_weak_passwords_are_refused_with_their_reason(password, reason):
    add = {"username": "linxiaohe2026", "name": "林小禾", "password": password}
    assert refused(people.add_user, **add) == f"people.password_{reason}"
    assert not people.User.objects.exists()


def test_everybody_changes_the_own_password_and_nobody_elses():
    own, other = a_user("agent"), a_user("agent")
    people.set_password(actor=own, user=own, password="a fresh long secret")
    own.refresh_from_db()
    assert own.check_password("a fresh long secret")
    with pytest.raises(people.NotVisibleError):
        people.set_password(actor=own, user=other, password="a fresh long secret")


def test_sign_in_names_differ_by_more_than_case():
    a_user(username="Xiaohe")
    assert refused(people.add_user, username="xiaohe", name="乙", password=None) == "people.username_taken"


def test_an_employee_has_one_user():
    employee = an_employee()
    a_user(employee=employee)
    assert (
        refused(people.add_user, username="again", name="乙", password=None, employee=employee)
        == "people.employee_has_user"
    )


def test_a_role_that_reaches_a_unit_needs_one_and_no_other_takes_one():
    user, unit = a_user(), a_unit()
    assert refused(people.grant_role, user=user, role="supervisor") == "people.role_needs_unit"
    assert refused(people.grant_role, user=user, role="training_manager", unit=unit) == "people.role_takes_no_unit"
    assert refused(people.grant_role, user=user, role="king") == "people.unknown_choice"


def test_a_role_cannot_end_before_it_starts():
    assert (
        refused(people.grant_role, user=a_user(), role="agent", starts_on=LONG_AGO, ends_on=LONG_AGO)
        == "people.ends_before_start"
    )


def test_taking_back_a_role_that_has_ended_does_not_prolong_it():
    user = a_user()
    grant = people.grant_role(
        actor=None, user=user, role="agent", starts_on=LONG_AGO, ends_on=LONG_AGO + timedelta(days=3)
    )
    people.end_grant(actor=None, grant=grant)
    grant.refresh_from_db()
    assert grant.ends_on == LONG_AGO + timedelta(days=3)


def test_the_last_administrator_stays():
    admin = a_user("administrator")
    grant = people.RoleGrant.objects.get(user=admin)
    assert refused(people.end_grant, grant=grant) == "people.last_administrator"
    assert refused(people.set_active, user=admin, is_active=False) == "people.last_administrator"
    a_user("administrator")
    people.end_grant(actor=None, grant=grant)
    assert not people.visible_to(admin).may(people.Permission.GRANT_ROLES)


def test_a_second_administrator_who_is_shut_out_does_not_count():
    admin, other = a_user("administrator"), a_user("administrator")
    people.set_active(actor=None, user=other, is_active=False)
    assert refused(people.set_active, user=admin, is_active=False) == "people.last_administrator"


def test_the_chosen_language_is_kept_and_audited():
    user = a_user()
    people.set_language(user=user, language="en")
    user.refresh_from_db()
    assert user.reading_language == "en"
    assert AuditEntry.objects.get(verb="people.set_language").changes == {"language": ["zh", "en"]}


def test_a_role_begins_today_unless_said_otherwise():
    grant = people.grant_role(actor=None, user=a_user(), role="agent")
    assert grant.starts_on == today_in_company()
