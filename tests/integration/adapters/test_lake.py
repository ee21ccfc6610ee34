"""The lake: who may read what, finding conversations, attaching readings, erasing people, staying whole."""

from __future__ import annotations

import json
import stat

import duckdb
import pyarrow as pa
import pytest

from peilian.adapters.lake import AccountSpan, ConversationFilter, Lake, Visibility
from peilian.adapters.lake.schemas import CONVERSATION_READINGS, FINDINGS, MESSAGE_READINGS, TABLES
from peilian.adapters.lake.writing import locked
from peilian.engine._kernel import InputError
from peilian.flows.importing import import_files
from support.logs import ALL, START_MS, a_log, contents, counted, line, write_csv

HOUR = 3600


@pytest.fixture
def lake(tmp_path) -> Lake:
    """Three answered conversations, one unanswered, one untimed; agents lin and zhao."""
    rows = [
        line("c1", "customer", 0, "快递到哪了", channel="chat", topic="物流", customer="buyer-1"),
        line("c1", "agent", 20, "已经发出"),
        line("c2", "customer", HOUR, "我要退款", channel="chat", topic="退款", customer="buyer-2"),
        line("c2", "agent", HOUR + 300, "好的", author="zhao"),
        line("c2", "agent", HOUR + 400, "已退", author="lin"),
        line("c3", "customer", 30 * HOUR, "Refund please", channel="email", topic="退款", customer="buyer-1"),
        line("c3", "agent", 30 * HOUR + 5, "done", author="zhao"),
        line("c4", "customer", 50 * HOUR, "有人吗", channel="chat", customer="buyer-3"),
        line("c5", "customer", None, "一通电话", channel="phone", customer="buyer-4"),
        line("c5", "agent", None, "请讲"),
    ]
    about = [
        {"conversation_id": "c1", "csat": 5, "csat_max": 5, "complaint": ""},
        {"conversation_id": "c2", "csat": 2, "csat_max": 5, "complaint": "true", "order_id": "NO-77"},
    ]
    found = Lake.create(tmp_path / "lake")
    files = [write_csv(tmp_path / "m.csv", rows), write_csv(tmp_path / "c.csv", about)]
    import_files(files, lake=found, now_ms=START_MS)
    return found


def span(account: str, first: float | None = None, last: float | None = None) -> AccountSpan:
    """A span in seconds after the start of the log."""
    ends = (None if second is None else START_MS + round(second * 1000) for second in (first, last))
    return AccountSpan(account, *ends)


def ids(lake: Lake, visible: Visibility = ALL, **question) -> list[str]:
    page = lake.conversations(ConversationFilter(**question), visible=visible, order="oldest")
    assert page.total == len(page.items)
    return [item.conversation_id for item in page.items]


SIGHTS = {
    "everything": (ALL, ["c1", "c2", "c3", "c4", "c5"]),
    "nothing": (Visibility.nothing(), []),
    "one account, always": (Visibility.of([span("lin")]), ["c1", "c2", "c5"]),
    "one account, from a moment on": (Visibility.of([span("lin", HOUR)]), ["c2", "c5"]),
    "one account, up to a moment": (Visibility.of([span("lin", None, HOUR)]), ["c1", "c5"]),
    "two spans": (Visibility.of([span("lin", 0, 60), span("zhao", 20 * HOUR)]), ["c1", "c3", "c5"]),
    "an account that never wrote": (Visibility.of([span("wu")]), []),
    "words that are SQL": (Visibility.of([span("lin' OR '1'='1")]), []),
}


@pytest.mark.parametrize(("visible", "expected"), SIGHTS.values(), ids=SIGHTS)
def test_every_reader_passes_the_same_gate(lake, visible, expected):
    assert ids(lake, visible) == expected
    assert sorted(c.conversation_id for c in lake.iter_conversations(visible=visible)) == expected
    seen = [cid for cid in ("c1", "c2", "c3", "c4", "c5", "c9") if lake.conversation(cid, visible=visible)]
    assert seen == expected
    assert set(lake.choices(visible=visible).agents) <= {"lin", "zhao"}
    read_all(lake)
    assert [cid for cid in ("c1", "c2", "c3", "c4", "c5") if lake.reading_of(cid, visible=visible)] == expected


