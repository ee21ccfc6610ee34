"""Two who act on one text at once: the second waits for the first, and then sees what was done. SQLite lets one write
at a time anyhow, so all but the last of these are tried on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from peilian.apps.library import api as library
from peilian.apps.library import locking
from peilian.engine._kernel import InputError
from support.beside import Beside, on_postgresql
from support.library import a_publisher, a_writer, an_article, installed, the_content


@pytest.fixture
def pack(tmp_path: Path, home: Path) -> Path:
    installed(tmp_path / "pack", an_article())
    return tmp_path / "pack"


def a_draft() -> library.Draft:
    """A change of the article that is in review."""
    draft = library.start_draft(actor=None, content=the_content())
    draft = library.save_draft(actor=None, draft=draft, body={**draft.body, "tags": ["一"]}, edition=draft.edition)
    return library.submit(actor=None, draft=draft)


def autosave(draft: library.Draft) -> library.Draft:
    body = {**draft.body, "body": {"zh": "刚写下的一段。"}}
    return library.save_draft(actor=None, draft=draft, body=body, edition=draft.edition)


ACTS: dict[str, Callable[[library.Draft], object]] = {
    "start": lambda draft: library.start_draft(actor=None, content=draft.content),
    "save": autosave,
    "attach": lambda draft: library.attach(actor=None, content=draft.content, name="a.txt", data=b"a"),
    "submit": lambda draft: library.submit(actor=None, draft=draft),
    "return": lambda draft: library.return_draft(actor=None, draft=draft, decision="改"),
    "drop": lambda draft: library.drop_draft(actor=None, draft=draft),
    "publish": lambda draft: library.publish(actor=None, draft=draft),
    "retire": lambda draft: library.retire(actor=None, content=draft.content, why="旧"),
}


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(ACTS))
def test_whatever_is_done_with_a_draft_waits_for_who_holds_its_text(name, pack):
    draft = a_draft()
    with transaction.atomic():
        locking.locked(draft.content)
        other = Beside(lambda: ACTS[name](draft))
        other.start()
        assert other.is_waiting()
    assert other.ended().error is None


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_saved_beside_an_upgrade_of_the_pack_is_neither_lost_nor_lost_by_the_upgrade(pack):
    draft = a_draft()
    with transaction.atomic():
        installed(pack, an_article(zh="退货须知"), version="2")
        other = Beside(lambda: autosave(draft))
        other.start()
        assert other.is_waiting()
    error = other.ended().error
    assert isinstance(error, library.StaleDraftError)
    assert (error.draft.body["title"]["zh"], error.draft.edition) == ("退货须知", draft.edition + 1)
    assert error.body["body"] == {"zh": "刚写下的一段。"}


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_upgrade_beside_an_autosave_merges_what_was_saved(pack):
    draft = a_draft()
    with transaction.atomic():
        autosave(draft)
        other = Beside(lambda: installed(pack, an_article(zh="退货须知"), version="2"))
        other.start()
        assert other.is_waiting()
    assert other.ended().error is None
    merged = library.Draft.objects.get(pk=draft.pk)
    assert (merged.body["title"]["zh"], merged.body["body"]) == ("退货须知", {"zh": "刚写下的一段。"})
    assert merged.edition == draft.edition + 2


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_publication_beside_an_upgrade_is_written_from_what_is_there_then(pack):
    draft = a_draft()
    with transaction.atomic():
        installed(pack, an_article(zh="退货须知"), version="2")
        other = Beside(lambda: library.publish(actor=None, draft=draft))
        other.start()
        assert other.is_waiting()
    assert isinstance(other.ended().error, InputError)  # nobody has looked at what came together
    second = the_content().current
    last = library.publish(actor=None, draft=library.Draft.objects.select_related("content").get(pk=draft.pk))
    assert (second.number, last.number, last.base) == (2, 3, second)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_retired_meanwhile_is_not_brought_back_by_publishing(pack):
    draft = a_draft()
    with transaction.atomic():
        library.retire(actor=None, content=draft.content, why="旧")
        other = Beside(lambda: library.publish(actor=None, draft=draft))
        other.start()
        assert other.is_waiting()
    assert isinstance(other.ended().error, InputError)
    assert the_content().state == "retired"


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_publish_one_draft_make_one_version(pack):
    writer, draft = a_writer(), a_draft()
    assert library.may_write(writer)
    publishers = a_publisher(), a_publisher("other")
    with transaction.atomic():
        library.publish(actor=publishers[0], draft=draft)
        other = Beside(lambda: library.publish(actor=publishers[1], draft=draft))
        other.start()
        assert other.is_waiting()
    assert isinstance(other.ended().error, InputError)
    assert library.ContentVersion.objects.filter(content=draft.content).count() == 2


def test_texts_and_drafts_are_locked_in_one_place_alone():
    """Another order of locks elsewhere would let two wait for each other for ever."""
    folder = Path(locking.__file__).parent
    asks = re.compile(r"\b(?:Content|Draft)\.objects\b[^\n]*select_for_update")
    found = {path.name for path in folder.glob("*.py") if asks.search(path.read_text(encoding="utf-8"))}
    assert found == {"locking.py"}
