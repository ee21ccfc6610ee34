"""Documents as trees of plain values, and how their parts are told apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

Tree = Any  # None, bool, int, float, str, or lists and mappings of them
Path = tuple[str | int, ...]
"""Where something stands: names of fields, ids of items that have one, else their place from 0."""

ID_FIELDS = ("id", "key")


class _Absent:
    """What is not there; not the same as an empty value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def same(one: Tree, other: Tree) -> bool:
    """Whether two values say the same; 1 and true do not."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return canonical(one) == canonical(other)


def canonical(value: Tree) -> str:
    """One text for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def id_field(*lists: Sequence[Tree]) -> str | None:
    """The field by which the items of all these lists can be told apart; ``None`` when there is none."""
    for field in ID_FIELDS:
        if any(lists) and all(_told_apart(items, field) for items in lists):
            return field
    return None


def _told_apart(items: Sequence[Tree], field: str) -> bool:
    names = [item.get(field) if isinstance(item, Mapping) else None for item in items]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
