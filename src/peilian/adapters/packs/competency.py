"""Kind ``competency-model``: competencies, posts, radar, and how evidence about people is weighed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField, kinds
from peilian.adapters.packs.trees import digest, tree_of
from peilian.engine._kernel import Text
from peilian.engine.competency import CompetencyModel
from peilian.engine.competency.model import (
    DEPTHS,
    DIMENSIONS,
    LAYERS,
    MOST_AXES,
    SOURCE_KINDS,
    TOP_LEVEL,
    Axis,
    Competency,
    Depth,
    Dimension,
    Feed,
    Layer,
    Post,
    Rules,
    Source,
    SourceKind,
    Stage,
)
from peilian.engine.diagnosis.detectors.findings import AMONG
from peilian.engine.kpi.algebra import Quantile
from peilian.engine.kpi.query import known_measures
from peilian.engine.reading import FAULTS, ISSUES, MOVES

FINDINGS = tuple(
    f"{kind}:{key}" for kind, keys in (("move", MOVES), ("fault", FAULTS), ("issue", ISSUES)) for key in keys
)
"""What the reading of conversations finds and a competency may be fed by."""
_Strict = ConfigDict(extra="forbid", frozen=True)
_Key = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
_Level = Annotated[int, Field(ge=1, le=TOP_LEVEL)]
_Points = Annotated[float, Field(ge=0, le=100)]
_Score = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(gt=0, le=1)]
DrillDimension = Literal["speed", "concision", "completeness", "resolution", "empathy", "compliance"]


class FeedField(BaseModel):
    """A finding or a KPI that speaks for a competency. ``anchors``: [value, score], values rising. ``channels``: only
    conversations of these; those without a channel count as chat unless answers there usually take hours."""

    model_config = _Strict

    weight: _Weight
    channels: tuple[str, ...] = ()
    anchors: tuple[tuple[float, _Score], ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _values_rise(self) -> FeedField:
        if any(left >= right for (left, _), (right, _) in pairwise(self.anchors)):
            raise ValueError("the values of anchors have to rise, for example [[0, 1], [0.2, 0]]")
        return self


class FindingField(FeedField):
    """The share of conversations, ``among`` those of a group, in which the agent shows a finding."""

    finding: str
    among: str = "answered"

    @model_validator(mode="after")
    def _is_known(self) -> FindingField:
        if self.finding not in FINDINGS:
            raise ValueError(f"finding {self.finding!r} is unknown; an example is move:empathise")
        if self.among not in AMONG:
            raise ValueError(f"among {self.among!r} is unknown; known: {', '.join(sorted(AMONG))}")
        return self


class KpiField(FeedField):
    """The value of a KPI of the agent."""

    kpi: str

    @model_validator(mode="after")
    def _is_known(self) -> KpiField:
        if self.kpi not in known_measures():
            raise ValueError(f"KPI {self.kpi!r} is unknown; peilian kpi --list tells the known ones")
        if isinstance(known_measures().get(self.kpi).aggregate, Quantile):
            raise ValueError(f"KPI {self.kpi!r} is a quantile, which cannot be put together from channels")
        return self


class CompetencyField(BaseModel):
    """One competency with what feeds it. ``drill``: weights of the score dimensions of a drill."""

    model_config = _Strict

    key: _Key
    name: TextField
    description: TextField
    layer: Layer
    dimension: Dimension
    depth: Depth
    behaviours: Mapping[_Level, TextField]
    drill: Mapping[DrillDimension, _Weight] = Field(default_factory=dict)
    findings: tuple[FindingField, ...] = ()
    kpis: tuple[KpiField, ...] = ()

    @model_validator(mode="after")
    def _every_level_is_described(self) -> CompetencyField:
        if set(self.behaviours) != set(range(1, TOP_LEVEL + 1)):
            raise ValueError(f"behaviours of every level from 1 to {TOP_LEVEL} were expected")
        return self

    def to_competency(self) -> Competency:
        """The engine's value of it."""
        drill = [Feed("drill", key, weight) for key, weight in self.drill.items()]
        findings = [Feed("conversation", item.finding, item.weight, item.among, item.anchors) for item in self.findings]
        kpis = [Feed("kpi", item.kpi, item.weight, anchors=item.anchors, channels=item.channels) for item in self.kpis]
        return Competency(
            key=self.key,
            name=self.name.to_text(),
            description=self.description.to_text(),
            layer=self.layer,
            dimension=self.dimension,
            depth=self.depth,
            behaviours={level: text.to_text() for level, text in sorted(self.behaviours.items())},
            feeds=(*drill, *findings, *kpis),
        )


class SourceField(BaseModel):
    """How far a kind of evidence is off (standard deviations in points), and why so far."""

    model_config = _Strict

    bias: float = Field(gt=0, le=50)
    occasion: float = Field(ge=0, le=50)
    unit: float = Field(ge=0, le=50)
    why: TextField

    @model_validator(mode="after")
    def _is_never_exact(self) -> SourceField:
        if self.occasion == 0 and self.unit == 0:
            raise ValueError("no evidence is exact: occasion or unit has to lie above 0")
        return self


class StageField(BaseModel):
    """A career stage and what it lets expect before there is evidence."""

    model_config = _Strict

    key: _Key
    name: TextField
    mean: _Points
    deviation: float = Field(gt=0, le=50)


class PostField(BaseModel):
    """A post; ``required``: per competency one level for each stage, in the order of the stages."""

    model_config = _Strict

    key: _Key
    name: TextField
    codes: tuple[str, ...] = ()
    agent_kinds: tuple[str, ...] = ()
    required: Mapping[str, tuple[_Level, ...]]


