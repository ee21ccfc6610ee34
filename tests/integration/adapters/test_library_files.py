"""Documents written to files and loaded again are the same; archives of strangers are held within bounds."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml
from hypothesis import given
from hypothesis import strategies as st

from peilian.adapters import archives, packs
from peilian.adapters.packs import sheets
from peilian.adapters.packs.trees import content_kinds, document_of, tree_of
from peilian.adapters.packs.uploads import PAGES, read_upload
from peilian.adapters.packs.writing import written

SHIPPED = [item for kind in content_kinds() for item in packs.load(kind)]
# One document of each kind, and the longest: all of them take long, and differ little in form.
CHOSEN = {item.document.kind: item for item in sorted(SHIPPED, key=lambda item: item.path.stat().st_size)}


def loaded(path: Path, text: str) -> packs.Document:
    path.write_text(text, encoding="utf-8")
    return packs.load_file(path).document


@pytest.mark.parametrize("kind", sorted(CHOSEN))
def test_a_shipped_document_written_and_loaded_is_the_same(kind, tmp_path):
    document = CHOSEN[kind].document
    made = written(document)
    assert loaded(tmp_path / Path(made.path).name, made.text) == document
    assert document_of(tree_of(document)) == document


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.just("\n"), min_size=1, max_size=60)
awkward = st.sampled_from(
    ["<!-- en -->", "---", "a\n<!-- zh -->\nb", "\n空行开头", "结尾\n\n", "'", '"', ": x", "- x", "# x", "yes", "1",
     "null", "2026-01-01", "{a}", "[b]", "*c", "&d", "!e", "%f", "|", ">", "\ufeffx", "\u2028x", "😀", " 前后空格 "]
)  # fmt: skip


@given(zh=texts | awkward, en=st.none() | texts | awkward, title=texts | awkward, tags=st.lists(awkward, max_size=3))
def test_any_article_written_and_loaded_is_the_same(tmp_path_factory, zh, en, title, tags):
    tree: dict[str, Any] = {
        "kind": "article", "schema_version": 1, "key": "own/x", "title": {"zh": title},
        "body": {"zh": zh, **({"en": en} if en is not None else {})}, "tags": tags,
    }  # fmt: skip
    document = document_of(tree)
    made = written(document)
    path = tmp_path_factory.mktemp("written") / Path(made.path).name
    assert loaded(path, made.text) == document


def an_archive(*parts: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return target.getvalue()


def a_link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.yaml")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"no archive", "broken"),
        (b"", "broken"),
        (an_archive(("a.yaml", b"x"))[:-30], "broken"),
        (an_archive(("../a.yaml", b"x")), "path"),
        (an_archive((zipfile.ZipInfo(""), b"x")), "path"),
        (an_archive(("/etc/a.yaml", b"x")), "path"),
        (an_archive(("a\\b.yaml", b"x")), "path"),
        (an_archive(("C:a.yaml", b"x")), "path"),
        (an_archive((a_link(), b"/etc/passwd")), "link"),
        (an_archive(("inner.zip", an_archive(("a", b"x")))), "nested"),
        (an_archive(("inner.yaml", an_archive(("a", b"x")))), "nested"),
        (an_archive(("inner.gz", b"\x1f\x8b12")), "nested"),
        (an_archive(("bomb.yaml", b"0" * (3 << 20))), "ratio"),
        (an_archive(("big.yaml", b"0" * (5 << 20))), "too_large"),
        (an_archive(*((f"{n}.yaml", b"") for n in range(archives.MOST_FILES + 1))), "too_many"),
    ],
    # Names must not hold the bytes, which carry the time of the run.
    ids=[
        "no archive",
        "empty",
        "cut off",
        "parent folder",
        "no name",
        "from the root",
        "backslash",
        "drive",
        "link",
        "archive within",
        "archive under another name",
        "compressed within",
        "bomb",
        "too large",
        "too many",
    ],
)
def test_an_archive_that_could_do_harm_is_refused_and_told(data, problem):
    with pytest.raises(archives.ArchiveError) as caught:
        archives.unpacked(data)
    assert caught.value.problem == problem
    (fault,) = read_upload("x.zip", data).faults
    assert fault.reason.key == f"library.archive_{problem}"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused():
    with pytest.raises(archives.ArchiveError, match="twice"):
        archives.unpacked(an_archive(("a.yaml", b"1"), ("a.yaml", b"2")))


def test_what_was_packed_is_unpacked_and_the_same_files_give_the_same_bytes():
    files = {"b.md": "正文".encode(), "a.yaml": b"x"}
    assert archives.unpacked(archives.packed(files)) == files
    assert archives.packed(files) == archives.packed(dict(reversed(files.items())))


@given(st.binary(max_size=300))
def test_no_bytes_make_an_upload_fail_with_anything_but_a_fault(data):
    for name in ("a.zip", "a.md", "a.yaml", "a.xlsx", "a.exe"):
        found = read_upload(name, data)
        assert all(fault.file for fault in found.faults)


def test_the_template_of_a_table_can_be_brought_in_as_it_is():
    for kind in sheets.COLUMNS:
        found = read_upload("t.xlsx", sheets.template(kind))
        assert not found.faults
        assert document_of(found.documents[0].tree).kind == kind


def test_rows_of_one_key_are_one_document_and_a_missing_text_is_told_by_its_row():
    trees, faults, _places = sheets.trees_of([
        ["编号", "标题", "什么时候用", "话术", "不要说", "程度", "渠道"],
        ["own/a", "退款", "问到账", "【天数】天到账", "等着吧", "禁用", "chat、phone"],
        ["", "", "催得急", "马上查", "", "", ""],
        ["", "", "没有话术", "", "", "", ""],
        [None, None, None, None, None, None, None],
    ])  # fmt: skip
    (tree,) = trees
    assert [phrase["id"] for phrase in tree["phrases"]] == ["p01", "p02"]
    assert tree["phrases"][0]["avoid"] == [{"text": {"zh": "等着吧"}, "why": {}, "strength": "forbidden"}]
    assert tree["phrases"][0]["channels"] == ["chat", "phone"]
    assert [(fault.row, fault.field) for fault in faults] == [(3, "text")]


def test_a_table_without_the_needed_headings_says_which():
    _trees, (fault,), _places = sheets.trees_of([["甲", "乙"], ["1", "2"]])
    assert fault.reason.key == "library.no_such_table"


def test_a_formula_without_a_result_is_told_by_its_row_and_heading():
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    for column, heading in enumerate(["编号", "标题", "正文"]):
        sheet.write_string(0, column, heading)
    sheet.write_row(1, 0, ["own/a", "退款", "三天"])
    sheet.write_row(2, 0, ["own/b", "换货"])
    sheet.write_formula(2, 2, '="x"', None, "")
    sheet.write_formula(3, 1, "=A3", None, "")
    book.close()
    found = read_upload("t.xlsx", target.getvalue())
    assert [one.tree["key"] for one in found.documents] == ["own/a"]
    assert [(one.reason.key, one.row, one.field) for one in found.faults] == [
        ("library.no_value", 2, "正文"),
        ("library.no_value", 3, "标题"),
    ]


@pytest.mark.parametrize("data", [b"abc", b"", b"\xd0\xcf\x11\xe0"])
def test_what_is_no_workbook_is_told_as_that(data):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", data)
    for one in (data, packed.getvalue()):
        (fault,) = read_upload("t.xlsx", one).faults
        assert fault.reason.key == "library.not_a_workbook"


def test_plain_markdown_becomes_an_article_with_its_heading_as_title():
    (one,) = read_upload("Refund Time.md", "# 退款多久到账\n\n三天。\n".encode()).documents
    assert (one.tree["key"], one.tree["title"], one.tree["body"]) == (
        "own/refund-time", {"zh": "退款多久到账"}, {"zh": "三天。"}
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("name", ["a.md", "a.yaml"])
def test_a_file_that_is_not_utf_8_is_told_as_that(name, encoding):
    text = "kind: article\nkey: own/a\ntitle: {zh: 退款}\nbody: {zh: 三天}\n"
    (fault,) = read_upload(name, text.encode(encoding)).faults
    assert (fault.reason.key, fault.file) == ("pack.not_utf8", name)


def test_a_document_of_the_machinery_is_not_taken():
    text = b"kind: words\nschema_version: 1\nkey: x\nwords: {}\n"
    (fault,) = read_upload("x.yaml", text).faults
    assert fault.reason.key == "library.not_for_the_library"


def test_what_stands_in_several_places_by_an_alias_is_not_read_and_its_line_is_told():
    text = "kind: article\nschema_version: 1\nkey: a/b\ntitle: &t {zh: 一}\nsummary: *t\n"
    (fault,) = read_upload("x.yaml", text.encode()).faults
    assert (fault.reason.key, fault.row) == ("pack.yaml_alias", 5)
    front = f"---\n{text}---\nbody\n"
    assert [one.row for one in read_upload("x.md", front.encode()).faults] == [6]


def test_no_document_of_ours_says_something_by_an_alias():
    for path in packs.document_paths(packs.SHIPPED):
        text = path.read_bytes()
        if path.suffix == ".yaml" and b"*" in text:
            events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
            assert not any(isinstance(event, yaml.AliasEvent) for event in events), path


def test_reading_an_archive_tells_how_far_it_is():
    data = archives.packed({f"{n}.md": f"# T{n}\n\ntext".encode() for n in range(3)})
    told: list[tuple[int, int]] = []
    assert len(read_upload("a.zip", data, progress=lambda done, total: told.append((done, total))).documents) == 3
    assert told == [(0, 3), (1, 3), (2, 3)]


def damaged(method: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("a.yaml", bytes(range(256)) * 8)
    data = bytearray(target.getvalue())
    data[45:60] = b"\xff" * 15
    return bytes(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_a_damaged_part_cannot_be_opened_however_it_is_packed(method):
    (fault,) = read_upload("x.zip", damaged(method)).faults
    assert fault.reason.key == "library.archive_broken"


@pytest.mark.parametrize(
    "line", ['title: {zh: "a\\ud800"}', 'title: {zh: 一}\n"odd\\ud800": 1', 'title: {zh: 一}\ntags: ["b\\udfff"]']
)
def test_halves_of_characters_are_gone_from_what_was_read_and_from_what_is_told(line):
    found = read_upload("a.yaml", f"kind: article\nschema_version: 1\nkey: own/a\nbody: {{zh: x}}\n{line}\n".encode())
    assert found.documents or found.faults
    repr((found.documents[:], found.faults)).encode("utf-8")
    told = [*(str(one.tree) for one in found.documents), *(f"{one.field} {one.reason}" for one in found.faults)]
    assert not any("ud800" in text or "udfff" in text for text in told)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_key_that_ends_as_the_address_of_a_page_is_refused(name):
    text = f"kind: article\nschema_version: 1\nkey: own/{name}\ntitle: {{zh: 一}}\nbody: {{zh: 二}}\n"
    found = read_upload("a.yaml", text.encode())
    assert not found.documents
    assert [(one.reason.key, one.field, one.file) for one in found.faults] == [
        ("library.key_is_address", "key", "a.yaml")
    ]
    (made,) = read_upload(f"{name}.md", b"# T\n\ntext").documents
    assert made.tree["key"] == f"own/text-{name}"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a%0Ab.txt", "a b.txt"), ("a%E2%80%AEb.txt", "ab.txt"), (" a.txt ", "a.txt"), ("%2E%2E", None), ("%2E", None),
     ("%20", None), ("%E2%80%8B", None), ("x%5Cy.txt", "y.txt")],
)  # fmt: skip
def test_the_names_of_enclosed_files_are_kept_as_those_of_attached_ones(name, kept):
    text = "kind: article\nschema_version: 1\nkey: own/a\ntitle: {zh: 一}\nbody: {zh: 二}\n".encode()
    found = read_upload("a.zip", an_archive(("a.yaml", text), (f"files/article/own/a/{name}", b"words")))
    assert list(found.documents[0].files) == ([kept] if kept else [])
    assert [one.reason.key for one in found.faults] == ([] if kept else ["library.file_of_no_known_kind"])


def test_two_enclosed_files_that_come_to_one_name_are_not_taken_for_one_another():
    text = "kind: article\nschema_version: 1\nkey: own/a\ntitle: {zh: 一}\nbody: {zh: 二}\n".encode()
    parts = [("a.yaml", text), ("files/article/own/a/x.txt", b"one"), ("files/article/own/a/ x.txt", b"two")]
    (fault,) = read_upload("a.zip", an_archive(*parts)).faults
    assert fault.reason.key == "library.archive_twice"