FILTERS = [
    ({"from_ms": START_MS + HOUR * 1000}, ["c2", "c3", "c4"]),
    ({"to_ms": START_MS + HOUR * 1000}, ["c1"]),
    ({"agents": ("zhao",)}, ["c2", "c3"]),
    ({"agents": ("zhao", "lin")}, ["c1", "c2", "c3", "c5"]),
    ({"channel": "chat"}, ["c1", "c2", "c4"]),
    ({"topic": "退款"}, ["c2", "c3"]),
    ({"text": "退"}, ["c2"]),
    ({"text": "REFUND"}, ["c3"]),
    ({"text": "%"}, []),
    ({"text": "' OR 1=1 --"}, []),
    ({"csat_min": 3}, ["c1"]),
    ({"csat_max": 3}, ["c2"]),
    ({"is_answered": False}, ["c4"]),
    ({"is_answered": True, "channel": "email"}, ["c3"]),
    ({"has_complaint": True}, ["c2"]),
    ({"has_complaint": False}, ["c1", "c3", "c4", "c5"]),
    ({"first_response_over_ms": 60_000}, ["c2"]),
    ({"satisfaction_label": "dissatisfied"}, ["c2"]),
    ({"findings": ("apologise",)}, ["c1", "c2"]),
    ({"findings": ("apologise", "overpromise")}, ["c2"]),
]


@pytest.mark.parametrize(("question", "expected"), FILTERS)
def test_a_filter_finds_what_it_says(lake, question, expected):
    read_all(lake)
    assert ids(lake, **question) == expected


def test_a_list_shows_what_a_reader_needs_to_choose(lake):
    (first,) = lake.conversations(ConversationFilter(topic="物流"), visible=ALL).items
    assert (first.opening, first.agents, first.n_messages) == ("快递到哪了", ("lin",), 2)
    assert (first.first_response_ms, first.csat, first.satisfaction) == (20_000, 5.0, None)
    assert first.customer == lake.pseudonym("buyer-1")


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", ["c4", "c3", "c2", "c1", "c5"]),
        ("oldest", ["c1", "c2", "c3", "c4", "c5"]),
        ("slowest", ["c2", "c1", "c3", "c4", "c5"]),
        ("lowest_satisfaction", ["c2", "c1", "c5", "c3", "c4"]),
    ],
)
def test_a_list_is_ordered_and_cut_into_pages(lake, order, expected):
    read_all(lake)
    found = []
    for offset in range(0, 6, 2):
        page = lake.conversations(visible=ALL, limit=2, offset=offset, order=order)
        assert page.total == 5
        found += [item.conversation_id for item in page.items]
    assert found == expected
    assert lake.conversations(visible=ALL, offset=50).total == 5


def test_choices_are_those_of_the_visible(lake):
    everything = lake.choices(visible=ALL)
    assert everything.channels == ("chat", "email", "phone")
    assert everything.topics == ("物流", "退款")
    assert (everything.first_ms, everything.last_ms) == (START_MS, START_MS + 50 * HOUR * 1000)
    assert lake.choices(visible=Visibility.nothing()).channels == ()


