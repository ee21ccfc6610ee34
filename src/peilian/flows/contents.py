"""Texts on their way to being published (内容校验): do they fit their kind, lead somewhere, and prove themselves."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from peilian.adapters import packs
from peilian.adapters.packs import Document
from peilian.adapters.packs.authored import Known, known_among, lost_names, named_by
from peilian.adapters.packs.items import ItemsDocument
from peilian.adapters.packs.scenario import ScenarioDocument, version_of
from peilian.adapters.packs.teaching import ExamDocument
from peilian.adapters.packs.trees import digest, document_of, tree_of
from peilian.adapters.packs.writing import written
from peilian.engine._kernel import Fault, InputError
from peilian.engine.content.values import canonical
from peilian.engine.drill import ENGINE_VERSION
from peilian.flows import blueprints, rehearsing

Shelved = Callable[[str], Iterable[Document]]
"""The documents there are of a kind."""


def faults_of(
    tree: Mapping[str, Any],
    references: Collection[str],
    shelved: Shelved = lambda _kind: (),
    in_force: Shelved | None = None,
) -> list[Fault]:
    """What keeps a document from being published: fields that do not fit its kind, names that lead nowhere, and exams
    that banks cannot fill.

    ``references`` are all texts there are, as ``kind:key``; ``shelved`` is asked for the competency model, and for
    question banks and courses where it takes more than that; ``in_force`` for those banks that papers are set from
    today (default: the same). The faults carry fields, no file.
    """
    try:
        document = document_of(tree)
    except InputError as error:
        return list(error.faults)
    beside = shelved("items") if any(named.what == "item" for named in named_by(document)) else ()
    beside = shelved("course") if document.kind == "course" else beside
    found = known_among(beside)
    models = list(shelved("competency-model"))
    competencies = known_among(models).competencies if models else _known().competencies
    known = replace(_known(), texts=references, items=found.items, requires=found.requires, competencies=competencies)
    lost = [Fault(reason, field=place) for place, reason in lost_names(document, known)]
    if lost or not isinstance(document, ExamDocument):
        return lost
    banks = (in_force or shelved)("items")
    return blueprints.unfilled(document, [bank for bank in banks if isinstance(bank, ItemsDocument)])


def unsound(tree: Mapping[str, Any]) -> list[Fault]:
    """What a scenario shows to be wrong before anything is played, by field: names without a thing, patterns that find
    nothing, lines that nobody says. Up to a second; at once for what was looked at before. Nothing for other kinds."""
    return list(_unsound(canonical(tree))) if tree.get("kind") == "scenario" else []


@lru_cache(maxsize=64)
def _unsound(tree: str) -> tuple[Fault, ...]:
    document = document_of(json.loads(tree))
    assert isinstance(document, ScenarioDocument)
    found = rehearsing.unsound(document, version_of(digest(tree_of(document))), (packs.SHIPPED,))
    faults: list[Fault] = []
    for place, reason in found:
        fault = Fault(reason, field=".".join(map(str, place)) or None)
        if fault not in faults:  # what both languages share is told once
            faults.append(fault)
    return tuple(faults)


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


@cache
def _known() -> Known:
    """Topics and competencies as they come with the product."""
    return known_among(item.document for kind in ("topics", "competency-model") for item in packs.load(kind))
