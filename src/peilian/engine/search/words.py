"""Cutting texts into what is searched for (检索分词): words of Chinese, stems of English, runs of characters.

Words carry meaning; runs of one and two characters find what the segmentation cut otherwise in another context. Terms
of the three kinds are told apart by their first letter: ``w`` words and stems, ``b`` pairs of characters, ``c``
characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import rjieba

from peilian.engine.text import normalise

HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_OTHER_WORD = re.compile(rf"[^\W_{HAN}]+(?:'[^\W\d_{HAN}]{{1,2}}(?![^\W_]))?")
_UNREADABLE = re.compile("[\ud800-\udfff\0]")


class Word(NamedTuple):
    """A word of a query where it stands in the normal form."""

    text: str
    start: int
    end: int
    is_han: bool


def plain(text: str) -> str:
    """The normal form, without what the segmentation cannot read; as long as ``normalise(text).text``."""
    return _UNREADABLE.sub(" ", normalise(text).text)


def index_terms(text: str) -> list[str]:
    """Every term of a text in normal form (``plain``), as often as it occurs."""
    found: list[str] = []
    for run in _HAN_RUN.findall(text):
        found += map("c".__add__, run)
        found += map("b{}{}".format, run, run[1:])
    for token in rjieba.cut_for_search(text):
        if terms := _word_terms(token):
            found += terms
    return found


@lru_cache(maxsize=65536)
def _word_terms(token: str) -> tuple[str, ...]:
    """The terms of what the segmentation cut out: a word of several characters, or words that are not Chinese."""
    if _HAN.search(token):
        return ("w" + token,) if len(token) > 1 else ()
    return tuple("w" + stem(part) for part in _OTHER_WORD.findall(token))


def words_of(text: str) -> list[Word]:
    """The words of a text in normal form, in order; single characters too."""
    found = []
    for token, start, end in rjieba.tokenize(text):
        if _HAN.search(token):
            found.append(Word(token, start, end, True))
        else:
            found += [
                Word(match.group(), start + match.start(), start + match.end(), False)
                for match in _OTHER_WORD.finditer(token)
            ]
    return found


def parts_of_word(word: str) -> list[str]:
    """The word with the shorter words in it: 退换货 has 退换 and 换货."""
    return [part for part in rjieba.cut_for_search(word) if len(part) > 1] if len(word) > 2 else [word]


def gram_terms(text: str) -> list[str]:
    """The terms that a Chinese word or phrase consists of, however a text is cut: its pairs, or its one character."""
    if len(text) == 1:
        return ["c" + text]
    return ["b" + text[n : n + 2] for n in range(len(text) - 1)]


def han_runs(text: str) -> list[tuple[int, int]]:
    """The spans of Chinese characters that stand together."""
    return [match.span() for match in _HAN_RUN.finditer(text)]


def latin_words(text: str) -> Iterator[re.Match[str]]:
    """Words that are not Chinese, in a text in normal form."""
    return _OTHER_WORD.finditer(text)


def is_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return _HAN.search(text) is not None


_LONG = 6
_SIBILANT = ("s", "x", "z", "ch", "sh")
_KEPT = {"news", "this", "does", "was", "has", "less", "bus", "always", "his", "its", "us", "is", "as", "yes", "gas"}


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """An English word without the endings of number, tense and person: refunds, refunded, refunding -> refund.

    Light on purpose (after D. Harman, "How effective is suffixing?", JASIS 42, 1991): a word keeps at least three
    letters, and endings that change the meaning stay. Other words come back as they are.
    """
    word = word.split("'")[0]
    if len(word) < 4 or word in _KEPT or not word.isascii() or not word.isalpha():
        return word
    if word.endswith(("ies", "ied")) and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("es") and word[:-2].endswith(_SIBILANT):
        return _without_e(word[:-1])
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and _has_vowel(word[: -len(ending)]) and len(word) - len(ending) >= 3:
            rest = word[: -len(ending)]
            is_doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return _without_e(rest[:-1] if is_doubled else rest)
    return _without_e(word)


def _without_e(word: str) -> str:
    """A final e goes, of a final double l of a long word one: charge, charging; install, cancelling."""
    if word.endswith("ll") and len(word) > _LONG:
        return word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def _has_vowel(word: str) -> bool:
    return any(char in "aeiouy" for char in word)
