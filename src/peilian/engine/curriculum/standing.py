"""Where somebody stands on a course or a path: done, next, open or locked, and by what.

What was completed stays done whatever stands before it, and completing more never locks anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from peilian.engine._kernel import Bilingual, Reason
from peilian.engine.curriculum.values import CoursePlan, CourseStanding, Done, PathStanding, UnitPlan, UnitStanding

_ALL, _NONE = Fraction(1), Fraction(0)


def course_standing(
    course: CoursePlan, done: Mapping[str, Done], now_ms: int, *, before: CoursePlan | None = None
) -> CourseStanding:
    """Where a course stands at ``now_ms``, by what is ``done`` under its name ``kind:key``.

    ``before`` is a course that has to be complete first, as on a path. A course that itself stands completed is
    complete, whatever its units say: it was so when it had others.
    """
    needed = _needed(course.units)
    is_complete = course.what in done or all(unit.what in done for unit in needed)
    reason = None if is_complete else _held(course, done, before)
    units = _units(course, done, now_ms, reason, is_over=is_complete)
    n_done = sum(unit.what in done for unit in needed)
    share = _ALL if is_complete else Fraction(n_done, len(needed))
    return CourseStanding(course, units, share, is_complete, reason)


def path_standing(courses: Sequence[CoursePlan], done: Mapping[str, Done], now_ms: int) -> PathStanding:
    """Where a path stands: a course opens when all before it are complete."""
    found: list[CourseStanding] = []
    before: CoursePlan | None = None
    for course in courses:
        standing = course_standing(course, done, now_ms, before=before)
        if before is None and not standing.is_complete:
            before = course
        found.append(standing)
    weights = [len(_needed(course.units)) for course in courses]
    share = sum((one.share * weight for one, weight in zip(found, weights, strict=True)), _NONE)
    return PathStanding(
        tuple(found), share / sum(weights) if sum(weights) else _ALL, all(one.is_complete for one in found)
    )


def _needed(units: Iterable[UnitPlan]) -> list[UnitPlan]:
    """The units that make a course complete; all of them where none is needed more than the others."""
    listed = list(units)
    return [unit for unit in listed if unit.is_needed] or listed


def _held(course: CoursePlan, done: Mapping[str, Done], before: CoursePlan | None) -> Reason | None:
    for what, title in course.requires.items():
        if what not in done:
            return _first(what, title)
    return _first(before.what, before.title) if before is not None else None


def _first(what: str, title: Bilingual) -> Reason:
    return Reason("curriculum.first", {"what": what, "title": title or what})


def _units(
    course: CoursePlan, done: Mapping[str, Done], now_ms: int, held: Reason | None, *, is_over: bool
) -> tuple[UnitStanding, ...]:
    """Each unit in turn; ``gap`` is the first one that is needed and not done."""
    needed = {unit.what for unit in _needed(course.units)}
    left = [unit for unit in course.units if unit.what in needed and unit.what not in done]
    gap = None if is_over or not left else next((unit for unit in left if not unit.is_last), left[0])
    found, is_past = [], False
    for unit in course.units:
        if unit.what in done:
            found.append(UnitStanding(unit, "done", done[unit.what]))
            continue
        reason = held
        if reason is None and gap is not None and unit is not gap and ((course.is_ordered and is_past) or unit.is_last):
            reason = _first(gap.what, gap.title)
        is_overdue = not is_over and unit.what in needed and unit.due_ms is not None and unit.due_ms < now_ms
        state = "locked" if reason is not None else "next" if unit is gap else "open"
        found.append(UnitStanding(unit, state, None, reason, is_overdue))  # type: ignore[arg-type]
        is_past = is_past or unit is gap
    return tuple(found)
