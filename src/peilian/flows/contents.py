"""Texts on their way to being published (内容校验): do they fit their kind, lead somewhere, and prove themselves."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from peilian.adapters import packs
from peilian.adapters.packs import Document
from peilian.adapters.packs.authored import TopicsDocument
from peilian.adapters.packs.scenario import ScenarioDocument, version_of
from peilian.adapters.packs.trees import digest, document_of, tree_of
from peilian.adapters.packs.writing import written
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.drill import ENGINE_VERSION
from peilian.flows import rehearsing


def faults_of(tree: Mapping[str, Any], references: Collection[str]) -> list[Fault]:
    """What keeps a document from being published: fields that do not fit its kind, and names that lead nowhere.

    ``references`` are all texts there are, as ``kind:key``. The faults carry fields, no file.
    """
    try:
        document = document_of(tree)
    except InputError as error:
        return list(error.faults)
    return list(_dangling(document, references))


def rehearse(tree: Mapping[str, Any], roots: tuple[Path, ...] = (packs.SHIPPED,)) -> list[Fault]:
    """What a scenario shows to be wrong when it plays its own good and bad answers; nothing for other kinds.

    Takes seconds. ``InputError`` when the document does not fit its kind.
    """
    document = document_of(tree)
    if not isinstance(document, ScenarioDocument):
        return []
    # Faults are found by their line, so they need a file; where it lay is nothing to the reader.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(written(document).text, encoding="utf-8")
        faults = rehearsing.check(document, version_of(digest(tree_of(document))), roots, file=str(path))
        return [replace(fault, file=None, row=None) for fault in faults]


@cache
def rehearsal_rules() -> str:
    """What a rehearsal is played by, as a hash: the drill engine, and the customers that come with the product."""
    customers = [item.sha256 for kind in ("customer-model", "customer-voice") for item in packs.load(kind)]
    return digest([ENGINE_VERSION, *customers])


def _dangling(document: Document, references: Collection[str]) -> Iterator[Fault]:
    wanted: Mapping[str, tuple[Collection[str], Collection[str]]] = {
        "related": (getattr(document, "related", ()), references),
        "covers": (getattr(document, "covers", ()), _topics()),
        "competencies": (getattr(document, "competencies", ()), _competencies()),
        "replaced_by": ([f"law:{key}" for key in getattr(document, "replaced_by", ())], references),
    }
    for field, (names, there) in wanted.items():
        for name in names:
            if name not in there:
                yield Fault(Reason("pack.leads_nowhere", {"name": name}), field=field)


@cache
def _topics() -> frozenset[str]:
    documents = (item.document for item in packs.load("topics"))
    return frozenset(topic.id for item in documents if isinstance(item, TopicsDocument) for topic in item.topics)


@cache
def _competencies() -> frozenset[str]:
    models = (item.document for item in packs.load("competency-model"))
    return frozenset(one.key for model in models for one in getattr(model, "competencies", ()))
