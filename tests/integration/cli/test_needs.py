"""From a file of messages to ranked needs on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peilian.cli import main, needs
from peilian.engine.diagnosis import from_dict

HEAD = "conversation_id,at,role,author,text,customer,channel\n"


def line(cid: str, clock: str, role: str, author: str, text: str, customer: str | None = None) -> str:
    customer = customer or f"k-{cid}"
    return f"{cid},2026-11-02T{clock}+08:00,{role},{author},{text},{customer},chat\n"


def a_talk(cid: str, agent: str, *, waited: int, answer: str, asked: str = "这个什么时候发货?") -> str:
    """A question at ten o'clock, its answer, and thanks."""
    return (
        line(cid, "10:00:00", "customer", "k", asked)
        + line(cid, f"10:{waited // 60:02}:{waited % 60:02}", "agent", agent, answer)
        + line(cid, "10:30:00", "customer", "k", "好的谢谢")
    )


MESSAGES = HEAD + "".join(
    [
        *(a_talk(f"slow{n}", "lin", waited=200 + n, answer="您好今天17点前发出") for n in range(4)),
        *(a_talk(f"fast{n}", "wu", waited=9, answer="您好今天17点前发出") for n in range(6)),
        line("left", "10:00:00", "customer", "k", "有人吗?"),
        line("end", "23:00:00", "customer", "k", "在吗?"),
        line("end", "23:00:05", "agent", "wu", "在的"),
    ]
)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake into which the messages were imported."""
    (tmp_path / "messages.csv").write_text(MESSAGES, encoding="utf-8")
    done = run("import", tmp_path / "messages.csv", "--into", tmp_path / "lake")
    assert done.exit_code == 0, done.output
    return tmp_path / "lake"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def rows_of(result: Result) -> dict[str, dict]:
    assert result.exit_code == 0, result.stderr
    return {row["key"]: row for row in json.loads(result.stdout)}


def test_messages_become_ranked_needs(lake):
    rows = rows_of(run("needs", lake, "--as", "json"))
    slow = rows["slow_first_answer"]
    assert (slow["affected"], slow["of"]) == (4, 11)
    assert slow["rate"] == pytest.approx(4 / 11)
    assert slow["rate_low"] < slow["rate"] < slow["rate_high"]
    assert [(a["agent"], a["affected"], a["of"], a["verdict"]) for a in slow["agents"]] == [("lin", 4, 4, "few")]
    assert slow["pain_point"] == "首次响应慢"
    assert slow["group"] == "响应慢"
    assert slow["quote"] == "这个什么时候发货?"
    assert slow["quotes"][0]["waited_seconds"] == 203.0
    assert (rows["no_answer"]["affected"], rows["no_answer"]["quote_conversation"]) == (1, "left")
    assert [row["rank"] for row in rows.values()] == list(range(1, len(rows) + 1))
    priorities = [row["priority"] for row in rows.values()]
    assert priorities == sorted(priorities, reverse=True)


def test_what_is_unread_is_read_first_and_once(lake):
    first, second = run("needs", lake), run("needs", lake)
    assert "先解读了 12 场新会话" in first.stderr
    assert "解读了" not in second.stderr
    assert "不完整" not in first.stderr
    assert first.stdout == second.stdout


def test_speed_is_never_said_without_quality(lake):
    result = run("needs", lake, "--lang", "en")
    assert "Speed next to quality: first answers in time 63.6 % (7/11)" in result.stderr
    assert "left dissatisfied" in result.stderr


def test_a_table_names_pain_point_agents_training_and_quote(lake):
    result = run("needs", lake, "--lang", "en")
    heads, *lines = result.stdout.splitlines()
    assert heads.split()[:5] == ["rank", "pain_point", "group", "affected", "of"]
    slow = next(text for text in lines if "Slow first answer" in text)
    for part in ("Slow response", "36.4 %", "lin 4/4 *", "Practise the first line", "这个什么时候发货?"):
        assert part in slow


@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
def test_every_form_holds_every_pain_point(lake, form):
    n_lines = len(run("needs", lake, "--as", form).stdout.splitlines())
    n_points = len(rows_of(run("needs", lake, "--as", "json")))
    assert n_lines == n_points + (form != "jsonl")


def test_the_ending_of_a_file_chooses_the_form(lake, tmp_path):
    run("needs", lake, "--out", tmp_path / "needs.json")
    assert {"rank", "key", "agents"} <= set(json.loads((tmp_path / "needs.json").read_text("utf-8"))[0])
    run("needs", lake, "--out", tmp_path / "needs.csv")
    assert (tmp_path / "needs.csv").read_text("utf-8-sig").startswith("rank,pain_point,group,affected,of")


def test_the_whole_diagnosis_can_be_kept(lake, tmp_path):
    run("needs", lake, "--full", "--out", tmp_path / "whole.json")
    kept = from_dict(json.loads((tmp_path / "whole.json").read_text("utf-8")))
    assert kept.coverage.n_conversations == 12
    assert [point.key for point in kept.pain_points] == list(rows_of(run("needs", lake, "--as", "json")))


def test_a_team_sees_its_own_agents_by_name(lake, tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("author,employee,team,from,to\nlin,林小禾,一组,,\nwu,吴桐,二组,,\n", encoding="utf-8")
    result = run("needs", lake, "--team", "一组", "--roster", roster, "--as", "json")
    rows = rows_of(result)
    assert (rows["slow_first_answer"]["affected"], rows["slow_first_answer"]["of"]) == (4, 4)
    assert [agent["agent"] for agent in rows["slow_first_answer"]["agents"]] == ["林小禾"]
    assert "no_answer" not in rows
    assert "没有任何人回复的会话" in result.stderr


def test_days_limit_what_is_looked_at(lake):
    assert run("needs", lake, "--from", "2026-11-03", "--as", "json").stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--team", "一组"), 2, "--team needs --roster"),
        (("--from", "2026-11-03", "--to", "2026-11-02"), 1, "2026-11-03"),
        (("--tz", "Mars/Base"), 1, "Mars/Base"),
        (("--from", "yesterday"), 2, "yesterday"),
        (("--as", "parquet"), 2, "--out"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_without_a_traceback(lake, words, code, said):
    result = run("needs", lake, *words)
    assert (result.exit_code, said in result.stderr, "Traceback" in result.stderr) == (code, True, False)


def test_an_unknown_team_names_the_known_ones(lake, tmp_path):
    (tmp_path / "roster.csv").write_text("author,employee,team\nlin,林小禾,一组\n", encoding="utf-8")
    result = run("needs", lake, "--team", "三组", "--roster", tmp_path / "roster.csv")
    assert result.exit_code == 1
    assert "一组" in result.stderr


def test_a_folder_that_is_no_lake_is_refused(tmp_path):
    result = run("needs", tmp_path)
    assert result.exit_code == 1
    assert str(tmp_path) in result.stderr


def test_a_company_brings_its_own_limits(lake, tmp_path):
    pack = tmp_path / "own"
    pack.mkdir()
    (pack / "pack.yaml").write_text(
        "kind: pack\nschema_version: 1\nkey: own\ntitle: {zh: 自有}\nversion: '1'\nlicence: none\n", encoding="utf-8"
    )
    (pack / "points.yaml").write_text(
        """
kind: pain_points
schema_version: 1
key: own
groups: [{key: slow, name: {zh: 慢}, meaning: {zh: 慢}}]
points:
  - {key: very_slow, group: slow, name: {zh: 很慢}, meaning: {zh: 很慢}, training: {zh: 快些}, severity: 1,
     detector: slow_first_answer, thresholds: {limit_seconds: 201}}
""",
        encoding="utf-8",
    )
    rows = rows_of(run("needs", lake, "--rules", pack, "--as", "json"))
    assert {key: row["affected"] for key, row in rows.items()} == {"very_slow": 2}


def test_the_command_needs_no_web_framework(lake):
    code = (
        "import sys; from peilian.cli import main\n"
        f"main(['needs', {str(lake)!r}, '--as', 'json'], standalone_mode=False)\n"
        "assert 'django' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_marks_beside_agents_are_explained_when_shown(tmp_path, capsys):
    shown = [{"agents": [{"agent": "a", "affected": 1, "of": 2, "verdict": "few"}]}]
    needs._explain_marks(shown, "zh")
    assert capsys.readouterr().err == "* 会话太少，还不能和团队比较\n"
    needs._explain_marks([{"agents": []}], "zh")
    assert capsys.readouterr().err == ""
