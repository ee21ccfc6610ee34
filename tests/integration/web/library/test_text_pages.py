"""The page of one text, its versions, confirming and commenting."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peilian.adapters.packs.trees import document_of
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.web.library import shown
from support.builders import a_user, an_employee
from support.company import SmallCompany, a_small_company
from support.library import a_policy, a_publisher, a_writer, an_article, installed, published, the_content
from support.texts import SCRIPT, a_pair, a_procedure, one_of_each

pytestmark = pytest.mark.django_db
SignIn = Callable[[people.User], Client]


@pytest.fixture
def company(home: Path) -> SmallCompany:
    return a_small_company()


@pytest.fixture
def shelf(company: SmallCompany, tmp_path: Path) -> SmallCompany:
    """The small company with an article and a policy."""
    article = an_article(related=["policy:mine/privacy"], covers=["KB-02"], tags=["退货"], review_by="2026-01-02")
    installed(tmp_path / "pack", article, a_policy())
    return company


def read(client: Client, name: str, *arguments: Any, status: int = 200, **query: Any) -> str:
    response = client.get(reverse(name, args=arguments), query)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def test_a_reader_sees_the_text_and_what_belongs_to_it(shelf: SmallCompany, signed_in: SignIn) -> None:
    text = read(signed_in(shelf.lin), "library_text", "article", "mine/returns")
    assert "七天内可退" in text
    assert reverse("library_text", args=["policy", "mine/privacy"]) in text
    assert "#退货" in text or ">退货<" in text


def test_requirement_ids_and_work_are_for_who_writes(shelf: SmallCompany, signed_in: SignIn) -> None:
    edit = reverse("library_edit", args=["article", "mine/returns"])
    text = read(signed_in(shelf.lin), "library_text", "article", "mine/returns")
    assert "KB-02" not in text
    assert edit not in text
    text = read(signed_in(a_writer()), "library_text", "article", "mine/returns")
    assert "KB-02" in text
    assert edit in text


def test_absent_and_not_published_and_forbidden_are_the_same_answer(shelf: SmallCompany, signed_in: SignIn) -> None:
    writer = a_writer()
    library.new_content(actor=writer, kind="article", key="own/draft", title={"zh": "草稿"})
    read(signed_in(shelf.lin), "library_text", "article", "own/draft", status=404)
    read(signed_in(shelf.lin), "library_text", "article", "own/absent", status=404)
    read(signed_in(shelf.lin), "library_text", "nonsense", "own/absent", status=404)
    read(signed_in(shelf.lecturer), "library_text", "article", "mine/returns", status=404)
    text = read(signed_in(writer), "library_text", "article", "own/draft")
    assert "还没有发布" in text


def test_pages_are_only_read(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    for name in ("library_text", "library_versions"):
        assert client.post(reverse(name, args=["article", "mine/returns"])).status_code == 405
    for name in ("library_confirm", "library_comment"):
        assert client.get(reverse(name, args=["article", "mine/returns"])).status_code == 405


def test_a_retired_text_says_so_and_is_still_read(shelf: SmallCompany, signed_in: SignIn) -> None:
    library.retire(actor=a_publisher(), content=the_content(), why="换了规则")
    text = read(signed_in(shelf.lin), "library_text", "article", "mine/returns")
    assert "已停用" in text
    assert "换了规则" in text
    back = reverse("library_restore", args=["article", "mine/returns"])
    assert back not in text
    assert back in read(signed_in(a_publisher("second")), "library_text", "article", "mine/returns")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_has_its_page(company: SmallCompany, tmp_path: Path, signed_in: SignIn, language: str) -> None:
    installed(tmp_path / "pack", *one_of_each())
    client = signed_in(a_user("agent", employee=an_employee("读者"), language=language))
    for document in one_of_each():
        response = client.get(reverse("library_text", args=[document["kind"], document["key"]]))
        page = response.content.decode()
        assert response.status_code == 200
        assert document["title"]["zh"] in page
        assert SCRIPT not in page
        assert "style=" not in page.split("<main")[1]


def test_phrases_are_chosen_by_whom_they_are_for(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *one_of_each())
    client = signed_in(company.lin)
    text = read(client, "library_text", "phrases", "mine/late")
    assert text.index("禁止说") < text.index("稍等")
    assert '<span class="phrase-gap">【钟点】</span>' in text
    assert "录音告知" in text
    assert "停用" in text
    text = read(client, "library_text", "phrases", "mine/late", channels="phone")
    assert "电话里" in text
    text = read(client, "library_text", "phrases", "mine/late", customers="high_value")
    assert "今天给您答复" in text
    assert "回您电话" in text  # what this text does not offer is no choice


def test_a_term_is_found_among_all(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *one_of_each())
    client = signed_in(company.lin)
    text = read(client, "library_text", "glossary", "mine/terms", find="HUB")
    assert "分拨中心" in text
    assert "冲正" not in text
    assert "没有包含“月亮”的术语" in read(client, "library_text", "glossary", "mine/terms", find="月亮")


def test_a_law_that_was_replaced_names_the_new_one(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *one_of_each())
    text = read(signed_in(company.lin), "library_text", "law", "mine/contract-law")
    assert "已被取代" in text or "替代" in text or "取代" in text
    assert reverse("library_text", args=["law", "mine/civil-code"]) in text


def test_a_decision_tree_is_walked_answer_by_answer(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *one_of_each())
    client = signed_in(company.lin)

    def walk(path: str) -> str:
        page = read(client, "library_text", "decision-tree", "mine/angry", path=path)
        return page[page.index('id="walk"') : page.index('id="steps-title"')]

    assert "有没有威胁" in walk("")
    assert "骂事还是骂人" in walk("1")
    assert 'href="?path=1-0#walk"' in walk("1")
    end = walk("1-0")
    assert "我马上办" in end
    assert 'href="?path=1#walk"' in end  # back
    assert "骂事还是骂人" in walk("1-9-0")  # what makes no sense is left out from there on
    assert "有没有威胁" in walk("-1-x-²")


def test_a_procedure_is_a_list_and_a_drawing(company: SmallCompany, tmp_path: Path, signed_in: SignIn) -> None:
    installed(tmp_path / "pack", *one_of_each())
    text = read(signed_in(company.lin), "library_text", "procedure", "mine/refund")
    assert '<li id="step-judge"' in text
    assert 'href="#step-check"' in text
    assert '<svg class="flow"' in text
    assert "<strong>规则</strong>" in text


def test_a_procedure_that_is_too_large_for_a_drawing_is_a_list_and_says_so(
    company: SmallCompany, tmp_path: Path, signed_in: SignIn
) -> None:
    steps = [{"id": f"s{n}", "title": {"zh": f"第{n}步"}} for n in range(61)]
    installed(tmp_path / "pack", a_procedure() | {"steps": steps})
    text = read(signed_in(company.lin), "library_text", "procedure", "mine/refund")
    assert '<svg class="flow"' not in text
    assert "步骤太多，不适合画成图" in text
    assert '<li id="step-s60"' in text


def test_what_a_drill_looks_for_is_for_who_writes(company: SmallCompany, signed_in: SignIn) -> None:
    library.install_packs()
    row = library.Content.objects.filter(kind="scenario", state="published").select_related("current").first()
    assert row is not None
    model = library.document_of(row.current, user=None).required[0].model.zh  # type: ignore[union-attr, attr-defined]
    text = read(signed_in(company.lin), "library_text", "scenario", row.key)
    assert model not in text
    assert reverse("drill_start", args=[row.key]) in text
    read(signed_in(company.lin), "library_compare", "scenario", row.key, status=404)
    assert reverse("library_versions", args=["scenario", row.key]) not in text
    read(signed_in(company.lin), "library_versions", "scenario", row.key, status=404)
    read(signed_in(company.lin), "library_version", row.current_id, status=404)
    writer = a_writer()
    assert model in read(signed_in(writer), "library_text", "scenario", row.key)
    read(signed_in(writer), "library_compare", "scenario", row.key)


def test_an_older_wording_says_so_and_leads_to_the_present_one(shelf: SmallCompany, signed_in: SignIn) -> None:
    first = the_content().current
    assert first is not None
    second = published(a_writer(), the_content(), body={"zh": "十五天内可退。"})
    client = signed_in(shelf.lin)
    text = read(client, "library_version", first.pk)
    assert "这是旧版本" in text
    assert "七天内可退" in text
    here = reverse("library_text", args=["article", "mine/returns"])
    assert here in text
    assert client.get(reverse("library_version", args=[second.pk]))["Location"] == here
    read(client, "library_version", uuid4(), status=404)
    read(signed_in(shelf.lecturer), "library_version", first.pk, status=404)


def test_a_wording_that_no_longer_fits_its_kind_is_not_shown_in_part(
    shelf: SmallCompany, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(version: library.ContentVersion, *, user: people.User) -> None:
        raise InputError(Fault(Reason("pack.wrong_value", {"problem": "x"}), field="body"))

    monkeypatch.setattr(library, "document_of", refuse)
    text = read(signed_in(shelf.lin), "library_text", "article", "mine/returns")
    assert "这个版本无法显示" in text
    assert "七天内可退" not in text


def test_a_kind_without_a_page_of_its_own_is_shown_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "_SHOWN", {})
    page = shown.rendered(document_of(a_pair()), "zh")
    assert "差异" in page
    assert "查物流" in page
    assert SCRIPT not in page


def test_a_packs_wording_that_own_changes_kept_out_is_no_older_one(
    shelf: SmallCompany, tmp_path: Path, signed_in: SignIn
) -> None:
    published(a_writer(), the_content(), body={"zh": "十五天内可退。"})
    installed(tmp_path / "pack", an_article(body="七天内可退，运费自理。"), a_policy(), version="2")
    kept_out = library.ContentVersion.objects.filter(content=the_content(), pack_version="2").get()
    assert "没有采用" in read(signed_in(a_writer("other")), "library_version", kept_out.pk)
    read(signed_in(shelf.lin), "library_version", kept_out.pk, status=404)


def test_versions_are_listed_and_compared(shelf: SmallCompany, signed_in: SignIn) -> None:
    published(a_writer(), the_content(), body={"zh": "十五天内可退。"})
    client = signed_in(shelf.lin)
    text = read(client, "library_versions", "article", "mine/returns")
    assert 'name="one" value="1"' in text
    assert 'name="other" value="2"' in text
    assert f'action="{reverse("library_compare", args=["article", "mine/returns"])}"' in text
    text = read(client, "library_compare", "article", "mine/returns", one="1", other="2")
    assert "七" in text
    assert "十五" in text
    read(signed_in(shelf.lin), "library_versions", "article", "mine/absent", status=404)
    read(signed_in(shelf.lecturer), "library_versions", "article", "mine/returns", status=404)


def test_a_policy_is_read_and_confirmed_once(shelf: SmallCompany, signed_in: SignIn) -> None:
    client, policy = signed_in(shelf.lin), the_content("mine/privacy", "policy")
    here = reverse("library_text", args=["policy", "mine/privacy"])
    assert 'id="confirm"' in read(client, "library_text", "policy", "mine/privacy")
    address, fields = reverse("library_confirm", args=["policy", "mine/privacy"]), {"version": str(policy.current_id)}
    client.post(address, fields)
    assert not library.Confirmation.objects.exists()  # not ticked
    assert client.post(address, {**fields, "read": "on"})["Location"] == here
    client.post(address, {**fields, "read": "on"})
    assert library.Confirmation.objects.get().employee_id == shelf.lin.employee_id
    text = read(client, "library_text", "policy", "mine/privacy")
    assert "您已确认这一版" in text
    assert 'name="read"' not in text


def test_only_the_wording_that_was_read_can_be_confirmed(shelf: SmallCompany, signed_in: SignIn) -> None:
    policy = the_content("mine/privacy", "policy")
    old = policy.current_id
    published(a_writer(), policy, body={"zh": "更严。"})
    client = signed_in(shelf.lin)
    address = reverse("library_confirm", args=["policy", "mine/privacy"])
    client.post(address, {"version": str(old), "read": "on"})
    client.post(address, {"version": str(the_content().current_id), "read": "on"})  # of another text
    assert client.post(address, {"version": "x", "read": "on"}).status_code == 404
    assert client.post(address, {"version": str(uuid4()), "read": "on"}).status_code == 404
    assert not library.Confirmation.objects.exists()


def test_who_is_no_employee_has_nothing_to_confirm(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.admin)
    response = client.get(reverse("library_text", args=["policy", "mine/privacy"]))
    assert 'name="read"' not in response.content.decode()


def test_a_wording_of_tomorrow_names_the_one_of_today(shelf: SmallCompany, signed_in: SignIn) -> None:
    before = the_content("mine/privacy", "policy").current
    assert before is not None
    published(a_writer(), the_content("mine/privacy", "policy"), effective_from="2099-01-01")
    text = read(signed_in(shelf.lin), "library_text", "policy", "mine/privacy")
    assert "起生效" in text
    assert reverse("library_version", args=[before.pk]) in text


def test_a_suggestion_is_kept_and_shown_with_its_answer(shelf: SmallCompany, signed_in: SignIn) -> None:
    client = signed_in(shelf.lin)
    address = reverse("library_comment", args=["article", "mine/returns"])
    sent = client.post(address, {"text": f"缺少运费 {SCRIPT}", "kind": "suggestion"})
    row = library.Comment.objects.get()
    # The browser kept what was typed; what follows tells it that it was sent.
    assert f'data-drop-draft="comment-{row.content_id}"' in client.get(sent["Location"]).content.decode()
    assert row.kind == "suggestion"
    library.answer_comment(actor=a_writer(), comment=row, state="accepted", answer="已补上")
    page = client.get(reverse("library_text", args=["article", "mine/returns"])).content.decode()
    assert SCRIPT not in page
    assert "缺少运费" in page
    assert "已补上" in page


@pytest.mark.parametrize(
    "fields", [{"text": "", "kind": "comment"}, {"text": "好", "kind": "order"}, {"text": "x" * 3000}]
)
def test_a_comment_that_cannot_be_kept_is_shown_again(shelf: SmallCompany, signed_in: SignIn, fields: Any) -> None:
    response = signed_in(shelf.lin).post(reverse("library_comment", args=["article", "mine/returns"]), fields)
    assert response.status_code == 422
    assert not library.Comment.objects.exists()


def test_comments_of_what_one_may_not_see_are_refused(shelf: SmallCompany, signed_in: SignIn) -> None:
    fields = {"text": "好", "kind": "comment"}
    for who, key in ((shelf.lecturer, "mine/returns"), (shelf.lin, "mine/absent")):
        address = reverse("library_comment", args=["article", key])
        assert signed_in(who).post(address, fields).status_code == 404


def test_more_comments_take_no_more_queries(shelf: SmallCompany, signed_in: SignIn) -> None:
    client, counts = signed_in(a_writer()), []
    for _round in range(3):
        library.add_comment(actor=shelf.lin, content=the_content(), text="好")
        read(client, "library_text", "article", "mine/returns")
        with CaptureQueriesContext(connection) as queries:
            read(client, "library_text", "article", "mine/returns")
        counts.append(len(queries))
    assert len(set(counts)) == 1
