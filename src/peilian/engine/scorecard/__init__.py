"""Scorecard (评分卡): weights and rules over indicators to points, every one with its reason."""

from peilian.engine.scorecard.card import Gate, Group, Line, Measure, Scorecard, SmallSample
from peilian.engine.scorecard.scoring import Scored, ScoredLine, score
from peilian.engine.scorecard.values import Evidence, Indicator, PointReason

__all__ = [
    "Evidence",
    "Gate",
    "Group",
    "Indicator",
    "Line",
    "Measure",
    "PointReason",
    "Scorecard",
    "Scored",
    "ScoredLine",
    "SmallSample",
    "score",
]
