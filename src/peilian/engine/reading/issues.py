"""Issues (过程问题) that only the course of a conversation shows: said twice, closed too early, refused without a way
out, or met without a word for the customer's feelings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from peilian.engine.conversation import Message
from peilian.engine.reading.likeness import Said, units
from peilian.engine.reading.values import Emotion
from peilian.engine.text import Analysed, Question

_PLACEHOLDER = re.compile(r"\[[^\]]*\]")
_LINK = re.compile(r"https?://\S+")
_CARD = re.compile(r"点击web|^(?:咨询)?(?:订单(?:编?号)?|商品(?:id)?|商品编号)[::]\s*\S+$")
_REAL_QUESTIONS = (Question.INFORMATION, Question.CONFIRMATION)
_UPSET = -0.5
_ALIKE = 0.85  # two answers that say the same
_ALIKE_QUESTION = 0.7  # two questions that ask the same
_LEAST_UNITS = 6
_STRETCH = 18  # Han characters in a row that no two answers share by chance
_FURIOUS = -0.75  # an apology given before does not cover new anger of this strength
_COVERED_TURNS = 2  # turns of the agent for which a word of empathy or apology lasts
_FILLERS = 4  # hesitations and padding in one message from which it is redundant
_WAY_OUT = frozenset({"alternative", "escalate", "solve", "own", "compensate", "follow_up", "done", "way"})
_LATER_WAY_OUT = frozenset({"alternative", "compensate", "way"})
_HARSH = frozenset({"rude", "blame"})
_CARING = frozenset({"empathise", "apologise", "admits"})
_CLOSING = frozenset({"close", "check_more"})
_POLITE = frozenset({"close", "check_more", "thank", "courtesy", "tag", "offer", "filler", "greet"})
_LISTENING = frozenset({"courtesy", "tag", "filler", "wait"})
_FORMULAS = frozenset({"greet", "wait", "close", "check_more"})
_FORMAL = frozenset({"greet", "wait", "close", "check_more", "thank", "courtesy", "offer", "filler", "tag"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One message of the customer or of a human agent as the passes over the conversation need it."""

    i: int
    message: Message
    analysed: Analysed
    keys: tuple[str, ...]  # of moves, faults, asides; of signs for the customer's messages
    emotion: Emotion | None = None  # for the customer's messages only

    @property
    def is_customer(self) -> bool:
        """Whether the customer speaks."""
        return self.emotion is not None

    @property
    def asks(self) -> bool:
        """Whether a question is asked; 好吧 is none."""
        return any(clause.question in _REAL_QUESTIONS for clause in self.analysed.clauses)


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue at the message ``i``, over the whole of it; ``agent`` is the account that it concerns."""

    i: int
    key: str
    agent: str | None
    rule: str
    earlier_i: int | None = None  # the message that is repeated, or the one that asked for more


def find_issues(seen: Sequence[Seen]) -> list[Issue]:
    """All issues of a conversation, in order of message."""
    turns = [list(group) for _, group in groupby(seen, key=lambda item: item.is_customer)]
    found = [*_redundant(seen), *_repeated_answers(seen), *_repeated_questions(seen)]
    for before, turn in pairwise(turns):
        if not turn[0].is_customer:
            found += _premature_closing(before, turn)
    for place, turn in enumerate(turns):
        if not turn[0].is_customer:
            found += [*_missing_empathy(turns, place), *_dead_end(turn, turns[place + 2 : place + 3])]
    return sorted(found, key=lambda issue: (issue.i, issue.key))


def _redundant(seen: Sequence[Seen]) -> Iterator[Issue]:
    """Padding words in number, or the same sentence twice in one message."""
    for item in seen:
        if item.is_customer:
            continue
        if item.keys.count("filler") >= _FILLERS:
            yield Issue(item.i, "redundant", item.message.author, "redundant.padding")
        elif _says_twice(item.analysed):
            yield Issue(item.i, "redundant", item.message.author, "redundant.same-sentence-twice")


def _says_twice(analysed: Analysed) -> bool:
    if len(analysed.clauses) < 2 or len(units(analysed.text)) < 2 * _LEAST_UNITS:
        return False
    said = Said()
    for clause in analysed.clauses:
        words = _PLACEHOLDER.sub("", analysed.text[clause.start : clause.end])
        if len(units(words)) < _LEAST_UNITS:
            continue
        if said.find(words, _ALIKE) is not None:
            return True
        said.add(words, clause.start)
    return False


def _repeated_answers(seen: Sequence[Seen]) -> Iterator[Issue]:
    """An answer of substance that says what an earlier one has said, or holds a long stretch of the same account's."""
    said = Said()
    stretches: dict[tuple[str | None, str], int] = {}
    for item in seen:
        text = item.analysed.text
        if item.is_customer or _is_formal(item) or len(units(text)) < _LEAST_UNITS:
            continue
        author = item.message.author
        same = said.find(text, _ALIKE)
        own = [(author, stretch) for stretch in _stretches(item.analysed)]
        is_formula = bool(_FORMULAS.intersection(item.keys))  # a greeting or farewell alone makes answers alike
        part = None if is_formula else next((stretches[key] for key in own if key in stretches), None)
        if same is not None:
            yield Issue(item.i, "repetition", author, "repetition.same-answer", same)
        elif part is not None:
            yield Issue(item.i, "repetition", author, "repetition.same-words", part)
        said.add(text, item.i)
        for key in own:
            stretches.setdefault(key, item.i)


