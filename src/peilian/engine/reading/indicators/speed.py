"""Speed (响应速度): how long the customer waited for each answer, and whether promises to come back were kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from statistics import median

from peilian.engine._kernel import Reason
from peilian.engine.conversation import Conversation
from peilian.engine.reading.indicators.values import ONE, ZERO, Said, ServiceIndicator, Sign
from peilian.engine.reading.likeness import units
from peilian.engine.text import Question, analyse

_MEDIAN_PART = Decimal("0.7")  # the usual wait counts more than the worst one, which still shows
_UPSET = -0.5
_UNHURRIED = frozenset({"email", "community"})
_REAL_QUESTIONS = (Question.INFORMATION, Question.CONFIRMATION)
_GREETING = re.compile(
    r"你好|您好|亲|客服|请问|有人(在)?吗?|在(吗|不在|不|么|嘛)|hello|hi\b|hey|excuse me|any(one|body) (there|here)|"
    r"are you there|is any(one|body) (there|here)",
    re.IGNORECASE,
)
_STILL_WORKING = frozenset(
    {"wait", "own", "greet", "apologise", "empathise", "thank", "paraphrase", "time", "follow_up"}
)
_SHORT_TIME = re.compile(
    r"(?P<n>\d{1,3}|[一二两三四五六七八九十半几])\s*个?\s*(?P<unit>分钟|分|秒钟?|min(ute)?s?\b|sec(ond)?s?\b)"
)
_NUMBERS = {**{char: n for n, char in enumerate("一二三四五六七八九十", start=1)}, "两": 2, "半": 1, "几": 3}
_LONGEST_SHORT_TIME = 600  # seconds; who says longer leaves the conversation


@dataclass(frozen=True, slots=True)
class SpeedLimits:
    """Seconds. A wait up to its limit is full speed; from there it falls in a straight line to nothing at
    ``zero_factor`` times the limit. A promise to come back excuses up to ``promised`` seconds, once until a real
    answer."""

    first: int = 20
    later: int = 45
    zero_factor: int = 4
    promised: int = 120

    def share(self, waited_ms: int, limit: int) -> Decimal:
        """The speed of one wait, 1 to 0."""
        over = Decimal(waited_ms) / 1000 - limit
        return min(max(ONE - over / (limit * (self.zero_factor - 1)), ZERO), ONE)


@dataclass(frozen=True, slots=True)
class _Wait:
    """A wait that has ended, or is known to have lasted so long."""

    said: Said
    share: Decimal
    reason: Reason


@dataclass
class _Open:
    """The customer waits since ``since_ms``; ``worst`` is the worst wait of the same turn so far."""

    said: Said
    since_ms: int
    limit: int
    is_asking: bool = False
    is_promise: bool = False
    excused_ms: int = 0
    last_customer_ms: int | None = None
    worst: _Wait | None = None


def speed(conversation: Conversation, said: Sequence[Said], limits: SpeedLimits) -> ServiceIndicator:
    """Median and worst of the customer's turns, 0.7 to 0.3. A turn is as fast as its slowest part."""
    if not conversation.is_timed:
        return ServiceIndicator.absent("untimed")
    if conversation.channel in _UNHURRIED:
        return ServiceIndicator.absent("unhurried")
    watch = _Watch(conversation.closed_at_ms, limits)
    for one in said:
        watch.see(one)
    waits = watch.ended()
    if not waits:
        return ServiceIndicator.absent("no_wait")
    shares = [wait.share for wait in waits]
    value = _MEDIAN_PART * median(shares) + (ONE - _MEDIAN_PART) * min(shares)
    slow = (wait for wait in waits if wait.share < ONE)
    return ServiceIndicator(value, len(waits), tuple(_sign(wait) for wait in slow))


def _sign(wait: _Wait) -> Sign:
    return wait.said.sign(wait.reason, ONE - wait.share)


