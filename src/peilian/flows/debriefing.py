"""The debrief (复盘) of a drill: what to do next time before any score, then what went how, in the trainee's own words.

One goal, because who is told ten things changes none. Practice without feedback can make service worse; with feedback
that quotes and explains it makes it better (see ``docs/algorithms/customer.md``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from peilian.engine._kernel import Language, Reason
from peilian.engine.drill import Change, Drill, Step
from peilian.engine.drill.outcome import RequiredResult
from peilian.flows.drill_results import required, why
from peilian.flows.wording import catalogue, say

_UNTOLD = frozenset({"chance", "needs"})  # drift, which no word of the trainee caused
_GOOD_SHOWN, _TURNS_SHOWN = 3, 3
_DECISIVE = 0.25  # loss of mood from which waiting or a refusal matters more than something left out
_LEAST_TURN = 0.05  # change of mood from which a moment is a turning point
_HARM = (  # the first of these that happened is what to work on; within one, the one that cost most
    ("forbidden", "privacy", "blame_customer", "rude", "false_report", "wrong_fact"),
    ("dump", "copied_card", "copy_paste"),
    ("refusal_alone", "passed_on", "premature_close", "broken_promise", "unanswered", "hollow_apology", "overpromise"),
    ("repeat_question", "jargon"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the mood moved: the reason in words, the words that caused it, by how much."""

    rule: str
    text: str
    delta: float
    quote: str | None = None
    message: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the mood timeline. ``said`` is what the agent wrote then, ``None`` where time alone passed."""

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
class Goal:
    """The one thing for next time: what to do, why it matters, own words if there are any, and words to try."""

    key: str
    text: str
    why: str
    quote: str | None = None
    model: str | None = None


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
        goal=_goal(timeline, elements, language),
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
        causes = tuple(_cause(change, language) for change in step.changes if _is_cause(change))
        yield Moment(
            round(step.at_ms / 1000, 1), step.gauge.mood, step.gauge.satisfaction, round(step.gauge.mood - mood, 3),
            said, answer, causes, number,
        )  # fmt: skip
        mood = step.gauge.mood


def _is_cause(change: Change) -> bool:
    return change.variable == "mood" and change.rule not in _UNTOLD


def _cause(change: Change, language: Language) -> Cause:
    quote = change.params.get("quote")
    return Cause(
        change.rule, why(change, language), change.delta, str(quote) if quote else None, change.message, change.start,
        change.end,
    )  # fmt: skip


def _went_well(timeline: Sequence[Moment]) -> tuple[Cause, ...]:
    """The best things done, each rule once, those with own words first."""
    good = sorted(
        (cause for moment in timeline for cause in moment.causes if cause.delta > 0),
        key=lambda cause: (cause.quote is None, -cause.delta),
    )
    found: dict[str, Cause] = {}
    for cause in good:
        found.setdefault(cause.rule, cause)
    return tuple(found.values())[:_GOOD_SHOWN]


def _turning_points(timeline: Sequence[Moment], language: Language) -> tuple[TurningPoint, ...]:
    """The moments of the largest change by what was done or left undone, in order of time."""
    weighed = [(sum(cause.delta for cause in moment.causes), moment) for moment in timeline]
    chosen = sorted((item for item in weighed if abs(item[0]) >= _LEAST_TURN), key=lambda item: -abs(item[0]))
    points = sorted(chosen[:_TURNS_SHOWN], key=lambda item: item[1].at_seconds)
    return tuple(
        TurningPoint(moment, is_good=delta > 0, better=None if delta > 0 else _better(moment, language))
        for delta, moment in points
    )


def _better(moment: Moment, language: Language) -> str:
    worst = min(moment.causes, key=lambda cause: cause.delta)
    return say(Reason(f"drill.better.{worst.rule}"), language)


def _goal(timeline: Sequence[Moment], elements: Sequence[RequiredResult], language: Language) -> Goal:
    """What harmed comes first, then what was left out, then what could be warmer, then to go on like this."""
    hurts = [cause for moment in timeline for cause in moment.causes if cause.delta < 0]
    for group in _HARM[:2]:
        if found := _costliest(hurts, group):
            return _goal_of(found, language)
    missing = sorted((item for item in elements if item.share < 1), key=lambda item: (not item.is_critical, item.share))
    late = _costliest(hurts, _HARM[2])
    if late is not None and (not missing or _cost(hurts, late.rule) <= -_DECISIVE):
        return _goal_of(late, language)
    if missing:
        first = missing[0]
        text = say(Reason("drill.goal.element", {"element": first.label}), language)
        return Goal(f"element:{first.element_id}", text, first.why, first.quote or None, first.model)
    if found := _costliest(hurts, _HARM[3]):
        return _goal_of(found, language)
    rules = {cause.rule for moment in timeline for cause in moment.causes}
    key = next((rule for rule in ("empathy", "concrete_time", "paraphrase") if rule not in rules), "keep")
    return Goal(key, say(Reason(f"drill.goal.{key}"), language), say(Reason(f"drill.goal_why.{key}"), language))


def _costliest(hurts: Sequence[Cause], rules: Sequence[str]) -> Cause | None:
    """The worst moment of the rule that cost most in all."""
    cost = {rule: sum(cause.delta for cause in hurts if cause.rule == rule) for rule in rules}
    rule = min(cost, key=lambda rule: cost[rule])
    return min((cause for cause in hurts if cause.rule == rule), key=lambda cause: cause.delta, default=None)


def _cost(hurts: Sequence[Cause], rule: str) -> float:
    return sum(cause.delta for cause in hurts if cause.rule == rule)


def _goal_of(cause: Cause, language: Language) -> Goal:
    text = say(Reason(f"drill.goal.{cause.rule}"), language)
    better = f"drill.better.{cause.rule}"
    model = say(Reason(better), language) if better in catalogue() else None
    return Goal(cause.rule, text, say(Reason(f"drill.goal_why.{cause.rule}"), language), cause.quote, model)


def as_dict(debrief: Debrief) -> dict[str, Any]:
    """The debrief as plain values."""
    return asdict(debrief)
