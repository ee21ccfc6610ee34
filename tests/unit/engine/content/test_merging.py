"""Two changes of one document come together, and nothing that was written on our side is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.content import Change, differences, merge

BASE: dict[str, Any] = {
    "title": {"zh": "退货", "en": "Returns"},
    "tags": ["退货", "七天"],
    "body": "第一行\n第二行\n第三行\n",
    "steps": [{"id": "ask", "text": "核实"}, {"id": "pay", "text": "退款"}],
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**BASE, **fields}


CASES = {
    "nobody changed anything": (BASE, BASE, BASE),
    "only the pack changed": (BASE, changed(tags=["退货"]), changed(tags=["退货"])),
    "only we changed": (changed(tags=["退货"]), BASE, changed(tags=["退货"])),
    "both changed it alike": (changed(body="新\n"), changed(body="新\n"), changed(body="新\n")),
    "each changed another field": (
        changed(title={"zh": "退货规则", "en": "Returns"}),
        changed(tags=["退货", "七天", "运费"]),
        changed(title={"zh": "退货规则", "en": "Returns"}, tags=["退货", "七天", "运费"]),
    ),
    "each changed another language": (
        changed(title={"zh": "退货规则", "en": "Returns"}),
        changed(title={"zh": "退货", "en": "Return rules"}),
        changed(title={"zh": "退货规则", "en": "Return rules"}),
    ),
    "each changed another line": (
        changed(body="第一行改\n第二行\n第三行\n"),
        changed(body="第一行\n第二行\n第三行\n第四行\n"),
        changed(body="第一行改\n第二行\n第三行\n第四行\n"),
    ),
    "each added a step": (
        changed(steps=[*BASE["steps"], {"id": "ours", "text": "回访"}]),
        changed(steps=[{"id": "theirs", "text": "问好"}, *BASE["steps"]]),
        changed(steps=[{"id": "theirs", "text": "问好"}, *BASE["steps"], {"id": "ours", "text": "回访"}]),
    ),
    "we changed a step, the pack moved it": (
        changed(steps=[{"id": "ask", "text": "先核实"}, {"id": "pay", "text": "退款"}]),
        changed(steps=[{"id": "pay", "text": "退款"}, {"id": "ask", "text": "核实"}]),
        changed(steps=[{"id": "pay", "text": "退款"}, {"id": "ask", "text": "先核实"}]),
    ),
    "we removed what the pack left alone": (
        changed(steps=[{"id": "pay", "text": "退款"}]),
        changed(title={"zh": "退货规则", "en": "Returns"}),
        changed(title={"zh": "退货规则", "en": "Returns"}, steps=[{"id": "pay", "text": "退款"}]),
    ),
    "the pack removed what we left alone": (
        changed(tags=["退货"]),
        changed(steps=[{"id": "ask", "text": "核实"}]),
        changed(tags=["退货"], steps=[{"id": "ask", "text": "核实"}]),
    ),
    "each added a field": (changed(ours=1), changed(theirs=2), changed(ours=1, theirs=2)),
}


@pytest.mark.parametrize(("ours", "theirs", "expected"), CASES.values(), ids=CASES)
def test_changes_that_do_not_meet_come_together(ours: Any, theirs: Any, expected: Any) -> None:
    merged = merge(BASE, ours, theirs)
    assert merged.body == expected
    assert merged.conflicts == ()


CONFLICTS = {
    "both changed one value": (
        changed(title={"zh": "退货甲", "en": "Returns"}),
        changed(title={"zh": "退货乙", "en": "Returns"}),
        ("title", "zh"),
        ("退货", "退货甲", "退货乙"),
    ),
    "both changed one line": (
        changed(body="第一行\n甲\n第三行\n"),
        changed(body="第一行\n乙\n第三行\n"),
        ("body", 1),
        ("第二行\n", "甲\n", "乙\n"),
    ),
    "we removed what the pack changed": (
        changed(steps=[{"id": "pay", "text": "退款"}]),
        changed(steps=[{"id": "ask", "text": "先核实"}, {"id": "pay", "text": "退款"}]),
        ("steps", "ask"),
        ({"id": "ask", "text": "核实"}, None, {"id": "ask", "text": "先核实"}),
    ),
    "the pack removed what we changed": (
        changed(steps=[{"id": "ask", "text": "先核实"}, {"id": "pay", "text": "退款"}]),
        changed(steps=[{"id": "pay", "text": "退款"}]),
        ("steps", "ask"),
        ({"id": "ask", "text": "核实"}, {"id": "ask", "text": "先核实"}, None),
    ),
    "one became a list": (changed(body=["甲"]), changed(body="乙\n"), ("body",), (BASE["body"], ["甲"], "乙\n")),
    "both changed the same tag": (
        changed(tags=["退换", "七天"]),
        changed(tags=["退款", "七天"]),
        ("tags", 0),
        (["退货"], ["退换"], ["退款"]),
    ),
}


@pytest.mark.parametrize(("ours", "theirs", "path", "sides"), CONFLICTS.values(), ids=CONFLICTS)
def test_where_both_changed_the_same_ours_stays_and_both_are_told(
    ours: Any, theirs: Any, path: Any, sides: Any
) -> None:
    merged = merge(BASE, ours, theirs)
    assert merged.body == ours
    (conflict,) = merged.conflicts
    assert (conflict.path, (conflict.base, conflict.ours, conflict.theirs)) == (path, sides)


words = st.sampled_from(["甲", "乙", "丙", "丁"])
plain = st.one_of(st.none(), st.booleans(), st.integers(0, 2), words)
texts = st.lists(words, max_size=4).map(lambda lines: "".join(f"{line}\n" for line in lines))
items = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from("abcd"), "text": words}), max_size=4, unique_by=lambda item: item["id"]
)
documents = st.dictionaries(
    st.sampled_from(["title", "tags", "body", "steps"]),
    st.one_of(plain, texts, items, st.lists(words, max_size=4), st.dictionaries(st.sampled_from("xy"), words)),
)


def _leaves(tree: Any, path: str = "") -> Iterator[str]:
    """Values with the names of the fields that they stand in, lines of texts one by one."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _leaves(value, path if name == "id" else f"{path}.{name}")
    elif isinstance(tree, list):
        for value in tree:
            yield from _leaves(value, path)
    elif isinstance(tree, str) and "\n" in tree:
        yield from (f"{path}:{line}" for line in tree.splitlines())
    else:
        yield f"{path}:{tree!r}" if not isinstance(tree, str) else f"{path}:{tree}"


