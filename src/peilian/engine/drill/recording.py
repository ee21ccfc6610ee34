"""Steps as plain values (记录), to be committed as events and folded again without computing anything anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from peilian.engine.drill.session import Step
from peilian.engine.drill.state import Change, Gauge, Line
from peilian.engine.drill.world import Used


def step_to_dict(step: Step) -> dict[str, Any]:
    """A step as plain values for JSON."""
    return asdict(step)


def step_from_dict(stored: Mapping[str, Any]) -> Step:
    """The step that ``step_to_dict`` wrote, possibly through JSON."""
    return Step(
        at_ms=stored["at_ms"],
        lines=tuple(Line(**line) for line in stored["lines"]),
        changes=tuple(Change(**change) for change in stored["changes"]),
        gauge=Gauge(**stored["gauge"]) if stored["gauge"] else None,
        used=Used(**stored["used"]) if stored["used"] else None,
        hints=tuple(stored["hints"]),
        outcome=stored["outcome"],
    )