class AxisField(BaseModel):
    """An axis of the radar."""

    model_config = _Strict

    key: _Key
    name: TextField
    competencies: tuple[str, ...] = Field(min_length=1)


class LevelField(BaseModel):
    """A level and the points at which it begins."""

    model_config = _Strict

    begins_at: _Points
    name: TextField


class RulesField(BaseModel):
    """How estimates age and when a level changes; what is left out keeps its default."""

    model_config = _Strict

    half_life_days: float = Field(default=Rules().half_life_days, gt=0)
    confidence: float = Field(default=Rules().confidence, ge=0.5, lt=1)
    hysteresis: float = Field(default=Rules().hysteresis, ge=0, le=20)
    min_pieces: int = Field(default=Rules().min_pieces, ge=1)
    min_occasions: int = Field(default=Rules().min_occasions, ge=1)
    occasion_hours: float = Field(default=Rules().occasion_hours, ge=0)


@kinds.register("competency-model")
class CompetencyModelDocument(Document):
    """A competency model with everything that belongs to it."""

    name: TextField
    layers: Mapping[Layer, TextField]
    dimensions: Mapping[Dimension, TextField]
    depths: Mapping[Depth, TextField]
    levels: tuple[LevelField, ...] = Field(min_length=TOP_LEVEL, max_length=TOP_LEVEL)
    rules: RulesField = RulesField()
    sources: Mapping[SourceKind, SourceField]
    stages: tuple[StageField, ...] = Field(min_length=1)
    competencies: tuple[CompetencyField, ...] = Field(min_length=1)
    posts: tuple[PostField, ...] = Field(min_length=1)
    radar: tuple[AxisField, ...] = Field(min_length=3, max_length=MOST_AXES)

    @model_validator(mode="after")
    def _is_whole(self) -> CompetencyModelDocument:
        _all_of(self.layers, LAYERS, "layers")
        _all_of(self.dimensions, DIMENSIONS, "dimensions")
        _all_of(self.depths, DEPTHS, "depths")
        _all_of(self.sources, SOURCE_KINDS, "sources")
        begins = [level.begins_at for level in self.levels]
        if begins[0] != 0 or any(low >= high for low, high in pairwise(begins)):
            raise ValueError("levels begin at 0 and rise")
        known = _once((item.key for item in self.competencies), "competency")
        _once((item.key for item in self.stages), "stage")
        _once((item.key for item in self.posts), "post")
        _once((item.key for item in self.radar), "radar axis")
        for axis in self.radar:
            _known(axis.competencies, known, f"radar axis {axis.key}")
        for post in self.posts:
            _known(post.required, known, f"post {post.key}")
            for key, levels in post.required.items():
                if len(levels) != len(self.stages):
                    raise ValueError(f"post {post.key}: {key} needs {len(self.stages)} levels, one for each stage")
        return self

    @property
    def title(self) -> TextField:
        """Its name, as other contents have a title."""
        return self.name

    def to_model(self, version: str) -> CompetencyModel:
        """The engine's value of it."""
        stages = [stage.key for stage in self.stages]
        return CompetencyModel(
            key=self.key,
            version=version,
            name=self.name.to_text(),
            competencies={item.key: item.to_competency() for item in self.competencies},
            sources={
                kind: Source(kind, item.bias, item.occasion, item.unit, item.why.to_text())
                for kind, item in ((kind, self.sources[kind]) for kind in SOURCE_KINDS)
            },
            stages={item.key: Stage(item.key, item.name.to_text(), item.mean, item.deviation) for item in self.stages},
            posts={item.key: _post(item, stages) for item in self.posts},
            axes=tuple(Axis(item.key, item.name.to_text(), item.competencies) for item in self.radar),
            cuts=tuple(level.begins_at for level in self.levels[1:]),
            levels=tuple(level.name.to_text() for level in self.levels),
            # In the order that they have, however a database kept the document.
            layers=_texts((key, self.layers[key]) for key in LAYERS),
            dimensions=_texts((key, self.dimensions[key]) for key in DIMENSIONS),
            depths=_texts((key, self.depths[key]) for key in DEPTHS),
            rules=Rules(**self.rules.model_dump()),
        )


def version_of(sha256: str) -> str:
    """What the version of a model of this hash is called."""
    return sha256[:12]


def kpis() -> dict[str, Text]:
    """The KPIs that a competency may be fed by, with what they are called."""
    return {key: one.label for key, one in known_measures() if not isinstance(one.aggregate, Quantile)}


def load_models(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[str, CompetencyModel]:
    """Every competency model of the packs below ``roots``, by key; a model's version is the hash of what it says."""
    found = {}
    for item in packs.load("competency-model", roots):
        assert isinstance(item.document, CompetencyModelDocument)
        found[item.document.key] = item.document.to_model(version_of(digest(tree_of(item.document))))
    return found


def _post(item: PostField, stages: list[str]) -> Post:
    required = {
        stage: {key: levels[place] for key, levels in item.required.items()} for place, stage in enumerate(stages)
    }
    return Post(item.key, item.name.to_text(), required, item.codes, item.agent_kinds)


def _texts(fields: Iterable[tuple[str, TextField]]) -> dict[str, Text]:
    return {key: field.to_text() for key, field in fields}


def _all_of(given: Iterable[str], expected: Iterable[str], name: str) -> None:
    if set(given) != set(expected):
        raise ValueError(f"{name}: each of {', '.join(expected)} was expected")


def _once(keys: Iterable[str], name: str) -> set[str]:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{name} {key!r} is there twice")
        seen.add(key)
    return seen


def _known(keys: Iterable[str], known: set[str], place: str) -> None:
    for key in keys:
        if key not in known:
            raise ValueError(f"{place}: there is no competency {key!r}")
