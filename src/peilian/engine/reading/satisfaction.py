"""Estimating satisfaction (满意度估计) from the words and the course of a conversation.

A customer's turn is scored by a weighted sum of features, each a number that a person can check: what the customer
says, what the last answer did, what had to be repeated, how long it went unanswered. Weights and cuts are pack data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from peilian.engine.reading.lexicon import Hit, SatisfactionModel
from peilian.engine.reading.likeness import Said, units
from peilian.engine.reading.values import Emotion, Satisfaction, SatisfactionLabel
from peilian.engine.text import Analysed, Question

_SIGNS = ("agrees", "confirms", "thanking", "parting", "chasing", "unmet", "lacks", "contrast", "given", "placeholder")
_AFTER = {key: f"after_{key}" for key in ("refuse", "apologise", "verify", "done", "solve", "explain")}
FEATURES = (
    "constant", *_SIGNS, *_AFTER.values(), "positive", "negative", "asks", "repeats", "goes_on",
    "brief", "long", "mood", "unanswered",
)  # fmt: skip
_SIGN_SET = frozenset(_SIGNS)
_GOOD = frozenset({"agrees", "thanking"})
_BAD = frozenset({"unmet", "lacks", "chasing"})
_ALIKE = 0.6  # likeness from which a message repeats an earlier one
_RECENT = 8  # own messages that are compared
_BRIEF = 4  # units
_LONG = {"zh": 40, "en": 120}  # a post in words of Latin script runs longer than a chat in characters
_RECENCY = 0.8  # what an earlier turn counts against the next one in the estimate of the conversation
_OVERALL = (1 / 3, 2 / 3)
_MEMORY = 0.6  # what is left of the mood after one more message


@dataclass
class Mood:
    """What the estimate remembers from turn to turn."""

    mood: float = 0.0  # running mean of past signals, recent ones counting more
    said: Said = field(default_factory=Said)
    in_turn: int = 0
    answered_with: frozenset[str] = frozenset()

    def answer(self, hits: Iterable[Hit]) -> None:
        """A human answers; answers in a row are taken together."""
        keys = frozenset(hit.key for hit in hits if hit.kind == "move")
        self.answered_with = keys if self.in_turn else self.answered_with | keys
        self.in_turn = 0

    def hear(self, analysed: Analysed, hits: Iterable[Hit], emotion: Emotion) -> dict[str, float]:
        """The customer speaks: the features of the message (a sign that is missing is 0), after which it is
        remembered."""
        signs = {hit.key for hit in hits if hit.kind == "sign"}
        found = self._features(analysed, signs, emotion)
        signal = emotion.valence + len(signs & _GOOD) - len(signs & _BAD)
        self.mood = _MEMORY * self.mood + (1 - _MEMORY) * signal
        self.said.add(analysed.text if len(analysed.text) > _BRIEF else "", 0)
        self.in_turn += 1
        return found

    def _features(self, analysed: Analysed, signs: set[str], emotion: Emotion) -> dict[str, float]:
        asks = any(clause.question is not Question.NONE for clause in analysed.clauses)
        length = len(units(analysed.text))
        return {
            **dict.fromkeys(signs & _SIGN_SET, 1.0),
            **{_AFTER[key]: 1.0 for key in self.answered_with if key in _AFTER},
            "constant": 1.0,
            "positive": max(emotion.valence, 0.0),
            "negative": max(-emotion.valence, 0.0),
            "asks": float(asks),
            "repeats": float(self.said.find(analysed.text, _ALIKE, _RECENT) is not None),
            "goes_on": float(self.in_turn > 0),
            "brief": float(length <= _BRIEF),
            "long": min(length / _LONG[analysed.language], 1.0),
            "mood": self.mood,
            "unanswered": float(not self.answered_with),
        }


def estimate(found: Mapping[str, float], model: SatisfactionModel) -> Satisfaction:
    """The estimate of one turn: the weighted sum, laid between the model's cuts."""
    weights = model.weights
    return of_score(math.fsum(weights[key] * value for key, value in found.items() if key in weights), model)


def of_score(score: float, model: SatisfactionModel) -> Satisfaction:
    """A score as an estimate from 0 to 1 (the cuts lie at one and two thirds) and its label."""
    low, high = model.cuts
    value = 1 / 3 + (score - low) / (high - low) / 3
    return Satisfaction(round(min(1.0, max(0.0, value)), 3), _label(score, model.cuts))


def overall(turns: Sequence[Satisfaction]) -> Satisfaction | None:
    """The estimate of a whole conversation: the mean of its turns, each later one counting more than the one before."""
    if not turns:
        return None
    weights = [_RECENCY ** (len(turns) - 1 - place) for place in range(len(turns))]
    value = sum(weight * turn.estimate for weight, turn in zip(weights, turns, strict=True)) / sum(weights)
    return Satisfaction(round(value, 3), _label(value, _OVERALL))


def _label(value: float, cuts: tuple[float, float]) -> SatisfactionLabel:
    low, high = cuts
    return "dissatisfied" if value < low else "satisfied" if value >= high else "neutral"
