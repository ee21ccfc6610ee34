"""Kinds ``lesson``, ``course``, ``path`` and ``exam``: what is taught and examined, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Key, Named, Reference, ShortKey, Tag
from peilian.adapters.packs.items import ItemRef, Points
from peilian.engine.assessment.papers import Rule
from peilian.engine.competency.model import Depth, Dimension, Layer

Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
Hours = Annotated[Decimal, Field(gt=0, le=500, decimal_places=2)]
Stage = Literal["newcomer", "in_service", "backbone", "expert"]
Form = Literal["micro_lesson", "workshop", "mentoring", "case_review", "drill", "reading"]


class ExampleField(BaseModel):
    """The same moment said badly and well, and what makes the difference."""

    model_config = STRICT

    situation: TextField
    instead_of: TextField
    say: TextField
    why: TextField


class HomeworkField(BaseModel):
    """Work to hand in (作业): what to do and by what it is judged. ``files``: it is handed in as files too."""

    model_config = STRICT

    do: TextField
    judged_by: tuple[TextField, ...] = Field(min_length=1)
    files: bool = False
    days: Annotated[int, Field(ge=1, le=90)] = 7


class FeedbackField(BaseModel):
    """One open question about the concept of a lesson, asked right after its check (即时反馈问卷). Nobody marks it;
    ``looks_for`` is what an answer shows of somebody who has understood."""

    model_config = STRICT

    ask: TextField
    looks_for: tuple[TextField, ...] = Field(min_length=1, max_length=6)


class CheckField(BaseModel):
    """Items after a lesson. It counts as learnt from ``pass_percent`` of their points."""

    model_config = STRICT

    items: tuple[ItemRef, ...] = Field(min_length=1, max_length=30)
    pass_percent: Percent = Decimal(80)


@kinds.register("lesson")
class LessonDocument(Authored):
    """A lesson (课时), a micro-lesson of a few minutes as a rule: what one can do after it, the matter, what to keep.

    It ends in a ``check`` and in something done: a ``drill``, a line to ``rewrite`` or ``homework``. ``feedback`` asks
    after the check how far the matter was understood; ``reflect`` is a question to look back with.
    """

    form: Form = "micro_lesson"
    minutes: Annotated[int, Field(ge=1, le=480)]
    goals: tuple[TextField, ...] = Field(min_length=1, max_length=6)
    body: TextField
    examples: tuple[ExampleField, ...] = Field(default=(), max_length=12)
    keep: tuple[TextField, ...] = Field(min_length=1, max_length=8)
    check: CheckField | None = None
    feedback: FeedbackField | None = None
    drill: Key | None = None
    drill_pass: Percent = Decimal(60)
    rewrite: ItemRef | None = None
    homework: HomeworkField | None = None
    reflect: TextField | None = None

    def names(self) -> Iterator[Named]:
        """Its items and its drill."""
        for number, item in enumerate(self.check.items if self.check else ()):
            yield Named(f"check.items.{number}", "item", item)
        if self.drill:
            yield Named("drill", "text", f"scenario:{self.drill}")
        if self.rewrite:
            yield Named("rewrite", "item", self.rewrite)


class UnitField(BaseModel):
    """A unit of a course: a lesson, an exam, or a text to read, as ``kind:key``. What is ``optional`` is not needed to
    complete the course; ``days`` after the start of the course it is due."""

    model_config = STRICT

    what: Reference
    optional: bool = False
    days: Annotated[int, Field(ge=0, le=365)] | None = None


@kinds.register("course")
class CourseDocument(Authored):
    """A course (课程): what it leads to, for whom, and its units.

    ``obligation`` is compulsory for all (全员必修), by post (岗位选修) or voluntary (自愿选修). ``ordered``: a unit
    opens when the one before it is done. ``requires`` are courses that come first. Who passes ``test_out`` need not do
    the lessons whose competencies were shown; ``exam`` ends the course.
    """

    goal: TextField
    obligation: Literal["compulsory", "by_post", "voluntary"]
    stages: tuple[Stage, ...] = ()
    posts: tuple[ShortKey, ...] = ()
    layer: Layer | None = None
    dimension: Dimension | None = None
    depth: Depth = "must_know"
    level: Literal["junior", "intermediate", "advanced"] = "junior"
    hours: Hours
    units: tuple[UnitField, ...] = Field(min_length=1, max_length=60)
    ordered: bool = True
    requires: tuple[Key, ...] = ()
    test_out: Key | None = None
    exam: Key | None = None

    @model_validator(mode="after")
    def _units_are_to_be_learnt(self) -> CourseDocument:
        _differ(unit.what for unit in self.units)
        for unit in self.units:
            if unit.what.partition(":")[0] not in UNITS:
                raise problem("no_unit_of_a_course", name=unit.what)
        if self.obligation == "by_post" and not self.posts:
            raise problem("by_post_names_posts")
        if self.key in self.requires:
            raise problem("requires_itself")
        return self

    def names(self) -> Iterator[Named]:
        """Its units, its exams, and the courses that come first."""
        for number, unit in enumerate(self.units):
            yield Named(f"units.{number}.what", "text", unit.what)
        for place, key in (("test_out", self.test_out), ("exam", self.exam)):
            if key:
                yield Named(place, "text", f"exam:{key}")
        yield from _keys("requires", "course", self.requires)


UNITS = (
    "lesson", "exam", "scenario", "article", "manual", "policy", "case", "procedure", "decision-tree", "phrases",
    "survey",
)  # fmt: skip
"""The kinds that can be units of a course."""


class CadenceField(BaseModel):
    """How often a path goes on (节奏): hours a time in each form, and how many times in a period."""

    model_config = STRICT

    online_hours: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    on_site_hours: Annotated[Decimal, Field(ge=0, le=100)] = Decimal(0)
    times: Annotated[int, Field(ge=1, le=60)]
    period: Literal["week", "month", "quarter", "half_year", "year"]


@kinds.register("path")
class PathDocument(Authored):
    """A standard path (学习路径): courses in order, for those who are newcomers, in service, and so on."""

    goal: TextField
    stages: tuple[Stage, ...] = ()
    courses: tuple[Key, ...] = Field(min_length=1, max_length=40)
    days: Annotated[int, Field(ge=1, le=730)] | None = None
    cadence: CadenceField | None = None

    @model_validator(mode="after")
    def _courses_differ(self) -> PathDocument:
        _differ(self.courses)
        return self

    def names(self) -> Iterator[Named]:
        """Its courses."""
        yield from _keys("courses", "course", self.courses)


class FixedField(BaseModel):
    """An item that is always set; without ``points`` it is worth what the bank says."""

    model_config = STRICT

    item: ItemRef
    points: Points | None = None


class RuleField(BaseModel):
    """A line of the blueprint: so many items that fit, each worth ``points``. What is left out fits all."""

    model_config = STRICT

    count: Annotated[int, Field(ge=1, le=200)]
    banks: tuple[Key, ...] = ()
    competencies: tuple[ShortKey, ...] = ()
    layers: tuple[Layer, ...] = ()
    types: tuple[
        Literal[
            "single", "multiple", "truth", "fill", "short", "steps", "order", "match", "rewrite", "drill", "case"
        ], ...
    ] = ()  # fmt: skip
    tags: tuple[Tag, ...] = ()
    easiest: Annotated[int, Field(ge=1, le=5)] = 1
    hardest: Annotated[int, Field(ge=1, le=5)] = 5
    points: Points | None = None

    @model_validator(mode="after")
    def _some_difficulty_is_left(self) -> RuleField:
        if self.easiest > self.hardest:
            raise problem("easier_than_easiest")
        return self

    def to_rule(self) -> Rule:
        """The engine's value; banks are chosen before."""
        return Rule(
            self.count, frozenset(self.competencies), frozenset(self.layers), frozenset(self.types),
            frozenset(self.tags), (self.easiest, self.hardest), self.points,
        )  # fmt: skip


