"""Question banks as who writes them needs them, with the keys; surveys as who answers them sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peilian.adapters.packs.items import AnyItem, CaseField, DrillField, ItemsDocument, RewriteField
from peilian.adapters.packs.survey import SurveyDocument
from peilian.web.conversations.wordings import name_of
from peilian.web.library.editor_words import choice_name, field_name
from peilian.web.library.shown.phrases import Facet
from peilian.web.library.shown.reading import Reading
from peilian.web.library.shown.teaching import Link, linked
from peilian.web.people.wordings import joined
from peilian.web.record.wordings import competency_name

FACETS = ("type", "competency", "difficulty")


@dataclass(frozen=True, slots=True)
class Shown:
    """A question with its place in the bank; ``inner`` are those of a case."""

    number: str
    item: AnyItem
    competencies: str
    moves: str
    faults: str
    drill: Link | None
    inner: tuple[Shown, ...] = ()


def items(document: ItemsDocument, reading: Reading) -> dict[str, Any]:
    """The questions that fit what is chosen, with the choices that this bank offers."""
    listed = list(enumerate(document.items, start=1))
    facets = [_facet(document, name, reading) for name in FACETS]
    kept = [
        (number, item)
        for number, item in listed
        if all(not facet.chosen or facet.chosen in _values(document, item, facet.name) for facet in facets)
    ]
    return {
        "items": [_shown(document, str(number), item, reading) for number, item in kept],
        "facets": facets if reading.asked is not None else [],
        "is_filtered": any(facet.chosen for facet in facets),
        "n_all": len(listed),
    }


def survey(document: SurveyDocument, reading: Reading) -> dict[str, Any]:
    """The questions with the steps of their scales."""
    return {"questions": [(one, range(1, one.top + 1)) for one in document.questions]}


def _facet(document: ItemsDocument, name: str, reading: Reading) -> Facet:
    values = dict.fromkeys(value for item in document.items for value in _values(document, item, name))
    chosen = reading.parameter(name)
    named = competency_name if name == "competency" else choice_name
    ordered = sorted(values) if name == "difficulty" else values
    label = field_name("RuleField", {"competency": "competencies"}.get(name, name))
    return Facet(name, label, tuple((value, named(value)) for value in ordered), chosen if chosen in values else "")


def _values(document: ItemsDocument, item: AnyItem, name: str) -> tuple[str, ...]:
    if name == "competency":
        return item.competencies or document.competencies
    return (str(getattr(item, name)),)


def _shown(document: ItemsDocument, number: str, item: AnyItem, reading: Reading) -> Shown:
    moves, faults = (item.moves, item.faults) if isinstance(item, RewriteField) else ((), ())
    inner = item.items if isinstance(item, CaseField) else ()
    return Shown(
        number,
        item,
        joined([competency_name(one) for one in item.competencies or document.competencies]),
        _names(moves, reading),
        _names(faults, reading),
        linked("scenario", item.scenario, reading) if isinstance(item, DrillField) else None,
        tuple(_shown(document, f"{number}.{place}", one, reading) for place, one in enumerate(inner, start=1)),
    )


def _names(keys: Iterable[str], reading: Reading) -> str:
    return joined([name_of(key, reading.language) for key in keys])
