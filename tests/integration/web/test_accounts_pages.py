"""Signing in, the own account, the language, the inbox."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from support.builders import PASSWORD, a_unit, a_user

pytestmark = pytest.mark.django_db
NEW = "a fresh long secret"
NASTY = "<i>nasty</i>"


@pytest.fixture
def user() -> people.User:
    return a_user("agent", username="xiaohe")


@pytest.fixture
def own(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sign_in(client: Client, name: str = "xiaohe", password: str = PASSWORD, address: str = "10.0.0.1", **more):
    data = {"username": name, "password": password} | more
    return client.post(reverse("sign_in"), data, REMOTE_ADDR=address)


# Signing in


@pytest.mark.parametrize("name", ["xiaohe", "XiaoHe"])
def test_signing_in_leads_to_today_whatever_the_case_of_the_name(client, user, name):
    assert sign_in(client, name).url == reverse("today")
    assert client.get(reverse("account")).status_code == 200


def test_where_one_wanted_to_go_is_kept_through_signing_in(client, user):
    asked = client.get(reverse("account"))
    assert asked.url == f"{reverse('sign_in')}?next={reverse('account')}"
    assert 'name="next" value="/account/"' in client.get(asked.url).content.decode()
    assert sign_in(client, next=reverse("account")).url == reverse("account")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(client, user, target):
    assert sign_in(client, next=target).url == reverse("today")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_nobody_is_sent_elsewhere_after_choosing_a_language(own, target):
    response = own.post(reverse("choose_language"), {"language": "en", "next": target})
    assert response.url == reverse("today")


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client, user):
    def words(response) -> str:
        assert response.status_code == 200
        return response.content.decode().split('role="alert"')[1].split("</div></div>")[0]

    assert words(sign_in(client, "nobody")) == words(sign_in(client, password="wrong"))


def test_a_closed_user_gets_the_same_answer_as_a_wrong_password(client, user):
    people.set_active(actor=None, user=user, is_active=False)
    response = sign_in(client)
    assert response.status_code == 200
    assert "登录名或密码不对" in response.content.decode()


def test_five_failures_lock_the_name_from_that_address_and_from_no_other(client, user):
    answers = [sign_in(client, password="wrong").status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    locked = sign_in(client)
    assert locked.status_code == 429
    assert "15" in locked.content.decode()
    assert sign_in(Client(), address="10.0.0.2").status_code == 302
    a_user(username="other")
    assert sign_in(Client(), "other").status_code == 302


def test_a_success_forgets_the_failures_before_it(client, user):
    for _ in range(4):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 302
    client.post(reverse("sign_out"))
    for _ in range(4):
        assert sign_in(client, password="wrong").status_code == 200
    assert sign_in(client).status_code == 302


def test_the_session_cookie_is_for_the_server_only(client, user):
    cookie = sign_in(client).cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_session_gets_a_new_key_on_signing_in(client, user):
    sign_in(client)
    first = client.session.session_key
    client.post(reverse("sign_out"))
    sign_in(client)
    assert client.session.session_key != first


def test_every_page_forbids_foreign_scripts_and_frames(client):
    headers = client.get(reverse("sign_in")).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_signing_out_is_posted_and_ends_the_session(own):
    assert own.get(reverse("sign_out")).status_code == 405
    assert own.post(reverse("sign_out")).url == reverse("sign_in")
    assert own.get(reverse("account")).status_code == 302


def test_a_form_from_elsewhere_is_refused(user):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403


def test_who_is_signed_in_already_is_not_asked_again(own):
    assert own.get(reverse("sign_in")).url == reverse("today")


# Language


def test_a_guest_keeps_the_language_in_a_cookie(client):
    response = client.post(reverse("choose_language"), {"language": "en", "next": reverse("sign_in")})
    assert response.url == reverse("sign_in")
    assert response.cookies["django_language"]["httponly"]
    assert 'lang="en"' in client.get(reverse("sign_in")).content.decode()


def test_a_user_keeps_the_language_in_the_account(own, user):
    own.post(reverse("choose_language"), {"language": "en", "next": reverse("account")})
    user.refresh_from_db()
    assert user.language == "en"
    assert "My account" in own.get(reverse("account")).content.decode()
    assert own.get(reverse("choose_language")).status_code == 405


# The own account


def change(client: Client, present: str = PASSWORD, new: str = NEW, again: str = NEW):
    return client.post(reverse("account"), {"present": present, "password": new, "again": again})


def test_the_own_password_is_changed_and_other_sessions_end(own, user):
    elsewhere = Client()
    elsewhere.force_login(user)
    assert change(own).url == reverse("account")
    assert own.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"present": "not it"}, "现在的密码不对"),
        ({"again": "another one entirely"}, "两次输入的新密码不一样"),
        ({"new": "short", "again": "short"}, "密码至少 10 位"),
        ({"new": "password123", "again": "password123"}, "太常见"),
        ({"new": "", "again": ""}, "这一项需要填写"),
    ],
)
def test_a_password_that_will_not_do_is_refused_in_words(own, user, wrong, words):
    response = change(own, **wrong)
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert PASSWORD not in page
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_account_shows_the_own_roles_with_their_units():
    lead = a_user("supervisor", unit=a_unit("t", zh="一组"))
    client = Client()
    client.force_login(lead)
    page = client.get(reverse("account")).content.decode()
    assert "客服主管" in page
    assert "一组" in page


# Messages


def test_messages_are_said_in_the_readers_language_and_marked_as_read(own, user):
    base.send(recipient=user, key="inbox.job_done", params={"kind": "contacts.import"}, link="/jobs/x/")
    page = own.get(reverse("messages")).content.decode()
    assert page.count("后台任务已完成：导入会话") == page.count("导入会话") == 1
    assert "1 条新消息" in page
    assert own.post(reverse("messages_read")).url == reverse("messages")
    assert "没有新消息" in own.get(reverse("messages")).content.decode()


def test_nobody_reads_anothers_messages(own):
    base.send(recipient=a_user(), key="inbox.job_done", params={})
    assert "没有消息" in own.get(reverse("messages")).content.decode()


def test_a_message_that_outlived_its_words_is_shown_by_its_key_and_escaped(own, user):
    base.send(recipient=user, key=f"gone.{NASTY}", params={"kind": NASTY})
    page = own.get(reverse("messages")).content.decode()
    assert NASTY not in page
    assert "gone.&lt;i&gt;" in page


@pytest.mark.parametrize(("method", "name"), [("post", "messages"), ("get", "messages_read"), ("put", "account")])
def test_wrong_methods_are_refused(own, method, name):
    assert getattr(own, method)(reverse(name)).status_code == 405


@pytest.mark.parametrize("name", ["account", "messages", "jobs"])
def test_a_guest_has_no_account(client, name):
    assert client.get(reverse(name)).url.startswith(reverse("sign_in"))
