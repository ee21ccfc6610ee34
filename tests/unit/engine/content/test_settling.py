"""Settling conflicts: theirs takes the place of ours, and nothing else moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.content import Conflict, LostPlaceError, merge, take_theirs

ITEM = {"id": "a", "text": "一"}

CASES = [
    pytest.param({"x": 1}, {"x": 2}, {"x": 3}, {"x": 3}, id="a field"),
    pytest.param({"x": 1, "y": 0}, {"x": 2, "y": 0}, {"y": 0}, {"y": 0}, id="a field that they removed"),
    pytest.param({"x": 1}, {}, {"x": 3}, {"x": 3}, id="a field that we removed"),
    pytest.param({"t": "a\nb\n"}, {"t": "A\nb\n"}, {"t": "AA\nb\n"}, {"t": "AA\nb\n"}, id="a line of a text"),
    pytest.param({"l": [1, 2]}, {"l": [7, 2]}, {"l": [8, 9, 2]}, {"l": [8, 9, 2]}, id="items of a list"),
    pytest.param(
        {"l": [ITEM]}, {"l": [{**ITEM, "text": "二"}]}, {"l": [{**ITEM, "text": "三"}]},
        {"l": [{**ITEM, "text": "三"}]}, id="a field of an item that has an id",
    ),
    pytest.param({"l": [ITEM]}, {"l": [{**ITEM, "text": "二"}]}, {"l": []}, {"l": []}, id="an item that they removed"),
    pytest.param({"l": [ITEM]}, {"l": []}, {"l": [{**ITEM, "text": "三"}]}, {"l": [{**ITEM, "text": "三"}]},
                 id="an item that we removed"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "ours", "theirs", "wanted"), CASES)
def test_theirs_takes_the_place_of_ours(base, ours, theirs, wanted):
    merged = merge(base, ours, theirs)
    (conflict,) = merged.conflicts
    assert merged.body == ours
    assert take_theirs(merged.body, conflict) == wanted
    assert merged.body == ours  # what was merged stays as it was


def test_settling_one_conflict_of_a_text_does_not_mislead_the_next():
    merged = merge("1\n2\n3\n", "A\n2\nC\n", "x\ny\nz\n2\nZ\n")
    first, second = merged.conflicts
    assert take_theirs(take_theirs(merged.body, first), second) == "x\ny\nz\n2\nZ\n"


@pytest.mark.parametrize(
    "conflict",
    [
        Conflict(("x",), 1, 2, 3),
        Conflict(("nothing", "y"), 1, 2, 3),
        Conflict(("t", 0), "a\n", "b\n", "c\n"),
        Conflict(("l", "a", "text"), 1, 2, 3),
        Conflict(("x", "deeper"), 1, 2, 3),
    ],
)
def test_what_was_rewritten_since_is_settled_by_hand(conflict):
    with pytest.raises(LostPlaceError):
        take_theirs({"x": 5, "t": "z\n", "l": []}, conflict)


lines = st.lists(st.sampled_from("甲乙丙丁"), max_size=6).map(lambda found: "".join(f"{line}\n" for line in found))


@given(lines, lines, lines)
def test_every_conflict_of_a_text_can_be_settled_right_after_the_merge(base, ours, theirs):
    merged = merge({"t": base}, {"t": ours}, {"t": theirs})
    for conflict in merged.conflicts:
        assert isinstance(take_theirs(merged.body, conflict), dict)
