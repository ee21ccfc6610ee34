"""Events as JSON and back: what the engine made of an input is written down whole, so nothing is played again.

Folding the events of a run gives the transcript and the steps; the state stands in the last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from peilian.apps.practice.models import DrillEvent
from peilian.engine.drill import Cast, Change, Drill, Gauge, Line, Step
from peilian.engine.drill.world import Used


def payload_of(given: Mapping[str, Any], steps: Iterable[Step], drill: Drill) -> dict[str, Any]:
    """What is stored of an event."""
    return {"input": dict(given), "steps": [_step_as_json(step) for step in steps], "state": drill.snapshot()}


def steps_of(event: DrillEvent) -> list[Step]:
    """The engine's steps of one event."""
    return [_step(stored) for stored in event.payload["steps"]]


def all_steps(events: Iterable[DrillEvent]) -> Iterator[Step]:
    """The steps of a run, in order."""
    for event in events:
        yield from steps_of(event)


def resumed(cast: Cast, seed: int, mode: str, events: Iterable[DrillEvent]) -> Drill:
    """The drill as it stood after the last of ``events``."""
    listed = list(events)
    transcript = [line for step in all_steps(listed) for line in step.lines]
    return Drill.resume(cast, seed, mode, transcript, listed[-1].payload["state"])


def _step_as_json(step: Step) -> dict[str, Any]:
    return {
        "at_ms": step.at_ms,
        "lines": [asdict(line) for line in step.lines],
        "changes": [{**asdict(change), "params": dict(change.params)} for change in step.changes],
        "gauge": asdict(step.gauge) if step.gauge else None,
        "used": asdict(step.used) if step.used else None,
        "hints": list(step.hints),
        "outcome": step.outcome,
    }


def _step(stored: Mapping[str, Any]) -> Step:
    return Step(
        at_ms=stored["at_ms"],
        lines=tuple(Line(**line) for line in stored["lines"]),
        changes=tuple(Change(**change) for change in stored["changes"]),
        gauge=Gauge(**stored["gauge"]) if stored["gauge"] else None,
        used=Used(**stored["used"]) if stored["used"] else None,
        hints=tuple(stored["hints"]),
        outcome=stored["outcome"],
    )
