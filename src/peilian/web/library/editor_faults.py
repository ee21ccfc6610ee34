"""What is wrong with a draft, at the field where it is mended and in a list above the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peilian.engine._kernel import Fault, Reason
from peilian.flows.wording import say
from peilian.web.library.editor_form import Node
from peilian.web.library.places import place_in_words
from peilian.web.shell.languages import reading_language

_NEEDED = "pack.missing"


@dataclass(frozen=True, slots=True)
class Told:
    """One fault: where in words, what, the element of the page it leads to, and the field of the document."""

    place: str
    words: str
    anchor: str
    field: str


def placed(faults: Iterable[Fault], root: Node, kind: str, body: Any) -> list[Told]:
    """Every fault in words; each is noted at its field, or at the nearest part that is shown."""
    by_path = {node.path: node for node in root.all() if node.path}
    found = []
    for fault in faults:
        field = fault.field or ""
        parts = field.split(".") if field else []
        node = next((by_path[path] for path in _prefixes(parts) if path in by_path), None)
        words = _words(fault.reason)
        if node is not None:
            node.faults.append(words)
        place = place_in_words(kind, [int(part) if part.isdigit() else part for part in parts], body)
        found.append(Told(place, words, node.id if node is not None else "", field))
    return found


def _prefixes(parts: list[str]) -> Iterable[str]:
    return (".".join(parts[:n]) for n in range(len(parts), 0, -1))


def _words(reason: Reason) -> str:
    if reason.key == _NEEDED:
        reason = Reason("base.empty")
    try:
        return say(reason, reading_language())
    except KeyError:
        return reason.key