def reading_tables(lake: Lake, segment_id: str, lexicon: str = "L1") -> dict[str, pa.Table]:
    """Readings made up for every conversation of a segment; c2 went badly."""
    conversations = list(lake.iter_conversations(segments=[segment_id], visible=ALL))
    whole, single, findings = [], [], []
    for number, c in enumerate(conversations):
        bad = c.conversation_id == "c2"
        score = 0.1 if bad else 0.5 + number / 100
        label = "dissatisfied" if bad else "neutral"
        versions = {"lexicon_version": lexicon, "engine_version": "E1"}
        whole.append(
            {"conversation_id": c.conversation_id, "satisfaction": score, "satisfaction_label": label, **versions}
        )
        for i, m in enumerate(c.messages):
            single.append({"conversation_id": c.conversation_id, "i": i, "role": m.role.value, "chars": len(m.text)})
        keys = {"c1": ["apologise"], "c2": ["apologise", "overpromise"]}.get(c.conversation_id, [])
        findings += [
            {
                "conversation_id": c.conversation_id,
                "i": 1,
                "kind": "move",
                "key": key,
                "start": 0,
                "end": 1,
                "rule": "r",
            }
            for key in keys
        ]
    return {
        "message_readings": pa.Table.from_pylist(single[::-1], schema=MESSAGE_READINGS),
        "findings": pa.Table.from_pylist(findings, schema=FINDINGS),
        "conversation_readings": pa.Table.from_pylist(whole, schema=CONVERSATION_READINGS),
    }


def read_all(lake: Lake, lexicon: str = "L1") -> None:
    """Attach readings to every segment that lacks them."""
    for segment_id in lake.unread_segments(lexicon):
        assert lake.attach(segment_id, reading_tables(lake, segment_id, lexicon))


def test_a_segment_is_unread_until_the_reading_of_the_present_rules_is_attached(lake):
    everything = [segment.id for segment in lake.segments]
    assert lake.unread_segments("L1") == everything
    assert lake.reading_of("c2", visible=ALL) is None
    read_all(lake)
    assert lake.unread_segments("L1") == []
    assert lake.unread_segments("L2") == everything
    assert lake.unread_segments("L1", "E2") == everything
    found = lake.reading_of("c2", visible=ALL)
    assert found.conversation["satisfaction_label"] == "dissatisfied"
    assert [row["i"] for row in found.messages] == [0, 1, 2]
    assert [row["key"] for row in found.findings] == ["apologise", "overpromise"]
    assert lake.verify() == []


def test_a_new_reading_replaces_the_old_one(lake):
    read_all(lake)
    before = counted(lake, ["findings", "message_readings"])
    read_all(lake, "L2")
    assert counted(lake, ["findings", "message_readings"]) == before
    assert lake.reading_of("c1", visible=ALL).conversation["lexicon_version"] == "L2"


def test_a_reading_that_is_not_of_all_conversations_is_refused(lake):
    segment_id = lake.segments[0].id
    tables = reading_tables(lake, segment_id)
    with pytest.raises(ValueError, match="readings for"):
        lake.attach(segment_id, {**tables, "conversation_readings": tables["conversation_readings"].slice(1)})
    with pytest.raises(ValueError, match="are needed"):
        lake.attach(segment_id, {"findings": tables["findings"]})
    assert lake.attach("gone", tables) is False
    assert lake.unread_segments("L1")


def test_readings_stay_with_what_an_import_leaves_in_place_and_go_with_what_grows(lake, tmp_path):
    read_all(lake)
    more = write_csv(tmp_path / "more.csv", [line("c1", "customer", 60, "谢谢", customer="buyer-1")])
    import_files([more], lake=lake, now_ms=START_MS)
    assert lake.reading_of("c1", visible=ALL) is None
    assert lake.reading_of("c2", visible=ALL) is not None
    assert len(lake.unread_segments("L1")) == 1
    assert len(lake.conversation("c1", visible=ALL).messages) == 3


