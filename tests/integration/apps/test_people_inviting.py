"""People who are added without a password: by the roster or one by one, and how they come to sign in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from peilian.apps.people import api as people
from peilian.apps.people import inviting
from peilian.engine._kernel import InputError
from peilian.flows.roster import read_roster
from support.builders import a_unit, a_user

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
SECRET = "一句只有自己知道的话 1"


def roster(tmp_path: Path, *lines: str, head: str = "工号,姓名,登录名,角色") -> Any:
    path = tmp_path / "roster.csv"
    path.write_text("\n".join((head, *lines)), encoding="utf-8")
    return read_roster(path)


def bring(tmp_path: Path, *lines: str, actor: people.User | None = None) -> people.RosterReport:
    return people.import_roster(actor=actor, rows=roster(tmp_path, *lines), default_from=DAY)


def first_fault(tmp_path: Path, *lines: str, actor: people.User | None = None) -> tuple[int | None, str]:
    with pytest.raises(InputError) as caught:
        bring(tmp_path, *lines, actor=actor)
    fault = caught.value.faults[0]
    return fault.row, fault.reason.key


def test_a_roster_adds_users_with_roles_and_without_passwords(tmp_path: Path) -> None:
    report = bring(tmp_path, "1,林晓禾,xiaohe,客服", "2,郑凯,zhengkai,", "3,高岚,,")
    assert report.added == 3
    users = {user.username: user for user in people.User.objects.all()}
    assert set(users) == {"xiaohe", "zhengkai"}
    assert not any(user.has_usable_password() for user in users.values())
    assert all([grant.role for grant in people.visible_to(user).grants] == ["agent"] for user in users.values())
    assert users["xiaohe"].employee.number == "1"


def test_the_same_roster_twice_adds_nothing(tmp_path: Path) -> None:
    bring(tmp_path, "1,林晓禾,xiaohe,导师")
    report = bring(tmp_path, "1,林晓禾,xiaohe,mentor")
    assert (report.added, report.changed, report.unchanged) == (0, 0, 1)
    assert people.RoleGrant.objects.count() == 1


def test_a_roster_gives_sign_in_names_to_people_who_are_there_already(tmp_path: Path) -> None:
    people.add_employee(actor=None, number="1", name="林晓禾")
    report = bring(tmp_path, "1,林晓禾,xiaohe,")
    assert [change.what for change in report.changes] == [("user",)]
    assert people.User.objects.get().employee.number == "1"


def test_a_roster_that_contradicts_itself_or_the_directory_names_the_row(tmp_path: Path) -> None:
    assert first_fault(tmp_path, "1,林晓禾,same,", "2,郑凯,SAME,") == (3, "roster.username_of_another")
    assert first_fault(tmp_path, "1,林晓禾,,客服") == (2, "roster.role_needs_username")
    assert first_fault(tmp_path, "1,林晓禾,xiaohe,管理员") == (2, "roster.role_not_by_roster")
    assert people.User.objects.count() == people.Employee.objects.count() == 0
    bring(tmp_path, "1,林晓禾,xiaohe,")
    assert first_fault(tmp_path, "1,林晓禾,another,") == (2, "roster.has_username")


def test_a_role_that_was_ended_does_not_come_back_unasked(tmp_path: Path) -> None:
    bring(tmp_path, "1,林晓禾,xiaohe,")
    people.end_grant(actor=None, grant=people.RoleGrant.objects.get())
    bring(tmp_path, "1,林晓禾,xiaohe,")
    assert people.RoleGrant.objects.count() == 1
    bring(tmp_path, "1,林晓禾,xiaohe,学员")
    assert people.RoleGrant.objects.order_by("id").last().role == "trainee"


def test_somebody_who_signs_in_already_is_joined_to_the_employee_and_gets_the_role(tmp_path: Path) -> None:
    user = people.add_user(actor=None, username="wang", name="王敏", password=None)
    head = "工号,姓名,子账号,登录名,角色"
    rows = roster(tmp_path, "1,王敏,a1,wang,客服", "1,王敏,a2,wang,客服", head=head)
    people.import_roster(actor=None, rows=rows, default_from=DAY)
    user.refresh_from_db()
    assert user.employee.number == "1"
    assert [grant.role for grant in people.visible_to(user).grants] == ["agent"]


def test_who_may_not_grant_roles_brings_people_but_no_users(tmp_path: Path) -> None:
    manager = a_user("training_manager", username="manager")
    assert first_fault(tmp_path, "1,林晓禾,xiaohe,", actor=manager) == (2, "roster.may_not_add_users")
    bring(tmp_path, "1,林晓禾,,", actor=manager)
    assert people.Employee.objects.filter(number="1").exists()


def test_several_rows_of_a_person_who_is_new_are_still_a_history(tmp_path: Path) -> None:
    head = "工号,姓名,小组,阶段,子账号,导师,开始"
    rows = roster(
        tmp_path, "1,林晓禾,一组,新人,a1,2,2026-03-02", "1,林晓禾,二组,在岗,a2,,2026-04-01",
        "2,郑凯,一组,骨干,a3,,2026-03-02", head=head,
    )  # fmt: skip
    people.import_roster(actor=None, rows=rows, default_from=DAY)
    places = people.Membership.objects.filter(employee__number="1").order_by("starts_on")
    assert [(place.unit.name["zh"], place.ends_on) for place in places] == [("一组", date(2026, 4, 1)), ("二组", None)]
    again = people.import_roster(actor=None, rows=rows, default_from=DAY)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)


@pytest.fixture
def waiting() -> people.User:
    return people.add_user(actor=None, username="xiaohe", name="林晓禾", password=None)


def token_of(user: people.User) -> str:
    (made,) = people.invite(actor=None, users=[user])
    return made.token


def test_an_invitation_lets_somebody_choose_the_first_password_once(waiting: people.User) -> None:
    token = token_of(waiting)
    assert people.invited(user_id=waiting.pk, token=token) == waiting
    done = people.accept_invitation(user_id=waiting.pk, token=token, password=SECRET)
    assert done.check_password(SECRET)
    assert people.invited(user_id=waiting.pk, token=token) is None
    with pytest.raises(InputError):
        people.accept_invitation(user_id=waiting.pk, token=token, password="another long secret")
    assert people.invite(actor=None, users=[done]) == []


def test_a_weak_password_is_refused_and_the_invitation_stays(waiting: people.User) -> None:
    token = token_of(waiting)
    with pytest.raises(InputError):
        people.accept_invitation(user_id=waiting.pk, token=token, password="123")
    assert people.invited(user_id=waiting.pk, token=token) is not None


def test_an_invitation_runs_out_after_fourteen_days(waiting: people.User) -> None:
    token = token_of(waiting)
    for days, holds in ((13, True), (15, False)):
        later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=days)
        with mock.patch.object(inviting._tokens, "_now", return_value=later):
            assert (people.invited(user_id=waiting.pk, token=token) is not None) == holds


def test_the_token_of_one_user_opens_no_other(waiting: people.User) -> None:
    other = people.add_user(actor=None, username="kai", name="郑凯", password=None)
    assert people.invited(user_id=other.pk, token=token_of(waiting)) is None
    assert people.invited(user_id=waiting.pk, token="x") is None


def test_a_user_who_is_shut_out_cannot_take_an_invitation_up(waiting: people.User) -> None:
    token = token_of(waiting)
    people.set_active(actor=None, user=waiting, is_active=False)
    assert people.invited(user_id=waiting.pk, token=token) is None
    assert people.invite(actor=None, users=[waiting]) == []


def test_only_who_may_grant_roles_invites(waiting: people.User) -> None:
    with pytest.raises(people.NotVisibleError):
        people.invite(actor=a_user("supervisor", username="lead", unit=a_unit()), users=[waiting])


def test_waiting_are_those_without_a_password(waiting: people.User) -> None:
    a_user("agent", username="has-one")
    assert list(people.waiting_users()) == [waiting]
