"""From answers that people gave to the table that the analysis reads (作答数据).

Counted are marked attempts of people who could not know the questions beforehand, of each person the first answer to a
question. What the clock kept somebody from reaching is no answer. Versions of a question whose key or options differ
are questions of their own; where only words changed they count together.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from peilian.adapters.packs.items import (
    AnyItem,
    CaseField,
    ChoiceField,
    DrillField,
    FillField,
    MatchField,
    OrderField,
    RewriteField,
    TruthField,
)
from peilian.apps.learning.banks import bank_in
from peilian.apps.learning.models import AttemptState, Response
from peilian.apps.library import api as library
from peilian.engine.assessment.psychometrics import Answer, ExamItem, Responses

_AT_ONCE = 2000


@dataclass(slots=True)
class Variant:
    """A question with one key: in which versions of its bank it stood so, and as what it is measured."""

    item: str
    signature: str
    kind: str
    most: float = 0.0
    options: tuple[str, ...] = ()
    right: frozenset[str] = frozenset()
    versions: dict[int, UUID] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """By which the analysis knows it."""
        return f"{self.item}|{self.signature}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Answers as the analysis reads them, with the questions that they are about."""

    variants: Mapping[str, Variant]
    responses: Responses
    n_answers: int


def gathered_of_bank(key: str) -> Gathered:
    """The answers to the questions of a bank, in whichever exam they were set."""
    return _gathered(Response.objects.filter(item__startswith=f"{key}#"))


def gathered_of_sitting(pk: UUID) -> Gathered:
    """The answers of one sitting."""
    return _gathered(Response.objects.filter(attempt__sitting_id=pk))


def signature_of(item: AnyItem) -> str:
    """What of a question decides who gets points for it: type, options and key. Words have no part in it."""
    return sha256(json.dumps(_key(item), default=str, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:12]


def _gathered(rows: Any) -> Gathered:
    rows = rows.filter(
        attempt__state=AttemptState.MARKED, attempt__may_know_items=False, is_reached=True, is_open=False
    )  # fmt: skip
    columns = rows.order_by("attempt_id", "number").values_list(
        "attempt__employee_id", "item", "version_id", "chosen", "points", "of"
    )  # fmt: skip
    variants: dict[str, Variant] = {}
    taken: dict[tuple[str, str], tuple[Any, Decimal, Decimal]] = {}
    for employee, item, version, chosen, points, of in columns.iterator(chunk_size=_AT_ONCE):
        if not of:
            continue
        made = _variant_of(version, item)
        variant = variants.setdefault(f"{item}|{made.signature}", _copy(made))
        variant.most = max(variant.most, float(of))
        variant.versions[_number(version)] = version
        taken.setdefault((str(employee), variant.name), (chosen, points, of))
    answers = list(_answers(taken, variants))
    items = [ExamItem(one.name, one.most, one.options, one.right) for one in variants.values()]
    return Gathered(variants, Responses.of(answers, items, unfinished=_unfinished(rows)), len(answers))


def _answers(
    taken: Mapping[tuple[str, str], tuple[Any, Decimal, Decimal]], variants: Mapping[str, Variant]
) -> Iterator[Answer]:
    for (person, name), (chosen, points, of) in taken.items():
        variant = variants[name]
        picked = frozenset((chosen or {}).get("chosen", ())) & set(variant.options) if variant.options else frozenset()
        yield Answer(person, name, min(variant.most, float(points / of) * variant.most), picked)


def _unfinished(rows: Any) -> frozenset[str]:
    """Who did not come to the end of the paper before the time was up."""
    people = Response.objects.filter(attempt__in=rows.values("attempt"), is_reached=False)
    return frozenset(map(str, people.values_list("attempt__employee_id", flat=True).distinct()))


@lru_cache(maxsize=8192)
def _variant_of(version: UUID, item: str) -> Variant:
    found = bank_in(version).item(item.partition("#")[2])
    assert found is not None  # versions never change
    options, right = _options(found)
    return Variant(item, signature_of(found), found.type, 0.0, options, right)


def _copy(one: Variant) -> Variant:
    return Variant(one.item, one.signature, one.kind, 0.0, one.options, one.right)


@lru_cache(maxsize=4096)
def _number(version: UUID) -> int:
    return int(library.ContentVersion.objects.values_list("number", flat=True).get(pk=version))


def _options(item: AnyItem) -> tuple[tuple[str, ...], frozenset[str]]:
    if isinstance(item, ChoiceField):
        return tuple(one.id for one in item.options), frozenset(one.id for one in item.options if one.right)
    if isinstance(item, TruthField):
        return ("true", "false"), frozenset({"true" if item.is_true else "false"})
    return (), frozenset()


def _key(item: AnyItem) -> Any:
    if isinstance(item, ChoiceField):
        return [item.type, item.partial, sorted((one.id, one.right) for one in item.options)]
    if isinstance(item, TruthField):
        return [item.type, item.is_true]
    if isinstance(item, FillField):
        return [item.type, [(one.id, sorted(one.accept), one.number, one.tolerance) for one in item.blanks]]
    if isinstance(item, OrderField):
        return [item.type, [one.id for one in item.steps]]
    if isinstance(item, MatchField):
        return [item.type, sorted(one.id for one in item.pairs), sorted(one.id for one in item.others)]
    if isinstance(item, CaseField):
        return [item.type, [(one.id, _key(one)) for one in item.items]]
    if isinstance(item, DrillField):
        return [item.type, item.scenario, item.level, item.passes_from, item.full_from]
    moves = [sorted(item.moves), sorted(item.faults)] if isinstance(item, RewriteField) else []
    return [item.type, item.open, moves, [_point(one) for one in item.keys]]


def _point(one: Any) -> Any:
    return [one.id, sorted(one.zh), sorted(one.en), sorted(one.unless), one.weight]


def by_item(variants: Iterable[Variant]) -> dict[str, list[Variant]]:
    """The variants of each question, the one of its newest version first."""
    found: dict[str, list[Variant]] = defaultdict(list)
    for one in variants:
        found[one.item].append(one)
    return {item: sorted(listed, key=lambda one: -max(one.versions)) for item, listed in found.items()}
