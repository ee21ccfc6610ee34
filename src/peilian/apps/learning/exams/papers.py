"""Setting a paper (出卷): from an exam of the library and its banks to what one person is asked, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from peilian.adapters.packs.items import AnyItem, CaseField, ChoiceField, ItemsDocument, MatchField, OrderField, to_item
from peilian.adapters.packs.items import TruthField as Truth
from peilian.adapters.packs.teaching import ExamDocument
from peilian.apps.base.api import Argument, Prepared, refuse
from peilian.apps.learning.banks import bank_in
from peilian.apps.learning.exams.calibrated import pool_in_force
from peilian.apps.learning.models import Response
from peilian.apps.library import api as library
from peilian.apps.people.api import Employee
from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language, Reason
from peilian.engine.assessment import Item, arranged
from peilian.engine.assessment.values import Case
from peilian.flows import blueprints, reading
from peilian.flows.blueprints import Candidate

BANK = "items"
_MET = Prepared(
    lambda: (
        Response.objects.filter(attempt__employee=Argument("employee", UUIDField()))
        .order_by()
        .values_list("item", flat=True)
    )
)


@dataclass(frozen=True, slots=True)
class Question:
    """An item of a paper: its number from 1, its name as ``bank#item``, the version of its bank, what it is worth, and
    the order in which its options are shown (by sub-item for a case)."""

    number: int
    item: str
    version: UUID
    kind: str
    points: Decimal
    shown: Mapping[str, Sequence[str]]

    def as_json(self) -> dict[str, Any]:
        """As it is kept in an attempt."""
        shown = {name: list(ids) for name, ids in self.shown.items()}
        return {
            "n": self.number, "item": self.item, "version": str(self.version), "kind": self.kind,
            "points": str(self.points), "shown": shown,
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Question:
        """As it was kept."""
        return cls(
            kept["n"], kept["item"], UUID(kept["version"]), kept["kind"], Decimal(kept["points"]), kept["shown"]
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _InForce:
    """Every item in force, by name, and the version of each bank by its key; of what ``held`` says is in force."""

    held: Sequence[library.InForce]
    items: Mapping[str, Candidate]
    versions: Mapping[str, UUID]


_listed: list[_InForce] = []  # the last one, if any
_playable: list[tuple[_InForce, Sequence[library.InForce], _InForce]] = []  # with the drills that can be set


def languages_of(exam: ExamDocument) -> tuple[Language, ...]:
    """The languages in which the whole exam can be set. Drawing it to find out is done once for what is in force."""
    if exam.adaptive is not None:
        rules = exam.adaptive
        both: tuple[Language, ...] = ("zh", "en")
        return tuple(language for language in both if pool_in_force(rules, language) is not None)
    return _languages(_Exam(exam), _in_force_for(exam))


def why_not_set(exam: ExamDocument) -> Reason:
    """Why an exam cannot be set in any language."""
    held = _in_force_for(exam)
    if exam.adaptive is not None:
        bank = [one.field for one in held.items.values() if one.bank.key == exam.adaptive.bank]
        if bank and all(map(blueprints.has_a_drill, bank)):
            return Reason("learning.adaptive_takes_no_drill", {"banks": exam.adaptive.bank})
        return Reason("learning.no_frozen_parameters", {"banks": exam.adaptive.bank})
    fixed = (held.items[one.item] for one in exam.fixed if one.item in held.items)
    if any(not one.languages and one.field.languages() for one in fixed):
        return Reason("learning.drill_cannot_be_set")
    return Reason("learning.exam_cannot_be_set")


def question_for(item: str, version: UUID, number: int, rng: Random) -> Question:
    """One item of a bank as a question, worth what the bank says."""
    field = _field(version, item.partition("#")[2])
    return Question(number, item, version, field.type, _points(field, None), _shuffled(_shown(field), rng))


def set_paper(exam: ExamDocument, employee: Employee, language: Language, seed: int) -> list[Question]:
    """The questions for one person, the same for the same ``seed``; items that the person met least come first.

    ``InputError`` when an item is gone or not written in ``language``, or the banks cannot fill the blueprint.
    """
    rng = Random(seed)  # noqa: S311 - a paper is drawn, nothing is kept secret by it
    held = _in_force_for(exam)
    met = Counter(_MET(employee=employee.pk))
    worth = blueprints.chosen(exam, language, held.items, met, rng)
    options = {name: _shown(held.items[name].field) for name in worth}
    order = list(arranged(list(worth), {}, rng, shuffles_items=exam.shuffles))
    if exam.shuffles:  # a drill takes the minutes that are left, and nobody wants to come back from it
        order.sort(key=lambda each: blueprints.has_a_drill(held.items[each[0]].field))
    return [
        Question(
            number, name, held.versions[held.items[name].bank.key], held.items[name].field.type,
            _points(held.items[name].field, worth[name]), _shuffled(options[name], rng),
        )
        for number, (name, _) in enumerate(order, start=1)
    ]  # fmt: skip


def questions_of_items(names: Sequence[str], language: Language, seed: int) -> list[Question]:
    """Some items as they are asked one by one, in the order given, with shuffled options; those that are not in force,
    not written in ``language`` or hold a drill are left out."""
    rng = Random(seed)  # noqa: S311 - options are mixed, nothing is kept secret by it
    held = _in_force()
    found = [(name, held.items[name]) for name in names if name in held.items]
    fit = [(name, one.field, one.bank) for name, one in found if language in one.languages]
    return [
        Question(number, name, held.versions[bank.key], field.type, _points(field, None), _shuffled(_shown(field), rng))
        for number, (name, field, bank) in enumerate(
            [each for each in fit if not blueprints.has_a_drill(each[1])], start=1
        )
    ]


def item_of(question: Question, language: Language) -> Item:
    """The item as the engine grades it, worth what the paper says."""
    found = _item(question.version, question.item.partition("#")[2], language)
    return found if isinstance(found, Case) else replace(found, points=question.points)


def field_of(question: Question) -> AnyItem:
    """The item as it is written."""
    return _field(question.version, question.item.partition("#")[2])


def bank_of(question: Question) -> ItemsDocument:
    """The bank that an item comes from, as it was then."""
    return bank_in(question.version)


@dataclass(frozen=True, slots=True)
class Current:
    """An item as it is in force now: the version of its bank, how it is written, and by sub-item what is shown."""

    version: UUID
    field: AnyItem
    shown: Mapping[str, set[str]]


def current_item(name: str) -> Current:
    """The item of that name, ``bank#item``, that is in force; ``InputError`` when there is none."""
    held = _in_force()
    found = held.items.get(name)
    if found is None:
        raise refuse("learning.item_gone", "item", item=name)
    shown = {inner: set(ids) for inner, (ids, _may_move) in _shown(found.field).items()}
    return Current(held.versions[found.bank.key], found.field, shown)


