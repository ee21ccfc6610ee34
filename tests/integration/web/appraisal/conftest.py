"""What tests of appraisal pages share: the firm, and asking and sending as somebody."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from peilian.apps.people import api as people
from support.appraisals import Firm, a_firm

Ask = Callable[..., str]


@pytest.fixture
def firm(db: None, monkeypatch: pytest.MonkeyPatch) -> Firm:
    return a_firm(monkeypatch)


@pytest.fixture
def page() -> Ask:
    """The page of an address as a user sees it, in plain text of HTML."""

    def get(user: people.User, name: str, *arguments: Any, status: int = 200, **query: Any) -> str:
        client = Client()
        client.force_login(user)
        response = client.get(reverse(name, args=arguments), query)
        assert response.status_code == status, (name, response.status_code)
        return html.unescape(response.content.decode())

    return get


@pytest.fixture
def send() -> Ask:
    """The page that follows what a user sends; ``status`` other than 302: the answer itself."""

    def post(user: people.User, name: str, *arguments: Any, status: int = 302, **fields: Any) -> str:
        client = Client()
        client.force_login(user)
        response = client.post(reverse(name, args=arguments), fields, follow=status == 302)
        if status == 302:
            assert response.redirect_chain, (name, response.status_code)
        else:
            assert response.status_code == status, (name, response.status_code)
        return html.unescape(response.content.decode())

    return post
