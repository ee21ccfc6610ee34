"""From rows to conversations: order, identity, growth, clock faults."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine._kernel import InputError
from peilian.engine.conversation import About, Direction, DirectionSense, MessageRow, Rows, assemble

START = 1_793_548_800_000


def row(role, second=None, text="", *, place=0, message_id=None, author=None, **more):
    values = {
        "conversation_id": "c",
        "place": place,
        "message_id": message_id,
        "at_ms": None if second is None else START + second * 1000,
        "received_at_ms": None,
        "role": role,
        "author": author,
        "text": text,
        "is_internal": False,
        "is_automatic": False,
        "customer": None,
        "channel": None,
        "topic": None,
        "extra": None,
    }
    return MessageRow(**{**values, **more})


def source(*rows, direction=Direction.FORWARD, abouts=()):
    placed = [item if item.place else item._replace(place=n) for n, item in enumerate(rows, start=1)]
    return Rows(placed, list(abouts), direction)


def built(*sources, stored=None):
    found = assemble("c", sources, stored)
    assert found is not None
    return found


def test_messages_stand_in_time_order_and_remember_their_place_in_the_source():
    found = built(source(row("customer", 0, "问"), row("customer", 9, "急"), row("agent", 5, "答"))).conversation
    assert [(m.text, m.seq) for m in found.messages] == [("问", 0), ("答", 2), ("急", 1)]


def test_equal_times_keep_the_order_of_the_source():
    found = built(source(*(row("customer", 0, text) for text in "甲乙丙"))).conversation
    assert [m.text for m in found.messages] == ["甲", "乙", "丙"]


def test_an_untimed_transcript_keeps_the_order_of_its_rows():
    found = built(source(row("customer", text="问", place=5), row("agent", text="答", place=3))).conversation
    assert [m.text for m in found.messages] == ["答", "问"]
    assert not found.is_timed


def test_timed_and_untimed_messages_do_not_stand_in_one_conversation():
    with pytest.raises(InputError) as caught:
        built(source(row("customer", 0), row("agent")))
    fault = caught.value.faults[0]
    assert (fault.reason.key, dict(fault.reason.params)) == ("import.mixed_times", {"timed": 1, "untimed": 1})
    assert fault.conversation_id == "c"


@pytest.mark.parametrize(
    ("rows", "flags"),
    [
        ([("customer", 10), ("agent", 5)], [True]),
        ([("customer", 10), ("supervisor", 5)], [True]),
        ([("agent", 5), ("customer", 10), ("agent", 12)], [False, False]),  # an opening line of its own
        ([("customer", 10), ("bot", 5)], []),
        ([("customer", 10), ("agent", 10)], [False]),
        ([("customer", 10), ("agent", 9), ("agent", 11)], [True, False]),
        ([("customer", 10), ("customer", 20), ("agent", 15)], [False]),  # after the first question
    ],
)
def test_an_answer_whose_time_lies_before_its_question_is_a_clock_fault(rows, flags):
    found = built(source(*(row(role, second) for role, second in rows))).conversation
    agents = sorted((m for m in found.messages if m.role in ("agent", "supervisor")), key=lambda m: m.seq)
    assert [m.is_clock_fault for m in agents] == flags


@pytest.mark.parametrize("more", [{"is_internal": True}, {"is_automatic": True}])
def test_notes_and_templates_have_no_clock_fault(more):
    found = built(source(row("customer", 10), row("agent", 5, **more))).conversation
    assert not any(m.is_clock_fault for m in found.messages)


def test_clocks_are_compared_within_one_file_only():
    found = built(source(row("customer", 10)), source(row("agent", 5))).conversation
    assert not any(m.is_clock_fault for m in found.messages)


def sense(rows):
    judge = DirectionSense()
    for item in rows:
        judge.notice(item)
    return judge.direction


def test_a_newest_first_file_is_read_backwards():
    rows = [row("agent", 30), row("customer", 20), row("agent", 10), row("customer", 0)]
    assert sense(rows) is Direction.BACKWARD
    found = built(source(*rows, direction=Direction.BACKWARD)).conversation
    assert [m.seq for m in found.messages] == [0, 1, 2, 3]
    assert not any(m.is_clock_fault for m in found.messages)


def test_a_wrong_clock_does_not_turn_a_file_round():
    assert sense([row("customer", 10), row("agent", 5)] * 3) is Direction.FORWARD


def test_a_wrong_clock_after_a_right_answer_in_a_tiny_file_does_not_either():
    assert sense([row("customer", 0), row("agent", 9), row("agent", -60)]) is Direction.FORWARD


def test_one_step_back_among_many_does_not_either():
    rows = [row("customer", second) for second in [*range(30), 5, *range(31, 60)]]
    assert sense(rows) is Direction.FORWARD


def test_untimed_rows_run_forward():
    assert sense([row("customer"), row("agent")]) is Direction.FORWARD


@given(st.integers(0, 2**32))
def test_a_shuffled_file_gives_what_the_ordered_one_gives(seed):
    rows = [row("customer" if n % 2 else "agent", n, f"第{n}句") for n in range(40)]
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    direction = sense(shuffled)
    if direction is Direction.NONE:
        assert built(source(*shuffled, direction=direction)).conversation == built(source(*rows)).conversation


def test_a_message_id_is_stored_once_and_the_first_one_stays():
    found = built(source(row("customer", 0, "一", message_id="m"), row("customer", 1, "二", message_id="m")))
    assert [m.text for m in found.conversation.messages] == ["一"]
    assert (found.n_new, found.n_duplicate) == (1, 1)


def test_real_repetitions_without_ids_all_stay_and_are_known_again():
    rows = [row("customer", 0, "在吗"), row("customer", 0, "在吗"), row("customer", 0, "在吗")]
    first = built(source(*rows))
    assert len({m.message_id for m in first.conversation.messages}) == 3
    again = built(source(*rows), stored=first.conversation)
    assert (again.n_new, again.n_duplicate, again.is_changed) == (0, 3, False)


def test_a_later_export_adds_only_what_is_new():
    rows = [row("customer", 0, "问"), row("agent", 5, "答"), row("customer", 9, "谢谢")]
    first = built(source(*rows[:2])).conversation
    grown = built(source(*rows), stored=first)
    assert (grown.n_new, grown.n_duplicate) == (1, 2)
    assert grown.conversation == built(source(*rows)).conversation


def test_an_earlier_part_that_comes_later_makes_no_clock_fault():
    morning = source(row("customer", 100, "还在吗"))
    night = source(row("customer", 0, "问"), row("agent", 5, "答"))
    grown = built(night, stored=built(morning).conversation).conversation
    assert [m.text for m in grown.messages] == ["问", "答", "还在吗"]
    assert not any(m.is_clock_fault for m in grown.messages)


def test_the_companion_overrules_what_rows_say_and_rows_fill_what_it_leaves_open():
    rows = source(row("customer", 0, author="p_row", channel="chat", topic="退款"))
    about = Rows(abouts=[About("c", topic="物流", csat=4.0), About("c", csat=5.0)])
    found = built(rows, about).conversation
    assert (found.customer, found.channel, found.topic, found.csat) == ("p_row", "chat", "物流", 5.0)


def test_a_companion_alone_changes_a_stored_conversation_and_makes_no_new_one():
    stored = built(source(row("customer", 0))).conversation
    grown = built(Rows(abouts=[About("c", is_resolved=True)]), stored=stored)
    assert grown.is_changed
    assert grown.conversation.is_resolved is True
    assert not built(Rows(abouts=[About("c", is_resolved=True)]), stored=grown.conversation).is_changed
    assert assemble("c", [Rows(abouts=[About("c", csat=1.0)])]) is None


def test_the_customer_is_the_author_of_its_first_message_unless_a_column_says_otherwise():
    rows = [row("agent", 0, author="a1"), row("customer", 1, author="p_1"), row("customer", 2, author="p_2")]
    assert built(source(*rows)).conversation.customer == "p_1"
    named = [item._replace(customer="p_9") for item in rows]
    assert built(source(*named)).conversation.customer == "p_9"
