"""Classical analysis of questions (题目分析): facility, discrimination, options; formulas in docs/algorithms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from peilian.engine._kernel import wilson_interval
from peilian.engine.assessment.psychometrics.bands import band_weights
from peilian.engine.assessment.psychometrics.values import ExamItem, Figure, Flags, Floats, Responses, Z

TAIL = 0.27
"""Share of the people in each of the two groups that the upper-lower index compares (T. L. Kelley, 1939)."""

THIRDS = ((0.0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1.0))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much it takes to say something, and from where something is worth saying.

    Where a formula itself needs more people than a limit asks for, the formula wins.
    """

    least_for_facility: int = 10
    least_for_discrimination: int = 30
    least_for_options: int = 45  # fifteen people in each third
    least_for_reliability: int = 30
    least_other_items: int = 3  # answers of a person beside the one in question
    too_easy: float = 0.9
    too_hard: float = 0.2
    weak: float = 0.2
    unused: float = 0.05
    reliable: float = 0.7


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """One option: how many chose it, which share of each ability third, and whether strong people lean to it."""

    option: str
    is_key: bool
    n: int
    share: float
    thirds: tuple[float, float, float] | None  # weakest first; None when too few people answered
    discrimination: Figure


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """The classical figures of one question (难度、区分度、选项分布).

    ``facility`` is the mean share of points; high is easy. ``discrimination`` is the correlation with how the same
    people did on all other questions. ``upper_lower`` is the facility of the best 27 % less that of the weakest 27 %.
    """

    item: str
    facility: Figure
    discrimination: Figure
    upper_lower: Figure
    options: tuple[OptionFigures, ...]
    empty: float | None  # share of those who saw a question of choice and chose nothing


@dataclass(frozen=True, slots=True)
class Standing:
    """How people stand, apart from which questions they were shown.

    Points are taken as distance from the mean of the question, so that whoever drew hard questions is not weak for it.
    When everybody answered everything this is the total score on another scale, and every correlation is the same.
    ``rest`` is people x items, without the question itself; NaN where it was not seen or too little else was.
    """

    whole: Floats
    rest: Floats


def standing_of(responses: Responses, *, least_other_items: int) -> Standing:
    """Where each person stands, on the whole paper and beside each question."""
    seen, points, most = responses.seen, responses.points, responses.most_points
    n = seen.sum(axis=0)
    means = np.where(seen, points, 0.0).sum(axis=0) / np.maximum(n, 1)
    distance = np.where(seen, points - means, 0.0)
    possible = seen @ most
    others = seen.sum(axis=1)[:, None] - 1
    allowed = seen & (others >= least_other_items)
    left = np.where(allowed, possible[:, None] - most, 1.0)
    rest = np.where(allowed, (distance.sum(axis=1)[:, None] - distance) / left, np.nan)
    whole = np.where(possible > 0, distance.sum(axis=1) / np.maximum(possible, 1e-12), np.nan)
    return Standing(whole, rest)


def correlation(first: Floats, second: Floats, *, least: int) -> Figure:
    """Pearson's correlation with the interval after R. A. Fisher; no figure when few people or nothing varies."""
    n, least = len(first), max(least, 4)
    if n < least:
        return Figure.missing(n, "psychometrics.too_few_people", {"n": n, "least": least})
    a, b = first - first.mean(), second - second.mean()
    spread = math.sqrt(float(a @ a) * float(b @ b))
    if spread < 1e-12:
        return Figure.missing(n, "psychometrics.nothing_varies", {"n": n})
    r = max(-1.0, min(1.0, float(a @ b) / spread))
    centre, reach = _normal(r), Z / math.sqrt(n - 3)
    return Figure(r, n, math.tanh(centre - reach), math.tanh(centre + reach))


