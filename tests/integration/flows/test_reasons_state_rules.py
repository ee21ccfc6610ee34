"""The reason of a line says what was measured, what was asked for, and what that brings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from peilian.engine.scorecard import Indicator
from peilian.flows import appraising

BODY = appraising.templates()["ecommerce-monthly"].body


def reason(line: str, indicator: str, value: str, language: Any = "zh", settings: Any = None) -> str:
    card = appraising.card_of(BODY, settings)
    scored = appraising.appraise(card, {indicator: Indicator(Decimal(value))})
    lines = {one["line"]: one["reason"] for one in appraising.to_sheet(scored, card, language)["lines"]}
    return str(lines[line])


@pytest.mark.parametrize(
    ("line", "indicator", "value", "settings", "parts"),
    [
        ("sales_completion", "sales_completion_ratio", "1.1078", {}, ["110.78%", "标准 100%", "> 10%", "加 2 分"]),
        (
            "sales_completion",
            "sales_completion_ratio",
            "1.25",
            {"sales_bonus": "every_10"},
            ["每超出 10%", "加 2 分", "共加"],
        ),
        ("sales_completion", "sales_completion_ratio", "1.05", {}, ["105%", "标准 100%", "> 10%"]),
        ("sales_completion", "sales_completion_ratio", "0.98", {}, ["98%", "差 2%", "每步 5%", "不扣分"]),
        ("sales_completion", "sales_completion_ratio", "0.8", {}, ["80%", "标准 100%", "每步 5%", "每步扣 1 分"]),
        ("sales_growth", "sales_growth_ratio", "-0.1", {}, ["−10%", "每涨满 5% 加 1 分", "跌幅超过 20%"]),
        ("sales_growth", "sales_growth_ratio", "-0.315", {}, ["−31.5%", "跌幅超过 20%", "扣 1 分"]),
        ("knowledge", "knowledge_level", "2", {}, ["第 2 级", "共 4 级", "得 2.5 分"]),
        ("team_rules", "rule_breaches", "0", {}, ["没有发生", "每次扣 1 分"]),
    ],
)
def test_a_reason_names_the_value_the_standard_and_the_step(
    line: str, indicator: str, value: str, settings: Any, parts: list[str]
) -> None:
    said = reason(line, indicator, value, settings=settings)
    assert all(part in said for part in parts), said
    assert "-" not in said


def test_one_point_is_no_points() -> None:
    assert "1 point," in reason("sales_growth", "sales_growth_ratio", "0.01", "en")
