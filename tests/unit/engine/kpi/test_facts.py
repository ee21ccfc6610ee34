"""Facts of single conversations, computed by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.kpi import Facts, Rules, measure_facts
from support.chats import SECOND, chat


def facts(line: str, rules: Rules | None = None) -> Facts:
    return measure_facts(chat(line), rules or Rules())


def seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / SECOND


@pytest.mark.parametrize(
    ("line", "first_response", "handling", "is_answered"),
    [
        pytest.param("c@0 a@20", 20, 20, True, id="one question and one answer"),
        pytest.param("c@0 c@5 a@20 c@60", 20, 60, True, id="the clock starts at the first of two questions"),
        pytest.param("c@0 o@1 a@20", 20, 20, True, id="a bot is no human"),
        pytest.param("c@0 at@1 a@20", 20, 20, True, id="an automatic welcome is no answer"),
        pytest.param("c@0 ai@1 a@20", 20, 20, True, id="an internal note is no answer"),
        pytest.param("c@0 y@1 a@20", 20, 20, True, id="a system line is no answer"),
        pytest.param("c@0 s@20", 20, 20, True, id="a supervisor is a human"),
        pytest.param("c@0 o@1 at@2 ai@3", None, None, False, id="bot, template and note leave it unanswered"),
        pytest.param("a@0 c@10 a@25", 15, 15, True, id="outreach of the agent is no answer to a later question"),
        pytest.param("a@0 c@10", None, None, False, id="outreach with an open reply is unanswered"),
        pytest.param("a@0", None, None, False, id="outreach without a question has nothing to answer"),
        pytest.param("c@10 a@10", 0, 0, True, id="an answer in the same second takes 0 seconds, which is a time"),
        pytest.param("a@10 c@10", None, None, False, id="at equal times the order of the messages decides"),
        pytest.param("af@0 c@10 a@40", 30, 30, True, id="an answer before the question is no answer"),
        pytest.param("af@0 c@10", None, None, False, id="only a faulty clock answered: unanswered"),
        pytest.param("ci@0 c@10 a@12", 2, 2, True, id="an internal line of the customer is no question"),
        pytest.param("c@0 a@20 o@99 y@100", 20, 20, True, id="handling ends with the last human or customer message"),
        pytest.param("c a", None, None, True, id="untimed: answered by order, without durations"),
        pytest.param("a c", None, None, False, id="untimed: an earlier line is no answer"),
        pytest.param("", None, None, False, id="no messages, no facts"),
    ],
)
def test_first_response_and_handling(line, first_response, handling, is_answered):
    found = facts(line).conversation
    assert seconds(found.first_response_ms) == first_response
    assert seconds(found.handling_ms) == handling
    assert found.is_answered is is_answered


@pytest.mark.parametrize(
    ("line", "rounds"),
    [
        pytest.param("c@0 a@20", [(0, 1, "agent-a", 20)], id="one round"),
        pytest.param("c@0 c@5 a@20 a@21", [(0, 2, "agent-a", 20)], id="a second answer neither opens nor closes"),
        pytest.param("c@0 a@20 c@30 b@37", [(0, 1, "agent-a", 20), (2, 3, "agent-b", 7)], id="two agents, two owners"),
        pytest.param("c@0 a@20 c@30", [(0, 1, "agent-a", 20), (2, None, "agent-a", None)], id="open round"),
        pytest.param("c@0", [(0, None, None, None)], id="an open round of nobody"),
        pytest.param("a@0 c@5", [(1, None, "agent-a", None)], id="after outreach the open round is the agent's"),
        pytest.param("c@0 o@1 at@2 ai@3 y@4 a@9", [(0, 5, "agent-a", 9)], id="only humans close"),
        pytest.param("a@0 a@1", [], id="no question, no round"),
        pytest.param("af@0 c@10 a@15", [(1, 2, "agent-a", 5)], id="a clock fault closes nothing"),
        pytest.param("c a c", [(0, 1, "agent-a", None), (2, None, "agent-a", None)], id="untimed rounds have no time"),
        pytest.param("c@86390 a@86420", [(0, 1, "agent-a", 30)], id="midnight is no border"),
    ],
)
def test_rounds(line, rounds):
    found = facts(line)
    assert [(r.asked_i, r.answered_i, r.agent, seconds(r.response_ms)) for r in found.rounds] == rounds
    assert found.conversation.n_rounds == len(rounds)
    assert found.conversation.n_answered_rounds == sum(answered is not None for _, answered, _, _ in rounds)


@pytest.mark.parametrize(
    ("line", "participations"),
    [
        pytest.param("c@0 a@20 b@30 a@40", [("agent-a", 0, 2, 20, 40), ("agent-b", 1, 1, 30, 30)], id="two agents"),
        pytest.param("c@0 at@1 ai@2", [], id="templates and notes are no part"),
        pytest.param("af@0 c@10", [], id="a clock fault alone is no part"),
        pytest.param("af@0 c@10 a@15", [("agent-a", 0, 2, 15, 15)], id="a faulty clock counts as message, not as time"),
        pytest.param("c a", [("agent-a", 0, 1, None, None)], id="untimed"),
        pytest.param("a@0 c@5 s@9", [("agent-a", 0, 1, 0, 0), ("lead-s", 1, 1, 9, 9)], id="outreach is a part"),
    ],
)
def test_participations(line, participations):
    found = facts(line)
    parts = found.participations
    rows = [(p.agent, p.place, p.n_messages, seconds(p.first_at_ms), seconds(p.last_at_ms)) for p in parts]
    assert rows == participations
    assert found.conversation.n_agents == len(participations)


def test_every_stored_message_is_counted_and_only_words_of_humans_count_for_the_agent():
    found = facts("af@0 c@10 o@11 at@12 ai@13 y@14 a@20 s@25 ci@26").conversation
    assert (found.n_messages, found.n_customer_messages, found.n_agent_messages, found.n_clock_faults) == (9, 1, 3, 1)


def test_a_conversation_is_dated_by_its_first_customer_message():
    assert facts("a@5 c@9 a@10").conversation.started_at_ms == 9 * SECOND


def test_the_first_response_belongs_to_the_account_that_gave_it_not_to_the_one_that_wrote_first():
    assert facts("a@0 c@5 b@9").conversation.first_agent == "agent-b"


def test_a_cap_limits_rounds_and_may_stand_for_an_open_one():
    rules = Rules(reply_cap_ms=180 * SECOND, is_unanswered_capped=True)
    found = facts("c@0 a@500 c@600 a@610 c@700", rules)
    assert [seconds(r.response_ms) for r in found.rounds] == [180, 10, 180]
    assert seconds(found.conversation.first_response_ms) == 500


def test_a_cap_gives_no_time_to_an_untimed_round():
    assert facts("c", Rules(reply_cap_ms=1, is_unanswered_capped=True)).rounds[0].response_ms is None


def test_only_working_time_counts_as_waiting():
    half = Rules(working_ms=lambda start, end: (end - start) // 2)
    found = facts("c@0 a@20 c@30 a@40 c@50", half)
    assert seconds(found.conversation.first_response_ms) == 10
    assert [seconds(r.response_ms) for r in found.rounds] == [10, 5, None]
    assert seconds(found.conversation.handling_ms) == 50


words = st.lists(st.sampled_from(["c", "a", "b", "s", "o", "y", "at", "ai", "ci", "af"]), max_size=30)


@given(words, st.data())
def test_facts_agree_with_each_other(flags, data):
    gaps = data.draw(st.lists(st.integers(0, 100), min_size=len(flags), max_size=len(flags)))
    times = [sum(gaps[: n + 1]) for n in range(len(flags))]
    found = facts(" ".join(f"{flag}@{time}" for flag, time in zip(flags, times, strict=True)))
    whole = found.conversation
    assert whole.is_answered == (whole.n_answered_rounds > 0)
    assert whole.has_question == (whole.n_rounds > 0)
    assert sum(p.n_messages for p in found.participations) <= whole.n_agent_messages
    assert all(r.answered_i is not None for r in found.rounds[:-1])
    if whole.is_answered:
        assert whole.first_response_ms == found.rounds[0].response_ms
        assert whole.first_agent == found.rounds[0].agent
        assert whole.handling_ms is not None
        assert whole.first_response_ms <= whole.handling_ms
