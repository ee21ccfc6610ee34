"""Events as JSON and back: what the engine made of an input is written down whole, so nothing is played again.

Folding the events of a run gives the transcript and the steps; the state stands in the last event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from peilian.apps.practice.models import DrillEvent
from peilian.engine.drill import Cast, Drill, Step
from peilian.engine.drill.recording import step_from_dict, step_to_dict


def payload_of(given: Mapping[str, Any], steps: Iterable[Step], drill: Drill) -> dict[str, Any]:
    """What is stored of an event."""
    return {"input": dict(given), "steps": [_plain(step) for step in steps], "state": drill.snapshot()}


def steps_of(event: DrillEvent) -> list[Step]:
    """The engine's steps of one event."""
    return [step_from_dict(stored) for stored in event.payload["steps"]]


def all_steps(events: Iterable[DrillEvent]) -> Iterator[Step]:
    """The steps of a run, in order."""
    for event in events:
        yield from steps_of(event)


def resumed(cast: Cast, seed: int, mode: str, events: Iterable[DrillEvent]) -> Drill:
    """The drill as it stood after the last of ``events``."""
    listed = list(events)
    transcript = [line for step in all_steps(listed) for line in step.lines]
    return Drill.resume(cast, seed, mode, transcript, listed[-1].payload["state"])


def _plain(step: Step) -> dict[str, Any]:
    """A step as it will be read again: JSON knows lists only."""
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in step_to_dict(step).items()
    }  # fmt: skip
