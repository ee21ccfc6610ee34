"""A document as the text of a file (源文件), also while it does not fit its kind yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from peilian.adapters.packs import _Loader
from peilian.adapters.packs._problems import unreadable
from peilian.adapters.packs.trees import cleaned_tree
from peilian.adapters.packs.writing import _Dumper
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.text.typed import cleaned

MOST_CHARACTERS = 500_000
MOST_VALUES = 50_000
"""Names and values, which take far more time than their characters; the largest texts have some thousands."""
_DEEPEST = 40
_WIDTH = 110


class _Bounded(_Loader):
    """Stops where a text has more values, or stands deeper, than any document: before all of it is held."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._n = self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._n += 1
        self._depth += 1
        row = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
        if self._n > MOST_VALUES:
            raise InputError(Fault(Reason("library.too_many_values", {"limit": MOST_VALUES}), row=row))
        if self._depth > _DEEPEST:
            raise InputError(Fault(Reason("library.document_too_deep"), row=row))
        found = super().compose_node(parent, index)
        self._depth -= 1
        return found


def source_of(value: Any) -> str:
    """A value, or a whole document, as YAML that people edit."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def value_of(source: str) -> Any:
    """What YAML says; ``InputError`` names the line where it cannot be read."""
    if len(source) > MOST_CHARACTERS:
        raise InputError(Fault(Reason("pack.text_too_long", {"most": MOST_CHARACTERS})))
    try:
        return yaml.load(source, Loader=_Bounded)  # noqa: S506 - plain values only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark is not None else None
        raise InputError(Fault(unreadable(error), row=row)) from None


def tree_of_source(source: str) -> dict[str, Any]:
    """A document as YAML says it, whether or not it fits its kind."""
    found = value_of(source)
    if not isinstance(found, Mapping):
        raise InputError(Fault(Reason("pack.not_a_mapping"), row=1))
    return {cleaned(str(name)): cleaned_tree(value) for name, value in found.items()}
