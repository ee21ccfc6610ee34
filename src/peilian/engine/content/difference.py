"""What differs between two versions of a document (版本比较)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from peilian.engine.content.values import ABSENT, Path, Tree, canonical, id_field, same


@dataclass(frozen=True, slots=True)
class Change:
    """One difference at ``path``. What was added has ``before`` ``None`` and ``is_added``; what was removed, ``after``
    ``None`` and ``is_removed``; what only stands elsewhere in its list, ``is_moved``."""

    path: Path
    before: Tree
    after: Tree
    is_added: bool = False
    is_removed: bool = False
    is_moved: bool = False


def differences(before: Tree, after: Tree) -> list[Change]:
    """Every difference, in the order of ``after``, down to the smallest part that changed."""
    return list(_compared((), before, after))


def _compared(path: Path, before: Tree, after: Tree) -> Iterator[Change]:
    if same(before, after):
        return
    if before is ABSENT:
        yield Change(path, None, after, is_added=True)
    elif after is ABSENT:
        yield Change(path, before, None, is_removed=True)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(name for name in before if name not in after)]:
            yield from _compared((*path, name), before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, before, after)
    else:
        yield Change(path, before, after)


def _lists(path: Path, before: Sequence[Tree], after: Sequence[Tree]) -> Iterator[Change]:
    field = id_field(before, after)
    if field is None:
        yield from _unnamed(path, before, after)
        return
    old = {item[field]: item for item in before}
    new = {item[field]: item for item in after}
    for name in [*new, *(name for name in old if name not in new)]:
        yield from _compared((*path, name), old.get(name, ABSENT), new.get(name, ABSENT))
    stayed = [name for name in old if name in new]
    if stayed != [name for name in new if name in old]:
        yield Change(path, list(old), list(new), is_moved=True)


def _unnamed(path: Path, before: Sequence[Tree], after: Sequence[Tree]) -> Iterator[Change]:
    """Items without an id, by what they say: equal ones are matched, what stands between them differs."""
    matcher = SequenceMatcher(
        None, [canonical(one) for one in before], [canonical(one) for one in after], autojunk=False
    )
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag == "equal":
            continue
        paired = min(high - low, new_high - new_low)
        for n in range(paired):
            yield from _compared((*path, new_low + n), before[low + n], after[new_low + n])
        for n in range(low + paired, high):
            yield Change((*path, n), before[n], None, is_removed=True)
        for n in range(new_low + paired, new_high):
            yield Change((*path, n), None, after[n], is_added=True)
