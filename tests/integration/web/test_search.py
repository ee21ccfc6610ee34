"""Search: people, conversations, pages and commands, of which each person finds the own."""

from __future__ import annotations

import pytest

from peilian.apps.people.api import set_language

SEARCH = "/search/"


def hits(client, words: str) -> list[str]:
    """The labels of what is found."""
    response = client.get(SEARCH, {"q": words})
    assert response.status_code == 200
    return [hit.label for group in response.context["groups"] for hit in group.hits]


def test_a_guest_is_asked_to_sign_in(company_with_conversations, client):
    assert client.get(SEARCH).status_code == 302


def test_nothing_is_sent_to_search(company_with_conversations, signed_in):
    assert signed_in(company_with_conversations.manager).post(SEARCH).status_code == 405


@pytest.mark.parametrize(
    ("who", "words", "finds"),
    [
        ("manager", "郑凯", True),
        ("lead_b", "郑凯", True),
        ("lead_a", "郑凯", False),
        ("lin", "郑凯", False),
        ("manager", "shop:zheng", True),
    ],
)
def test_people_are_found_by_those_who_may_see_them(company_with_conversations, signed_in, who, words, finds):
    assert ("郑凯" in hits(signed_in(getattr(company_with_conversations, who)), words)) is finds


@pytest.mark.parametrize(
    ("who", "words", "finds"),
    [
        ("manager", "给您到账", True),
        ("lead_a", "给您到账", True),
        ("lin", "给您到账", True),
        ("lead_b", "给您到账", False),
        ("leadership", "给您到账", False),
        ("lecturer", "给您到账", False),
    ],
)
def test_conversations_are_found_by_their_words(company_with_conversations, signed_in, who, words, finds):
    assert ("退款怎么还没到！！气死我了" in hits(signed_in(getattr(company_with_conversations, who)), words)) is finds


def test_a_conversation_is_found_by_its_number(company_with_conversations, signed_in):
    response = signed_in(company_with_conversations.manager).get(SEARCH, {"q": "b/one"})
    assert 'href="/insight/conversations/b/one/"' in response.content.decode()
    assert hits(signed_in(company_with_conversations.lin), "b/one") == []


def test_more_hits_than_fit_lead_to_the_list(company_with_conversations, signed_in, monkeypatch):
    monkeypatch.setattr("peilian.web.search.hits.MOST", 1)
    response = signed_in(company_with_conversations.manager).get(SEARCH, {"q": "快递"})
    assert "查看全部" not in response.content.decode()
    html = signed_in(company_with_conversations.manager).get(SEARCH, {"q": "您"}).content.decode()
    assert "查看全部" not in html  # one sign alone is no search for words
    html = signed_in(company_with_conversations.manager).get(SEARCH, {"q": "给您"}).content.decode()
    assert "查看全部 2 条" in html


def test_pages_and_commands_are_those_one_may_open(company_with_conversations, signed_in):
    assert "导入会话" in hits(signed_in(company_with_conversations.manager), "import")
    assert "导入会话" not in hits(signed_in(company_with_conversations.lin), "import")
    assert "有投诉的会话" in hits(signed_in(company_with_conversations.lin), "投诉")
    assert "有投诉的会话" not in hits(signed_in(company_with_conversations.leadership), "投诉")


def test_an_empty_search_offers_pages(company_with_conversations, signed_in):
    assert "今日" in hits(signed_in(company_with_conversations.lin), "")


def test_the_palette_gets_options_and_a_browser_without_scripts_a_page(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    part = client.get(SEARCH, {"q": "郑凯"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'role="option"' in part
    assert 'role="group"' in part
    page = client.get(SEARCH, {"q": "郑凯"}).content.decode()
    assert "<html" in page
    assert 'value="郑凯"' in page


def test_what_was_typed_is_shown_and_never_run(company_with_conversations, signed_in):
    client = signed_in(company_with_conversations.manager)
    for headers in ({}, {"HX-Request": "true"}):
        html = client.get(SEARCH, {"q": '<script>alert(9)</script>"'}, headers=headers).content.decode()
        assert "<script>alert(9)" not in html
        assert "没有找到" in html
        found = client.get(SEARCH, {"q": "杯子"}, headers=headers).content.decode()
        assert "&lt;script&gt;alert(1)" in found
        assert "<script>alert(1)" not in found


@pytest.mark.parametrize("words", ["%", "_", "'", "\\", "\0", "  ", "好" * 500])
def test_no_sign_breaks_the_search(company_with_conversations, signed_in, words):
    assert signed_in(company_with_conversations.manager).get(SEARCH, {"q": words}).status_code == 200


def test_an_english_reader_finds_pages_by_english_names(company_with_conversations, signed_in):
    set_language(user=company_with_conversations.manager, language="en")
    assert "Conversations with a fault" in hits(signed_in(company_with_conversations.manager), "fault")
