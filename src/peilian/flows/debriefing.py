"""The debrief (复盘) of a drill: what to do next time before any score, then what went how, in the trainee's own words.

One goal, because who is told ten things changes none. Practice without feedback can make service worse; with feedback
that quotes and explains it makes it better (see ``docs/algorithms/customer.md``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from peilian.engine._kernel import Language, Reason
from peilian.engine.drill import Change, Drill, Step
from peilian.engine.drill.outcome import RequiredResult
from peilian.flows.drill_goals import Goal, goal_of
from peilian.flows.drill_results import required, score, seconds, why
from peilian.flows.wording import say

_DRIFT = frozenset({"chance", "needs"})  # what moves the mood without a word or a wait of the trainee
_GOOD_SHOWN, _TURNS_SHOWN = 3, 3
_LEAST_TURN = 0.05  # change of mood from which a moment is a turning point


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the mood moved: the reason in words, the words that caused it, by how much. ``is_drift``: it went where the
    state of the needs draws it, without a word or a wait of the trainee."""

    rule: str
    text: str
    delta: float
    quote: str | None = None
    message: int | None = None
    start: int | None = None
    end: int | None = None
    is_drift: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the mood timeline: its causes add up to ``delta``. ``said`` is what the agent wrote then, ``None``
    where time alone passed."""

    at_seconds: float
    mood: float
    satisfaction: float
    delta: float
    said: str | None
    answer: str | None  # what the customer said to it
    causes: tuple[Cause, ...]
    step: int  # number of the step, from which the drill can be replayed


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A moment that decided something, and for a bad one what would have been better."""

    moment: Moment
    is_good: bool
    better: str | None = None


@dataclass(frozen=True, slots=True)
class Debrief:
    """Everything that the page of a debrief shows before and beside the score."""

    goal: Goal
    went_well: tuple[Cause, ...]
    timeline: tuple[Moment, ...]
    turning_points: tuple[TurningPoint, ...]
    required: tuple[RequiredResult, ...]


def debrief_of(drill: Drill, steps: Sequence[Step], language: Language) -> Debrief:
    """The debrief of a drill that is over."""
    timeline = tuple(_timeline(drill, steps, language))
    elements = tuple(required(drill))
    return Debrief(
        goal=goal_of(drill, _felt(timeline), elements, score(drill), language),
        went_well=_went_well(timeline),
        timeline=timeline,
        turning_points=_turning_points(timeline, language),
        required=elements,
    )


def _timeline(drill: Drill, steps: Sequence[Step], language: Language) -> Iterator[Moment]:
    mood = steps[0].gauge.mood if steps and steps[0].gauge else 0.0
    for number, step in enumerate(steps):
        if step.gauge is None or (step.used is not None and not step.lines):
            continue
        said = next((line.text for line in step.lines if line.role == "agent"), None)
        answer = " / ".join(line.text for line in step.lines if line.role == "customer") or None
        causes = tuple(_cause(change, language) for change in step.changes if change.variable == "mood")
        yield Moment(
            seconds(step.at_ms), step.gauge.mood, step.gauge.satisfaction, round(step.gauge.mood - mood, 3),
            said, answer, causes, number,
        )  # fmt: skip
        mood = step.gauge.mood


def _cause(change: Change, language: Language) -> Cause:
    quote = change.params.get("quote")
    return Cause(
        change.rule, why(change, language), change.delta, str(quote) if quote else None, change.message, change.start,
        change.end, change.rule in _DRIFT,
    )  # fmt: skip


def _felt(timeline: Iterable[Moment]) -> list[Cause]:
    """What the trainee has caused, in order of time."""
    return [cause for moment in timeline for cause in moment.causes if not cause.is_drift]


def _went_well(timeline: Sequence[Moment]) -> tuple[Cause, ...]:
    """The best things done, each rule once, those with own words first."""
    good = sorted(
        (cause for cause in _felt(timeline) if cause.delta > 0),
        key=lambda cause: (cause.quote is None, -cause.delta),
    )
    found: dict[str, Cause] = {}
    for cause in good:
        found.setdefault(cause.rule, cause)
    return tuple(found.values())[:_GOOD_SHOWN]


def _turning_points(timeline: Sequence[Moment], language: Language) -> tuple[TurningPoint, ...]:
    """The moments of the largest change by what was done or left undone, in order of time."""
    weighed = [(sum(cause.delta for cause in _felt([moment])), moment) for moment in timeline]
    chosen = sorted((item for item in weighed if abs(item[0]) >= _LEAST_TURN), key=lambda item: -abs(item[0]))
    points = sorted(chosen[:_TURNS_SHOWN], key=lambda item: item[1].at_seconds)
    return tuple(
        TurningPoint(moment, is_good=delta > 0, better=None if delta > 0 else _better(moment, language))
        for delta, moment in points
    )


def _better(moment: Moment, language: Language) -> str:
    worst = min(_felt([moment]), key=lambda cause: cause.delta)
    return say(Reason(f"drill.better.{worst.rule}"), language)


def as_dict(debrief: Debrief) -> dict[str, Any]:
    """The debrief as plain values."""
    return asdict(debrief)
