"""What a form for a kind of document looks like, read off its schema.

A shape is one of: ``text`` (in two languages), ``markdown`` (the same, long), ``line``, ``number``, ``truth``, ``day``,
``choice``, ``choices``, ``competencies``, ``words`` (one a line), ``references``, ``bursts``, ``texts``, ``group``,
``cards``, ``named`` (cards by name), ``union`` (one of several groups, told by its type), ``type`` (of such a group,
chosen when it was added), ``pairs`` (two numbers a line), ``levels`` (rows of levels by competency), ``source`` (YAML).
What a form cannot show faithfully is a ``source``.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from peilian.adapters import packs
from peilian.adapters.packs import TextField
from peilian.adapters.packs.competency import FINDINGS, kpis
from peilian.engine.competency.model import TOP_LEVEL
from peilian.engine.diagnosis.detectors.findings import AMONG

FIXED = ("kind", "schema_version", "key")
"""What stays as it was when the text was begun."""
TYPE = "type"
"""The field by which the groups of a union are told apart."""
NAMING: dict[str, str] = {
    "related": "any", "UnitField.what": "unit", "CheckField.items": "item", "LessonDocument.rewrite": "item",
    "FixedField.item": "item", "RuleField.banks": "items", "AdaptiveField.bank": "items",
    "LessonDocument.drill": "scenario",
    "DrillField.scenario": "scenario", "CourseDocument.requires": "course", "PathDocument.courses": "course",
    "CourseDocument.exam": "exam", "CourseDocument.test_out": "exam", "ExamDocument.remedial": "lesson",
    "CertificateDocument.requires": "ground", "CertificateDocument.renew_by": "ground",
    "AssignmentRuleDocument.assigns": "assigned", "ScoredField.exam": "exam",
}  # fmt: skip
"""What a field names, chosen by typing its title: ``any`` text, a ``unit``, a ``ground`` of a certificate or what is
``assigned`` by a rule as kind:key, an ``item`` as bank#item, or a text of that kind by its key."""
CHOSEN: dict[str, Callable[[], Iterable[str]]] = {
    "FindingField.finding": lambda: FINDINGS,
    "FindingField.among": lambda: AMONG,
    "KpiField.kpi": kpis,
}
"""What may stand in a line, where its type does not tell."""
_COMPETENCIES = "competencies"
_LONG = ("body",)
NUMBERS: tuple[type, ...] = (int, float, Decimal)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one value is asked for. ``item`` is what a list or a mapping holds; ``fields`` are those of a group;
    ``names`` those that a mapping may have; ``variants`` the groups of a union by their type. ``may_be_unset``: leaving
    it out is not the same as leaving it empty. ``naming`` is what it names, see ``NAMING``."""

    kind: str
    owner: str = ""
    item: Shape | None = None
    fields: tuple[tuple[str, Shape], ...] = ()
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    type: type | None = None
    default: Any = None
    is_needed: bool = False
    may_be_unset: bool = False
    naming: str = ""
    variants: tuple[tuple[str, Shape], ...] = ()

    def below(self, part: str) -> Shape | None:
        """The shape of a part: a field of a group, of whichever of a union has it, or any part of a list."""
        if self.kind == "group":
            return dict(self.fields).get(part)
        if self.kind == "union":
            return next((found for _type, one in self.variants if (found := one.below(part)) is not None), None)
        return self.item if self.kind in ("cards", "texts", "named") else None

    def variant(self, value: Any) -> Shape | None:
        """The group of a union that a value is."""
        chosen = value.get(TYPE) if isinstance(value, Mapping) else None
        return dict(self.variants).get(chosen) if isinstance(chosen, str) else None


@cache
def shape_of_kind(kind: str) -> Shape:
    """The form of a kind of document."""
    return _group(packs.known_kinds().get(kind), is_needed=True)


def shape_at(root: Shape, parts: tuple[str, ...]) -> Shape | None:
    """The shape of what stands at a name of the form, such as ``steps.2.next``; ``None`` when there is none."""
    here: Shape | None = root
    for part in parts:
        here = here.below(part) if here is not None else None
    return here


def _group(model: type[BaseModel], *, is_needed: bool = False) -> Shape:
    return Shape("group", model.__name__, fields=tuple(_fields(model)), type=model, is_needed=is_needed)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Shape]]:
    for name, info in model.model_fields.items():
        if not (issubclass(model, packs.Document) and name in FIXED):
            yield name, _field(name, model.__name__, info)


def _field(name: str, owner: str, info: FieldInfo) -> Shape:
    default = None if info.default is PydanticUndefined else info.default
    if isinstance(default, BaseModel | tuple | date):
        default = None
    shape = _of(info.annotation, name, owner)
    naming = NAMING.get(f"{owner}.{name}") or NAMING.get(name, "")
    if choices := CHOSEN.get(f"{owner}.{name}"):
        shape = Shape("choice", owner, choices=tuple(choices()))
    return replace(shape, owner=owner, default=default, is_needed=info.is_required(), naming=naming)


def _of(annotation: Any, name: str, owner: str) -> Shape:
    origin, inside = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):  # Annotated
        return _of(inside[0], name, owner)
    if origin in (Union, types.UnionType):
        there = [one for one in inside if one is not type(None)]
        if len(there) > 1:
            return _union(there, owner)
        return replace(_of(there[0], name, owner), may_be_unset=True)
    if origin is Literal and all(type(one) is int for one in inside):
        return Shape("number", owner, type=int)
    if origin is Literal:
        return Shape("choice", owner, choices=tuple(map(str, inside)))
    if origin is tuple:
        return _list(inside[0], name, owner)
    if origin is dict:
        return _mapping(inside[0], _of(inside[1], name, owner), owner)
    if origin is Mapping:
        return _whole_mapping(inside[0], inside[1], name, owner)
    return _single(annotation, name, owner)


def _union(there: Iterable[Any], owner: str) -> Shape:
    """Groups that are told apart by what their field ``type`` says; anything else has no form."""
    variants: list[tuple[str, Shape]] = []
    for one in there:
        model = get_args(one)[0] if hasattr(one, "__metadata__") else one
        info = model.model_fields.get(TYPE) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if info is None or get_origin(info.annotation) is not Literal:
            return Shape("source", owner)
        group = _group(model)
        for chosen in get_args(info.annotation):
            told = (TYPE, Shape(TYPE, group.owner, default=chosen))
            fields = tuple(told if field[0] == TYPE else field for field in group.fields)
            variants.append((chosen, replace(group, fields=fields)))
    return Shape("union", owner, variants=tuple(variants))


def _single(annotation: Any, name: str, owner: str) -> Shape:
    if annotation is TextField:
        return Shape("markdown" if name in _LONG else "text", owner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _group(annotation)
    if annotation is bool:
        return Shape("truth", owner, type=bool)
    if annotation in NUMBERS:
        return Shape("number", owner, type=annotation)
    if annotation is date:
        return Shape("day", owner)
    return Shape("line", owner) if annotation is str else Shape("source", owner)


def _list(inside: Any, name: str, owner: str) -> Shape:
    if get_origin(inside) is tuple and len(get_args(inside)) == 2 and all(map(_is_number, get_args(inside))):
        return Shape("pairs", owner)
    item = _of(inside, name, owner)
    if item.kind == "choice":
        return Shape("choices", owner, choices=item.choices)
    if item.kind == "line" and name == _COMPETENCIES:
        return Shape("competencies", owner)
    if item.kind == "line":
        is_naming = name in NAMING or f"{owner}.{name}" in NAMING
        return Shape("references" if is_naming else "words", owner)
    if item.kind in ("text", "markdown"):
        return Shape("texts", owner, item=Shape("text", owner))
    if item.kind == "words":
        return Shape("bursts", owner)
    return Shape("cards", owner, item=item) if item.kind in ("group", "union") else Shape("source", owner)


def _mapping(names: Any, item: Shape, owner: str) -> Shape:
    if item.kind in ("group", "cards"):
        known = tuple(map(str, get_args(names))) if get_origin(names) is Literal else ()
        return Shape("named", owner, item=item, names=known)
    return Shape("source", owner)


def _whole_mapping(names: Any, held: Any, name: str, owner: str) -> Shape:
    """A mapping that has each of its names is asked for like a group; one of lists of levels as a table."""
    if get_origin(held) is tuple and _is_number(get_args(held)[0]):
        return Shape("levels", owner)
    item = _of(held, name, owner)
    base = get_args(names)[0] if hasattr(names, "__metadata__") else names
    if get_origin(base) is Literal:
        known: tuple[str, ...] = tuple(map(str, get_args(base)))
    else:
        known = tuple(map(str, range(1, TOP_LEVEL + 1))) if base is int else ()
    if not known or item.kind not in ("text", "number", "group"):
        return Shape("source", owner)
    # What is said in words or in fields is needed; a number by name, such as a weight, may be left out.
    part = replace(item, owner=f"{owner}.{name}", is_needed=item.kind != "number")
    return Shape("group", owner, fields=tuple((key, part) for key in known))


def _is_number(annotation: Any) -> bool:
    return (get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation) in NUMBERS
