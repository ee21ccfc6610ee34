"""Finding texts as people type them, in the list and in the palette."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from support.company import SmallCompany, a_login, a_small_company
from support.library import a_publisher, an_article, installed, the_content

pytestmark = pytest.mark.django_db
SignIn = Callable[[people.User], Client]


@pytest.fixture
def shelf(home: Path, tmp_path: Path) -> SmallCompany:
    company = a_small_company()
    installed(
        tmp_path / "pack",
        an_article("mine/returns", zh="退换货流程", body="七天无理由退换，<b>运费</b>由谁承担先说清。", tags=["售后"]),
        an_article("mine/invoice", zh="发票抬头", body="开票要的信息一次问齐。", tags=["发票"]),
    )
    return company


def listed(client: Client, **query: str) -> str:
    response = client.get(reverse("library"), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("typed", ["退换货", "thh", "tuihuanhuo", "退换活", "運費", "邮费"])
def test_the_list_finds_what_is_meant(shelf: SmallCompany, signed_in: SignIn, typed: str) -> None:
    text = listed(signed_in(shelf.lin), q=typed)
    assert "/learn/library/article/mine/returns/" in text
    assert "/learn/library/article/mine/invoice/" not in text


def test_words_are_marked_and_what_stands_around_them_is_escaped(shelf: SmallCompany, signed_in: SignIn) -> None:
    text = listed(signed_in(shelf.lin), q="退换货 运费")
    assert "<mark>退换货</mark>流程</a>" in text
    assert "<mark>运费</mark>" in text
    assert "<b>运费</b>" not in text.replace("<mark>", "").replace("</mark>", "")


def test_a_mistyped_word_is_told_with_the_way_to_the_right_one(shelf: SmallCompany, signed_in: SignIn) -> None:
    text = listed(signed_in(shelf.lin), q="退换活流程")
    assert "您要找的是不是" in text
    assert urlencode({"q": "退换货流程"}) in text


def test_facets_count_what_was_found(shelf: SmallCompany, signed_in: SignIn) -> None:
    response = signed_in(shelf.lin).get(reverse("library"), {"q": "退换货"})
    assert response.context["total"] == 1
    assert [link.n for link in response.context["kinds"]] == [1, 1]


@pytest.mark.parametrize("typed", ["mine/invoice", "INVOICE"])
def test_a_text_is_still_found_by_its_key(shelf: SmallCompany, signed_in: SignIn, typed: str) -> None:
    assert "/learn/library/article/mine/invoice/" in listed(signed_in(shelf.lin), q=typed)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '" OR 1=1', "%%", "退" * 200, "\u202e退货", "😀", "'"])
def test_whatever_is_typed_is_answered(shelf: SmallCompany, signed_in: SignIn, typed: str) -> None:
    assert "<script>alert" not in listed(signed_in(shelf.lin), q=typed)


def test_pages_beyond_the_first_come_from_the_index_too(home: Path, tmp_path: Path, signed_in: SignIn) -> None:
    company = a_small_company()
    installed(tmp_path / "pack", *(an_article(f"mine/a{number}", zh=f"退款说明{number}") for number in range(60)))
    client = signed_in(company.lin)
    pages = [client.get(reverse("library"), {"q": "退款说明", "page": number}) for number in (1, 2)]
    keys = [hit.content.key for response in pages for hit in response.context["page"]]
    assert len(keys) == len(set(keys)) == 60
    latest = client.get(reverse("library"), {"q": "退款说明", "order": "recent"})
    assert latest.context["total"] == 60


def some_phrases(**more: object) -> dict[str, object]:
    return {
        "kind": "phrases",
        "schema_version": 1,
        "key": "mine/phrases",
        "title": {"zh": "物流话术"},
        "phrases": [
            {"id": "chat", "when": {"zh": "客户催快递"}, "text": {"zh": "我马上查【单号】。"}, "channels": ["chat"]},
            {"id": "phone", "when": {"zh": "客户来电催快递"}, "text": {"zh": "您别挂，我查。"}, "customers": ["upset"]},
        ],
        **more,
    }


def hits(client: Client, **query: str) -> list[tuple[str, str]]:
    page = client.get(reverse("library"), query).context["page"]
    return [(hit.content.key, hit.anchor) for hit in page]


def test_single_phrases_are_found_by_whom_they_suit(home: Path, tmp_path: Path, signed_in: SignIn) -> None:
    company = a_small_company()
    installed(tmp_path / "pack", some_phrases(), an_article("mine/parcel", zh="催快递", body="快递的事。"))
    client = signed_in(company.lin)
    both = {("mine/phrases", "#phrase-chat"), ("mine/phrases", "#phrase-phone")}
    assert set(hits(client, q="催快递", pieces="1", kind="phrases")) == both
    assert set(hits(client, q="催快递", pieces="1", kind="phrases", channel="phone")) == both - {
        ("mine/phrases", "#phrase-chat")
    }
    only = {"q": "催快递", "pieces": "1", "kind": "phrases", "customer": "new"}
    assert hits(client, **only) == [("mine/phrases", "#phrase-chat")]
    text = listed(client, **only)
    assert 'href="/learn/library/phrases/mine/phrases/#phrase-chat"' in text
    assert '<details class="filter-further is-folded" open>' in text
    assert hits(client, q="催快递", customer="no such customer") == hits(client, q="催快递")


def test_what_is_over_is_found_only_when_that_is_asked_for(home: Path, tmp_path: Path, signed_in: SignIn) -> None:
    company = a_small_company()
    installed(tmp_path / "pack", an_article("mine/over", zh="旧活动", valid_until="2026-01-01"))
    client = signed_in(company.lin)
    for words in ({}, {"q": "旧活动"}):
        assert hits(client, **words) == []
        assert hits(client, **words, days="any") == [("mine/over", "")]


def test_while_the_index_is_made_the_list_says_so(home: Path, tmp_path: Path, signed_in: SignIn) -> None:
    company = a_small_company()
    installed(tmp_path / "pack", *(an_article(f"mine/a{number}", zh=f"退款说明{number}") for number in range(60)))
    text = listed(signed_in(company.lin), q="退款说明")
    assert "检索索引正在建立" in text
    assert "/mine/a0/" in text


def test_a_broken_index_takes_neither_list_nor_palette_down(home: Path, tmp_path: Path, signed_in: SignIn) -> None:
    company = a_small_company()
    installed(tmp_path / "pack", an_article(zh="退换货"))
    (home / "search").write_text("a file where the folder should be")
    client = signed_in(company.lin)
    assert "检索索引暂时用不了" in listed(client, q="退换货")
    assert "/mine/returns/" in client.get(reverse("search"), {"q": "退换货"}).content.decode()


def test_the_palette_finds_texts(shelf: SmallCompany, signed_in: SignIn) -> None:
    text = signed_in(shelf.lin).get(reverse("search"), {"q": "thh"}).content.decode()
    assert "/learn/library/article/mine/returns/" in text
    assert "退换货流程" in text


def test_the_palette_finds_no_text_for_those_outside(shelf: SmallCompany, signed_in: SignIn) -> None:
    outsider = a_login("outsider", "legal_adviser")
    assert "mine/returns" not in signed_in(outsider).get(reverse("search"), {"q": "退换货"}).content.decode()


def test_a_retired_text_is_gone_from_list_and_palette_at_once(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    assert "mine/invoice" in listed(client, q="发票")
    library.retire(actor=a_publisher(), content=the_content("mine/invoice"), why="过时")
    assert "/mine/invoice/" not in listed(client, q="发票")
    assert "/mine/invoice/" not in client.get(reverse("search"), {"q": "发票"}).content.decode()
