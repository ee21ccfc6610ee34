"""Every kind of document as a form: what is shown and sent back untouched is the document as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from peilian.adapters import packs
from peilian.adapters.packs.source import tree_of_source
from peilian.adapters.packs.trees import content_kinds, document_of, tree_of
from peilian.engine._kernel import InputError
from peilian.web.library.editor_form import PREFIX, Node, blank_card, changed_order, node_of, sent
from peilian.web.library.editor_shape import FIXED, shape_at, shape_of_kind
from peilian.web.library.editor_words import CHOICES, FIELDS, field_name

pytestmark = pytest.mark.django_db


def sent_back(node: Node, data: QueryDict) -> QueryDict:
    """What a browser sends of a form that nobody touched."""
    for child in node.children:
        sent_back(child, data)
    for card in node.cards:
        data.appendlist(node.name, card.token)
        if card.key is not None:
            data[f"{node.name}.{card.token}.name"] = card.key
        sent_back(card.node, data)
    if node.kind in ("text", "markdown"):
        for language, words in node.value.items():
            lines = words.replace("\r\n", "\n").replace("\r", "\n")  # as browsers do before they send
            data[f"{node.name}.{language}"] = lines.replace("\n", "\r\n")
    elif node.kind in ("choice", "choices", "competencies"):
        data.setlist(node.name, [value for value, _label, is_chosen in node.options if is_chosen])
    elif node.kind == "truth" and node.value:
        data[node.name] = "1"
    elif node.kind == "references":
        data.setlist(node.name, node.value)
    elif node.kind == "type":
        data[node.name] = node.value
    elif node.kind == "source":
        data[f"y.{node.name}"] = node.value
    elif node.kind == "levels":
        for key, _name, levels in node.rows:
            data.setlist(f"{node.name}.{key}", levels)
    elif node.kind == "cards" and node.shape.may_be_unset and node.is_set:
        data[f"{node.name}.set"] = "1"
    elif not node.children and not node.cards and isinstance(node.value, str) and node.value:
        data[node.name] = node.value
    return data


def through_the_form(kind: str, tree: dict[str, Any]) -> dict[str, Any]:
    shape = shape_of_kind(kind)
    data = sent_back(node_of(shape, tree, PREFIX, ""), QueryDict(mutable=True))
    found = sent(shape, data, PREFIX)
    return {**{name: tree[name] for name in FIXED if name in tree}, **found}


@pytest.mark.parametrize("kind", content_kinds())
def test_every_shipped_document_comes_through_its_form_as_it_was(kind: str) -> None:
    loaded = packs.load(kind)
    assert loaded
    for item in loaded:
        tree = tree_of(item.document)
        assert without_nothing(tree_of(document_of(through_the_form(kind, tree)))) == without_nothing(tree), item.path


def without_nothing(value: Any) -> Any:
    """Without mappings that hold nothing, which say as much as their absence."""
    if isinstance(value, dict):
        found = {name: without_nothing(one) for name, one in value.items()}
        return {name: one for name, one in found.items() if one != {}}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", content_kinds())
def test_every_field_of_a_form_has_a_name_in_words(kind: str) -> None:
    def unnamed(shape: Any, owner: str = "") -> set[str]:
        inside = shape.type.__name__ if shape.kind == "group" and shape.type else owner
        found = {name for name, _one in shape.fields if name not in FIELDS and f"{inside}.{name}" not in FIELDS}
        if shape.kind == "group" and shape.type is None:  # the parts of a mapping are values
            found = {name for name, one in shape.fields if field_name(one.owner, name) == name and name not in CHOICES}
        below = [one for _name, one in (*shape.fields, *shape.variants)] + ([shape.item] if shape.item else [])
        return found.union(*(unnamed(one, inside) for one in below))

    assert not unnamed(shape_of_kind(kind))


@pytest.mark.parametrize(
    "strange",
    [
        {"steps": "nothing like a list"},
        {"steps": [{"id": "a", "title": "no languages"}, 7]},
        {"title": ["a", "b"]},
        {"tags": ["two\nlines", {"x": 1}]},
        {"steps": [{"id": "a", "next": [{"to": ["deep", {"er": 1}]}]}]},
        {"valid_from": {"a": 1}, "channels": ["chat", "chat"]},
    ],
)
def test_what_does_not_look_like_its_kind_is_shown_as_source_and_kept(strange: dict[str, Any]) -> None:
    tree = {"kind": "procedure", "schema_version": 1, "key": "own/x", **strange}
    assert through_the_form("procedure", tree) == tree


@given(st.text(max_size=200), st.text(max_size=200))
def test_texts_come_through_but_for_the_ends_of_lines(zh: str, en: str) -> None:
    tree = {"title": {"zh": zh, "en": en}}
    kept = {one: text.replace("\r\n", "\n").replace("\r", "\n") for one, text in tree["title"].items() if text.strip()}
    assert through_the_form("article", tree).get("title", {}) == kept


def a_list(*tokens: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.setlist("f.steps", list(tokens))
    return data


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("up:f.steps:b", ["b", "a", "c"]),
        ("up:f.steps:a", ["a", "b", "c"]),
        ("down:f.steps:b", ["a", "c", "b"]),
        ("down:f.steps:c", ["a", "b", "c"]),
        ("remove:f.steps:b", ["a", "c"]),
        ("remove:f.steps:nobody", ["a", "b", "c"]),
        ("add:f.steps", ["a", "b", "c", "3"]),
        ("save", ["a", "b", "c"]),
    ],
)
def test_buttons_move_the_parts_of_a_list(do: str, order: list[str]) -> None:
    assert changed_order(a_list("a", "b", "c"), do).getlist("f.steps") == order


def test_an_added_part_never_takes_the_token_of_another() -> None:
    tokens = changed_order(a_list("0", "2", "1"), "add:f.steps").getlist("f.steps")
    assert len(set(tokens)) == 4


def test_parts_without_a_key_are_given_one_that_is_free() -> None:
    data = a_list("0", "1")
    data["f.steps.0.title.zh"], data["f.steps.1.id"], data["f.steps.1.title.zh"] = "查", "steps_1", "答"
    found = sent(shape_of_kind("procedure"), data, PREFIX)
    assert [one["id"] for one in found["steps"]] == ["steps_2", "steps_1"]


def test_hostile_tokens_and_endless_lists_are_left_out() -> None:
    data = a_list("../x", "a b", "<script>", *(str(n) for n in range(3000)))
    assert len(sent(shape_of_kind("procedure"), data, PREFIX)["steps"]) == 500


def test_two_parts_of_one_name_are_both_kept() -> None:
    data = QueryDict(mutable=True)
    data.setlist("f.lines", ["0", "1"])
    data["f.lines.0.name"] = data["f.lines.1.name"] = "opening"
    data["f.lines.0.v.zh"], data["f.lines.1.v.zh"] = "在吗", "你好 | 在吗"
    found = sent(shape_of_kind("scenario"), data, PREFIX)
    assert found["lines"] == {"opening": {"zh": [["在吗"]]}, "opening_1": {"zh": [["你好", "在吗"]]}}


def test_a_number_that_is_none_stays_as_it_was_typed() -> None:
    data = QueryDict(mutable=True)
    data["f.difficulty"], data["f.reference_seconds"], data["f.expects"] = "hard", "1e999", "nan"
    found = sent(shape_of_kind("scenario"), data, PREFIX)
    assert (found["difficulty"], found["reference_seconds"], found["expects"]) == ("hard", "1e999", "nan")


def test_the_shape_of_a_part_is_found_by_its_name_in_the_form() -> None:
    root = shape_of_kind("procedure")
    found = shape_at(root, ("steps", "7", "next"))
    assert found is not None
    assert found.kind == "cards"
    assert shape_at(root, ("steps", "7", "nothing", "there")) is None
    assert shape_at(root, ("title", "zh")) is None


@pytest.mark.parametrize(
    "source",
    [
        "a: &x [1, 1]\nb: [*x, *x, *x]",
        "a: {<<: {b: 1}}",
        "a: 1\na: 2",
        "- a\n- b",
        "[" * 3000,
        "a: !!python/object/apply:os.system [echo]",
        "a: [unclosed",
        "",
    ],
)
def test_source_that_is_no_plain_document_is_refused_in_words(source: str) -> None:
    with pytest.raises(InputError):
        tree_of_source(source)


def a_bank_form(**values: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data["f.items"] = "0"
    for name, value in values.items():
        data[f"f.items.0.{name.replace('__', '.')}"] = value
    return data


def test_a_question_is_written_in_the_fields_of_its_type() -> None:
    data = a_bank_form(type="truth", stem__zh="对吗？", explanation__zh="对。", points="2.50", difficulty="3")
    (item,) = sent(shape_of_kind("items"), data, PREFIX)["items"]
    said = {"stem": {"zh": "对吗？"}, "explanation": {"zh": "对。"}}
    assert item == {"type": "truth", "id": "items_1", **said, "points": "2.50", "is_true": False}


def test_fields_of_another_type_are_left_out() -> None:
    data = a_bank_form(type="truth", stem__zh="对吗？")
    data["f.items.0.options"] = "0"
    data["f.items.0.options.0.text.zh"] = "甲"
    assert "options" not in sent(shape_of_kind("items"), data, PREFIX)["items"][0]


def test_a_type_that_is_not_known_makes_no_question() -> None:
    assert sent(shape_of_kind("items"), a_bank_form(type="riddle", stem__zh="谜"), PREFIX) == {}
    tree = {"items": [{"id": "a", "type": "riddle", "stem": {"zh": "谜"}}]}
    assert through_the_form("items", tree) == tree, "as source it is kept"


def test_a_question_is_added_by_the_server_with_the_type_that_was_chosen() -> None:
    data = a_bank_form(type="truth", stem__zh="对吗？")
    data["f.items.new"] = "match"
    found = sent(shape_of_kind("items"), changed_order(data, "add:f.items"), PREFIX)["items"]
    assert [one["type"] for one in found] == ["truth", "match"]


@pytest.mark.parametrize("kind", ["single", "case", "rewrite"])
def test_an_added_question_has_the_fields_of_its_type(kind: str) -> None:
    shape = shape_at(shape_of_kind("items"), ("items",))
    assert shape is not None
    fields = {node.label_key for node in blank_card(shape, "f.items", "n1", kind).node.children}
    assert {"type", "stem", "explanation"} <= fields
    assert fields & {"options", "items", "line"} == {{"single": "options", "case": "items", "rewrite": "line"}[kind]}


def test_parts_of_a_question_are_found_by_the_name_of_their_list() -> None:
    root = shape_of_kind("items")
    for parts in (("items", "0", "options"), ("items", "0", "items", "1", "pairs"), ("items", "0", "keys")):
        found = shape_at(root, parts)
        assert found is not None
        assert found.kind == "cards"


@pytest.mark.parametrize("typed", ["80", "80.5", "80.50", "most"])
def test_a_decimal_stays_as_it_was_typed(typed: str) -> None:
    assert through_the_form("course", {"hours": typed})["hours"] == typed


def test_a_decimal_that_is_what_holds_anyway_is_left_out() -> None:
    data = QueryDict(mutable=True)
    data["f.drill_pass"] = "60"
    assert sent(shape_of_kind("lesson"), data, PREFIX) == {}
