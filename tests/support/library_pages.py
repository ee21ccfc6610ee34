"""What tests of the pages of the library share: seeing and sending as somebody, and what a browser would send back."""

from __future__ import annotations

import html
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse, QueryDict
from django.test import Client
from django.urls import reverse

from peilian.apps.library import api as library
from peilian.apps.people import api as people


def client_of(user: people.User) -> Client:
    """A browser in which somebody is signed in."""
    client = Client()
    client.force_login(user)
    return client


def see(user: people.User, name: str, /, *arguments: Any, status: int = 200, **query: Any) -> str:
    """A page as a user sees it."""
    response = client_of(user).get(reverse(name, args=arguments), query)
    assert response.status_code == status, (name, response.status_code)
    return html.unescape(response.content.decode())


def send(user: people.User, name: str, /, *arguments: Any, status: int = 302, **fields: Any) -> str:
    """The page that follows what a user sends; ``status`` other than 302: the answer itself."""
    response = client_of(user).post(reverse(name, args=arguments), fields, follow=status == 302)
    if status == 302:
        assert response.redirect_chain, (name, response.status_code)
    else:
        assert response.status_code == status, (name, response.status_code)
    return html.unescape(response.content.decode())


def form_of(user: people.User, draft: library.Draft, **query: Any) -> QueryDict:
    """The fields of the form of a draft, as a browser would send them back untouched."""
    response = client_of(user).get(reverse("library_draft", args=[draft.pk]), query)
    assert response.status_code == 200
    reader = _Form()
    reader.feed(response.content.decode())
    return reader.found


def send_form(
    user: people.User, draft: library.Draft, data: QueryDict, *, do: str = "save", **headers: str
) -> HttpResponse:
    """Send a form with one of its buttons."""
    data["do"] = do
    return client_of(user).post(
        reverse("library_draft", args=[draft.pk]),
        data.urlencode(),
        content_type="application/x-www-form-urlencoded",
        headers=headers,
    )


def send_data(user: people.User, name: str, /, *arguments: Any, data: QueryDict) -> HttpResponse:
    """Send a form to another address than its own."""
    address = reverse(name, args=arguments)
    return client_of(user).post(address, data.urlencode(), content_type="application/x-www-form-urlencoded")


class _Form(HTMLParser):
    """The successful controls of the form of the editor."""

    def __init__(self) -> None:
        super().__init__()
        self.found = QueryDict(mutable=True)
        self.is_inside = False
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.is_inside = "data-editor" in given
        if not self.is_inside:
            return
        name, value = given.get("name") or "", given.get("value") or ""
        is_choice = given.get("type") in ("radio", "checkbox")
        if tag == "input" and name and (not is_choice or "checked" in given):
            self.found.appendlist(name, value)
        elif tag == "textarea":
            self.area = name
            self.found.appendlist(name, "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.found.appendlist(self.select, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser leaves out the line break after the opening tag, and sends line breaks as CR LF.
            text = self.found[self.area].removeprefix("\n").replace("\n", "\r\n")
            self.found.setlist(self.area, [*self.found.getlist(self.area)[:-1], text])
            self.area = ""
        elif tag == "select":
            self.select = ""
        elif tag == "form":
            self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.area:
            many = self.found.getlist(self.area)
            self.found.setlist(self.area, [*many[:-1], many[-1] + data])
