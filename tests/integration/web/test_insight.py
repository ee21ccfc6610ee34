"""Insight leads to the first of its pages that one may open, and shows only those beside it."""

from __future__ import annotations

import pytest

INSIGHT = "/insight/"


@pytest.mark.parametrize(
    ("who", "target"),
    [
        ("manager", "/insight/conversations/"),
        ("lin", "/insight/conversations/"),
        ("leadership", "/insight/kpis/"),
    ],
)
def test_insight_leads_to_the_first_open_page(company_with_conversations, signed_in, who, target):
    response = signed_in(getattr(company_with_conversations, who)).get(INSIGHT)
    assert response.status_code == 302
    assert response["Location"] == target


@pytest.mark.parametrize("who", ["admin", "lecturer"])
def test_who_may_open_none_finds_no_insight(company_with_conversations, signed_in, who):
    assert signed_in(getattr(company_with_conversations, who)).get(INSIGHT).status_code == 404


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    assert "/sign-in/" in client.get(INSIGHT)["Location"]


def test_nothing_is_sent_to_insight(company_with_conversations, signed_in):
    assert signed_in(company_with_conversations.manager).post(INSIGHT).status_code == 405


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [("manager", ("kpis", "diagnosis"), ()), ("lin", ("kpis",), ("diagnosis",))],
)
def test_the_tabs_are_those_one_may_open(company_with_conversations, signed_in, who, shown, hidden):
    html = signed_in(getattr(company_with_conversations, who)).get("/insight/conversations/").content.decode()
    tabs = html.split('class="tabs"', 1)[1].split("</nav>", 1)[0]
    assert 'href="/insight/conversations/" aria-current="page"' in tabs
    assert all(f"/insight/{name}/" in tabs for name in shown)
    assert not any(f"/insight/{name}/" in tabs for name in hidden)
