"""Calibration (参数标定): difficulties and discriminations of questions, by marginal maximum likelihood.

R. D. Bock and M. Aitkin, "Marginal maximum likelihood estimation of item parameters: application of an EM algorithm",
Psychometrika 46 (1981). Missing answers simply do not take part, so people may have had different papers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from peilian.engine._kernel import Reason
from peilian.engine.assessment.psychometrics.model import ItemParameters, Model, logistic
from peilian.engine.assessment.psychometrics.values import Flags, Floats, Responses

_NODES = np.linspace(-5.0, 5.0, 41)
_WEIGHTS = np.exp(-0.5 * _NODES**2)
_WEIGHTS /= _WEIGHTS.sum()
_ROUNDS = 500
_SETTLED = 1e-4

# What is believed of a question before it is answered, as weight of the logarithm of its slope and of its difficulty.
# It is worth a handful of answers and keeps a question that few got wrong from drifting off.
_SLOPE_PRIOR = (math.log(1.0), 0.5)
_PLACE_PRIOR = (0.0, 3.0)

_LEAST: Mapping[Model, int] = {"rasch": 50, "2pl": 200}
_LEAST_LINK = 10  # people who answered both of two questions, from which these lie on one scale
_DRIFTS = 3.3  # normal deviate beyond which a frozen question is said to have changed: one in a thousand by chance


class Population(NamedTuple):
    """Mean and standard deviation of ability among those who answered."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Questions on one scale, and why others are not on it.

    ``items`` holds the frozen questions unchanged beside the new ones. ``drifted`` are frozen questions that these
    people answered otherwise than their parameters foretell, beyond chance: leaked, reworded, or outdated.
    """

    model: Model
    items: Mapping[str, ItemParameters]
    population: Population
    left_out: Mapping[str, Reason] = field(default_factory=dict)
    drifted: Mapping[str, Reason] = field(default_factory=dict)
    rounds: int = 0
    is_settled: bool = True


@dataclass(slots=True)
class _State:
    """Slope and place of each question, which of them are free, and the population."""

    slope: Floats
    place: Floats
    free: Flags
    mean: float
    deviation: float

    @property
    def grid(self) -> Floats:
        return self.mean + self.deviation * _NODES

    def right(self) -> Floats:
        """Nodes x items."""
        return np.clip(logistic(self.slope * (self.grid[:, None] - self.place)), 1e-10, 1 - 1e-10)


def calibrate(
    responses: Responses,
    *,
    model: Model = "2pl",
    frozen: Mapping[str, ItemParameters] | None = None,
    least: int | None = None,
) -> Calibration:
    """Put questions on a scale; those in ``frozen`` keep their parameters and so carry the scale of earlier exams.

    Without frozen questions the scale is set by the people: mean ability 0, and for the two-parameter model a standard
    deviation of 1 (for Rasch the discrimination is 1 and the deviation is estimated). With frozen ones mean and
    deviation are both estimated. ``least`` answers are needed for a question (50 for Rasch and 200 for the
    two-parameter model, unless told otherwise).
    """
    anchors = {item.key: frozen[item.key] for item in responses.items if item.key in frozen} if frozen else {}
    left_out = _left_out(responses, set(anchors), least or _LEAST[model])
    keys = [item.key for item in responses.items]
    places = np.array([place for place, key in enumerate(keys) if key not in left_out], dtype=int)
    taking = responses.seen[:, places].any(axis=1)
    if not places.size or not taking.any():
        return Calibration(model, anchors, Population(0.0, 1.0), left_out)
    seen = responses.seen[taking][:, places]
    given = np.where(seen, responses.shares[taking][:, places], 0.0)
    kept = [keys[place] for place in places]
    state = _begin(given, seen, kept, anchors)
    rounds, is_settled = _fit(state, given, seen, model, is_anchored=bool(anchors))
    errors = _errors(state, given, seen, model, is_anchored=bool(anchors))
    items = {key: anchors.get(key) or _parameters(state, seen, errors, n, model) for n, key in enumerate(kept)}
    population = Population(float(state.mean), float(state.deviation))
    return Calibration(
        model, items, population, left_out, _drift(state, given, seen, kept, anchors), rounds, is_settled
    )


def _parameters(state: _State, seen: Flags, errors: Floats, n: int, model: Model) -> ItemParameters:
    return ItemParameters(
        difficulty=float(state.place[n]),
        discrimination=float(state.slope[n]),
        difficulty_error=float(errors[n, 1]),
        discrimination_error=None if model == "rasch" else float(errors[n, 0]),
        n=int(seen[:, n].sum()),
    )


def _left_out(responses: Responses, anchors: set[str], least: int) -> dict[str, Reason]:
    """New questions that cannot be calibrated: too few answers, all alike, or nothing in common with the scale."""
    found = {}
    for place, item in enumerate(responses.items):
        shares = responses.shares[responses.seen[:, place], place]
        if item.key in anchors:
            continue
        if len(shares) < least:
            found[item.key] = Reason("psychometrics.too_few_people", {"n": len(shares), "least": least})
        elif shares.min() == shares.max():
            found[item.key] = Reason("psychometrics.nothing_varies", {"n": len(shares)})
    keys = [item.key for item in responses.items]
    linked = _linked(responses, [key not in found for key in keys], [key in anchors for key in keys])
    for key, is_linked in zip(keys, linked, strict=True):
        if not is_linked and key not in found and key not in anchors:
            found[key] = Reason("psychometrics.unlinked")
    return found


def _linked(responses: Responses, able: list[bool], anchors: list[bool]) -> list[bool]:
    """Questions that a chain of people joins to a frozen one; without frozen ones, the largest group so joined."""
    mask = responses.seen.astype(float) * np.array(able, dtype=float)
    near = mask.T @ mask >= _LEAST_LINK
    groups: list[set[int]] = []
    waiting = {place for place, is_able in enumerate(able) if is_able}
    while waiting:
        group, edge = set[int](), {min(waiting)}
        while edge:
            group |= edge
            edge = {int(place) for place in np.flatnonzero(near[list(edge)].any(axis=0))} & waiting - group
        waiting -= group
        groups.append(group)
    joined = [group for group in groups if any(anchors[place] for place in group)]
    kept = set().union(*joined) if any(anchors) else max(groups, key=len, default=set())
    return [place in kept for place in range(len(able))]


def _begin(given: Floats, seen: Flags, keys: list[str], frozen: Mapping[str, ItemParameters]) -> _State:
    facility = np.clip(given.sum(axis=0) / np.maximum(seen.sum(axis=0), 1), 0.02, 0.98)
    place = -np.log(facility / (1 - facility))
    slope = np.ones(len(keys))
    for n, key in enumerate(keys):
        if key in frozen:
            place[n], slope[n] = frozen[key].difficulty, frozen[key].discrimination
    return _State(slope, place, np.array([key not in frozen for key in keys], dtype=bool), 0.0, 1.0)


def _believed(state: _State, given: Floats, seen: Flags) -> Floats:
    """What is believed of each person's ability; people x nodes."""
    right = state.right()
    belief = given @ np.log(right).T + (seen - given) @ np.log1p(-right).T + np.log(_WEIGHTS)
    belief -= belief.max(axis=1, keepdims=True)
    np.exp(belief, out=belief)
    return np.asarray(belief / belief.sum(axis=1, keepdims=True), dtype=float)


