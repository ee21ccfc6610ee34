"""What is wrong with a draft, at the field where it is mended and in a list above the form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from peilian.adapters.packs.trees import content_kinds
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.flows.wording import say, say_fault
from peilian.web.library.editor_form import Node
from peilian.web.library.editor_shape import shape_of_kind
from peilian.web.library.places import place_in_words, steps_of
from peilian.web.shell.languages import reading_language

_NEEDED = "pack.missing"
_ASKED = {
    "decision": gettext_lazy("What is missing"),
    "why": gettext_lazy("Why"),
    "note": pgettext_lazy("library", "Note"),
    "answer": pgettext_lazy("library", "Answer"),
    "title": pgettext_lazy("library", "Title"),
    "key": pgettext_lazy("library", "Key"),
}
"""What pages ask for besides the fields of documents."""


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
        place = place_in_words(kind, steps_of(field), body)
        found.append(Told(place, words, node.id if node is not None else "", field))
    return found


def told(error: InputError, kind: str = "", body: Any = None, *, most: int = 50) -> list[str]:
    """What a door refused, each fault with the field of the document or of the page that it is about. Names that only
    programs know are left out."""
    return [_line(fault, kind, body) for fault in error.faults[:most]]


def _line(fault: Fault, kind: str, body: Any) -> str:
    field, place = fault.field or "", ""
    known = {name for name, _shape in shape_of_kind(kind).fields} if kind in content_kinds() else set()
    if field.partition(".")[0] in known and body is not None:
        place = place_in_words(kind, steps_of(field), body)
    elif field in _ASKED:
        place = str(_ASKED[field])
    language = reading_language()
    said = say_fault(replace(fault, field=None), language)
    return f"{place}{'：' if language == 'zh' else ': '}{said}" if place else said


def _prefixes(parts: list[str]) -> Iterable[str]:
    return (".".join(parts[:n]) for n in range(len(parts), 0, -1))


def _words(reason: Reason) -> str:
    if reason.key == _NEEDED:
        reason = Reason("base.empty")
    try:
        return say(reason, reading_language())
    except KeyError:
        return reason.key