def test_erasing_a_customer_takes_words_and_identity_and_leaves_counts_and_times(lake):
    read_all(lake)
    with lake.connect() as connection:
        facts = "SELECT conversation_id, n_messages, first_response_ms, is_answered FROM conversations ORDER BY 1"
        before = connection.execute(facts).fetchall()
    erased = lake.erase_customer("buyer-1", now_ms=START_MS)
    assert (erased.conversations, erased.messages) == (2, 4)
    assert erased.pseudonym == lake.pseudonym("buyer-1")
    c1 = lake.conversation("c1", visible=ALL)
    assert (c1.customer, [m.text for m in c1.messages]) == (None, ["", ""])
    assert [m.author for m in c1.messages] == [None, "lin"]
    assert [m.at_ms for m in c1.messages] == [START_MS, START_MS + 20_000]
    assert dict(c1.messages[0].extra) == {"erased": "true"}
    assert lake.conversation("c2", visible=ALL).messages[0].text == "我要退款"
    with lake.connect() as connection:
        assert connection.execute(facts).fetchall() == before
        times = connection.execute("SELECT erased_at_ms FROM conversations ORDER BY conversation_id").fetchall()
    assert times == [(START_MS,), (None,), (START_MS,), (None,), (None,)]
    assert [row["key"] for row in lake.reading_of("c1", visible=ALL).findings] == ["apologise"]
    assert lake.unread_segments("L1") == []
    assert lake.verify() == []


def test_no_file_of_the_lake_keeps_an_erased_word(lake):
    pseudonym = lake.pseudonym("buyer-1")
    lake.erase_customer("buyer-1", now_ms=START_MS)
    for path in lake.path.rglob("*.parquet"):
        everything = duckdb.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
        assert "快递到哪了" not in str(everything)
        assert pseudonym not in str(everything)


def test_erasing_twice_or_an_unknown_customer_changes_nothing(lake):
    lake.erase_customer("buyer-1", now_ms=START_MS)
    generation = lake.manifest.generation
    for customer in ("buyer-1", "buyer-9"):
        found = lake.erase_customer(customer, now_ms=START_MS)
        assert (found.conversations, found.messages) == (0, 0)
    assert lake.manifest.generation == generation


def test_importing_the_same_file_does_not_bring_an_erased_customer_back(lake, tmp_path):
    lake.erase_customer("buyer-1", now_ms=START_MS)
    files = [tmp_path / "m.csv", tmp_path / "c.csv"]
    again = import_files(files, lake=lake, now_ms=START_MS)
    assert (again.messages.stored, again.messages.duplicate) == (0, 10)
    assert lake.conversation("c1", visible=ALL).customer is None
    more = write_csv(tmp_path / "more.csv", [line("c1", "customer", 60, "还有一件事", customer="buyer-1")])
    report = import_files([more], lake=lake, now_ms=START_MS)
    assert report.faults_by_kind == {"import.erased": 1}
    assert len(lake.conversation("c1", visible=ALL).messages) == 2


