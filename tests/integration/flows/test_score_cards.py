"""Scorecards as pack documents: what they may say, and how faults are told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from peilian.adapters.packs.scorecard import load_scorecards
from peilian.engine._kernel import InputError
from peilian.engine.scorecard import Indicator, score
from peilian.engine.scorecard.rules import known_rules
from peilian.flows import packs, scoring
from peilian.flows.wording import catalogue, say_fault

D = Decimal
PACK = 'kind: pack\nschema_version: 1\nkey: sample\ntitle: {en: Sample}\nversion: "1"\nlicence: Apache-2.0\n'
HEAD = "kind: scorecard\nschema_version: 1\nkey: {key}\ntitle: {{zh: 样例}}\n"
INDICATORS = """\
indicators:
  - {key: sales, label: {zh: 销售额完成率}}
  - {key: growth, label: {zh: 增长率}}
  - {key: complaints, label: {zh: 投诉}}
  - {key: level, label: {zh: 等级}}
"""
SHEET = """\
max: 48
groups:
  - {key: work, label: {zh: 业绩}}
lines:
  - key: sales
    label: {zh: 销售}
    group: work
    weight: 30
    rule: steps
    params: {target: 1, step: 0.05, deduct: 1, bonus: 2, bonus_beyond: 0.1}
    bonus: 2
  - key: growth
    label: {zh: 增长}
    weight: 8
    rule: expression
    params: {points: '8 + max(0, floor(growth / 0.05))'}
    bonus: unlimited
  - key: complaints
    label: {zh: 投诉}
    weight: 5
    rule: per_event
    params: {deduct: 2}
    small_sample: {below: 10, otherwise: full}
  - key: level
    label: {zh: 能力}
    weight: 5
    rule: levels
    params: {of: 4}