def _fit(state: _State, given: Floats, seen: Flags, model: Model, *, is_anchored: bool) -> tuple[int, bool]:
    """Rounds of expectation and maximisation until nothing moves; changes ``state``."""
    shown = seen.astype(float)
    for number in range(1, _ROUNDS + 1):
        belief = _believed(state, given, shown)
        grid = state.grid
        before = np.concatenate((state.place, np.log(state.slope), [state.mean, math.log(state.deviation)]))
        _improve(state, belief.T @ given, belief.T @ shown, grid, model)
        if is_anchored or model == "rasch":
            state.mean = float((belief @ grid).mean()) if is_anchored else state.mean
            spread = float((belief @ (grid - state.mean) ** 2).mean())
            state.deviation = max(math.sqrt(spread), 0.05)
        after = np.concatenate((state.place, np.log(state.slope), [state.mean, math.log(state.deviation)]))
        if float(np.abs(after - before).max()) < _SETTLED:
            return number, True
    return _ROUNDS, False


def _improve(state: _State, hits: Floats, shown: Floats, grid: Floats, model: Model) -> None:
    """Newton's steps for all free questions at once, on log slope and place, with the prior of each."""
    free = state.free
    if not free.any():
        return
    hits, shown = hits[:, free], shown[:, free]
    log_slope, place = np.log(state.slope[free]), state.place[free].copy()
    for _ in range(4):
        slope = np.exp(log_slope)
        away = grid[:, None] - place
        right = logistic(slope * away)
        missed = hits - shown * right
        varying = shown * right * (1 - right)
        by_place = -(slope * missed).sum(axis=0) - (place - _PLACE_PRIOR[0]) / _PLACE_PRIOR[1] ** 2
        bend_place = (slope**2 * varying).sum(axis=0) + _PLACE_PRIOR[1] ** -2
        if model == "rasch":
            place += np.clip(by_place / bend_place, -1, 1)
            continue
        by_slope = (slope * away * missed).sum(axis=0) - (log_slope - _SLOPE_PRIOR[0]) / _SLOPE_PRIOR[1] ** 2
        bend_slope = ((slope * away) ** 2 * varying).sum(axis=0) + _SLOPE_PRIOR[1] ** -2
        cross = -(slope**2 * away * varying).sum(axis=0)
        size = bend_place * bend_slope - cross**2
        place += np.clip((bend_slope * by_place - cross * by_slope) / size, -1, 1)
        log_slope += np.clip((bend_place * by_slope - cross * by_place) / size, -0.5, 0.5)
    state.slope[free], state.place[free] = np.exp(log_slope), place


