"""Charts: the picture, the table and the drawing tell the same, in words made by the format helper."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.shell import charts
from peilian.web.shell.charts.scale import scale

P = charts.Point
SVG = "{http://www.w3.org/2000/svg}"


def _trend(*points, **more):
    return charts.trend(
        "k", "首次响应", [charts.Series("一组", points)], unit="seconds", language=more.pop("language", "zh"), **more
    )


def _all_kinds(language="zh"):
    return [
        _trend(P("周一", 42, n=9), P("周二", None), P("周三", 36, is_provisional=True), target=30, language=language),
        charts.bars("b", "满意率", [charts.Bar("<林&晓>", 0.9, 40)], unit="ratio", language=language, target=0.88),
        charts.histogram("h", "t", [0, 30, 60], [5, 2], unit="seconds", language=language, median=20, target=30),
        charts.boxes("x", "t", [charts.Box("a", 1, 2, 3, 4, 5, 30)], unit="seconds", language=language),
        charts.shares("s", "t", ["a"], [charts.Part("好", (3,), 1), charts.Part("差", (1,), 4)], language=language),
        charts.columns(
            "c",
            "t",
            [charts.Series("甲", [P("1日", 3)]), charts.Series("乙", [P("1日", None)], 2)],
            unit="money",
            language=language,
        ),
        charts.radar(
            "r",
            "t",
            [charts.Axis(name, 5) for name in "abc"],
            [charts.Profile("林", (1, None, 3), 1, (0.5, None, 2), (2, None, 4))],
            unit="points",
            language=language,
        ),
        charts.waterfall(
            "w",
            "得分",
            [
                charts.Step("满分", 0, 105, is_whole=True),
                charts.Step("转化率", 105, 103),
                charts.Step("增长率", 103, 105.5),
                charts.Step("总分", 0, 105.5, is_whole=True),
            ],
            unit="points",
            language=language,
        ),
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_chart_is_json_a_table_and_a_drawing(language):
    for chart in _all_kinds(language):
        assert json.loads(json.dumps(chart.option, allow_nan=False)) == chart.option
        assert chart.table.rows
        root = ElementTree.fromstring(chart.drawing)
        assert root.tag == f"{SVG}svg"
        assert "style" not in {name for element in root.iter() for name in element.attrib}
        assert chart.title in chart.summary


def test_a_missing_value_leaves_a_gap_and_is_never_zero():
    chart = _trend(P("周一", 42), P("周二", None), P("周三", 36))
    assert [item["value"] for item in chart.option["series"][0]["data"]] == [42.0, None, 36.0]
    assert [row.cells[1].text for row in chart.table.rows] == ["42秒", "–", "36秒"]
    assert len(ElementTree.fromstring(chart.drawing).findall(f"{SVG}circle")) == 2


def test_the_provisional_part_is_dashed_and_joined_to_the_firm_one():
    chart = _trend(P("1", 42), P("2", 40), P("3", 38, is_provisional=True))
    firm, open_ = chart.option["series"]
    assert [item and item["value"] for item in firm["data"]] == [42.0, 40.0, None]
    assert [item and item["value"] for item in open_["data"]] == [None, 40.0, 38.0]
    assert open_["lineStyle"]["type"] == "dashed"
    assert chart.table.rows[2].cells[1].text == "38秒（暂定）"


def test_target_and_baseline_are_on_the_scale_and_named():
    chart = _trend(P("1", 42), P("2", 40), target=30, baseline=75)
    assert chart.option["yAxis"]["min"] <= 30
    assert chart.option["yAxis"]["max"] >= 75
    lines = chart.option["series"][0]["markLine"]["data"]
    assert [line["label"]["formatter"] for line in lines] == ["目标 30秒", "基线 1分15秒"]
    assert "基线 1分15秒" in chart.drawing


def test_a_point_leads_to_its_evidence_in_the_picture_and_in_the_table():
    chart = _trend(P("1", 42, href="/c/?day=1"))
    assert chart.option["series"][0]["data"][0]["href"] == "/c/?day=1"
    assert chart.table.rows[0].cells[1].href == "/c/?day=1"


def test_names_are_escaped_in_the_drawing():
    drawing = charts.bars("b", "t", [charts.Bar("<b>&", 1)], unit="count", language="en").drawing
    assert "&lt;b&gt;&amp;" in drawing


def test_few_cases_are_paler():
    bars = charts.bars("b", "t", [charts.Bar("a", 1, 9), charts.Bar("b", 1, 300)], unit="count", language="en")
    few, many = bars.option["series"][0]["data"]
    assert few["itemStyle"]["opacity"] < 1
    assert "itemStyle" not in many


def test_shares_take_at_most_four_parts():
    parts = [charts.Part(str(n), (1,), n) for n in range(1, 6)]
    with pytest.raises(ValueError, match="1 to 4 parts"):
        charts.shares("s", "t", ["a"], parts, language="zh")


def test_a_row_without_cases_has_no_shares():
    chart = charts.shares("s", "t", ["a"], [charts.Part("x", (0,), 1), charts.Part("y", (0,), 2)], language="zh")
    assert [cell.text for cell in chart.table.rows[0].cells] == ["a", "–", "–", "0"]


@pytest.mark.parametrize("count", [2, 9])
def test_a_radar_has_three_to_eight_axes(count):
    axes = [charts.Axis(str(n), 5) for n in range(count)]
    with pytest.raises(ValueError, match="3 to 8 axes"):
        charts.radar("r", "t", axes, [], unit="points", language="zh")


def test_series_over_different_periods_are_refused():
    uneven = [charts.Series("a", [P("1", 1)]), charts.Series("b", [P("1", 1), P("2", 2)])]
    with pytest.raises(ValueError, match="same periods"):
        charts.trend("k", "t", uneven, unit="count", language="zh")


def test_bins_of_unequal_width_are_refused():
    with pytest.raises(ValueError, match="equal width"):
        charts.histogram("h", "t", [0, 10, 30], [1, 1], unit="seconds", language="zh")


def test_a_colour_slot_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="slot 1 to 8"):
        charts.bars("b", "t", [charts.Bar("a", 1)], unit="count", language="zh", slot=9)


def test_quartiles_out_of_order_are_refused():
    with pytest.raises(ValueError, match="not in order"):
        charts.Box("a", 1, 3, 2, 4, 5, 30)


def test_spans_get_the_steps_of_a_clock():
    ticks = scale([12, 280], "seconds", "zh").ticks
    assert [label for _value, label in ticks] == ["0秒", "1分", "2分", "3分", "4分", "5分"]


def test_an_axis_of_percentages_has_no_useless_decimals():
    assert [label for _value, label in scale([0, 1], "ratio", "en").ticks] == ["0%", "20%", "40%", "60%", "80%", "100%"]


@given(
    st.lists(st.floats(min_value=0, max_value=1e7, allow_subnormal=False), min_size=1, max_size=20),
    st.sampled_from(["count", "seconds", "ratio", "points", "money"]),
)
def test_a_scale_holds_its_values_in_few_distinct_steps(values, unit):
    made = scale(values, unit, "en")
    assert made.low <= min(values) + 1e-6 * max(values)
    assert made.high >= max(values) * (1 - 1e-6)
    assert 2 <= len(made.ticks) <= 9


def test_a_waterfall_begins_where_its_changes_can_be_seen():
    steps = [
        charts.Step("满分", 0, 105, is_whole=True),
        charts.Step("转化率", 105, 102),
        charts.Step("总分", 0, 102, True),
    ]
    chart = charts.waterfall("w", "得分", steps, unit="points", language="zh")
    feet, bars = (series["data"] for series in chart.option["series"])
    low = chart.option["xAxis"]["min"]
    assert 0 < low < 102
    assert [foot["value"] for foot in feet] == [low, 102, low]
    assert [bar["value"] for bar in bars] == [105 - low, 3, 102 - low]
    assert [bar["itemStyle"]["color"] == "--bad" for bar in bars] == [False, True, False]


def test_a_waterfall_names_the_largest_losses():
    steps = [charts.Step("满分", 0, 10, is_whole=True), charts.Step("转化率", 10, 7), charts.Step("总分", 0, 7, True)]
    assert "转化率" in charts.waterfall("w", "得分", steps, unit="points", language="zh").summary
