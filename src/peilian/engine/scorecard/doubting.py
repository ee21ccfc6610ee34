"""What is allowed in a scorecard but odd (存疑): sums of weights, points out of reach, tables against their indicator.

A table is tried, not reasoned about: each line is scored at both sides of every number that stands in its parameters.
So what is found is really there, and a formula is looked at like any other rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from peilian.engine._expression import Expression
from peilian.engine._kernel import Reason
from peilian.engine.scorecard.card import Line, Measure, Scorecard
from peilian.engine.scorecard.rules import Rule
from peilian.engine.scorecard.scoring import score_line
from peilian.engine.scorecard.values import ZERO, Indicator, exact, shown

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_NEAR = Decimal("0.000001")
_MOST_PLACES = 400  # at which one indicator of a line is tried


def doubts(scorecard: Scorecard) -> tuple[tuple[str | None, Reason], ...]:
    """Each doubt with the key of the line it concerns; ``None`` for the card as a whole."""
    found: list[tuple[str | None, Reason]] = []
    if scorecard.meant_max is not None and scorecard.max != scorecard.meant_max:
        params = {"sum": shown(scorecard.max), "meant": shown(scorecard.meant_max)}
        found.append((None, Reason("scorecard.doubt.sum_of_weights", {**params})))
    for line in scorecard.lines:
        found += [(line.key, reason) for reason in _line(line, scorecard.indicators)]
    return tuple(found)


def _line(line: Line, measures: Mapping[str, Measure]) -> list[Reason]:
    found = [reason for rule in _rules(line) for reason in rule.doubts(line.weight)]
    reach = line.rule.reach(line.weight)
    if reach is not None and reach < line.weight:
        params = {"line": line.key, "most": shown(reach), "weight": shown(line.weight)}
        found.append(Reason("scorecard.doubt.unreachable", {**params}))
    if any(reason.key == "scorecard.doubt.not_monotone" for reason in found):
        return found
    return found + list(_against(line, measures))


def _rules(line: Line) -> Iterator[Rule]:
    yield line.rule
    if line.small_sample is not None and line.small_sample.rule is not None:
        yield line.small_sample.rule
    for _, rule in line.sizes.rows if line.sizes else ():
        yield rule


def _against(line: Line, measures: Mapping[str, Measure]) -> Iterator[Reason]:
    """Indicators whose better values bring fewer points."""
    numbers = {number for part in (*_rules(line), line.zero_when) for number in _numbers(part)}
    for name in line.indicators:
        measure = measures.get(name)
        if measure is None or measure.better == "none":
            continue
        places = sorted(_places(numbers, measure), reverse=measure.better == "lower")[:_MOST_PLACES]
        for others in (ZERO, Decimal(1)):
            drop = _drop(line, name, places, others)
            if drop is not None:
                worse, better = (exact(place) for place in drop)
                params = {"line": line.key, "indicator": name, "worse": worse, "better": better}
                yield Reason("scorecard.doubt.against", {**params})
                break


def _drop(line: Line, name: str, places: list[Decimal], others: Decimal) -> tuple[Decimal, Decimal] | None:
    """Two neighbouring values of which the better one brings fewer points."""
    rest = {other: Indicator(others) for other in line.indicators if other != name}
    scored = [(place, score_line(line, {**rest, name: Indicator(place)}).points) for place in places]
    judged = [(place, points) for place, points in scored if points is not None]
    for (worse, before), (better, after) in pairwise(judged):
        if after < before:
            return worse, better
    return None


def _places(numbers: set[Decimal], measure: Measure) -> set[Decimal]:
    if measure.unit == "truth":
        return {ZERO, Decimal(1)}
    if measure.unit in ("count", "level"):
        near = {number.to_integral_value() + step for number in numbers for step in (-1, 0, 1)}
        return {place for place in near | set(map(Decimal, range(9))) if place >= 0}
    signed = {sign * number for number in numbers | {ZERO, Decimal(1)} for sign in (1, -1)}
    return {place + step for place in signed for step in (-_NEAR, ZERO, _NEAR)}


def _numbers(part: Any) -> Iterator[Decimal]:
    """Every number among the parameters, and those of a formula."""
    if isinstance(part, Decimal):
        yield part
    elif isinstance(part, int) and not isinstance(part, bool):
        yield Decimal(part)
    elif isinstance(part, Expression):
        yield from _numbers(part.source)
    elif isinstance(part, str):
        yield from map(Decimal, _NUMBER.findall(part))
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _numbers(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from _numbers(value)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _numbers(getattr(part, field.name))
