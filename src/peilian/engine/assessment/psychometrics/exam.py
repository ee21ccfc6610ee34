"""A whole exam (考试分析): its questions, how far its scores can be trusted (信度), and what is in the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from peilian.engine._kernel import Reason
from peilian.engine.assessment.psychometrics.alarms import alarms_of
from peilian.engine.assessment.psychometrics.classical import ItemFigures, Limits, item_figures, standing_of
from peilian.engine.assessment.psychometrics.values import Figure, Flags, Floats, Responses, Z

_LEAST_PAIRS = 0.5
_LEAST_TOGETHER = 5
"""A reliability is given when half of all pairs of questions were both answered by five people or more."""

_TIME_WAS_SHORT = 0.1
"""Share of people who did not reach the end, from which that is said."""


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """The figures of one question and what they warn of, the gravest first."""

    figures: ItemFigures
    alarms: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ExamAnalysis:
    """An exam as a measurement.

    ``reliability`` is Cronbach's alpha (信度; KR-20 when every question is right or wrong) of a paper of ``length``
    questions, the mean that people were shown. ``standard_error`` of measurement (测量标准误) is in points of such a
    paper, ``standard_error_share`` as a share of all its points.
    """

    n_people: int
    length: float
    mean_share: Figure
    reliability: Figure
    standard_error: float | None
    standard_error_share: float | None
    items: tuple[ItemAnalysis, ...]
    alarms: tuple[Reason, ...]


def analyse_exam(responses: Responses, limits: Limits | None = None) -> ExamAnalysis:
    """Analyse an exam in which not everybody need have been shown everything.

    Only answers that exist are counted: nothing that is missing is taken for wrong, nor filled in.
    """
    limits = limits or Limits()
    standing = standing_of(responses, least_other_items=limits.least_other_items)
    items = []
    for place in range(len(responses.items)):
        figures = item_figures(responses, standing, place, limits)
        items.append(ItemAnalysis(figures, tuple(alarms_of(responses, standing, place, figures, limits))))
    seen = responses.seen
    taking = int(seen.any(axis=1).sum())
    length = float(seen.sum()) / taking if taking else 0.0
    reliability, error = _reliability(responses, length, limits)
    paper = float((seen @ responses.most_points).sum()) / taking if taking else 0.0
    return ExamAnalysis(
        n_people=taking,
        length=length,
        mean_share=_mean_share(responses, limits),
        reliability=reliability,
        standard_error=error,
        standard_error_share=None if error is None else error / paper,
        items=tuple(items),
        alarms=tuple(_exam_alarms(responses, reliability, limits)),
    )


def _mean_share(responses: Responses, limits: Limits) -> Figure:
    possible = responses.seen @ responses.most_points
    gained = np.nansum(responses.points, axis=1)[possible > 0] / possible[possible > 0]
    n, least = len(gained), max(limits.least_for_facility, 2)
    if n < least:
        return Figure.missing(n, "psychometrics.too_few_people", {"n": n, "least": least})
    mean, reach = float(gained.mean()), Z * float(gained.std(ddof=1)) / math.sqrt(n)
    return Figure(mean, n, max(0.0, mean - reach), min(1.0, mean + reach))


def _reliability(responses: Responses, length: float, limits: Limits) -> tuple[Figure, float | None]:
    """Alpha and the standard error of measurement, from the mean variance and the mean covariance of questions.

    With everything answered this is the usual formula written otherwise. With questions left out by design it is the
    reliability of a paper of mean length, from all pairs that were shown together, each by how many people saw it.
    Interval: D. G. Bonett, "Sample size requirements for testing and estimating coefficient alpha" (2002).
    """
    n, least = int(responses.seen.any(axis=1).sum()), max(limits.least_for_reliability, 3)
    if n < least:
        return Figure.missing(n, "psychometrics.too_few_people", {"n": n, "least": least}), None
    if len(responses.items) < 2 or length < 2:
        return Figure.missing(n, "psychometrics.too_few_items", {"n": len(responses.items)}), None
    covariance, together = _covariances(responses)
    pairs = ~np.eye(len(responses.items), dtype=bool)
    enough = together >= _LEAST_TOGETHER
    share = float(enough[pairs].mean())
    if share < _LEAST_PAIRS:
        params = {"percent": int(share * 100), "least": round(_LEAST_PAIRS * 100), "people": _LEAST_TOGETHER}
        return Figure.missing(n, "psychometrics.too_few_pairs", dict(params)), None
    variance = _mean(covariance, together, enough & ~pairs)
    common = _mean(covariance, together, enough & pairs)
    total = variance + (length - 1) * common
    if total < 1e-12:
        return Figure.missing(n, "psychometrics.nothing_varies", {"n": n}), None
    alpha = length * common / total
    reach = Z * math.sqrt(2 * length / ((length - 1) * (n - 2)))
    low, high = 1 - (1 - alpha) * math.exp(reach), 1 - (1 - alpha) * math.exp(-reach)
    error = math.sqrt(max(0.0, length * (variance - common)))
    return Figure(alpha, n, low, high), error


def _mean(covariance: Floats, together: Floats, chosen: Flags) -> float:
    """Mean of the chosen variances or covariances, each by its degrees of freedom."""
    return float((covariance[chosen] * (together[chosen] - 1)).sum() / (together[chosen] - 1).sum())


def _covariances(responses: Responses) -> tuple[Floats, Floats]:
    """Covariance of each pair of questions over the people who saw both, and how many these are."""
    mask = responses.seen.astype(float)
    points = np.where(responses.seen, responses.points, 0.0)
    together = mask.T @ mask
    sums = points.T @ mask
    between = points.T @ points - sums * sums.T / np.maximum(together, 1)
    return between / np.maximum(together - 1, 1), together


def _exam_alarms(responses: Responses, reliability: Figure, limits: Limits) -> list[Reason]:
    found = []
    seen = responses.seen
    if reliability.value is None and reliability.why_not is not None:
        found.append(reliability.why_not)
    elif reliability.high is not None and reliability.high < limits.reliable:
        found.append(Reason("psychometrics.unreliable", {"alpha": reliability.value, "least": limits.reliable}))
    # Papers are shuffled: who stopped early is seen in the order that each person met, not in that of the table.
    cut = _broken_off(seen) if responses.unfinished is None else len(responses.unfinished)
    if seen.any() and cut > _TIME_WAS_SHORT * float(seen.any(axis=1).sum()):
        found.append(Reason("psychometrics.not_reached", {"n": cut, "total": int(seen.any(axis=1).sum())}))
    return found


def _broken_off(seen: Flags) -> int:
    """How many people answered everything up to some question and nothing after it, while others went on."""
    if seen.shape[1] < 2:
        return 0
    count = seen.sum(axis=1)
    last = seen.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    return int(((count > 0) & (count == last) & (count < seen.shape[1])).sum())
