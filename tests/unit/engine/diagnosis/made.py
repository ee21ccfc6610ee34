"""Evidence made by hand, with sensible defaults."""

from __future__ import annotations

import itertools
from typing import Any

from peilian.adapters.packs.pain_points import load_rules
from peilian.engine.diagnosis import ConversationEvidence, Diagnosis, Evidence, FindingEvidence, RoundEvidence, diagnose

RULES = load_rules()
DAY_MS = 86_400_000
MONDAY_MS = 1_793_577_600_000
LATER_MS = MONDAY_MS + 60 * DAY_MS

_numbers = itertools.count(1)


def a_round(waited: float | None = 10, agent: str | None = "lin", *, place: int = 0, **more: Any) -> RoundEvidence:
    """A question at message ``2 * place`` and, unless ``waited`` seconds is ``None``, the answer after it."""
    asked_at_ms = MONDAY_MS + place * 300_000
    more.setdefault("asked_at_ms", asked_at_ms)
    return RoundEvidence(
        asked_i=2 * place,
        answered_i=None if waited is None else 2 * place + 1,
        agent=agent,
        response_ms=None if waited is None else round(waited * 1000),
        **more,
    )


def rounds(*waits: float | None, agent: str | None = "lin") -> tuple[RoundEvidence, ...]:
    """Rounds of one agent with these waits in seconds; ``None`` is unanswered."""
    return tuple(a_round(waited, agent, place=place) for place, waited in enumerate(waits))


def found(name: str, i: int = 1, agent: str | None = "lin", span: tuple[int, int] = (0, 4)) -> FindingEvidence:
    """One finding, named ``kind:key``."""
    kind, key = name.split(":")
    return FindingEvidence(kind, key, i, *span, agent)


def a_conversation(*waits: float | None, agent: str = "lin", **more: Any) -> ConversationEvidence:
    """A timed, read conversation of one agent; by default one round answered after ten seconds."""
    more.setdefault("conversation_id", f"c{next(_numbers):05}")
    more.setdefault("is_timed", True)
    more.setdefault("is_read", True)
    more.setdefault("rounds", rounds(*(waits or (10,)), agent=agent))
    more.setdefault("agents", (agent,) if any(item.answered_i is not None for item in more["rounds"]) else ())
    return ConversationEvidence(**more)


def diagnosed(*conversations: ConversationEvidence, **more: Any) -> Diagnosis:
    """The diagnosis of these conversations, long after they took place."""
    return diagnose(Evidence(conversations, **more), RULES, LATER_MS)


def keys(diagnosis: Diagnosis) -> set[str]:
    """The pain points found."""
    return {point.key for point in diagnosis.pain_points}


def point(diagnosis: Diagnosis, key: str) -> Any:
    """One pain point that was found."""
    return next(item for item in diagnosis.pain_points if item.key == key)


def looked_at(diagnosis: Diagnosis, key: str) -> int:
    """How many conversations a pain point was looked for in, found or not."""
    return next(item.rate.n for item in (*diagnosis.pain_points, *diagnosis.quiet) if item.key == key)
