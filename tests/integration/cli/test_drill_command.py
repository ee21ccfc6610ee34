"""``peilian drill``."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from peilian.adapters.packs import SHIPPED
from peilian.cli import main
from peilian.flows import playing

SCRIPT = """{"at_seconds": 5, "action": "track"}

{"at_seconds": 12.5, "text": "您好，我马上帮您查，请稍等", "customer": 0}
{"at_seconds": 40, "text": "杭州转运中心暴雨停了，预计24号送到"}
"""


def run(*args: str, given: str = ""):
    return CliRunner().invoke(main, ["drill", *args], input=given)


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "turns.jsonl"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_the_list_names_every_scenario_with_its_languages():
    rows = json.loads(run("--list", "--as", "json").stdout)
    delay = next(row for row in rows if row["scenario"] == "retail/logistics-delay")
    assert delay["pack"] == "retail"
    assert delay["languages"] == ["zh", "en"]
    assert delay["title"] == "物流延误"


def test_a_script_is_played_and_gives_the_same_result_again(script):
    first = run("retail/logistics-delay", "--script", str(script), "--seed", "7", "--as", "json")
    second = run("retail/logistics-delay", "--script", str(script), "--seed", "7", "--as", "json")
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["seed"] == 7


def test_without_a_form_a_played_script_is_shown_for_people(script):
    done = run("retail/logistics-delay", "--script", str(script), "--lang", "zh")
    assert done.exit_code == 0, done.output
    assert "00:12  您  您好，我马上帮您查，请稍等" in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1].endswith("/ 100")


@pytest.fixture
def own_packs(tmp_path):
    """A folder with one pack, whose scenario is a shipped one under an own key."""
    folder = tmp_path / "own" / "mine"
    (folder / "scenarios").mkdir(parents=True)
    header = 'kind: pack\nschema_version: 1\nkey: mine\ntitle: {en: Mine}\nversion: "1"\nlicence: proprietary\n'
    (folder / "pack.yaml").write_text(header, encoding="utf-8")
    text = (SHIPPED / "retail" / "scenarios" / "logistics-delay.yaml").read_text(encoding="utf-8")
    text = text.replace("key: retail/logistics-delay", "key: mine/delay", 1)
    (folder / "scenarios" / "delay.yaml").write_text(text, encoding="utf-8")
    yield folder.parent
    playing.add_to_house(())


@pytest.mark.parametrize("way", ["--packs", "file", "installation"])
def test_an_own_scenario_is_played_from_a_folder_a_file_or_the_installation(own_packs, script, monkeypatch, way):
    monkeypatch.setenv("PEILIAN_HOME", str(own_packs.parent / "home"))
    asked = {
        "--packs": ["mine/delay", "--packs", str(own_packs)],
        "file": [str(own_packs / "mine" / "scenarios" / "delay.yaml")],
        "installation": ["mine/delay"],
    }[way]
    if way == "installation":
        (own_packs.parent / "home").mkdir()
        own_packs.rename(own_packs.parent / "home" / "packs")
    done = run(*asked, "--script", str(script), "--as", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["scenario"] == "mine/delay"


def test_the_list_shows_scenarios_of_more_packs_too(own_packs):
    rows = json.loads(run("--list", "--packs", str(own_packs), "--as", "json").stdout)
    assert {"mine/delay", "retail/logistics-delay"} <= {row["scenario"] for row in rows}


def test_a_faulty_pack_is_told_and_one_of_the_installation_left_out(own_packs, monkeypatch):
    path = own_packs / "mine" / "scenarios" / "delay.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("difficulty: ", "difficulty: x", 1), encoding="utf-8")
    refused = run("mine/delay", "--packs", str(own_packs), "--lang", "en")
    assert refused.exit_code == 1
    assert "field difficulty: a whole number was expected" in refused.stderr
    (own_packs.parent / "home").mkdir()
    own_packs.rename(own_packs.parent / "home" / "packs")
    monkeypatch.setenv("PEILIAN_HOME", str(own_packs.parent / "home"))
    listed = run("--list", "--as", "json")
    assert listed.exit_code == 0
    assert "字段 difficulty：这里要填整数" in listed.stderr
    assert "mine/delay" not in {row["scenario"] for row in json.loads(listed.stdout)}


def test_a_scenario_outside_of_a_pack_is_told(tmp_path):
    (tmp_path / "alone.yaml").write_text("kind: scenario\n", encoding="utf-8")
    done = run(str(tmp_path / "alone.yaml"), "--lang", "en")
    assert done.exit_code == 1
    assert "needs a pack.yaml" in done.stderr


def test_the_result_can_be_written_to_a_file(script, tmp_path):
    out = tmp_path / "result.json"
    assert run("retail/logistics-delay", "--script", str(script), "--out", str(out)).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["scenario"] == "retail/logistics-delay"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"at_seconds": "soon", "text": "a"}', "at_seconds"),
        ('{"at_seconds": -1, "text": "a"}', "at_seconds"),
        ('{"at_seconds": NaN, "text": "a"}', "at_seconds"),
        ('{"at_seconds": 1' + "0" * 400 + ', "text": "a"}', "at_seconds"),
        ('{"at_seconds": 1, "text": "a \\ud800"}', "text"),
        ('{"at_seconds": 1, "action": "coupon", "args": {"amount": 1' + "0" * 400 + "}}", "amount"),
        ('{"at_seconds": 1}', "text"),
        ('{"at_seconds": 1, "text": "a", "action": "track"}', "text"),
        ('{"at_seconds": 1, "text": "a", "customer": 3}', "customer"),
        ('{"at_seconds": 1, "action": "track", "args": []}', "each line"),
        ("[1, 2", "each line"),
        ('{"at_seconds": 1, "action": "fly"}', "no tool fly"),
        ('{"at_seconds": 1, "action": "coupon", "args": {"amount": "x"}}', "amount"),
    ],
)
def test_a_faulty_script_is_refused_with_its_line(tmp_path, line, said):
    path = tmp_path / "turns.jsonl"
    path.write_text(f'{{"at_seconds": 0, "text": "好"}}\n{line}\n', encoding="utf-8")
    result = run("retail/logistics-delay", "--script", str(path), "--lang", "en")
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_a_script_that_is_no_text_or_not_there_is_refused(tmp_path):
    path = tmp_path / "turns.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    for broken in (path, tmp_path / "missing.jsonl", tmp_path):
        result = run("retail/logistics-delay", "--script", str(broken))
        assert result.exit_code == 1
        assert "Traceback" not in result.output


def test_a_drill_is_played_in_the_terminal_to_its_debrief():
    result = run(
        "retail/logistics-delay", "--lang", "zh", given="您好，我帮您查\n/\n/track\n/coupon amount=20\n/fly\n\n"
    )
    assert result.exit_code == 0, result.output
    assert "超出补偿规则" in result.output
    assert "/ 100" in result.output


def test_neither_scenario_nor_list_is_a_wrong_call():
    assert run().exit_code == 2


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--as", "csv"], "use --as json"),
        (["--out", "result.csv"], "use --as json"),
        (["--list"], "--list shows every scenario and takes no SCENARIO, --script"),
    ],
)
def test_what_a_script_cannot_give_is_a_wrong_use_that_says_so(script, extra, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = run("retail/logistics-delay", "--script", str(script), *extra)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert not (tmp_path / "result.csv").exists()


@pytest.mark.parametrize("extra", [["--seed", "3"], ["--mode", "hard"], ["--embedding"], ["--script", "turns.jsonl"]])
def test_a_list_takes_nothing_that_says_how_to_play(extra):
    result = run("--list", *extra)
    assert (result.exit_code, result.stdout) == (2, "")
    assert extra[0] in result.stderr


@pytest.mark.parametrize("extra", [["--as", "json"], ["--out", "result.json"]])
def test_a_drill_in_the_terminal_writes_no_data(extra, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = run("retail/logistics-delay", *extra, given="\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--script" in result.stderr
