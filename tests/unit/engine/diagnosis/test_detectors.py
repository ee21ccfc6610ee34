"""Which conversation shows which pain point."""

from __future__ import annotations

from dataclasses import replace

import pytest

from peilian.engine.diagnosis import Evidence, LoadEvidence, diagnose
from unit.engine.diagnosis.made import (
    DAY_MS,
    LATER_MS,
    MONDAY_MS,
    RULES,
    a_conversation,
    a_round,
    diagnosed,
    found,
    keys,
    looked_at,
    point,
    rounds,
)

ASK, SOLVE, CLOSE = "move:ask", "move:solve", "move:close"
REPEATS = "issue:customer_repeats"


def shows(conversation, key):
    """Whether the pain point is found; ``None`` when the conversation is not judged by it."""
    seen = diagnosed(conversation)
    return key in keys(seen) if looked_at(seen, key) else None


@pytest.mark.parametrize(
    ("channel", "waited", "expected"),
    [
        (None, 30, False),
        (None, 30.001, True),
        ("chat", 31, True),
        ("email", 31, False),
        ("email", 4 * 3600 + 1, True),
        ("community", 20 * 3600, False),
        ("community", 25 * 3600, True),
        ("phone", 500, None),
        ("an unknown channel", 31, True),
    ],
)
def test_a_first_answer_is_slow_by_the_limit_of_its_channel(channel, waited, expected):
    assert shows(a_conversation(waited, channel=channel), "slow_first_answer") is expected


@pytest.mark.parametrize(
    ("waits", "expected"),
    [((500,), None), ((10, 60), False), ((10, 61), True), ((500, 20), False), ((10, None), None)],
)
def test_answers_in_between_are_those_after_the_first(waits, expected):
    assert shows(a_conversation(*waits), "slow_answers") is expected


def test_nobody_waits_for_what_follows_thanks():
    thanked = a_conversation(rounds=(a_round(10), a_round(7000, place=1, is_thanks=True), a_round(50, place=2)))
    assert shows(thanked, "slow_answers") is False


def test_untimed_conversations_are_left_out_of_waiting_and_that_is_said():
    untimed = tuple(replace(item, asked_at_ms=None, response_ms=None) for item in rounds(10, 10))
    seen = diagnosed(a_conversation(is_timed=False, rounds=untimed), a_conversation(40))
    assert point(seen, "slow_first_answer").rate.n == 1
    assert ("diagnosis.untimed", {"n": 1, "total": 2}) in [(note.key, note.params) for note in seen.notes]


def test_a_channel_in_which_gaps_mean_nothing_is_named():
    seen = diagnosed(a_conversation(90, channel="phone"), a_conversation(90, channel="phone"))
    assert seen.coverage.left_out_channels == {"phone": 2}
    assert ("diagnosis.channel_left_out", {"channel": "phone", "n": 2}) in [(n.key, n.params) for n in seen.notes]


def test_conversations_without_a_channel_can_be_judged_like_tickets():
    slow = a_conversation(3600)
    assert "slow_first_answer" in keys(diagnosed(slow))
    assert "slow_first_answer" not in keys(diagnosed(slow, unknown_channel_as="ticket"))
    assert "slow_first_answer" in keys(diagnosed(replace(slow, channel="chat"), unknown_channel_as="ticket"))


def test_a_conversation_that_nobody_answered_is_unanswered():
    assert shows(a_conversation(None), "no_answer") is True
    assert shows(a_conversation(10, None), "no_answer") is False


def test_what_a_bot_settled_alone_is_not_judged_as_unanswered():
    assert shows(a_conversation(None, is_bot_answered=True), "no_answer") is None


@pytest.mark.parametrize(("seconds", "expected"), [(3599, None), (3600, True)])
def test_a_question_at_the_end_of_the_data_is_not_yet_unanswered(seconds, expected):
    open_one = a_conversation(None)
    seen = diagnosed(open_one, observed_until_ms=MONDAY_MS + seconds * 1000)
    assert ("no_answer" in keys(seen) if looked_at(seen, "no_answer") else None) is expected


