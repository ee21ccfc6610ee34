"""Exams and their banks (组卷): which items a paper gets, and what keeps banks from filling one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from peilian.adapters.packs.items import AnyItem, CaseField, DrillField, ItemsDocument
from peilian.adapters.packs.teaching import ExamDocument, RuleField
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.assessment import draw
from peilian.engine.assessment.papers import Banked

_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_STILL = frozenset({"\0no drill"})
"""The tag of items without a drill, and of the lines that take no other."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that may be set: its name as ``bank#item``, what it says, its bank, the languages it is whole in, and
    what a blueprint knows of it."""

    item: str
    field: AnyItem
    bank: ItemsDocument
    languages: frozenset[Language]
    banked: Banked


def candidates_of(
    banks: Iterable[ItemsDocument], drills: Mapping[str, Collection[Language]] | None = None
) -> dict[str, Candidate]:
    """Every item of these banks, by name. ``drills`` tells the scenarios that can be set in an exam, each in its
    languages; without it all can."""
    found = {}
    for bank in banks:
        for field in bank.items:
            name = f"{bank.key}#{field.id}"
            languages = frozenset(field.languages())
            for drill in drills_of(field) if drills is not None else ():
                assert drills is not None
                languages &= frozenset(drills.get(drill.scenario, ()))
            found[name] = Candidate(name, field, bank, languages, _banked(name, field, bank))
    return found


def chosen(
    exam: ExamDocument, language: Language, candidates: Mapping[str, Candidate], met: Mapping[str, int], rng: Random
) -> dict[str, Decimal | None]:
    """The items of a paper, fixed and drawn, with the points that the exam gives them; ``met`` is how often an item was
    set before. ``InputError`` names the fields of the exam for which there are no items."""
    faults = list(_not_there(exam, language, candidates))
    if faults:
        raise InputError(*faults)
    worth = {one.item: one.points for one in exam.fixed}
    told = {candidates[name].field.group for name in worth} - {None}  # what the fixed items give away
    # Every line draws from its own banks: a bank is a tag that only it and its line have. A drill takes its minutes: it
    # is drawn by a line that asks for drills, and by no other.
    tags = _tags(exam.drawn, {one.bank.key for one in candidates.values()})
    bank = [
        replace(one.banked, tags=one.banked.tags | tags[one.bank.key], seen=met.get(one.item, 0))
        for one in candidates.values()
        if one.bank.key in tags and one.item not in worth and language in one.languages
        and one.field.group not in told
    ]  # fmt: skip
    rules = [rule.to_rule() for rule in exam.drawn]
    lines = [
        replace(rule, tags=rule.tags | _bank_tag(n, exam.drawn[n]) | (frozenset() if "drill" in rule.kinds else _STILL))
        for n, rule in enumerate(rules)
    ]
    try:
        drawn = draw(lines, bank, rng)
    except InputError as error:
        raise InputError(*(replace(one, field=_field_of(one)) for one in error.faults)) from None
    return worth | {one.item_id: exam.drawn[one.rule].points for one in drawn}


def languages_of(exam: ExamDocument, candidates: Mapping[str, Candidate]) -> tuple[Language, ...]:
    """The languages in which the whole exam can be set."""
    return tuple(language for language in _LANGUAGES if not _lacking(exam, language, candidates))


def unfilled(exam: ExamDocument, banks: Iterable[ItemsDocument]) -> list[Fault]:
    """What keeps these banks from filling an exam in any language: of the language that comes closest, by field."""
    candidates = candidates_of(banks)
    by_language = [_lacking(exam, language, candidates) for language in _LANGUAGES]
    return min(by_language, key=len)


def _lacking(exam: ExamDocument, language: Language, candidates: Mapping[str, Candidate]) -> list[Fault]:
    try:
        chosen(exam, language, candidates, {}, Random(0))  # noqa: S311 - whether it can be drawn at all
    except InputError as error:
        return list(error.faults)
    return []


def _not_there(exam: ExamDocument, language: Language, candidates: Mapping[str, Candidate]) -> Iterator[Fault]:
    for number, one in enumerate(exam.fixed):
        found = candidates.get(one.item)
        if found is None or language not in found.languages:
            yield Fault(Reason("learning.item_gone", {"item": one.item}), field=f"fixed.{number}.item")


def _field_of(fault: Fault) -> str:
    """Where the exam says how many items a line takes; the engine knows lines as ``rules.N``."""
    return f"drawn.{(fault.field or '').rpartition('.')[2]}.count"


def has_a_drill(field: AnyItem) -> bool:
    """Whether a part of an item is a drill."""
    return bool(drills_of(field))


def drills_of(field: AnyItem) -> tuple[DrillField, ...]:
    """The drills of an item: itself, or those inside a case."""
    inner = field.items if isinstance(field, CaseField) else (field,)
    return tuple(one for one in inner if isinstance(one, DrillField))


def _banked(name: str, field: AnyItem, bank: ItemsDocument) -> Banked:
    tags = frozenset(field.tags or bank.tags)
    return Banked(
        name, field.type, frozenset(field.competencies or bank.competencies), field.layer or bank.layer,
        field.difficulty, tags if has_a_drill(field) else tags | _STILL, field.group,
    )  # fmt: skip


def _tags(rules: Sequence[RuleField], banks: Iterable[str]) -> dict[str, frozenset[str]]:
    """By bank that some line draws from, the tags of these lines."""
    return {
        key: frozenset(tag for n, rule in enumerate(rules) if key in rule.banks for tag in _bank_tag(n, rule))
        for key in banks
        if any(not rule.banks or key in rule.banks for rule in rules)
    }


def _bank_tag(number: int, rule: RuleField) -> frozenset[str]:
    return frozenset({f"\0line {number}"}) if rule.banks else frozenset()
