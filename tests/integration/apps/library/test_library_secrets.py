"""Question banks and exams are there for who writes alone: each function with each role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peilian.apps.library import api as library
from peilian.apps.people.api import ROLES, NotVisibleError, Permission
from support.library import a_writer, installed, the_content

pytestmark = pytest.mark.django_db
T = {"zh": "绝密考点"}
BANK = {
    "kind": "items", "schema_version": 1, "key": "mine/bank", "title": T, "tags": ["题库标签"],
    "competencies": ["empathy"],
    "items": [{"id": "q", "type": "truth", "is_true": True, "stem": T, "explanation": T}],
}  # fmt: skip
EXAM = {"kind": "exam", "schema_version": 1, "key": "mine/exam", "title": T, "fixed": [{"item": "mine/bank#q"}]}
LESSON = {
    "kind": "lesson", "schema_version": 1, "key": "mine/lesson", "title": {"zh": "一课"}, "minutes": 5,
    "goals": [{"zh": "会做"}], "body": {"zh": "正文里有彩虹步法。"}, "keep": [{"zh": "记住"}],
    "check": {"items": ["mine/bank#q"]},
}  # fmt: skip


@pytest.fixture(params=[("bank", "items"), ("exam", "exam")], ids=lambda one: one[1])
def secret(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> library.Content:
    installed(tmp_path / "pack", BANK, EXAM, LESSON)
    name, kind = request.param
    return the_content(f"mine/{name}", kind)


DOORS: dict[str, Callable[[Any, library.Content], object]] = {
    "content": lambda user, c: library.content(user=user, kind=c.kind, key=c.key),
    "version": lambda user, c: library.version(user=user, pk=c.current_id),
    "versions": lambda user, c: library.versions(user=user, content=c),
    "document_of": lambda user, c: library.document_of(c.current, user=user),
    "compare": lambda user, c: library.compare(user=user, one=c.current, other=c.current),
    "attachments_of": lambda user, c: library.attachments_of(user=user, of=c.current),
    "comments_of": lambda user, c: library.comments_of(user=user, content=c),
    "add_comment": lambda user, c: library.add_comment(actor=user, content=c, text="好", kind="comment"),
    "uses_of": lambda user, c: library.uses_of(user=user, content=c),
}
INSIDERS = sorted(key for key, role in ROLES.items() if Permission.SEE_LIBRARY in role.permissions)


@pytest.mark.parametrize("name", sorted(DOORS))
def test_a_question_is_read_by_those_who_write_and_by_nobody_else(secret: library.Content, name: str) -> None:
    for role in sorted(ROLES):
        user = a_writer(role, role)
        if Permission.WRITE_LIBRARY in ROLES[role].permissions:
            DOORS[name](user, secret)
            continue
        with pytest.raises(NotVisibleError):
            pytest.fail(f"{name} of a {secret.kind} is open to {role}: {DOORS[name](user, secret)}")


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("by_index", [False, True])
def test_neither_lists_nor_searches_nor_their_counts_tell_readers_that_questions_are_there(
    secret: library.Content, pieces: bool, by_index: bool
) -> None:
    if by_index:
        library.rebuild_search()
    for role in INSIDERS:
        user = a_writer(role, role)
        writes = Permission.WRITE_LIBRARY in ROLES[role].permissions
        kinds = {row.kind for row in library.browse(user=user)}
        assert (secret.kind in kinds, "lesson" in kinds) == (writes, True)
        assert (secret.kind in library.facets(user=user)["kind"]) == writes
        for query in ("绝密考点", "", "彩虹步法"):
            found = library.search(user=user, query=query, kinds=(), pieces=pieces, any_day=True)
            told = {one.content.kind for one in found.items} | set(found.facets.get("kind", {}))
            assert not told & {"items", "exam"} or writes, f"{role} finds {told} by {query!r}"
            assert writes or "题库标签" not in found.facets.get("tag", {})
        asked = library.search(user=user, query="绝密考点", kinds=("items", "exam"))
        assert bool(asked.total) == writes


def test_readers_find_lessons_by_what_they_teach(secret: library.Content) -> None:
    library.rebuild_search()
    found = library.search(user=a_writer("lin", "agent"), query="彩虹步法")
    assert [one.content.reference for one in found.items] == ["lesson:mine/lesson"]
