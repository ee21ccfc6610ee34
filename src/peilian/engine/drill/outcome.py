"""What a drill amounts to (演练结果): the two indices, and the indicators that only a drill can know.

The final satisfaction follows how people remember an episode: its mean, its worst moment and its end, with what came
out of it. The ratio of the three was fitted on rated shop dialogues; sources stand in ``docs/algorithms/customer.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peilian.engine.drill.customer import Customer
from peilian.engine.drill.scenario import Scenario
from peilian.engine.drill.state import RESOLVED, Misstep, State


@dataclass(frozen=True, slots=True)
class RequiredResult:
    """What became of one required element."""

    element_id: str
    label: str
    share: float
    weight: float
    is_critical: bool
    at_ms: int | None
    quote: str
    is_wrong: bool
    model: str
    why: str

    @property
    def is_met(self) -> bool:
        """Whether it was met in full."""
        return self.share >= 1


def justice(customer: Customer) -> float:
    """Justice as the customer sees it (0 to 1): of outcome, treatment and process, weighted by what is at stake."""
    return math.fsum(weight * getattr(customer.state, kind) for kind, weight in customer.justice_weights.items())


def live_satisfaction(customer: Customer) -> float:
    """The customer satisfaction index of this moment, 0 to 100."""
    share = customer.model.live_mood
    value = share * customer.state.mood + (1 - share) * (2 * justice(customer) - 1)
    return round(50 + 50 * max(-1.0, min(1.0, value)), 1)


def live_efficiency(customer: Customer, at_ms: int) -> float:
    """How far the matter is, for the time it has taken so far, 0 to 100."""
    return round(100 * customer.needs_worth() * _economy(customer, at_ms), 1)


def final_satisfaction(customer: Customer) -> float:
    """The index that remains: outcome, mean mood, worst mood, last two moods; capped where a critical need is open or
    something fatal was said."""
    model, state, scenario = customer.model, customer.state, customer.scenario
    moods = state.moods or [state.mood]
    end = math.fsum(moods[-2:]) / len(moods[-2:])
    settled = customer.needs_worth()
    remedy = (1 - model.final_needs) * justice(customer) + model.final_needs * settled
    of_outcome, of_mean, of_worst, of_end = model.final
    sum_ = (
        of_outcome * (2 * remedy - 1) + of_mean * math.fsum(moods) / len(moods) + of_worst * min(moods) + of_end * end
    )
    value = 100 / (1 + math.exp(-model.final_slope * sum_))
    if unresolved(scenario, state):
        value = min(value, model.cap_unresolved)
    if fatal(state):
        value = min(value, model.cap_fatal)
    return round(value, 1)


def efficiency(customer: Customer, ended_ms: int) -> float:
    """Problem-solving efficiency: what was resolved, for the time, the messages and the needless questions it took;
    0 while a critical need is open."""
    if unresolved(customer.scenario, customer.state):
        return 0.0
    return round(100 * customer.needs_worth(only_resolved=True) * _economy(customer, ended_ms), 1)


def _economy(customer: Customer, at_ms: int) -> float:
    scenario, state = customer.scenario, customer.state
    time = math.sqrt(min(1.0, scenario.reference_seconds * 1000 / max(1, at_ms)))
    turns = math.sqrt(min(1.0, scenario.reference_turns / max(1, state.turn)))
    return time * turns * max(0.0, 1 - 0.1 * state.redundant)


def unresolved(scenario: Scenario, state: State) -> list[str]:
    """The critical needs that are not resolved."""
    return [need.need_id for need in scenario.needs if need.is_critical and state.needs[need.need_id] != RESOLVED]


def fatal(state: State) -> list[Misstep]:
    """What was said that no result survives."""
    return [misstep for misstep in state.missteps if misstep.is_fatal]


def required_results(scenario: Scenario, state: State, due: Sequence[str]) -> list[RequiredResult]:
    """Every required element that was due, in the order of the scenario."""
    return [
        RequiredResult(
            element.element_id, element.label, item.share, element.weight, element.is_critical,
            item.at_ms, item.quote, item.is_wrong, element.model, element.why,
        )
        for element in scenario.required
        if element.element_id in due
        for item in [state.elements[element.element_id]]
    ]  # fmt: skip


def completeness(results: Sequence[RequiredResult]) -> float:
    """The weighted share of the required elements that was met; a wrong figure counts as nothing."""
    total = math.fsum(result.weight for result in results)
    return math.fsum(result.weight * result.share for result in results) / total if total else 1.0
