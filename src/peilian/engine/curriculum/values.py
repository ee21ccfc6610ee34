"""What is to be learnt, what was, and where that leaves somebody (学习进度)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from peilian.engine._kernel import Bilingual, Reason

State = Literal["done", "next", "open", "locked"]
"""``next`` is the one unit to do now; what is ``open`` may be done too."""


@dataclass(frozen=True, slots=True)
class Done:
    """That a text, ``kind:key``, was completed: how, and when in UTC milliseconds."""

    what: str
    how: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit of a course, ``kind:key``. What is not ``is_needed`` may be left out. ``is_last`` waits for all that are
    needed, also where the order is free. ``title`` is for reasons."""

    what: str
    is_needed: bool = True
    due_ms: int | None = None
    is_last: bool = False
    title: Bilingual = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """A course as one person has it: its units; in order or not; and the courses that come first, with their titles, by
    ``course:key``."""

    what: str
    units: tuple[UnitPlan, ...]
    is_ordered: bool = True
    requires: Mapping[str, Bilingual] = field(default_factory=dict)
    title: Bilingual = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """Where a unit stands. ``done`` tells by what it was completed, ``reason`` why it is locked."""

    unit: UnitPlan
    state: State
    done: Done | None = None
    reason: Reason | None = None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class CourseStanding:
    """Where a course stands. ``share`` of what is needed is done; ``reason`` says what comes before the whole of it."""

    plan: CoursePlan
    units: tuple[UnitStanding, ...]
    share: Fraction
    is_complete: bool
    reason: Reason | None = None

    @property
    def next(self) -> UnitStanding | None:
        """The unit to do now; ``None`` when nothing is left, or the course is locked."""
        return next((one for one in self.units if one.state == "next"), None)

    @property
    def n_overdue(self) -> int:
        """How many units are overdue."""
        return sum(one.is_overdue for one in self.units)


@dataclass(frozen=True, slots=True)
class PathStanding:
    """Where a path stands: its courses in order, the share of all needed units that is done."""

    courses: tuple[CourseStanding, ...]
    share: Fraction
    is_complete: bool

    @property
    def next(self) -> UnitStanding | None:
        """The unit to do now of all its courses."""
        return next((course.next for course in self.courses if course.next is not None), None)

    @property
    def n_overdue(self) -> int:
        """How many units of all its courses are overdue."""
        return sum(course.n_overdue for course in self.courses)
