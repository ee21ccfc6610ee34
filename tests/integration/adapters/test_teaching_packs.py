"""Question banks, lessons, courses, paths, exams and surveys as files: what is refused, exists and counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from peilian.adapters import packs
from peilian.adapters.packs.authored import Known, known_among, lost_names
from peilian.adapters.packs.items import AnyItem, CaseField, ItemsDocument, _texts, to_item
from peilian.adapters.packs.lexicon import load_lexicons
from peilian.adapters.packs.teaching import CourseDocument, ExamDocument
from peilian.adapters.packs.trees import document_of, tree_of
from peilian.engine._kernel import InputError, Language
from peilian.engine.assessment.grading import grade
from peilian.flows import contents
from peilian.flows import packs as checking
from peilian.flows.blueprints import unfilled

T = {"zh": "好"}
OPTIONS = [{"id": "a", "text": T, "right": True}, {"id": "b", "text": T}]
TRUE = {"id": "a", "type": "truth", "is_true": True, "stem": T, "explanation": T}
KEY = {"id": "k", "label": T, "zh": ["道歉"]}


def a_tree(kind: str, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "schema_version": 1, "key": "mine/x", "title": T, **fields}


def a_bank(**fields: Any) -> dict[str, Any]:
    return a_tree("items", items=[{"id": "q", "stem": T, "explanation": T, **fields}])


def a_gap(**fields: Any) -> dict[str, Any]:
    return a_bank(type="fill", blanks=[{"id": "a", **fields}])


def a_course(**fields: Any) -> dict[str, Any]:
    units = [{"what": "article:mine/a"}]
    return a_tree("course", **{"goal": T, "obligation": "voluntary", "hours": 1, "units": units, **fields})


def faults_of(tree: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(InputError) as caught:
        document_of(tree)
    return [(fault.reason.key, fault.field) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("tree", "fault"),
    [
        (a_bank(type="single", options=[{"id": "a", "text": T}, {"id": "b", "text": T}]),
         ("pack.single_needs_one_right", "items.0")),
        (a_bank(type="multiple", options=[{**one, "right": True} for one in OPTIONS]),
         ("pack.multiple_needs_right_and_wrong", "items.0")),
        (a_bank(type="single", options=[OPTIONS[0], {**OPTIONS[1], "id": "a"}]), ("pack.ids_twice", "items.0")),
        (a_bank(type="single", options=[OPTIONS[0], {"id": "b"}]), ("pack.missing", "items.0.options.1.text")),
        (a_bank(type="truth"), ("pack.missing", "items.0.is_true")),
        (a_bank(type="fill", blanks=[{"id": "a"}]), ("pack.blank_accepts_nothing", "items.0.blanks.0")),
        (a_bank(type="fill", blanks=[{"id": "a", "number": 3}]), ("pack.gap_not_in_stem", "items.0")),
        (a_bank(type="order", steps=[{"id": "a", "text": T}, {"id": "b", "text": T}]),
         ("pack.too_short", "items.0.steps")),
        (a_bank(type="short", keys=[{"id": "k", "label": T}], model=T),
         ("pack.point_is_never_found", "items.0.keys.0")),
        (a_bank(type="short", keys=[{**KEY, "zh": ["(道歉"]}], model=T), ("pack.watched_words", "items.0.keys.0")),
        (a_bank(type="rewrite", line=T, model=T), ("pack.rewriting_asks_for_nothing", "items.0")),
        (a_bank(type="case", points=3, items=[TRUE]),
         ("pack.case_has_no_points", "items.0")),
        (a_bank(type="single", options=[{"id": "a", "text": T, "right": True}, {"id": "b", "text": T}]),
         ("pack.texts_twice", "items.0")),
        (a_bank(type="match", pairs=[{"id": n, "left": {"zh": n}, "right": T} for n in "ab"]),
         ("pack.texts_twice", "items.0")),
        (a_bank(type="match", pairs=[{"id": n, "left": {"zh": n}, "right": {"zh": n}} for n in "ab"],
                others=[{"id": "c", "text": {"zh": " a"}}]), ("pack.texts_twice", "items.0")),
        (a_bank(type="order", steps=[{"id": n, "text": T} for n in "abc"]), ("pack.texts_twice", "items.0")),
        (a_gap(number="1e13"), ("pack.less_than_equal", "items.0.blanks.0.number")),
        (a_gap(number="1e-400000"), ("pack.too_many_decimals", "items.0.blanks.0.number")),
        (a_gap(number=5, tolerance=5), ("pack.tolerance_too_wide", "items.0.blanks.0")),
        (a_gap(number=0, tolerance=1), ("pack.tolerance_too_wide", "items.0.blanks.0")),
        (a_bank(type="truth", is_true=True, group="Not A Key"), ("pack.wants_short_key", "items.0.group")),
        (a_course(units=[{"what": "题"}]), ("pack.wants_reference", "units.0.what")),
        (a_bank(type="riddle"), ("pack.wants_one_of", "items.0")),
        (a_bank(), ("pack.missing", "items.0")),
        (a_course(units=[{"what": "law:mine/a"}]), ("pack.no_unit_of_a_course", None)),
        (a_course(units=[{"what": "article:mine/a"}] * 2), ("pack.named_twice", None)),
        (a_course(obligation="by_post"), ("pack.by_post_names_posts", None)),
        (a_course(requires=["mine/x"]), ("pack.requires_itself", None)),
        (a_tree("exam"), ("pack.exam_sets_nothing", None)),
        (a_tree("exam", drawn=[{"count": 1, "easiest": 4, "hardest": 2}]), ("pack.easier_than_easiest", "drawn.0")),
        (a_tree("exam", drawn=[{"count": 1}], cuts={"qualified": 90, "good": 80}), ("pack.cuts_do_not_rise", "cuts")),
        (a_tree("path", goal=T, courses=["mine/a", "mine/a"]), ("pack.named_twice", None)),
        (a_tree("survey", questions=[{"id": "a", "type": "choice", "text": T}]),
         ("pack.choice_needs_answers", "questions.0")),
        (a_tree("lesson", minutes=5, body=T, keep=[T]), ("pack.missing", "goals")),
    ],
)  # fmt: skip
def test_a_faulty_document_names_the_field_and_what_is_wrong(
    tree: dict[str, Any], fault: tuple[str, str | None]
) -> None:
    assert fault in faults_of(tree)


@pytest.mark.parametrize(
    ("tree", "field", "name"),
    [
        (a_tree("lesson", minutes=5, goals=[T], body=T, keep=[T], check={"items": ["mine/b#gone"]}),
         "check.items.0", "mine/b#gone"),
        (a_tree("lesson", minutes=5, goals=[T], body=T, keep=[T], drill="mine/gone"), "drill", "scenario:mine/gone"),
        (a_tree("exam", fixed=[{"item": "mine/b#q"}, {"item": "mine/b#gone"}]), "fixed.1.item", "mine/b#gone"),
        (a_tree("exam", drawn=[{"count": 1, "banks": ["mine/gone"]}]), "drawn.0.banks.0", "items:mine/gone"),
        (a_tree("exam", drawn=[{"count": 1}], remedial=["mine/gone"]), "remedial.0", "lesson:mine/gone"),
        (a_course(units=[{"what": "lesson:mine/gone"}]), "units.0.what", "lesson:mine/gone"),
        (a_course(units=[{"what": "items:mine/b"}]) | {"units": [{"what": "article:mine/a"}], "exam": "mine/gone"},
         "exam", "exam:mine/gone"),
        (a_course(requires=["mine/gone"]), "requires.0", "course:mine/gone"),
        (a_tree("path", goal=T, courses=["mine/gone"]), "courses.0", "course:mine/gone"),
        (a_bank(type="drill", scenario="mine/gone"), "items.0.scenario", "scenario:mine/gone"),
        (a_bank(type="truth", is_true=True, competencies=["flying"]), "items.0.competencies", "flying"),
    ],
)  # fmt: skip
def test_what_leads_nowhere_is_a_fault_of_packs_and_of_drafts(tree: dict[str, Any], field: str, name: str) -> None:
    known = Known(texts={"items:mine/b", "article:mine/a"}, items={"mine/b#q"})
    assert [(place, reason.params["name"]) for place, reason in lost_names(document_of(tree), known)] == [(field, name)]
    bank = document_of(a_bank(type="truth", is_true=True) | {"key": "mine/b"})
    drafted = contents.faults_of(tree, known.texts, lambda kind: [bank] if kind == "items" else [])
    assert [(fault.field, fault.reason.key) for fault in drafted] == [(field, "pack.leads_nowhere")]


def test_a_text_that_is_related_to_itself_is_a_fault() -> None:
    tree = a_tree("path", goal=T, courses=["mine/a"]) | {"related": ["article:mine/a"]}
    known = Known(texts={"course:mine/a", "article:mine/a", f"path:{tree['key']}"})
    assert not list(lost_names(document_of(tree), known))
    found = list(lost_names(document_of(tree | {"related": [f"path:{tree['key']}"]}), known))
    assert [(place, reason.key) for place, reason in found] == [("related", "pack.related_to_itself")]


def test_courses_that_require_each_other_in_a_circle_are_a_fault() -> None:
    trees = [a_course(requires=[f"mine/{(n + 1) % 3}"]) | {"key": f"mine/{n}"} for n in range(3)]
    courses = [document_of(tree) for tree in trees]
    known = known_among(courses)
    for course in courses:
        assert "pack.in_a_circle" in [reason.key for _field, reason in lost_names(course, known)]
    opened = document_of({**trees[2], "requires": []})
    assert isinstance(opened, CourseDocument)
    assert "pack.in_a_circle" not in [reason.key for _field, reason in lost_names(opened, known)]


def test_decimals_are_kept_as_they_were_written() -> None:
    tree = a_course(hours="1.50")
    assert tree_of(document_of(tree))["hours"] == "1.50"


@pytest.mark.parametrize("kind", ["items", "lesson", "course", "path", "exam", "survey"])
def test_the_schema_of_a_kind_is_told(kind: str) -> None:
    assert checking.schema(kind)["properties"]["title"]


def shipped() -> Iterator[tuple[str, AnyItem]]:
    for item in packs.load("items"):
        bank = item.document
        assert isinstance(bank, ItemsDocument)
        for one in bank.items:
            for inner in one.items if isinstance(one, CaseField) else (one,):
                yield f"{bank.key}#{one.id}.{inner.id}", inner


def test_the_shipped_bank_has_every_type_at_least_twice() -> None:
    (bank,) = (one.document for one in packs.load("items") if one.document.key == "service-core/basics")
    assert isinstance(bank, ItemsDocument)
    types = [item.type for item in bank.items]
    assert len(types) == 40
    assert all(types.count(one) >= 2 for one in set(types))
    assert len(set(types)) == 11


def answers_to(item: AnyItem, language: Language) -> tuple[dict[str, Any], dict[str, Any]]:
    """The right answer to a shipped item, and one that is wrong."""
    if item.type in ("single", "multiple"):
        right = [one.id for one in item.options if one.right]  # type: ignore[union-attr]
        return {"chosen": right}, {"chosen": [one.id for one in item.options if not one.right]}  # type: ignore[union-attr]
    if item.type == "truth":
        return {"chosen": [str(item.is_true).lower()]}, {"chosen": [str(not item.is_true).lower()]}  # type: ignore[union-attr]
    if item.type == "fill":
        texts = {one.id: str(one.number) if one.number is not None else one.accept[0] for one in item.blanks}  # type: ignore[union-attr]
        return {"blanks": texts}, {"blanks": dict.fromkeys(texts, "乱填")}
    if item.type == "order":
        steps = [one.id for one in item.steps]  # type: ignore[union-attr]
        return {"order": steps}, {"order": steps[::-1]}
    if item.type == "match":
        ids = [one.id for one in item.pairs]  # type: ignore[union-attr]
        return {"pairs": {one: one for one in ids}}, {"pairs": dict(zip(ids, ids[1:] + ids[:1], strict=True))}
    if item.type == "drill":
        return {"points": 100}, {"points": 0}
    wrong = getattr(item, "line", None)
    said = (
        getattr(wrong, language)
        if wrong is not None
        else {"zh": "不知道，请稍等。", "en": "No idea, hold on."}[language]
    )
    return {"text": getattr(item.model, language)}, {"text": said}  # type: ignore[union-attr]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_key_of_every_shipped_item_gets_all_points_and_what_is_wrong_gets_few(language: Language) -> None:
    lexicons = load_lexicons()
    for name, field in shipped():
        if language not in field.languages():
            continue
        item = to_item(field, language, lexicons)
        right, wrong = answers_to(field, language)
        assert grade(item, right).points == item.points, name
        assert grade(item, wrong).points <= item.points * Decimal("0.25"), name
        assert grade(item, None).points == 0, name


def test_every_shipped_item_is_in_chinese_and_in_english_as_a_whole_or_not_at_all() -> None:
    for name, item in shipped():
        languages = item.languages()
        assert languages[:1] == ("zh",), name
        if "en" not in languages:
            assert not [text for text in _texts(item) if text.en], name


def test_the_basics_of_service_work_are_in_both_languages() -> None:
    basics = [item for name, item in shipped() if name.startswith("service-core/basics#")]
    assert basics
    assert all(item.languages() == ("zh", "en") for item in basics)


def test_every_shipped_exam_is_filled_by_the_shipped_banks() -> None:
    banks = [one.document for one in packs.load("items")]
    exams = [one.document for one in packs.load("exam")]
    assert exams
    for exam in exams:
        assert isinstance(exam, ExamDocument)
        assert unfilled(exam, [bank for bank in banks if isinstance(bank, ItemsDocument)]) == [], exam.key


def shares(language: Language) -> dict[str, float]:
    """How often each habit finds the right option: the longest of four, the second, ..., the only one with a colon."""
    places: dict[str, list[bool]] = {}
    for _, item in shipped():
        if item.type != "single" or language not in item.languages():
            continue
        said = [(getattr(one.text, language), bool(one.right)) for one in item.options]  # type: ignore[union-attr]
        if len(said) == 4:
            for place, (_, right) in enumerate(sorted(said, key=lambda one: -len(one[0]))):
                places.setdefault(f"place {place}", []).append(right)
        marked = [right for text, right in said if any(mark in text for mark in "；：;:")]
        if len(marked) == 1:
            places.setdefault("colon", []).extend(marked)
    return {name: sum(rights) / len(rights) for name, rights in places.items() if len(rights) >= 20}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_form_of_an_option_does_not_tell_the_right_one(language: Language) -> None:
    found = shares(language)
    assert len(found) >= 4
    assert all(share <= 0.45 for share in found.values()), found
