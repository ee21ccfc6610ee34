"""The competency model (胜任力模型): what a service agent has to be able to do, and how evidence about it is weighed.

Everything here is read from a pack. Points run from 0 to 100, scores from 0 to 1, levels from 1 to 5.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from peilian.engine._kernel import Text

Layer = Literal["service_awareness", "professional_skill", "scenario_application", "management_advancement"]
Dimension = Literal["knowledge", "skill", "quality"]
Depth = Literal["must_know", "high_order"]
SourceKind = Literal["drill", "exam", "conversation", "kpi", "observation", "review"]

LAYERS: tuple[Layer, ...] = (
    "service_awareness", "professional_skill", "scenario_application", "management_advancement",
)  # fmt: skip
DIMENSIONS: tuple[Dimension, ...] = ("knowledge", "skill", "quality")
DEPTHS: tuple[Depth, ...] = ("must_know", "high_order")
SOURCE_KINDS: tuple[SourceKind, ...] = ("drill", "exam", "conversation", "kpi", "observation", "review")
MOST_AXES = 8
TOP_LEVEL = 5

FULL_SCALE = 100.0
_STRAIGHT = ((0.0, 0.0), (1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Feed:
    """One thing that is measured elsewhere and speaks for a competency.

    ``key`` is a score dimension of a drill, ``move:…``, ``fault:…`` or ``issue:…`` of read conversations, or a KPI.
    For findings the value is the share of conversations, ``among`` those of a group, that show it. ``anchors`` are
    pairs (value, score) with rising values; between them the score runs straight, beyond them it stays. ``channels``
    limits findings and KPIs to conversations of these channels; none named means all.
    """

    kind: SourceKind
    key: str
    weight: float
    among: str = ""
    anchors: tuple[tuple[float, float], ...] = _STRAIGHT
    channels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What values are handed in under: the key, the group, the channels."""
        return "@".join(part for part in (self.key, self.among, "+".join(self.channels)) if part)

    def score(self, value: float) -> float:
        """The score, 0 to 1, that a measured value stands for."""
        place = bisect_right([at for at, _ in self.anchors], value)
        if place == 0:
            return self.anchors[0][1]
        if place == len(self.anchors):
            return self.anchors[-1][1]
        (left, low), (right, high) = self.anchors[place - 1], self.anchors[place]
        return low + (high - low) * (value - left) / (right - left)


@dataclass(frozen=True, slots=True)
class Competency:
    """One competency (能力项); ``behaviours`` tell per level what somebody on it does."""

    key: str
    name: Text
    description: Text
    layer: Layer
    dimension: Dimension
    depth: Depth
    behaviours: Mapping[int, Text] = field(default_factory=dict)
    feeds: tuple[Feed, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """How far a kind of evidence can be trusted: three standard deviations, in points.

    ``bias``: how far the whole kind can be off for one person, however many pieces there are (a drill is not the shop
    floor). ``occasion``: how much one piece varies with the day. ``unit``: how much a single case of a piece varies;
    a piece of ``n`` cases varies by ``unit`` / sqrt(n).
    """

    kind: SourceKind
    bias: float
    occasion: float
    unit: float
    why: Text

    def variance(self, n: int) -> float:
        """The variance of one piece of ``n`` cases about what this kind of evidence shows of the person."""
        return self.occasion**2 + self.unit**2 / n


@dataclass(frozen=True, slots=True)
class Stage:
    """A career stage (成长阶段) and what is expected of somebody on it before there is evidence."""

    key: str
    name: Text
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Post:
    """A post (岗位) with the level it requires per stage and competency.

    ``codes`` and ``agent_kinds`` tell which posts of a company's directory it stands for.
    """

    key: str
    name: Text
    required: Mapping[str, Mapping[str, int]]
    codes: tuple[str, ...] = ()
    agent_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of the radar (服务能力雷达图): the mean of some competencies."""

    key: str
    name: Text
    competencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """How estimates age and when a level changes.

    ``half_life_days``: after so long a piece counts half. ``confidence``: of the intervals. ``hysteresis``: by so many
    points the interval has to lie beyond a cut. ``min_pieces`` on at least ``min_occasions``, each beginning
    ``occasion_hours`` or more after the one before, are needed before there is a level at all.
    """

    half_life_days: float = 180.0
    confidence: float = 0.8
    hysteresis: float = 2.0
    min_pieces: int = 3
    min_occasions: int = 2
    occasion_hours: float = 12.0


@dataclass(frozen=True, slots=True)
class CompetencyModel:
    """A whole model. ``cuts`` are the points at which levels 2 to 5 begin; ``levels`` their names from 1 on.

    ``stages`` go from the first to the last; the first post is the one of whoever fits no other.
    """

    key: str
    version: str
    name: Text
    competencies: Mapping[str, Competency]
    sources: Mapping[str, Source]
    stages: Mapping[str, Stage]
    posts: Mapping[str, Post]
    axes: tuple[Axis, ...]
    cuts: tuple[float, ...]
    levels: tuple[Text, ...]
    layers: Mapping[str, Text] = field(default_factory=dict)
    dimensions: Mapping[str, Text] = field(default_factory=dict)
    depths: Mapping[str, Text] = field(default_factory=dict)
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        if len(self.axes) > MOST_AXES:
            raise ValueError(f"a radar has at most {MOST_AXES} axes, not {len(self.axes)}")
        if len(self.cuts) != len(self.levels) - 1 or any(low >= high for low, high in pairwise(self.cuts)):
            raise ValueError("cuts rise, and there is one fewer than there are levels")

    def stage(self, key: str | None) -> Stage:
        """The stage of ``key``; the first one when it is unknown."""
        return self.stages.get(key or "") or next(iter(self.stages.values()))

    def post(self, *, code: str = "", agent_kind: str = "") -> Post:
        """The post that stands for one of a company's directory: by code, else by kind of agent, else the first."""
        posts = tuple(self.posts.values())
        by_code = (post for post in posts if code and code in post.codes)
        by_kind = (post for post in posts if agent_kind and agent_kind in post.agent_kinds)
        return next(by_code, None) or next(by_kind, None) or posts[0]

    def required(self, post: str, stage: str | None) -> Mapping[str, int]:
        """The levels that ``post`` requires on ``stage``, by competency."""
        return self.posts[post].required[self.stage(stage).key]

    def level_at(self, points: float) -> int:
        """The level whose band holds ``points``."""
        return bisect_right(self.cuts, points) + 1

    def cut_of(self, level: int) -> float:
        """The points at which ``level`` begins."""
        return self.cuts[level - 2] if level > 1 else 0.0

    def feeds(self, kind: SourceKind) -> tuple[Feed, ...]:
        """Everything of ``kind`` that speaks for some competency."""
        return tuple(feed for item in self.competencies.values() for feed in item.feeds if feed.kind == kind)
