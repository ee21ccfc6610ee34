"""Exams and the banks that fill them: what cannot be set is told before anybody sits in front of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.engine._kernel import InputError
from peilian.flows import packs
from support.library import a_pack, a_writer, installed, the_content

pytestmark = pytest.mark.django_db

BANK = "mine/basics"


def a_question(key: str, **more: Any) -> dict[str, Any]:
    text = {"zh": f"第{key}题：先安抚再解释。"}
    return {"id": key, "type": "truth", "is_true": True, "stem": text, "explanation": text, **more}


def a_bank(*questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "kind": "items",
        "schema_version": 1,
        "key": BANK,
        "title": {"zh": "基础"},
        "items": list(questions),
        **more,
    }


def an_exam(**fields: Any) -> dict[str, Any]:
    return {"kind": "exam", "schema_version": 1, "key": "mine/exam", "title": {"zh": "上岗考试"}, **fields}


def told(exam: dict[str, Any]) -> list[tuple[str | None, str, object]]:
    """What keeps an exam from being submitted: field, reason, and how many there are."""
    writer = a_writer()
    draft = library.new_content(actor=writer, kind="exam", key="mine/exam", title={"zh": "上岗考试"})
    draft = library.save_draft(actor=writer, draft=draft, body=exam, edition=draft.edition)
    faults = library.faults_of(draft=draft)
    if faults:
        with pytest.raises(InputError):
            library.submit(actor=writer, draft=draft)
    else:
        library.submit(actor=writer, draft=draft)
    return [(one.field, one.reason.key, one.reason.params.get("there")) for one in faults]


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"drawn": [{"count": 3}]}, []),
        ({"drawn": [{"count": 2}, {"count": 1, "banks": [BANK]}]}, []),
        ({"drawn": [{"count": 4}]}, [("drawn.0.count", "assessment.too_few_items", 3)]),
        ({"drawn": [{"count": 1}, {"count": 5, "types": ["single"]}]},
         [("drawn.1.count", "assessment.too_few_items", 0)]),
        ({"fixed": [{"item": f"{BANK}#a"}], "drawn": [{"count": 3}]},
         [("drawn.0.count", "assessment.too_few_items", 2)]),
        ({"drawn": [{"count": 1, "easiest": 5}]}, [("drawn.0.count", "assessment.too_few_items", 0)]),
    ],
)  # fmt: skip
def test_an_exam_that_its_banks_cannot_fill_is_not_submitted(fields, faults, tmp_path):
    installed(tmp_path, a_bank(a_question("a"), a_question("b"), a_question("c")))
    assert told(an_exam(**fields)) == faults


def test_items_that_give_each_other_away_count_as_one(tmp_path):
    installed(tmp_path, a_bank(a_question("a", group="g"), a_question("b", group="g"), a_question("c")))
    assert told(an_exam(drawn=[{"count": 3}])) == [("drawn.0.count", "assessment.too_few_items", 2)]


def test_questions_in_two_languages_do_not_make_one_paper(tmp_path):
    english = {"en": "Calm first, then explain."}
    only_english = {**a_question("b"), "stem": english, "explanation": english}
    installed(tmp_path, a_bank(a_question("a"), only_english))
    assert told(an_exam(drawn=[{"count": 2}])) == [("drawn.0.count", "assessment.too_few_items", 1)]


def test_items_of_a_retired_bank_are_told_by_field(tmp_path):
    installed(tmp_path, a_bank(a_question("a")))
    library.retire(actor=None, content=the_content(BANK, "items"), why="旧题")
    found = told(an_exam(fixed=[{"item": f"{BANK}#a"}]))
    assert found == [("fixed.0.item", "learning.item_gone", None)]


def test_items_of_a_bank_that_holds_later_are_not_there_yet(tmp_path):
    later = (base.today_in_company() + timedelta(days=9)).isoformat()
    installed(tmp_path, a_bank(a_question("a"), valid_from=later))
    assert told(an_exam(drawn=[{"count": 1}])) == [("drawn.0.count", "assessment.too_few_items", 0)]


def test_a_pack_whose_exam_cannot_be_set_is_told_with_file_and_line(tmp_path):
    folder = a_pack(tmp_path / "pack", a_bank(a_question("a")), an_exam(drawn=[{"count": 2, "banks": [BANK]}]))
    with pytest.raises(InputError) as caught:
        packs.check((folder,), seeds=0)
    (fault,) = caught.value.faults
    assert (fault.field, fault.reason.params["there"]) == ("drawn.0.count", 1)
    assert str(fault.file).endswith("001.yaml")
    assert fault.row is not None
