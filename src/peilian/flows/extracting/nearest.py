"""The shipped scenario that is nearest to a conversation (最接近的场景)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from peilian.engine._kernel import Language
from peilian.engine.drill.likeness import GramLikeness
from peilian.flows.extracting.people import heard
from peilian.flows.extracting.values import Talk
from peilian.flows.playing import scenarios

_LEAST, _AHEAD = 0.08, 1.15  # likeness, and how much more than that of the next one
_WORDS = 400  # characters of the customer that are compared


@dataclass(frozen=True, slots=True)
class Near:
    """A shipped scenario, and how alike it is."""

    key: str
    title: str
    industry: str
    likeness: float


@cache
def _shelf(language: Language) -> tuple[tuple[Near, ...], GramLikeness]:
    found, texts = [], []
    for key, (document, _version) in sorted(scenarios().items()):
        if language not in document.languages:
            continue
        title = document.title.to_text().in_language(language)
        lines = [" ".join(burst) for burst in document.lines["opening"].in_language(language)]
        needs = [need.label.to_text().in_language(language) for need in document.needs]
        found.append(Near(key, title, document.industry, 0.0))
        texts.append(" ".join([title, document.brief.to_text().in_language(language), *lines, *needs]))
    return tuple(found), GramLikeness(texts, language)


def nearest_scenario(talk: Talk) -> Near | None:
    """The nearest one; ``None`` when none is near."""
    near, likeness = _shelf(talk.language)
    said = " ".join([talk.conversation.topic or "", *(one.message.text for one in heard(talk))])[:_WORDS]
    values = likeness.compare(said)
    ranked = sorted(values, key=lambda n: (-values[n], n))[:2]
    if not ranked or values[ranked[0]] < max([_LEAST, *(_AHEAD * values[n] for n in ranked[1:])]):
        return None
    one = near[ranked[0]]
    return Near(one.key, one.title, one.industry, round(values[ranked[0]], 3))
