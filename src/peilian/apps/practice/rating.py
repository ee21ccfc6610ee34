"""The supervisor's own rating of a drill, beside the engine's, and how well the two agree (一致性)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peilian.apps.base.api import write
from peilian.apps.people.api import NotVisibleError, Permission, visible_to
from peilian.apps.practice import clock
from peilian.apps.practice.models import DrillRating, DrillRun
from peilian.apps.practice.rules import refuse
from peilian.apps.practice.runs import run as visible_run
from peilian.apps.practice.runs import team_runs
from peilian.engine.text.typed import cleaned

if TYPE_CHECKING:
    from peilian.apps.people.api import User

ENOUGH_RUNS = 10
"""From so many drills rated twice on, the agreement can be told."""
_GRADES = 5
_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class RatedItem:
    """One item of a drill: what the engine gave and what the rater gave, in points."""

    dimension: str
    label: str
    most: Decimal
    engine: Decimal | None
    rater: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """By how much the rater is above the engine."""
        return None if self.engine is None or self.rater is None else self.rater - self.engine


@dataclass(frozen=True, slots=True)
class Agreement:
    """How engine and raters agree on one item: over ``n`` pairs, the mean difference in points, and the weighted kappa
    (``None`` below ``ENOUGH_RUNS`` pairs, or when all are alike)."""

    dimension: str
    label: str
    n: int
    mean_difference: Decimal
    kappa: float | None


def rate_run(
    *, user: User, run_id: UUID | str, points: Mapping[str, Decimal | str | float], note: str = ""
) -> DrillRating:
    """Rate a drill on items of its result; rating it again replaces the former points. Never an own drill."""
    run = visible_run(user=user, run_id=run_id)
    is_judge = visible_to(user).employees(Permission.RAISE_NEEDS).filter(pk=run.employee_id).exists()
    if not is_judge or run.employee_id == user.employee_id:
        raise NotVisibleError
    if not run.is_scored:
        raise refuse("practice.not_scored" if run.is_over else "practice.still_running")
    given = {dimension: str(_points(run, dimension, value)) for dimension, value in points.items()}
    if not given:
        raise refuse("practice.nothing_rated")
    note = cleaned(note).strip()
    if len(note) > _LONGEST_NOTE:
        raise refuse("base.too_long", "note", limit=_LONGEST_NOTE)
    with write(actor=user, verb="practice.rate_run") as audit:
        row = DrillRating.objects.select_for_update().filter(run=run, rater=user).first()
        if row is None:
            row = DrillRating.objects.create(run=run, rater=user, points=given, note=note, rated_at=clock.now())
            audit.created(row)
        else:
            before = {"points": row.points, "note": row.note}
            row.points, row.note, row.rated_at = given, note, clock.now()
            row.save()
            audit.changed(row, **before)
    return row


def rated_items(*, rating: DrillRating, user: User) -> list[RatedItem]:
    """A rating beside the engine's points, in the order of the result. The rating comes from ``debrief_of``."""
    return [
        RatedItem(
            dimension=score["dimension"],
            label=score["label"],
            most=Decimal(str(score["max"])),
            engine=None if score["points"] is None else Decimal(str(score["points"])),
            rater=Decimal(rating.points[score["dimension"]]) if score["dimension"] in rating.points else None,
        )
        for score in (rating.run.result or {})[user.reading_language]["scores"]
    ]


def agreement(*, user: User) -> list[Agreement]:
    """How engine and raters agree, item by item, over all rated drills that count and that ``user`` may see."""
    runs = DrillRun.objects.counted().filter(pk__in=team_runs(user=user).order_by().values("pk"))
    rows = DrillRating.objects.filter(run__in=runs.order_by().values("pk")).select_related("run")
    pairs: dict[str, list[RatedItem]] = {}
    for rating in rows.order_by("id"):
        for item in rated_items(rating=rating, user=user):
            if item.difference is not None:
                pairs.setdefault(item.dimension, []).append(item)
    return [_agreement(items) for items in pairs.values()]


def weighted_kappa(first: Sequence[int], second: Sequence[int]) -> float | None:
    """Cohen's kappa with quadratic weights of two lists of grades from 0 on; ``None`` when chance alone explains all.

    Source: J. Cohen, "Weighted kappa", Psychological Bulletin 70 (1968).
    """
    n = len(first)
    if n == 0:
        return None
    observed = sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) / n
    expected = sum((a - b) ** 2 for a in first for b in second) / n**2
    return None if expected == 0 else 1 - observed / expected


def _agreement(items: Sequence[RatedItem]) -> Agreement:
    n = len(items)
    differences = [item.difference for item in items if item.difference is not None]
    kappa = None
    if n >= ENOUGH_RUNS:
        kappa = weighted_kappa(
            [_grade(item.engine, item) for item in items], [_grade(item.rater, item) for item in items]
        )
    mean = (sum(differences, Decimal(0)) / n).quantize(Decimal("0.1"))
    return Agreement(items[0].dimension, items[0].label, n, mean, kappa)


def _grade(points: Decimal | None, item: RatedItem) -> int:
    """The fifth of the scale that the points lie in, 0 to 4."""
    assert points is not None
    return min(_GRADES - 1, int(_GRADES * points / item.most))


def _points(run: DrillRun, dimension: str, value: Any) -> Decimal:
    scores = {score["dimension"]: score for score in (run.result or {})["zh"]["scores"]}
    if dimension not in scores:
        raise refuse("practice.unknown_dimension", "points", value=str(dimension)[:40], known=", ".join(scores))
    most = Decimal(str(scores[dimension]["max"]))
    try:
        points = Decimal(str(value))
    except InvalidOperation:
        raise refuse("practice.rating_range", dimension, most=str(most)) from None
    if not (points.is_finite() and 0 <= points <= most):
        raise refuse("practice.rating_range", dimension, most=str(most))
    return points