class CutsField(BaseModel):
    """Where grades begin, in percent: qualified (合格), good (良好), excellent (优秀)."""

    model_config = STRICT

    qualified: Percent = Decimal(60)
    good: Percent = Decimal(80)
    excellent: Percent = Decimal(90)

    @model_validator(mode="after")
    def _rise(self) -> CutsField:
        if not self.qualified <= self.good <= self.excellent:
            raise problem("cuts_do_not_rise")
        return self


class AdaptiveField(BaseModel):
    """An adaptive exam (自适应考试): each question is chosen from ``bank`` by the answers before it, among those that
    train one of ``competencies`` (all, where none is named).

    It ends once the standard error of the ability, in logits, is at most ``error``, after ``least`` questions at the
    earliest and ``most`` at the latest. A question that more than the share ``exposure`` of people were asked rests
    while others are left. The bank needs parameters that somebody has frozen.
    """

    model_config = STRICT

    bank: Key
    competencies: tuple[ShortKey, ...] = ()
    error: Annotated[Decimal, Field(ge=Decimal("0.2"), le=1, decimal_places=2)] = Decimal("0.4")
    least: Annotated[int, Field(ge=3, le=50)] = 6
    most: Annotated[int, Field(ge=3, le=100)] = 25
    exposure: Annotated[Decimal, Field(gt=0, le=1, decimal_places=2)] = Decimal("0.3")

    @model_validator(mode="after")
    def _ends(self) -> AdaptiveField:
        if self.least > self.most:
            raise problem("least_above_most")
        return self