def item_figures(responses: Responses, standing: Standing, place: int, limits: Limits) -> ItemFigures:
    """All figures of the question at ``place``."""
    item = responses.items[place]
    seen = responses.seen[:, place]
    share = responses.shares[:, place]
    known = ~np.isnan(standing.rest[:, place])
    rest = standing.rest[known, place]
    options: tuple[OptionFigures, ...] = ()
    empty = None
    if item.key in responses.ticked:
        ticked = responses.ticked[item.key]
        options = _option_figures(item, ticked, seen, known, rest, limits)
        empty = float((~ticked[seen].any(axis=1)).mean()) if seen.any() else None
    return ItemFigures(
        item=item.key,
        facility=_facility(share[seen], limits.least_for_facility),
        discrimination=correlation(share[known], rest, least=limits.least_for_discrimination),
        upper_lower=_upper_lower(share[known], standing.whole[known], limits.least_for_discrimination),
        options=options,
        empty=empty,
    )


def _facility(shares: Floats, least: int) -> Figure:
    n, least = len(shares), max(least, 2)
    if n < least:
        return Figure.missing(n, "psychometrics.too_few_people", {"n": n, "least": least})
    mean = float(shares.mean())
    if bool(np.isin(shares, (0.0, 1.0)).all()):
        interval = wilson_interval(float(shares.sum()), n)
        assert interval is not None
        return Figure(mean, n, *interval)
    reach = Z * float(shares.std(ddof=1)) / math.sqrt(n)
    return Figure(mean, n, max(0.0, mean - reach), min(1.0, mean + reach))


def _upper_lower(shares: Floats, whole: Floats, least: int) -> Figure:
    n, least = len(shares), max(least, 4)
    if n < least:
        return Figure.missing(n, "psychometrics.too_few_people", {"n": n, "least": least})
    lower, upper = band_weights(whole, ((0.0, TAIL), (1.0 - TAIL, 1.0)))
    means, variances = [], []
    for weights in (lower, upper):
        mean = float(weights @ shares) / float(weights.sum())
        means.append(mean)
        variances.append(float(weights @ (shares - mean) ** 2) / float(weights.sum()) ** 2)
    value, reach = means[1] - means[0], Z * math.sqrt(sum(variances))
    return Figure(value, n, max(-1.0, value - reach), min(1.0, value + reach))


def _option_figures(
    item: ExamItem, ticked: Flags, seen: Flags, known: Flags, rest: Floats, limits: Limits
) -> tuple[OptionFigures, ...]:
    n = int(seen.sum())
    bands = band_weights(rest, THIRDS) if len(rest) >= max(limits.least_for_options, 3) else None
    return tuple(
        OptionFigures(
            option=option,
            is_key=option in item.correct,
            n=int(ticked[seen, column].sum()),
            share=float(ticked[seen, column].mean()) if n else 0.0,
            thirds=None if bands is None else _by_third(bands, ticked[known, column]),
            discrimination=correlation(
                ticked[known, column].astype(float), rest, least=limits.least_for_discrimination
            ),
        )
        for column, option in enumerate(item.options)
    )


def _by_third(bands: Floats, chosen: Flags) -> tuple[float, float, float]:
    low, middle, high = (float(weights @ chosen) / float(weights.sum()) for weights in bands)
    return low, middle, high


def lean(responses: Responses, standing: Standing, place: int, other: int, key: int) -> float:
    """How far strong people lean to the option ``other`` rather than to the option ``key``, as a normal deviate.

    The correlation of +1 (chose the other), -1 (chose the key) and 0 with the standing on all other questions, over its
    standard error after Fisher; 0 when nothing varies.
    """
    known = ~np.isnan(standing.rest[:, place])
    ticked = responses.ticked[responses.items[place].key][known].astype(float)
    figure = correlation(ticked[:, other] - ticked[:, key], standing.rest[known, place], least=4)
    return 0.0 if figure.value is None else _normal(figure.value) * math.sqrt(figure.n - 3)


def _normal(r: float) -> float:
    """Fisher's transformation of a correlation, kept finite."""
    return math.atanh(max(-0.999999, min(0.999999, r)))
