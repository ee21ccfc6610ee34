"""What a page makes of one conversation: sides, separators, waiting, and what cannot be known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from peilian.apps.people.api import RosterLine
from peilian.engine._kernel import Reason
from peilian.engine.conversation import Role
from peilian.engine.kpi import measure_facts
from peilian.engine.reading.values import Emotion, Finding, MessageReading, Satisfaction
from peilian.web.conversations.pace import is_live, is_slow, is_unhurried
from peilian.web.conversations.report import answer_of, course_of, sections_of
from peilian.web.conversations.staff import Staff
from peilian.web.conversations.transcript import turns_of
from support.builders import a_conversation, a_message, at

NOBODY = Staff([])


def turns(conversation, readings=None, staff=NOBODY):
    return turns_of(conversation, measure_facts(conversation), readings or {}, staff, "zh")


def a_reading(i: int, role: Role, **more) -> MessageReading:
    return MessageReading(i=i, role=role, author=None, chars=1, **more)


@pytest.mark.parametrize(
    ("message", "side", "is_ours"),
    [
        (a_message("customer"), "customer", False),
        (a_message("agent"), "agent", True),
        (a_message("supervisor"), "agent", True),
        (a_message("agent", is_automatic=True), "robot", True),
        (a_message("bot"), "robot", False),
        (a_message("system"), "system", False),
        (a_message("agent", is_internal=True), "note", True),
        (a_message("customer", is_internal=True), "note", True),
    ],
)
def test_every_speaker_has_a_side(message, side, is_ours):
    [shown] = turns(a_conversation(message))
    assert (shown.side, shown.is_ours) == (side, is_ours)


def test_a_clock_fault_is_flagged_and_counts_as_no_answer():
    conversation = a_conversation(
        a_message("agent", "好的", "09:59:00", is_clock_fault=True), a_message("customer", "在吗", "10:00:00")
    )
    shown = turns(conversation)
    assert [turn.is_clock_fault for turn in shown] == [True, False]
    assert all(turn.wait is None for turn in shown)


def test_an_untimed_transcript_has_no_days_pauses_or_waits():
    conversation = a_conversation(a_message("customer", clock=None), a_message("agent", clock=None))
    for turn in turns(conversation):
        assert (turn.at, turn.starts_day, turn.pause_seconds, turn.wait) == (None, False, None, None)
    with translation.override("en"):
        answer = answer_of(conversation, measure_facts(conversation), turns(conversation), None, "en")
    assert answer[0].text == "Answered; the source holds no times"


def test_a_new_day_and_ten_silent_minutes_are_separators():
    late, later = a_message("agent", clock="23:50:00"), a_message("customer", clock="23:59:59")
    shown = turns(a_conversation(a_message("customer", clock="23:40:00"), late, later, next_day("00:00:05")))
    assert [turn.starts_day for turn in shown] == [True, False, False, True]
    assert [turn.pause_seconds for turn in shown] == [None, 600.0, None, None]


def next_day(clock: str):
    return replace(a_message("customer"), at_ms=at(clock, "2026-11-03"))


def test_an_answer_waits_from_the_first_open_question():
    shown = turns(
        a_conversation(
            a_message("customer", clock="10:00:00"),
            a_message("customer", clock="10:00:20"),
            a_message("agent", clock="10:00:31"),
            a_message("customer", clock="10:01:00"),
            a_message("agent", clock="10:02:00"),
            channel="chat",
        )
    )
    waits = [(turn.i, turn.wait.seconds, turn.wait.is_slow, turn.wait.is_first) for turn in shown if turn.wait]
    assert waits == [(2, 31.0, True, True), (4, 60.0, False, False)]


def test_letters_are_never_slow():
    question, answer = a_message("customer", clock="10:00:00"), a_message("agent", clock="15:00:00")
    for channel in ("email", None, "RUMORS_LINE_BOT"):
        assert not turns(a_conversation(question, answer, channel=channel))[1].wait.is_slow
    assert turns(a_conversation(question, answer, channel="chat"))[1].wait.is_slow


def test_a_name_is_that_of_the_moment():
    handed_on = datetime(2026, 11, 2, 1, tzinfo=UTC)
    staff = Staff(
        [
            RosterLine("shop:1", "旧人", "一组", None, datetime(2026, 1, 1, tzinfo=UTC), handed_on),
            RosterLine("shop:1", "新人", "一组", None, handed_on, None),
        ]
    )
    message = a_message("agent", author="shop:1")
    assert turns(a_conversation(message), staff=staff)[0].who == "新人"
    assert staff.name("shop:1", handed_on - timedelta(minutes=1)) == "旧人"
    assert staff.name("shop:1", handed_on) == "新人"
    assert staff.name("shop:1") == "新人"
    assert staff.name("shop:unknown") == "shop:unknown"
    assert staff.teams(["shop:1", "shop:unknown"]) == ["一组"]
    assert staff.accounts_of_team("一组") == ["shop:1"]


def test_a_customer_has_no_name_on_the_page():
    assert turns(a_conversation(a_message("customer", author="p_1234")))[0].who == ""


def test_findings_become_marks_and_entries_with_the_words_and_the_rule():
    finding = Finding("fault", "overpromise", 1, 3, "zh/faults:x", Reason("reading.overpromise"), "shop:1")
    conversation = a_conversation(a_message("customer"), a_message("agent", "我保证到"))
    shown = turns(conversation, {1: a_reading(1, Role.AGENT, findings=(finding,))})
    assert '<mark class="hl-fault">保证</mark>' in shown[1].html
    [section] = sections_of(shown, "en")
    [group] = section.groups
    assert (section.name, section.count, group.explanation.name) == ("Faults", 1, "Overpromise")
    assert [(place.anchor, place.quote, place.rule) for place in group.places] == [("f1-0", "保证", "zh/faults:x")]


def test_faults_come_first_and_moves_wait_folded():
    findings = tuple(
        Finding(kind, key, 0, 1, "r", Reason(key))
        for kind, key in (("move", "own"), ("issue", "dead_end"), ("fault", "rude"), ("move", "greet"))
    )
    shown = turns(a_conversation(a_message("agent")), {0: a_reading(0, Role.AGENT, findings=findings)})
    sections = sections_of(shown, "en")
    assert [(section.kind, section.is_folded) for section in sections] == [
        ("fault", False),
        ("issue", False),
        ("move", True),
    ]
    assert [group.explanation.key for group in sections[-1].groups] == ["greet", "own"]


def test_a_calm_customer_is_no_finding():
    reading = a_reading(0, Role.CUSTOMER, emotion=Emotion("calm", 0.0))
    shown = turns(a_conversation(a_message("customer")), {0: reading})
    assert shown[0].mood.label == "calm"
    assert sections_of(shown, "en") == []


def test_an_unread_conversation_has_words_and_nothing_noticed():
    shown = turns(a_conversation(a_message("customer", "在吗"), a_message("agent", "在的")))
    assert [turn.html for turn in shown] == ["在吗", "在的"]
    assert all(turn.mood is None and turn.noticed == () for turn in shown)


def test_a_message_without_text_says_that_it_is_empty():
    assert [
        turn.is_empty for turn in turns(a_conversation(a_message("customer", ""), a_message("customer", "图")))
    ] == [
        True,
        False,
    ]


def test_a_course_needs_two_points():
    one = a_reading(0, Role.CUSTOMER, satisfaction=Satisfaction(0.4, "neutral"))
    other = a_reading(2, Role.CUSTOMER, satisfaction=Satisfaction(0.8, "satisfied"))
    assert course_of([one], "en") is None
    chart = course_of([one, a_reading(1, Role.AGENT), other], "en")
    assert [row.cells[1].href for row in chart.table.rows] == ["#m0", "#m2"]


@pytest.mark.parametrize(
    ("channel", "waited_ms", "unhurried"),
    [("chat", 10**8, False), ("email", 1000, True), (None, 1000, False), (None, 601_000, True), ("x", 601_000, True)],
)
def test_haste_is_judged_by_the_channel_else_by_the_wait(channel, waited_ms, unhurried):
    assert is_unhurried(channel, waited_ms) is unhurried


def test_the_first_answer_has_half_a_minute_and_later_ones_a_minute():
    assert [is_slow(30_000, is_first=True), is_slow(30_001, is_first=True)] == [False, True]
    assert [is_slow(60_000, is_first=False), is_slow(60_001, is_first=False)] == [False, True]


def test_an_unanswered_conversation_of_an_unknown_channel_is_not_called_live():
    conversation = a_conversation(a_message("customer"))
    assert not is_live(conversation, measure_facts(conversation))
