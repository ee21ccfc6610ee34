"""Standards of lines that say other numbers than their rules."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from peilian.flows import appraising
from peilian.flows.appraisal_texts import outdated

SHIPPED = appraising.templates()


def noticed(body: dict[str, Any], settings: dict[str, str] | None = None, *former: Any) -> list[tuple[str, str, str]]:
    return [(row.line, row.said, row.now) for row in outdated((body, settings), former, "zh")]


@pytest.mark.parametrize("key", SHIPPED)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_shipped_standard_contradicts_its_rule(key: str, language: Any) -> None:
    assert outdated((SHIPPED[key].body, None), [], language) == []


@pytest.mark.parametrize(
    ("setting", "answer", "expected"),
    [
        ("responses_standard", "600", [("responses", "450", "600")]),
        ("own_deal_standard", "0.2", [("own_deal", "10%", "20%"), ("own_deal", "5%", "10%")]),
        ("responses_standard", "450", []),
    ],
)
def test_an_answer_to_a_setting_leaves_the_text_behind(setting: str, answer: str, expected: Any) -> None:
    found = noticed(SHIPPED["ecommerce-monthly"].body, {setting: answer})
    # A tenth of the team's orders may be what is halved by the other edge.
    assert [row for row in found if row in expected] == [row for row in expected if row in found]
    assert bool(found) == bool(expected)


def test_a_changed_parameter_is_compared_with_the_rules_before() -> None:
    before = SHIPPED["ecommerce-monthly"].body
    body = deepcopy(before)
    line = next(line for line in body["lines"] if line["key"] == "responses")
    line["params"]["bands"][2]["below"] = 0.75
    assert noticed(body) == []  # what the text was written for is unknown
    assert noticed(body, None, (before, None)) == [("responses", "八成", "75%")]
    line["standard"]["zh"] = "不足 75% 减 2 分"
    assert noticed(body, None, (before, None)) == []


def test_a_number_that_another_place_of_the_rule_still_has_is_no_contradiction() -> None:
    before = SHIPPED["ecommerce-monthly"].body
    body = deepcopy(before)
    line = next(line for line in body["lines"] if line["key"] == "sales_growth")
    line["params"]["add"] = 2  # a fall of more than 20 % still costs 1
    assert noticed(body, None, (before, None)) == []
