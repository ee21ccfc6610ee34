"""``peilian import`` and ``peilian erase``: counts on stdout, faults on stderr, exit codes."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from peilian.adapters.lake import Lake
from peilian.cli import main
from support.logs import ALL, line, write_csv


def run(*words) -> object:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def messages(tmp_path):
    rows = [line("c1", "customer", 0), line("c1", "agent", 9), line("c1", "agent", -60), line("c2", "customer", 5)]
    return write_csv(tmp_path / "m.csv", rows)


def test_an_import_counts_what_it_read_stored_knew_and_rejected(messages, tmp_path):
    first = run("import", messages, "--into", tmp_path / "lake", "--as", "json")
    assert first.exit_code == 0
    assert json.loads(first.stdout) == [
        {"table": "messages", "read": 4, "stored": 4, "duplicate": 0, "rejected": 0, "clock_faults": 1},
        {"table": "conversations", "read": 2, "stored": 2, "duplicate": 0, "rejected": 0, "clock_faults": 1},
    ]
    again = run("import", messages, "--into", tmp_path / "lake", "--as", "json")
    assert [row["duplicate"] for row in json.loads(again.stdout)] == [4, 2]


def test_the_counts_are_a_table_unless_asked_otherwise(messages, tmp_path):
    found = run("import", messages, "--into", tmp_path / "lake")
    assert [row.split() for row in found.stdout.splitlines()][1] == ["messages", "4", "4", "0", "0", "1"]
    assert found.stderr == ""


def test_a_fault_of_a_row_is_told_on_stderr_and_the_rest_is_stored(tmp_path):
    path = write_csv(tmp_path / "m.csv", [line("c1", "robot", 0), line("c2", "customer", 5)])
    rejects = tmp_path / "rejects.csv"
    found = run("import", path, "--into", tmp_path / "lake", "--rejects", rejects, "--lang", "en", "--as", "json")
    assert found.exit_code == 0
    assert found.stderr.startswith('m.csv:row 1, field role [c1]: unknown role "robot"')
    assert [row["rejected"] for row in json.loads(found.stdout)] == [1, 1]
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["file"], row["row"], row["field"], row["conversation_id"]) == ("m.csv", "1", "role", "c1")
    assert row["reason"] == "import.unknown_role"


def test_strict_ends_with_one_and_stores_nothing(tmp_path):
    path = write_csv(tmp_path / "m.csv", [line("c1", "robot", 0), line("c2", "customer", 5)])
    found = run("import", path, "--into", tmp_path / "lake", "--strict")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "字段 role" in found.stderr
    assert Lake.open(tmp_path / "lake").segments == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"conversation_id,role\nc,agent\n", "field text"),
        (b"", "the file is empty"),
        (b"conversation_id,role,text\nc,agent,\xff\n", "row 1: bytes that cannot be read as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_ends_with_one_and_one_line(tmp_path, data, said):
    path = tmp_path / "m.csv"
    path.write_bytes(data)
    found = run("import", path, "--into", tmp_path / "lake", "--lang", "en")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("m.csv")
    assert said in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_only_the_first_faults_are_listed_and_the_others_counted(tmp_path):
    path = write_csv(tmp_path / "m.csv", [line(f"c{n}", "robot", n) for n in range(80)])
    found = run("import", path, "--into", tmp_path / "lake", "--lang", "en")
    assert len(found.stderr.splitlines()) == 51
    assert "30 more faults" in found.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "words", [("import",), ("import", "m.csv"), ("import", "m.csv", "--into", "x", "--format", "nonesuch"), ("erase",)]
)
def test_a_wrong_call_ends_with_two(words):
    assert run(*words).exit_code == 2


def test_a_folder_that_is_no_lake_is_left_alone(messages, tmp_path):
    found = run("import", messages, "--into", tmp_path, "--lang", "en")
    assert found.exit_code == 1
    assert "a lake cannot be made here" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["m.csv"]


@pytest.mark.django_db
def test_without_a_lake_the_customer_is_erased_from_the_installation(messages, home):
    run("import", messages, "--into", home / "lake")
    found = run("erase", "--customer", "buyer-c1", "--as", "json")
    assert json.loads(found.stdout) == [{"conversations": 1, "texts_to_revise": 0}]
    assert {m.text for m in Lake.open(home / "lake").conversation("c1", visible=ALL).messages} == {""}


def test_erasing_a_customer_says_what_was_touched(messages, tmp_path):
    run("import", messages, "--into", tmp_path / "lake")
    found = run("erase", "--lake", tmp_path / "lake", "--customer", "buyer-c1", "--as", "json")
    lake = Lake.open(tmp_path / "lake")
    assert json.loads(found.stdout) == [{"pseudonym": lake.pseudonym("buyer-c1"), "conversations": 1, "messages": 3}]
    assert {m.text for m in lake.conversation("c1", visible=ALL).messages} == {""}
    assert run("erase", "--lake", tmp_path / "nowhere", "--customer", "x").exit_code == 1
