"""The pattern notation (匹配式) of lexicons: phrases with gaps, alternatives and word classes.

========  =============================================================================================
``ab``    the text itself, after normalising; where it begins or ends with a Latin letter or digit, a word does
``(a|b)`` alternatives, which may be nested
``x?``    the character, group or class before it may be missing; ``x*`` also repeat; ``x+`` repeat. What repeats is
          made of texts alone, no gap or number, and in one way only: else a long line could hold the reader up
``<x>``   a class of the lexicon, that is alternatives kept in one place
``..``    a short gap within one clause; ``..6`` one of at most 6 characters; ``...`` a long one within a sentence
``#``     a number, in digits or words, or a placeholder of one
``^``     the beginning of a clause, small words of hesitation or agreement passed over; ``$`` the end of one
========  =============================================================================================

Every pattern must contain fixed text: the part of it that is least common becomes its *anchor*, and the pattern is
only tried in sentences in which an anchor was found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from peilian.engine._kernel import Language
from peilian.engine.text.normalise import normalise

# Numbers are bounded: a line of a thousand figures and hyphens would else be tried in every way there is to cut it.
_NUMBER_ZH = (
    r"(?:\d{1,20}(?:[.~-]\d{1,20}){0,3}|[零〇一二两三四五六七八九十百千几半数]{1,12}|\[(?:数字|时间|日期|金额)x\])"
)
_NUMBER_EN = (
    r"(?:\d{1,20}(?:[.~-]\d{1,20}){0,3}|\b(?:an?|one|two|three|four|five|six|seven|ten|twelve|few|couple of|several)\b)"
)
_GAPS = {  # language -> (short, long)
    "zh": (r"[^。.!?;\n,]{0,10}?", r"[^。.!?;\n]{0,30}?"),
    "en": (r"[^!?;\n,]{0,30}?", r"[^!?;\n]{0,80}?"),
}
_BEFORE_CLAUSE = {
    "zh": r"(?<![^\s。!?;,、:~…\]\)】\-—])",
    "en": r"(?:\A|(?<=[\n(])|(?<=[.!?;:,\-–>•*]\s)|(?<=\n\s))",
}
_AFTER_CLAUSE = {
    "zh": r"(?=(?:[呢哦哈呀啊哒啦噢嘛亲]|先生|女士)*(?:\s|$|[。.!?;,、~…#\n\[]))",
    "en": r"(?=\s*(?:$|[.!?;,:)\n]))",
}
_PASSED_OVER = {
    "zh": r"(?:(?:嗯|啊|哎|呃|哦|噢|诶|额|好的?|好嘞|行|对|那么?|亲爱?的?|您好|你好|是的|然后|就是|这样)[\s,~]*)*",
    "en": r"(?:(?:well|ok|okay|sure|hi|hello|yes|no|so|and|but|also|oh|ah|alright|thanks|then|first|next|please note)\b"
    r"[\s,.!:-]*)*",
}
_PLACES = {
    "#": {"zh": _NUMBER_ZH, "en": _NUMBER_EN},
    "^": {language: _BEFORE_CLAUSE[language] + _PASSED_OVER[language] for language in ("zh", "en")},
    "$": _AFTER_CLAUSE,
}
_WORD_EDGE = r"(?:(?<![a-z0-9])|(?![a-z0-9]))"  # no Latin word is cut at the ends of a match
_LATIN = re.compile(r"[a-z0-9]|\\d")
_NO_LATIN = re.compile(r"\\[ns]|\{\d+,\d+\}")  # what an expression says with letters and digits that are none
_NUMBER_LENGTHS, _REPEATED_LENGTHS = 12, 12  # that a number, a repetition is taken to have
_MOST_TEXTS = 200  # texts that a piece of a pattern may stand for to be looked up one by one
_HAS_WORD = re.compile(r"[a-zA-Z0-9\s]")
_TOKEN = re.compile(r"\.\.\.|\.\.\d{1,2}|\.\.|[()|?*+^$#]|<[a-z_]+>|[^()|?*+^$#<.]+(?![?*+])|[^()|?*+^$#<.]|[.<]")
_SIZED_GAP = {"zh": r"[^。.!?;\n,]", "en": r"[^!?;\n,]"}


BETWEEN = r"[ \t.·・•\-–—_*/|~+=^]"
"""One mark with which a word is spelled apart."""
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")


class PatternError(ValueError):
    """A pattern that cannot be understood; ``problem`` is a key of the words catalogue."""

    def __init__(self, problem: str, pattern: str) -> None:
        super().__init__(f"{problem}: {pattern}")
        self.problem = problem
        self.pattern = pattern


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. ``regex`` is ``None`` when the anchors are all the texts that match. The group ``found`` of
    ``regex`` is what matched without what was passed over at the beginning of the clause."""

    source: str
    anchors: tuple[str, ...]
    regex: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: its regular expression; the texts of which one must occur in whatever it matches (``None``:
    no such texts); all the texts that it matches when they are few (``None``: they are many); and the texts of which
    any repetition of it is made (``None``: it is not to be repeated). ``lengths``: how many lengths a match from one
    place can have, at most, counted where ``texts`` are many."""

    regex: str
    anchors: frozenset[str] | None
    texts: frozenset[str] | None = None
    units: frozenset[str] | None = None
    lengths: int = 1

    @property
    def ways(self) -> int:
        """In how many ways it can be tried from one place before it is given up."""
        return self.lengths if self.texts is None else max(1, len({len(text) for text in self.texts}))


class _Parser:
    def __init__(self, source: str, compiler: PatternCompiler) -> None:
        self.source = source
        self.compiler = compiler
        self.language = compiler.language
        self.tokens: list[str] = _TOKEN.findall(normalise(source).text)
        self.place = 0

    def peek(self) -> str | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> str:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def whole(self) -> _Part:
        part = self.alternatives()
        if self.peek() is not None:
            raise PatternError("reading.pattern.stray_bracket", self.source)
        return part

    def alternatives(self) -> _Part:
        parts = [self.sequence()]
        while self.peek() == "|":
            self.take()
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else either(parts)

    def sequence(self) -> _Part:
        parts: list[_Part] = []
        while (mark := self.peek()) not in (None, ")", "|"):
            if mark in ("?", "*", "+"):  # how often the piece before it occurs
                self.take()
                if not parts:
                    raise PatternError("reading.pattern.stray_repetition", self.source)
                parts[-1] = self.repeated(parts[-1], mark)
            else:
                parts.append(self.piece())
        return one_after_other(parts)

    def piece(self) -> _Part:
        mark = self.take()
        if mark == "(":
            return self.group()
        if mark.startswith("<") and mark.endswith(">"):
            return self.compiler.named_class(mark[1:-1], self.source)
        if mark in ("..", "..."):
            gap = _GAPS[self.language][len(mark) - 2]
            return _Part(gap, None, lengths=1 + int(gap[gap.rindex(",") + 1 : -2]))
        if mark.startswith("..") and mark[2:].isdigit():
            return _Part(f"{_SIZED_GAP[self.language]}{{0,{mark[2:]}}}?", None, lengths=1 + int(mark[2:]))
        if mark in "#^$":
            return _Part(_PLACES[mark][self.language], None, lengths=_NUMBER_LENGTHS if mark == "#" else 1)
        anchors = frozenset([_longest_word(mark)]) if mark.strip() else None
        return _Part(self.fixed(mark), anchors, frozenset([mark]), frozenset([mark]))

    def group(self) -> _Part:
        part = self.alternatives()
        if self.peek() != ")":
            raise PatternError("reading.pattern.open_bracket", self.source)
        self.take()
        return replace(part, regex=f"(?:{part.regex})")

    def fixed(self, text: str) -> str:
        return _fixed(text, is_apart=self.compiler.is_apart)

    def repeated(self, part: _Part, how: str) -> _Part:
        """``part`` as often as ``how`` says. A repetition is rebuilt from the fewest texts that make the same, so that
        no text is made by it in two ways: with two, a line that does not match in the end would be tried in as many
        ways as there are to cut it."""
        if how == "?":
            texts = part.texts | {""} if part.texts is not None else None
            return _Part(f"(?:{part.regex})?", None, texts, part.units, part.ways + 1)
        if part.units is None:
            raise PatternError("reading.pattern.nested_repetition", self.source)
        units = _indivisible(part.units)
        if not _is_code(units):
            raise PatternError("reading.pattern.ambiguous_repetition", self.source)
        regex = "|".join(self.fixed(text) for text in sorted(units, key=lambda text: (-len(text), text)))
        is_optional = how == "*" or (part.texts is not None and "" in part.texts)
        anchors = None if is_optional else part.anchors
        return _Part(f"(?:{regex}){'*' if is_optional else '+'}", anchors, None, units, _REPEATED_LENGTHS)


def _indivisible(texts: frozenset[str]) -> frozenset[str]:
    """The fewest of ``texts`` of which all others are made: of 就, 是 and 就是 the first two."""
    found: set[str] = set()
    for text in sorted(map(_one_blank, texts - {""}), key=len):
        if not _is_made_of(text, found):
            found.add(text)
    return frozenset(found)


def _is_made_of(text: str, units: Iterable[str]) -> bool:
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(text.endswith(unit, 0, end) and end - len(unit) in reached for unit in units):
            reached.add(end)
    return len(text) in reached


def _is_code(units: frozenset[str]) -> bool:
    """Whether every text made of ``units`` is made in one way only.

    The test of A. A. Sardinas and G. W. Patterson (1953): follow what one way is ahead of another until nothing new is
    left over; an end of a unit left over that is a unit itself is where two ways meet.
    """
    left = {b[len(a) :] for a in units for b in units if a != b and b.startswith(a)}
    seen: set[str] = set()
    while left:
        if left & units:
            return False
        seen |= left
        ahead = {unit[len(rest) :] for rest in left for unit in units if unit.startswith(rest)}
        behind = {rest[len(unit) :] for rest in left for unit in units if rest.startswith(unit)}
        left = (ahead | behind) - seen
    return True


def _one_blank(text: str) -> str:
    """Blanks stretch, so any number of them is one."""
    return re.sub(r"\s+", " ", text)


def either(parts: Sequence[_Part]) -> _Part:
    """One of ``parts``, the longest expressions first so that the longest text wins."""
    ordered = sorted(parts, key=lambda part: -len(part.regex))
    anchors: frozenset[str] | None = frozenset()
    texts: frozenset[str] | None = frozenset()
    units: frozenset[str] | None = frozenset()
    for part in parts:
        anchors = None if anchors is None or part.anchors is None else anchors | part.anchors
        texts = None if texts is None or part.texts is None else texts | part.texts
        units = None if units is None or part.units is None else units | part.units
    return _Part("|".join(part.regex for part in ordered), anchors, texts, units, sum(part.ways for part in parts))


def one_after_other(parts: Sequence[_Part]) -> _Part:
    """All of ``parts`` in a row. The anchors are the least common ones: those of a piece, or of several neighbouring
    pieces put together, whose shortest is longest."""
    if len(parts) == 1:
        return parts[0]
    offered = [part.anchors for part in parts if part.anchors]
    whole: frozenset[str] | None = None
    for start in range(len(parts)):
        texts: frozenset[str] | None = frozenset([""])
        for end in range(start, len(parts)):
            texts = _joined(texts, parts[end].texts)
            if texts is None:
                break
            whole = texts if start == 0 and end == len(parts) - 1 else whole
            if all(text.strip() for text in texts):
                offered.append(frozenset(map(_longest_word, texts)))
    best = max(offered, key=lambda texts: (min(map(len, texts)), -len(texts)), default=None)
    return _Part("".join(part.regex for part in parts), best, whole, whole, math.prod(part.ways for part in parts))


def _longest_word(text: str) -> str:
    """An anchor holds no blank, because blanks stretch."""
    return max(text.split(), key=len)


def _joined(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    if first is None or second is None or len(first) * len(second) > _MOST_TEXTS:
        return None
    return frozenset(head + tail for head in first for tail in second)


def _edge(regex: str) -> str:
    """What must hold at the ends of a match: nothing where no Latin letter or digit can be found, which is faster."""
    return _WORD_EDGE if _LATIN.search(_NO_LATIN.sub("", regex)) else ""


def _fixed(text: str, *, is_apart: bool = False) -> str:
    """The expression of a fixed text, in which blanks stretch; with ``is_apart`` a mark may stand between two of its
    Chinese characters."""
    regex = re.sub(r"(?:\\?\s)+", lambda _: r"\s+", re.escape(text))
    return _BETWEEN_HAN.sub(f"{BETWEEN}?", regex) if is_apart else regex


class PatternCompiler:
    """Compiles the patterns of one language with its word classes (name -> alternatives, themselves patterns)."""

    def __init__(self, classes: Mapping[str, Iterable[str]], language: Language, *, is_apart: bool = False) -> None:
        self.language = language
        self.is_apart = is_apart
        self._sources = {name: tuple(items) for name, items in classes.items()}
        self._classes: dict[str, _Part] = {}
        self._open: list[str] = []

    def spelled_apart(self) -> PatternCompiler:
        """A compiler of the same classes whose patterns also match words spelled apart (保 本); their anchors are the
        words as they are read."""
        return PatternCompiler(self._sources, self.language, is_apart=True)

    def check(self, source: str, *, most_ways: int | None = None) -> None:
        """``PatternError`` when something is wrong with ``source``; quicker than compiling it.

        ``most_ways``: in how many ways it may be tried at one place of a text. Every gap and every part that may be
        missing multiplies them, and with many of them one line could hold the reader up for ever.
        """
        part, _ = self._anchored(source)
        if most_ways is not None and part.ways > most_ways:
            raise PatternError("reading.pattern.too_many_ways", source)

    def compile(self, source: str) -> Pattern:
        """Compile ``source``; ``PatternError`` says what is wrong with it."""
        part, anchors = self._anchored(source)
        if part.texts and not self.is_apart and not _HAS_WORD.search("".join(part.texts)):
            return Pattern(source, tuple(sorted(part.texts - {""})), None)
        start, rest = "", part.regex
        opening = _PLACES["^"][self.language]
        if rest.startswith(opening):
            start, rest = opening, rest[len(opening) :]
        edge = _edge(rest)
        regex = re.compile(f"{start}(?P<found>{edge}(?:{rest}){edge})")
        return Pattern(source, tuple(sorted(anchors)), regex)

    def _anchored(self, source: str) -> tuple[_Part, frozenset[str]]:
        part = _Parser(source, self).whole()
        if not part.anchors:
            raise PatternError("reading.pattern.no_fixed_text", source)
        return part, part.anchors

    def compile_any(self, sources: Iterable[str], *, at_end: bool = False) -> re.Pattern[str] | None:
        """One expression for any of ``sources``, at the end of a text when ``at_end``; ``None`` without sources."""
        parts = [_Parser(source, self).whole() for source in sources]
        if not parts:
            return None
        regex = either(parts).regex
        edge = _edge(regex)
        return re.compile(f"{edge}(?:{regex}){edge}{'$' if at_end else ''}")

    def named_class(self, name: str, source: str) -> _Part:
        """The alternatives of a word class; a class may use others, but not itself."""
        if name not in self._classes:
            if name not in self._sources or name in self._open:
                raise PatternError("reading.pattern.unknown_class", source)
            self._open.append(name)
            part = either([_Parser(item, self).whole() for item in self._sources[name]])
            self._open.pop()
            self._classes[name] = _Part(f"(?:{part.regex})", part.anchors, part.texts, part.units)
        return self._classes[name]