@pytest.mark.parametrize(
    ("text", "valence", "expected"),
    [
        ("那什么时候能到?", None, True),
        ("好的谢谢", 0.6, False),
        ("ok thanks, bye", 0.5, False),
        ("How do I reset it?", None, True),
        ("你们太慢了", -0.6, True),
        ("行吧", -0.3, False),
        ("这样可以吗", None, True),
        ("可以不?", None, True),
    ],
)
def test_a_last_word_needs_an_answer_when_it_asks_or_complains(text, valence, expected):
    last = a_conversation(10, None, open_texts=(text,), open_valence=valence)
    assert shows(last, "no_last_answer") is expected


@pytest.mark.parametrize(
    ("key", "finding"),
    [
        ("redundant", "issue:redundant"),
        ("repetition", "issue:repetition"),
        ("customer_repeats", "issue:customer_repeats"),
        ("blame", "fault:blame"),
        ("rude", "fault:rude"),
        ("overpromise", "fault:overpromise"),
        ("privacy", "fault:privacy"),
        ("missing_empathy", "issue:missing_empathy"),
        ("dead_end", "issue:dead_end"),
        ("premature_closing", "issue:premature_closing"),
    ],
)
def test_what_the_reading_found_becomes_a_pain_point(key, finding):
    assert shows(a_conversation(findings=(found(finding),)), key) is True
    assert not shows(a_conversation(), key)
    assert shows(a_conversation(findings=(found(finding),), is_read=False), key) is None


@pytest.mark.parametrize(
    ("key", "eligible"),
    [
        ("missing_empathy", {"lowest_valence": -0.25}),
        ("dead_end", {"findings": (found("move:refuse"),)}),
        ("premature_closing", {"findings": (found(CLOSE),)}),
    ],
)
def test_some_findings_are_counted_only_where_they_could_have_occurred(key, eligible):
    assert shows(a_conversation(), key) is None
    assert shows(a_conversation(**eligible), key) is False


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((), None),
        ((found(SOLVE, 1),), False),
        ((found(SOLVE, 1), found(REPEATS, 2)), True),
        ((found(ASK, 1), found(SOLVE, 3), found(REPEATS, 4)), False),
        ((found(SOLVE, 1), found(REPEATS, 2), found(ASK, 3)), True),
        ((found("move:verify", 1), found(SOLVE, 1, span=(5, 9)), found(REPEATS, 2)), False),
        ((found(REPEATS, 0), found(SOLVE, 1)), False),
        ((found(CLOSE, 1), found(REPEATS, 2)), True),
    ],
)
def test_a_solution_before_asking_shows_when_the_customer_must_explain_again(findings, expected):
    assert shows(a_conversation(10, 10, findings=findings), "solution_without_asking") is expected


@pytest.mark.parametrize(
    ("asked_i", "expected"),
    [(1, False), (5, False), (6, False), (7, True), (8, True)],
)
def test_the_first_question_is_late_after_three_answered_rounds(asked_i, expected):
    conversation = a_conversation(10, 10, 10, 10, 10, findings=(found(ASK, asked_i),))
    assert shows(conversation, "late_first_question") is expected


def test_checking_an_order_is_a_first_question_too():
    early, late = found("move:verify", 1), found(ASK, 9)
    assert shows(a_conversation(10, 10, 10, 10, 10, findings=(early, late)), "late_first_question") is False


def test_a_colleague_who_takes_over_has_rounds_of_his_own():
    shared = tuple(a_round(10, "lin" if place < 4 else "wu", place=place) for place in range(5))
    conversation = a_conversation(rounds=shared, agents=("lin", "wu"), findings=(found(ASK, 9, "wu"),))
    assert shows(conversation, "late_first_question") is False


