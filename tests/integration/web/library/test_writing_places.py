"""Places in documents in words, and what differs there."""

from __future__ import annotations

import pytest
from django.utils import translation

from peilian.engine.content import differences, line_pairs
from peilian.web.library.places import folded, in_words, place_in_words, shown_changes, steps_of

TREE = {
    "kind": "procedure",
    "title": {"zh": "退款"},
    "steps": [
        {"id": "check", "title": {"zh": "核对订单"}, "next": [{"to": "tell", "when": {"zh": "属实"}}]},
        {"id": "tell", "title": {"zh": "告知"}},
    ],
}


@pytest.fixture(autouse=True)
def _in_chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (("title", "zh"), "标题 › 中文"),
        (("steps", "check", "title", "zh"), "步骤 › 核对订单 › 标题 › 中文"),
        (("steps", 0, "next", 0, "when"), "步骤 › 核对订单 › 下一步 › 属实 › 条件"),
        (("steps", 7, "title"), "步骤 › 8 › 标题"),
        (("title", "zh", 2), "标题 › 中文 › 第 3 行"),
        (("no", "such", 3, "place"), "no › such › 4 › place"),
        ((), ""),
    ],
)
def test_a_place_is_named_by_fields_and_by_the_titles_of_parts(path, said):
    assert place_in_words("procedure", path, TREE) == said


@pytest.mark.parametrize("part", ["²", "9" * 5000])
def test_a_part_that_only_looks_like_a_number_is_called_as_people_called_it(part):
    assert steps_of(f"steps.0.{part}") == ["steps", 0, part]
    assert place_in_words("procedure", steps_of(f"steps.{part}.title"), TREE) == f"步骤 › {part} › 标题"


def test_a_kind_that_is_not_known_names_its_fields_as_they_are():
    assert place_in_words("something", ("a", "b"), {}) == "a › b"


def test_changes_are_shown_by_what_became_of_them():
    after = {**TREE, "tags": ["新"], "steps": [TREE["steps"][1], {**TREE["steps"][0], "title": {"zh": "先核对订单"}}]}
    after.pop("title")
    found = {one.place: one.what for one in shown_changes("procedure", differences(TREE, after), TREE, after)}
    assert found == {
        "步骤 › 先核对订单 › 标题 › 中文": "changed",
        "步骤": "moved",
        "标签": "added",
        "标题": "removed",
    }


def test_what_never_changes_is_left_out():
    after = {**TREE, "kind": "article", "key": "other", "schema_version": 2}
    assert list(shown_changes("procedure", differences(TREE, after), TREE, after)) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (True, "✓"),
        (False, "–"),
        ("forbidden", "禁用"),
        ("话术", "话术"),
        ({"zh": "甲", "en": "A"}, "甲\nA"),
        (["a", "b"], "a\nb"),
        (3, "3"),
        ([{"id": "a"}], "- id: a\n"),
        ({}, "{}\n"),
    ],
)
def test_values_are_said_in_words(value, said):
    assert in_words(value) == said


def test_only_what_changed_and_the_lines_beside_it_are_shown():
    before = "\n".join(str(n) for n in range(20))
    pairs = list(folded(line_pairs(before, before.replace("10", "十"))))
    assert [None if pair is None else "".join(piece.text for piece in pair.after or ()) for pair in pairs] == [
        None, "9", "十", "11", None,
    ]  # fmt: skip
