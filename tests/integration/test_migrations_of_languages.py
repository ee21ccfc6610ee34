"""Texts that were there before are told apart by language like new ones."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support.migrating import as_before, migrated

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def audit_guard() -> None:
    """Rows of former days are made by hand: nobody decides anything here."""


def test_a_text_gets_the_languages_of_its_current_version_and_without_one_of_its_newest_draft():
    with as_before([("library", "0005_internal_notices")]) as apps:
        Content, Version, Draft = (apps.get_model("library", name) for name in ("Content", "ContentVersion", "Draft"))
        published, new, _bare = (
            Content.objects.create(kind="article", key=f"own/{key}", created_at=AT) for key in "abc"
        )
        published.current = Version.objects.create(
            content=published, number=1, body={"body": {"zh": "七天内可退。"}}, sha256="1", origin="user", made_at=AT
        )
        published.state = "published"
        published.save()
        for words in ({"zh": "先问。"}, {"en": "Ask first."}):
            Draft.objects.create(content=new, body={"body": words}, created_at=AT, saved_at=AT, state="dropped")
        Draft.objects.create(content=published, body={"body": {"en": "Not yet."}}, created_at=AT, saved_at=AT)
        apps = migrated([("library", "0006_languages")])
        told = dict(apps.get_model("library", "Content").objects.values_list("key", "languages"))
    assert told == {"own/a": ["zh"], "own/b": ["en"], "own/c": []}
