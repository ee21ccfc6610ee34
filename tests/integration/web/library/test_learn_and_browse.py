"""The first page of the place, and the list of the library."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peilian.apps.base.api import today_in_company
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from support.company import SmallCompany, a_small_company
from support.library import a_policy, a_publisher, a_writer, an_article, installed, published, the_content
from support.texts import SCRIPT, one_of_each

pytestmark = pytest.mark.django_db
SignIn = Callable[[people.User], Client]


@pytest.fixture
def company(home: Path) -> SmallCompany:
    return a_small_company()


@pytest.fixture
def shelf(company: SmallCompany, tmp_path: Path) -> SmallCompany:
    """The small company with an article, a policy, and a text of every other kind."""
    article = an_article(tags=["退货", "a&b=c"], competencies=["empathy"], review_by="2026-01-02")
    installed(tmp_path / "pack", article, a_policy(), *one_of_each())
    return company


def read(client: Client, name: str, status: int = 200, **query: Any) -> str:
    response = client.get(reverse(name), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def result(text: str) -> str:
    return text[text.index('<ul class="text-list">') :] if '<ul class="text-list">' in text else ""


def test_without_anything_to_read_the_page_says_so(company: SmallCompany, signed_in: SignIn) -> None:
    text = read(signed_in(company.lin), "learn")
    assert "现在没有要读的" in text


def test_policies_to_confirm_come_first(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    text = read(client, "learn")
    assert text.index("客户隐私") < text.index("资料库新内容")
    policy = the_content("mine/privacy", "policy")
    assert policy.current is not None
    library.confirm_policy(actor=shelf.lin, version=policy.current)
    assert "阅读并确认" not in read(client, "learn")


def test_today_names_the_policies_to_confirm(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    text = read(client, "today")
    assert "1 份制度待阅读确认" in text
    assert reverse("library_text", args=["policy", "mine/privacy"]) in text
    policy = the_content("mine/privacy", "policy")
    assert policy.current is not None
    library.confirm_policy(actor=shelf.lin, version=policy.current)
    assert "待阅读确认" not in read(client, "today")


def test_changes_that_come_are_told_with_the_texts_they_touch(shelf: SmallCompany, signed_in: SignIn) -> None:
    today = today_in_company()
    for zh, days in (("退货期延长", 3), ("去年的事", -60)):
        library.announce_change(
            actor=a_publisher(zh), title={"zh": zh}, text=f"改为十五天 {SCRIPT}", effective_on=today + timedelta(days),
            tags=["退货"],
        )  # fmt: skip
    client = signed_in(shelf.lin)
    page = client.get(reverse("learn")).content.decode()
    assert SCRIPT not in page
    assert "退货期延长" in page
    assert "去年的事" not in page
    assert reverse("library_text", args=["article", "mine/returns"]) in page


def test_what_was_written_here_is_news_and_a_pack_is_one_line(shelf: SmallCompany, signed_in: SignIn) -> None:
    published(a_writer(), the_content(), body={"zh": "十五天内可退。"})
    text = read(signed_in(shelf.lin), "learn")
    news = text[text.index('id="fresh-title"') :]
    assert reverse("library_text", args=["article", "mine/returns"]) in news
    assert "?pack=mine" in news
    assert reverse("library_text", args=["glossary", "mine/terms"]) not in news


def test_own_suggestions_come_with_their_answers(shelf: SmallCompany, signed_in: SignIn) -> None:
    row = library.add_comment(actor=shelf.lin, content=the_content(), text="缺少运费", kind="suggestion")
    library.answer_comment(actor=a_writer(), comment=row, state="declined", answer="另有一篇")
    text = read(signed_in(shelf.lin), "learn")
    assert "缺少运费" in text
    assert "另有一篇" in text
    assert "缺少运费" not in read(signed_in(shelf.zheng), "learn")


def test_who_writes_sees_what_waits(shelf: SmallCompany, signed_in: SignIn) -> None:
    writer, publisher = a_writer(), a_publisher()
    draft = library.start_draft(actor=writer, content=the_content())
    draft = library.save_draft(
        actor=writer, draft=draft, body={**draft.body, "body": {"zh": "改"}}, edition=draft.edition
    )
    library.submit(actor=writer, draft=draft)
    library.add_comment(actor=shelf.lin, content=the_content(), text="缺少运费", kind="suggestion")
    text = read(signed_in(publisher), "learn")
    assert "待审核" in text
    assert "1 条意见等待答复" in text
    assert "需要复核" in text
    assert "待审核" not in read(signed_in(writer), "learn")
    assert "需要复核" not in read(signed_in(shelf.lin), "learn")


def test_who_may_not_see_the_library_finds_nothing(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lecturer)
    assert "退货" not in read(client, "learn")
    read(client, "library", status=404)


def test_pages_are_only_read(company: SmallCompany, signed_in: SignIn) -> None:
    for name in ("learn", "library"):
        assert signed_in(company.lin).post(reverse(name)).status_code == 405


def test_an_empty_library_says_what_it_is_for(company: SmallCompany, signed_in: SignIn) -> None:
    text = read(signed_in(company.lin), "library")
    assert "资料库还是空的" in text
    assert reverse("library_new") not in text
    assert reverse("library_new") in read(signed_in(a_writer()), "library")


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ({}, ["article/mine/returns", "policy/mine/privacy", "glossary/mine/terms"], []),
        ({"kind": "law"}, ["law/mine/civil-code", "law/mine/contract-law"], ["policy/mine/privacy"]),
        ({"q": "保温"}, ["manual/mine/cup"], ["law/mine/civil-code"]),
        ({"q": "xyzzyx"}, [], ["manual/mine/cup"]),
        ({"tag": "退货"}, ["article/mine/returns"], ["law/mine/civil-code"]),
        ({"tag": "a&b=c"}, ["article/mine/returns"], ["law/mine/civil-code"]),
        ({"competency": "empathy"}, ["article/mine/returns"], ["law/mine/civil-code"]),
        ({"pack": "own"}, [], ["article/mine/returns"]),
        ({"pack": "mine", "kind": "case"}, ["case/mine/pair", "case/mine/grey"], ["article/mine/returns"]),
        ({"kind": "nonsense"}, [], ["article/mine/returns"]),
    ],
)
def test_choices_narrow_the_list_down(
    shelf: SmallCompany, signed_in: SignIn, query: dict[str, str], there: list[str], not_there: list[str]
) -> None:
    found = result(read(signed_in(shelf.lin), "library", **query))
    assert all(f'href="/learn/library/{place}/"' in found for place in there)
    assert not any(f'href="/learn/library/{place}/"' in found for place in not_there)


def test_who_reads_english_is_told_what_is_in_chinese_and_may_leave_it_out(
    company: SmallCompany, tmp_path: Path, signed_in: SignIn
) -> None:
    installed(tmp_path, an_article(), an_article("mine/invoice") | {"body": {"zh": "先问。", "en": "Ask first."}})
    client = signed_in(company.lin)
    assert "tag-language" not in read(client, "library")
    people.set_language(user=company.lin, language="en")
    page = result(read(client, "library"))
    assert re.findall(r'library/article/(mine/\w+)/"(?:(?!</li>).)*in Chinese', page, re.DOTALL) == ["mine/returns"]
    assert "tag-language" in client.get(reverse("library_text", args=["article", "mine/returns"])).content.decode()
    page = result(read(client, "library", written_in="en"))
    assert "article/mine/invoice/" in page
    assert "article/mine/returns/" not in page


def test_choices_stay_in_every_address_of_the_page(shelf: SmallCompany, signed_in: SignIn) -> None:
    page = signed_in(shelf.lin).get(reverse("library"), {"tag": "a&b=c", "q": "退"}).content.decode()
    assert "tag=a%26b%3Dc&amp;q=%E9%80%80&amp;kind=article" in page


def test_counts_tell_what_another_choice_would_find(shelf: SmallCompany, signed_in: SignIn) -> None:
    text = read(signed_in(shelf.lin), "library", kind="article")
    assert '法律法规 <span class="kind-count">2</span>' in text


def test_states_are_for_who_writes(shelf: SmallCompany, signed_in: SignIn) -> None:
    writer = a_writer()
    library.new_content(actor=writer, kind="article", key="own/draft", title={"zh": "还在写"})
    assert "还在写" in result(read(signed_in(writer), "library", state="new"))
    text = read(signed_in(shelf.lin), "library", state="new")
    assert "还在写" not in text
    assert ">退货</a>" in text


def test_the_latest_come_first_when_asked(shelf: SmallCompany, signed_in: SignIn) -> None:
    published(a_writer(), the_content("mine/pair", "case"), lessons=[{"zh": "新的"}])
    found = result(read(signed_in(shelf.lin), "library", order="recent"))
    assert found.index("两分钟和十分钟") < found.index(">退货</a>")


def test_a_long_list_comes_in_pages(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *(an_article(f"mine/n{n:03}", zh=f"第{n:03}篇") for n in range(60)))
    client = signed_in(company.lin)
    assert "第059篇" not in read(client, "library")
    text = read(client, "library", page="2", kind="article")
    assert "第059篇" in text
    assert "kind=article" in text


def test_more_texts_take_no_more_queries(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    client, counts = signed_in(company.lin), []
    for n in (3, 6, 9):
        installed(tmp_path / "pack", *(an_article(f"mine/n{k}") for k in range(n)), version=str(n))
        read(client, "library")
        with CaptureQueriesContext(connection) as queries:
            read(client, "library", q="退")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_hostile_words_are_words(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    for value in (SCRIPT, "\0", "x" * 5000, "' or 1=1 --", "\ud800"):
        for name in ("q", "tag", "competency", "pack", "kind", "state", "order", "page"):
            response = client.get(reverse("library"), {name: value.encode("utf-8", "surrogatepass")})
            assert response.status_code == 200
            assert SCRIPT not in response.content.decode()


def test_words_that_were_looked_for_are_marked_and_nothing_else_is_code(
    company: SmallCompany, tmp_path: Path, signed_in: SignIn
) -> None:
    installed(tmp_path / "pack", an_article(zh=f"退货 {SCRIPT}", body=f"七天内可退货。{SCRIPT}"))
    page = signed_in(company.lin).get(reverse("library"), {"q": "退货"}).content.decode()
    assert "<mark>退货</mark>" in page
    assert SCRIPT not in page
