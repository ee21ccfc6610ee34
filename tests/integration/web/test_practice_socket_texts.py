"""What a page sends to the drill room: read as described, or refused."""

from __future__ import annotations

import contextlib
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.web.practice.room import Sent, UnreadableError, parse

ID = "0190a000-0000-7000-8000-000000000000"


def test_what_is_sent_as_described_is_read():
    said = parse(json.dumps({"type": "say", "id": ID, "text": "您好"}))
    assert said == Sent("say", UUID(ID), "您好")
    done = parse(json.dumps({"type": "act", "id": ID, "tool": "coupon", "args": {"amount": 10, "why": "x"}}))
    assert done == Sent("act", UUID(ID), tool="coupon", args={"amount": 10, "why": "x"})
    assert parse('{"type": "stop"}') == Sent("stop")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        '"say"',
        '{"type": "dance"}',
        '{"type": ["say"]}',
        '{"type": "say", "text": "没有编号"}',
        '{"type": "say", "id": "7", "text": "x"}',
        '{"type": "say", "id": 7, "text": "x"}',
        '{"type": "act", "id": "0190a000-0000-7000-8000-000000000000", "tool": "coupon", "args": {"amount": NaN}}',
        '{"type": "act", "id": "0190a000-0000-7000-8000-000000000000", "tool": "coupon", "args": {"amount": true}}',
        '{"type": "act", "id": "0190a000-0000-7000-8000-000000000000", "tool": "coupon", "args": {"amount": {}}}',
        '{"type": "act", "id": "0190a000-0000-7000-8000-000000000000", "tool": 3}',
        '{"type": "say", "id": "0190a000-0000-7000-8000-000000000000", "text": 3}',
        "[" * 16_000,
        '{"type": "pause", "id": ' + "9" * 5000 + "}",
        None,
    ],
)  # fmt: skip
def test_a_text_that_is_not_as_described_is_not_understood(raw):
    with pytest.raises(UnreadableError):
        parse(raw)


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_whatever_a_page_sends_is_read_or_refused(body):
    with contextlib.suppress(UnreadableError):
        assert isinstance(parse(json.dumps(body)), Sent)
