"""``peilian appraise``: rows of figures in, explained sheets out, and every fault by row and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result

from peilian.cli import main

EXAMPLE = {
    "sales_completion_ratio": "0.92",
    "sales_growth_ratio": "0.12",
    "conversion_ratio": "0.012",
    "featured_ratio": "0.85",
    "return_ratio": "0.008",
    "responses": "400",
    "disputes": "0",
    "own_deal_ratio": "0.12",
    "knowledge_level": "3",
    "guide_level": "3",
    "communication_level": "2",
    "adaptability_level": "2",
    "late_count": "1",
    "etiquette_breaches": "0",
    "responsibility_level": "3",
    "complaints": "1",
    "impolite_hits": "0",
    "report_on_time": "1",
    "report_quality_met": "1",
    "rule_breaches": "1",
    "team_events": "0",
}
HEAD = "person,period,indicator,value\n"


def rows(person: str = "小林", period: str = "2026-03", **changed: str) -> str:
    return "".join(f"{person},{period},{key},{value}\n" for key, value in {**EXAMPLE, **changed}.items())


@pytest.fixture
def write(tmp_path):
    def written(text: str, name: str = "march.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["appraise", *map(str, args)])


def sheets(done: Result) -> list[dict]:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def faults(path: Path, *args: str) -> list[str]:
    done = run(path, "--as", "json", "--lang", "en", *args)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    return [line for line in done.stderr.splitlines() if "--ratios" not in line]


def test_the_worked_example_through_the_door(write):
    (sheet,) = sheets(run(write(HEAD + rows()), "--scorecard", "ecommerce-monthly", "--as", "json"))
    assert (sheet["person"], sheet["period"]) == ("小林", "2026-03")
    assert (sheet["raw"], sheet["max"], sheet["normalised"]) == (92.083, 105, 87.7)
    points = {line["indicator"]: line["points"] for line in sheet["lines"]}
    assert points["sales_growth_ratio"] == 10
    assert points["adaptability_level"] == pytest.approx(4 / 3, abs=1e-15)
    assert len(sheet["warnings"]) == 2


def test_every_person_and_period_is_a_sheet_of_its_own(write):
    text = HEAD + rows() + rows("小陈") + rows(period="2026-04", late_count="4")
    found = sheets(run(write(text), "--as", "json"))
    assert [(one["person"], one["period"], one["raw"]) for one in found] == [
        ("小林", "2026-03", 92.083),
        ("小陈", "2026-03", 92.083),
        ("小林", "2026-04", 89.083),
    ]


def test_settings_and_language_are_chosen_on_the_command_line(write):
    done = run(write(HEAD + rows()), "--settings", "report_points=scaled", "--lang", "en", "--as", "json")
    (sheet,) = sheets(done)
    assert sheet["raw"] == 94.083
    assert sheet["lines"][0]["reason"].startswith("92% is 1 full steps of 5% short of 100%")


def test_the_same_file_gives_the_same_bytes(write):
    path = write(HEAD + rows() + rows("小陈"))
    assert run(path, "--as", "json").stdout == run(path, "--as", "json").stdout


def test_a_table_shows_a_row_for_every_line_and_the_result(write):
    done = run(write(HEAD + rows()))
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 1 + 19 + 2
    assert "92.083" in done.stdout


def test_the_settings_of_a_template_can_be_listed():
    listed = json.loads(run("--list", "--as", "json", "--settings", "responses_standard=600").stdout)
    by_key = {row["setting"]: row for row in listed}
    assert by_key["responses_standard"]["value"] == "600"
    assert "printed_added" in by_key["conversion_reading"]["answers"]
    assert by_key["conversion_reading"]["question"] == "Q-03"


def test_a_spreadsheet_and_json_lines_are_read_like_csv(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "march.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, ["姓名", "月份", "指标", "数值"])
    for place, (key, value) in enumerate(EXAMPLE.items(), start=1):
        page.write_row(place, 0, ["小林", "2026-03", key, float(value)])
    book.close()
    lines = [{"person": "小林", "period": "2026-03", "indicator": k, "value": float(v)} for k, v in EXAMPLE.items()]
    (tmp_path / "march.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    for name in ("march.xlsx", "march.jsonl"):
        (sheet,) = sheets(run(tmp_path / name, "--as", "json"))
        assert sheet["raw"] == 92.083


def test_an_indicator_may_be_called_by_its_label(write):
    text = HEAD + rows().replace("late_count", "迟到次数").replace("responses", "咨询应答量")
    assert sheets(run(write(text), "--as", "json"))[0]["raw"] == 92.083


def test_a_template_of_ones_own_may_be_a_file(write):
    card = """\
