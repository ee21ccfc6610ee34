"""A document as the text of a file (源文件), also while it does not fit its kind yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from peilian.adapters.packs import _Loader
from peilian.adapters.packs.writing import _Dumper
from peilian.engine._kernel import Fault, InputError, Reason

MOST_CHARACTERS = 500_000
_WIDTH = 110


def source_of(value: Any) -> str:
    """A value, or a whole document, as YAML that people edit."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def value_of(source: str) -> Any:
    """What YAML says; ``InputError`` names the line where it cannot be read."""
    if len(source) > MOST_CHARACTERS:
        raise InputError(Fault(Reason("pack.not_yaml", {"problem": f"> {MOST_CHARACTERS}"})))
    try:
        return yaml.load(source, Loader=_Loader)  # noqa: S506 - plain values only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        row = mark.line + 1 if mark is not None else None
        raise InputError(Fault(Reason("pack.not_yaml", {"problem": problem}), row=row)) from None


def tree_of_source(source: str) -> dict[str, Any]:
    """A document as YAML says it, whether or not it fits its kind."""
    found = value_of(source)
    if not isinstance(found, Mapping):
        raise InputError(Fault(Reason("pack.not_a_mapping"), row=1))
    return {str(name): value for name, value in found.items()}
