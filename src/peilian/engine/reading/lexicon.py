"""Lexicons (词典): cues as data, compiled once, matched in one pass over a message."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Literal

from peilian.engine._kernel import Language
from peilian.engine.text import Analysed, Clause, Matcher, Pattern, PatternCompiler, Question

MarkKind = Literal["move", "fault", "issue", "emotion", "sign", "aside"]
# opening, not_opening: nothing, or something, but greetings was said before by this side of the agents; alone: the
# message has one clause; upset: the customer's last emotion was negative; parting, thanking: signs in the last message
Condition = Literal["opening", "not_opening", "alone", "upset", "parting", "thanking"]


_MOST_REMEMBERED, _LONGEST_REMEMBERED = 8192, 200  # texts, and characters of one
_ASKED = 30  # characters that a question may be long
_REACH = 24  # characters before a cue that are searched for what may not stand there


@dataclass(frozen=True, slots=True)
class Cue:
    """Phrases that are a sign of something, and the conditions under which they are.

    ``unless`` are patterns of which none may occur in the same clause, ``unless_near`` in the same sentence; one of
    ``needs`` must occur in the sentence; none of ``not_after`` may end where the cue begins. ``question`` says whether
    the cue counts inside a question that asks for information or confirmation; a proposal with a tag (好吗) is no such
    question. ``quoted`` and ``negated`` say whether it counts in a quotation or behind a negation. ``side`` is who must
    speak; ``weight`` is the strength of an emotion from -1 to 1.
    """

    rule: str
    kind: MarkKind
    key: str
    language: Language
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    unless_near: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    question: Literal["counts", "blocks", "required"] = "counts"
    quoted: bool = False
    negated: bool = False
    when: tuple[Condition, ...] = ()
    weight: float = 0.0
    side: Literal["agent", "customer"] = "agent"


@dataclass(frozen=True, slots=True)
class Ban:
    """Words that the company's phrases forbid (禁用语), wherever an agent says them.

    They count in messages of ``[since_ms, until_ms)``, ``None`` being without bound, and on ``channels``, none being
    all. Where the time or the channel that a ban asks for is unknown, it does not count: nobody is charged on a guess.
    """

    rule: str
    language: Language
    patterns: tuple[str, ...]
    since_ms: int | None = None
    until_ms: int | None = None
    channels: frozenset[str] = frozenset()

    def counts(self, at_ms: int | None, channel: str | None) -> bool:
        """Whether it holds for a message of that time and channel."""
        if self.channels and channel not in self.channels:
            return False
        if self.since_ms is None and self.until_ms is None:
            return True
        if at_ms is None:
            return False
        return (self.since_ms is None or at_ms >= self.since_ms) and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found at ``[start, end)`` of the normal form."""

    kind: MarkKind
    key: str
    rule: str
    start: int
    end: int
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class _Compiled:
    cue: Cue
    unless: re.Pattern[str] | None
    unless_near: re.Pattern[str] | None
    needs: re.Pattern[str] | None
    not_after: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class SatisfactionModel:
    """The weights of the satisfaction estimate: feature -> weight, and the two cuts between the three labels."""

    weights: Mapping[str, float]
    cuts: tuple[float, float] = (0.0, 1.0)


class _Side:
    """The cues of one language for one side of the conversation."""

    def __init__(self, cues: Iterable[Cue], compiler: PatternCompiler) -> None:
        self._cues: list[_Compiled] = []
        patterns: list[Pattern] = []
        self._cue_of: list[_Compiled] = []
        for cue in cues:
            compiled = _Compiled(
                cue,
                compiler.compile_any(cue.unless),
                compiler.compile_any(cue.unless_near),
                compiler.compile_any(cue.needs),
                compiler.compile_any(cue.not_after, at_end=True),
            )
            for source in cue.patterns:
                patterns.append(compiler.compile(source))
                self._cue_of.append(compiled)
        self._matcher = Matcher(patterns)
        self._remembered: dict[str, tuple[tuple[Cue, Hit], ...]] = {}

    def find(self, analysed: Analysed, conditions: frozenset[str]) -> list[Hit]:
        return [hit for cue, hit in self._found(analysed) if conditions.issuperset(cue.when)]

    def _found(self, analysed: Analysed) -> tuple[tuple[Cue, Hit], ...]:
        """All cues that count under some condition; the same short messages come again and again."""
        text = analysed.normal.text
        if analysed.repeated or len(text) > _LONGEST_REMEMBERED:
            return self._search(analysed)
        if text not in self._remembered:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[text] = self._search(analysed)
        return self._remembered[text]

    def _search(self, analysed: Analysed) -> tuple[tuple[Cue, Hit], ...]:
        found = []
        for match in self._matcher.find(analysed):
            compiled = self._cue_of[match.pattern]
            if _counts(compiled, analysed, match.start):
                cue = compiled.cue
                found.append((cue, Hit(cue.kind, cue.key, cue.rule, match.start, match.end, cue.weight)))
        return tuple(found)


