"""``peilian score``: one JSON line a conversation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peilian.cli import main

ROWS = """\
conversation_id,at,role,text
c1,2026-03-01T10:00:00+08:00,customer,等了四天了还没发货，太差劲了
c1,2026-03-01T10:00:12+08:00,agent,您好，等了四天确实让人着急，我马上帮您催件，明天下午6点前送到
c2,2026-03-01T11:00:00+08:00,customer,怎么退货？
c2,2026-03-01T11:01:20+08:00,agent,不是说过了吗
"""
CARD = """\
kind: scorecard
schema_version: 1
key: ours
title: {zh: 本店, en: Ours}
pass_mark: 80
lines:
  - {use: service-core/speed, weight: 60}
  - {use: service-core/compliance, weight: 40}
"""


@pytest.fixture
def chats(tmp_path) -> Path:
    path = tmp_path / "chats.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["score", *map(str, args)])


def lines(done: Result) -> list[dict]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_conversation_is_one_line_of_points_with_reasons(chats):
    good, bad = lines(run(chats, "--scorecard", "service-core"))
    assert (good["conversation_id"], bad["conversation_id"]) == ("c1", "c2")
    assert good["normalised"] > 95
    assert [line["dimension"] for line in bad["scores"]] == ["speed", "empathy", "concision", "compliance"]
    speed = bad["scores"][0]
    assert (speed["points"], speed["max"]) == (0, 15)
    (reason,) = speed["reasons"]
    assert reason["text"] == "首次回复用了 80 秒，20 秒内为满分"
    assert (reason["quote"], reason["i"], reason["points"]) == ("不是说过了吗", 1, -15)


def test_reasons_are_said_in_the_language_asked_for(chats):
    (_, bad) = lines(run(chats, "--lang", "en"))
    assert bad["title"] == "Core service"
    assert bad["scores"][0]["reasons"][0]["text"] == "The first answer took 80 s; up to 20 s is full speed"


def test_a_card_of_ones_own_may_be_a_file(chats, tmp_path):
    card = tmp_path / "ours.yaml"
    card.write_text(CARD, encoding="utf-8")
    good, bad = lines(run(chats, "--scorecard", card))
    assert (good["scorecard"], good["total"], good["passed"]) == ("ours", 100, True)
    assert (bad["total"], bad["passed"]) == (24, False)


def test_the_lines_go_to_a_file(chats, tmp_path):
    out = tmp_path / "scores.jsonl"
    assert run(chats, "--out", out).stdout == ""
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", "known: drill-card, lecturer-review, service-core"),
        ("nothing.yaml", "nothing.yaml: the file cannot be opened: No such file"),
    ],
)
def test_a_card_that_is_not_there_is_one_line_on_stderr(chats, name, told):
    done = run(chats, "--scorecard", name, "--lang", "en")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert told in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CARD.replace("service-core/speed", "service-core/sped"), "ours.yaml:row 7, field lines.0.use"),
        ("kind: words\nschema_version: 1\nkey: x\nwords: {}\n", "a scorecard was expected"),
        ("kind: scorecard\n", "field title"),
    ],
)
def test_a_faulty_card_names_file_and_field(chats, tmp_path, text, told):
    card = tmp_path / "ours.yaml"
    card.write_text(text, encoding="utf-8")
    done = run(chats, "--scorecard", card, "--lang", "en")
    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_faulty_file_is_told_before_anything_is_written(tmp_path):
    chats = tmp_path / "chats.csv"
    chats.write_text("when,who\n1,2\n", encoding="utf-8")
    out = tmp_path / "scores.jsonl"
    done = run(chats, "--out", out)
    assert done.exit_code == 1
    assert not out.exists()


def test_help_shows_an_example():
    assert "peilian score chats.csv" in run("--help").stdout
