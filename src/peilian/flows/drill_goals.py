"""The one goal (改进目标) that a debrief gives: what would have brought most, had it been done otherwise.

What harmed comes first, because nothing that follows repairs it. Otherwise the largest avoidable loss decides, in
points: what a required element left out has cost, what a hurt has taken from the customer's index, what an indicator
has lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from peilian.engine._kernel import Language, Reason
from peilian.engine.drill import Drill
from peilian.engine.drill.conditions import compiled
from peilian.engine.drill.outcome import RequiredResult, fatal, unresolved
from peilian.engine.drill.state import RESOLVED
from peilian.engine.scorecard import Scored
from peilian.flows.wording import catalogue, say

_HARM = (  # the first of these that happened is what to work on; within one, the one that cost most
    ("forbidden", "privacy", "blame_customer", "rude", "false_report", "wrong_fact"),
    ("dump", "copied_card", "copy_paste"),
)
_HURTS = (
    "refusal_alone", "passed_on", "premature_close", "broken_promise", "unanswered", "hollow_apology", "overpromise",
    "repeat_question", "jargon",
)  # fmt: skip
_ANSWERED = frozenset({"ownership", "wait_notice"})  # after which a wait is no missing first answer
_BY_LOSS = {"empathy": "empathy", "concision": "concision", "pace": "pace"}  # what was lost -> goal
_LEAST = 2.0  # points from which a loss is worth a goal
_ALL = 100.0


class Felt(Protocol):
    """A reason for which the mood moved."""

    @property
    def rule(self) -> str:
        """Name of the rule."""

    @property
    def delta(self) -> float:
        """By how much, in units of the mood."""

    @property
    def quote(self) -> str | None:
        """The words that caused it."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The one thing for next time: what to do, why it matters, own words if there are any, and words to try."""

    key: str
    text: str
    why: str
    quote: str | None = None
    model: str | None = None


def goal_of(
    drill: Drill, felt: Sequence[Felt], elements: Sequence[RequiredResult], scored: Scored, language: Language
) -> Goal:  # fmt: skip
    """The goal for a drill that is over; ``felt`` are the reasons in order of time."""
    if broken := fatal(drill.state):
        return _of_rule("forbidden", broken[0].quote, language)
    hurts = [one for one in felt if one.delta < 0]
    if not drill.state.turn:
        return _of_rule("unanswered", None, language)
    for group in _HARM:
        if found := _costliest(hurts, group):
            return _of_rule(found.rule, found.quote, language)
    lost = {line.key: float(line.max - line.points) for line in scored.lines if line.points is not None}
    most = {line.key: float(line.max) for line in scored.lines}
    lost["needs"] = most.get("resolution", 0.0) * (1 - drill.customer.needs_worth(only_resolved=True))
    lost["pace"] = 0.0 if unresolved(drill.cast.scenario, drill.state) else lost.get("resolution", 0.0) - lost["needs"]
    best: tuple[float, Goal] = (_LEAST, _of_rule("keep", None, language))
    for cost, goal in (
        *_hurtful(drill, felt, lost, language),
        *_left_out(drill, elements, lost, language),
        *_banned(drill, lost, language),
        *_indicated(felt, lost, language),
    ):
        if cost > best[0]:
            best = (cost, goal)
    return best[1]


def _hurtful(
    drill: Drill, felt: Sequence[Felt], lost: Mapping[str, float], language: Language
) -> Iterator[tuple[float, Goal]]:
    """What hurt, by the points of the index that it took; a wait also by what it lost in speed, and too much promised
    by what it lost in compliance, where nothing worse has happened."""
    for rule in _HURTS:
        worst = _costliest([one for one in felt if one.delta < 0], (rule,))
        if worst is None:
            continue
        taken = -sum(one.delta for one in felt if one.rule == rule and one.delta < 0)
        cost = _ALL / 2 * drill.cast.model.live_mood * taken
        if rule == "unanswered":
            cost += lost.get("speed", 0.0)
            first = next(number for number, one in enumerate(felt) if one.rule == rule)
            rule = "unanswered_later" if any(one.rule in _ANSWERED for one in felt[:first]) else rule
        elif rule == "overpromise":
            cost += lost.get("compliance", 0.0)
        yield cost, _of_rule(rule, worst.quote, language)


def _left_out(
    drill: Drill, elements: Sequence[RequiredResult], lost: Mapping[str, float], language: Language
) -> Iterator[tuple[float, Goal]]:
    """Required elements not said in full: their part of the completeness, and of the resolution where a need stayed
    open for want of them; a critical need takes all of it."""
    total = sum(item.weight for item in elements) or 1.0
    most = sum(item.weight * (1 - item.share) for item in elements) / total or 1.0
    needs = drill.cast.scenario.needs
    weight = sum(need.weight for need in needs if drill.state.needs[need.need_id] != RESOLVED)
    for item in elements:
        if item.share >= 1:
            continue
        cost = lost.get("completeness", 0.0) * item.weight * (1 - item.share) / total / most
        for need in needs:
            is_open = drill.state.needs[need.need_id] != RESOLVED
            if is_open and f"met.{item.element_id}" in compiled(need.resolved).names:
                cost += lost.get("resolution", 0.0) if need.is_critical else lost["needs"] * need.weight / weight
        text = say(Reason("drill.goal.element", {"element": item.label}), language)
        yield cost, Goal(f"element:{item.element_id}", text, item.why, item.quote or None, item.model)


def _banned(drill: Drill, lost: Mapping[str, float], language: Language) -> Iterator[tuple[float, Goal]]:
    """Words that the company's lists forbid, by what they lost in compliance."""
    first = next((one for one in drill.state.missteps if one.rule == "banned"), None)
    if first is not None:
        yield lost.get("compliance", 0.0), _of_rule("banned", first.quote, language)


def _indicated(
    felt: Sequence[Felt], lost: Mapping[str, float], language: Language
) -> Iterator[tuple[float, Goal]]:  # fmt: skip
    """What no single moment shows, unless the customer felt the very thing."""
    done = {one.rule for one in felt if one.delta > 0}
    for line, key in _BY_LOSS.items():
        if key not in done:
            yield lost.get(line, 0.0), _of_rule(key, None, language)


def _costliest(hurts: Sequence[Felt], rules: Sequence[str]) -> Felt | None:
    """The worst moment of the rule that cost most in all."""
    cost = {rule: sum(one.delta for one in hurts if one.rule == rule) for rule in rules}
    rule = min(cost, key=lambda rule: cost[rule])
    return min((one for one in hurts if one.rule == rule), key=lambda one: one.delta, default=None)


def _of_rule(rule: str, quote: str | None, language: Language) -> Goal:
    text = say(Reason(f"drill.goal.{rule}"), language)
    better = f"drill.better.{rule}"
    model = say(Reason(better), language) if better in catalogue() else None
    return Goal(rule, text, say(Reason(f"drill.goal_why.{rule}"), language), quote, model)
