"""Whom a policy is for: who is asked to confirm it, whom a lead sees missing, and what the directory does not have."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.builders import LONG_AGO, a_unit, an_employee
from support.company import a_login
from support.library import a_policy, a_publisher, a_writer, installed, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db):
    return a_unit("team-a")


@pytest.fixture
def phone(db):
    return people.add_post(actor=None, code="phone", name={"zh": "电话客服"})


def a_person(name: str, *, unit: people.Unit | None = None, post: people.Post | None = None) -> people.User:
    employee = an_employee(name)
    if unit is not None:
        people.place_employee(actor=None, employee=employee, unit=unit, post=post, starts_on=LONG_AGO)
    return a_login(name, "agent", employee=employee)


def a_policy_for(folder: Any, **audience: list[str]) -> library.Content:
    installed(folder, a_policy(audience=audience))
    return the_content("mine/privacy", "policy")


def is_asked(user: people.User) -> bool:
    return bool(library.to_confirm(user=user))


def test_a_policy_without_an_audience_is_for_everybody(tmp_path, team):
    installed(tmp_path, a_policy())
    assert is_asked(a_person("lin", unit=team))
    assert is_asked(a_person("zheng"))


def test_a_policy_for_a_post_is_asked_of_who_holds_it(tmp_path, team, phone):
    a_policy_for(tmp_path, posts=["phone"])
    assert is_asked(a_person("lin", unit=team, post=phone))
    assert not is_asked(a_person("zheng", unit=team))


def test_a_policy_for_a_unit_is_for_those_below_it_too(tmp_path, team):
    below = people.add_unit(actor=None, code="team-a-1", name={"zh": "一组"}, kind=team.kind, parent=team)
    a_policy_for(tmp_path, units=["team-a"])
    assert is_asked(a_person("lin", unit=below))
    assert not is_asked(a_person("zheng", unit=a_unit("team-b")))


def test_who_has_reached_no_stage_yet_is_a_newcomer(tmp_path, team):
    a_policy_for(tmp_path, stages=["newcomer"])
    fresh, old = a_person("lin", unit=team), a_person("zheng", unit=team)
    people.set_stage(actor=None, employee=old.employee, stage="expert", starts_on=date(2026, 1, 1))
    assert is_asked(fresh)
    assert not is_asked(old)


def test_all_that_is_given_has_to_fit(tmp_path, team, phone):
    a_policy_for(tmp_path, posts=["phone"], units=["team-a"])
    assert is_asked(a_person("lin", unit=team, post=phone))
    assert not is_asked(a_person("zheng", unit=a_unit("team-b"), post=phone))


def test_a_lead_sees_as_missing_only_those_whom_it_is_for(tmp_path, team, phone):
    content = a_policy_for(tmp_path, posts=["phone"])
    lin = a_person("lin", unit=team, post=phone)
    a_person("zheng", unit=team)
    lead = a_login("lead", "supervisor", unit=team)
    assert [one.pk for one in library.confirmations(user=lead, content=content).missing] == [lin.employee_id]
    library.confirm_policy(actor=lin, version=content.current)
    found = library.confirmations(user=lead, content=content)
    assert (len(found.done), len(found.missing)) == (1, 0)


def test_a_code_that_the_directory_does_not_have_is_told_at_its_field(tmp_path, phone):
    content = a_policy_for(tmp_path)
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=content)
    body = {**draft.body, "audience": {"posts": ["phone", "astronaut"], "units": ["nowhere"]}}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    found = library.faults_of(draft=draft)
    assert [(one.field, one.reason.params["name"]) for one in found] == [
        ("audience.posts.1", "astronaut"),
        ("audience.units.0", "nowhere"),
    ]
    with pytest.raises(InputError, match="no_such_code"):
        library.submit(actor=writer, draft=draft)


def test_a_new_audience_is_a_new_wording_and_counts_from_its_publication_on(tmp_path, team, phone):
    content = a_policy_for(tmp_path)
    lin = a_person("lin", unit=team)
    writer = a_writer()
    draft = library.start_draft(actor=writer, content=content)
    body = {**draft.body, "audience": {"posts": ["phone"]}}
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    assert is_asked(lin)
    library.publish(actor=a_publisher(), draft=library.submit(actor=writer, draft=draft))
    assert not is_asked(lin)
