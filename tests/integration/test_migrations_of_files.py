"""Files that were added to texts before versions had their own are carried into the wordings that were shown them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from support.migrating import as_before, migrated

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("library", "0002_lists")]
AFTER = [("library", "0003_files_of_versions")]


@pytest.fixture(autouse=True)
def audit_guard() -> None:
    """Rows of former days are made by hand, and moved by the migration itself: nobody decides anything here."""


@pytest.fixture
def before() -> Iterator[Any]:
    """The models before the change; the database is put right again afterwards."""
    with as_before(BEFORE) as apps:
        yield apps


def at(hour: int) -> datetime:
    return datetime(2026, 11, 20, hour, tzinfo=UTC)


def a_text(apps: Any) -> Any:
    """A text with versions of 8 and 12 o'clock, and an open draft."""
    Content, Version, Draft = (apps.get_model("library", name) for name in ("Content", "ContentVersion", "Draft"))
    text = Content.objects.create(kind="article", key="own/a", created_at=at(8))
    for number, hour in ((1, 8), (2, 12)):
        text.current = Version.objects.create(
            content=text, number=number, body={}, sha256=str(number), origin="user", made_at=at(hour), base=text.current
        )
    text.state = "published"
    text.save()
    Draft.objects.create(
        content=text, body={}, state="dropped", created_at=at(9), saved_at=at(9), decided_at=at(10), base=text.current
    )
    Draft.objects.create(content=text, body={}, created_at=at(13), saved_at=at(13), base=text.current)
    return text


def a_file(apps: Any, text: Any, name: str, added: int, removed: int | None = None) -> str:
    file = apps.get_model("base", "StoredFile").objects.create(sha256="0", name=name, size=1, created_at=at(added))
    row = apps.get_model("library", "Attachment").objects.create(
        content=text, file=file, name=name, media_type="image/png", added_at=at(added),
        removed_at=at(removed) if removed else None,
    )  # fmt: skip
    return str(row.pk)


def test_each_wording_keeps_the_files_that_readers_saw_with_it_last(before: Any) -> None:
    text = a_text(before)
    gone = a_file(before, text, "gone.png", 9, removed=13)
    a_file(before, text, "old.png", 9, removed=11)
    first = a_file(before, text, "图.png", 9)
    second = a_file(before, text, "图.png", 14)
    apps = migrated(AFTER)
    versions = apps.get_model("library", "ContentVersion").objects.order_by("number")
    assert [row.files for row in versions] == [{"gone.png": gone, "图.png": first}, {"图.png": second}]
    dropped, open_ = apps.get_model("library", "Draft").objects.order_by("created_at")
    assert set(dropped.files) == {"gone.png", "old.png", "图.png"}
    assert open_.files == {"图.png": second}
    for table in ("library_contentversion", "library_attachment"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET id = id")


def test_the_way_back_takes_away_what_no_wording_names(before: Any) -> None:
    text = a_text(before)
    first, second = a_file(before, text, "图.png", 9), a_file(before, text, "图.png", 14)
    migrated(AFTER)
    rows = migrated(BEFORE).get_model("library", "Attachment").objects.filter(removed_at=None)
    assert [str(row.pk) for row in rows] == [second]
    assert first != second
