"""What is wrong with a question (题目告警), as reasons that a trainer can act on. Too few answers raise no alarm."""

from __future__ import annotations

import math

from peilian.engine._kernel import Param, Reason, wilson_interval
from peilian.engine.assessment.psychometrics.classical import ItemFigures, Limits, OptionFigures, Standing, lean
from peilian.engine.assessment.psychometrics.values import ExamItem, Figure, Responses

_DOUBT = 2.0
"""Normal deviate from which another option than the key is taken for the right one."""

_ATTRACTS = 0.5
"""Share of the key's takers in the best third from which a second option that attracts the strong rivals the key."""


def alarms_of(
    responses: Responses, standing: Standing, place: int, figures: ItemFigures, limits: Limits
) -> list[Reason]:
    """The alarms of one question, the gravest first."""
    item = responses.items[place]
    if figures.facility.why_not is not None:
        return [figures.facility.why_not]
    found = []
    key = _wrong_key(responses, standing, place, figures)
    if key is not None:
        found.append(key)
    elif (second := _second_answer(item, figures)) is not None:
        found.append(second)
    # A wrong key explains the difficulty, and the difficulty explains why a question does not separate.
    difficulty = [] if key is not None else _difficulty(item, figures.facility, limits)
    found += _separation(figures, limits, is_explained=key is not None or bool(difficulty))
    found += difficulty
    found += [
        Reason("psychometrics.unused_option", {"option": option.option, "n": option.n, "share": option.share})
        for option in figures.options
        if not option.is_key and _is_unused(option, figures.facility.n, limits)
    ]
    return found


def _wrong_key(responses: Responses, standing: Standing, place: int, figures: ItemFigures) -> Reason | None:
    """Names the option that strong people choose instead of the key; without options a reversed mark."""
    item = responses.items[place]
    if not figures.options:
        return _reversed(figures)
    if not item.correct or any(option.thirds is None for option in figures.options):
        return None
    if len(item.correct) != 1:
        return _wrong_part(figures)
    (key,) = (column for column, option in enumerate(figures.options) if option.is_key)
    doubts = [
        (_doubt(responses, standing, place, figures, column, key), option)
        for column, option in enumerate(figures.options)
        if column != key and _rises(option)
    ]
    best = max(doubts, key=lambda one: one[0], default=None)
    if best is None or best[0] < _DOUBT:
        return None
    option, keyed = best[1], figures.options[key]
    return Reason("psychometrics.wrong_key", _beside(option, keyed))


def _doubt(responses: Responses, standing: Standing, place: int, figures: ItemFigures, other: int, key: int) -> float:
    """How much speaks for the option ``other`` against the key: strong people lean to it, and most of them choose it.

    Two normal deviates, added as S. A. Stouffer adds them: the correlation with standing, and the difference of counts
    in the best third after Q. McNemar.
    """
    third = figures.discrimination.n / 3
    ours, keyed = third * _top(figures.options[other]), third * _top(figures.options[key])
    crowd = (ours - keyed) / math.sqrt(ours + keyed) if ours + keyed else 0.0
    towards = lean(responses, standing, place, other, key)
    return (towards + crowd) / math.sqrt(2)


def _reversed(figures: ItemFigures) -> Reason | None:
    if not figures.discrimination.is_below_zero:
        return None
    return Reason("psychometrics.wrong_key_unseen", {"r": figures.discrimination.value})


def _wrong_part(figures: ItemFigures) -> Reason | None:
    """For questions with several right options: a part of the key that looks wrong, or one that it lacks."""
    for option in figures.options:
        low, high = option.discrimination.low, option.discrimination.high
        if low is None or high is None:
            continue
        if option.is_key and high < 0 and _top(option) < 0.5:
            return Reason("psychometrics.key_has_wrong_part", {"option": option.option, "strong": _top(option)})
        if not option.is_key and low > 0 and _top(option) > 0.5:
            return Reason("psychometrics.key_lacks_part", {"option": option.option, "strong": _top(option)})
    return None


def _second_answer(item: ExamItem, figures: ItemFigures) -> Reason | None:
    """An option beside the key that strong people choose more than weak ones: perhaps it is right as well."""
    if len(item.correct) != 1:
        return None
    keyed = next(option for option in figures.options if option.is_key) if figures.options else None
    for option in figures.options:
        low = option.discrimination.low
        if keyed is None or option.is_key or low is None or option.thirds is None:
            continue
        if low > 0 and _top(option) >= _ATTRACTS * _top(keyed):
            return Reason("psychometrics.second_answer", _beside(option, keyed))
    return None


def _beside(option: OptionFigures, keyed: OptionFigures) -> dict[str, Param]:
    return {"option": option.option, "key": keyed.option, "strong": _top(option), "strong_key": _top(keyed)}


def _separation(figures: ItemFigures, limits: Limits, *, is_explained: bool) -> list[Reason]:
    figure = figures.discrimination
    if figure.value is None or figure.high is None:
        # That all did the same is told by the difficulty.
        why_not = figure.why_not
        return [] if why_not is None or why_not.key == "psychometrics.nothing_varies" else [why_not]
    if figure.is_below_zero:
        return [Reason("psychometrics.harms", {"r": figure.value, "n": figure.n})]
    if figure.high < limits.weak and not is_explained:
        return [Reason("psychometrics.weak", {"r": figure.value, "least": limits.weak})]
    return []


def _difficulty(item: ExamItem, facility: Figure, limits: Limits) -> list[Reason]:
    if facility.value is None or facility.low is None or facility.high is None:
        return []
    if facility.low > limits.too_easy:
        return [Reason("psychometrics.too_easy", {"share": facility.value})]
    if len(item.correct) == 1 and len(item.options) > 1 and facility.high <= 1 / len(item.options):
        return [Reason("psychometrics.below_guessing", {"share": facility.value, "guessing": 1 / len(item.options)})]
    if facility.high < limits.too_hard:
        return [Reason("psychometrics.too_hard", {"share": facility.value})]
    return []


def _is_unused(option: OptionFigures, n: int, limits: Limits) -> bool:
    interval = wilson_interval(option.n, n)
    return interval is not None and interval[1] < limits.unused


def _rises(option: OptionFigures) -> bool:
    return option.discrimination.value is not None and option.discrimination.value > 0


def _top(option: OptionFigures) -> float:
    assert option.thirds is not None
    return option.thirds[2]
