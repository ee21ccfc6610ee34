"""Profiles (能力画像): where somebody stands on every competency, how certain that is, what is missing, and a radar."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from peilian.engine.competency.belief import Belief, Sum, expected_shortfall, probability_below
from peilian.engine.competency.evidence import Evidence
from peilian.engine.competency.model import Axis, CompetencyModel, SourceKind, Stage

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Where somebody stands on one competency, in points from 0 to 100.

    ``low`` and ``high`` enclose the ability with the model's confidence; ``deviation`` is the standard deviation, of
    which ``disagreement`` stems from kinds of evidence that contradict each other. ``observed`` is what the evidence
    alone says, before the expectation of the stage. ``level`` is ``None`` until there is enough evidence.
    ``occasions`` and ``n`` count what the estimate stands on, ``cases`` what stands behind the pieces.
    """

    competency: str
    mean: float
    deviation: float
    low: float
    high: float
    level: int | None = None
    n: int = 0
    cases: int = 0
    occasions: int = 0
    last_at_ms: int | None = None
    observed: float | None = None
    disagreement: float = 0.0
    kinds: Mapping[SourceKind, int] = field(default_factory=dict)

    @property
    def is_measured(self) -> bool:
        """Whether there is any evidence; otherwise the figures are what the stage lets expect."""
        return self.n > 0


@dataclass(frozen=True, slots=True)
class Profile:
    """All estimates of one person at one moment, by competency, in the order of the model."""

    model: CompetencyModel
    now_ms: int
    stage: str
    estimates: Mapping[str, Estimate]

    @property
    def n(self) -> int:
        """How many pieces of evidence it stands on."""
        return sum(item.n for item in self.estimates.values())


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing (能力差距): ``size`` points up to where the required level begins, 0 when it is reached.

    ``certainty`` is the probability that the ability lies below it; ``shortfall`` the points that are expected to be
    missing, which ranks gaps by size and certainty together.
    """

    competency: str
    required: int
    size: float
    certainty: float
    shortfall: float
    estimate: Estimate

    @property
    def is_open(self) -> bool:
        """Whether the estimate itself lies below what is required."""
        return self.size > 0


@dataclass(frozen=True, slots=True)
class RadarValue:
    """One axis of a radar; ``mean`` and the interval are ``None`` where nothing on the axis was measured."""

    axis: Axis
    mean: float | None
    low: float | None
    high: float | None
    n: int


def profile(model: CompetencyModel, evidence: Iterable[Evidence], now_ms: int, *, stage: str | None = None) -> Profile:
    """The profile of one person as of ``now_ms``, whatever the order of ``evidence``.

    Pieces from after ``now_ms``, on unknown competencies or of kinds the model does not know are left out.
    """
    pieces: dict[str, list[Evidence]] = {key: [] for key in model.competencies}
    for piece in evidence:
        if piece.at_ms <= now_ms and piece.competency in pieces and piece.kind in model.sources:
            pieces[piece.competency].append(piece)
    expected = model.stage(stage)
    estimates = {key: _estimate(model, expected, key, sorted(found), now_ms) for key, found in pieces.items()}
    return Profile(model, now_ms, expected.key, estimates)


def gaps(profile: Profile, required: Mapping[str, int]) -> tuple[Gap, ...]:
    """What is missing to the ``required`` levels, the largest expected shortfall first, the unmeasured last."""
    found = [_gap(profile, key, level) for key, level in required.items() if key in profile.estimates]
    return tuple(sorted(found, key=lambda gap: (not gap.estimate.is_measured, -gap.shortfall, gap.competency)))


def radar(profile: Profile, required: Container[str] | None = None) -> tuple[RadarValue, ...]:
    """The axes of the model, at most eight; with ``required`` only those that a required competency lies on.

    What is off about one competency is likely off about the next one too (same drills, same customers), so the ends of
    intervals are averaged, and not assumed to cancel out.
    """
    axes = profile.model.axes
    if required is not None:
        axes = tuple(axis for axis in axes if any(key in required for key in axis.competencies))
    return tuple(_axis(profile, axis) for axis in axes)


def _estimate(model: CompetencyModel, stage: Stage, key: str, pieces: list[Evidence], now_ms: int) -> Estimate:
    total = Sum(model, stage)
    level: int | None = None
    occasions = n = 0
    began_ms: int | None = None
    for at_ms, together in groupby(pieces, key=lambda piece: piece.at_ms):
        for piece in together:
            total.take(piece)
            n += 1
        if began_ms is None or at_ms - began_ms >= model.rules.occasion_hours * _HOUR_MS:
            occasions, began_ms = occasions + 1, at_ms
        if n >= model.rules.min_pieces and occasions >= model.rules.min_occasions:
            level = next_level(model, total.belief(), level)
    total.age_to(now_ms)
    belief, confidence = total.belief(), model.rules.confidence
    return Estimate(
        competency=key,
        mean=belief.mean,
        deviation=belief.deviation,
        low=belief.low(confidence),
        high=belief.high(confidence),
        level=level,
        n=n,
        cases=sum(piece.n for piece in pieces),
        occasions=occasions,
        last_at_ms=pieces[-1].at_ms if pieces else None,
        observed=belief.observed,
        disagreement=belief.disagreement,
        kinds=dict(sorted(Counter(piece.kind for piece in pieces).items())),
    )


def next_level(model: CompetencyModel, belief: Belief, level: int | None) -> int:
    """The level after a belief. The first one is that which the lower end of the interval proves; after that it rises
    when the whole interval lies above a cut, and falls when the whole interval lies below, by the hysteresis."""
    low, high = belief.low(model.rules.confidence), belief.high(model.rules.confidence)
    if level is None:
        return model.level_at(low)
    risen = model.level_at(low - model.rules.hysteresis)
    fallen = model.level_at(high + model.rules.hysteresis)
    return min(max(level, risen), fallen)


def _gap(profile: Profile, key: str, level: int) -> Gap:
    estimate, cut = profile.estimates[key], profile.model.cut_of(level)
    mean, deviation = estimate.mean, estimate.deviation
    is_needed = level > 1
    return Gap(
        competency=key,
        required=level,
        size=max(0.0, cut - mean),
        certainty=probability_below(cut, mean=mean, deviation=deviation) if is_needed else 0.0,
        shortfall=expected_shortfall(cut, mean=mean, deviation=deviation) if is_needed else 0.0,
        estimate=estimate,
    )


def _axis(profile: Profile, axis: Axis) -> RadarValue:
    found = [profile.estimates[key] for key in axis.competencies if profile.estimates[key].is_measured]
    if not found:
        return RadarValue(axis, None, None, None, 0)
    return RadarValue(
        axis,
        mean=math.fsum(item.mean for item in found) / len(found),
        low=math.fsum(item.low for item in found) / len(found),
        high=math.fsum(item.high for item in found) / len(found),
        n=sum(item.n for item in found),
    )
