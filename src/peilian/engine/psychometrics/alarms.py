"""What is wrong with a question (题目告警), as reasons that a trainer can act on. Too few answers raise no alarm."""

from __future__ import annotations

from peilian.engine._kernel import Reason, wilson_interval
from peilian.engine.psychometrics.classical import ItemFigures, Limits, OptionFigures, Standing, lean
from peilian.engine.psychometrics.values import ExamItem, Figure, Responses

_LEANS = 0.5
"""Normal deviate from which strong people lean to another option rather than to the key, where most of them chose it."""

_LEANS_BY_ITSELF = 2.5
"""The same where the best third does not choose it more often than the key."""

_ATTRACTS = 0.5
"""Share of the key's takers in the best third from which a second option that attracts the strong rivals the key."""


def alarms_of(responses: Responses, standing: Standing, place: int, figures: ItemFigures, limits: Limits) -> list[Reason]:
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
    found += _separation(item, figures, limits, is_key_doubted=key is not None)
    if key is None:
        found += _difficulty(item, figures.facility, limits)
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
    if any(option.thirds is None for option in figures.options):
        return None
    if len(item.correct) != 1:
        return _wrong_part(figures)
    (key,) = (column for column, option in enumerate(figures.options) if option.is_key)
    best: tuple[float, OptionFigures] | None = None
    for column, option in enumerate(figures.options):
        if column == key or not _rises(option):
            continue
        towards = lean(responses, standing, place, [column], [key])
        needed = _LEANS if _top(option) > _top(figures.options[key]) else _LEANS_BY_ITSELF
        if towards is not None and towards >= needed and (best is None or towards > best[0]):
            best = towards, option
    if best is None:
        return None
    option, keyed = best[1], figures.options[key]
    params = {"option": option.option, "key": keyed.option, "strong": _top(option), "strong_key": _top(keyed)}
    return Reason("psychometrics.wrong_key", dict(params))


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
            params = {"option": option.option, "key": keyed.option, "strong": _top(option), "strong_key": _top(keyed)}
            return Reason("psychometrics.second_answer", dict(params))
    return None


def _separation(item: ExamItem, figures: ItemFigures, limits: Limits, *, is_key_doubted: bool) -> list[Reason]:
    figure = figures.discrimination
    if figure.value is None or figure.high is None:
        return [] if figure.why_not is None else [figure.why_not]
    if figure.is_below_zero:
        return [Reason("psychometrics.harms", {"r": figure.value, "n": figure.n})]
    if figure.high < limits.weak and not is_key_doubted:
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
