"""``peilian kpi`` as its users see it: forms, exit codes, messages."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from peilian.cli import main
from support.messages import write_messages


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_messages(tmp_path / "messages.csv")


def run(*args: object) -> Result:
    return CliRunner().invoke(main, ["kpi", *map(str, args)])


def rows(*args: object) -> list[dict[str, object]]:
    done = run(*args, "--as", "json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_rows_carry_the_dimensions_and_the_keys(file):
    assert rows(file, "--kpi", "conversations, answer_rate", "--by", "day") == [
        {"day": "2026-11-02", "conversations": 2, "answer_rate": 1.0},
        {"day": "2026-11-03", "conversations": 1, "answer_rate": 0.0},
    ]


def test_without_dimensions_there_is_one_row(file):
    assert rows(file, "--kpi", "rounds,messages") == [{"rounds": 4, "messages": 6}]


def test_a_kpi_that_may_still_change_says_so(file):
    [row] = rows(file, "--kpi", "first_contact_resolution_7d_ratio")
    assert row == {"first_contact_resolution_7d_ratio": None, "provisional": True}


def test_all_kpis_at_once(file):
    listed = rows("--list")
    [row] = rows(file, "--kpi", "all")
    assert set(row) == {item["key"] for item in listed} | {"provisional"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_list_has_key_label_unit_better_and_definition(lang):
    listed = rows("--list", "--lang", lang)
    assert len(listed) >= 20
    for item in listed:
        assert list(item) == ["key", "label", "unit", "better", "definition"]
        assert all(item.values())
        assert str(item["definition"]).isascii() or lang == "zh"


def test_every_form(file, tmp_path):
    question = (file, "--kpi", "conversations,csat_mean", "--by", "channel,topic")
    table = list(csv.DictReader(io.StringIO(run(*question, "--as", "csv").stdout)))
    assert table[0] == {"channel": "chat", "topic": "delivery", "conversations": "1", "csat_mean": ""}
    lines = [json.loads(line) for line in run(*question, "--as", "jsonl").stdout.splitlines()]
    assert lines == rows(*question)
    out = tmp_path / "kpis.parquet"
    assert run(*question, "--out", out).exit_code == 0
    assert pq.read_table(out).to_pylist() == lines
    assert "conversations" in run(*question).stdout.splitlines()[0]


def test_days_zones_and_hours(file):
    question = ("--kpi", "conversations", "--from", "2026-11-03", "--to", "2026-11-03")
    assert rows(file, *question) == [{"conversations": 1}]
    assert [row["hour"] for row in rows(file, *question, "--by", "hour", "--tz", "UTC")] == [1]


def test_a_roster_gives_teams(file, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("author,employee,team,post,from,to\na1,林小禾,一组,,2026-01-01,\n", encoding="utf-8")
    found = rows(file, "--kpi", "conversations", "--by", "team", "--roster", roster)
    assert found == [{"team": "一组", "conversations": 1}, {"team": None, "conversations": 2}]


def test_a_lake(file, tmp_path):
    done = CliRunner().invoke(main, ["import", str(file), "--into", str(tmp_path / "lake")])
    assert done.exit_code == 0, done.output
    question = ("--kpi", "all", "--by", "agent")
    assert rows(tmp_path / "lake", *question) == rows(file, *question)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        pytest.param(["--kpi", "speed"], 1, "first_response_seconds_p50", id="an unknown KPI names the known ones"),
        pytest.param([], 1, "conversations", id="no KPI names the known ones"),
        pytest.param(["--kpi", "rounds", "--by", "planet"], 1, "conversation", id="unknown dimension"),
        pytest.param(["--kpi", "rounds", "--tz", "Mars"], 1, "Asia/Shanghai", id="unknown zone"),
        pytest.param(["--kpi", "rounds", "--calendar", "lunar"], 1, "cn-workdays", id="unknown calendar"),
        pytest.param(["--kpi", "rounds", "--preset", "mine"], 1, "generic", id="unknown preset"),
        pytest.param(["--kpi", "rounds", "--roster", "none.csv"], 1, "none.csv", id="no such roster"),
        pytest.param(["--kpi", "rounds", "--roster", "none.csv", "--tz", "Mars"], 1, "Mars", id="zone before roster"),
        pytest.param(["--kpi", "rounds", "--from", "2026-12-01", "--to", "2026-01-01"], 1, "2026-12-01", id="reversed"),
        pytest.param(["--kpi", "rounds", "--from", "soon"], 2, "--from", id="not a date"),
    ],
)
def test_a_wrong_question_gets_one_clear_line(file, args, code, said):
    done = run(file, *args)
    assert done.exit_code == code
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.output


@pytest.mark.parametrize("name", ["none.csv", "."])
def test_a_source_that_is_none_is_said(tmp_path, name):
    done = run(tmp_path / name, "--kpi", "rounds")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1


def test_a_question_without_a_source_is_a_usage_error():
    assert run("--kpi", "rounds").exit_code == 2


def test_a_faulty_conversation_is_told_and_the_others_measured(file):
    with file.open("a", encoding="utf-8") as out:
        out.write("c9,1,yesterday,customer,k9,hello,k9,chat,refund\n")
    done = run(file, "--kpi", "conversations", "--as", "json", "--lang", "en")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [{"conversations": 3}]
    assert "row 7" in done.stderr
    assert run(file, "--kpi", "conversations", "--strict").exit_code == 1


def test_no_conversation_is_said_and_gives_no_row(file):
    done = run(file, "--kpi", "rounds", "--from", "2030-01-01", "--as", "json", "--lang", "en")
    assert json.loads(done.stdout) == []
    assert "no conversation" in done.stderr


def test_a_preset_says_what_it_leaves_out(file):
    done = run(file, "--kpi", "rounds", "--preset", "taobao_ww_3min", "--lang", "en")
    assert done.exit_code == 0
    assert "2023-01-01" in done.stderr
