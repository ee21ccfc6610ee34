"""Engine commands run without Django: they need no database and start quickly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.messages import write_messages

# Runs one command in a fresh interpreter and tells how it ended and whether Django was loaded.
RUNNER = """
import json, sys
from click.testing import CliRunner
from peilian.cli import main
done = CliRunner().invoke(main, sys.argv[1:])
heavy = sorted({name.partition('.')[0] for name in sys.modules} & {'django', 'channels', 'uvicorn', 'psycopg'})
print(json.dumps({'code': done.exit_code, 'output': done.output, 'heavy': heavy}))
"""


def run(*args: str, cwd: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, *args], cwd=cwd, capture_output=True, text=True, check=True, timeout=120
    )
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_messages(tmp_path / "messages.csv")
    pack = tmp_path / "pack"
    pack.mkdir()
    header = 'kind: pack\nschema_version: 1\nkey: sample\ntitle: {en: Sample}\nversion: "1"\nlicence: Apache-2.0\n'
    (pack / "pack.yaml").write_text(header, encoding="utf-8")
    (tmp_path / "march.csv").write_text("person,period,indicator,value\na,2026-03,late_count,1\n", encoding="utf-8")
    (tmp_path / "turns.jsonl").write_text('{"at_seconds": 9, "text": "您好"}\n', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([["--help"]], id="help"),
        pytest.param([["kpi", "--list", "--as", "json"]], id="kpi --list"),
        pytest.param([["kpi", "messages.csv", "--kpi", "conversations", "--by", "day"]], id="kpi"),
        pytest.param([["read", "messages.csv"]], id="read"),
        pytest.param([["import", "messages.csv", "--into", "lake"], ["needs", "lake"]], id="import, then needs"),
        pytest.param([["pack", "check", "pack"]], id="pack check"),
        pytest.param([["pack", "schema", "words"]], id="pack schema"),
        pytest.param([["score", "messages.csv", "--scorecard", "service-core"]], id="score"),
        pytest.param([["appraise", "march.csv", "--scorecard", "ecommerce-monthly", "--as", "json"]], id="appraise"),
        pytest.param([["drill", "retail/logistics-delay", "--script", "turns.jsonl", "--as", "json"]], id="drill"),
    ],
)
def test_a_command_runs_without_django(folder, commands):
    for command in commands:
        result = run(*command, cwd=folder)
        assert result["code"] == 0, result["output"]
        assert result["heavy"] == []


def test_the_runner_would_notice_django(folder):
    result = run("serve", "--help", cwd=folder)
    assert result["heavy"] == []  # the help of a database command needs no database either
    noticed = subprocess.run(
        [sys.executable, "-c", RUNNER.replace("import json, sys", "import json, sys, django"), "--help"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(noticed.stdout.splitlines()[-1])["heavy"] == ["django"]
