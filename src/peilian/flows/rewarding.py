"""Conditions of rewards (奖励条件): whether what is known of a person meets them, and what was known."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from peilian.engine._expression import ExpressionError, Kind, kind_name, parse
from peilian.engine._kernel import Fault, InputError, Reason, Text

# What a condition may use, with what it is called.
NAMES: Mapping[str, Text] = {
    "normalised": Text(zh="本月得分（百分制）", en="result of the month, of 100"),
    "change": Text(zh="比上月变化", en="change from the month before"),
    "rank": Text(zh="全部名次", en="place among all"),
    "people": Text(zh="参加考核人数", en="people appraised"),
    "team_rank": Text(zh="组内名次", en="place in the team"),
    "team_size": Text(zh="小组人数", en="people in the team"),
    "months_at_90": Text(zh="连续几个月不低于 90 分", en="months in a row at 90 or more"),
    "praises": Text(zh="当月表扬次数", en="praises in the month"),
    "complaints": Text(zh="当月投诉次数", en="complaints in the month"),
}
# A person of whom everything is known, without two values alike.
_SAMPLE: Mapping[str, Decimal] = {name: Decimal(7 * n + 11) / 10 for n, name in enumerate(NAMES)}
_KINDS: Mapping[str, Kind] = dict.fromkeys(NAMES, "number")


def check_condition(when: str) -> tuple[str, ...]:
    """The names that a condition uses; ``InputError`` names the column of what is wrong with it, or says that it could
    hold of nobody, such as a division by 0."""
    try:
        parsed = parse(when, _KINDS)
    except ExpressionError as error:
        raise InputError(Fault(error.reason, field="when")) from None
    if parsed.kind != "truth":
        raise InputError(
            Fault(Reason("expression.truth_expected", {"column": 1, "found": kind_name(parsed.kind)}), field="when")
        )
    if parsed.evaluate(_SAMPLE) is None:
        raise InputError(Fault(Reason("rewards.never_known"), field="when"))
    return tuple(name for name in NAMES if name in parsed.names)


def meets(when: str, values: Mapping[str, Decimal | None]) -> bool:
    """Whether ``values`` meet the condition; what is not known does not meet it."""
    return parse(when, _KINDS).evaluate(values) is True
