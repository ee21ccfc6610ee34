"""Counting, ranking, comparing agents, quoting."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peilian.engine._kernel import wilson_interval
from peilian.engine.diagnosis import Evidence, LoadEvidence, as_dict, diagnose, from_dict
from peilian.engine.diagnosis.rules import DiagnosisRules
from peilian.engine.diagnosis.statistics import Difference, Mean, pooled
from unit.engine.diagnosis.made import RULES, a_conversation, a_round, diagnosed, found, keys, point

RUDE, WORDY = "fault:rude", "issue:redundant"


@pytest.mark.parametrize(
    ("n_affected", "n", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_rate_is_the_published_one(n_affected, n, low, high):
    assert wilson_interval(n_affected, n) == pytest.approx((low, high), abs=5e-5)


def test_without_observations_there_is_no_rate():
    assert wilson_interval(0, 0) is None


def test_a_mean_keeps_its_variance():
    mean = Mean()
    for value in (1.0, 2.0, None, 4.0):
        mean.add(value)
    assert (mean.n, mean.value) == (3, pytest.approx(7 / 3))
    assert mean.variance == pytest.approx(7 / 3)


def test_agents_who_agree_are_pooled_by_precision():
    together = pooled([Difference(0.5, 0.01), Difference(0.5, 0.04)])
    assert (together.value, together.variance) == (pytest.approx(0.5), pytest.approx(1 / 125))


def test_agents_who_disagree_widen_the_interval():
    # Between-agent variance by hand: weights 100 and 100, Q = 2 * 100 * 0.25 = 50, C = 100, (50 - 1) / 100 = 0.49.
    together = pooled([Difference(0.0, 0.01), Difference(1.0, 0.01)])
    assert (together.value, together.variance) == (pytest.approx(0.5), pytest.approx(0.25))


def test_nothing_to_look_at_gives_an_empty_diagnosis():
    seen = diagnosed()
    assert seen.pain_points == ()
    assert all(group.rate.value is None for group in seen.groups)
    assert seen.balance.dissatisfied.value is None
    assert not seen.coverage.is_partial
    assert seen.notes == ()


def test_priority_is_affected_times_severity_times_the_shrunk_drop():
    rude = [a_conversation(findings=(found(RUDE),), satisfaction=0.2) for _ in range(20)]
    fine = [a_conversation(satisfaction=0.8) for _ in range(20)]
    worst = point(diagnosed(*rude, *fine), "rude")
    assert worst.effect.drop == pytest.approx(0.6)
    # 20 against 20 are worth 20 * 20 / 40 = 10 conversations; 20 more are taken as usual, with a drop of 0.05.
    assert worst.effect.shrunk_drop == pytest.approx((10 * 0.6 + 20 * 0.05) / 30)
    assert worst.priority == pytest.approx(20 * worst.severity * worst.effect.shrunk_drop)
    assert (worst.effect.measure, worst.effect.n_affected, worst.effect.n_others) == ("estimate", 20, 20)


def test_satisfied_customers_do_not_take_a_pain_point_off_the_list():
    wordy = [a_conversation(findings=(found(WORDY),), satisfaction=0.9) for _ in range(200)]
    fine = [a_conversation(satisfaction=0.3) for _ in range(200)]
    shown = point(diagnosed(*wordy, *fine), "redundant")
    assert shown.effect.drop == pytest.approx(-0.6)
    assert shown.effect.shrunk_drop == RULES.ranking.least_drop


def test_ratings_of_customers_replace_the_estimate_when_there_are_enough():
    rude = [a_conversation(findings=(found(RUDE),), csat=0.2, satisfaction=0.5) for _ in range(30)]
    fine = [a_conversation(csat=1.0, satisfaction=0.5) for _ in range(30)]
    assert point(diagnosed(*rude, *fine), "rude").effect.measure == "csat"
    assert point(diagnosed(*rude[1:], *fine), "rude").effect.measure == "estimate"


def test_the_effect_of_dissatisfaction_on_satisfaction_is_not_asked():
    unhappy = [a_conversation(csat=0.2), a_conversation(csat=1.0)]
    effect = point(diagnosed(*unhappy), "dissatisfied").effect
    assert (effect.drop, effect.measure) == (None, None)
    assert effect.shrunk_drop == pytest.approx(RULES.ranking.usual_drop)


def test_what_hurts_more_comes_first():
    rude = [a_conversation(findings=(found(RUDE),), satisfaction=0.2) for _ in range(5)]
    wordy = [a_conversation(findings=(found(WORDY),), satisfaction=0.7) for _ in range(5)]
    seen = diagnosed(*rude, *wordy, *(a_conversation(satisfaction=0.7) for _ in range(20)))
    ranked = [item.key for item in seen.pain_points]
    assert ranked.index("rude") < ranked.index("redundant")
    assert [item.rank for item in seen.pain_points] == list(range(1, len(ranked) + 1))


def team(*rates: tuple[str, int, int]):
    """Conversations of agents of whom each was rude in so many of so many."""
    return [
        a_conversation(agent=agent, findings=(found(RUDE, agent=agent),) if k < n_rude else ())
        for agent, n_rude, n in rates
        for k in range(n)
    ]


def test_an_agent_stands_out_only_when_the_interval_excludes_the_team():
    figures = {
        f.agent: f for f in point(diagnosed(*team(("lin", 20, 50), ("wu", 6, 50), ("he", 1, 60))), "rude").agents
    }
    assert figures["lin"].verdict == "above_team"
    assert figures["wu"].verdict == "like_team"
    assert figures["he"].verdict == "below_team"


def test_a_small_sample_is_marked_and_never_compared():
    figures = {f.agent: f for f in point(diagnosed(*team(("lin", 19, 19), ("wu", 1, 200))), "rude").agents}
    assert figures["lin"].verdict == "few"
    assert figures["lin"].rate.value == 1.0


def test_nobody_stands_out_with_one_slip():
    figures = {f.agent: f for f in point(diagnosed(*team(("lin", 1, 50), ("wu", 0, 400))), "rude").agents}
    assert figures["lin"].rate.low > 1 / 450
    assert figures["lin"].verdict == "like_team"


def test_agents_who_stand_out_come_first_and_their_customers_satisfaction_stands_beside():
    rude = [replace(c, satisfaction=0.25) for c in team(("lin", 20, 50))]
    shown = point(diagnosed(*rude, *team(("an", 2, 10), ("wu", 10, 60))), "rude")
    assert [f.agent for f in shown.agents] == ["lin", "wu", "an"]
    assert (shown.agents[0].satisfaction, shown.agents[0].n_satisfaction) == (0.25, 50)
    assert shown.agents[1].satisfaction is None


def test_speed_stands_next_to_quality():
    seen = diagnosed(a_conversation(10, csat=0.2), a_conversation(40, csat=1.0), a_conversation(40, 90))
    assert (seen.balance.first_in_time.n_affected, seen.balance.first_in_time.n) == (1, 3)
    assert (seen.balance.later_in_time.n_affected, seen.balance.later_in_time.n) == (0, 1)
    assert (seen.balance.dissatisfied.n_affected, seen.balance.dissatisfied.n) == (1, 2)
    assert (seen.balance.csat_mean, seen.balance.n_csat) == (pytest.approx(3.0), 2)


def test_a_group_counts_a_conversation_once():
    both = a_conversation(findings=(found(WORDY), found("issue:repetition")))
    group = next(g for g in diagnosed(both, a_conversation()).groups if g.key == "redundant_expression")
    assert (group.rate.n_affected, group.rate.n) == (1, 2)
    assert group.points == ("redundant", "repetition")


def test_the_four_classic_pain_points_are_groups_of_their_own():
    assert [group.key for group in RULES.groups[:4]] == [
        "slow_response",
        "redundant_expression",
        "need_mining",
        "multitasking",
    ]


def test_quotes_are_spread_over_the_agents_and_begin_with_the_least_satisfied():
    conversations = [
        a_conversation(
            agent=agent,
            conversation_id=f"{agent}{k}",
            findings=(found(RUDE, 3, agent, (2, 5)),),
            satisfaction=0.1 * k,
        )
        for agent in ("an", "lin", "wu")
        for k in range(1, 5)
    ]
    quotes = point(diagnosed(*conversations), "rude").quotes
    assert [quote.conversation_id for quote in quotes] == ["an1", "lin1", "wu1", "an2", "lin2"]
    assert [(quote.i, quote.start, quote.end) for quote in quotes] == [(3, 2, 5)] * 5


def test_the_longest_wait_is_quoted_first_with_its_time():
    slow = [a_conversation(seconds, conversation_id=f"c{seconds}") for seconds in (40, 900, 60)]
    quotes = point(diagnosed(*slow), "slow_first_answer").quotes
    assert [(quote.conversation_id, quote.waited_ms) for quote in quotes] == [
        ("c900", 900_000),
        ("c60", 60_000),
        ("c40", 40_000),
    ]


def test_an_angry_customer_is_quoted_before_a_longer_wait():
    slow = [
        a_conversation(900, conversation_id="long", satisfaction=0.9),
        a_conversation(60, conversation_id="angry", satisfaction=0.1),
    ]
    quotes = point(diagnosed(*slow), "slow_first_answer").quotes
    assert [quote.conversation_id for quote in quotes] == ["angry", "long"]


def test_texts_are_filled_in_and_quotes_of_erased_messages_dropped():
    seen = diagnosed(a_conversation(40, conversation_id="a"), a_conversation(50, conversation_id="b"))
    assert set(seen.quoted_places()) == {("a", 0), ("b", 0)}
    (quote,) = point(seen.with_texts({("a", 0): ("customer", "在吗")}), "slow_first_answer").quotes
    assert (quote.role, quote.text) == ("customer", "在吗")


def test_unread_conversations_make_the_diagnosis_partial():
    seen = diagnosed(a_conversation(), a_conversation(is_read=False))
    assert seen.coverage.is_partial
    assert ("diagnosis.partial", {"unread": 1, "total": 2}) in [(note.key, note.params) for note in seen.notes]


def test_a_team_answers_for_its_own_agents_only():
    shared = a_conversation(
        rounds=(a_round(10, "lin", place=0), a_round(90, "wu", place=1)),
        agents=("lin", "wu"),
        findings=(found(RUDE, agent="wu"), found(WORDY, agent="lin")),
    )
    seen = diagnosed(shared, a_conversation(90, agent="wu"), agents=frozenset({"lin"}))
    assert {"redundant"} == keys(seen)
    assert [f.agent for f in point(seen, "redundant").agents] == ["lin"]
    assert seen.coverage.n_agents == 1
    assert "diagnosis.team_view" in [note.key for note in seen.notes]


def test_loads_of_other_teams_are_not_compared():
    others = [LoadEvidence("wu", load, 10_000 + k) for load in (1, 4) for k in range(30)]
    assert diagnosed(a_conversation(), loads=others, agents=frozenset({"lin"})).load.n_single == 0


def test_a_kept_diagnosis_is_the_same_when_it_comes_back():
    conversations = [
        *team(("lin", 20, 50), ("wu", 6, 50)),
        a_conversation(90, 90, channel="phone", csat=0.2),
        a_conversation(90, 90, csat=0.2),
    ]
    loads = [LoadEvidence("lin", load, 10_000 * load + k) for load in (1, 4) for k in range(30)]
    seen = diagnosed(*conversations, loads=loads)
    assert from_dict(json.loads(json.dumps(as_dict(seen)))) == seen


def test_a_record_of_another_version_is_refused():
    with pytest.raises(ValueError, match="version 1"):
        from_dict({**as_dict(diagnosed()), "schema_version": 99})


def test_without_a_rule_for_load_nothing_is_compared():
    rules = DiagnosisRules(RULES.groups, tuple(rule for rule in RULES.points if rule.detector == "slow_answers"))
    seen = diagnose(Evidence([a_conversation(90, 90)], [LoadEvidence("lin", 1, 5)]), rules, 0)
    assert (keys(seen), seen.load.n_single) == ({"slow_answers"}, 0)


NAMES = ("fault:rude", "issue:redundant", "issue:customer_repeats", "move:ask", "move:solve", "move:refuse")


@st.composite
def conversations(draw):
    waits = draw(st.lists(st.one_of(st.none(), st.integers(0, 200)), min_size=1, max_size=3))
    agent = draw(st.sampled_from(["lin", "wu", "he"]))
    return a_conversation(
        *waits,
        agent=agent,
        findings=tuple(
            found(name, draw(st.integers(0, 5)), agent) for name in draw(st.lists(st.sampled_from(NAMES), max_size=4))
        ),
        satisfaction=draw(st.one_of(st.none(), st.floats(0, 1))),
        csat=draw(st.one_of(st.none(), st.floats(0, 1))),
        is_read=draw(st.booleans()),
        channel=draw(st.sampled_from([None, "chat", "email", "phone"])),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(given_ones, random):
    shuffled = list(given_ones)
    random.shuffle(shuffled)
    assert diagnosed(*shuffled) == diagnosed(*given_ones)


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(), max_size=12))
def test_rates_lie_between_nothing_and_everything(given_ones):
    seen = diagnosed(*given_ones)
    rates = [p.rate for p in seen.pain_points] + [f.rate for p in seen.pain_points for f in p.agents]
    rates += [group.rate for group in seen.groups]
    for rate in rates:
        assert 0 <= rate.n_affected <= rate.n <= len(given_ones)
        if rate.n:
            assert 0 <= rate.low <= rate.value <= rate.high <= 1
    assert [p.rank for p in seen.pain_points] == sorted(p.rank for p in seen.pain_points)
    assert all(len(p.quotes) <= 5 for p in seen.pain_points)


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(), min_size=1, max_size=12))
def test_one_more_unaffected_conversation_never_raises_a_rate(given_ones):
    before = diagnosed(*given_ones)
    after = diagnosed(*given_ones, a_conversation(1, 1, satisfaction=0.9))
    assert keys(after) == keys(before)
    for item in before.pain_points:
        assert point(after, item.key).rate.value <= item.rate.value
