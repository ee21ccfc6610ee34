"""Puts reasons and faults into words, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from peilian.adapters import packs
from peilian.adapters.packs.words import Words
from peilian.engine._kernel import Fault, Language, Param, Reason, Text

_LONGEST_LINE = 2000  # characters of a fault


@cache
def catalogue() -> dict[str, Text]:
    """Every shipped template by reason key."""
    found: dict[str, Text] = {}
    for item in packs.load("words"):
        assert isinstance(item.document, Words)
        found.update({key: text.to_text() for key, text in item.document.words.items()})
    return found


def say(reason: Reason, language: Language) -> str:
    """The reason in words. A key without a template is a programming error and raises ``KeyError``."""
    template = catalogue()[reason.key].in_language(language)
    return template.format_map({name: _Said(value, language) for name, value in reason.params.items()})


class _Said:
    """A parameter in a text, in the reader's language when it is given in both. ``{n:drill/drills}`` is the word that
    goes with the number ``n``."""

    def __init__(self, value: Param, language: Language) -> None:
        if isinstance(value, Mapping):
            value = Text(value.get("zh"), value.get("en")).in_language(language)
        self._value = value

    def __format__(self, spec: str) -> str:
        one, is_word, many = spec.partition("/")
        if is_word:
            return one if self._value in (1, "1") else many
        return format("–" if self._value is None else self._value, spec)


def say_fault(fault: Fault, language: Language) -> str:
    """One line for one fault: file, row, field, and what was expected."""
    row = f"第 {fault.row} 行" if language == "zh" else f"row {fault.row}"
    separator, colon = ("，字段 ", "：") if language == "zh" else (", field ", ": ")
    place = ":".join(part for part in (fault.file, row if fault.row is not None else None) if part)
    if fault.field:
        place = f"{place}{separator}{fault.field}" if place else fault.field
    if fault.conversation_id is not None:
        place += f" [{fault.conversation_id}]"
    said = say(fault.reason, language)
    return _on_one_line(f"{place}{colon}{said}" if place else said)


def _on_one_line(text: str) -> str:
    """``text`` as one line of bounded length; what would move a terminal's cursor, colour or direction is a space.

    Names of files and columns, and wrong values, come from outside.
    """
    shown = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"
    return "".join(char if char.isprintable() else " " for char in shown)