kind: scorecard
schema_version: 1
key: ours
title: {zh: 本店考核, en: Ours}
indicators:
  - {key: sold, label: {zh: 成交, en: Sold}, unit: count, better: higher}
lines:
  - {key: sold, label: {zh: 成交, en: Sold}, weight: 10, rule: share, params: {full: 50}}
"""
    path = write(HEAD + "a,2026-03,sold,25\n")
    (sheet,) = sheets(run(path, "--scorecard", write(card, "ours.yaml"), "--as", "json"))
    assert (sheet["scorecard"], sheet["raw"], sheet["normalised"]) == ("ours", 5, 50)


def test_what_is_missing_is_a_note_and_leaves_the_result_open(write):
    text = HEAD + rows(knowledge_level="").replace("小林,2026-03,return_ratio,0.008\n", "")
    (sheet,) = sheets(run(write(text), "--as", "json"))
    notes = {line["indicator"]: line["note"] for line in sheet["lines"] if line["note"]}
    assert notes == {"knowledge_level": "没有可以衡量的内容", "return_ratio": "没有提供这项指标"}
    assert sheet["normalised"] is None
    assert "退单率、专业知识" in sheet["warnings"][-1]


def test_how_many_cases_a_figure_rests_on_may_stand_beside_it(write):
    text = "person,period,indicator,value,n\n" + rows().replace("\n", ",\n").replace("0.008,", "0.5,2")
    (sheet,) = sheets(run(write(text), "--settings", "return_minimum_orders=30", "--as", "json"))
    (line,) = (line for line in sheet["lines"] if line["indicator"] == "return_ratio")
    assert (line["points"], line["inputs"]["return_ratio"]["n"]) == (5, 2)
    assert line["note"] == "只有 2 例，少于 30 例，按小样本规则处理"


@pytest.mark.parametrize(
    ("changed", "row", "told"),
    [
        ({"late_count": "twice"}, 14, "a number such as 0.92, 92% or 400 was expected, not twice"),
        ({"late_count": "1.5"}, 14, "a whole number from 0 was expected, not 1.5"),
        ({"late_count": "-1"}, 14, "a whole number from 0 was expected, not -1"),
        ({"late_count": "1%"}, 14, "without a percent sign"),
        ({"knowledge_level": "5"}, 10, "there is no level 5; a whole number from 1 to 4"),
        ({"adaptability_level": "4"}, 13, "there is no level 4; a whole number from 1 to 3"),
        ({"knowledge_level": "2.5"}, 10, "there is no level 2.5"),
        ({"report_on_time": "2"}, 19, "1 (yes) or 0 (no) was expected, not 2"),
        ({"sales_completion_ratio": "92"}, 2, "92 may be 92% or 9200%"),
        ({"conversion_ratio": "1.2"}, 4, "1.2 may be 1.2% or 120%"),
        ({"return_ratio": "-0.01"}, 6, "0 or more was expected"),
        ({"conversion_ratio": "120%"}, 4, "1 or less was expected"),
        ({"sales_growth_ratio": "-1.5"}, 3, "-1 or more was expected"),
        ({"responses": "1e999"}, 7, "a number"),
        ({"responses": "9" * 40}, 7, "a number"),
        ({"responses": "NaN"}, 7, "a number"),
    ],
)
def test_a_value_that_cannot_be_right_names_its_row_and_what_was_expected(write, changed, row, told):
    (line,) = faults(write(HEAD + rows(**changed)))
    assert line.startswith(f"march.csv:row {row}, field value: ")
    assert told in line


@pytest.mark.parametrize(
    ("value", "ratios", "points"),
    [
        ("92%", None, 29),
        ("92 %", None, 29),
        ("９２％", None, 29),
        ("0.92", None, 29),
        ("1.101", None, 32),
        ("92", "percent", 29),
        ("1.2", "percent", 32),
        ("1.2", "fraction", 32),
        ("92", "fraction", 32),
        ("92%", "fraction", 29),
    ],
)
def test_a_ratio_is_asked_about_and_not_guessed(write, value, ratios, points):
    path = write(f"{HEAD}a,2026-03,sales_completion_ratio,{value}\n")
    (sheet,) = sheets(run(path, "--as", "json", *(["--ratios", ratios] if ratios else [])))
    assert sheet["lines"][0]["points"] == points


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            HEAD + "a,2026-03,late_counts,1\n",
            "march.csv:row 2, field indicator: no indicator late_counts; near ones: late_count",
        ),
        (
            HEAD + rows() + "小林,2026-03,late_count,2\n",
            "row 23, field indicator: late_count of 小林 in 2026-03 stands in row 14",
        ),
        (HEAD + ",2026-03,late_count,1\n", "row 2, field person: a value was expected here"),
        (HEAD + "a,,late_count,1\n", "row 2, field period: a value was expected here"),
        ("person,period,value\na,2026-03,1\n", "march.csv: a column is missing: indicator"),
        ("person,period,indicator,value,n\na,2026-03,late_count,1,few\n", "row 2, field n: a whole number from 0"),
        (HEAD, "march.csv: "),
    ],
)
def test_a_file_that_does_not_fit_is_told_line_by_line(write, text, told):
    (line,) = faults(write(text))
    assert told in line


def test_every_fault_of_a_file_is_told_at_once_and_nothing_is_written(write, tmp_path):
    out = tmp_path / "sheets.json"
    path = write(HEAD + rows(late_count="x", responses="y") + rows("小陈"))
    done = run(path, "--out", out)
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert len(done.stderr.splitlines()) == 2
    assert not out.exists()


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["--scorecard", "nothing"], 1, "business-assessment, ecommerce-monthly, phone-service-monthly"),
        (["--settings", "luck=1"], 1, "settings.luck"),
        (["--settings", "report_points=9"], 1, "printed, scaled"),
        (["--settings", "report_points"], 2, "key=value"),
        (["--ratios", "promille"], 2, "promille"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line(write, args, code, told):
    done = run(write(HEAD + rows()), *args)
    assert done.exit_code == code
    assert told in done.stderr
    assert "Traceback" not in done.output


def test_without_a_file_there_is_nothing_to_appraise():
    assert run().exit_code == 2
    assert run("nowhere.csv").exit_code == 1


def test_a_doubtful_ratio_ends_with_a_word_on_how_to_say_what_is_meant(write):
    path = write(f"{HEAD}a,2026-03,return_ratio,7\n")
    assert "--ratios percent" in run(path).stderr.splitlines()[-1]
    assert "--ratios" not in run(write(f"{HEAD}a,2026-03,late_count,x\n")).stderr


@pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "parquet"])
def test_a_name_that_cannot_be_written_loses_what_cannot(write, tmp_path, form):
    line = json.dumps({"person": "\ud800\x1b[31m小林\x07", "period": "2026-03", "indicator": "late_count", "value": 1})
    done = run(write(line + "\n", "a.jsonl"), "--as", form, "--out", tmp_path / "out")
    assert (done.exit_code, done.exception) == (0, None)
    assert not any(sign in (tmp_path / "out").read_bytes() for sign in (b"\x1b", b"\x07\xe5"))


@pytest.mark.parametrize("n", ["9" * 30, "9" * 5000, "-1", "1000000001"])
def test_a_number_of_cases_beyond_reason_is_a_fault_of_its_row(write, n):
    (line,) = faults(write(f"person,period,indicator,value,n\na,2026-03,late_count,1,{n}\n"))
    assert line.startswith("march.csv:row 2, field n: a whole number from 0 to 1000000000")
    assert len(line) < 200