def _cue_of(number: int, ban: Ban) -> Cue:
    """A ban as a cue under its number: the same rule may have been worded otherwise at another time."""
    return Cue(str(number), "fault", "forbidden", ban.language, ban.patterns)


def _told(ban: Ban) -> str:
    return repr((astuple(ban)[:-1], sorted(ban.channels)))


def _counts(compiled: _Compiled, analysed: Analysed, place: int) -> bool:
    cue = compiled.cue
    clause = analysed.clause_at(place)
    if cue.question != "counts" and _asks(analysed, clause, place) != (cue.question == "required"):
        return False
    text = analysed.text
    if compiled.not_after and compiled.not_after.search(text[max(clause.start, place - _REACH) : place]):
        return False
    if compiled.unless and compiled.unless.search(text, clause.start, clause.end):
        return False
    if compiled.unless_near and compiled.unless_near.search(text, *analysed.sentence_at(place)):
        return False
    if compiled.needs and not compiled.needs.search(text, *analysed.sentence_at(place)):
        return False
    if not cue.negated and analysed.is_negated(place):
        return False
    return cue.quoted or not analysed.is_quoted(place)


def _asks(analysed: Analysed, clause: Clause, place: int) -> bool:
    """Whether ``place`` lies in what is asked; in a transcript without punctuation that is the end of the clause."""
    is_near = analysed.language == "en" or clause.end - place <= _ASKED
    return is_near and clause.question in (Question.INFORMATION, Question.CONFIRMATION)


@dataclass(frozen=True)
class Lexicons:
    """Compiled lexicons of both languages with the model of satisfaction. ``version`` identifies their content."""

    version: str
    model: SatisfactionModel
    _sides: Mapping[tuple[str, str], _Side] = field(repr=False)
    _bans: tuple[Ban, ...] = field(default=(), repr=False)
    _banned: Mapping[str, _Side] = field(default_factory=dict, repr=False)

    def find(self, analysed: Analysed, side: Literal["agent", "customer"], conditions: frozenset[str]) -> list[Hit]:
        """Every cue of ``side`` that counts in ``analysed``, in order of place."""
        return self._sides[(analysed.language, side)].find(analysed, conditions)

    def forbidding(self, bans: Iterable[Ban]) -> Lexicons:
        """These lexicons with ``bans`` in place of those they had; ``PatternError`` names a faulty pattern."""
        listed = tuple(sorted(bans, key=_told))
        base = self.version.partition("+")[0]
        if not listed:
            return replace(self, version=base, _bans=(), _banned={})
        said = "\n".join(map(_told, listed))
        version = f"{base}+{hashlib.sha256(said.encode()).hexdigest()[:12]}"
        banned = {
            language: _Side(
                (_cue_of(n, ban) for n, ban in enumerate(listed) if ban.language == language),
                PatternCompiler({}, language),
            )
            for language in ("zh", "en")
        }
        return replace(self, version=version, _bans=listed, _banned=banned)

    def forbidden(self, analysed: Analysed, at_ms: int | None, channel: str | None) -> list[Hit]:
        """What an agent says in ``analysed`` that a ban forbids then and there, in order of place."""
        side = self._banned.get(analysed.language)
        if side is None:
            return []
        found = [(self._bans[int(hit.rule)], hit) for hit in side.find(analysed, frozenset())]
        return [replace(hit, rule=ban.rule) for ban, hit in found if ban.counts(at_ms, channel)]


def compile_lexicons(
    cues: Iterable[Cue], classes: Mapping[Language, Mapping[str, Iterable[str]]], model: SatisfactionModel, version: str
) -> Lexicons:
    """Compile ``cues`` with the word classes of each language; ``PatternError`` names a faulty pattern."""
    listed = tuple(cues)
    sides = {}
    for language in ("zh", "en"):
        compiler = PatternCompiler(classes.get(language, {}), language)
        for side in ("agent", "customer"):
            chosen = (cue for cue in listed if cue.language == language and cue.side == side)
            sides[(language, side)] = _Side(chosen, compiler)
    return Lexicons(version, model, sides)
