"""Words that mean the same (同义词), in Chinese and English, and words that say nothing about what is looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import ahocorasick

from peilian.engine.search.words import is_han, latin_words, plain, stem

_LONGEST = 40


class Meant(NamedTuple):
    """A place of a query in normal form, and what else people say for it."""

    start: int
    end: int
    others: tuple[str, ...]


class Synonyms:
    """Groups of words or short phrases that stand for each other. A word may be in several groups.

    ``fillers`` are words that carry no wish of their own, such as 请问 and 一下.
    """

    def __init__(self, groups: Iterable[Collection[str]] = (), fillers: Iterable[str] = ()) -> None:
        self._fillers = frozenset(_form(word) for word in fillers)
        others: dict[str, dict[str, None]] = {}
        for group in groups:
            forms = dict.fromkeys(filter(None, (_form(word) for word in group)))
            for form in forms:
                others.setdefault(form, {}).update((other, None) for other in forms if other != form)
        self._others = {form: tuple(found) for form, found in others.items()}
        self._automaton: Any = ahocorasick.Automaton()
        for form in self._others:
            self._automaton.add_word(form, form)
        if self._others:
            self._automaton.make_automaton()

    def __len__(self) -> int:
        return len(self._others)

    def is_filler(self, word: str) -> bool:
        """Whether a word, in normal form, says nothing about what is looked for."""
        return (word if is_han(word) else stem(word)) in self._fillers

    def find(self, text: str) -> list[Meant]:
        """The words of ``text`` (in normal form) that others stand for, the longest at each place; none overlap.

        English words are found in every form: refunded as refund.
        """
        if not self._others:
            return []
        stems, starts, ends = _by_stem(text)
        found = []
        for last, form in self._automaton.iter(stems):
            start = last + 1 - len(form)
            if is_han(form) or (start in starts and last + 1 in ends):
                found.append((-len(form), start, last + 1, form))
        taken: list[Meant] = []
        for _length, start, end, form in sorted(found):
            place = starts.get(start, start), ends.get(end, end)
            if place[0] is None or place[1] is None:
                continue
            if all(place[1] <= one.start or place[0] >= one.end for one in taken):
                taken.append(Meant(place[0], place[1], self._others[form]))
        return sorted(taken)


def _form(word: str) -> str:
    """A word or phrase as it is compared: normal form, English words as stems, one blank between them."""
    return _by_stem(" ".join(plain(word[:_LONGEST]).split()))[0]


def _by_stem(text: str) -> tuple[str, dict[int, int], dict[int, int]]:
    """``text`` with English words as stems, and where each place of a word's beginning and end, or of any other
    character, was before."""
    parts: list[str] = []
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    length = place = 0
    for match in latin_words(text):
        length = _copy(text, place, match.start(), length, parts, starts, ends)
        form = stem(match.group())
        parts.append(form)
        starts[length], ends[length + len(form)] = match.span()
        length, place = length + len(form), match.end()
    _copy(text, place, len(text), length, parts, starts, ends)
    return "".join(parts), starts, ends


def _copy(
    text: str, start: int, end: int, length: int, parts: list[str], starts: dict[int, int], ends: dict[int, int]
) -> int:
    parts.append(text[start:end])
    for offset in range(end - start):
        starts[length + offset] = start + offset
        ends[length + offset + 1] = start + offset + 1
    return length + end - start
