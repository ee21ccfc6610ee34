"""Opening files: forms, encodings, separators, and what is refused before anything is stored."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.adapters.importers import choose, formats, known_formats
from peilian.adapters.importers.files import Limits
from peilian.adapters.importers.opening import examine, open_table
from peilian.engine._kernel import Fault, InputError

HEADING = "conversation_id,role,text\n"
GBK_TEXT = HEADING + "c1,customer,您好我想问一下这个订单什么时候发货\nc1,agent,今天下午就会为您发出请放心\n"


def rows(path: Path, limits: Limits | None = None):
    return list(open_table(examine(path), limits or Limits()).rows())


def refused(path: Path, limits: Limits | None = None) -> Fault:
    with pytest.raises(InputError) as caught:
        rows(path, limits)
    return caught.value.faults[0]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
    ],
)
def test_the_usual_encodings_simply_work(tmp_path, encoding, found):
    path = tmp_path / "messages.csv"
    path.write_bytes(GBK_TEXT.encode(encoding))
    table = open_table(examine(path))
    assert table.encoding == found
    assert table.columns == ("conversation_id", "role", "text")
    assert [row["text"] for row in table.rows()][1] == "今天下午就会为您发出请放心"


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (HEADING.encode() + "c1,customer,你好啊朋友\nc1,agent,请讲吧\n".encode() + b"c1,customer,\xff\xfe\n", 3),
        (HEADING.encode() + b'c1,customer,"a\nb"\nc1,agent,caf\xe9 \n', 2),
        (HEADING.encode() + "c1,customer,你好啊朋友\nc1,agent,断了的字".encode()[:-1], 2),
        (b"\xff\xfe" + (HEADING + "c1,customer,a\n").encode("utf-16-le") + b"\x00\xd8\n\x00\n\x00", 2),
    ],
)
def test_bytes_of_no_encoding_are_refused_with_their_row(tmp_path, data, row):
    path = tmp_path / "messages.csv"
    path.write_bytes(data)
    fault = refused(path)
    assert (fault.reason.key, fault.row, fault.file) == ("import.wrong_encoding", row, "messages.csv")


def test_latin_text_is_not_taken_for_chinese(tmp_path):
    path = tmp_path / "messages.csv"
    path.write_bytes(HEADING.encode() + "c1,customer,née Müller à Orléans\n".encode("latin-1"))
    assert refused(path).reason.key == "import.wrong_encoding"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found_from_the_heading(tmp_path, separator):
    path = tmp_path / "messages.csv"
    path.write_text(f'conversation_id{separator}role{separator}"te,x;t"\nc1{separator}agent{separator}"a,b;c\td"\n')
    assert rows(path) == [{"conversation_id": "c1", "role": "agent", "te,x;t": "a,b;c\td"}]


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl", "m.parquet", "m.unknown"])
def test_an_empty_file_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert refused(tmp_path / name).reason.key == "import.empty_file"


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    fault = refused(tmp_path / "absent.csv")
    assert (fault.reason.key, fault.file) == ("import.unreadable", "absent.csv")


def test_blank_lines_are_no_rows_and_trailing_separators_no_fields(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("\ufeffconversation_id,role,text,\n\nc1,agent,a,\n\nc2,agent,b,,\n", encoding="utf-8")
    assert [row["text"] for row in rows(path)] == ["a", "b"]


def test_a_row_of_another_width_is_a_fault_of_that_row(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(HEADING + "c1,agent\nc2,agent,b,c\nc3,agent,ok\n")
    short, wide, good = rows(path)
    assert (short.reason.key, short.conversation_id) == ("import.wrong_width", "c1")
    assert dict(wide.reason.params) == {"found": 4, "expected": 3}
    assert good == {"conversation_id": "c3", "role": "agent", "text": "ok"}


@pytest.mark.parametrize("body", ['c1,agent,"never closed\nc2,agent,b\n', 'c1,agent,"closed" too early\n'])
def test_quotes_that_do_not_match_are_refused(tmp_path, body):
    path = tmp_path / "m.csv"
    path.write_text(HEADING + "c0,agent,fine\n" + body)
    fault = refused(path)
    assert (fault.reason.key, fault.row) == ("import.broken_quotes", 2)


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("conversation_id,role,text,text\nc,agent,a,b\n")
    fault = refused(path)
    assert (fault.reason.key, fault.field) == ("import.double_column", "text")


SMALL = Limits(field=1000, line=4000, columns=20)


@pytest.mark.parametrize(
    ("name", "data", "row"),
    [
        ("m.csv", HEADING + "c1,agent,ok\nc1,agent," + "x" * 5000 + "\n", 2),
        ("m.csv", "x" * 5000, None),
        ("m.jsonl", '{"conversation_id": "c"}\n{"conversation_id": "' + "x" * 5000 + '"}\n', 2),
        ("m.jsonl", "[" * 5000, 1),
    ],
)
def test_a_line_longer_than_the_limit_is_refused_with_its_row(tmp_path, name, data, row):
    path = tmp_path / name
    path.write_text(data)
    fault = refused(path, SMALL)
    assert (fault.reason.key, fault.row) == ("import.line_too_long", row)


def test_a_line_of_a_gigabyte_is_refused_without_being_read_into_memory(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "m.csv"
    path.write_text(HEADING + "c1,agent,ok\nc1,agent,")
    os.truncate(path, 1 << 30)  # a hole: takes no room on the disk
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fault = refused(path)
    grown_kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert (fault.reason.key, fault.row) == ("import.line_too_long", 2)
    assert grown_kilobytes < 100_000


def test_too_many_columns_are_refused(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(",".join(f"c{n}" for n in range(30)) + "\n")
    assert refused(path, SMALL).reason.key == "import.too_many_columns"


def test_json_lines_give_native_values_and_faults_in_place(tmp_path):
    path = tmp_path / "m.jsonl"
    lines = ['{"a": 1, "b": [true]}', "{broken", "[1]", '{"a": NaN}', '{"a": ' + "[" * 5000, '{"c": "x"}']
    path.write_text("\n\n".join(lines))
    table = open_table(examine(path))
    assert table.columns == ("a", "b", "c")
    keys = [row.reason.key if isinstance(row, Fault) else row for row in table.rows()]
    assert keys == [
        {"a": 1, "b": [True]},
        "import.not_json",
        "import.not_an_object",
        "import.not_json",
        "import.not_json",
        {"c": "x"},
    ]


def test_json_that_is_not_one_object_a_line_is_refused(tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps([{"a": 1}], indent=1))
    assert refused(path).reason.key == "import.not_json_lines"


def parquet(path: Path, **columns) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_parquet_times_with_a_zone_become_milliseconds(tmp_path):
    moment = datetime(2026, 11, 2, 4, 0, 0, 999_999, tzinfo=UTC)
    kinds = [pa.timestamp(unit, tz="Asia/Shanghai") for unit in ("ms", "us", "ns")]
    path = parquet(tmp_path / "m.parquet", **{f"t{n}": pa.array([moment], kind) for n, kind in enumerate(kinds)})
    assert rows(path) == [{f"t{n}": 1_793_592_000_999 for n in range(3)}]


def test_a_parquet_time_column_without_a_zone_is_refused_as_a_whole(tmp_path):
    path = parquet(tmp_path / "m.parquet", at=pa.array([datetime(2026, 11, 2)], pa.timestamp("ms")))  # noqa: DTZ001
    with pytest.raises(InputError) as caught:
        list(open_table(examine(path)).rows(frozenset({"at"})))
    assert (caught.value.faults[0].reason.key, caught.value.faults[0].field) == ("import.column_needs_offset", "at")


def test_a_nested_time_column_is_refused(tmp_path):
    path = parquet(tmp_path / "m.parquet", at=[[1, 2]])
    with pytest.raises(InputError, match="wrong_column_type"):
        list(open_table(examine(path)).rows(frozenset({"at"})))


def test_what_only_calls_itself_parquet_is_refused(tmp_path):
    path = tmp_path / "m.parquet"
    path.write_bytes(b"PAR1 but nothing else PAR1")
    assert refused(path).reason.key == "import.not_parquet"
    path.write_text("conversation_id,role\n")
    assert refused(path).reason.key == "import.not_parquet"


def test_a_row_group_too_large_for_memory_is_refused(tmp_path):
    path = parquet(tmp_path / "m.parquet", text=["x" * 1000] * 10)
    assert refused(path, Limits(row_group=100)).reason.key == "import.row_group_too_large"


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        (["conversation_id", "role", "text"], "canonical"),
        (["conversation_id", "at", "role", "text", "customer", "channel", "topic"], "canonical"),
        (["conversation_id", "csat", "resolved", "shop"], "canonical/conversations"),
        (["ticket_id", "seq", "message_id", "created_at", "role", "author", "text"], "ticket_log"),
        (["ticket_id", "created_at", "updated_at", "topic", "customer", "is_solved"], "ticket_log/tickets"),
        (["ticket_id", "requester", "channel", "requested_at", "reason"], "cofacts"),
        (["ticket_id", "reply_id", "editor", "replied_at", "text", "positive"], "cofacts/replies"),
    ],
)
def test_a_table_is_recognised_by_its_columns(columns, key):
    assert choose(columns, "auto", "f").key == key


@pytest.mark.parametrize(
    ("columns", "name", "missing"),
    [
        (["conversation_id", "role", "at"], "auto", ["text"]),
        (["conversation_id", "text"], "auto", ["role"]),
        (["ticket_id", "created_at", "role"], "auto", ["text"]),
        (["foo", "bar"], "auto", ["conversation_id", "role", "text"]),
        (["conversation_id"], "auto", ["role", "text"]),
        (["conversation_id", "role", "text"], "ticket_log", ["created_at", "ticket_id"]),
    ],
)
def test_a_missing_column_is_named(columns, name, missing):
    with pytest.raises(InputError) as caught:
        choose(columns, name, "f.csv")
    assert [fault.field for fault in caught.value.faults] == missing
    assert {fault.reason.key for fault in caught.value.faults} == {"import.missing_column"}


def test_an_unknown_format_is_answered_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        choose(["a"], "nonesuch", "f")
    assert "ticket_log" in str(caught.value.faults[0].reason.params["known"])


def test_every_format_has_titles_and_names_of_canonical_columns():
    for key, item in known_formats():
        assert item.key == key
        assert item.title.zh
        assert item.title.en
        assert item.required.issubset(item.columns.values())
    assert "canonical" in formats


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["m.csv", "m.jsonl", "m.parquet", "m"]))
def test_no_bytes_whatsoever_give_anything_but_rows_or_a_refusal(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(data)
    try:
        found = rows(path)
    except InputError as error:
        assert error.faults[0].file == name  # noqa: PT017 - either outcome is right, a third is not
    else:
        assert all(isinstance(row, Fault | dict) for row in found)


@pytest.mark.parametrize(
    "values",
    [
        pa.array([2**52], pa.date64()),
        pa.array([2**62], pa.duration("s")),
        pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]),
    ],
    ids=["a day of no calendar", "a span too long", "text that is not UTF-8"],
)
def test_a_parquet_column_with_values_beyond_reading_is_named(tmp_path, values):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"conversation_id": ["c"], "role": ["agent"], "text": ["a"], "more": values}), path)
    fault = refused(path)
    assert (fault.reason.key, fault.file, fault.field) == ("import.unreadable_column", "m.parquet", "more")


def test_nanoseconds_of_a_column_without_zone_are_cut_to_microseconds(tmp_path):
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"conversation_id": ["c"], "more": pa.array([1_999], pa.timestamp("ns"))}), path)
    assert rows(path)[0]["more"] == datetime(1970, 1, 1, microsecond=1)  # noqa: DTZ001 - the file names no zone
