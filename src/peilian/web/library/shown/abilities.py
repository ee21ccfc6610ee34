"""The competency model: what each competency is, what its levels look like, what posts require, and what feeds it."""

from __future__ import annotations

from typing import Any

from peilian.adapters.packs.competency import CompetencyField, CompetencyModelDocument, FindingField, kpis
from peilian.engine.competency.model import LAYERS
from peilian.web.conversations.wordings import name_of
from peilian.web.library.editor_words import choice_name, field_name
from peilian.web.library.shown.reading import Reading
from peilian.web.library.words import words_of


def competency_model(document: CompetencyModelDocument, reading: Reading) -> dict[str, Any]:
    """Competencies by layer, levels required by post, axes of the radar."""
    names = {one.key: words_of(one.name) for one in document.competencies}
    layers = [
        (words_of(document.layers[layer]), [_competency(one, document, reading) for one in found])
        for layer in LAYERS
        if (found := [one for one in document.competencies if one.layer == layer])
    ]
    posts = [
        (words_of(post.name), [(names[key], levels) for key, levels in post.required.items()])
        for post in document.posts
    ]  # fmt: skip
    return {
        "layers": layers,
        "posts": posts,
        "levels": [(number, level) for number, level in enumerate(document.levels, 1)],
        "axes": [(axis.name, [names[key] for key in axis.competencies]) for axis in document.radar],
        "sources": [
            (field_name("CompetencyModelDocument.sources", kind), one) for kind, one in document.sources.items()
        ],
    }


def _competency(one: CompetencyField, document: CompetencyModelDocument, reading: Reading) -> dict[str, Any]:
    return {
        "field": one,
        "dimension": words_of(document.dimensions[one.dimension]),
        "depth": words_of(document.depths[one.depth]),
        "levels": sorted(one.behaviours.items()),
        "drill": [field_name("CompetencyField.drill", key) for key in one.drill],
        "findings": [_finding(feed, reading) for feed in one.findings],
        "kpis": [kpis()[feed.kpi].in_language(reading.language) for feed in one.kpis],
    }


def _finding(feed: FindingField, reading: Reading) -> str:
    name = name_of(feed.finding.partition(":")[2], reading.language)
    return name if feed.among == "answered" else f"{name} ({choice_name(feed.among)})"
