"""By what a diagnosis judges (诊断规则): pain points, groups, thresholds, ranking. All of it is data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from peilian.engine._kernel import Text

Thresholds = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class GroupRule:
    """A group of pain points (痛点类别)."""

    key: str
    name: Text
    meaning: Text


@dataclass(frozen=True, slots=True)
class PointRule:
    """One pain point (痛点): how it is detected, what it means, and what a training against it would be about.

    ``detector`` names the function that looks; ``thresholds`` replaces its defaults, ``channels`` does so for single
    channels, where ``None`` takes the channel out. ``findings`` (``kind:key``) and ``among`` are for the detector
    ``finding``. ``severity`` weighs what one affected conversation costs. ``is_outcome`` marks a pain point that is
    itself a statement about satisfaction, so that its effect on satisfaction would be circular.
    """

    key: str
    group: str
    name: Text
    meaning: Text
    training: Text
    severity: float
    detector: str
    kpis: tuple[str, ...] = ()
    thresholds: Thresholds = field(default_factory=dict)
    channels: Mapping[str, Thresholds | None] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    among: str = "answered"
    is_outcome: bool = False

    def leaves_out(self, channel: str | None) -> bool:
        """Whether conversations of this channel are not looked at."""
        return channel is not None and channel in self.channels and self.channels[channel] is None


@dataclass(frozen=True, slots=True)
class Ranking:
    """How pain points are ranked and agents compared.

    ``usual_drop`` is the loss of satisfaction (0 to 1) assumed before the data speak, worth ``usual_weight``
    conversations; ``least_drop`` keeps a pain point in the list whose customers are no less satisfied. Fewer than
    ``min_rated`` ratings on either side, and the estimate of the reading stands in for the customers' ratings. Agents
    with fewer than ``min_conversations`` are shown with a small-sample mark, and nobody stands out from the team
    with fewer than ``min_affected`` affected ones.
    """

    usual_drop: float = 0.05
    usual_weight: float = 20.0
    least_drop: float = 0.01
    min_rated: int = 30
    min_conversations: int = 20
    min_affected: int = 3
    max_agents: int = 30
    max_quotes: int = 5


@dataclass(frozen=True, slots=True)
class DiagnosisRules:
    """The pain points to look for, their groups in order of show, and the ranking."""

    groups: tuple[GroupRule, ...]
    points: tuple[PointRule, ...]
    ranking: Ranking = Ranking()
