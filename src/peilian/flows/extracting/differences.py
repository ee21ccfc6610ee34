"""In what an efficient and an inefficient conversation differ (差异点): time, questions, feelings, figures, words."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from peilian.engine._kernel import Language, Param, Reason
from peilian.flows.extracting.values import Talk
from peilian.flows.extracting.wordings import both, text
from peilian.flows.wording import say

_LEAST_RATIO = 1.25  # by which times and lengths differ when they differ
_MOST = 6


@dataclass(frozen=True, slots=True)
class _Told:
    """An aspect of one conversation in words; ``kind`` is what makes it differ from the same aspect of another."""

    kind: Hashable
    words: str


def differences_of(efficient: Talk, inefficient: Talk) -> list[dict[str, Any]]:
    """Every aspect in which the two differ, those of time first. Nothing when they are alike."""
    found = []
    for aspect, tell in _ASPECTS:
        left, right = tell(efficient), tell(inefficient)
        if left is not None and right is not None and _differ(left.kind, right.kind):
            found.append(
                {
                    "aspect": both(f"extraction.difference.{aspect}"),
                    "efficient": text(efficient.language, left.words),
                    "inefficient": text(inefficient.language, right.words),
                }
            )
    return found[:_MOST]


def _differ(left: Hashable, right: Hashable) -> bool:
    """Whether two aspects differ; times and lengths do when one is clearly more than the other."""
    if isinstance(left, float) and isinstance(right, float):
        return right > _LEAST_RATIO * left
    return left != right


def minutes_of(talk: Talk) -> float | None:
    """How long it took, in minutes; ``None`` for an untimed transcript or one of a single moment."""
    times = [message.at_ms for message in talk.conversation.messages if message.at_ms is not None]
    if not times or times[-1] <= times[0]:
        return None
    return max(0.1, round((times[-1] - times[0]) / 60_000, 1))


def which_is_efficient(first: Talk, second: Talk) -> int:
    """0 or 1: the one that satisfied more, else the shorter one."""

    def rank(talk: Talk) -> tuple[bool, float, float]:
        estimate = talk.reading.satisfaction.estimate if talk.reading.satisfaction is not None else 0.5
        rating = (talk.conversation.csat or 0) / (talk.conversation.csat_max or 5)
        return bool(talk.conversation.is_resolved), round(estimate + rating, 2), -(minutes_of(talk) or 0)

    return 1 if rank(second) > rank(first) else 0


def _says(key: str, language: Language, **params: Param) -> str:
    return say(Reason(f"extraction.difference.{key}", params), language)


def _pace(talk: Talk) -> _Told | None:
    minutes, n = minutes_of(talk), len(talk.conversation.messages)
    if minutes is None:
        return None
    return _Told(minutes, _says("pace_told", talk.language, minutes=f"{minutes:g}", messages=n))


def _first_answer(talk: Talk) -> _Told | None:
    waited = next((read.waited_ms for read in talk.reading.messages if read.waited_ms is not None), None)
    if waited is None:
        return None
    return _Told(waited / 1000, _says("first_told", talk.language, seconds=round(waited / 1000)))


def _need(talk: Talk) -> _Told:
    """Whether the need was asked for before anything was offered, and how often the customer had to ask again."""
    asked, offered = _first(talk, "ask", "paraphrase"), _first(talk, "solve", "done", "alternative")
    repeats = sum(read.has("customer_repeats") for read in talk.reading.messages)
    is_asked = asked is not None and (offered is None or asked <= offered)
    number = talk.number(asked) if asked is not None else 0
    said = [_says("need_asked" if is_asked else "need_not_asked", talk.language, number=number)]
    said += [_says("need_repeats", talk.language, n=repeats)] if repeats else []
    return _Told((is_asked, bool(repeats)), ("" if talk.language == "zh" else " ").join(said))


def _feelings(talk: Talk) -> _Told:
    shown, missed = _first(talk, "empathise"), _first(talk, "missing_empathy")
    key, i = ("missed", missed) if missed is not None else ("met", shown) if shown is not None else ("none", 0)
    return _Told(key, _says(f"feelings_{key}", talk.language, number=talk.number(i)))


def _concrete(talk: Talk) -> _Told:
    named = sum(read.has("time") for read in talk.reading.messages if read.is_answer)
    words = _says("times_named", talk.language, n=named) if named else _says("times_none", talk.language)
    return _Told(bool(named), words)


def _wordy(talk: Talk) -> _Told:
    n = sum(read.has("redundant") or read.has("repetition") for read in talk.reading.messages)
    chars = sum(read.chars for read in talk.reading.messages if read.is_answer)
    words = _says("wordy_told" if n else "wordy_not", talk.language, n=n, chars=chars)
    return _Told(float(chars) if not n else bool(n), words)


def _first(talk: Talk, *keys: str) -> int | None:
    return next((read.i for read in talk.reading.messages if any(read.has(key) for key in keys)), None)


_ASPECTS: tuple[tuple[str, Callable[[Talk], _Told | None]], ...] = (
    ("pace", _pace),
    ("first", _first_answer),
    ("need", _need),
    ("feelings", _feelings),
    ("concrete", _concrete),
    ("wordy", _wordy),
)
