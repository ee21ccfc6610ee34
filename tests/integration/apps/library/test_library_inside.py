"""The inside of a drill, and wordings that were never in use: each function with each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from peilian.adapters.packs.trees import tree_of
from peilian.apps.library import api as library
from peilian.apps.people.api import ROLES, NotVisibleError, Permission
from peilian.flows import contents, playing
from support.library import a_pack, a_writer, an_article, installed, published, the_content

pytestmark = pytest.mark.django_db


@pytest.fixture
def drill(tmp_path, monkeypatch):
    """A shipped scenario in two versions; what is published is not rehearsed, which takes seconds."""
    monkeypatch.setattr(contents, "rehearse", lambda _tree: [])
    document, _version = playing.scenarios()["retail/logistics-delay"]
    library.install_packs(roots=(a_pack(tmp_path, {**tree_of(document), "related": []}, key="retail"),))
    published(a_writer("author", "training_manager"), the_content(document.key, "scenario"), difficulty=4)
    return the_content(document.key, "scenario")


INSIDE: dict[str, Callable[[Any, library.Content], object]] = {
    "version": lambda user, c: library.version(user=user, pk=c.current_id),
    "an older version": lambda user, c: library.version(user=user, pk=c.current.base_id),
    "the document of an older version": lambda user, c: library.document_of(c.current.base, user=user),
    "versions": lambda user, c: library.versions(user=user, content=c),
    "compare": lambda user, c: library.compare(user=user, one=c.current.base, other=c.current),
    "uses_of": lambda user, c: library.uses_of(user=user, content=c),
}


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_what_a_drill_looks_for_is_read_by_those_who_write_and_by_nobody_else(drill, name):
    for role in sorted(ROLES):
        user = a_writer(role, role)
        writes = Permission.WRITE_LIBRARY in ROLES[role].permissions
        assert library.reads_versions(user=user, content=drill) == writes
        if writes:
            INSIDE[name](user, drill)
            continue
        with pytest.raises(NotVisibleError):
            pytest.fail(f"{name} of a drill is open to {role}: {INSIDE[name](user, drill)}")


def test_an_agent_reads_of_a_drill_what_trainees_are_told(drill):
    told = library.document_of(drill.current, user=a_writer("lin", "agent"))
    whole = library.document_of(drill.current, user=a_writer())
    assert (told.title, told.brief, told.policies, told.panels) == (
        whole.title, whole.brief, whole.policies, whole.panels
    )  # fmt: skip
    for name in ("needs", "facts", "required", "forbidden", "claims", "lines", "plays", "phrases", "world", "tools"):
        assert getattr(whole, name), f"{name} is empty anyway"
        assert not getattr(told, name), name
    assert whole.required[0].model.zh not in told.model_dump_json()
    assert library.document_of(drill.current, user=None) == whole


def test_a_version_of_a_pack_that_was_never_in_use_is_not_for_readers(tmp_path):
    installed(tmp_path, an_article())
    published(a_writer(), the_content(), body={"zh": "十五天内可退。"})
    installed(tmp_path, an_article(body="三十天内可退。"), version="2")
    unused = library.versions(user=a_writer("other"), content=the_content()).first()
    agent = a_writer("lin", "agent")
    assert unused.pk != the_content().current_id
    for look in (
        lambda: library.version(user=agent, pk=unused.pk),
        lambda: library.document_of(unused, user=agent),
        lambda: library.compare(user=agent, one=the_content().current, other=unused),
    ):
        with pytest.raises(NotVisibleError):
            look()
    assert unused not in library.versions(user=agent, content=the_content())
