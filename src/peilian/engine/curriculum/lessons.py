"""When a lesson is learnt (课时完成): everything that it ends in is there, and what is not is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from peilian.engine._expression import ARITHMETIC
from peilian.engine._kernel import Reason

PartName = Literal["check", "drill", "rewrite", "homework", "read"]
_ZERO, _FULL = Decimal(0), Decimal(100)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class LessonPlan:
    """What a lesson ends in. ``items`` of its check with their points, passed from ``pass_percent``; ``drill_pass`` and
    ``rewrite_pass`` in percent, ``None`` where there is none; a lesson that asks for nothing is to be read."""

    items: Mapping[str, Decimal] = field(default_factory=dict)
    pass_percent: Decimal = Decimal(80)
    drill_pass: Decimal | None = None
    rewrite_pass: Decimal | None = None
    has_homework: bool = False

    @property
    def parts(self) -> tuple[PartName, ...]:
        """What is to be done, in the order in which it is met."""
        wanted: list[PartName] = ["check"] if self.items else []
        wanted += ["rewrite"] if self.rewrite_pass is not None else []
        wanted += ["drill"] if self.drill_pass is not None else []
        wanted += ["homework"] if self.has_homework else []
        return tuple(wanted) or ("read",)


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody did in a lesson. ``tries`` at items of the check as ``(item, points)``, the oldest first; the best
    of a drill and of the rewriting in percent, ``None`` where there was none."""

    tries: Sequence[tuple[str, Decimal]] = ()
    drill_percent: Decimal | None = None
    rewrite_percent: Decimal | None = None
    has_homework: bool = False
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class PartStanding:
    """A part of a lesson, whether it is done, and what is missing."""

    part: PartName
    is_done: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class LessonStanding:
    """Where a lesson stands. ``percent`` of the check: ``best`` by the best try at each item, ``first`` by the first;
    ``None`` before the first answer."""

    parts: tuple[PartStanding, ...]
    best: Decimal | None
    first: Decimal | None

    @property
    def is_complete(self) -> bool:
        """Whether everything is there."""
        return all(one.is_done for one in self.parts)

    @property
    def lacking(self) -> tuple[PartStanding, ...]:
        """What is not there yet."""
        return tuple(one for one in self.parts if not one.is_done)


def lesson_standing(plan: LessonPlan, work: Work) -> LessonStanding:
    """What of a lesson is done. An item may be tried again: the best try counts for passing, the first one is kept to
    tell what somebody knew without help."""
    best: dict[str, Decimal] = {}
    first: dict[str, Decimal] = {}
    for item, points in work.tries:
        if item in plan.items:
            first.setdefault(item, points)
            best[item] = max(points, best.get(item, _ZERO))
    told = {"check": _check(plan, best), "drill": _drill(plan, work), "rewrite": _rewrite(plan, work)}
    told["homework"] = (work.has_homework, Reason(f"curriculum.homework.{'done' if work.has_homework else 'missing'}"))
    told["read"] = (work.is_read, Reason(f"curriculum.read.{'done' if work.is_read else 'missing'}"))
    parts = tuple(PartStanding(part, *told[part]) for part in plan.parts)
    return LessonStanding(parts, _percent(plan, best), _percent(plan, first))


def _check(plan: LessonPlan, best: Mapping[str, Decimal]) -> tuple[bool, Reason]:
    left = len(plan.items) - len(best)
    if left:
        return False, Reason("curriculum.check.unanswered", {"n": left})
    is_done = _FULL * sum(best.values(), _ZERO) >= plan.pass_percent * sum(plan.items.values(), _ZERO)
    percent = _percent(plan, best) or _ZERO
    key = "curriculum.check.done" if is_done else "curriculum.check.below"
    return is_done, Reason(key, {"percent": _said(percent), "pass": _said(plan.pass_percent)})


def _drill(plan: LessonPlan, work: Work) -> tuple[bool, Reason]:
    return _reached("drill", work.drill_percent, plan.drill_pass)


def _rewrite(plan: LessonPlan, work: Work) -> tuple[bool, Reason]:
    return _reached("rewrite", work.rewrite_percent, plan.rewrite_pass)


def _reached(part: str, percent: Decimal | None, wanted: Decimal | None) -> tuple[bool, Reason]:
    wanted = wanted if wanted is not None else _ZERO
    if percent is None:
        return False, Reason(f"curriculum.{part}.missing", {"pass": _said(wanted)})
    key = f"curriculum.{part}.{'done' if percent >= wanted else 'below'}"
    return percent >= wanted, Reason(key, {"percent": _said(percent), "pass": _said(wanted)})


def _percent(plan: LessonPlan, points: Mapping[str, Decimal]) -> Decimal | None:
    of = sum(plan.items.values(), _ZERO)
    if not points or not of:
        return None
    share = ARITHMETIC.divide(_FULL * sum(points.values(), _ZERO), of)
    return min(_FULL, share).quantize(_CENT, rounding="ROUND_DOWN")  # what is just below a cut is not shown as reached


def _said(percent: Decimal) -> str:
    return f"{percent.normalize():f}"
