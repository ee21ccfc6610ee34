"""Texts taken out, edited elsewhere and brought back: merged with what happened here, all or nothing."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext

from peilian.adapters.archives import packed, unpacked
from peilian.apps.base import api as base
from peilian.apps.base.api import is_writing
from peilian.apps.library import api as library
from peilian.apps.library import files
from peilian.engine._kernel import InputError
from support.library import a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db
LINES = "第一条\n第二条\n第三条"


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def taken(tmp_path, writer):
    """The files of an exported article."""
    installed(tmp_path, an_article(body=LINES))
    return unpacked(library.export_pack(user=writer, contents=[the_content()]))


def edited(files: dict[str, bytes], old: str, new: str) -> bytes:
    changed = {
        name: data if name.endswith(".json") else data.replace(old.encode(), new.encode())
        for name, data in files.items()
    }
    assert changed != files
    return packed(changed)


def test_what_is_taken_out_is_a_pack_with_the_versions_that_it_was(taken):
    assert sorted(taken) == ["library/articles/returns.md", "pack.yaml", "versions.json"]
    assert json.loads(taken["versions.json"]) == {"article:mine/returns": the_content().current.sha256}


def test_brought_back_unchanged_it_changes_nothing(taken, writer):
    (entry,) = library.preview_files(user=writer, name="a.zip", data=packed(taken)).entries
    assert entry.action == "same"
    assert library.import_files(actor=writer, name="a.zip", data=packed(taken)) == []


def test_a_change_comes_back_as_a_draft_and_counts_when_it_is_published(taken, writer):
    data = edited(taken, "第三条", "第三条改")
    preview = library.preview_files(user=writer, name="a.zip", data=data)
    assert preview.can_be_imported
    assert [(entry.action, entry.n_conflicts) for entry in preview.entries] == [("changed", 0)]
    assert not library.drafts(user=writer).exists()
    (draft,) = library.import_files(actor=writer, name="a.zip", data=data)
    version = library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))
    assert (version.origin, version.body["body"]["zh"]) == ("file", "第一条\n第二条\n第三条改")


def test_what_was_changed_here_meanwhile_is_merged(taken, writer):
    published(writer, the_content(), body={"zh": "我们的第一条\n第二条\n第三条"})
    (draft,) = library.import_files(actor=writer, name="a.zip", data=edited(taken, "第三条", "第三条改"))
    assert draft.body["body"]["zh"] == "我们的第一条\n第二条\n第三条改"
    assert draft.conflicts == []


def test_where_both_changed_the_same_ours_stays_and_the_conflict_is_told(taken, writer):
    published(writer, the_content(), body={"zh": "我们的第一条\n第二条\n第三条"})
    data = edited(taken, "第一条", "文件的第一条")
    assert library.preview_files(user=writer, name="a.zip", data=data).entries[0].n_conflicts == 1
    (draft,) = library.import_files(actor=writer, name="a.zip", data=data)
    assert draft.body["body"]["zh"].startswith("我们的第一条")
    assert draft.conflicts[0]["theirs"] == "文件的第一条\n"


def test_one_fault_keeps_everything_out_and_names_the_file(taken, writer):
    whole = {**taken, "library/articles/bad.md": b"no front matter: [", "library/bad.yaml": b"kind: article\n"}
    data = packed({**whole, "new.md": "# 新的\n正文".encode()})
    preview = library.preview_files(user=writer, name="a.zip", data=data)
    assert not preview.can_be_imported
    assert {fault.file for fault in preview.faults} == {"library/bad.yaml"}
    with pytest.raises(InputError):
        library.import_files(actor=writer, name="a.zip", data=data)
    assert not library.drafts(user=writer).exists()
    assert library.Content.objects.count() == 1


def test_plain_markdown_begins_a_new_text(writer):
    (draft,) = library.import_files(actor=writer, name="refund.md", data="# 退款\n\n三天到账。".encode())
    assert (draft.content.reference, draft.content.state) == ("article:own/refund", "new")
    assert library.faults_of(draft=draft) == []


def test_a_table_of_phrases_adds_to_what_is_there(writer):
    template = library.sheet_template(kind="phrases")
    (draft,) = library.import_files(actor=writer, name="话术.xlsx", data=template)
    body = {
        **draft.body,
        "tags": ["我们的"],
        "phrases": [{"id": "other", "when": {"zh": "别的"}, "text": {"zh": "好"}}],
    }
    draft = library.save_draft(actor=writer, draft=draft, body=body, edition=draft.edition)
    library.publish(actor=None, draft=library.submit(actor=writer, draft=draft))
    (again,) = library.import_files(actor=writer, name="话术.xlsx", data=template)
    assert [phrase["id"] for phrase in again.body["phrases"]] == ["other", "when-it-arrives"]


def test_what_was_never_published_cannot_be_taken_out(writer):
    draft = library.new_content(actor=writer, kind="article", key="own/x", title={"zh": "新"})
    with pytest.raises(InputError, match="nothing_to_export"):
        library.export_pack(user=writer, contents=[draft.content])


def test_a_text_is_too_large_before_all_of_it_was_looked_at(writer):
    class Endless(list):
        def __iter__(self):
            for n in range(10_000_000):
                assert n < 500_000
                yield "x"

    draft = library.new_content(actor=writer, kind="article", key="own/x", title={"zh": "新"})
    with pytest.raises(InputError, match="document_too_large"):
        library.save_draft(actor=writer, draft=draft, body={**draft.body, "tags": Endless([1])}, edition=1)


def test_nothing_is_locked_while_a_file_is_read_and_merged(taken, writer, monkeypatch):
    read, merge, busy = files.read_upload, files.merge, []
    monkeypatch.setattr(files, "read_upload", lambda *a, **b: busy.append(is_writing()) or read(*a, **b))
    monkeypatch.setattr(files, "merge", lambda *a: busy.append(is_writing()) or merge(*a))
    library.import_files(actor=writer, name="a.zip", data=edited(taken, "第三条", "第三条改"))
    assert busy == [False, False]


def test_what_somebody_changed_between_reading_and_storing_is_merged_once_more(taken, writer, monkeypatch):
    look = files._there

    def looked(*about, **more):
        if more.get("is_locked"):
            published(writer, the_content(), body={"zh": "我们的第一条\n第二条\n第三条"})
        return look(*about, **more)

    monkeypatch.setattr(files, "_there", looked)
    (draft,) = library.import_files(actor=writer, name="a.zip", data=edited(taken, "第三条", "第三条改"))
    assert draft.body["body"]["zh"] == "我们的第一条\n第二条\n第三条改"


def test_documents_are_looked_up_together_and_stored_many_at_once(writer):
    def queries(n: int, key: str) -> int:
        data = packed({f"{key}{i}.md": f"# 标题{i}\n\n正文".encode() for i in range(n)})
        with CaptureQueriesContext(connection) as seen:
            assert len(library.import_files(actor=writer, name="a.zip", data=data)) == n
        return len(seen)

    assert queries(100, "many") - queries(10, "few") < 10  # a database takes so many values in one query


PNG = b"\x89PNG\r\n\x1a\n"
PICTURE = "files/article/mine/returns/图%3A1.png"


@pytest.fixture
def with_files(taken, writer, home):
    """The files of the article exported once more, with a picture and a workbook that belong to it."""
    book = packed({"xl/workbook.xml": b"<x/>"})
    for name, data in (("图:1.png", PNG + b"1"), ("表.xlsx", book)):
        library.attach(actor=writer, content=the_content(), name=name, data=data)
    library.publish(actor=None, draft=library.start_draft(actor=None, content=the_content()))
    data = library.export_pack(user=writer, contents=[the_content()])
    return unpacked(data, lambda path: path.startswith("files/"))


def bytes_of(user, draft):
    rows = library.attachments_of(user=user, of=draft)
    return {row.name: library.open_attachment(user=user, pk=row.pk).path.read_bytes() for row in rows}


def test_what_is_taken_out_holds_its_files_with_their_hashes(with_files):
    assert with_files[PICTURE] == PNG + b"1"
    hashes = json.loads(with_files["files.json"])["article:mine/returns"]
    assert hashes["图:1.png"] == hashlib.sha256(PNG + b"1").hexdigest()
    assert set(hashes) == {"图:1.png", "表.xlsx"}


def test_files_that_come_back_as_they_were_change_nothing(with_files, writer):
    (entry,) = library.preview_files(user=writer, name="a.zip", data=packed(with_files)).entries
    assert (entry.action, entry.files) == ("same", ())
    library.remove_attachment(actor=writer, attachment=library.attachments_of(user=writer, of=the_content().current)[0])
    assert library.import_files(actor=writer, name="a.zip", data=packed(with_files)) == []


def test_a_picture_that_was_drawn_anew_elsewhere_comes_back_into_the_draft(with_files, writer):
    data = packed(with_files | {PICTURE: PNG + b"2", "files/article/mine/returns/新.png": PNG + b"3"})
    (entry,) = library.preview_files(user=writer, name="a.zip", data=data).entries
    assert (entry.action, entry.files) == ("changed", ("图:1.png", "新.png"))
    (draft,) = library.import_files(actor=writer, name="a.zip", data=data)
    found = bytes_of(writer, draft)
    assert (found["图:1.png"], found["新.png"], set(found)) == (
        PNG + b"2",
        PNG + b"3",
        {"图:1.png", "新.png", "表.xlsx"},
    )
    (row, *_rest) = library.attachments_of(user=writer, of=the_content().current)
    assert library.open_attachment(user=writer, pk=row.pk).path.read_bytes() == PNG + b"1"
    assert draft.writers == [str(writer.pk)]


def test_a_picture_that_both_sides_changed_is_a_fault_and_nothing_comes_in(with_files, writer):
    library.attach(actor=writer, content=the_content(), name="图:1.png", data=PNG + b"ours")
    data = packed(with_files | {PICTURE: PNG + b"theirs"})
    with pytest.raises(InputError, match="file_changed_here"):
        library.import_files(actor=writer, name="a.zip", data=data)
    assert bytes_of(writer, library.start_draft(actor=writer, content=the_content()))["图:1.png"] == PNG + b"ours"


def test_another_installation_gets_the_text_with_its_files_through_the_jobs_too(with_files, writer):
    there = {
        name.replace("mine/returns", "own/elsewhere"): part.replace(b"mine/returns", b"own/elsewhere")
        for name, part in with_files.items()
    }
    job = library.prepare_files(actor=writer, name="a.zip", chunks=[packed(there)])
    assert base.run_next_job()
    found = library.prepared_files(user=writer, pk=job.pk)
    assert [entry.files for entry in found.entries(0, 9)] == [("图:1.png", "表.xlsx")]
    library.bring_in(actor=writer, prepared=found)
    assert base.run_next_job()
    draft = library.Draft.objects.get(content__key="own/elsewhere")
    assert bytes_of(writer, draft)["图:1.png"] == PNG + b"1"


@pytest.mark.parametrize(
    ("path", "data", "key"),
    [
        ("files/article/mine/nothing/a.png", PNG, "file_of_no_text"),
        ("files/article/mine/returns/a.svg", b"<svg onload=alert(1)>", "file_of_no_known_kind"),
        ("files/article/mine/returns/a.zip", b"PK\x03\x04", "file_of_no_known_kind"),
        ("files/article/mine/returns/..%2fa.txt", b"x", "file_of_no_known_kind"),
    ],
)
def test_an_enclosed_file_that_belongs_nowhere_or_could_do_harm_is_a_fault(with_files, writer, path, data, key):
    with pytest.raises(InputError, match=key):
        library.import_files(actor=writer, name="a.zip", data=packed(with_files | {path: data}))


def test_more_files_than_can_be_brought_back_are_not_taken_out(with_files, writer, monkeypatch):
    monkeypatch.setattr(files, "MOST_ENCLOSED", 10)
    with pytest.raises(InputError, match="export_too_large"):
        library.export_pack(user=writer, contents=[the_content()])


def test_a_name_that_leads_to_no_file_keeps_a_draft_from_being_submitted(taken, writer, home):
    draft = library.start_draft(actor=writer, content=the_content())
    said = (
        "![图](<图 1.png>) [表](表.xlsx) [页](https://example.com/a.png) [文](article:mine/returns) [处](#a.b) [x](x)"
    )
    draft = library.save_draft(actor=writer, draft=draft, body={**draft.body, "body": {"zh": said}}, edition=1)
    faults = library.faults_of(draft=draft)
    assert [(one.field, one.reason.params["name"]) for one in faults] == [
        ("body.zh", "图 1.png"),
        ("body.zh", "表.xlsx"),
    ]
    for name in ("图 1.png", "表.xlsx"):
        library.attach(actor=writer, content=the_content(), name=name, data=PNG)
    draft = library.Draft.objects.select_related("content").get(pk=draft.pk)
    assert library.faults_of(draft=draft) == []
    hostile = {**draft.body, "body": {"zh": "[" * 200_000 + "](" * 200_000}}
    draft = library.save_draft(actor=writer, draft=draft, body=hostile, edition=draft.edition)
    assert library.faults_of(draft=draft) == []


def test_a_fault_of_a_table_is_told_by_its_row_and_heading(writer):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    for number, row in enumerate([
        ["编号", "标题", "能力", "话术编号", "什么时候用", "话术", "渠道"],
        ["own/a", "退款", "", "when", "问到账", "三天到账", "chat"],
        ["", "", "Product Rules", "Not Me", "催得急", "马上查", "pigeon"],
    ]):  # fmt: skip
        sheet.write_row(number, 0, row)
    book.close()
    preview = library.preview_files(user=writer, name="话术.xlsx", data=target.getvalue())
    told = {(one.row, one.field, one.reason.key) for entry in preview.entries for one in entry.faults}
    assert told == {
        (2, "能力", "pack.wants_short_key"),
        (2, "话术编号", "pack.wants_short_key"),
        (2, "渠道", "pack.wants_one_of"),
    }