def test_a_person_who_wrote_in_somebody_elses_conversation_is_erased_there_too(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    rows = [
        line("c1", "customer", 0, "我问", author="buyer-1"),
        line("c1", "customer", 5, "我也问", author="buyer-2"),
        line("c1", "agent", 9, "答"),
    ]
    import_files([write_csv(tmp_path / "m.csv", rows)], lake=lake, now_ms=START_MS)
    found = lake.erase_customer("buyer-2", now_ms=START_MS)
    assert (found.conversations, found.messages) == (1, 1)
    c1 = lake.conversation("c1", visible=ALL)
    assert [m.text for m in c1.messages] == ["我问", "", "答"]
    assert c1.customer == lake.pseudonym("buyer-1")


def test_a_session_reaches_no_other_file(lake, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with lake.connect() as connection:
        for statement in (
            f"SELECT * FROM read_csv('{secret}')",
            f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
    assert not (tmp_path / "out.csv").exists()


def test_an_empty_lake_answers_every_question(tmp_path):
    lake = Lake.create(tmp_path / "lake")
    assert lake.conversations(visible=ALL).total == 0
    assert lake.choices(visible=ALL).first_ms is None
    assert lake.conversation("c", visible=ALL) is None
    assert lake.reading_of("c", visible=ALL) is None
    assert list(lake.iter_conversations(visible=ALL)) == []
    assert counted(lake, list(TABLES)) == [0] * len(TABLES)
    with lake.connect() as connection:
        assert connection.execute("SELECT sum(order_amount) FROM conversations").fetchone() == (None,)


def test_orphans_are_ignored_and_swept_at_the_next_write(lake, tmp_path):
    orphan = lake.path / "segments" / "000099-000"
    orphan.mkdir()
    (orphan / "messages.parquet").write_bytes(b"torn")
    stray = lake.path / "segments" / lake.segments[0].id / "findings-000099.parquet"
    stray.write_bytes(b"torn")
    assert len(contents(lake)) == 5
    with lake.writing():
        pass
    assert not orphan.exists()
    assert not stray.exists()
    assert len(contents(lake)) == 5


def test_a_damaged_or_missing_file_is_found(lake):
    path = lake.segments[0].path(lake.path, "rounds")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    lake.segments[-1].path(lake.path, "participations").unlink()
    assert [fault.reason.key for fault in lake.verify()] == ["lake.broken", "lake.broken"]


def test_the_key_is_for_the_owner_alone_and_a_lake_opens_with_no_other(lake, monkeypatch):
    key = lake.path / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    monkeypatch.setenv("PEILIAN_PSEUDONYM_KEY", "another")
    assert refusal(lambda: Lake.open(lake.path)) == "lake.other_key"
    monkeypatch.delenv("PEILIAN_PSEUDONYM_KEY")
    key.unlink()
    assert refusal(lambda: Lake.open(lake.path)) == "lake.secret_missing"


def test_a_key_from_the_environment_is_not_written_down(tmp_path, monkeypatch):
    monkeypatch.setenv("PEILIAN_PSEUDONYM_KEY", "kept elsewhere")
    lake = Lake.create(tmp_path / "lake")
    assert not (lake.path / "secret.key").exists()
    assert lake.pseudonym("b") == Lake.open(lake.path).pseudonym("b") != "b"


def refusal(action) -> str:
    with pytest.raises(InputError) as caught:
        action()
    return caught.value.faults[0].reason.key


def test_what_is_no_lake_is_refused(lake, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("x")
    assert refusal(lambda: Lake.open(tmp_path / "other")) == "lake.not_a_lake"
    assert refusal(lambda: Lake.create(tmp_path / "other")) == "lake.not_empty"
    assert refusal(lambda: Lake.create(lake.path)) == "lake.not_empty"
    assert refusal(lambda: Lake.create(tmp_path / "a[b]")) == "lake.path_has_wildcards"
    head = json.loads((lake.path / "lake.json").read_text())
    (lake.path / "lake.json").write_text(json.dumps(head | {"version": 99}))
    assert refusal(lambda: Lake.open(lake.path)) == "lake.newer_format"


@pytest.mark.parametrize("text", ["", "{", '{"schema_version": 99}', '{"schema_version": 1, "segments": [{}]}'])
def test_a_broken_manifest_is_told_and_not_a_traceback(lake, text):
    (lake.path / "manifest.json").write_text(text)
    assert refusal(lambda: lake.segments) in ("lake.broken", "lake.newer_format")


def test_a_path_with_quotes_and_spaces_works(tmp_path):
    lake = Lake.create(tmp_path / 'it\'s a "lake" 湖')
    import_files([write_csv(tmp_path / "m.csv", a_log(3))], lake=lake, now_ms=1)
    assert lake.conversations(visible=ALL).total == 3


def test_a_lake_that_somebody_is_making_is_not_made_a_second_time(tmp_path):
    with locked(tmp_path), pytest.raises(InputError) as caught:
        Lake.create(tmp_path)
    assert caught.value.faults[0].reason.key == "lake.locked"
    assert [item.name for item in tmp_path.iterdir()] == ["write.lock"]
    assert Lake.create(tmp_path).manifest.generation == 0
