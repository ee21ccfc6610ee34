"""Phrases: what to say, what it takes the place of, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from peilian.adapters.packs.phrases import Phrase, PhrasesDocument, Replacement
from peilian.apps.base.api import today_in_company
from peilian.web.library.editor_words import choice_name, field_name
from peilian.web.library.shown.reading import Reading

# What a reader chooses phrases by, in the order of a question: where, who, when, by whom.
FACETS = ("channels", "customers", "entries", "seniority")


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice above the phrases: its parameter, what it is called, its values with their names, and the chosen one."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A phrase, and whether it is forbidden to say what it replaces; ``ended`` and ``begins`` are days beside today."""

    phrase: Phrase
    forbidden: tuple[Replacement, ...]
    better: tuple[Replacement, ...]
    ended: date | None
    begins: date | None


def phrases(document: PhrasesDocument, reading: Reading) -> dict[str, Any]:
    """The phrases that fit what is chosen, with the choices that this document offers."""
    facets = [facet for name in FACETS if (facet := _facet(document, name, reading)).choices]
    kept = [one for one in document.phrases if all(_fits(one, facet) for facet in facets)]
    return {
        "phrases": [_shown(one) for one in kept],
        "facets": facets if reading.asked is not None else [],
        "is_filtered": any(facet.chosen for facet in facets),
        "n_all": len(document.phrases),
    }


def _facet(document: PhrasesDocument, name: str, reading: Reading) -> Facet:
    values = dict.fromkeys(value for one in document.phrases for value in getattr(one, name))
    chosen = reading.parameter(name)
    choices = tuple((value, choice_name(value)) for value in values)
    return Facet(name, field_name("Phrase", name), choices, chosen if chosen in values else "")


def _fits(phrase: Phrase, facet: Facet) -> bool:
    """Whether a phrase is for what is chosen; one that names nothing is for all."""
    meant = getattr(phrase, facet.name)
    return not facet.chosen or not meant or facet.chosen in meant


def _shown(phrase: Phrase) -> Shown:
    today = today_in_company()
    return Shown(
        phrase,
        tuple(one for one in phrase.avoid if one.strength == "forbidden"),
        tuple(one for one in phrase.avoid if one.strength != "forbidden"),
        phrase.valid_until if phrase.valid_until and phrase.valid_until <= today else None,
        phrase.valid_from if phrase.valid_from and phrase.valid_from > today else None,
    )
