"""Bringing two changes of one document together (三方合并).

Where only one side changed something, that change is taken. Where both did, differently, ours stays and the conflict
is told with both. So nothing that was written on our side is ever lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from peilian.engine.content.values import ABSENT, Path, Tree, canonical, id_field, same


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed the same part differently. ``None`` stands for a part that is not there."""

    path: Path
    base: Tree
    ours: Tree
    theirs: Tree


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged document, and where a person has to look."""

    body: Tree
    conflicts: tuple[Conflict, ...]


def merge(base: Tree, ours: Tree, theirs: Tree) -> Merged:
    """Both changes of ``base`` in one document."""
    merger = _Merger()
    body = merger.merged((), base, ours, theirs)
    return Merged(None if body is ABSENT else body, tuple(merger.conflicts))


class _Merger:
    def __init__(self) -> None:
        self.conflicts: list[Conflict] = []

    def merged(self, path: Path, base: Tree, ours: Tree, theirs: Tree) -> Tree:
        if same(ours, theirs) or same(theirs, base):
            return ours
        if same(ours, base):
            return theirs
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            return self._mappings(path, base if isinstance(base, Mapping) else {}, ours, theirs)
        if isinstance(ours, list) and isinstance(theirs, list):
            return self._lists(path, base if isinstance(base, list) else [], ours, theirs)
        if isinstance(base, str) and isinstance(ours, str) and isinstance(theirs, str):
            return self._texts(path, base, ours, theirs)
        return self._ours(path, base, ours, theirs)

    def _ours(self, path: Path, base: Tree, ours: Tree, theirs: Tree) -> Tree:
        there = [None if value is ABSENT else value for value in (base, ours, theirs)]
        self.conflicts.append(Conflict(path, *there))
        return ours

    def _mappings(
        self, path: Path, base: Mapping[str, Tree], ours: Mapping[str, Tree], theirs: Mapping[str, Tree]
    ) -> Tree:
        found = {
            name: self.merged((*path, name), base.get(name, ABSENT), ours.get(name, ABSENT), theirs.get(name, ABSENT))
            for name in [*ours, *(name for name in theirs if name not in ours)]
        }
        return {name: value for name, value in found.items() if value is not ABSENT}

    def _lists(self, path: Path, base: list[Tree], ours: list[Tree], theirs: list[Tree]) -> Tree:
        field = id_field(base, ours, theirs)
        if field is None:
            return self._sequences(path, base, ours, theirs)
        items = [{item[field]: item for item in side} for side in (base, ours, theirs)]
        old, mine, other = items
        order = self._sequences((*path, field), list(old), list(mine), list(other), told=False)
        # The order leaves out what one side removed; where the other changed it, it must be seen.
        order = _with(_with(list(dict.fromkeys(order)), list(mine)), list(other))
        found = []
        for name in order:
            sides = (side.get(name, ABSENT) for side in items)
            item = self.merged((*path, name), *sides)
            if item is not ABSENT:
                found.append(item)
        return found

    def _texts(self, path: Path, base: str, ours: str, theirs: str) -> Tree:
        """Texts by their lines; one of a single line is changed as a whole."""
        sides = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
        if max(map(len, sides)) < 2:
            return self._ours(path, base, ours, theirs)
        return "".join(self._sequences(path, *sides, joint=""))

    def _sequences(
        self,
        path: Path,
        base: Sequence[Tree],
        ours: Sequence[Tree],
        theirs: Sequence[Tree],
        *,
        joint: str | None = None,
        told: bool = True,
    ) -> list[Tree]:
        """Stretches between what all three share are merged one by one; a conflict shows them, joined by ``joint``.

        Without ``told``, a stretch that both changed is taken in our order without a conflict: its items are looked at
        one by one.
        """
        found: list[Tree] = []
        for low, mine, other in _stretches(base, ours, theirs):
            old, new, theirs_new = base[low[0] : low[1]], ours[mine[0] : mine[1]], theirs[other[0] : other[1]]
            if same(list(new), list(theirs_new)) or same(list(theirs_new), list(old)):
                found.extend(new)
            elif same(list(new), list(old)):
                found.extend(theirs_new)
            elif not told:
                found.extend([*new, *(item for item in theirs_new if item not in new)])
            else:
                shown = [list(side) if joint is None else joint.join(side) for side in (old, new, theirs_new)]
                self.conflicts.append(Conflict((*path, len(found)), *shown))
                found.extend(new)
        return found


def _with(order: list[str], side: list[str]) -> list[str]:
    """``order`` with what only ``side`` has, each behind what stands before it there."""
    for n, name in enumerate(side):
        if name not in order:
            order.insert(order.index(side[n - 1]) + 1 if n else 0, name)
    return order


_Span = tuple[int, int]


def _stretches(base: Sequence[Tree], ours: Sequence[Tree], theirs: Sequence[Tree]) -> list[tuple[_Span, _Span, _Span]]:
    """Spans of base, ours and theirs that belong together: either all three equal, or between such."""
    to_ours, to_theirs = _matched(base, ours), _matched(base, theirs)
    found: list[tuple[_Span, _Span, _Span]] = []
    low = mine = other = 0
    for place in [*(place for place in range(len(base)) if place in to_ours and place in to_theirs), None]:
        ends = (len(base), len(ours), len(theirs)) if place is None else (place, to_ours[place], to_theirs[place])
        if (low, mine, other) != ends:
            found.append(((low, ends[0]), (mine, ends[1]), (other, ends[2])))
        if place is not None:
            found.append(((ends[0], ends[0] + 1), (ends[1], ends[1] + 1), (ends[2], ends[2] + 1)))
            low, mine, other = (end + 1 for end in ends)
    return found


def _matched(base: Sequence[Tree], side: Sequence[Tree]) -> dict[int, int]:
    """Which item of ``base`` is which of ``side``."""
    matcher = SequenceMatcher(None, [canonical(one) for one in base], [canonical(one) for one in side], autojunk=False)
    return {block.a + n: block.b + n for block in matcher.get_matching_blocks() for n in range(block.size)}