@pytest.mark.parametrize(
    ("rating", "label", "expected"),
    [(0.4, "satisfied", True), (0.6, "dissatisfied", False), (None, "dissatisfied", True), (None, None, None)],
)
def test_a_rating_speaks_before_the_estimate(rating, label, expected):
    assert shows(a_conversation(csat=rating, satisfaction_label=label), "dissatisfied") is expected


@pytest.mark.parametrize(
    ("days", "observed_days", "expected"),
    [(None, 8, False), (3, 8, True), (7, 8, True), (7.5, 8, False), (3, 6, None), (None, 6, None)],
)
def test_coming_back_is_judged_when_seven_days_are_over(days, observed_days, expected):
    conversation = a_conversation(
        has_customer=True,
        ended_at_ms=MONDAY_MS,
        next_contact_ms=None if days is None else MONDAY_MS + round(days * DAY_MS),
    )
    seen = diagnosed(conversation, observed_until_ms=MONDAY_MS + observed_days * DAY_MS)
    assert ("repeat_contact" in keys(seen) if looked_at(seen, "repeat_contact") else None) is expected


def test_the_present_ends_the_data_when_the_data_say_more():
    conversation = a_conversation(has_customer=True, ended_at_ms=MONDAY_MS)
    evidence = Evidence([conversation], observed_until_ms=LATER_MS)
    assert looked_at(diagnose(evidence, RULES, MONDAY_MS + DAY_MS), "repeat_contact") == 0


def loads(agent, single, loaded, n=30, concurrent=4):
    """``n`` answers of about ``single`` and of about ``loaded`` seconds."""
    return [
        LoadEvidence(agent, load, round(seconds * 1000 * (0.8 + 0.4 * k / (n - 1))))
        for load, seconds in ((1, single), (concurrent, loaded))
        for k in range(n)
    ]


def test_slower_under_load_compares_an_agent_with_himself():
    slowed = a_conversation(rounds=(a_round(60, "lin", concurrent=4),))
    steady = a_conversation(rounds=(a_round(120, "wu", concurrent=4),), agent="wu")
    seen = diagnosed(slowed, steady, loads=[*loads("lin", 10, 40), *loads("wu", 100, 100)])
    weak = point(seen, "slower_under_load")
    assert (weak.rate.n_affected, weak.rate.n) == (1, 2)
    assert [figure.agent for figure in weak.agents] == ["lin"]
    lin, wu = seen.agent_loads
    assert (lin.agent, lin.is_slower) == ("lin", True)
    assert lin.ratio == pytest.approx(4.0, rel=0.01)
    assert lin.low < lin.ratio < lin.high
    assert (wu.agent, wu.is_slower) == ("wu", False)
    assert wu.ratio == pytest.approx(1.0, rel=0.01)
    assert 1 < seen.load.ratio < 4
    assert seen.load.low < 1 < seen.load.high  # two agents who differ that much tell little about a third


@pytest.mark.parametrize("n", [2, 19])
def test_multitasking_stays_open_with_too_few_answers(n):
    seen = diagnosed(a_conversation(rounds=(a_round(60, "lin", concurrent=4),)), loads=loads("lin", 10, 40, n=n))
    assert seen.load.ratio is None
    assert looked_at(seen, "slower_under_load") == 0
    assert "diagnosis.load_unknown" in [note.key for note in seen.notes]


def test_where_nobody_chats_multitasking_is_not_missed():
    seen = diagnosed(a_conversation(channel="email"), a_conversation(is_timed=False))
    assert "diagnosis.load_unknown" not in [note.key for note in seen.notes]


def test_two_open_conversations_belong_to_neither_side():
    seen = diagnosed(a_conversation(), loads=loads("lin", 10, 40, concurrent=2))
    assert (seen.load.n_single, seen.load.n_loaded) == (30, 0)


def test_an_absence_is_no_answer_under_load():
    away = [LoadEvidence("lin", 4, 2 * 3_600_000)] * 30
    assert diagnosed(a_conversation(), loads=away).load.n_loaded == 0
