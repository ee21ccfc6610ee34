"""What tests of the library share: packs made of a few lines, and people who write, review and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from support.builders import a_unit, an_employee
from support.company import a_login


def an_article(
    key: str = "mine/returns", *, zh: str = "退货", body: str = "七天内可退。", **more: Any
) -> dict[str, Any]:
    """An article as data."""
    return {
        "kind": "article",
        "schema_version": 1,
        "key": key,
        "title": {"zh": zh, "en": "Returns"},
        "body": {"zh": body},
        **more,
    }


def a_policy(key: str = "mine/privacy", **more: Any) -> dict[str, Any]:
    """A policy as data, in force since long ago."""
    return {
        "kind": "policy",
        "schema_version": 1,
        "key": key,
        "title": {"zh": "客户隐私"},
        "purpose": {"zh": "保护客户信息"},
        "scope": {"zh": "全体客服"},
        "effective_from": "2026-01-01",
        "interpreted_by": {"zh": "客服部"},
        "body": {"zh": "不得外传客户信息。"},
        **more,
    }


def a_pack(folder: Path, *documents: Mapping[str, Any], version: str = "1", key: str = "mine") -> Path:
    """A pack of these documents in ``folder``, in place of what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    header = {
        "kind": "pack", "schema_version": 1, "key": key, "title": {"zh": "我的"}, "version": version,
        "licence": "Apache-2.0",
    }  # fmt: skip
    _write(folder / "pack.yaml", header)
    for number, document in enumerate(documents):
        _write(folder / f"{number:03}.yaml", document)
    return folder


def installed(folder: Path, *documents: Mapping[str, Any], version: str = "1", pack: str = "mine") -> dict[str, Any]:
    """Install a pack of these documents; the report of what that did, empty when nothing had changed."""
    done = library.install_packs(roots=(a_pack(folder, *documents, version=version, key=pack),))
    return done[0].report if done else {}


def the_content(key: str = "mine/returns", kind: str = "article") -> library.Content:
    """A content by its key."""
    return library.Content.objects.select_related("current").get(kind=kind, key=key)


def a_writer(name: str = "writer", role: str = "quality_inspector") -> people.User:
    """Somebody who writes texts and does not publish them; with another role, somebody else of the company."""
    unit = a_unit() if people.ROLES[role].reach is people.Reach.UNIT else None
    return a_login(name, role, unit=unit, employee=an_employee(name))


def a_publisher(name: str = "publisher") -> people.User:
    """A training manager."""
    return a_login(name, "training_manager")


def published(actor: people.User, content: library.Content, **changes: Any) -> library.ContentVersion:
    """A change of a content's body, written by ``actor`` and published by the product."""
    draft = library.start_draft(actor=actor, content=content)
    draft = library.save_draft(actor=actor, draft=draft, body={**draft.body, **changes}, edition=draft.edition)
    draft = library.submit(actor=actor, draft=draft)
    return library.publish(actor=None, draft=draft)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    own = json.loads(json.dumps(document))  # nothing twice, which YAML would write as an alias
    path.write_text(yaml.safe_dump(own, allow_unicode=True, sort_keys=False), encoding="utf-8")
