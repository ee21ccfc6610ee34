"""From figures measured elsewhere to evidence, and from a company's posts to those of the model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peilian.engine.competency import Figure, evidence_from
from peilian.engine.competency.model import Feed
from support.competencies import NAME, a_model

MODEL = a_model()


def pieces(kind: str, **figures: Figure):
    named = {key.replace("__", ":").replace("_at_", "@"): figure for key, figure in figures.items()}
    return evidence_from(MODEL, kind, named, at_ms=5, source="x")


def test_a_drill_becomes_one_piece_for_each_competency_it_speaks_for():
    empathy, pace = pieces("drill", empathy=Figure(0.9), resolution=Figure(0.3), speed=Figure(0.5))
    assert (empathy.competency, empathy.kind, empathy.at_ms, empathy.source) == ("empathy", "drill", 5, "x")
    assert empathy.score == pytest.approx((0.9 * 1.0 + 0.3 * 0.5) / 1.5)
    assert (empathy.n, empathy.weight) == (1, 1.0)
    assert (pace.score, pace.weight) == (0.5, 0.8)


def test_what_was_not_measured_is_left_out_and_not_taken_as_nothing():
    (only,) = pieces("drill", resolution=Figure(0.3))
    assert (only.competency, only.score, only.weight) == ("empathy", 0.3, 0.5)
    assert pieces("drill") == ()
    assert pieces("drill", empathy=Figure(0.5, n=0)) == ()


def test_figures_of_another_kind_say_nothing():
    assert pieces("drill", complaint_ratio=Figure(0.0, 50)) == ()


def test_shares_of_findings_become_scores_by_their_anchors():
    (piece,) = pieces(
        "conversation",
        issue__missing_empathy_at_upset=Figure(0.25, 40),
        move__empathise_at_upset=Figure(0.2, 40),
    )
    assert piece.score == pytest.approx((0.5 * 0.5 + 0.25 * 0.6) / 0.75)
    assert (piece.n, piece.weight) == (40, 0.75)


def test_two_figures_of_the_same_cases_do_not_double_them():
    (piece,) = pieces(
        "conversation", issue__missing_empathy_at_upset=Figure(0, 30), move__empathise_at_upset=Figure(0, 10)
    )
    assert 10 <= piece.n <= 30


@pytest.mark.parametrize(
    ("value", "score"), [(0, 1), (0.01, 0.75), (0.02, 0.5), (0.06, 0.25), (0.1, 0), (0.9, 0), (-1, 1)]
)
def test_between_anchors_the_score_runs_straight_and_beyond_them_it_stays(value, score):
    feed = Feed("kpi", "complaint_ratio", 0.6, anchors=((0.0, 1.0), (0.02, 0.5), (0.1, 0.0)))
    assert feed.score(value) == pytest.approx(score)


@given(st.floats(-1e6, 1e6))
def test_no_value_leads_off_the_scale(value):
    assert all(0 <= feed.score(value) <= 1 for item in MODEL.competencies.values() for feed in item.feeds)


@pytest.mark.parametrize(
    ("code", "agent_kind", "post"),
    [("o1", "phone", "online"), ("", "phone", "phone"), ("x", "mall", "online"), ("", "", "online")],
)
def test_a_post_is_found_by_code_then_by_kind_of_agent_then_the_first(code, agent_kind, post):
    assert MODEL.post(code=code, agent_kind=agent_kind).key == post


def test_a_stage_that_the_model_does_not_know_is_the_first():
    assert MODEL.stage("unheard-of").key == "newcomer"
    assert MODEL.required("phone", None) == {"empathy": 2}


def test_cuts_that_do_not_rise_make_no_model():
    with pytest.raises(ValueError, match="cuts rise"):
        a_model(cuts=(40.0, 40.0, 70.0, 85.0))
    with pytest.raises(ValueError, match="one fewer"):
        a_model(levels=(NAME,) * 4)
