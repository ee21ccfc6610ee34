"""``peilian pack check`` and ``peilian pack schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from peilian.adapters.packs import SHIPPED
from peilian.cli import main

HEADER = 'kind: pack\nschema_version: 1\nkey: {key}\ntitle: {{en: Sample}}\nversion: "1"\nlicence: Apache-2.0\n'
WORDS = "kind: words\nschema_version: 1\nkey: {key}\nwords:\n  a.b: {{zh: 好, en: good}}\n"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["pack", *map(str, args)])


def a_pack(folder: Path, key: str = "sample", **documents: str) -> Path:
    folder.mkdir()
    (folder / "pack.yaml").write_text(HEADER.format(key=key), encoding="utf-8")
    for name, text in documents.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_packs_are_in_order():
    done = run("check", SHIPPED, "--as", "json")
    assert done.exit_code == 0, done.stderr
    assert {"core"} <= {row["pack"] for row in json.loads(done.stdout)}


def test_a_pack_in_order_is_counted_by_kind(tmp_path):
    done = run(
        "check", a_pack(tmp_path / "p", one=WORDS.format(key="one"), two=WORDS.format(key="two")), "--as", "json"
    )
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == [{"pack": "sample", "kind": "words", "documents": 2}]


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        pytest.param("kind: words\nkey: x\nwords: {}\n", "row 1", "schema_version", id="a field is missing"),
        pytest.param(WORDS.format(key="x") + "colour: red\n", "row 6", "colour", id="a field too many"),
        pytest.param("kind: poem\n", "row 1", "kind", id="no such kind"),
        pytest.param("kind: [", "row 1", "", id="not YAML"),
        pytest.param("- 1\n", "row 1", "", id="not a mapping"),
    ],
)
def test_a_fault_names_file_line_and_field(tmp_path, text, line, field):
    pack = a_pack(tmp_path / "p", bad=text)
    done = run("check", pack, "--lang", "en")
    assert done.exit_code == 1
    assert done.stdout == ""
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"{pack / 'bad.yaml'}:{line}")
    assert field in said


def test_every_fault_of_every_folder_is_told_at_once(tmp_path):
    one, two = a_pack(tmp_path / "one", key="one", bad="- 1\n"), a_pack(tmp_path / "two", key="two", bad="kind: poem\n")
    done = run("check", one, two)
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 2


def test_a_key_may_be_used_by_one_folder_only(tmp_path):
    one = a_pack(tmp_path / "one", key="one", words=WORDS.format(key="same"))
    two = a_pack(tmp_path / "two", key="two", words=WORDS.format(key="same"))
    done = run("check", one, two, "--lang", "en")
    assert done.exit_code == 1
    assert str(one / "words.yaml") in done.stderr


def test_a_folder_named_twice_is_no_fault(tmp_path):
    pack = a_pack(tmp_path / "p", one=WORDS.format(key="one"))
    done = run("check", pack, tmp_path, "--as", "json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == [{"pack": "sample", "kind": "words", "documents": 1}]


@pytest.mark.parametrize("name", ["none", "empty"])
def test_a_folder_without_a_pack_is_a_fault(tmp_path, name):
    (tmp_path / "empty").mkdir()
    done = run("check", tmp_path / name, "--lang", "en")
    assert done.exit_code == 1
    assert "pack.yaml" in done.stderr


def test_the_schema_of_a_kind_says_what_is_required():
    done = run("schema", "words")
    assert done.exit_code == 0
    assert set(json.loads(done.stdout)["required"]) == {"kind", "schema_version", "key", "words"}


def test_an_unknown_kind_is_a_wrong_use_that_names_the_known_ones():
    done = run("schema", "poem")
    assert done.exit_code == 2
    assert "words" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 20_000, "not valid YAML"),
        ("kind: 2026-13-45\n", "not valid YAML"),
        ("kind: words\nschema_version: " + "9" * 5000 + "\n", "a number is too large to be kept"),
        ('kind: !!python/object/apply:os.system ["touch made"]\n', "not valid YAML"),
        ("a: &a {x: 1}\nb: &b {<<: [*a, *a]}\n", "not valid YAML"),
        ('kind: "\0"\n', "not UTF-8"),
    ],
    ids=["nested without end", "a 13th month", "a huge number", "an object of Python", "merged mappings", "NUL"],
)
def test_a_document_that_would_harm_its_reader_is_one_fault(tmp_path, text, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run("check", a_pack(tmp_path / "p", one=text), "--lang", "en")
    assert done.exit_code == 1
    assert "one.yaml" in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "made").exists()
