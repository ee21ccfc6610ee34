"""A scorecard (评分卡): lines with weights and rules, groups, gates, a pass mark, and the order in which limits act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from peilian.engine._expression import Expression
from peilian.engine._kernel import Reason, Text, WrongValue
from peilian.engine.scorecard.rules import Rule
from peilian.engine.scorecard.values import ZERO

# What becomes of a line that cannot be judged: it leaves the card and the rest is normalised; it gets full points; or
# it stays open, and with it the result as a whole.
Unjudged = Literal["drop", "full", "missing"]
Stage = Literal["lines", "groups", "total", "gates"]
STAGES: tuple[Stage, ...] = ("lines", "groups", "total", "gates")


@dataclass(frozen=True, slots=True)
class SmallSample:
    """What is done when a line rests on fewer than ``below`` cases: another rule over other indicators, else what
    ``otherwise`` says."""

    below: int
    otherwise: Unjudged = "drop"
    rule: Rule | None = None
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZeroWhen:
    """When ``condition`` holds, nothing is left of a line (单项清零); while it cannot be told, it does not act."""

    condition: Expression
    label: Text


@dataclass(frozen=True, slots=True)
class Proration:
    """The value counts against the time that the person was there (按出勤折算): it is divided by ``indicator``, a share
    from 0 to 1, and a line of whom was there for less than ``least`` leaves the card. Unknown presence is full."""

    indicator: str = "presence_ratio"
    least: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Sizes:
    """Other parameters by another value, such as the size of the team (按团队人数分档): the first row with ``up_to`` at
    or above ``indicator`` has the rule; ``None`` is without end. Where the value is unknown, the line's own rule."""

    indicator: str
    rows: tuple[tuple[Decimal | None, Rule], ...]

    def rule(self, size: Decimal) -> Rule | None:
        """The rule for that size; ``None`` beyond all rows."""
        return next((rule for up_to, rule in self.rows if up_to is None or size <= up_to), None)


@dataclass(frozen=True, slots=True)
class Measure:
    """What an indicator is (指标): which way is ``better``, its unit, the words of its levels, how it comes about.

    ``least`` and ``most`` bound what can be right; ``method`` names one of several ways to compute it.
    """

    label: Text
    better: Literal["higher", "lower", "none"] = "none"
    unit: Literal["ratio", "count", "level", "number", "truth", "money"] | None = None
    levels: tuple[Text, ...] = ()
    origin: str | None = None
    about: Text | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade (等级), from ``at_least`` on the scale of 100."""

    key: str
    label: Text
    at_least: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """One line (评分项). ``weight`` are its full points. Its points are cut to [``floor``, ``weight + bonus``]; a side
    that is ``None`` is open. ``standard`` says in words by what it is judged; ``source_note`` what a company has to
    confirm, because the source does not say it."""

    key: str
    label: Text
    weight: Decimal
    rule: Rule
    indicators: tuple[str, ...]
    group: str | None = None
    unjudged: Unjudged = "drop"
    small_sample: SmallSample | None = None
    floor: Decimal | None = ZERO
    bonus: Decimal | None = ZERO
    note: Text | None = None
    zero_when: ZeroWhen | None = None
    prorate: Proration | None = None
    sizes: Sizes | None = None
    standard: Text | None = None
    source_note: Text | None = None
    competency: str | None = None

    def __post_init__(self) -> None:
        if self.prorate is not None and len(self.indicators) > 1:
            raise WrongValue(Reason("scorecard.wrong.prorated"))
        if self.weight <= 0:
            raise WrongValue(Reason("scorecard.wrong.weight"))
        if not self.indicators or (len(self.indicators) > 1 and not self.rule.takes_many):
            raise WrongValue(Reason("scorecard.wrong.one_indicator"))

    @property
    def cap(self) -> Decimal | None:
        """The most points it can give; ``None`` for no limit."""
        return None if self.bonus is None else self.weight + self.bonus


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that are summed up together (评分组), with limits of their own."""

    key: str
    label: Text
    floor: Decimal | None = None
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """What no points make up for (一票否决): when ``condition`` holds, the total is capped at ``cap`` points of the
    whole card, and with ``fails`` the result is failed whatever its points."""

    key: str
    label: Text
    condition: Expression
    cap: Decimal | None = None
    fails: bool = False


@dataclass(frozen=True, eq=False)
class Scorecard:
    """A whole card. ``pass_mark`` is on the scale of 100; ``floor`` and ``cap`` limit the total in points.

    ``order`` are the stages at which limits act, one after the other; a stage left out does not act. Groups sum up
    lines, so the lines come before them. ``meant_max`` is what the weights were meant to sum up to.
    """

    key: str
    version: str
    title: Text
    lines: tuple[Line, ...]
    groups: tuple[Group, ...] = ()
    gates: tuple[Gate, ...] = ()
    pass_mark: Decimal | None = None
    floor: Decimal | None = None
    cap: Decimal | None = None
    order: tuple[Stage, ...] = STAGES
    indicators: Mapping[str, Measure] = field(default_factory=dict)
    grades: tuple[Grade, ...] = ()
    meant_max: Decimal | None = None
    schema_version: int = 1

    def __post_init__(self) -> None:
        keys = [line.key for line in self.lines]
        if not keys or len(set(keys)) < len(keys):
            raise WrongValue(Reason("scorecard.wrong.lines"))
        if len(set(self.order)) < len(self.order):
            raise WrongValue(Reason("scorecard.wrong.stage_twice"))
        if {"lines", "groups"} <= set(self.order) and self.order.index("groups") < self.order.index("lines"):
            raise WrongValue(Reason("scorecard.wrong.order"))

    @property
    def max(self) -> Decimal:
        """Full points of all lines."""
        return sum((line.weight for line in self.lines), ZERO)

    def line(self, key: str) -> Line | None:
        """The line of that key."""
        return next((line for line in self.lines if line.key == key), None)

    def grade(self, normalised: Decimal | None) -> Grade | None:
        """The best grade that is reached, on unrounded points."""
        reached = [grade for grade in self.grades if normalised is not None and normalised >= grade.at_least]
        return max(reached, key=lambda grade: grade.at_least, default=None)
