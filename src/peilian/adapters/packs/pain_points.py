"""Kind ``pain_points``: which pain points a diagnosis looks for, their thresholds, weights and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, Loaded, TextField, kinds
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.diagnosis import DiagnosisRules, GroupRule, PointRule
from peilian.engine.diagnosis.detectors import detectors
from peilian.engine.diagnosis.detectors.findings import AMONG
from peilian.engine.diagnosis.rules import Ranking
from peilian.engine.reading import FAULTS, ISSUES, MOVES

_KNOWN_FINDINGS = frozenset(
    f"{kind}:{key}" for kind, keys in (("move", MOVES), ("fault", FAULTS), ("issue", ISSUES)) for key in keys
)
_Strict = ConfigDict(extra="forbid", frozen=True)


class GroupField(BaseModel):
    """A group of pain points."""

    model_config = _Strict

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    name: TextField
    meaning: TextField


class PointField(BaseModel):
    """A pain point. ``thresholds`` of a channel replace those of the point; ``null`` leaves the channel out."""

    model_config = _Strict

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    group: str
    name: TextField
    meaning: TextField
    training: TextField
    severity: float = Field(gt=0, le=3)
    detector: str
    kpis: tuple[str, ...] = ()
    thresholds: Mapping[str, NonNegativeFloat] = Field(default_factory=dict)
    channels: Mapping[str, Mapping[str, NonNegativeFloat] | None] = Field(default_factory=dict)
    findings: tuple[str, ...] = ()
    among: str = "answered"
    is_outcome: bool = False

    @model_validator(mode="after")
    def _looks_for_something_known(self) -> PointField:
        if self.detector not in detectors():
            raise ValueError(f"detector {self.detector!r} is unknown; known: {_listed(k for k, _ in detectors())}")
        known = detectors().get(self.detector).defaults
        given = {*self.thresholds, *(name for item in self.channels.values() if item for name in item)}
        if unknown := given.difference(known):
            raise ValueError(f"unknown thresholds {_listed(unknown)}; {self.detector} knows: {_listed(known)}")
        if unknown := set(self.findings).difference(_KNOWN_FINDINGS):
            raise ValueError(f"unknown findings {_listed(unknown)}; an example is issue:redundant")
        if (self.detector == "finding") != bool(self.findings):
            raise ValueError("findings belong to the detector 'finding', which needs at least one")
        if self.among not in AMONG:
            raise ValueError(f"among {self.among!r} is unknown; known: {_listed(AMONG)}")
        return self

    def to_rule(self) -> PointRule:
        """The engine's value of it."""
        texts = {name: getattr(self, name).to_text() for name in ("name", "meaning", "training")}
        return PointRule(**self.model_dump(exclude=set(texts)), **texts)


class RankingField(BaseModel):
    """How pain points are ranked and agents compared; what is left out keeps its default."""

    model_config = _Strict

    usual_drop: float = Field(default=Ranking().usual_drop, ge=0, le=1)
    usual_weight: float = Field(default=Ranking().usual_weight, gt=0)
    least_drop: float = Field(default=Ranking().least_drop, gt=0, le=1)
    min_rated: int = Field(default=Ranking().min_rated, ge=1)
    min_conversations: int = Field(default=Ranking().min_conversations, ge=1)
    min_affected: int = Field(default=Ranking().min_affected, ge=1)
    max_agents: int = Field(default=Ranking().max_agents, ge=1)
    max_quotes: int = Field(default=Ranking().max_quotes, ge=1, le=20)


@kinds.register("pain_points")
class PainPoints(Document):
    """Pain points with their groups. A point may use the groups of every loaded document."""

    groups: tuple[GroupField, ...] = ()
    points: tuple[PointField, ...] = ()
    ranking: RankingField | None = None


def load_rules(roots: Iterable[Path] = (packs.SHIPPED,)) -> DiagnosisRules:
    """The pain points of every pack below ``roots``. ``InputError`` for a double key, an unknown group or no point."""
    found = packs.load("pain_points", tuple(roots))
    faults = list(_faults(found))
    if faults:
        raise InputError(*faults)
    documents = [_document(item) for item in found]
    rankings = [document.ranking for document in documents if document.ranking is not None]
    return DiagnosisRules(
        groups=tuple(
            GroupRule(group.key, group.name.to_text(), group.meaning.to_text())
            for document in documents
            for group in document.groups
        ),
        points=tuple(point.to_rule() for document in documents for point in document.points),
        ranking=Ranking(**rankings[-1].model_dump()) if rankings else Ranking(),
    )


def _faults(found: list[Loaded]) -> Iterator[Fault]:
    groups = [(item, group.key) for item in found for group in _document(item).groups]
    points = [(item, point) for item in found for point in _document(item).points]
    for field, keys in (("groups", groups), ("points", [(item, point.key) for item, point in points])):
        seen: dict[str, Path] = {}
        for item, key in keys:
            if key in seen:
                reason = Reason("pack.double_key", {"key": key, "other": str(seen[key])})
                yield Fault(reason, file=str(item.path), field=field)
            seen.setdefault(key, item.path)
    known = {key for _, key in groups}
    for item, point in points:
        if point.group not in known:
            reason = Reason("diagnosis.unknown_group", {"group": point.group, "known": _listed(known)})
            yield Fault(reason, file=str(item.path), field=f"points.{point.key}.group")
    if not points:
        yield Fault(Reason("diagnosis.no_points"))


def _document(item: Loaded) -> PainPoints:
    assert isinstance(item.document, PainPoints)
    return item.document


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