"""


@pytest.fixture
def pack(tmp_path):
    (tmp_path / "pack.yaml").write_text(PACK, encoding="utf-8")

    def write(body: str, key: str = "sheet", indicators: str = INDICATORS) -> Path:
        (tmp_path / f"{key}.yaml").write_text(HEAD.format(key=key) + indicators + body, encoding="utf-8")
        return tmp_path

    return write


def faults(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        packs.check([folder])
    return [say_fault(fault, "en").removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_a_sheet_is_scored_as_it_is_written(pack):
    card = load_scorecards([pack(SHEET)]).cards["sheet"]
    given = {"sales": "0.92", "growth": "0.12", "complaints": "1", "level": "3"}
    done = score(card, {key: Indicator(D(value), 30) for key, value in given.items()})
    assert [line.points for line in done.lines] == [29, 10, 3, D("3.75")]
    assert [(group.key, group.points) for group in done.groups] == [("work", 29)]
    few = score(card, {key: Indicator(D(value), 3) for key, value in given.items()})
    assert few.lines[2].points == 5


A_LINE = "lines:\n  - {{key: sales, label: {{zh: 销售}}, weight: 5, rule: {rule}, params: {params}}}\n"


@pytest.mark.parametrize(
    ("body", "line", "field", "told"),
    [
        (A_LINE.format(rule="luck", params="{}"), 11, "lines.0", "known: bands, expression"),
        (A_LINE.format(rule="share", params="{fuller: 1}"), 11, "lines.0.params.fuller", "known: zero, full"),
        (A_LINE.format(rule="share", params="{full: much}"), 11, "lines.0.params.full", "a number was expected"),
        (A_LINE.format(rule="share", params="{full: .inf}"), 11, "lines.0.params.full", "finite"),
        (A_LINE.format(rule="share", params="{full: 0}"), 11, "lines.0.params", "differ"),
        (A_LINE.format(rule="levels", params="{}"), 11, "lines.0.params.of", "the field of is missing"),
        (
            A_LINE.format(rule="bands", params="{bands: [{below: 1, points: 2}, {point: 1}]}"),
            11,
            "lines.0.params.bands.1.point",
            "known: at_least",
        ),
        (
            A_LINE.format(rule="bands", params="{bands: [{below: 1, points: 2}]}"),
            11,
            "lines.0.params",
            "no band holds 1",
        ),
        (A_LINE.format(rule="expression", params="{points: 1 + }"), 11, "lines.0.params", "column 4"),
        (A_LINE.format(rule="expression", params="{points: 3 * turnover}"), 11, "lines.0", "turnover is not declared"),
        (
            A_LINE.format(rule="share", params="{}, indicators: [sale]"),
            11,
            "lines.0.indicators",
            "declared: complaints, growth, level, sales",
        ),
        (A_LINE.format(rule="share", params="{}, indicators: [sales, level]"), 11, "lines.0.indicators", "takes one"),
        (A_LINE.format(rule="share", params="{}, group: other"), 11, "lines.0.group", "no group other"),
        (
            A_LINE.format(rule="share", params="{}, small_sample: {below: 9, rule: levels}"),
            11,
            "lines.0.small_sample.params.of",
            "the field of is missing",
        ),
        ("max: 6\n" + A_LINE.format(rule="share", params="{}"), 10, "max", "sum up to 5, not to max 6"),
        (
            A_LINE.format(rule="share", params="{}")
            + "gates:\n  - {key: g, label: {zh: 线}, when: sales, fails: true}\n",
            13,
            "gates.0.when",
            "a condition was expected",
        ),
        (
            A_LINE.format(rule="share", params="{}")
            + "gates:\n  - {key: g, label: {zh: 线}, when: sale > 1, cap: 3}\n",
            13,
            "gates.0.when",
            "no name sale; known: complaints, growth, level, sales",
        ),
        (
            A_LINE.format(rule="share", params="{}") + "gates:\n  - {key: g, label: {zh: 线}, when: sales > 1}\n",
            13,
            "gates.0",
            "a gate needs a cap",
        ),
        ("lines:\n  - {key: sales, weight: 5, rule: share}\n", 11, "lines.0", "key, label, weight and rule"),
        ("lines:\n  - {use: service-core/sped}\n", 11, "lines.0.use", "has no line sped; known: speed, empathy"),
        ("lines:\n  - {use: other/speed}\n", 11, "lines.0.use", "no scorecard other"),
        ("lines:\n  - {use: sheet/speed, key: speed}\n", 11, "lines.0", "takes only a weight and a group"),
        ("lines:\n  - {use: sheet/speed}\n  - {use: service-core/speed}\n", 11, "lines.0.use", "comes back to itself"),
        ("order: [groups, lines]\n" + A_LINE.format(rule="share", params="{}"), 1, "", "lines come before groups"),
    ],
)
def test_a_fault_names_file_line_field_and_what_was_expected(pack, body, line, field, told):
    folder = pack(body)
    said = faults(folder)
    assert all(fault.startswith("sheet.yaml:") for fault in said)
    assert f"sheet.yaml:row {line}" in said[0]
    assert f"field {field}:" in said[0] or not field
    assert told in said[0]


@pytest.mark.parametrize(
    ("source", "key"),
    [("transcript", "sped"), ("drill", "speed")],
)
def test_an_indicator_must_exist_where_it_is_said_to_come_from(pack, source, key):
    declared = f"indicators:\n  - {{key: {key}, source: {source}, label: {{zh: 快}}}}\n"
    (said,) = faults(pack(A_LINE.format(rule="share", params="{}"), indicators=declared))
    assert f"source {source} has no indicator {key}" in said


def test_all_faults_of_a_card_are_told_at_once(pack):
    body = SHEET.replace("of: 4", "of: 0").replace("deduct: 2", "deduct: -2").replace("max: 48", "max: 9")
    assert len(faults(pack(body))) == 2


def test_points_that_rise_and_fall_are_doubted_and_no_fault(pack):
    bands = "{bands: [{below: 1, points: 5}, {below: 2, points: 2}, {points: 3}]}"
    doubts = []
    packs.check([pack(A_LINE.format(rule="bands", params=bands))], on_doubt=doubts.append)
    (said,) = [say_fault(doubt, "en") for doubt in doubts]
    assert "sheet.yaml:row 11, field lines.0.params: The points rise and fall along the values: 5 → 2 → 3" in said


def test_a_line_used_from_a_shipped_card_keeps_its_rule_and_may_weigh_more(pack):
    folder = pack("max: 40\nlines:\n  - {use: service-core/speed, weight: 30}\n  - {use: drill-card/concision}\n")
    packs.check([folder])
    card = scoring.find_scorecard(str(folder / "sheet.yaml"))
    assert [(line.key, line.weight) for line in card.lines] == [("speed", 30), ("concision", 10)]
    assert {"speed", "concision"} <= set(card.indicators)


def test_the_version_changes_with_a_card_that_lines_come_from(pack):
    pack(SHEET)
    user = "lines:\n  - {use: sheet/sales}\n"
    folder = pack(user, key="user", indicators="")
    before = load_scorecards([folder]).cards["user"].version
    (folder / "more").mkdir()
    (folder / "more" / "pack.yaml").write_text(PACK, encoding="utf-8")
    for name in ("sheet", "user"):
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8").replace("step: 0.05", "step: 0.1")
        (folder / "more" / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert load_scorecards([folder / "more"]).cards["user"].version != before


SETTING = """\
settings:
  - key: target
    label: {{zh: 目标}}
    default: usual
    choices:
      - {{key: usual, label: {{zh: 照常}}}}
      - key: other
        label: {{zh: 另一种}}
        changes: [{changes}]
