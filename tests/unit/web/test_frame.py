"""The frame: places for those who may, error pages, the sign-in page, and texts in two languages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.utils import translation

from peilian.apps.people.api import Permission
from peilian.web.shell import errors, navigation

urlpatterns = [
    path("", lambda request: None, name="today"),
    path("insight/", lambda request: None, name="insight"),
    path("insight/kpis/", lambda request: None, name="kpis"),
    path("team/", lambda request: None, name="team"),
    path("learn/", lambda request: None, name="learn"),
]


@pytest.fixture
def _addresses(settings):
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/nowhere/")
    request.user = AnonymousUser()
    return request


@pytest.mark.usefixtures("_addresses")
def test_a_place_is_shown_only_to_those_who_may_enter():
    nobody = navigation.links(lambda permission: False, "/")
    assert [link.href for link in nobody] == ["/", "/learn/"]
    leader = navigation.links(lambda permission: permission is Permission.SEE_PEOPLE, "/")
    assert [link.href for link in leader] == ["/", "/learn/", "/team/"]


@pytest.mark.usefixtures("_addresses")
def test_a_place_without_an_address_is_no_dead_link():
    everything = navigation.links(lambda permission: True, "/")
    assert [link.href for link in everything] == ["/", "/insight/", "/learn/", "/team/"]


@pytest.mark.usefixtures("_addresses")
@pytest.mark.parametrize(("at", "current"), [("/", "/"), ("/insight/kpis/", "/insight/"), ("/elsewhere/", None)])
def test_the_place_one_is_in_is_marked(at, current):
    marked = [link.href for link in navigation.links(lambda permission: True, at) if link.is_current]
    assert marked == ([current] if current else [])


def test_a_phone_shows_at_most_five_places_in_its_bar():
    seven = [navigation.Link(str(at), "sun", f"/{at}/", False) for at in range(7)]
    bar, more = navigation.split_for_bar(seven)
    assert (len(bar), len(more)) == (4, 3)
    assert navigation.split_for_bar(seven[:5]) == (seven[:5], [])


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "这里没有可看的内容"), ("en", "Nothing to see here")])
def test_absent_and_forbidden_give_the_same_page(request_, language, words):
    with translation.override(language):
        absent = errors.not_found(request_)
        forbidden = errors.not_found(request_, PermissionError())
    assert words in absent.content.decode()
    assert absent.status_code == forbidden.status_code == 404
    # The token of forms is masked anew each time; without it the two are the same.
    assert _without_token(absent) == _without_token(forbidden)


def _without_token(response) -> str:
    lines = response.content.decode().splitlines()
    return "\n".join(line for line in lines if "csrf" not in line)


def test_a_request_that_cannot_be_read_and_a_form_that_expired_say_what_was_kept(request_):
    with translation.override("zh-hans"):
        assert "什么都没有改动" in errors.bad_request(request_).content.decode()
        expired = errors.csrf_failure(request_)
    assert expired.status_code == 403
    assert "没有保存" in expired.content.decode()


def test_the_page_of_a_failure_needs_no_request_and_speaks_both_languages():
    page = errors.server_error(RequestFactory().get("/"))
    assert page.status_code == 500
    assert "出了点问题" in page.content.decode()
    assert "Something went wrong" in page.content.decode()


@pytest.mark.parametrize(("language", "html_lang"), [("zh-hans", "zh-CN"), ("en", "en")])
def test_every_page_says_its_language(request_, language, html_lang):
    with translation.override(language):
        page = render_to_string("shell/sign_in.html", {"form": SimpleNamespace()}, request=request_)
    assert f'<html lang="{html_lang}"' in page


@pytest.mark.parametrize(
    ("cookie", "attribute"), [("dark", 'data-bs-theme="dark"'), ("nonsense", 'data-theme-choice="auto"')]
)
def test_the_chosen_theme_is_drawn_by_the_server(request_, cookie, attribute):
    request_.COOKIES["theme"] = cookie
    page = render_to_string("errors/404.html", request=request_)
    assert attribute in page.splitlines()[1]
