"""What a form for a kind of document looks like, read off its schema.

A shape is one of: ``text`` (in two languages), ``markdown`` (the same, long), ``line``, ``number``, ``truth``, ``day``,
``choice``, ``choices``, ``competencies``, ``words`` (one a line), ``references``, ``bursts``, ``texts``, ``group``,
``cards``, ``named`` (cards by name), ``source`` (YAML). What a form cannot show faithfully is a ``source``.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from peilian.adapters import packs
from peilian.adapters.packs import TextField

FIXED = ("kind", "schema_version", "key")
"""What stays as it was when the text was begun."""
_REFERENCES = ("related",)
_COMPETENCIES = "competencies"
_LONG = ("body",)
NUMBERS: tuple[type, ...] = (int, float)


@dataclass(frozen=True, slots=True)
class Shape:
    """How one value is asked for. ``item`` is what a list or a mapping holds; ``fields`` are those of a group;
    ``names`` those that a mapping may have. ``may_be_unset``: leaving it out is not the same as leaving it empty."""

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


@cache
def shape_of_kind(kind: str) -> Shape:
    """The form of a kind of document."""
    return _group(packs.known_kinds().get(kind), is_needed=True)


def shape_at(root: Shape, parts: tuple[str, ...]) -> Shape | None:
    """The shape of what stands at a name of the form, such as ``steps.2.next``; ``None`` when there is none."""
    here: Shape | None = root
    for part in parts:
        if here is None:
            return None
        if here.kind == "group":
            here = dict(here.fields).get(part)
        elif here.kind in ("cards", "texts", "named"):
            here = here.item
        else:
            return None
    return here


@cache
def competencies() -> tuple[str, ...]:
    """The keys of the competencies that texts may train."""
    models = (item.document for item in packs.load("competency-model"))
    return tuple(dict.fromkeys(one.key for model in models for one in getattr(model, "competencies", ())))


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
    return replace(shape, owner=owner, default=default, is_needed=info.is_required())


def _of(annotation: Any, name: str, owner: str) -> Shape:
    origin, inside = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):  # Annotated
        return _of(inside[0], name, owner)
    if origin in (Union, types.UnionType):
        there = [one for one in inside if one is not type(None)]
        if len(there) > 1:
            return Shape("source", owner)
        return replace(_of(there[0], name, owner), may_be_unset=True)
    if origin is Literal:
        return Shape("choice", owner, choices=tuple(map(str, inside)))
    if origin is tuple:
        return _list(inside[0], name, owner)
    if origin is dict:
        return _mapping(inside[0], _of(inside[1], name, owner), owner)
    return _single(annotation, name, owner)


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
    item = _of(inside, name, owner)
    if item.kind == "choice":
        return Shape("choices", owner, choices=item.choices)
    if item.kind == "line" and name == _COMPETENCIES:
        return Shape("competencies", owner, choices=competencies())
    if item.kind == "line":
        return Shape("references" if name in _REFERENCES else "words", owner)
    if item.kind in ("text", "markdown"):
        return Shape("texts", owner, item=Shape("text", owner))
    if item.kind == "words":
        return Shape("bursts", owner)
    return Shape("cards", owner, item=item) if item.kind == "group" else Shape("source", owner)


def _mapping(names: Any, item: Shape, owner: str) -> Shape:
    if item.kind in ("group", "cards"):
        known = tuple(map(str, get_args(names))) if get_origin(names) is Literal else ()
        return Shape("named", owner, item=item, names=known)
    return Shape("source", owner)
