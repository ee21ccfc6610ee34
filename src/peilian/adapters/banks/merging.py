"""A question from outside beside the one that the bank holds (合并题目): what the format cannot hold stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peilian.adapters.banks.values import Tree, ids

_LISTS = {"options": "text", "steps": "text", "others": "text", "pairs": "left"}


def merged_items(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> list[Tree]:
    """The items of a bank with those that a file brings, told apart by their id; new ones come last.

    Options keep their names by their words, so that former answers still mean what they meant.
    """
    made = {str(item["id"]): dict(item) for item in ours}
    for item in theirs:
        before = made.get(item["id"])
        is_same_kind = before is not None and before["type"] == item["type"]
        made[item["id"]] = _merged(before, dict(item)) if before is not None and is_same_kind else dict(item)
    return list(made.values())


def _merged(before: Tree, item: Tree) -> Tree:
    made = {**before}
    for name, value in item.items():
        if name in _LISTS:
            made[name] = _listed(before.get(name, []), value, _LISTS[name])
        elif name == "blanks":
            continue
        elif isinstance(value, Mapping):
            made[name] = {**before.get(name, {}), **value}
        else:
            made[name] = value
    if "blanks" in item:
        _blanks(made, before, item)
    if "keys" in item:
        made["keys"] = _keys(before.get("keys", []), item["keys"])
    return made


def _listed(before: Sequence[Tree], theirs: Sequence[Tree], by: str) -> list[Tree]:
    """Options, steps or pairs by their words; what is right and what is told of them is as the file says."""
    left = {one["id"]: one for one in before}
    made: list[Tree | None] = [None] * len(theirs)
    for place, one in enumerate(theirs):
        same = next((old for old in left.values() if _says(old.get(by, {}), one.get(by, {}))), None)
        if same is not None:
            made[place] = _joined(left.pop(same["id"]), one)
    for place, one in enumerate(theirs):
        if made[place] is not None:
            continue
        old = left.pop(one["id"], None)
        if old is not None:
            made[place] = _joined(old, one)
            continue
        taken = {kept["id"] for kept in made if kept is not None} | set(left)
        made[place] = {**one, "id": next(name for name in (one["id"], *ids(60)) if name not in taken)}
    return [one for one in made if one is not None]


def _says(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return bool(new) and all(old.get(language) == text for language, text in new.items())


def _joined(old: Tree, new: Tree) -> Tree:
    made = {name: value for name, value in old.items() if name != "right" or isinstance(value, Mapping)}
    for name, value in new.items():
        if name != "id":
            made[name] = {**old.get(name, {}), **value} if isinstance(value, Mapping) else value
    return made


def _blanks(made: Tree, before: Tree, item: Tree) -> None:
    """Gaps keep their names by their places where there are as many as before."""
    old, new = before.get("blanks", []), item["blanks"]
    if len(old) != len(new):
        made["blanks"] = list(new)
        return
    blanks = []
    for one, other in zip(old, new, strict=True):
        for language, text in item["stem"].items():
            told = made["stem"].get(language, text)
            made["stem"][language] = told.replace(f"{{{{{other['id']}}}}}", f"{{{{{one['id']}}}}}")
        blanks.append({**other, "id": one["id"]})
    made["blanks"] = blanks


def _keys(before: Sequence[Tree], theirs: Sequence[Tree]) -> list[Tree]:
    """Key points by their names in words: a table holds their Chinese patterns only."""
    by_label = {one["label"].get("zh"): one for one in before}
    return [
        {**by_label[one["label"]["zh"]], "zh": one["zh"]} if one["label"]["zh"] in by_label else one for one in theirs
    ]
