"""Rows of the canonical tables: every value a column takes, and the fault of every value it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import InputError
from peilian.engine.conversation.canonical import MAX_NAME, MAX_TEXT, clean, parse_about, parse_message
from peilian.engine.conversation.pseudonym import pseudonymiser

disguise = pseudonymiser(b"k" * 32)
NOON_MS = 1_793_592_000_000  # 2026-11-02T04:00:00Z


def message(**values):
    row = {"conversation_id": "c1", "role": "customer", "text": "你好", **values}
    return parse_message(row, 7, disguise)


def faults(**values):
    with pytest.raises(InputError) as caught:
        message(**values)
    return [(fault.field, fault.reason.key, fault.conversation_id) for fault in caught.value.faults]


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-02T12:00:00+08:00",
        "2026-11-02 12:00:00+08:00",
        "2026-11-02 12:00:00 +0800",
        "2026-11-02T04:00:00Z",
        "2026-11-02 04:00:00 UTC",
        "2026-11-02T04:00:00.000999+00:00",
        " 2026-11-02T04:00:00Z ",
        str(NOON_MS),
        NOON_MS,
        float(NOON_MS),
        datetime(2026, 11, 2, 4, tzinfo=UTC),
        datetime(2026, 11, 2, 12, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_time_is_iso_with_an_offset_or_milliseconds(at):
    assert message(at=at).at_ms == NOON_MS


@pytest.mark.parametrize("at", [None, "", "  ", float("nan")])
def test_a_missing_time_is_none(at):
    assert message(at=at).at_ms is None


@pytest.mark.parametrize(
    ("at", "key"),
    [
        ("2026-11-02T12:00:00", "import.needs_offset"),
        (datetime(2026, 11, 2), "import.needs_offset"),  # noqa: DTZ001 - the fault that is tested
        ("2026/11/02 12:00", "import.not_a_time"),
        ("昨天", "import.not_a_time"),
        ("2026-13-40T00:00:00Z", "import.not_a_time"),
        ("1793592000", "import.time_out_of_range"),  # seconds
        (1_793_592_000_000_000, "import.time_out_of_range"),  # microseconds
        (0, "import.time_out_of_range"),
        (True, "import.not_a_time"),
        (1.5, "import.not_a_time"),
        ("9" * 50, "import.time_out_of_range"),
        ("二〇二六", "import.not_a_time"),
    ],
)
def test_a_time_that_is_none_is_a_fault_that_names_row_and_conversation(at, key):
    assert faults(at=at) == [("at", key, "c1")]


@pytest.mark.parametrize(("role", "is_known"), [("agent", True), ("Agent ", True), ("客服", False), (3, False)])
def test_a_role_is_one_of_five_in_any_case(role, is_known):
    if is_known:
        assert message(role=role).role == "agent"
    else:
        assert faults(role=role) == [("role", "import.unknown_role", "c1")]


@pytest.mark.parametrize(
    ("value", "is_internal"),
    [("true", True), ("1", True), (True, True), ("是", True), ("FALSE", False), (0, False), ("", False), (None, False)],
)
def test_a_flag_is_read_in_the_usual_spellings(value, is_internal):
    assert message(internal=value).is_internal is is_internal


def test_every_fault_of_a_row_is_told_at_once():
    assert faults(role="x", at="y", internal="maybe", seq="-") == [
        ("at", "import.not_a_time", "c1"),
        ("role", "import.unknown_role", "c1"),
        ("internal", "import.not_a_bool", "c1"),
        ("seq", "import.not_a_number", "c1"),
    ]


def test_a_row_without_a_conversation_names_none():
    assert faults(conversation_id=" ") == [("conversation_id", "import.missing_value", None)]


def test_a_value_repeated_in_a_fault_is_masked_and_short():
    with pytest.raises(InputError) as caught:
        message(at="给我打13812345678。" + "x" * 500)
    shown = caught.value.faults[0].reason.params["value"]
    assert "138" not in shown
    assert len(shown) <= 40


def test_ids_of_other_types_become_text():
    row = parse_message({"conversation_id": 12, "role": "agent", "text": 5, "message_id": 7.0}, 1, disguise)
    assert (row.conversation_id, row.text, row.message_id) == ("12", "5", "7")


def test_text_may_be_missing_as_for_a_picture():
    assert message(text=None).text == ""


@pytest.mark.parametrize(("column", "limit"), [("text", MAX_TEXT), ("author", MAX_NAME), ("note", MAX_TEXT)])
def test_a_field_that_is_too_long_is_a_fault(column, limit):
    found = faults(**{column: "长" * (limit + 1)})
    assert [key for _, key, _ in found] == ["import.too_long"]


def test_the_customer_becomes_a_pseudonym_wherever_it_stands():
    row = message(author="buyer7", customer="buyer7")
    assert row.author == row.customer == disguise("buyer7")
    assert message(role="agent", author="agent7").author == "agent7"


def test_another_key_gives_another_pseudonym():
    assert disguise("buyer7") != pseudonymiser(b"other")("buyer7")


def test_unknown_columns_are_kept_masked_and_missing_ones_are_not():
    row = message(shop="一店", note="打13812345678", empty="", tags=["a"], pairs={"k": 1})
    assert row.extra == {"shop": "一店", "note": "打[[phone]]", "tags": '["a"]', "pairs": '{"k": 1}'}


def test_markup_stays_plain_text_and_control_characters_go():
    text = "<script>alert(1)</script>\x00\x1b[31m & <b>\ufeff\u202e粗\r\n体\t完</b>"
    assert message(text=text).text == "<script>alert(1)</script>[31m & <b>粗\n体\t完</b>"


def test_names_lose_line_breaks_and_lone_surrogates():
    row = message(author="a\n b\x00", text="坏\ud83d字")
    assert row.author == disguise("a b")
    assert row.text == "坏�字"


@given(st.text(max_size=50))
def test_cleaning_twice_is_cleaning_once_and_gives_text_that_can_be_stored(text):
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert "\x00" not in once


def test_what_a_companion_row_says_is_read_by_type():
    about = parse_about(
        {
            "conversation_id": "c1",
            "customer": "buyer7",
            "opened_at": NOON_MS,
            "closed_at": "",
            "reopened_count": "2",
            "resolved": "yes",
            "csat": "4",
            "csat_max": 5,
            "complaint": "false",
            "order_amount": "1234.50",
            "refunded_amount": 10,
            "topic": "退款 13812345678",
            "whatever": "x",
        },
        disguise,
    )
    assert about.customer == disguise("buyer7")
    assert about.topic == "退款 [[phone]]"
    assert (about.opened_at_ms, about.closed_at_ms, about.reopened_count) == (NOON_MS, None, 2)
    assert (about.is_resolved, about.csat, about.csat_max, about.has_complaint) == (True, 4.0, 5.0, False)
    assert (about.order_amount, about.refunded_amount) == (Decimal("1234.50"), Decimal(10))


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        ("order_amount", "1,234元", "import.not_an_amount"),
        ("order_amount", "1.23456", "import.not_an_amount"),
        ("order_amount", "NaN", "import.not_an_amount"),
        ("order_amount", "1e30", "import.not_an_amount"),
        ("csat", "五星", "import.not_a_number"),
        ("csat", "inf", "import.not_a_number"),
        ("reopened_count", "-1", "import.not_a_count"),
        ("reopened_count", "1.5", "import.not_a_count"),
        ("resolved", "perhaps", "import.not_a_bool"),
        ("closed_at", "2026-11-02 12:00", "import.needs_offset"),
    ],
)
def test_a_companion_value_of_the_wrong_type_is_a_fault(column, value, key):
    with pytest.raises(InputError) as caught:
        parse_about({"conversation_id": "c1", column: value}, disguise)
    assert [(fault.field, fault.reason.key) for fault in caught.value.faults] == [(column, key)]


def test_a_rating_above_its_top_is_a_fault():
    with pytest.raises(InputError, match="above_the_top"):
        parse_about({"conversation_id": "c1", "csat": 6, "csat_max": 5}, disguise)


ANYTHING = st.none() | st.text(max_size=20) | st.integers() | st.floats() | st.booleans() | st.binary(max_size=9)
COLUMN = st.sampled_from(
    ["conversation_id", "role", "text", "at", "seq", "author", "internal", "received_at", "extra1"]
)


@given(st.dictionaries(COLUMN, ANYTHING))
def test_no_row_whatsoever_gives_anything_but_a_row_or_faults(row):
    try:
        parsed = parse_message(row, 1, disguise)
    except InputError as error:
        assert error.faults  # noqa: PT017 - either outcome is right, a third is not
    else:
        assert parsed.conversation_id
        assert parsed.role in ("customer", "agent", "bot", "system", "supervisor")
