"""Words under keys by which mistyped ones find them (纠错): sounds, initials, and spellings with letters left out.

Two words within edit distance d share a form from which at most d letters of each were left out (the symmetric deletes
of W. Garbe, 2012), so that a lookup needs no list of all words.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from peilian.engine.search.sounds import fold, initials, sounds
from peilian.engine.search.words import is_han

LONGEST_WORD = 12  # what is longer is no word
LONGEST_RUN = 64  # letters without a blank that are looked at for mistakes or pinyin
_SHORTEST_HAN, _SHORTEST_LATIN = 2, 4
_LONG_LATIN = 8  # from this length two letters may be wrong
LONGEST_INITIALS = 8  # letters that somebody types for as many syllables
LONGEST_MIXED = 20  # letters of syllables of which some are typed in full


@lru_cache(maxsize=32768)
def spelling_keys(word: str) -> tuple[str, ...]:
    """The keys under which a word of the vocabulary is kept."""
    if len(word) > LONGEST_WORD:
        return ()
    if not is_han(word):
        return tuple(f"d{form}" for form in _lessened(word))
    if len(word) < _SHORTEST_HAN:
        return ()
    keys = [f"s{sound}" for sound in sounds(word)]
    keys += initials_keys(word)
    return (*keys, *(f"d{form}" for form in _lessened(word) if len(word) > _SHORTEST_HAN))


def sound_keys(word: str) -> list[str]:
    """The keys of words that sound as this Chinese one."""
    return [f"s{sound}" for sound in sounds(word)]


def pinyin_key(syllables: tuple[str, ...]) -> str:
    """The key of words that sound so."""
    return "s" + "".join(map(fold, syllables))


@lru_cache(maxsize=32768)
def initials_keys(word: str) -> tuple[str, ...]:
    """The keys under which Chinese words are kept by the first letters of their syllables."""
    return tuple(f"i{letters}" for letters in initials(word)) if len(word) <= LONGEST_INITIALS else ()


def initials_key(letters: str) -> str:
    """The key of words whose syllables begin so."""
    return f"i{letters}"


def typo_keys(word: str) -> list[str]:
    """The keys of words that are spelled almost like this one."""
    return [f"d{form}" for form in _lessened(word)] if len(word) <= LONGEST_WORD else []


def allowed_errors(word: str) -> int:
    """How many letters of a word may be wrong."""
    if is_han(word):
        return int(len(word) > _SHORTEST_HAN)
    return int(len(word) >= _SHORTEST_LATIN) + int(len(word) >= _LONG_LATIN)


def distance(one: str, other: str, most: int) -> int:
    """Edit distance with swaps of neighbours (optimal string alignment), or ``most + 1`` when it is larger."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, char in enumerate(one, start=1):
        here = [row]
        for column, against in enumerate(other, start=1):
            cost = min(above[column] + 1, here[-1] + 1, above[column - 1] + (char != against))
            if row > 1 and column > 1 and char == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        if min(here) > most:
            return most + 1
        before, above = above, here
    return min(above[-1], most + 1)


def _lessened(word: str) -> list[str]:
    """The word, and the word without each of as many of its letters as may be wrong."""
    forms = {word}
    for n in range(1, allowed_errors(word) + 1):
        forms.update("".join(kept) for kept in combinations(word, len(word) - n))
    return sorted(forms)