def _is_formal(item: Seen) -> bool:
    """Whether an answer is nothing but courtesy: 请稍等，马上为您查询 may be said any number of times."""
    keys = set(item.keys)
    return keys <= _FORMAL or ("wait" in keys and keys <= {*_FORMAL, "own"})


def _stretches(analysed: Analysed) -> list[str]:
    """All runs of ``_STRETCH`` characters of a Chinese text, marks left out; formulas of English are too alike."""
    if analysed.language != "zh":
        return []
    words = "".join(units(_PLACEHOLDER.sub("", analysed.text)))
    return [words[start : start + _STRETCH] for start in range(len(words) - _STRETCH + 1)]


def _repeated_questions(seen: Sequence[Seen]) -> Iterator[Issue]:
    """A customer who, after an answer, asks or tells the same again, or says so."""
    said = Said()
    pending: list[Seen] = []  # not yet answered: saying it twice in one breath is no fault of the agent
    agent: str | None = None
    for item in seen:
        if not item.is_customer:
            for earlier in pending:
                said.add(_own_words(earlier), earlier.i)
            pending = []
            agent = item.message.author
            continue
        text = _own_words(item)
        same = said.find(text, _ALIKE_QUESTION) if len(units(text)) >= _LEAST_UNITS else None
        if same is not None:
            yield Issue(item.i, "customer_repeats", agent, "customer_repeats.same-message", same)
        elif said and "again" in item.keys:
            yield Issue(item.i, "customer_repeats", agent, "customer_repeats.says-so")
        pending.append(item)


def _own_words(item: Seen) -> str:
    """What the customer typed: without masked data and links, and nothing of the cards that a shop system sends."""
    return "" if _CARD.search(item.analysed.text) else _LINK.sub("", _PLACEHOLDER.sub("", item.analysed.text))


def _premature_closing(before: Sequence[Seen], turn: Sequence[Seen]) -> Iterator[Issue]:
    """Closing with nothing but politeness while the customer is upset or has asked something."""
    if not before or not _is_open(before):
        return
    keys = {key for item in turn for key in item.keys}
    closing = next((item for item in turn if _CLOSING.intersection(item.keys)), None)
    if closing is not None and keys <= _POLITE:
        agent = closing.message.author
        yield Issue(closing.i, "premature_closing", agent, "premature_closing.open-matter", before[-1].i)


def _is_open(turn: Sequence[Seen]) -> bool:
    last = turn[-1]
    if "parting" in last.keys:
        return False
    is_negative = last.emotion is not None and last.emotion.valence <= _UPSET
    return is_negative or last.asks or "unmet" in last.keys


def _dead_end(turn: Sequence[Seen], answer: Sequence[Sequence[Seen]]) -> Iterator[Issue]:
    """A refusal without a way out, in the same turn or at once in the next; ``answer`` is that turn, if there is one.

    Whoever sends the customer elsewhere refuses too; an honest "I cannot guarantee it" is no refusal.
    """
    keys = {key for item in turn for key in item.keys}
    refusal = next((item for item in turn if _refuses(item)), None)
    if refusal is None or keys & _WAY_OUT:
        return
    is_led_on = any(_LATER_WAY_OUT.intersection(item.keys) for items in answer for item in items)
    if not is_led_on or keys & _HARSH:  # what comes after a harsh refusal is a correction
        yield Issue(refusal.i, "dead_end", refusal.message.author, "dead_end.refusal-alone")


def _refuses(item: Seen) -> bool:
    return "deflects" in item.keys or item.keys.count("refuse") > item.keys.count("hedges")


def _missing_empathy(turns: Sequence[Sequence[Seen]], place: int) -> Iterator[Issue]:
    """An answer to an upset customer without empathy or apology. A word of it covers the next turns of the same
    account too, unless the customer gets furious again."""
    before, turn = turns[place - 1] if place else (), turns[place]
    upset = [item for item in before if item.emotion is not None and item.emotion.valence <= _UPSET]
    keys = {key for item in turn for key in item.keys}
    if not upset or keys & _CARING or _only_listens(keys):
        return
    agent = turn[0].message.author
    covering = [item for items in turns[max(place - 2 * _COVERED_TURNS, place % 2) : place : 2] for item in items]
    is_covered = any(item.message.author == agent and _CARING.intersection(item.keys) for item in covering)
    is_furious = any(item.emotion is not None and item.emotion.valence <= _FURIOUS for item in upset)
    if is_furious or not is_covered:
        yield Issue(turn[0].i, "missing_empathy", agent, "missing_empathy.upset-customer", upset[-1].i)


def _only_listens(keys: set[str]) -> bool:
    """Whether a turn only shows that somebody listens or looks; the answer is still to come."""
    return keys <= _LISTENING or ("wait" in keys and keys <= {*_LISTENING, "own"})
