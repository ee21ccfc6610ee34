"""Importing files into a lake: counts, duplicates, growth, faults, strictness, cancelling."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.adapters.lake import Lake
from peilian.engine._kernel import InputError
from peilian.flows.importing import Progress, import_files, preview_file, read_conversations
from peilian.flows.wording import say_fault
from support.logs import ALL, DAY_MS, START_MS, a_log, contents, counted, line, write_csv


@pytest.fixture
def lake(tmp_path) -> Lake:
    return Lake.create(tmp_path / "lake")


def imported(lake: Lake, *paths: Path, **more):
    return import_files(paths, lake=lake, now_ms=START_MS, **more)


def tallies(report):
    return [
        (tally.read, tally.stored, tally.duplicate, tally.rejected) for tally in (report.messages, report.conversations)
    ]


def test_an_import_stores_masked_messages_and_measured_conversations(lake, tmp_path):
    path = write_csv(
        tmp_path / "m.csv",
        [
            line("c1", "customer", 0, "我的电话13812345678", shop="一店"),
            line("c1", "agent", 20, "好的,<b>马上</b>查"),
            line("c2", "customer", 90_000, "退款"),
        ],
    )
    report = imported(lake, path)
    assert tallies(report) == [(3, 3, 0, 0), (2, 2, 0, 0)]
    first = lake.conversation("c1", visible=ALL)
    assert [m.text for m in first.messages] == ["我的电话[[phone]]", "好的,<b>马上</b>查"]
    assert first.messages[0].extra == {"shop": "一店"}
    assert first.customer == first.messages[0].author == lake.pseudonym("buyer-c1")
    with lake.connect() as connection:
        facts = connection.execute(
            "SELECT conversation_id, is_answered, first_response_ms, n_rounds, first_agent"
            " FROM conversations ORDER BY conversation_id"
        ).fetchall()
    assert facts == [("c1", True, 20_000, 1, "lin"), ("c2", False, None, 1, None)]


def test_no_customer_id_or_number_lies_anywhere_in_the_lake(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "m.csv", [line("c1", "customer", 0, "打13812345678")]))
    with lake.connect() as connection:
        everything = str(connection.execute("SELECT * FROM messages, conversations").fetchall())
    assert "buyer-c1" not in everything
    # Ids are hashes, so that three digits of the number can stand in one by chance.
    assert "12345678" not in everything
    assert "'打[[phone]]'" in everything
    assert not (lake.path / "staging").exists() or not list((lake.path / "staging").iterdir())


def test_importing_the_same_again_changes_nothing(lake, tmp_path):
    path = write_csv(tmp_path / "m.csv", a_log(40))
    first = imported(lake, path)
    before, generation = contents(lake), lake.manifest.generation
    again = imported(lake, path)
    assert tallies(again) == [(first.messages.read, 0, first.messages.read, 0), (40, 0, 40, 0)]
    assert contents(lake) == before
    assert lake.manifest.generation == generation


def test_a_conversation_that_grows_is_stored_once_with_all_its_messages(tmp_path, monkeypatch):
    monkeypatch.setenv("PEILIAN_PSEUDONYM_KEY", "the same for both")
    lake = Lake.create(tmp_path / "lake")
    rows = a_log(30, days=2)
    middle = len(rows) // 2
    imported(lake, write_csv(tmp_path / "a.csv", rows[:middle]))
    report = imported(lake, write_csv(tmp_path / "b.csv", rows[middle - 20 :]))
    assert report.messages.duplicate == 20
    other = Lake.create(tmp_path / "other")
    imported(other, write_csv(tmp_path / "all.csv", rows))
    assert [c.messages for c in _by_id(lake)] == [c.messages for c in _by_id(other)]
    assert counted(lake) == counted(other)
    assert lake.verify() == []


def _by_id(lake):
    return [c for _, c in sorted(contents(lake).items())]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_conversations_in_a_file_does_not_matter(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("order")
    rows = a_log(12)
    cids = sorted({row["conversation_id"] for row in rows})
    random.Random(seed).shuffle(cids)
    regrouped = [row for cid in cids for row in rows if row["conversation_id"] == cid]
    found = []
    for name, listed in (("a", rows), ("b", regrouped)):
        lake = Lake.create(folder / name)
        import_files([write_csv(folder / f"{name}.csv", listed)], lake=lake, now_ms=1)
        found.append([(c.conversation_id, [(m.text, m.at_ms) for m in c.messages]) for c in _by_id(lake)])
    assert found[0] == found[1]


def test_companion_and_messages_meet_whatever_comes_first(lake, tmp_path):
    messages = write_csv(tmp_path / "m.csv", [line("c1", "customer", 0), line("c2", "customer", 5)])
    about = write_csv(
        tmp_path / "c.csv",
        [
            {"conversation_id": "c1", "customer": "buyer-x", "csat": 4, "csat_max": 5, "order_amount": "12.50"},
            {"conversation_id": "c9", "csat": 1},
        ],
    )
    report = imported(lake, about, messages)
    assert tallies(report) == [(2, 2, 0, 0), (3, 2, 0, 1)]
    assert [(fault.reason.key, fault.conversation_id) for fault in report.faults] == [("import.no_messages", "c9")]
    c1 = lake.conversation("c1", visible=ALL)
    assert (c1.customer, c1.csat, c1.order_amount) == (lake.pseudonym("buyer-x"), 4.0, Decimal("12.5"))


def test_a_companion_alone_completes_what_is_stored(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "m.csv", [line("c1", "customer", 0), line("c2", "customer", 5)]))
    about = write_csv(tmp_path / "c.csv", [{"conversation_id": "c1", "resolved": "true"}])
    assert tallies(imported(lake, about)) == [(0, 0, 0, 0), (1, 1, 0, 0)]
    assert lake.conversation("c1", visible=ALL).is_resolved is True
    assert tallies(imported(lake, about)) == [(0, 0, 0, 0), (1, 0, 1, 0)]
    assert counted(lake)[:2] == [2, 2]


def test_a_fault_of_a_row_rejects_its_conversation_and_stores_the_others(lake, tmp_path):
    rows = [line("c1", "customer", 0), line("c2", "customer", 1), line("c1", "robot", 2), line("c3", "agent", 3)]
    rows.append({**line("", "agent", 4), "conversation_id": ""})
    rejected: list = []
    report = imported(lake, write_csv(tmp_path / "m.csv", rows), rejects=rejected.extend)
    assert tallies(report) == [(5, 2, 0, 3), (3, 2, 0, 1)]
    assert sorted(contents(lake)) == ["c2", "c3"]
    assert [(f.file, f.row, f.field, f.conversation_id) for f in report.faults] == [
        ("m.csv", 3, "role", "c1"),
        ("m.csv", 5, "conversation_id", None),
    ]
    assert rejected == report.faults
    assert report.faults_by_kind == {"import.unknown_role": 1, "import.missing_value": 1}
    assert say_fault(report.faults[0], "en").startswith('m.csv:row 3, field role [c1]: unknown role "robot"')


def test_timed_and_untimed_rows_in_one_conversation_reject_it(lake, tmp_path):
    rows = [
        line("c1", "customer", 0),
        line("c1", "agent", None),
        line("c2", "customer", None),
        line("c2", "agent", None),
    ]
    report = imported(lake, write_csv(tmp_path / "m.csv", rows))
    assert tallies(report) == [(4, 2, 0, 2), (2, 1, 0, 1)]
    assert report.faults_by_kind == {"import.mixed_times": 1}
    assert not lake.conversation("c2", visible=ALL).is_timed


def test_untimed_rows_do_not_join_a_timed_stored_conversation(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "a.csv", [line("c1", "customer", 0)]))
    report = imported(lake, write_csv(tmp_path / "b.csv", [line("c1", "agent", None, "答")]))
    assert report.faults_by_kind == {"import.mixed_times": 1}
    assert len(lake.conversation("c1", visible=ALL).messages) == 1


def test_strict_stores_nothing_when_there_is_any_fault(lake, tmp_path):
    path = write_csv(tmp_path / "m.csv", [line("c1", "customer", 0), line("c2", "robot", 1)])
    with pytest.raises(InputError, match="unknown_role"):
        imported(lake, path, strict=True)
    assert lake.segments == ()
    assert not list((lake.path / "staging").iterdir())


BAD_FILES = {
    "missing column": (b"conversation_id,role\nc,agent\n", "import.missing_column"),
    "wrong encoding": (b"conversation_id,role,text\nc,agent,\xff\xff\n", "import.wrong_encoding"),
    "empty": (b"", "import.empty_file"),
    "open quote": (b'conversation_id,role,text\nc,agent,"\n', "import.broken_quotes"),
    "nothing but a line": (b"x" * 5_000_000, "import.line_too_long"),
}


@pytest.mark.parametrize(("data", "key"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_stops_the_import_of_all(lake, tmp_path, data, key):
    good = write_csv(tmp_path / "good.csv", [line("c1", "customer", 0)])
    bad = tmp_path / "bad.csv"
    bad.write_bytes(data)
    with pytest.raises(InputError) as caught:
        imported(lake, good, bad)
    assert {fault.reason.key for fault in caught.value.faults} == {key}
    assert lake.segments == ()


def test_parquet_of_another_shape_stores_nothing(lake, tmp_path):
    path = tmp_path / "sales.parquet"
    pq.write_table(pa.table({"sku": [1], "price": [2.5]}), path)
    with pytest.raises(InputError) as caught:
        imported(lake, path)
    assert [f.field for f in caught.value.faults] == ["conversation_id", "role", "text"]
    assert lake.segments == ()


def test_a_broken_time_is_told_with_its_row_and_what_was_expected(lake, tmp_path):
    path = write_csv(tmp_path / "m.csv", [{**line("c1", "customer", 0), "at": "2026-11-02 10:00"}])
    report = imported(lake, path)
    text = say_fault(report.faults[0], "zh")
    assert text.startswith("m.csv:第 1 行，字段 at [c1]")
    assert "缺少时区" in text


def test_rows_in_gbk_and_in_utf_16_are_the_same_rows(tmp_path):
    rows = [line("c1", "customer", 0, "您好请问这个什么时候发货呀"), line("c1", "agent", 9, "您好今天下午就会发出")]
    found = []
    for encoding in ("utf-8", "gbk", "utf-16"):
        lake = Lake.create(tmp_path / encoding)
        imported(lake, write_csv(tmp_path / f"{encoding}.csv", rows, encoding))
        found.append([m.text for m in lake.conversation("c1", visible=ALL).messages])
    assert found[0] == found[1] == found[2]


def test_cancelling_at_any_moment_leaves_the_lake_as_it_was(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "a.csv", a_log(5, seed=2)))
    path = write_csv(tmp_path / "b.csv", a_log(60))
    before, generation = contents(lake), lake.manifest.generation
    steps: list[Progress] = []
    imported(Lake.create(tmp_path / "other"), path, progress=steps.append)
    assert {step.phase for step in steps} == {"stage", "assemble", "write"} | {
        s.phase for s in steps if s.phase == "check"
    }
    for stop_at in range(1, len(steps) + 1):
        seen: list[Progress] = []
        report = imported(lake, path, progress=seen.append, is_cancelled=lambda s=seen, n=stop_at: len(s) >= n)
        assert report.is_cancelled
        assert (contents(lake), lake.manifest.generation) == (before, generation)
    assert tallies(imported(lake, path))[1] == (60, 60 - 5, 5, 0) or len(contents(lake)) >= 60


def test_a_large_log_is_cut_into_segments_of_days(lake, tmp_path, monkeypatch):
    monkeypatch.setattr("peilian.adapters.lake.writing._TARGET_MESSAGES", 120)
    monkeypatch.setattr("peilian.adapters.importers.staging._BUCKET_BYTES", 4000)
    rows = a_log(200, days=6)
    imported(lake, write_csv(tmp_path / "m.csv", rows))
    spans = [(segment.first_day, segment.last_day) for segment in lake.segments]
    assert len(spans) > 3
    assert spans == sorted(spans)
    assert counted(lake)[:2] == [len(rows), 200]
    assert len(contents(lake)) == 200
    assert lake.verify() == []


def test_a_day_too_large_for_one_segment_is_split(lake, tmp_path, monkeypatch):
    monkeypatch.setattr("peilian.adapters.lake.writing._TARGET_MESSAGES", 50)
    imported(lake, write_csv(tmp_path / "m.csv", a_log(60, days=1)))
    assert len(lake.segments) > 2
    assert len(contents(lake)) == 60


def test_two_imports_at_once_are_refused_with_a_reason(lake, tmp_path):
    path = write_csv(tmp_path / "m.csv", [line("c1", "customer", 0)])
    with lake.writing(), pytest.raises(InputError) as caught:
        imported(lake, path)
    assert caught.value.faults[0].reason.key == "lake.locked"
    assert tallies(imported(lake, path))[1] == (1, 1, 0, 0)


def test_reading_a_file_gives_the_conversations_without_a_lake(tmp_path):
    path = write_csv(tmp_path / "m.csv", [*a_log(10), line("bad", "robot", 1)])
    faults: list = []
    found = list(read_conversations(path, on_fault=faults.append))
    assert len(found) == 10
    assert [fault.conversation_id for fault in faults] == ["bad"]
    assert all(c.customer.startswith("p_") for c in found)
    for strict in ({}, {"strict": True, "on_fault": faults.append}):
        with pytest.raises(InputError, match="unknown_role"):
            list(read_conversations(path, **strict))


def test_a_newest_first_export_gives_the_same_conversations(tmp_path):
    rows = a_log(20)
    found = [
        {
            c.conversation_id: [(m.seq, m.at_ms, m.text, m.is_clock_fault) for m in c.messages]
            for c in read_conversations(write_csv(tmp_path / "m.csv", listed))
        }
        for listed in (rows, rows[::-1])
    ]
    assert found[0] == found[1]


def test_a_preview_shows_masked_rows_the_mapping_and_the_faults_of_the_head(tmp_path):
    rows = [line("c1", "customer", 0, "打13812345678", shop="一店"), line("c2", "robot", 1)] + [
        line("c3", "agent", 2)
    ] * 998
    found = preview_file(write_csv(tmp_path / "m.csv", rows, "gbk"), rows=10)
    assert (found.format, found.kind, found.form) == ("canonical", "messages", "csv")
    assert found.columns["shop"] == "extra"
    assert found.columns["text"] == "text"
    assert found.rows[0]["text"] == "打[[phone]]"
    assert [(fault.row, fault.field) for fault in found.faults] == [(2, "role")]
    assert 500 < found.n_rows_estimated < 2000


def test_ticket_logs_and_cofacts_are_read_as_they_are_exported(tmp_path):
    stamp = "2018-05-24 11:30:04.076+00:00"
    log = write_csv(
        tmp_path / "messages.csv",
        [
            {
                "ticket_id": 7,
                "seq": 1,
                "message_id": 71,
                "created_at": stamp,
                "role": "agent",
                "author": "a1",
                "text": "答",
            },
            {
                "ticket_id": 7,
                "seq": 0,
                "message_id": 70,
                "created_at": stamp,
                "role": "customer",
                "author": "u1",
                "text": "问",
            },
        ],
    )
    tickets = write_csv(
        tmp_path / "tickets.csv",
        [
            {
                "ticket_id": 7,
                "created_at": stamp,
                "updated_at": stamp,
                "topic": "邮件",
                "customer": "u1",
                "is_solved": "True",
            }
        ],
    )
    (found,) = read_conversations([log, tickets])
    assert [(m.text, m.message_id) for m in found.messages] == [("问", "70"), ("答", "71")]
    assert (found.topic, found.is_resolved, found.opened_at_ms) == ("邮件", True, found.messages[0].at_ms)
    assert found.customer == found.messages[0].author

    requests = write_csv(
        tmp_path / "requests.csv",
        [{"ticket_id": 1, "requester": "u1", "channel": "LINE", "requested_at": stamp, "reason": "真的吗"}],
    )
    replies = write_csv(
        tmp_path / "replies.csv",
        [
            {
                "ticket_id": 1,
                "reply_id": 5,
                "editor": "e1",
                "replied_at": "2018-05-25 11:30:04.076+00:00",
                "text": "不实",
            }
        ],
    )
    (found,) = read_conversations([replies, requests])
    assert [(m.role, m.author, m.text) for m in found.messages][1] == ("agent", "e1", "不实")
    assert found.channel == "LINE"


def test_an_import_is_remembered_with_its_files_and_counts(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "m.csv", [line("c1", "customer", 0)]))
    (record,) = lake.manifest.imports
    assert record.at_ms == START_MS
    assert [file["name"] for file in record.files] == ["m.csv"]
    assert record.counts["messages"]["stored"] == 1


def test_the_report_can_be_kept_as_json(lake, tmp_path):
    import json

    report = imported(lake, write_csv(tmp_path / "m.csv", [line("c1", "robot", 0)]))
    assert json.loads(json.dumps(report.as_dict()))["faults"][0]["key"] == "import.unknown_role"


def test_days_are_utc_days(lake, tmp_path):
    imported(lake, write_csv(tmp_path / "m.csv", [line("c1", "customer", 0), line("c2", "customer", DAY_MS / 1000)]))
    (segment,) = lake.segments
    assert (segment.first_day, segment.last_day) == ("2026-11-01", "2026-11-02")