"""


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("{line: sales, set: {params: {fuller: 1}}}", "unknown parameter; known: zero, full"),
        ("{line: sale, set: {weight: 3}}", "there is no sale among the lines; there are: sales"),
        ("{line: sales, leave_out: true}", "at least 1 entry"),
    ],
)
def test_every_answer_to_a_setting_must_lead_to_a_scorecard(pack, changes, told):
    body = A_LINE.format(rule="share", params="{}") + SETTING.format(changes=changes)
    (line,) = faults(pack(body))
    assert line.startswith("sheet.yaml:row 18, field settings.0.choices.1: ")
    assert told in line


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("{key: a, label: {zh: 甲}, default: x, choices: [{key: y, label: {zh: 乙}}]}", "none of the choices"),
        ("{key: a, label: {zh: 甲}}", "choices or a number"),
        ("{key: a, label: {zh: 甲}, default: 9, number: {min: 1, max: 5}, into: [max]}", "a number from 1 to 5"),
        ("{key: a, label: {zh: 甲}, number: {min: 1, max: 5}}", "needs the places"),
    ],
)
def test_a_setting_that_makes_no_sense_is_a_fault(pack, setting, told):
    body = A_LINE.format(rule="share", params="{}") + f"settings:\n  - {setting}\n"
    (line,) = faults(pack(body))
    assert line.startswith("sheet.yaml:row 13, field settings.0")
    assert told in line


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("rule: levels, params: {of: 3}", "level names 2 levels, but the rule scores 3"),
        ("rule: levels, params: {of: 2}, prorate: {}", "presence_ratio is not declared"),
        ("rule: levels, params: {of: 2}, zero_when: {when: lvl > 1, label: {zh: 线}}", "no name lvl"),
        ("rule: levels, params: {of: 2}, sizes: {indicator: level, rows: [{params: {oof: 1}}]}", "known: of, points"),
        (
            "rule: levels, params: {of: 2}, sizes: {indicator: level, rows: [{params: {}}, {up_to: 3, params: {}}]}",
            "rows ascend",
        ),
    ],
)
def test_what_a_line_says_beside_its_rule_is_checked_too(pack, line, told):
    levels = "indicators:\n  - {key: level, label: {zh: 等级}, unit: level, levels: [{zh: 一}, {zh: 二}]}\n"
    said, *_ = faults(pack(f"lines:\n  - {{key: level, label: {{zh: 级}}, weight: 5, {line}}}\n", indicators=levels))
    assert said.startswith("sheet.yaml:row ")
    assert told in said


def test_levels_belong_to_the_unit_level(pack):
    wrong = "indicators:\n  - {key: sales, label: {zh: 销售}, unit: level}\n"
    (said,) = faults(pack(A_LINE.format(rule="share", params="{}"), indicators=wrong))
    assert "levels belong to the unit level" in said


def test_a_file_stands_for_the_shipped_card_of_its_key(pack):
    folder = pack("lines:\n  - {use: drill-card/speed}\n", key="service-core", indicators="")
    with pytest.raises(InputError):  # it would be used by a card that it uses
        scoring.find_scorecard(str(folder / "service-core.yaml"))
    folder = pack(A_LINE.format(rule="share", params="{}"), key="lecturer-review")
    assert [line.key for line in scoring.find_scorecard(str(folder / "lecturer-review.yaml")).lines] == ["sales"]


def test_the_schema_of_a_card_names_its_parts():
    schema = packs.schema("scorecard")
    assert {"lines", "title", "key"} <= set(schema["required"])
    assert {"gates", "order", "pass_mark"} <= set(schema["properties"])


def test_the_shipped_cards_have_their_weights():
    cards = scoring.shipped()
    assert {key: card.max for key, card in cards.items()}.items() >= {
        "service-core": D(55),
        "drill-card": D(100),
        "lecturer-review": D(50),
    }.items()
    assert cards["drill-card"].pass_mark == 60
    assert [(gate.key, gate.cap, gate.fails) for gate in cards["drill-card"].gates] == [
        ("fatal_breach", 40, True),
        ("critical_unresolved", 59, True),
        ("copied", 45, True),
        ("dumped", 45, True),
    ]
    assert not [doubt for doubt in load_scorecards().doubts if "service-core" in str(doubt.file)]


def test_every_rule_says_what_it_does():
    assert all(rule.__doc__ for _, rule in known_rules())
    assert all(key.startswith(("scorecard.", "indicator.", "expression.")) or "." in key for key in catalogue())
