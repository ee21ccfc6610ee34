"""What one request has read is not read again, until something is written."""

from __future__ import annotations

import pytest

from peilian.apps.base import api as base
from peilian.apps.people import api as people

pytestmark = pytest.mark.django_db


def test_outside_of_a_request_everything_is_read_anew() -> None:
    numbers = iter(range(9))
    assert [base.remembered("n", lambda: next(numbers)) for _ in range(2)] == [0, 1]


def test_within_a_request_it_is_read_once() -> None:
    numbers = iter(range(9))
    with base.remembering():
        assert [base.remembered("n", lambda: next(numbers)) for _ in range(3)] == [0, 0, 0]
    with base.remembering():
        assert base.remembered("n", lambda: next(numbers)) == 1


def test_a_setting_that_is_changed_within_a_request_is_seen_at_once() -> None:
    with base.remembering():
        assert str(base.company_zone()) == "Asia/Shanghai"
        base.change_company(actor=None, name={"zh": "晴川"}, time_zone="Asia/Urumqi", calendar="always")
        assert str(base.company_zone()) == "Asia/Urumqi"


def test_a_role_that_is_granted_within_a_request_is_seen_at_once() -> None:
    user = people.add_user(actor=None, username="lin", name="林晓禾", password=None)
    with base.remembering():
        assert not people.visible_to(user).grants
        day = base.today_in_company()
        people.grant_role(actor=None, user=user, role="agent", unit=None, starts_on=day)
        assert people.visible_to(user).grants
