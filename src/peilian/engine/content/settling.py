"""Settling a conflict of a merge by taking the other side (采用对方的改动)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from peilian.engine.content.merging import Conflict
from peilian.engine.content.values import ID_FIELDS, Path, Tree, same


class LostPlaceError(LookupError):
    """What the conflict is about was rewritten since, so it has to be settled by hand."""


def take_theirs(body: Tree, conflict: Conflict) -> Tree:
    """``body``, in which ours stands, with theirs in that place; ``body`` itself stays as it is.

    Raises ``LostPlaceError`` when ours is no longer there.
    """
    if not conflict.path:
        return deepcopy(conflict.theirs)
    found = deepcopy(body)
    *way, last = conflict.path
    holder = _at(found, tuple(way))
    if isinstance(holder, str) and isinstance(last, int):
        return _with(found, tuple(way), _text(holder, last, conflict))
    if isinstance(holder, list) and isinstance(last, int):
        _stretch(holder, last, list(conflict.ours or ()), list(conflict.theirs or ()))
    elif isinstance(holder, dict):
        _field(holder, str(last), conflict)
    elif isinstance(holder, list):
        _item(holder, str(last), conflict)
    else:
        raise LostPlaceError(conflict.path)
    return found


def _text(text: str, place: int, conflict: Conflict) -> str:
    lines = text.splitlines(keepends=True)
    sides = ((side or "").splitlines(keepends=True) for side in (conflict.ours, conflict.theirs))
    _stretch(lines, place, *sides)
    return "".join(lines)


def _stretch(items: list[Tree], place: int, ours: Sequence[Tree], theirs: Sequence[Tree]) -> None:
    """Put ``theirs`` where ``ours`` stands, next to ``place``: what was settled before it may have moved it."""
    starts = [
        n for n in range(len(items) - len(ours) + 1)
        if all(same(one, other) for one, other in zip(items[n : n + len(ours)], ours, strict=True))
    ]  # fmt: skip
    if not starts:
        raise LostPlaceError(place)
    start = min(starts, key=lambda n: abs(n - place))
    items[start : start + len(ours)] = deepcopy(list(theirs))


def _field(holder: dict[str, Tree], name: str, conflict: Conflict) -> None:
    if not same(holder.get(name), conflict.ours):
        raise LostPlaceError(conflict.path)
    if conflict.theirs is None:
        holder.pop(name, None)
    else:
        holder[name] = deepcopy(conflict.theirs)


def _item(holder: list[Tree], name: str, conflict: Conflict) -> None:
    place = _place_of(holder, name)
    if not same(None if place is None else holder[place], conflict.ours):
        raise LostPlaceError(conflict.path)
    if place is None:
        holder.append(deepcopy(conflict.theirs))
    elif conflict.theirs is None:
        del holder[place]
    else:
        holder[place] = deepcopy(conflict.theirs)


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        is_field = isinstance(tree, dict) and part in tree
        if is_field or (isinstance(tree, list) and isinstance(part, int) and part < len(tree)):
            tree = tree[part]
        elif isinstance(tree, list) and (place := _place_of(tree, str(part))) is not None:
            tree = tree[place]
        else:
            raise LostPlaceError(path)
    return tree


def _with(tree: Tree, path: Path, value: Tree) -> Tree:
    """``tree`` with ``value`` at a place that is there."""
    if not path:
        return value
    *way, last = path
    holder = _at(tree, tuple(way))
    holder[_place_of(holder, str(last)) if isinstance(holder, list) and isinstance(last, str) else last] = value
    return tree


def _place_of(items: Sequence[Tree], name: str) -> int | None:
    for field in ID_FIELDS:
        for n, item in enumerate(items):
            if isinstance(item, dict) and item.get(field) == name:
                return n
    return None
