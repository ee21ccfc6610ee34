"""The customer's emotion (客户情绪) in one message: the strongest sign decides the label, all signs the valence."""

from __future__ import annotations

import re

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.values import Emotion
from peilian.engine.text import Analysed

_SHOUTING = re.compile(r"[!]{2,}|[?]{2,}|[!?]{3,}|。{3,}")
_SHOUT = 0.12
_INSISTS = re.compile(r"[?]{2,}|![?]|[?]!")  # whoever asks so has asked before, or cannot believe it
_EXCLAIMS = re.compile(r"[!]{2,}")
_INSISTING = -0.35
_LACK = frozenset({"lacks", "unmet", "again", "chasing"})  # signs with which exclaiming is no joy
_RANK = ("calm", "confused", "grateful", "pleased", "anxious", "disappointed", "annoyed", "angry", "abusive")


def read_emotion(analysed: Analysed, hits: list[Hit]) -> Emotion:
    """The emotion of a customer's message from the emotion cues found in it.

    Valence: the strongest negative and the strongest positive sign added, further signs of the same side adding a
    fifth of their weight each, shouting marks making a negative one stronger; cut to [-1, 1].
    """
    signs = [hit for hit in hits if hit.kind == "emotion"]
    if not signs:
        return _read_marks(analysed, hits)
    negative = sorted(hit.weight for hit in signs if hit.weight < 0)
    positive = sorted((hit.weight for hit in signs if hit.weight > 0), reverse=True)
    valence = sum(weights[0] + 0.2 * sum(weights[1:]) for weights in (negative, positive) if weights)
    if negative and _SHOUTING.search(analysed.text):
        valence -= _SHOUT
    valence = max(-1.0, min(1.0, valence))
    leading = max(signs, key=lambda hit: (_speaks_for(hit, valence), abs(hit.weight), _RANK.index(hit.key)))
    start, end = analysed.original(leading.start, leading.end)
    return Emotion(leading.key, round(valence, 2), start, end, leading.rule)


def _read_marks(analysed: Analysed, hits: list[Hit]) -> Emotion:
    """The emotion of a message without emotional words: insistent questions annoy, exclaiming over a lack is worry."""
    insists = _INSISTS.search(analysed.text)
    if insists:
        return Emotion("annoyed", _INSISTING, *analysed.original(*insists.span()), "emotion.repeated-marks")
    lack = min((hit.end for hit in hits if hit.key in _LACK), default=len(analysed.text))
    exclaims = _EXCLAIMS.search(analysed.text, lack)
    if exclaims is None:
        return Emotion("calm", 0.0)
    return Emotion("anxious", _INSISTING, *analysed.original(*exclaims.span()), "emotion.repeated-marks")


def _speaks_for(hit: Hit, valence: float) -> bool:
    return (hit.weight < 0) == (valence < 0)
