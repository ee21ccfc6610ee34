"""What was answered (作答数据): people, questions, the points of each answer; what was not shown stays open."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from peilian.engine._kernel import Fault, InputError, Param, Reason, WrongValue

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

Z = NormalDist().inv_cdf(0.975)
"""Two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class ExamItem:
    """One question (题目) as it is marked: its points, and for questions of choice the options and the key (答案)."""

    key: str
    most_points: float = 1.0
    options: tuple[str, ...] = ()
    correct: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not (math.isfinite(self.most_points) and self.most_points > 0):
            raise WrongValue(Reason("psychometrics.no_points", {"item": self.key}))
        if not self.correct <= set(self.options):
            unknown = ", ".join(sorted(self.correct - set(self.options)))
            raise WrongValue(Reason("psychometrics.key_without_option", {"item": self.key, "option": unknown}))

    def points_of(self, chosen: frozenset[str]) -> float:
        """All points when exactly the key was chosen, else none."""
        return self.most_points if chosen == self.correct else 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person did with one question that was shown.

    ``points`` are what a marker gave; ``None`` lets the key decide. A question that was seen and left empty is an
    answer without ``chosen``; one that was never reached or never shown is no answer at all.
    """

    person: str
    item: str
    points: float | None = None
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its 95 % interval and the number of people behind it, or the reason why there is none."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    why_not: Reason | None = None

    @classmethod
    def missing(cls, n: int, key: str, params: Mapping[str, Param] | None = None) -> Figure:
        """No figure, and why."""
        return cls(None, n, why_not=Reason(key, dict(params or {})))

    @property
    def is_below_zero(self) -> bool:
        """Whether the whole interval lies below 0."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True, slots=True)
class Responses:
    """Answers as a table of people x items, both in a fixed order.

    ``points`` is NaN where a question was not shown or not reached. ``ticked`` holds for each question of choice a
    table of people x options, true where the option was chosen. ``unfinished`` are those who did not reach the end of
    what they were shown, each in the order in which it was met; ``None``: everybody met the items as they stand here.
    """

    people: tuple[str, ...]
    items: tuple[ExamItem, ...]
    points: Floats
    ticked: Mapping[str, Flags] = field(default_factory=dict)
    unfinished: frozenset[str] | None = None

    @classmethod
    def of(
        cls, answers: Iterable[Answer], items: Sequence[ExamItem], *, unfinished: Collection[str] | None = None
    ) -> Responses:
        """Gather answers in any order. ``InputError`` tells each answer that cannot be, counted from 1."""
        columns = {item.key: place for place, item in enumerate(items)}
        rows: dict[str, int] = {}
        gathered: dict[tuple[int, int], tuple[float, Answer]] = {}
        faults = [] if len(columns) == len(items) else [Fault(Reason("psychometrics.item_twice"))]
        for number, answer in enumerate(answers, 1):
            if answer.item not in columns:
                faults.append(Fault(Reason("psychometrics.unknown_item", {"item": answer.item}), row=number))
                continue
            item = items[columns[answer.item]]
            cell = rows.setdefault(answer.person, len(rows)), columns[answer.item]
            fault = _fault(answer, item)
            if fault is None and cell in gathered:
                fault = Reason("psychometrics.answered_twice", {"person": answer.person, "item": item.key})
            if fault is not None:
                faults.append(Fault(fault, row=number))
                continue
            points = item.points_of(answer.chosen) if answer.points is None else answer.points
            gathered[cell] = (float(points), answer)
        if faults:
            raise InputError(*faults)
        made = _table(tuple(rows), tuple(items), gathered)
        return made if unfinished is None else replace(made, unfinished=frozenset(unfinished) & set(rows))

    @property
    def seen(self) -> Flags:
        """People x items: true where the question was shown and reached."""
        return ~np.isnan(self.points)

    @property
    def most_points(self) -> Floats:
        """Points that can be had, by item."""
        return np.array([item.most_points for item in self.items], dtype=float)

    @property
    def shares(self) -> Floats:
        """People x items: points as a share of what can be had, 0 to 1."""
        return self.points / self.most_points


def _fault(answer: Answer, item: ExamItem) -> Reason | None:
    if item.options and not answer.chosen <= set(item.options):
        unknown = ", ".join(sorted(answer.chosen - set(item.options)))
        return Reason("psychometrics.unknown_option", {"person": answer.person, "item": item.key, "option": unknown})
    if answer.points is None:
        return None if item.correct else Reason("psychometrics.unmarked", {"person": answer.person, "item": item.key})
    if not (math.isfinite(answer.points) and 0 <= answer.points <= item.most_points):
        params: dict[str, Param] = {
            "person": answer.person,
            "item": item.key,
            "points": answer.points,
            "most": item.most_points,
        }
        return Reason("psychometrics.points_out_of_range", params)
    return None


def _table(
    people: tuple[str, ...], items: tuple[ExamItem, ...], gathered: Mapping[tuple[int, int], tuple[float, Answer]]
) -> Responses:
    points = np.full((len(people), len(items)), np.nan)
    options = {place: item.options for place, item in enumerate(items) if item.options}
    ticked = {place: np.zeros((len(people), len(names)), dtype=bool) for place, names in options.items()}
    for (row, column), (given, answer) in gathered.items():
        points[row, column] = given
        if column in ticked:
            ticked[column][row] = [name in answer.chosen for name in options[column]]
    return Responses(people, items, points, {items[place].key: table for place, table in ticked.items()})
