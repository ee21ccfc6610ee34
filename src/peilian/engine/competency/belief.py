"""What evidence says about one competency at one moment: a normal belief over points from 0 to 100.

A piece shows the person's ability, off by what its kind is off for this person (``bias``), and by chance. The means of
the kinds are combined with the expectation of the stage by their precision. Ability changes, so a piece loses half of
its precision with every half-life. Where kinds contradict each other by more than these deviations allow, the belief
becomes less certain by what they differ; its middle stays. Weights depend on no score, so that a better piece can only
raise the belief.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

from peilian.engine.competency.evidence import Evidence
from peilian.engine.competency.model import FULL_SCALE, CompetencyModel, SourceKind, Stage

_DAY_MS = 86_400_000


@dataclass(slots=True)
class Gathered:
    """The pieces of one kind: their summed precision, and that times their points."""

    precision: float = 0.0
    moment: float = 0.0

    @property
    def mean(self) -> float:
        """The points that this kind shows."""
        return self.moment / self.precision


@dataclass(frozen=True, slots=True)
class Belief:
    """A normal belief. ``observed`` is what the evidence alone says; ``disagreement`` the deviation, in points, that
    was added because kinds of evidence contradict each other. ``shares`` are the weights of the kinds in the mean; what
    they lack to 1 is the weight of the expectation."""

    mean: float
    deviation: float
    observed: float | None = None
    disagreement: float = 0.0
    shares: Mapping[SourceKind, float] = field(default_factory=dict)

    def low(self, confidence: float) -> float:
        """The lower end of the interval; not below 0."""
        return max(0.0, self.mean - _reach(confidence) * self.deviation)

    def high(self, confidence: float) -> float:
        """The upper end of the interval; not above 100."""
        return min(FULL_SCALE, self.mean + _reach(confidence) * self.deviation)


@dataclass(slots=True)
class Sum:
    """Takes pieces in order of time and tells the belief as of the last one, or later."""

    model: CompetencyModel
    stage: Stage
    at_ms: int | None = None
    kinds: dict[SourceKind, Gathered] = field(default_factory=dict)

    def age_to(self, at_ms: int) -> None:
        """Let everything taken so far grow older."""
        if self.at_ms is not None:
            factor = fading(self.model, at_ms - self.at_ms)
            for gathered in self.kinds.values():
                gathered.precision *= factor
                gathered.moment *= factor
        self.at_ms = at_ms

    def take(self, piece: Evidence) -> None:
        """Add one piece, no older than those before."""
        self.age_to(piece.at_ms)
        precision = precision_of(self.model, piece)
        gathered = self.kinds.setdefault(piece.kind, Gathered())
        gathered.precision += precision
        gathered.moment += precision * piece.score * FULL_SCALE

    def belief(self) -> Belief:
        """The belief as of now."""
        known = {kind: gathered for kind, gathered in sorted(self.kinds.items()) if gathered.precision > 0}
        prior = 1 / self.stage.deviation**2
        if not known:
            return Belief(self.stage.mean, self.stage.deviation)
        precisions = {
            kind: 1 / (self.model.sources[kind].bias ** 2 + 1 / gathered.precision) for kind, gathered in known.items()
        }
        weight = math.fsum(precisions.values())
        observed = math.fsum(precisions[kind] * known[kind].mean for kind in known) / weight
        mean = (prior * self.stage.mean + weight * observed) / (prior + weight)
        # Cochran's Q of the kinds, less what chance explains, spread over them.
        scatter = math.fsum(precisions[kind] * (known[kind].mean - observed) ** 2 for kind in known)
        beyond = max(0.0, scatter - (len(known) - 1)) / weight / len(known)
        return Belief(
            mean=min(FULL_SCALE, max(0.0, mean)),
            deviation=math.sqrt(1 / (prior + weight) + beyond),
            observed=min(FULL_SCALE, max(0.0, observed)),
            disagreement=math.sqrt(beyond),
            shares={kind: precision / (prior + weight) for kind, precision in precisions.items()},
        )


def precision_of(model: CompetencyModel, piece: Evidence) -> float:
    """The precision of a fresh piece within its kind."""
    return piece.weight / model.sources[piece.kind].variance(piece.n)


def fading(model: CompetencyModel, age_ms: int) -> float:
    """What is left of a piece's precision at an age; not below what a number can hold."""
    return float(2.0 ** -min(age_ms / _DAY_MS / model.rules.half_life_days, 200.0))


def probability_below(points: float, *, mean: float, deviation: float) -> float:
    """How likely it is that the ability lies below ``points``."""
    return NormalDist(mean, deviation).cdf(points)


def expected_shortfall(points: float, *, mean: float, deviation: float) -> float:
    """By how many points the ability is expected to miss ``points``, counting nothing where it does not."""
    standard = NormalDist()
    z = (points - mean) / deviation
    return deviation * (standard.pdf(z) + z * standard.cdf(z))


def _reach(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2)