def _errors(state: _State, given: Floats, seen: Flags, model: Model, *, is_anchored: bool) -> Floats:
    """Standard errors of slope and place; items x 2.

    From the products of each person's scores with all parameters, the population's included (the empirical
    information), and the priors. Parameters are inverted together, since they share the doubt about people's abilities.
    """
    free = state.free
    n_items = int(free.sum())
    result = np.full((len(free), 2), np.nan)
    if not n_items:
        return result
    shown = seen.astype(float)
    belief, grid = _believed(state, given, shown), state.grid
    right = state.right()[:, free]
    slope, place = state.slope[free], state.place[free]
    away = grid[:, None] - place
    # Mean over what is believed of (answer - right) and of its product with the distance.
    near = given[:, free] - shown[:, free] * (belief @ right)
    far = given[:, free] * (belief @ away) - shown[:, free] * (belief @ (away * right))
    columns = [-slope * near] if model == "rasch" else [slope * far, -slope * near]
    prior = [_PLACE_PRIOR[1] ** -2] if model == "rasch" else [_SLOPE_PRIOR[1] ** -2, _PLACE_PRIOR[1] ** -2]
    extra = _population_scores(belief, model, is_anchored=is_anchored)
    scores = np.hstack([*columns, extra])
    size = scores.shape[1]
    precision = np.repeat([*prior, 0.0], [n_items] * len(prior) + [extra.shape[1]])
    variance = np.diag(np.linalg.pinv(scores.T @ scores + np.diag(precision), hermitian=True))
    deviations = np.sqrt(np.maximum(variance[: size - extra.shape[1]], 0)).reshape(len(prior), n_items)
    result[free, 1] = deviations[-1]
    if model == "2pl":
        result[free, 0] = slope * deviations[0]
    return result


def _population_scores(belief: Floats, model: Model, *, is_anchored: bool) -> Floats:
    """Each person's scores with the mean and the logarithm of the deviation, in units of the deviation."""
    means, squares = belief @ _NODES, belief @ _NODES**2 - 1
    if is_anchored:
        return np.column_stack((means, squares))
    return squares[:, None] if model == "rasch" else np.empty((len(belief), 0))


def _drift(
    state: _State, given: Floats, seen: Flags, keys: list[str], anchors: Mapping[str, ItemParameters]
) -> dict[str, Reason]:
    """Frozen questions whose share of right answers is far from what the abilities of these people foretell.

    The error of the frozen difficulty itself is allowed for.
    """
    shown = seen.astype(float)
    right = state.right()
    expected = _believed(state, given, shown) @ right
    found = {}
    for n, key in enumerate(keys):
        people = seen[:, n]
        if state.free[n] or not people.any():
            continue
        left = given[people, n] - expected[people, n]
        varying = float((expected[people, n] * (1 - expected[people, n])).sum())
        moved = state.slope[n] * varying * (anchors[key].difficulty_error or 0.0)
        deviation = math.sqrt(varying + moved**2)
        if deviation > 0 and abs(float(left.sum())) / deviation > _DRIFTS:
            told, met = float(expected[people, n].mean()), float(given[people, n].mean())
            found[key] = Reason("psychometrics.drifted", {"expected": told, "share": met, "n": int(people.sum())})
    return found
