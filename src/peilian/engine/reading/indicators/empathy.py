"""Empathy (共情): how an upset customer was met; with a calm one, courtesy alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from peilian.engine._kernel import Reason
from peilian.engine.reading.indicators.values import ONE, ZERO, Said, ServiceIndicator, Sign, Turn, quoted
from peilian.engine.reading.likeness import units
from peilian.engine.reading.values import Finding
from peilian.engine.text import normalise

_UPSET, _FURIOUS = -0.5, -0.75
_COVERED_TURNS = 2  # turns of the same account for which a word of empathy lasts
_CARE = frozenset({"own", "solve", "time", "done", "compensate", "alternative", "follow_up", "escalate"})
_LISTENING = frozenset({"wait", "greet", "own"})
_HARSH = ("rude", "blame")
_MURMUR = 3  # Han characters or words that answer nothing
_GENERIC, _APOLOGY_AND_CARE = Decimal("0.7"), Decimal("0.6")
# Who deals with the matter helps an upset customer more than who only says sorry.
_CARE_ALONE, _APOLOGY = Decimal("0.4"), Decimal("0.2")
_HALF = Decimal("0.5")
_COURTESY_VOTES = _HALF  # against one for every answer to an upset turn
_COURTEOUS = frozenset({"greet", "thank", "apologise", "empathise", "close", "check_more"})
_POLITE = re.compile(
    r"您|请|亲|麻烦|谢|不客气|乐意|好的呢|please|thank|welcome|happy to|glad to|of course|pleasure|\b(sir|madam)\b",
    re.IGNORECASE,
)
_STOP_HAN = frozenset(
    "的了我您你他她它是在不有这那就也都还吗呢吧啊哦嗯么一个们给会要能可以和跟对到把被让为很太真好没去来说"
)
_STOP = frozenset(
    (  # noqa: SIM905
        "that this with have your you're from what when will just very really been they them there their would could"
        " should about please sorry thank thanks understand know feel feeling sure here were does don't can't like want"
        " need order 订单 问题 客服 商品 东西 什么 怎么 现在 今天 情况 知道"
    ).split()
)
# 两天没有更新: a circumstance of the customer's; 两小时内 is a promise of the agent's.
_CIRCUMSTANCE = re.compile(
    r"(?:\d+|[一二两三四五六七八九十半几]+)\s*(?:多|个|来|余)*\s*(?:天|小时|钟头|周|星期|月|年|次|回|遍|趟|分钟|件|单|元|块)(?!之?(?:以)?[内后])|"
    r"(?<!within )(?<!in )\b(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|several)\s+"
    r"(?:whole |full )?(?:day|hour|week|month|year|time|minute)s?\b"
)
_SENTENCE = re.compile(r"[^。！？!?;；\n]+")


@dataclass(frozen=True, slots=True)
class _Credit:
    """What one answer to an upset customer is worth, and where that shows."""

    points: Decimal
    sign: Sign | None


def empathy(turns: Sequence[Turn]) -> ServiceIndicator:
    """Mean of courtesy, with half a vote, and of the credits of the answers to upset turns, with one vote each.

    ``None`` when a calm customer got no answer; 0 when an upset one got none.
    """
    answers = [turn for turn in turns if not turn.is_customer]
    if answers:
        return _blended(_courtesy(answers), _credits(turns))
    upset = any(turn.is_customer and turn.valence <= _UPSET for turn in turns)
    return _left_alone(turns) if upset else ServiceIndicator.absent("no_answer")


def _left_alone(turns: Sequence[Turn]) -> ServiceIndicator:
    worst = min((turn for turn in turns if turn.is_customer), key=lambda turn: turn.valence)
    sign = worst.said[-1].sign(Reason("indicator.empathy.no_answer"), ONE)
    return ServiceIndicator(ZERO, 1, (sign,))


def _credits(turns: Sequence[Turn]) -> list[_Credit]:
    """What the answers to upset turns are worth."""
    listener = _Listener()
    for place, turn in enumerate(turns):
        if turn.is_customer:
            listener.hear(turn)
        else:
            # The real answer may still be to come; then it is judged instead of this one.
            listener.answer(turn, is_last=place + 2 >= len(turns))
    return listener.credits


def _blended(courtesy: ServiceIndicator, credits_: Sequence[_Credit]) -> ServiceIndicator:
    """Courtesy never is nothing, and it alone never makes up for an upset customer's treatment. So one word more or
    less that shows an upset customer changes the result by less than all of it."""
    if not credits_ or courtesy.value is None:
        return courtesy
    votes = _COURTESY_VOTES + len(credits_)
    value = (_COURTESY_VOTES * courtesy.value + sum((credit.points for credit in credits_), ZERO)) / votes
    curt = (replace(sign, loss=_COURTESY_VOTES * sign.loss) for sign in courtesy.signs)
    cold = (credit.sign for credit in credits_ if credit.sign is not None)
    return ServiceIndicator(value, len(credits_), (*cold, *curt))


@dataclass
class _Listener:
    """Judges each answer to an upset turn in the light of what was said before."""

    credits: list[_Credit] = field(default_factory=list)
    pending: list[Turn] = field(default_factory=list)  # upset turns that wait for a real answer
    heard: str = ""  # all the customer's words so far
    has_apologised: bool = False
    said: set[str] = field(default_factory=set)  # words of empathy used before
    covering: dict[str | None, int] = field(default_factory=dict)  # account -> turns that its empathy still covers

    def hear(self, turn: Turn) -> None:
        self.heard += "\n" + "\n".join(one.message.text for one in turn.said)
        if turn.valence <= _UPSET:
            self.pending.append(turn)

    def answer(self, turn: Turn, *, is_last: bool) -> None:
        covered = self.covering.get(turn.author, 0)
        self.covering[turn.author] = max(covered - 1, 0)
        if self.pending and (is_last or not _only_listens(turn)):
            is_furious = any(one.valence <= _FURIOUS for one in self.pending)
            credit = self._credit(turn)
            if credit.points >= _GENERIC or not covered or is_furious or turn.first(*_HARSH):
                self.credits.append(credit)
            self.pending = []
        self._remember(turn)

    def _credit(self, turn: Turn) -> _Credit:
        harsh = turn.first(*_HARSH)
        if harsh is not None:
            return _credit(ZERO, "harsh", harsh, turn, self.pending)
        fresh = [found for found in _findings(turn, "empathise") if _words(*found) not in self.said]
        specific = next((found for found in fresh if self._names_the_matter(*found)), None)
        if specific is not None:
            return _Credit(ONE, None)
        if fresh:
            return _credit(_GENERIC, "generic", fresh[0], turn, self.pending)
        cares = bool(turn.keys & _CARE)
        apology = turn.first("apologise")
        if apology is not None and not self.has_apologised:
            if cares:
                return _credit(_APOLOGY_AND_CARE, "apology", apology, turn, self.pending)
            return _credit(_APOLOGY, "apology_alone", apology, turn, self.pending)
        key = "again" if apology is not None or turn.first("empathise") else "care_alone" if cares else "none"
        return _credit(_CARE_ALONE if cares else ZERO, key, apology, turn, self.pending)

    def _names_the_matter(self, said: Said, finding: Finding) -> bool:
        """Whether the sentence of empathy takes up something that the customer said, or how long or often it was."""
        text = said.message.text
        sentence = next((m.group() for m in _SENTENCE.finditer(text) if m.start() <= finding.start < m.end()), text)
        return bool(_content(sentence) & _content(self.heard)) or bool(_CIRCUMSTANCE.search(normalise(sentence).text))

    def _remember(self, turn: Turn) -> None:
        self.has_apologised |= turn.first("apologise") is not None
        found = {_words(*found) for found in _findings(turn, "empathise")}
        if found - self.said or "apologise" in turn.keys:
            self.covering[turn.author] = _COVERED_TURNS
        self.said |= found


def _only_listens(turn: Turn) -> bool:
    """Whether the turn only shows that somebody is there: 请稍等, or 嗯 on the phone."""
    said = sum(len(units(normalise(one.message.text).text)) for one in turn.said)
    return turn.keys <= _LISTENING and (bool(turn.keys) or said <= _MURMUR)


def _findings(turn: Turn, key: str) -> list[tuple[Said, Finding]]:
    return [(one, finding) for one in turn.said for finding in one.read.findings if finding.key == key]


def _words(said: Said, finding: Finding) -> str:
    return normalise(said.message.text[finding.start : finding.end]).text


def _content(text: str) -> frozenset[str]:
    """Words of meaning: pairs of neighbouring Han characters without function words, longer Latin words, numbers."""
    found = units(normalise(text).text)
    words = {unit for unit in found if (len(unit) > 3 or unit.isdigit()) and unit.isascii()}
    pairs = {a + b for a, b in pairwise(found) if not {a, b} & _STOP_HAN and not (a + b).isascii()}
    return frozenset((words | pairs) - _STOP)


def _credit(
    points: Decimal, key: str, found: tuple[Said, Finding] | None, turn: Turn, pending: Sequence[Turn]
) -> _Credit:
    said, finding = found if found is not None else (turn.said[0], None)
    worst = min((one for turn in pending for one in turn.said), key=lambda one: _valence(one))
    reason = Reason(f"indicator.empathy.{key}", {"customer": quoted(worst.message.text)})
    return _Credit(points, said.sign(reason, ONE - points, finding))


def _valence(said: Said) -> float:
    return 0.0 if said.read.emotion is None else said.read.emotion.valence


def _courtesy(answers: Sequence[Turn]) -> ServiceIndicator:
    """Half for a courteous first answer, half for courtesy in at least every second one."""
    curt = [turn for turn in answers if not _is_courteous(turn)]
    often = min(ONE, 2 * Decimal(len(answers) - len(curt)) / len(answers))
    first = ZERO if answers[0] in curt else ONE
    value = _HALF * first + _HALF * often
    signs = []
    if not first:
        signs.append(answers[0].said[0].sign(Reason("indicator.empathy.curt_first"), _HALF))
    if often < ONE:
        signs.append(curt[-1].said[0].sign(Reason("indicator.empathy.curt"), _HALF * (ONE - often)))
    return ServiceIndicator(value, len(answers), tuple(signs))


def _is_courteous(turn: Turn) -> bool:
    if turn.first(*_HARSH):
        return False
    return bool(turn.keys & _COURTEOUS) or any(_POLITE.search(one.message.text) for one in turn.said)
