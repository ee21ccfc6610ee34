"""Readings as lines of ``peilian read`` and as tables of the lake, and lexicons as pack documents."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from peilian.adapters.lake.schemas import READ_TABLES
from peilian.adapters.packs.lexicon import load_lexicons
from peilian.cli import main
from peilian.engine._kernel import InputError
from peilian.engine.conversation import Conversation, Message, Role
from peilian.engine.reading import FAULTS, ISSUES, MOVES
from peilian.flows import reading
from peilian.flows.wording import catalogue

HEADER = 'kind: pack\nschema_version: 1\nkey: sample\ntitle: {en: Sample}\nversion: "1"\nlicence: Apache-2.0\n'
LEXICON = "kind: lexicon\nschema_version: 1\nkey: zh/sample\nlanguage: zh\n"


def a_talk() -> Conversation:
    said = [
        (Role.CUSTOMER, "c-1", "等了四天了还没发货，太差劲了", 0),
        (Role.AGENT, "a-1", "非常抱歉，我帮您查一下，请稍等", 31_000),
        (Role.AGENT, "a-1", "您的订单无法取消", 60_000),
        (Role.BOT, None, "请对本次服务评价", 61_000),
        (Role.CUSTOMER, "c-1", "好的，谢谢", 90_000),
    ]
    messages = (Message(str(i), i, role, text, at, author) for i, (role, author, text, at) in enumerate(said))
    return Conversation("c1", tuple(messages))


@pytest.fixture(scope="module")
def read():
    return next(reading.read([a_talk()]))


def test_a_line_has_the_promised_shape(read):
    line = reading.to_line(read, "zh")
    assert json.loads(json.dumps(line)) == line
    assert (line["conversation_id"], line["n_messages"]) == ("c1", 5)
    customer, agent, _, bot, _ = line["messages"]
    assert set(customer["emotion"]) >= {"label", "valence"}
    assert "moves" not in customer
    assert "moves" not in bot
    assert agent["waited_seconds"] == 31.0
    assert agent["chars"] == 15
    assert agent["faults"] == []
    first = agent["moves"][0]
    assert first["move"] == "apologise"
    assert first["span"] == [2, 4]
    assert first["reason"] == "“抱歉”是致歉"
    assert first["rule"]
    turns = line["satisfaction"]["turns"]
    assert [turn["i"] for turn in turns] == [0, 4]
    assert all(0 <= turn["estimate"] <= 1 for turn in turns)
    assert line["satisfaction"]["label"] in ("dissatisfied", "neutral", "satisfied")


def test_reasons_are_said_in_the_readers_language(read):
    moves = reading.to_line(read, "en")["messages"][1]["moves"]
    assert moves[0]["reason"] == "“抱歉” is an apology"


def test_a_conversation_of_agents_alone_has_an_empty_estimate():
    alone = Conversation("c2", (Message("0", 0, Role.AGENT, "您好", author="a-1"),))
    line = reading.to_line(next(reading.read([alone])), "zh")
    assert line["satisfaction"] == {"label": None, "estimate": None, "turns": []}


def test_every_finding_can_be_put_into_words():
    missing = [key for key in (*MOVES, *FAULTS) if f"reading.{key}" not in catalogue()]
    assert not missing
    assert {key.split(".")[1] for key in catalogue() if key.startswith("reading.")} >= set(ISSUES)


def test_the_tables_have_the_schemas_of_the_lake(read):
    tables = reading.reading_tables([read])
    assert {name: table.schema for name, table in tables.items()} == READ_TABLES


def test_the_tables_say_what_the_reading_says(read):
    tables = reading.reading_tables([read])
    rows = tables["message_readings"].to_pylist()
    assert [row["i"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["waited_ms"] for row in rows] == [None, 31_000, None, None, None]
    assert [row["satisfaction"] is None for row in rows] == [False, True, True, True, False]
    findings = tables["findings"].to_pylist()
    assert {"kind": "move", "key": "refuse", "author": "a-1"}.items() <= next(
        row for row in findings if row["key"] == "refuse"
    ).items()
    texts = [message.text for message in a_talk().messages]
    assert all(0 <= row["start"] < row["end"] <= len(texts[row["i"]]) for row in findings)
    (row,) = tables["conversation_readings"].to_pylist()
    assert row["lexicon_version"] == reading.lexicons().version


def test_no_conversations_make_empty_tables():
    assert all(isinstance(table, pa.Table) and len(table) == 0 for table in reading.reading_tables([]).values())


def a_pack(folder: Path, lexicon: str) -> Path:
    (folder / "pack.yaml").write_text(HEADER, encoding="utf-8")
    (folder / "lexicon.yaml").write_text(lexicon, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("lexicon", "row", "field", "key"),
    [
        pytest.param(
            LEXICON + "marks:\n  - move: greet\n    colour: red\n    cues: []\n",
            7,
            "marks.0.colour",
            "pack.extra_forbidden",
            id="a field that nobody knows",
        ),
        pytest.param(
            LEXICON + "marks:\n  - move: dance\n    cues: []\n", 6, "marks.0", "pack.wrong_value", id="an unknown move"
        ),
        pytest.param(
            LEXICON
            + "marks:\n  - move: greet\n    cues:\n      - id: a\n        any:\n          - 好\n          - (坏\n",
            11,
            "marks.0.cues.0.any.1",
            "reading.pattern.open_bracket",
            id="a pattern with an open bracket",
        ),
        pytest.param(
            LEXICON + "marks:\n  - move: greet\n    cues:\n      - {id: a, any: [<nobody>]}\n",
            8,
            "marks.0.cues.0.any.0",
            "reading.pattern.unknown_class",
            id="a class that is not defined",
        ),
        pytest.param(
            LEXICON + "marks:\n  - move: greet\n    cues:\n      - {id: a, any: [好]}\n      - {id: a, any: [坏]}\n",
            9,
            "marks.0.cues.1.id",
            "reading.double_cue",
            id="an id twice",
        ),
    ],
)
def test_a_faulty_lexicon_is_named_by_file_line_and_field(tmp_path, lexicon, row, field, key):
    with pytest.raises(InputError) as error:
        load_lexicons([a_pack(tmp_path, lexicon)])
    (fault,) = error.value.faults
    assert (Path(fault.file).name, fault.row, fault.field, fault.reason.key) == ("lexicon.yaml", row, field, key)


def test_an_unknown_feature_of_the_satisfaction_model_is_a_fault(tmp_path):
    model = "kind: satisfaction-model\nschema_version: 1\nkey: m\ncuts: [0, 1]\nweights:\n"
    with pytest.raises(InputError) as error:
        load_lexicons([a_pack(tmp_path, model + "  - {feature: luck, weight: 1, why: {en: no}}\n")])
    assert error.value.faults[0].field == "weights.0.feature"


def test_a_company_can_read_with_its_own_lexicon(tmp_path):
    own = load_lexicons(
        [a_pack(tmp_path, LEXICON + "marks:\n  - move: greet\n    cues:\n      - {id: a, any: [吉祥]}\n")]
    )
    message = Message("0", 0, Role.AGENT, "吉祥如意您好", author="a-1")
    found = reading.read_conversation(Conversation("k", (message,)), own).messages[0].findings
    assert [(finding.key, finding.rule) for finding in found] == [("greet", "zh/sample:greet.a")]


def test_the_version_follows_the_content(tmp_path):
    lexicon = LEXICON + "marks:\n  - move: greet\n    cues:\n      - {id: a, any: [吉祥]}\n"
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = load_lexicons([a_pack(tmp_path / "a", lexicon)])
    other = load_lexicons([a_pack(tmp_path / "b", lexicon.replace("吉祥", "如意"))])
    assert one.version != other.version


TALK = """conversation_id,at,role,author,text
k1,2026-03-02T09:00:00+08:00,customer,u1,我的包裹到哪了
k1,2026-03-02T09:00:20+08:00,agent,a1,我帮您查一下
k2,2026-03-02T09:05:00+08:00,customer,u2,发票怎么开
"""


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["read", *map(str, args)])


def test_the_command_writes_one_line_a_conversation(tmp_path):
    file = tmp_path / "talk.csv"
    file.write_text(TALK, encoding="utf-8")
    done = run(file)
    assert done.exit_code == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert {line["conversation_id"] for line in lines} == {"k1", "k2"}
    waited = [m["waited_seconds"] for line in lines for m in line["messages"] if "moves" in m]
    assert waited == [20.0]


def test_the_command_writes_to_a_file(tmp_path):
    file, out = tmp_path / "talk.csv", tmp_path / "out.jsonl"
    file.write_text(TALK, encoding="utf-8")
    done = run(file, "--out", out, "--lang", "en")
    assert (done.exit_code, done.stdout) == (0, "")
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_file_that_is_no_conversation_stops_with_one_line_a_fault(tmp_path, text):
    file, out = tmp_path / "talk.csv", tmp_path / "out.jsonl"
    file.write_text(text, encoding="utf-8")
    done = run(file, "--out", out)
    assert done.exit_code == 1
    assert "talk.csv" in done.stderr
    assert "Traceback" not in done.output
    assert not out.exists()


def test_a_missing_file_stops_with_its_name(tmp_path):
    done = run(tmp_path / "nothing.csv")
    assert done.exit_code == 1
    assert "nothing.csv" in done.stderr


def test_a_faulty_row_leaves_out_its_conversation_or_stops_when_strict(tmp_path):
    file = tmp_path / "talk.csv"
    file.write_text(TALK + "k3,yesterday,customer,u3,在吗\n", encoding="utf-8")
    done = run(file)
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 2
    assert "k3" in done.stderr
    assert run(file, "--strict").exit_code == 1


def test_what_shipped_phrases_forbid_is_found_and_leads_to_them():
    messages = (Message("0", 0, Role.AGENT, "这款产品保本，肯定不会亏", None, "a-1"),)
    (read,) = next(reading.read([Conversation("k", messages)])).messages
    found = [finding for finding in read.findings if finding.key == "forbidden"]
    assert {finding.rule.partition("#")[0] for finding in found} == {"phrases:finance/compliance"}
