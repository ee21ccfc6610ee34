"""Commands among broken lakes, targets that cannot be written and files that are none: one line, never a traceback."""

from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner, Result

from peilian.adapters.lake import Lake
from peilian.cli import main
from support.logs import line, write_csv


def run(*words) -> Result:
    found = CliRunner().invoke(main, [str(word) for word in words])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exc_info
    return found


@pytest.fixture
def messages(tmp_path):
    return write_csv(tmp_path / "m.csv", [line("c1", "customer", 0), line("c1", "agent", 9)])


@pytest.fixture
def lake(messages, tmp_path):
    assert run("import", messages, "--into", tmp_path / "lake").exit_code == 0
    return tmp_path / "lake"


def each_command(messages, lake):
    yield "import", messages, "--into", lake
    yield "kpi", lake, "--kpi", "conversations"
    yield "needs", lake
    yield "erase", "--lake", lake, "--customer", "k"


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def cut_segments(lake):
    for path in lake.rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:60])


def damage_segments(lake):
    for path in lake.rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:10] + bytes(50) + path.read_bytes()[60:])


def drop_segments(lake):
    for path in lake.rglob("*.parquet"):
        path.unlink()


def point_outside(lake):
    path = lake / "manifest.json"
    state = json.loads(path.read_text())
    for file in state["segments"][0]["files"].values():
        file["path"] = "../outside.parquet"
    path.write_text(json.dumps(state))


@pytest.mark.parametrize(
    "harm",
    [
        drop_segments,
        cut_segments,
        damage_segments,
        point_outside,
        lambda lake: (lake / "manifest.json").write_text("[" * 100_000),
        lambda lake: rewrite(lake / "manifest.json", generation="x"),
        lambda lake: rewrite(lake / "manifest.json", segments=["x"]),
        lambda lake: (lake / "lake.json").write_text("[1]"),
        lambda lake: (lake / "lake.json").write_text("[" * 100_000),
        lambda lake: rewrite(lake / "lake.json", version="x"),
        lambda lake: rewrite(lake / "lake.json", key=None),
    ],
)
def test_a_broken_lake_is_named_in_one_line_by_every_command(harm, messages, lake):
    harm(lake)
    for words in each_command(messages, lake):
        found = run(*words, "--lang", "en")
        assert (found.exit_code, found.stdout) == (1, ""), words
        assert found.stderr.startswith(f"{lake}: ")
        assert found.stderr.count("\n") == 1


def test_a_target_that_cannot_be_written_is_refused_before_anything_is_stored(messages, tmp_path):
    for option in ("--out", "--rejects"):
        found = run("import", messages, "--into", tmp_path / "lake", option, tmp_path / "none" / "out.csv")
        assert found.exit_code == 2
        assert "no folder" in found.stderr
        assert not (tmp_path / "lake").exists()


def test_a_form_that_needs_a_file_is_refused_before_anything_is_erased(messages, lake):
    before = (lake / "manifest.json").read_bytes()
    found = run("erase", "--lake", lake, "--customer", "k", "--as", "parquet")
    assert found.exit_code == 2
    assert "--out" in found.stderr
    assert (lake / "manifest.json").read_bytes() == before
    assert run("kpi", lake, "--kpi", "conversations", "--as", "parquet", "--out", lake.parent / "k.pq").exit_code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_told_in_one_line(lake):
    found = run("kpi", lake, "--kpi", "conversations", "--out", "/dev/full")
    assert (found.exit_code, found.stderr) == (1, "peilian: No space left on device\n")


def test_a_lake_below_a_file_is_told_in_one_line(messages):
    found = run("import", messages, "--into", messages / "lake")
    assert found.exit_code == 1
    assert "Not a directory" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_pipe_is_no_file_to_import_and_is_not_waited_for(messages, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for words in (("import", tmp_path / "pipe.csv", "--into", tmp_path / "lake"), ("read", tmp_path / "pipe.csv")):
        found = run(*words, "--lang", "en")
        assert found.exit_code == 1
        assert "a pipe or device, not a file" in found.stderr


def test_the_last_and_the_first_day_there_are_can_be_asked_for(lake):
    days = ("--from", "0001-01-01", "--to", "9999-12-31")
    found = run("kpi", lake, "--kpi", "conversations", "--tz", "America/New_York", "--as", "json", *days)
    assert json.loads(found.stdout) == [{"conversations": 1}]
    assert run("needs", lake, *days).exit_code == 0


def test_a_fault_stays_one_line_whatever_a_file_or_column_is_called(tmp_path):
    path = tmp_path / "two\nlines\x1b[31m.csv"
    path.write_text(f"a\x1b[2J{'x' * 100_000},\u202eb,c\n1,2,3\n")
    found = run("read", path, "--lang", "en")
    assert found.exit_code == 1
    lines = found.stderr.splitlines()
    assert len(lines) == 3
    assert all(text.isprintable() and len(text) < 500 for text in lines)


def test_an_empty_lake_answers_nothing_wrong(tmp_path):
    Lake.create(tmp_path / "lake")
    found = run("kpi", tmp_path / "lake", "--kpi", "conversations", "--as", "json")
    assert found.exit_code == 0