@given(base=documents, ours=documents)
def test_one_change_alone_is_taken_as_it_is(base: Any, ours: Any) -> None:
    assert merge(base, ours, base).body == ours
    assert merge(base, base, ours).body == ours
    assert merge(base, ours, ours).body == ours
    assert not merge(base, ours, base).conflicts


@given(base=documents, ours=documents, theirs=documents)
def test_nothing_that_we_wrote_is_ever_lost(base: Any, ours: Any, theirs: Any) -> None:
    written = Counter(_leaves(ours)) - Counter(_leaves(base))
    kept = Counter(_leaves(merge(base, ours, theirs).body))
    assert not written - kept


@given(base=documents, ours=documents, theirs=documents)
def test_without_a_conflict_nothing_of_the_pack_is_lost_either(base: Any, ours: Any, theirs: Any) -> None:
    merged = merge(base, ours, theirs)
    if not merged.conflicts:
        written = set(_leaves(theirs)) - set(_leaves(base))
        assert written <= set(_leaves(merged.body))


@given(before=documents, after=documents)
def test_documents_differ_exactly_when_differences_are_told(before: Any, after: Any) -> None:
    found = differences(before, after)
    assert bool(found) == (_kinds(before) != _kinds(after))


def _kinds(tree: Any) -> Any:
    """True and 1 are equal to Python, not to a reader."""
    if isinstance(tree, dict):
        return {name: _kinds(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_kinds(value) for value in tree]
    return (type(tree).__name__, tree)


def test_differences_go_down_to_the_part_that_changed() -> None:
    after = changed(
        tags=["退货", "十五天"], steps=[{"id": "pay", "text": "退款到原路"}, {"id": "call", "text": "回访"}]
    )
    assert differences(BASE, after) == [
        Change(("tags", 1), "七天", "十五天"),
        Change(("steps", "pay", "text"), "退款", "退款到原路"),
        Change(("steps", "call"), None, {"id": "call", "text": "回访"}, is_added=True),
        Change(("steps", "ask"), {"id": "ask", "text": "核实"}, None, is_removed=True),
    ]


def test_an_item_that_only_moved_is_told_as_moved() -> None:
    after = changed(steps=list(reversed(BASE["steps"])))
    assert differences(BASE, after) == [Change(("steps",), ["ask", "pay"], ["pay", "ask"], is_moved=True)]