@dataclass
class _Watch:
    """Follows a conversation and keeps the worst wait of every turn of the customer."""

    closed_at_ms: int | None
    limits: SpeedLimits
    open: _Open | None = None
    has_promised: bool = False  # since the last real answer
    is_answered: bool = False
    last_ms: int = 0
    waits: list[_Wait] = field(default_factory=list)

    def see(self, said: Said) -> None:
        at_ms = said.message.at_ms
        assert at_ms is not None, "asked about timed conversations only"
        if said.message.is_customer:
            self.last_ms = at_ms
            self._hear(said, at_ms)
        elif said.message.is_human_answer:
            self.last_ms = at_ms
            self._answer(said, at_ms)

    def _hear(self, said: Said, at_ms: int) -> None:
        if self.open is None:
            limit = self.limits.later if self.is_answered else self.limits.first
            self.open = _Open(said, at_ms, limit)
        self.open.is_asking |= _is_asking(said)
        self.open.last_customer_ms = at_ms

    def _answer(self, said: Said, at_ms: int) -> None:
        was = self.open
        if was is not None:
            was.worst = _worse(was.worst, self._wait(was, said, at_ms - was.since_ms))
        self.is_answered = True
        promised = _promised_seconds(said, self.limits)
        if promised is not None:
            excused = 0 if self.has_promised else promised * 1000
            self.has_promised = True
            worst = None if was is None else was.worst
            self.open = _Open(said, at_ms, self.limits.later, is_promise=True, excused_ms=excused, worst=worst)
        elif was is not None and was.is_asking and not was.is_promise and said.keys == {"greet"}:
            self.open = replace(was, said=said, since_ms=at_ms, limit=self.limits.later)  # greeted, not answered
        else:
            self.has_promised = False
            self._close(was)

    def _close(self, was: _Open | None) -> None:
        self.open = None
        if was is not None and was.worst is not None:
            self.waits.append(was.worst)

    def _wait(self, was: _Open, said: Said, waited_ms: int) -> _Wait:
        share = self.limits.share(max(waited_ms - was.excused_ms, 0), was.limit)
        key = "promise_late" if was.is_promise else "slow_first" if not self.is_answered else "slow"
        params = {"seconds": round(waited_ms / 1000), "limit": was.limit + was.excused_ms // 1000}
        return _Wait(said, share, Reason(f"indicator.speed.{key}", params))

    def ended(self) -> list[_Wait]:
        """All waits, that of a last turn without an answer included."""
        was = self.open
        if was is not None:
            left = self._left(was)
            if left is not None:
                was.worst = _worse(was.worst, left)
            self._close(was)
        return self.waits

    def _left(self, was: _Open) -> _Wait | None:
        """What is known about a wait that nobody ended; ``None`` when the customer may not have waited for anything."""
        end_ms = max(self.last_ms, self.closed_at_ms or 0)
        is_due = self.closed_at_ms is None or end_ms - was.since_ms > was.limit * 1000 + was.excused_ms
        if not self.is_answered and is_due:
            return _Wait(was.said, ZERO, Reason("indicator.speed.never_answered"))
        if was.last_customer_ms is None:  # promised, and nobody said anything more
            return None
        if was.is_asking and is_due:
            key = "promise_broken" if was.is_promise else "left_unanswered"
            return _Wait(was.said, ZERO, Reason(f"indicator.speed.{key}"))
        waited = self._wait(was, was.said, was.last_customer_ms - was.since_ms)
        return waited if waited.share < ONE else None


def _worse(first: _Wait | None, second: _Wait) -> _Wait:
    return second if first is None or second.share < first.share else first


def _is_asking(said: Said) -> bool:
    """Whether the customer asks or complains about something, beyond asking whether anybody is there."""
    if said.read.emotion is not None and said.read.emotion.valence <= _UPSET:
        return True
    analysed = analyse(said.message.text)
    return any(
        clause.question in _REAL_QUESTIONS
        and len(units(_GREETING.sub("", analysed.text[clause.start : clause.end]))) > 1
        for clause in analysed.clauses
    )


def _promised_seconds(said: Said, limits: SpeedLimits) -> int | None:
    """For how long a message excuses that only asks to wait or says when the agent is back; ``None`` for any other."""
    moves = frozenset(move.key for move in said.read.of_kind("move"))
    if not moves <= _STILL_WORKING or not moves & {"wait", "time"}:
        return None
    if "time" not in moves:
        return limits.promised
    found = _SHORT_TIME.search(analyse(said.message.text).text)
    if found is None:
        return None
    n = found["n"]
    seconds = (int(n) if n.isdigit() else _NUMBERS[n]) * (1 if found["unit"].startswith(("秒", "sec")) else 60)
    return min(seconds, limits.promised) if seconds <= _LONGEST_SHORT_TIME else None
