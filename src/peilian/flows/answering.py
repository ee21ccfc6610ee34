"""What to answer a customer with (应答建议): phrases, passages, scenes and procedures for one message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from peilian.engine._kernel import Language
from peilian.engine.search import Filters, Hit, Hits
from peilian.engine.text import Question, analyse
from peilian.flows.searching import PASSAGE

FAMILIES = {
    "phrases": ("phrases",),
    "passages": ("article",),
    "scenes": ("manual",),
    "procedures": ("procedure", "decision-tree"),
}
"""The kinds of texts whose pieces answer, by what they are to the one who answers."""
_LONG = 80  # code points of a message from which it is cut to what it asks
_LEAST = 0.45  # of the best score of a family, below which a suggestion only distracts


class Searching(Protocol):
    """A search index."""

    def search(
        self, typed: str, filters: Filters, *, limit: int = 20, offset: int = 0, language: Language | None = None
    ) -> Hits:
        """See ``engine.search.find``."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Whom the agent answers, and how; ``None`` is unknown. ``day`` is an ordinal."""

    channel: str | None = None
    customer: str | None = None
    entry: str | None = None
    seniority: str | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Suggestions by family, the best first."""

    phrases: tuple[Hit, ...] = ()
    passages: tuple[Hit, ...] = ()
    scenes: tuple[Hit, ...] = ()
    procedures: tuple[Hit, ...] = ()

    def families(self) -> tuple[tuple[Hit, ...], ...]:
        """The families in the order above."""
        return self.phrases, self.passages, self.scenes, self.procedures

    def __bool__(self) -> bool:
        return any(self.families())


def answers(
    index: Searching,
    message: str,
    situation: Situation,
    *,
    visible: Mapping[str, tuple[str, ...]] | None = None,
    language: Language | None = None,
    families: Collection[str] = tuple(FAMILIES),
    most: int = 4,
) -> Answers:
    """At most ``most`` suggestions of each of ``families`` for what a customer wrote.

    Only pieces that suit the situation, or say nothing about it. ``visible`` are facets one of whose values a piece
    must have, such as the state of its text.
    """
    gist = gist_of(message)
    if not gist:
        return Answers()
    stated = (situation.channel, situation.customer, situation.entry, situation.seniority)
    names = ("channel", "customer", "entry", "seniority")
    fits = {name: value for name, value in zip(names, stated, strict=True) if value}
    found = {}
    for family in families:
        wanted = {**(visible or {}), "level": (PASSAGE,), "kind": FAMILIES[family]}
        filters = Filters(any_of=wanted, fits=fits, day=situation.day)
        hits = index.search(gist, filters, limit=most, language=language).items
        found[family] = tuple(hit for hit in hits if hit.score >= _LEAST * hits[0].score and _is_sound(hit))
    return Answers(**found)


def _is_sound(hit: Hit) -> bool:
    """Whether more than single characters is common."""
    return all(reason.key != "search.some_words" for reason in hit.why)


def gist_of(message: str) -> str:
    """What a message is about: all of a short one; of a long one what it asks, and how it begins and ends."""
    text = " ".join(message.split())
    if len(text) <= _LONG:
        return text
    analysed = analyse(text[:2000])
    clauses = analysed.clauses
    asking = [clause for clause in clauses if clause.question is not Question.NONE]
    kept = sorted({*asking, clauses[0], clauses[-1]}, key=lambda clause: clause.start)
    spans = [analysed.original(clause.start, clause.end) for clause in kept]
    return " ".join(text[start:end] for start, end in spans)
