"""Texts as files: Markdown with front matter, references, procedures, trees, phrases and cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from peilian.adapters import packs
from peilian.engine._kernel import InputError
from peilian.flows import packs as checking

PACK = "kind: pack\nschema_version: 1\nkey: mine\ntitle: {zh: 我的}\nversion: '1'\nlicence: Apache-2.0\n"
FRONT = "---\nkind: article\nschema_version: 1\nkey: mine/returns\ntitle: {zh: 退货, en: Returns}\n"


def _pack(folder: Path, **files: str) -> Path:
    (folder / "pack.yaml").write_text(PACK, encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def _faults(folder: Path) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(InputError) as caught:
        checking.check([folder])
    return [(fault.reason.key, fault.row, fault.field) for fault in caught.value.faults]


def test_markdown_is_a_document_with_its_body_by_language(tmp_path: Path) -> None:
    text = FRONT + "---\n七天内可退。\n\n- 保持完好\n\n<!-- en -->\nWithin seven days.\n"
    (item,) = packs.load("article", (_pack(tmp_path, returns__md=text),))
    body = item.document.body  # type: ignore[attr-defined]
    assert body.zh == "七天内可退。\n\n- 保持完好"
    assert body.en == "Within seven days."


def test_a_text_may_be_in_english_alone(tmp_path: Path) -> None:
    text = FRONT + "---\n<!-- en -->\nWithin seven days.\n"
    (item,) = packs.load("article", (_pack(tmp_path, returns__md=text),))
    assert item.document.body.zh is None  # type: ignore[attr-defined]


def test_the_readme_of_a_pack_is_no_document(tmp_path: Path) -> None:
    assert checking.check([_pack(tmp_path, README__md="About this pack.")]) == []


def test_a_fault_in_front_matter_names_the_line_of_the_file(tmp_path: Path) -> None:
    text = FRONT + "form: novel\n---\n七天内可退。\n"
    assert _faults(_pack(tmp_path, returns__md=text)) == [("pack.wants_one_of", 6, "form")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("七天内可退。\n", id="no front matter"),
        pytest.param(FRONT + "七天内可退。\n", id="front matter that never ends"),
        pytest.param(FRONT + "---\n<!-- en -->\na\n<!-- en -->\nb\n", id="one language twice"),
    ],
)
def test_a_text_without_clear_parts_is_refused(tmp_path: Path, text: str) -> None:
    assert [fault[0] for fault in _faults(_pack(tmp_path, returns__md=text))] == ["pack.not_yaml"]


def test_references_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    text = FRONT + "related: [article:mine/nothing]\ncompetencies: [flying]\ncovers: [ZZ-99]\n---\n七天内可退。\n"
    found = _faults(_pack(tmp_path, returns__md=text))
    assert {(key, field) for key, _row, field in found} == {
        ("pack.leads_nowhere", "related"),
        ("pack.leads_nowhere", "competencies"),
        ("pack.leads_nowhere", "covers"),
    }


PROCEDURE = "kind: procedure\nschema_version: 1\nkey: mine/refund\ntitle: {zh: 退款}\nsteps:\n"


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        pytest.param(
            "- {id: a, title: {zh: 甲}, next: [{to: c}]}\n- {id: b, title: {zh: 乙}}\n", "way_leads_nowhere", id="no c"
        ),
        pytest.param(
            "- {id: a, title: {zh: 甲}, next: []}\n- {id: b, title: {zh: 乙}}\n", "never_reached", id="unreached"
        ),
        pytest.param(
            "- {id: a, title: {zh: 甲}}\n- {id: b, title: {zh: 乙}, next: [{to: a}]}\n", "never_ends", id="endless"
        ),
        pytest.param("- {id: a, title: {zh: 甲}}\n- {id: a, title: {zh: 乙}}\n", "ids_twice", id="one id twice"),
    ],
)
def test_a_procedure_that_does_not_lead_through_is_refused(tmp_path: Path, steps: str, said: str) -> None:
    folder = _pack(tmp_path, refund__yaml=PROCEDURE + steps)
    with pytest.raises(InputError, match=said):
        checking.check([folder])


def test_a_procedure_may_go_back_and_end(tmp_path: Path) -> None:
    steps = (
        "- {id: ask, title: {zh: 核实}}\n"
        "- {id: known, title: {zh: 信息齐全吗}, next: [{to: pay, when: {zh: 齐全}}, {to: ask, when: {zh: 不齐}}]}\n"
        "- {id: pay, title: {zh: 退款}}\n"
    )
    assert [one.kind for one in checking.check([_pack(tmp_path, refund__yaml=PROCEDURE + steps)])] == ["procedure"]


def test_a_decision_tree_that_leads_in_a_circle_is_refused(tmp_path: Path) -> None:
    tree = (
        "kind: decision-tree\nschema_version: 1\nkey: mine/tree\ntitle: {zh: 树}\nnodes:\n"
        "- {id: a, kind: question, text: {zh: 急吗}, answers: [{to: b, when: {zh: 急}}, {to: c, when: {zh: 不急}}]}\n"
        "- {id: b, kind: question, text: {zh: 真急吗}, answers: [{to: a, when: {zh: 急}}, {to: c, when: {zh: 不急}}]}\n"
        "- {id: c, kind: outcome, text: {zh: 记下}, do: [{zh: 登记}]}\n"
    )
    with pytest.raises(InputError, match="circle"):
        checking.check([_pack(tmp_path, tree__yaml=tree)])


def test_a_phrase_says_something_or_says_what_to_say_instead(tmp_path: Path) -> None:
    head = "kind: phrases\nschema_version: 1\nkey: mine/words\ntitle: {zh: 话术}\nphrases:\n"
    bare = head + "- {id: a, when: {zh: 拒绝时}, avoid: [{text: {zh: 办不了}, why: {zh: 生硬}}]}\n"
    with pytest.raises(InputError, match="phrase_is_empty"):
        checking.check([_pack(tmp_path, words__yaml=bare)])
    whole = bare.replace("why: {zh: 生硬}", "why: {zh: 生硬}, say: {zh: 我能为您做的是……}")
    assert checking.check([_pack(tmp_path, words__yaml=whole)])


def test_only_a_pair_tells_an_efficient_and_an_inefficient_conversation(tmp_path: Path) -> None:
    case = (
        "kind: case\nschema_version: 1\nkey: mine/case\ntitle: {zh: 案例}\nform: pair\nbackground: {zh: 背景}\n"
        "lessons: [{zh: 先查再答}]\nstory: {zh: 经过}\n"
    )
    with pytest.raises(InputError, match="pair_needs_both"):
        checking.check([_pack(tmp_path, case__yaml=case)])
    assert checking.check([_pack(tmp_path, case__yaml=case.replace("form: pair", "form: success"))])


def test_loading_one_kind_does_not_open_documents_of_another(tmp_path: Path) -> None:
    folder = _pack(tmp_path, broken__yaml="kind: case\nkey: [\n", returns__md=FRONT + "---\n可退。\n")
    assert len(packs.load("article", (folder,))) == 1
    with pytest.raises(InputError):
        packs.load("case", (folder,))
