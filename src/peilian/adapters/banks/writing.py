"""A bank in the formats of others, and by name what they cannot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from peilian.adapters.banks import gift, moodle, table
from peilian.adapters.banks.values import BankWritten, Form, Tree
from peilian.engine._kernel import Fault, Language, Reason

ENDINGS: Mapping[Form, str] = {"gift": "gift", "moodle": "xml", "table": "xlsx"}
_TYPES: Mapping[Form, tuple[str, ...]] = {
    "gift": ("single", "multiple", "truth", "fill", "match"),
    "moodle": ("single", "multiple", "truth", "fill", "match", "order"),
    "table": table.TYPES,
}
_COMMON = frozenset({"id", "type", "stem", "explanation", "options", "is_true", "blanks", "pairs", "others", "steps"})
_FIELDS: Mapping[Form, frozenset[str]] = {
    "gift": _COMMON,
    "moodle": _COMMON | {"points", "tags", "fixed"},
    "table": _COMMON
    | {"points", "tags", "fixed", "difficulty", "competencies", "layer", "covers", "group", "keys", "model", "open"}
    | {"partial"},
}  # fmt: skip
# What XML cannot hold at all, and no text needs.
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0)))


def write_bank(tree: Tree, form: Form, *, language: Language = "zh") -> BankWritten:
    """A bank as a file. GIFT and Moodle XML hold one language; items that are not written in it are left out."""
    notes = list[Fault]()
    items = list(_held(tree, form, language, notes))
    lost = Counter(name for item in items for name in _lost(item, form))
    notes += [Fault(Reason("banks.field_stays", {"name": name, "n": n})) for name, n in sorted(lost.items())]
    if form == "table":
        return BankWritten(table.written(tree, items), tuple(notes))
    items = [_plain(item) for item in items]
    text = (gift if form == "gift" else moodle).written(tree, items, language)
    return BankWritten(text.encode(), tuple(notes))


def _held(tree: Tree, form: Form, language: Language, notes: list[Fault]) -> Iterator[Tree]:
    for item in tree["items"]:
        reason = _why_not(tree, item, form, language)
        if reason is None:
            yield item
        else:
            notes.append(Fault(reason, field=item["id"]))


def _why_not(tree: Tree, item: Tree, form: Form, language: Language) -> Reason | None:
    if item["type"] not in _TYPES[form]:
        return Reason("banks.type_stays", {"type": item["type"]})
    if form == "table":
        labelled = all(key.get("zh") and key["label"].get("zh") for key in item.get("keys", ()))
        if not labelled:
            return Reason("banks.key_points_stay")
        return None if table.holds(tree, item) else Reason("banks.cells_cannot_hold")
    if not all(language in text for text in _texts(item)):
        return Reason("banks.not_in_language", {"language": language})
    blanks = item.get("blanks", ())
    if form == "gift" and len(blanks) > 1:
        return Reason("banks.several_gaps_stay")
    if any(blank.get("number") is not None and blank.get("accept") for blank in blanks):
        return Reason("banks.number_or_words")
    return None


def _lost(item: Tree, form: Form) -> Iterator[str]:
    yield from (name for name in item if name not in _FIELDS[form])
    if form == "table":
        for key in item.get("keys", ()):
            yield from (f"keys.{name}" for name in ("en", "unless", "weight") if key.get(name))


def _texts(value: Any) -> Iterator[Mapping[str, str]]:
    """Every text of an item that people read, feedback aside."""
    for name, one in value.items():
        if name in ("keys", "feedback"):
            continue
        if isinstance(one, Mapping):
            yield one
        elif isinstance(one, list):
            yield from (text for part in one if isinstance(part, Mapping) for text in _texts(part))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_UNWRITABLE)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value
