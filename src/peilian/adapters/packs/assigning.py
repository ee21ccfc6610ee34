"""Kind ``assignment-rule``: who is assigned what without anybody assigning it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Code, Key, Named, Reference, ShortKey
from peilian.adapters.packs.teaching import Percent, Stage, _differ
from peilian.engine._kernel import Bilingual
from peilian.engine.curriculum.assigning import AssignmentRule, Hired, Moved, Needed, Scored

ASSIGNED = ("path", "course", "lesson", "exam")
"""The kinds of texts that a rule can assign."""
Days = Annotated[int, Field(ge=0, le=3650)]


class HiredField(BaseModel):
    """How long somebody has been with the company; one bound may be left out."""

    model_config = STRICT

    least_days: Days | None = None
    most_days: Days | None = None

    @model_validator(mode="after")
    def _is_a_span(self) -> HiredField:
        if self.least_days is None and self.most_days is None:
            raise problem("rule_hired_says_nothing")
        if self.least_days is not None and self.most_days is not None and self.least_days > self.most_days:
            raise problem("rule_hired_is_empty")
        return self


class MovedField(BaseModel):
    """Somebody came to another post or stage within so many days."""

    model_config = STRICT

    of: Literal["post", "stage"]
    days: Annotated[int, Field(ge=1, le=365)] = 30


class NeededField(BaseModel):
    """An open training need; where it was measured, at least ``points`` are missing."""

    model_config = STRICT

    competency: ShortKey
    points: Annotated[Decimal, Field(gt=0, le=100, decimal_places=1)] | None = None


class ScoredField(BaseModel):
    """The last result of an exam in percent; one bound may be left out."""

    model_config = STRICT

    exam: Key
    below: Percent | None = None
    at_least: Percent | None = None

    @model_validator(mode="after")
    def _is_a_span(self) -> ScoredField:
        if self.below is None and self.at_least is None:
            raise problem("rule_score_says_nothing")
        if self.below is not None and self.at_least is not None and self.at_least >= self.below:
            raise problem("rule_score_is_empty")
        return self


@kinds.register("assignment-rule")
class AssignmentRuleDocument(Authored):
    """A rule of assigning (分派规则): what it assigns, to whom and until when. Everything that is given has to hold;
    what is left out holds for everybody.

    Posts stand by their codes in the directory or by their keys in the competency model. ``often``: once for good, once
    for each occasion (move, need, result), or again after ``months``.
    """

    assigns: Reference
    posts: tuple[Code, ...] = Field(default=(), max_length=50)
    stages: tuple[Stage, ...] = ()
    hired: HiredField | None = None
    moved: MovedField | None = None
    needed: NeededField | None = None
    scored: ScoredField | None = None
    due_days: Annotated[int, Field(ge=1, le=730)]
    often: Literal["once", "occasion", "months"] = "once"
    months: Annotated[int, Field(ge=1, le=60)] | None = None

    @model_validator(mode="after")
    def _can_be_served(self) -> AssignmentRuleDocument:
        _differ(self.posts)
        _differ(self.stages)
        if self.assigns.partition(":")[0] not in ASSIGNED:
            raise problem("not_assigned_by_rules", name=self.assigns)
        if (self.often == "months") != (self.months is not None):
            raise problem("rule_again_has_months")
        if self.often == "occasion" and not (self.hired or self.moved or self.needed or self.scored):
            raise problem("rule_without_occasion")
        return self

    def names(self) -> Iterator[Named]:
        """What it assigns, and the competency and the exam that it asks about."""
        yield Named("assigns", "text", self.assigns)
        if self.needed is not None:
            yield Named("needed.competency", "competency", self.needed.competency)
        if self.scored is not None:
            yield Named("scored.exam", "text", f"exam:{self.scored.exam}")

    def to_rule(self, names: Mapping[str, Bilingual]) -> AssignmentRule:
        """The engine's value. ``names`` are those of the competency and of the exam that it asks about, by key."""
        return AssignmentRule(
            posts=frozenset(self.posts),
            stages=frozenset(self.stages),
            hired=Hired(self.hired.least_days, self.hired.most_days) if self.hired else None,
            moved=Moved(self.moved.of, self.moved.days) if self.moved else None,
            needed=Needed(self.needed.competency, self.needed.points) if self.needed else None,
            scored=Scored(self.scored.exam, self.scored.below, self.scored.at_least) if self.scored else None,
            often=self.often,
            months=self.months,
            names=names,
        )
