"""The customer model (客户模型): how strongly a simulated customer reacts to what. All of it is pack data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from peilian.engine.drill.scenario import Lines


@dataclass(frozen=True, slots=True)
class Impact:
    """What one thing that the agent does changes in the mood: for a customer in a good mood and for one in a bad."""

    calm: float
    upset: float


@dataclass(frozen=True, slots=True)
class Mode:
    """A difficulty (难度): how the persona differs from the scenario's, and what the trainee is shown."""

    patience: float = 1.0
    mood: float = 0.0
    trust: float = 0.0
    shows_reasons: bool = True
    gives_hints: bool = False


@dataclass(frozen=True)
class CustomerModel:
    """Weights of the simulated customer. Times are seconds, moods -1 to 1, trust and justice 0 to 1."""

    version: str
    impacts: Mapping[str, Impact]  # rule -> change of mood
    trust: Mapping[str, float]  # rule -> change of trust
    patience: Mapping[str, float]  # rule -> seconds of patience that it costs
    grace_first: float = 20.0
    grace_later: float = 45.0
    longest_wait: float = 120.0
    urge_every: float = 25.0
    promise_due: float = 75.0
    positive_weights: tuple[float, ...] = (1.0, 0.6, 0.3, 0.15)
    positive_cap: float = 0.35
    bare_time: float = 0.4  # share of a concrete time that says no more than when somebody will have looked
    novelty: float = 0.5
    alike: float = 0.85
    dump_acts: int = 5
    dump_units: float = 4.0
    copied: float = 0.8
    cynical_share: float = 0.5
    noise: float = 0.0  # standard deviation of the chance in the mood; above 0, luck has a part in the score
    escalation_up: tuple[float, ...] = (-0.25, -0.5, -0.7, -0.85)
    relief: float = 0.15
    relief_turns: int = 2
    impatience: tuple[float, ...] = (1.0, 1.2, 1.6, 2.0, 2.0)
    best_mood: float = 0.9
    need_values: tuple[float, ...] = (0.0, 0.0, 0.25, 0.6, 1.0)
    listening: float = 0.3  # weight of the newest message in interactional justice
    generosity: float = 1.6
    justice_monetary: tuple[float, float, float] = (0.45, 0.35, 0.20)  # outcome, treatment, process
    justice_other: tuple[float, float, float] = (0.35, 0.45, 0.20)
    live_mood: float = 0.55
    final: tuple[float, float, float, float] = (0.875, 0.595, 0.376, 0.188)  # outcome, mean, worst, end
    final_slope: float = 2.2
    final_needs: float = 0.4
    cap_unresolved: float = 60.0
    cap_fatal: float = 40.0
    stall_turns: int = 3
    linger: float = 40.0
    content_mood: float = -0.1
    utilities: Mapping[str, float] = field(default_factory=dict)  # act of the customer -> how much it presses
    modes: Mapping[str, Mode] = field(default_factory=lambda: {"normal": Mode()})


@dataclass(frozen=True)
class Voice:
    """How customers speak where a scenario has no line of its own: act, or act@level -> variants."""

    lines: Mapping[str, Lines]
    jargon: tuple[str, ...] = ()
