"""How Chinese words sound (拼音): full pinyin and initials, for people who type sounds or write what they hear.

Tones are left out, and sounds that many speakers do not tell apart are one: zh/z, ch/c, sh/s, n/ng at the end, n/l at
the beginning.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

_MOST_READINGS = 3  # of one character
_MOST_SOUNDS = 8  # of one word
# Which syllables Standard Chinese has, by how they begin.
_FINALS = {
    "": "a ai an ang ao e ei en er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
    "d": "a ai an ang ao e en eng i ian iao ie ing iu ong ou u uan ui un uo",
    "f": "a an ang ei en eng o ou u",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "k": "a ai an ang ao e en eng ong ou u ua uai uan uang ui un uo",
    "l": "a ai an ang ao e ei eng i ia ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "r": "an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "sh": "a ai an ang ao e en eng i ou u ua uai uan uang ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "w": "a ai an ang ei en eng o u",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "zh": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
}
_LONGEST_SYLLABLE = 6
_MOST_SPLITS = 12  # of letters into syllables and first letters


@lru_cache(maxsize=16384)
def readings(char: str) -> tuple[str, ...]:
    """The sounds of one character without tones, the commonest first; empty for what is no Chinese character."""
    found = pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    return tuple(dict.fromkeys(found[0]))[:_MOST_READINGS] if found else ()


def sounds(word: str) -> list[str]:
    """How a Chinese word may sound, folded; several where its characters have several readings."""
    choices = [readings(char) for char in word]
    if not all(choices):
        return []
    spoken = islice(product(*choices), _MOST_SOUNDS)
    return list(dict.fromkeys("".join(map(fold, syllables)) for syllables in spoken))


def initials(word: str) -> list[str]:
    """The first letters of a word's syllables: 退换货 -> thh."""
    choices = [tuple(dict.fromkeys(reading[0] for reading in readings(char))) for char in word]
    if not all(choices):
        return []
    return list(dict.fromkeys("".join(letters) for letters in islice(product(*choices), _MOST_SOUNDS)))


@lru_cache(maxsize=1024)
def fold(syllable: str) -> str:
    """The syllable as speakers hear it who do not tell zh from z, -ng from -n, n- from l-."""
    if len(syllable) > 1 and syllable[1] == "h" and syllable[0] in "zcs":
        syllable = syllable[0] + syllable[2:]
    if syllable.endswith("ng") and not syllable.endswith("ong"):
        syllable = syllable[:-1]
    return "l" + syllable[1:] if syllable.startswith("n") and len(syllable) > 1 else syllable


@lru_cache(maxsize=4096)
def syllables(typed: str) -> tuple[str, ...] | None:
    """``typed`` as syllables of pinyin, the longer first; ``None`` when it is no pinyin. An apostrophe parts."""
    known = _known()
    best: list[tuple[str, ...] | None] = [None] * len(typed) + [()]
    for start in range(len(typed) - 1, -1, -1):
        if typed[start] == "'":
            best[start] = best[start + 1]
            continue
        for length in range(min(_LONGEST_SYLLABLE, len(typed) - start), 0, -1):
            rest = best[start + length]
            if rest is not None and typed[start : start + length] in known:
                here = (typed[start : start + length], *rest)
                kept = best[start]
                if kept is None or len(here) < len(kept):
                    best[start] = here
    return best[0]


@lru_cache(maxsize=1024)
def splits(typed: str, most: int) -> tuple[tuple[str, ...], ...]:
    """Ways to read letters as some syllables in full and of others the beginning only (全拼简拼混输), at most ``most``
    syllables, those with fewer first: tkuan -> t kuan. All in full, or of each one letter, is not among them."""
    found: list[tuple[str, ...]] = []
    pending: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for place, said in pending:  # grows: by the number of syllables
        if place == len(typed):
            if any(len(one) > 1 for one in said) and any(one in _FINALS for one in said):
                found.append(said)
            continue
        if len(found) == _MOST_SPLITS or len(said) == most:
            continue
        for length in range(min(_LONGEST_SYLLABLE, len(typed) - place), 0, -1):
            one = typed[place : place + length]
            if one in _FINALS or one in _known():
                pending.append((place + length, (*said, one)))
    return tuple(found[:_MOST_SPLITS])


def begins_so(word: str, said: tuple[str, ...]) -> bool:
    """Whether the characters of a word sound as the syllables, or begin with them where they are no syllables."""
    return len(word) == len(said) and all(
        any(
            reading.startswith(one) if one in _FINALS else fold(reading) == fold(one) for reading in readings(character)
        )
        for character, one in zip(word, said, strict=True)
    )


@cache
def _known() -> frozenset[str]:
    return frozenset(first + rest for first, finals in _FINALS.items() for rest in finals.split())