@kinds.register("exam")
class ExamDocument(Authored):
    """An exam paper (试卷): items always set and items drawn by a blueprint, the time, what is passed, what is shown.

    ``attempts`` of ``None`` is without limit. ``reveals`` is what is shown after it was handed in: nothing, the points,
    or the key with explanations. ``markers`` is how many people mark what a person has to decide. ``remedial`` are
    lessons that who fails is given, the weakest first; with ``remedial_first`` they come before a re-sit. An
    ``adaptive`` exam sets nothing else.
    """

    minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    fixed: tuple[FixedField, ...] = Field(default=(), max_length=300)
    drawn: tuple[RuleField, ...] = Field(default=(), max_length=60)
    adaptive: AdaptiveField | None = None
    shuffles: bool = True
    cuts: CutsField = CutsField()
    attempts: Annotated[int, Field(ge=1, le=20)] | None = 2
    wait_hours: Annotated[int, Field(ge=0, le=720)] = 0
    reveals: Literal["nothing", "points", "key"] = "key"
    markers: Literal[1, 2] = 1
    remedial: tuple[Key, ...] = ()
    remedial_first: bool = True
    criteria: tuple[TextField, ...] = ()

    @model_validator(mode="after")
    def _sets_something(self) -> ExamDocument:
        if not self.fixed and not self.drawn and self.adaptive is None:
            raise problem("exam_sets_nothing")
        if self.adaptive is not None and (self.fixed or self.drawn):
            raise problem("adaptive_sets_nothing_else")
        _differ(one.item for one in self.fixed)
        return self

    def names(self) -> Iterator[Named]:
        """Its items, the banks and competencies that it draws by, and the lessons for who fails."""
        for number, one in enumerate(self.fixed):
            yield Named(f"fixed.{number}.item", "item", one.item)
        for number, rule in enumerate(self.drawn):
            yield from _keys(f"drawn.{number}.banks", "items", rule.banks)
            yield from (Named(f"drawn.{number}.competencies", "competency", key) for key in rule.competencies)
        if self.adaptive is not None:
            yield Named("adaptive.bank", "text", f"items:{self.adaptive.bank}")
            places = enumerate(self.adaptive.competencies)
            yield from (Named(f"adaptive.competencies.{n}", "competency", key) for n, key in places)
        yield from _keys("remedial", "lesson", self.remedial)


def _keys(place: str, kind: str, keys: Iterable[str]) -> Iterator[Named]:
    for number, key in enumerate(keys):
        yield Named(f"{place}.{number}", "text", f"{kind}:{key}")


def _differ(names: Iterable[str]) -> None:
    listed = list(names)
    if twice := [name for place, name in enumerate(listed) if name in listed[:place]]:
        raise problem("named_twice", name=twice[0])
