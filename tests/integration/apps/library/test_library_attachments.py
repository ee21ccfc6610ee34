"""Files of a text: part of what is reviewed and published, and kept by every wording that had them."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.db import DatabaseError, connection, transaction

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.library import attaching, reading
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from support.library import a_policy, a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def policy(tmp_path, home):
    installed(tmp_path / "pack", a_policy(), an_article())
    return the_content("mine/privacy", "policy")


@pytest.fixture
def writer(db):
    return a_writer()


@pytest.fixture
def reader(db):
    return a_writer("lin", role="agent")


def the_draft(content: library.Content) -> library.Draft:
    return library.Draft.objects.select_related("content").get(content=content, state__in=library.OPEN_DRAFTS)


def out(content: library.Content) -> library.ContentVersion:
    """Publish what is being written."""
    return library.publish(actor=None, draft=the_draft(content))


def bytes_of(user: people.User, of: library.ContentVersion | library.Draft) -> dict[str, bytes]:
    """What each file that belongs to a wording holds, as the user is handed it."""
    rows = library.attachments_of(user=user, of=of)
    return {row.name: library.open_attachment(user=user, pk=row.pk).path.read_bytes() for row in rows}


def test_a_newer_file_of_the_same_name_changes_neither_what_is_published_nor_what_was(policy, writer, reader):
    library.attach(actor=writer, content=policy, name="图.png", data=PNG + b"1")
    first = out(policy)
    library.attach(actor=writer, content=policy, name="图.png", data=PNG + b"2")
    assert bytes_of(reader, first) == {"图.png": PNG + b"1"}
    assert bytes_of(writer, the_draft(policy)) == {"图.png": PNG + b"2"}
    second = out(policy)
    assert (bytes_of(reader, first), bytes_of(reader, second)) == ({"图.png": PNG + b"1"}, {"图.png": PNG + b"2"})


def test_what_people_confirmed_stays_as_they_confirmed_it(policy, writer, reader):
    library.attach(actor=writer, content=policy, name="表.png", data=PNG + b"1")
    version = out(policy)
    library.confirm_policy(actor=reader, version=version)
    library.remove_attachment(actor=writer, attachment=library.attachments_of(user=writer, of=version)[0])
    newer = out(policy)
    assert newer.number == version.number + 1
    assert [content.key for content in library.to_confirm(user=reader)] == ["mine/privacy"]
    assert (bytes_of(reader, version), bytes_of(reader, newer)) == ({"表.png": PNG + b"1"}, {})


def test_a_file_is_reviewed_like_words(policy, writer):
    library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    seen = library.submit(actor=writer, draft=the_draft(policy))
    library.attach(actor=writer, content=policy, name="b.png", data=PNG)
    fresh = the_draft(policy)
    assert (fresh.state, fresh.edition) == ("writing", seen.edition + 1)
    with pytest.raises(InputError, match="draft_changed"):
        library.publish(actor=a_login_of_policies(), draft=seen)
    again = library.submit(actor=writer, draft=fresh)
    library.remove_attachment(actor=writer, attachment=library.attachments_of(user=writer, of=again)[0])
    assert the_draft(policy).state == "writing"


def a_login_of_policies() -> people.User:
    return a_writer("owner", role="policy_owner")


def test_who_adds_a_file_does_not_publish_it(policy):
    owner = a_login_of_policies()
    library.attach(actor=owner, content=policy, name="a.png", data=PNG)
    draft = library.submit(actor=owner, draft=the_draft(policy))
    with pytest.raises(InputError, match="second_eyes"):
        library.publish(actor=owner, draft=draft)


def test_readers_are_handed_a_file_once_it_is_published_and_not_before(policy, writer, reader):
    row = library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    assert library.open_attachment(user=writer, pk=row.pk).name == "a.png"
    with pytest.raises(people.NotVisibleError):
        library.open_attachment(user=reader, pk=row.pk)
    with pytest.raises(people.NotVisibleError):
        library.attachments_of(user=reader, of=the_draft(policy))
    out(policy)
    assert library.open_attachment(user=reader, pk=row.pk).path.read_bytes() == PNG
    library.retire(actor=None, content=policy, why="旧")
    assert library.open_attachment(user=reader, pk=row.pk).path.read_bytes() == PNG


def test_a_file_of_a_dropped_draft_is_handed_to_no_reader(policy, writer, reader):
    row = library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    library.drop_draft(actor=writer, draft=the_draft(policy))
    with pytest.raises(people.NotVisibleError):
        library.open_attachment(user=reader, pk=row.pk)
    assert library.start_draft(actor=writer, content=policy).files == {}


def test_of_a_drill_readers_open_the_files_of_the_present_wording_alone(policy, writer, reader, monkeypatch):
    monkeypatch.setattr(reading, "_INSIDE", ("policy",))
    library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    first = out(policy)
    library.attach(actor=writer, content=policy, name="a.png", data=PNG + b"2")
    second = out(policy)
    first = library.ContentVersion.objects.select_related("content").get(pk=first.pk)
    assert (bytes_of(reader, second), bytes_of(reader, first)) == ({"a.png": PNG + b"2"}, {})
    assert bytes_of(writer, first) == {"a.png": PNG}


def test_the_same_file_again_is_no_change(policy, writer):
    first = library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    edition = the_draft(policy).edition
    assert library.attach(actor=writer, content=policy, name="a.png", data=PNG).pk == first.pk
    assert the_draft(policy).edition == edition


def test_nothing_is_added_to_a_retired_text(policy, writer):
    library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    library.retire(actor=None, content=policy, why="旧")
    with pytest.raises(InputError, match="is_retired"):
        library.attach(actor=writer, content=policy, name="b.png", data=PNG)


def test_a_text_has_a_bounded_number_of_files_and_one_may_still_be_replaced(policy, writer, monkeypatch):
    monkeypatch.setattr(attaching, "MOST_FILES", 2)
    for name in ("a.png", "b.png"):
        library.attach(actor=writer, content=policy, name=name, data=PNG)
    with pytest.raises(InputError, match="too_many_files"):
        library.attach(actor=writer, content=policy, name="c.png", data=PNG)
    library.attach(actor=writer, content=policy, name="b.png", data=PNG + b"2")
    assert bytes_of(writer, the_draft(policy)) == {"a.png": PNG, "b.png": PNG + b"2"}


def test_an_upgrade_of_the_pack_keeps_the_files_that_were_added_here(tmp_path, policy, writer, reader):
    article = the_content()
    library.attach(actor=writer, content=article, name="a.png", data=PNG)
    out(article)
    installed(tmp_path / "pack", a_policy(), an_article(body="十天内可退。"), version="2")
    assert the_content().current.body["body"] == {"zh": "十天内可退。"}
    assert bytes_of(reader, the_content().current) == {"a.png": PNG}
    published(writer, the_content(), body={"zh": "我们的写法"})
    installed(tmp_path / "pack", a_policy(), an_article(zh="退货须知", body="十天内可退。"), version="3")
    assert bytes_of(writer, the_draft(article)) == {"a.png": PNG}


def test_what_differs_between_two_sets_of_files_is_told_by_name(policy, writer):
    for name in ("kept.png", "gone.png", "new.png"):
        library.attach(actor=writer, content=policy, name=name, data=PNG)
    before = out(policy)
    rows = {row.name: row for row in library.attachments_of(user=writer, of=before)}
    library.remove_attachment(actor=writer, attachment=rows["gone.png"])
    library.attach(actor=writer, content=policy, name="new.png", data=PNG + b"2")
    library.attach(actor=writer, content=policy, name="more.png", data=PNG)
    changes = library.compare_files(user=writer, one=before, other=the_draft(policy))
    told = [(one.name, one.before is not None, one.after is not None) for one in changes]
    assert told == [("gone.png", True, False), ("more.png", False, True), ("new.png", True, True)]
    every = library.compare_files(user=writer, one=None, other=before)
    assert [one.name for one in every] == ["gone.png", "kept.png", "new.png"]


def test_the_database_refuses_to_change_what_a_file_is(policy, writer):
    row = library.attach(actor=writer, content=policy, name="a.png", data=PNG)
    with pytest.raises(TypeError, match="never changed"):
        row.save()
    for act in ("UPDATE library_attachment SET name = 'x'", "DELETE FROM library_attachment",
                "UPDATE library_contentversion SET files = '{}'"):  # fmt: skip
        with pytest.raises(DatabaseError), base.bookkeeping(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)


def an_archive(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "is_inline"),
    [
        ("图.png", b"\x89PNG\r\n\x1a\nx", True),
        ("a.txt", "你好".encode(), False),
        ("a.pdf", b"%PDF-1.7 x", False),
        ("伪装.png", b"%PDF-1.7 x", False),
        ("a.docx", an_archive(word__document_xml="<x/>"), False),
    ],
)
def test_a_file_is_what_it_holds_and_not_what_it_is_called(policy, home, name, data, is_inline):
    writer = a_writer()
    row = library.attach(actor=writer, content=policy, name=f"../../{name}", data=data)
    out(policy)
    opened = library.open_attachment(user=a_writer("lin", role="agent"), pk=row.pk)
    assert (opened.name, opened.is_inline, opened.path.read_bytes()) == (name, is_inline, data)
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in opened.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.png", b"<html><script>alert(1)</script>"),
        ("a.txt", b"\xef\xbb\xbf <?xml version='1.0'?><svg/>"),
        ("a.exe", b"MZ\x90\0\x03"),
        ("a.zip", an_archive(readme="x")),
        ("a.docm", an_archive(word__document_xml="<x/>", **{"word/vbaProject.bin": "x"})),
        ("empty.txt", b""),
    ],
)
def test_what_a_browser_would_run_is_not_attached(policy, home, name, data):
    with pytest.raises(InputError, match=r"file_of_no_known_kind|file_is_run"):  # the second where its name tells it
        library.attach(actor=a_writer(), content=policy, name=name, data=data)


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_a_plain_text_in_another_encoding_is_told_as_that(policy, home, encoding):
    with pytest.raises(InputError, match="text_not_utf8"):
        library.attach(actor=a_writer(), content=policy, name="说明.txt", data="退款三天到账".encode(encoding))
