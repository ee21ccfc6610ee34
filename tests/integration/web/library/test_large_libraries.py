"""Pages ask the database as often for a hundred texts as for ten, and show a page of what there is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from peilian.adapters.archives import packed, unpacked
from peilian.apps.library import api as library
from peilian.apps.library import shelf
from support.builders import a_unit, an_employee
from support.company import a_login
from support.library import a_policy, a_publisher, a_writer, an_article, installed, published
from support.library_pages import client_of, see

pytestmark = pytest.mark.django_db
FRONT = "kind: article\nschema_version: 1\nkey: mine/t%04d\ntitle: {zh: 文章}"


@pytest.fixture
def publisher(db):
    return a_publisher()


@pytest.fixture
def writer(db):
    return a_writer()


def stock(folder, writer, first: int, last: int) -> None:
    """Articles, a draft in review of each, and a change notice about each."""
    documents = [an_article(f"mine/t{n:03}", zh=f"文章{n:03}", tags=["退款"]) for n in range(last)]
    folder.mkdir(exist_ok=True)
    installed(folder, *documents, version=str(last))
    for n in range(first, last):
        content = library.content(user=writer, kind="article", key=f"mine/t{n:03}")
        draft = library.start_draft(actor=writer, content=content)
        body = {**draft.body, "title": {"zh": f"改过的{n:03}"}}
        library.submit(actor=writer, draft=library.save_draft(actor=writer, draft=draft, body=body, edition=1))
        title = {"zh": f"变更{n:03}"}
        library.announce_change(
            actor=writer, title=title, text="时限改了", effective_on=date(2026, 12, 1), contents=[content]
        )


PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("learn", {}),
    ("library", {}),
    ("library_drafts", {}),
    ("library_drafts", {"list": "review"}),
    ("library_changes", {}),
    ("library_change_new", {}),
    ("library_files", {"kind": "article"}),
    ("library_references", {"v.related": "文章"}),
)


def queries(user, name, query) -> int:
    see(user, name, **query)
    with CaptureQueriesContext(connection) as seen:
        see(user, name, **query)
    return len(seen)


def test_no_page_asks_the_database_more_often_for_more_texts(tmp_path, writer, publisher):
    def counted() -> dict[str, int]:
        library.rebuild_search()
        return {f"{name} {query}": queries(publisher, name, query) for name, query in PAGES}

    stock(tmp_path / "pack", writer, 0, 12)
    few = counted()
    stock(tmp_path / "pack", writer, 12, 70)
    many = counted()
    assert {page: n for page, n in many.items() if n > few[page] + 1} == {}


def test_drafts_are_counted_and_shown_a_page_at_a_time(tmp_path, writer, publisher):
    stock(tmp_path / "pack", writer, 0, 70)
    page = see(publisher, "library_drafts")
    assert page.count("改过的") == 20
    assert "?list=review" in page
    assert see(publisher, "library_drafts", list="review").count("改过的") == 50
    assert see(publisher, "library_drafts", list="review", page=2).count("改过的") == 20
    mine = see(writer, "library_drafts")
    assert "等您审核" not in mine
    assert see(writer, "library_drafts", list="yours", page=2).count("改过的") == 20


def test_bodies_of_drafts_are_not_read_for_lists(tmp_path, writer, publisher):
    stock(tmp_path / "pack", writer, 0, 3)
    for name in ("library_drafts", "learn"):
        with CaptureQueriesContext(connection) as seen:
            see(publisher, name)
        for query in seen:
            # Between other columns; the title is taken out of it by a function.
            assert ', "library_draft"."body",' not in query["sql"]
            assert ', "library_contentversion"."body",' not in query["sql"]


def test_changes_are_shown_in_pages_each_list_on_its_own(tmp_path, writer, publisher):
    stock(tmp_path / "pack", writer, 0, 60)
    first, second = see(publisher, "library_changes"), see(publisher, "library_changes", due=2)
    assert first.count("/learn/revisions/") == 50
    assert second.count("/learn/revisions/") == 10
    assert second.count("/withdraw/") == first.count("/withdraw/") == 50
    assert "涉及 1 份" in first


def test_all_texts_that_fit_are_taken_out_though_only_a_page_of_them_is_shown(tmp_path, writer):
    installed(tmp_path, *(an_article(f"mine/t{n:03}", zh=f"文章{n:03}") for n in range(60)))
    page = see(writer, "library_files", kind="article")
    assert page.count('name="chosen"') == 50
    response = client_of(writer).post(reverse("library_export"), {"do": "all", "kind": "article"})
    assert len([name for name in unpacked(response.content) if name.endswith(".md")]) == 60


def test_texts_to_refer_to_are_found_by_key_and_by_title(tmp_path, writer):
    installed(tmp_path, an_article("mine/returns", zh="退货时限"), an_article("mine/other", zh="开发票"))
    assert "article:mine/returns" in see(writer, "library_references", related="退货")
    assert "article:mine/other" in see(writer, "library_references", related="article:mine/oth")
    assert "<option" not in see(writer, "library_references", related="%")
    see(a_login("agent", "agent", employee=an_employee(unit=a_unit("team"))), "library_references", status=404)


# The shelf


def test_what_is_asked_for_stays_on_the_shelf_and_what_nobody_asks_for_leaves_it(tmp_path, settings, monkeypatch):
    installed(tmp_path, *(an_article(f"mine/t{n}") for n in range(4)))
    settings.LIBRARY_DOCUMENTS_KEPT = 2
    shelf._documents.clear()
    made: list[str] = []
    parse = shelf.document_of
    monkeypatch.setattr(shelf, "document_of", lambda body: made.append(str(body["key"])[-2:]) or parse(body))
    rows = {row.key[-2:]: row.current for row in library.Content.objects.select_related("current")}
    for key in ("t0", "t1", "t0", "t2", "t0", "t1"):
        library.document_of(rows[key], user=None)
    assert made == ["t0", "t1", "t2", "t1"]


def test_the_bodies_of_many_documents_are_read_in_one_query_and_not_at_all_once_they_are_kept(tmp_path):
    installed(tmp_path, *(an_article(f"mine/t{n:02}") for n in range(30)), a_policy())
    shelf._documents.clear()
    day = date(2026, 11, 1)
    with CaptureQueriesContext(connection) as first:
        found = library.current_documents(kind="article", day=day)
    with CaptureQueriesContext(connection) as second:
        again = library.current_documents(kind="article", day=day)
    assert [row.key for row, _, _ in found] == [f"mine/t{n:02}" for n in range(30)]
    assert [document.key for _, _, document in found] == [row.key for row, _, _ in again]
    assert (len(first), len(second)) == (2, 1)


def test_only_the_last_version_that_a_pack_brought_is_read_when_it_is_installed_again(tmp_path, writer):
    for version in ("1", "2", "3"):
        installed(tmp_path, an_article("mine/returns", body=f"第{version}版"), version=version)
    content = library.content(user=writer, kind="article", key="mine/returns")
    published(writer, content, tags=["我们的"])
    with CaptureQueriesContext(connection) as seen:
        installed(tmp_path, an_article("mine/returns", body="第4版"), version="4")
    (read,) = [one["sql"] for one in seen if 'FROM "library_contentversion"' in one["sql"] and "LIMIT 1" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(read)
        assert len(cursor.fetchall()) == 1
    (draft,) = library.drafts(user=writer)
    assert draft.body["body"]["zh"] == "第4版"
    assert draft.body["tags"] == ["我们的"]


def test_a_pack_of_more_texts_than_a_query_has_parts_is_installed_and_brought_in_again(tmp_path, writer):
    texts = [an_article(f"mine/t{n:04}", body="一") for n in range(1050)]
    installed(tmp_path, *texts)
    installed(tmp_path, *({**each, "body": {"zh": "二"}} for each in texts), version="2")
    rows = library.Content.objects.select_related("current")
    assert {row.current.number for row in rows} == {2}
    data = packed({f"t{n:04}.md": f"---\n{FRONT % n}\n---\n三".encode() for n in range(1050)})
    assert len(library.import_files(actor=writer, name="a.zip", data=data)) == 1050
