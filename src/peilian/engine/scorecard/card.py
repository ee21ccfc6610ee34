"""A scorecard (评分卡): lines with weights and rules, groups, gates, a pass mark, and the order in which limits act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from peilian.engine._expression import Expression
from peilian.engine._kernel import Reason, Text
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
class Line:
    """One line (评分项). ``weight`` are its full points. Its points are cut to [``floor``, ``weight + bonus``]; a side
    that is ``None`` is open."""

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

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError("a weight must be greater than 0")
        if not self.indicators or (len(self.indicators) > 1 and not self.rule.takes_many):
            raise ValueError(
                f"the rule {self.rule.key} takes {'at least' if self.rule.takes_many else ''} one indicator"
            )

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


@dataclass(frozen=True)
class Scorecard:
    """A whole card. ``pass_mark`` is on the scale of 100; ``floor`` and ``cap`` limit the total in points.

    ``order`` are the stages at which limits act, one after the other; a stage left out does not act. Groups sum up
    lines, so the lines come before them.
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
    indicators: Mapping[str, Text] = field(default_factory=dict)
    schema_version: int = 1

    def __post_init__(self) -> None:
        keys = [line.key for line in self.lines]
        if not keys or len(set(keys)) < len(keys):
            raise ValueError("a scorecard needs lines, each with a key of its own")
        if len(set(self.order)) < len(self.order):
            raise ValueError("a stage may stand once in the order")
        if {"lines", "groups"} <= set(self.order) and self.order.index("groups") < self.order.index("lines"):
            raise ValueError("in the order, lines come before groups")

    @property
    def max(self) -> Decimal:
        """Full points of all lines."""
        return sum((line.weight for line in self.lines), ZERO)

    def line(self, key: str) -> Line | None:
        """The line of that key."""
        return next((line for line in self.lines if line.key == key), None)

    def doubts(self) -> tuple[tuple[str, Reason], ...]:
        """What is allowed but odd, with the key of the line it concerns."""
        return tuple(
            (line.key, reason)
            for line in self.lines
            for rule in (line.rule, line.small_sample.rule if line.small_sample else None)
            if rule is not None
            for reason in rule.doubts(line.weight)
        )
