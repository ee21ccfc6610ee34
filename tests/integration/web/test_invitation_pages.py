"""Invitations on pages: links are made by who may, taken home, opened once."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.people import api as people
from support.builders import a_user

pytestmark = pytest.mark.django_db
SECRET = "一句只有自己知道的话 1"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(a_user("administrator", username="admin"))
    return client


@pytest.fixture
def waiting() -> people.User:
    return people.add_user(actor=None, username="xiaohe", name="林晓禾", password=None)


def link(admin: Client, user: people.User) -> str:
    page = admin.post(reverse("user_invite", args=[user.pk])).content.decode()
    return page.partition('readonly value="')[2].partition('"')[0].removeprefix("http://testserver")


def test_a_link_is_shown_once_and_lets_its_person_in(admin: Client, waiting: people.User) -> None:
    address = link(admin, waiting)
    assert address not in admin.get(reverse("user", args=[waiting.pk])).content.decode()
    guest = Client()
    page = guest.get(address)
    assert page.status_code == 200
    assert "xiaohe" in page.content.decode()
    assert page.headers["Cache-Control"].startswith("max-age=0")
    done = guest.post(address, {"password": SECRET, "again": SECRET})
    assert (done.status_code, done.headers["Location"]) == (302, reverse("today"))
    assert guest.get(reverse("account")).status_code == 200
    assert Client().get(address).status_code == 410


@pytest.mark.parametrize(("password", "again"), [("short", "short"), (SECRET, "another one entirely"), ("", "")])
def test_a_password_that_will_not_do_is_refused_beside_the_field(
    admin: Client, waiting: people.User, password: str, again: str
) -> None:
    address = link(admin, waiting)
    assert Client().post(address, {"password": password, "again": again}).status_code == 422
    waiting.refresh_from_db()
    assert not waiting.has_usable_password()


def test_a_link_that_is_none_says_what_to_do(waiting: people.User) -> None:
    response = Client().get(reverse("invitation", args=[waiting.pk, "abc-def"]))
    assert response.status_code == 410
    assert reverse("sign_in") in response.content.decode()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_all_links_are_taken_home_as_a_table(admin: Client, waiting: people.User, form: str) -> None:
    assert "林晓禾" in admin.get(reverse("invitations")).content.decode()
    table = admin.post(reverse("invitations"), {"form": form})
    assert table.headers["Content-Disposition"] == f'attachment; filename="invitations.{form}"'
    if form == "csv":
        line = table.content.decode("utf-8-sig").splitlines()[1]
        assert line.startswith(",林晓禾,xiaohe,http://testserver/invitation/")


def test_nobody_waits_and_the_page_says_so(admin: Client) -> None:
    page = admin.get(reverse("invitations")).content.decode()
    assert reverse("roster_import") in page


def test_who_has_a_password_gets_no_link(admin: Client) -> None:
    other = a_user("agent", username="has-one")
    assert admin.post(reverse("user_invite", args=[other.pk])).headers["Location"] == reverse("user", args=[other.pk])


@pytest.mark.parametrize("role", ["agent", "training_manager"])
def test_for_others_there_are_no_invitations(waiting: people.User, role: str) -> None:
    client = Client()
    client.force_login(a_user(role, username="other"))
    assert client.get(reverse("invitations")).status_code == 404
    assert client.post(reverse("user_invite", args=[waiting.pk])).status_code == 404


def test_an_invitation_is_made_by_pressing_a_button_only(admin: Client, waiting: people.User) -> None:
    assert admin.get(reverse("user_invite", args=[waiting.pk])).status_code == 405


def test_a_user_is_added_without_a_password(admin: Client) -> None:
    data = {"username": "gao", "name": "高岚", "employee": "", "password": "", "language": "zh"}
    assert admin.post(reverse("user_new"), data).status_code == 302
    assert not people.User.objects.get(username="gao").has_usable_password()