@lru_cache(maxsize=4096)
def _item(version: UUID, item_id: str, language: Language) -> Item:
    return to_item(_field(version, item_id), language, reading.lexicons())


def _field(version: UUID, item_id: str) -> AnyItem:
    found = bank_in(version).item(item_id)
    assert found is not None  # versions never change
    return found


class _Exam:
    """A paper by its content."""

    def __init__(self, exam: ExamDocument) -> None:
        self.exam = exam
        self.key = exam.model_dump_json()

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Exam) and self.key == other.key


@lru_cache(maxsize=64)
def _languages(exam: _Exam, held: _InForce) -> tuple[Language, ...]:
    return blueprints.languages_of(exam.exam, held.items)


def _in_force() -> _InForce:
    """Not to be changed: it is kept as long as the same banks are in force."""
    held = library.in_force(kind=BANK)
    if not _listed or _listed[0].held is not held:
        banks = [(one.version, one.document) for one in held if isinstance(one.document, ItemsDocument)]
        candidates = blueprints.candidates_of(bank for _version, bank in banks)
        _listed[:] = [_InForce(held, candidates, {bank.key: version.pk for version, bank in banks})]
    return _listed[0]


def _in_force_for(exam: ExamDocument) -> _InForce:
    """What is in force for an exam: where it may set a drill, an item with one stands there in the languages that its
    scenario can be played in."""
    found = _in_force()
    if not _may_set_drills(exam, found):
        return found
    offered = library.in_force(kind="scenario")
    if not _playable or _playable[0][0] is not found or _playable[0][1] is not offered:
        names = (drill.scenario for one in found.items.values() for drill in blueprints.drills_of(one.field))
        banks = (one.document for one in found.held if isinstance(one.document, ItemsDocument))
        candidates = blueprints.candidates_of(banks, settable_drills(names))
        _playable[:] = [(found, offered, _InForce(found.held, candidates, found.versions))]
    return _playable[0][2]


def _may_set_drills(exam: ExamDocument, found: _InForce) -> bool:
    fixed = (found.items[one.item].field for one in exam.fixed if one.item in found.items)
    return any("drill" in rule.types for rule in exam.drawn) or any(map(blueprints.has_a_drill, fixed))


def settable_drills(scenarios: Iterable[str]) -> dict[str, tuple[Language, ...]]:
    """Which of these scenarios can be part of an exam, and in which languages: those that are offered and whose
    customer is not abusive."""
    faces = practice.drill_faces(set(scenarios))
    return {key: face.languages for key, face in faces.items() if not face.is_abuse}


def _points(field: AnyItem, given: Decimal | None) -> Decimal:
    if isinstance(field, CaseField):
        return sum((one.points for one in field.items), Decimal(0))
    return field.points if given is None else given


def _shown(field: AnyItem) -> dict[str, tuple[list[str], bool]]:
    """The ids that are shown in some order, by sub-item ("" for the item itself), and whether they may be shuffled."""
    if isinstance(field, CaseField):
        return {one.id: ids for one in field.items if (ids := _ids(one)) is not None}
    found = _ids(field)
    return {} if found is None else {"": found}


def _ids(field: Any) -> tuple[list[str], bool] | None:
    if isinstance(field, ChoiceField):
        return [option.id for option in field.options], not field.fixed
    if isinstance(field, Truth):
        return ["true", "false"], False
    if isinstance(field, OrderField):
        return [step.id for step in field.steps], True
    if isinstance(field, MatchField):
        return [*(pair.id for pair in field.pairs), *(one.id for one in field.others)], True
    return None


def _shuffled(options: Mapping[str, tuple[list[str], bool]], rng: Random) -> dict[str, list[str]]:
    found = {}
    for name, (ids, may_move) in options.items():
        shown = list(ids)
        if may_move:
            rng.shuffle(shown)
        found[name] = shown
    return found


def questions_of(paper: Sequence[Mapping[str, Any]]) -> Iterator[Question]:
    """The questions of an attempt, in the order in which they are met."""
    return map(Question.of, paper)
