"""A small competency model and evidence for it."""

from __future__ import annotations

from typing import Any

from peilian.engine._kernel import Text
from peilian.engine.competency import CompetencyModel, Evidence
from peilian.engine.competency.model import Axis, Competency, Feed, Post, Rules, Source, Stage

DAY = 86_400_000
NAME = Text(zh="名", en="name")
FEEDS = (
    Feed("drill", "empathy", 1.0),
    Feed("drill", "resolution", 0.5),
    Feed("conversation", "issue:missing_empathy", 0.5, "upset", ((0.0, 1.0), (0.5, 0.0))),
    Feed("conversation", "move:empathise", 0.25, "upset", ((0.0, 0.2), (0.4, 1.0))),
    Feed("kpi", "complaint_ratio", 0.6, anchors=((0.0, 1.0), (0.02, 0.5), (0.1, 0.0))),
)


def a_model(**changes: Any) -> CompetencyModel:
    """Three competencies, three kinds of evidence, two stages, one post; cuts at 40, 55, 70, 85."""
    keys = {"empathy": FEEDS, "pace": (Feed("drill", "speed", 0.8),), "coaching": ()}
    given: dict[str, Any] = {
        "key": "small",
        "version": "1",
        "name": NAME,
        "competencies": {
            key: Competency(key, NAME, NAME, "professional_skill", "skill", "must_know", {}, feeds)
            for key, feeds in keys.items()
        },
        "sources": {
            "drill": Source("drill", 8.0, 10.0, 8.0, NAME),
            "conversation": Source("conversation", 6.0, 5.0, 45.0, NAME),
            "kpi": Source("kpi", 12.0, 8.0, 45.0, NAME),
        },
        "stages": {
            "newcomer": Stage("newcomer", NAME, 42.0, 18.0),
            "expert": Stage("expert", NAME, 72.0, 15.0),
        },
        "posts": {
            "online": Post(
                "online", NAME, {"newcomer": {"empathy": 3}, "expert": {"empathy": 5}}, ("o1",), ("online",)
            ),
            "phone": Post("phone", NAME, {"newcomer": {"empathy": 2}, "expert": {"empathy": 4}}, (), ("phone",)),
        },
        "axes": (Axis("care", NAME, ("empathy", "pace")), Axis("lead", NAME, ("coaching",))),
        "cuts": (40.0, 55.0, 70.0, 85.0),
        "levels": (NAME,) * 5,
        "rules": Rules(),
    }
    return CompetencyModel(**given | changes)


def a_piece(score: float, day: float = 0.0, **more: Any) -> Evidence:
    """A drill on empathy on a day of 2026, counted from 0."""
    given: dict[str, Any] = {"competency": "empathy", "kind": "drill", "source": f"s{day}", "n": 1, "weight": 1.0}
    return Evidence(at_ms=int(day * DAY), score=score, **given | more)
