"""What an exam shows of lessons (免修与补训): which need not be learnt any more, and which should be learnt again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from peilian.engine._kernel import Bilingual, Reason

LEAST_ITEMS = 2
"""Items of a competency from which part of an exam speaks for it: one may be luck."""


@dataclass(frozen=True, slots=True)
class Score:
    """What an attempt brought in one competency: points of the most there were, over ``n`` items."""

    points: Decimal
    of: Decimal
    n: int

    def reaches(self, cut: Decimal) -> bool:
        """Whether it is at least ``cut`` percent."""
        return self.of > 0 and self.points * 100 >= cut * self.of


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether a lesson is shown by an attempt, and why."""

    lesson: str
    is_shown: bool
    reason: Reason


def shown_lessons(
    lessons: Mapping[str, Collection[str]],
    scores: Mapping[str, Score],
    cut: Decimal,
    *,
    is_passed: bool,
    names: Mapping[str, Bilingual] | None = None,
) -> tuple[Shown, ...]:
    """Which of ``lessons``, each with its competencies, an attempt shows. ``names`` are those of competencies, for the
    reasons.

    Who passed the whole has shown every lesson whose competencies were examined. Otherwise a lesson is shown when each
    of its competencies reached ``cut`` percent over at least ``LEAST_ITEMS`` items.
    """
    named = names or {}
    return tuple(_shown(lesson, wanted, scores, cut, is_passed, named) for lesson, wanted in lessons.items())


def _shown(
    lesson: str,
    wanted: Collection[str],
    scores: Mapping[str, Score],
    cut: Decimal,
    is_passed: bool,
    names: Mapping[str, Bilingual],
) -> Shown:
    if not wanted:
        return Shown(lesson, False, Reason("curriculum.shown.nothing"))
    for competency in wanted:
        score, name = scores.get(competency), names.get(competency) or competency
        if score is None or not score.n:
            return Shown(lesson, False, Reason("curriculum.shown.not_asked", {"name": name}))
        if is_passed:
            continue
        if score.n < LEAST_ITEMS:
            return Shown(lesson, False, Reason("curriculum.shown.too_few", {"name": name, "least": LEAST_ITEMS}))
        if not score.reaches(cut):
            return Shown(lesson, False, Reason("curriculum.shown.below", {"name": name, "cut": f"{cut.normalize():f}"}))
    return Shown(lesson, True, Reason(f"curriculum.shown.{'passed' if is_passed else 'reached'}"))


def remedial_lessons(
    lessons: Mapping[str, Collection[str]], scores: Mapping[str, Score], cut: Decimal
) -> tuple[str, ...]:
    """The lessons to learn after an exam was failed: those with a competency below ``cut`` percent, most points lost
    first; all, as they are listed, where no competency tells."""
    lost: dict[str, Decimal] = {}
    for lesson, wanted in lessons.items():
        weak = [scores[one] for one in wanted if one in scores and not scores[one].reaches(cut)]
        if weak:
            lost[lesson] = sum((one.of - one.points for one in weak), Decimal(0))
    return tuple(sorted(lost, key=lambda lesson: -lost[lesson])) or tuple(lessons)
