"""What is wrong with a scenario that fits its schema (场景检查): names used twice or taken, texts that are empty."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from peilian.adapters.packs import Place, TextField
from peilian.adapters.packs.scenario import ElementField, LinesField, PhrasesField, ScenarioDocument
from peilian.engine._kernel import Language, Param, Reason
from peilian.engine.drill.conditions import is_taken
from peilian.engine.text import PatternCompiler, PatternError
from peilian.engine.text.typed import is_blank

Found = tuple[Place, Reason]
_NAMED_BY = {"needs": "id", "facts": "id", "required": "id", "forbidden": "id", "claims": "id", "tools": "name"}
_GAP = re.compile(r"【[^】]+】|\[\[?[a-z][a-z_ ]*\]")  # in phrases at hand it is filled while they are said
_INNER = {"required": ("parts", "id"), "tools": ("arguments", "name")}

_MOST_WAYS = 300_000
"""Of a pattern: the richest of the shipped scenarios have two thirds as many."""


def faults_of(document: ScenarioDocument) -> list[Found]:
    """Every fault with the place in the document where it stands."""
    return [*_double_names(document), *_world(document), *_empty(document, ())]


def pattern_faults(
    document: ScenarioDocument, language: Language, classes: Mapping[str, tuple[str, ...]]
) -> Iterator[Found]:
    """Every pattern of ``language`` that cannot be understood; ``classes`` are the word classes of that language."""
    compiler = PatternCompiler(classes, language)
    for place, field in _models(document, ()):
        if isinstance(field, PhrasesField) and language in place:
            for name in ("any", "unless"):
                for number, source in enumerate(getattr(field, name)):
                    try:
                        if name == "unless":
                            compiler.compile_any([source])
                        else:
                            compiler.compile(source)
                            compiler.check(source, most_ways=_MOST_WAYS)
                    except PatternError as error:
                        yield (*place, name, number), Reason(error.problem, {"pattern": error.pattern})


def place_of(document: ScenarioDocument, where: str) -> Place:
    """The place of what the engine names by ids, as ``required.eta.day.slot.must``, as far as it is found."""
    names = where.split(".")
    place: list[int | str] = []
    here: Any = document
    while names and (step := _step(here, names)) is not None:
        here, taken, n_names = step
        place += taken
        del names[:n_names]
    return tuple(place)


def _step(here: Any, names: list[str]) -> tuple[Any, Place, int] | None:
    """One step down: what is there, its place, and how many of the names lead to it."""
    if isinstance(here, tuple):
        found = _named(here, names[0])
        return None if found is None else (here[found], (found,), 1)
    if isinstance(here, Mapping):  # its names may have dots
        return next(
            ((here[name], (name,), name.count(".") + 1) for name in here if name == ".".join(names)[: len(name)]), None
        )
    if isinstance(here, BaseModel) and names[0] in type(here).model_fields:
        return getattr(here, names[0]), (names[0],), 1
    if isinstance(here, ElementField) and (part := _named(here.parts, names[0])) is not None:
        return here.parts[part], ("parts", part), 1  # the engine names a part without saying that it is one
    return None


def _named(items: tuple[Any, ...], name: str) -> int | None:
    return next(
        (n for n, item in enumerate(items) if name in (getattr(item, "id", None), getattr(item, "name", None))), None
    )


def _double_names(document: ScenarioDocument) -> Iterator[Found]:
    for field, by in _NAMED_BY.items():
        items = getattr(document, field)
        yield from _repeated((field,), by, items)
        for number, item in enumerate(items):
            if field in _INNER:
                inner, inner_by = _INNER[field]
                yield from _repeated((field, number, inner), inner_by, getattr(item, inner))


def _repeated(place: Place, by: str, items: Iterable[Any]) -> Iterator[Found]:
    seen: set[str] = set()
    for number, item in enumerate(items):
        name = getattr(item, by)
        if name in seen:
            yield (*place, number, by), _fault("double_name", name=name)
        seen.add(name)


def _world(document: ScenarioDocument) -> Iterator[Found]:
    for name, value in document.world.items():
        if isinstance(value, float) and not math.isfinite(value):
            yield ("world", name), _fault("not_finite")
        if is_taken(name):
            yield ("world", name), _fault("name_taken", name=name)
    for number, tool in enumerate(document.tools):
        for name in tool.sets:
            if is_taken(name) and name not in document.world:
                yield ("tools", number, "sets", name), _fault("name_taken", name=name)


def _empty(document: ScenarioDocument, start: Place) -> Iterator[Found]:
    for place, field in _models(document, start):
        if isinstance(field, TextField):
            yield from _empty_text(place, field)
        elif isinstance(field, LinesField):
            if not (field.zh or field.en):
                yield place, _fault("empty")
            for language in ("zh", "en"):
                for number, burst in enumerate(getattr(field, language)):
                    if any(map(is_blank, burst)):
                        yield (*place, language, number), _fault("empty")
                    yield from _gaps((*place, language, number), " ".join(burst))
        elif isinstance(field, PhrasesField):
            for name in ("any", "unless", "like", "unlike"):
                for number, text in enumerate(getattr(field, name)):
                    if is_blank(text):
                        yield (*place, name, number), _fault("empty")


def _empty_text(place: Place, field: TextField) -> Iterator[Found]:
    given = {language: text for language in ("zh", "en") if (text := getattr(field, language)) is not None}
    if not given:
        yield place, _fault("empty")
    for language, text in given.items():
        if is_blank(text):
            yield (*place, language), _fault("empty")
        if place[:1] != ("phrases",):
            yield from _gaps((*place, language), text)


def _gaps(place: Place, text: str) -> Iterator[Found]:
    """What stands in brackets to be filled: a customer and a model answer cannot say it."""
    for found in _GAP.finditer(text):
        yield place, _fault("gap", gap=found[0])


def _models(value: Any, place: Place) -> Iterator[tuple[Place, BaseModel]]:
    """Everything that the author wrote as a mapping, with its place; what was left out is not there."""
    if isinstance(value, BaseModel):
        yield place, value
        for name in type(value).model_fields:
            if name in value.model_fields_set:
                yield from _models(getattr(value, name), (*place, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _models(item, (*place, str(name)))
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _models(item, (*place, number))


def _fault(key: str, **params: Param) -> Reason:
    return Reason(f"drill.lint.{key}", params)
