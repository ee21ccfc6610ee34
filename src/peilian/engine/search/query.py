"""What a query means (查询理解): its words with what others say for them, mistakes put right, pinyin as characters."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from peilian.engine.search.sounds import begins_so, splits, syllables
from peilian.engine.search.spelling import (
    LONGEST_INITIALS,
    LONGEST_MIXED,
    LONGEST_RUN,
    LONGEST_WORD,
    allowed_errors,
    distance,
    initials_key,
    pinyin_key,
    sound_keys,
    typo_keys,
)
from peilian.engine.search.synonyms import Synonyms
from peilian.engine.search.values import Vocabulary
from peilian.engine.search.words import Word, gram_terms, han_runs, is_han, parts_of_word, plain, stem, words_of
from peilian.engine.text import normalise

LONGEST = 300  # code points of a query that are read
_MOST_CONCEPTS = 40
_MOST_GRAMS = 90
_MOST_ALTERNATIVES = 12
_LONGEST_WINDOW = 4  # characters that are taken for one mistyped word

# Weights were tuned together on one half of the queries of bench/search.
WORD, GRAM, LATIN = 0.35, 0.5, 1.0
SYNONYM = 3.0
GUESS = 0.8  # of further guesses at a mistyped word
FILLER = 0.5


class Alternative(NamedTuple):
    """One way to say a concept: terms that are all there."""

    text: str
    terms: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that is asked for. An entry counts with the alternative that it says best; the first is the typed."""

    alternatives: tuple[Alternative, ...]
    weight: float
    is_filler: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query, understood. ``text`` is the normal form that is searched for, mistakes put right; ``grams`` are runs of
    characters with weights; ``meant`` is what was typed with the mistakes put right, if there were any."""

    typed: str
    text: str
    concepts: tuple[Concept, ...]
    grams: Mapping[str, float]
    meant: str | None = None

    def terms(self) -> set[str]:
        """Every term that the index is asked for."""
        said = {term for concept in self.concepts for one in concept.alternatives for term in one.terms}
        return said | self.grams.keys()


class _Fix(NamedTuple):
    """Words in place of what stands at a span of the normal form; the first goes into the text."""

    start: int
    end: int
    words: tuple[str, ...]
    is_shown: bool = True


def understand(typed: str, synonyms: Synonyms, vocabulary: Vocabulary) -> Query:
    """Read a query. What is longer than ``LONGEST`` is cut; control characters and symbols are passed over."""
    typed = " ".join(typed[: 4 * LONGEST].split())[:LONGEST]
    normal = plain(typed)
    fixes = list(_fixes(normal, synonyms, vocabulary))
    text, guesses = _applied(normal, fixes)
    concepts, fillers = _concepts(text, guesses, synonyms, vocabulary)
    shown = [fix for fix in fixes if fix.is_shown]
    return Query(typed, text, concepts, _grams(text, fillers), _as_meant(typed, shown) if shown else None)


def _concepts(
    text: str, guesses: Mapping[str, tuple[str, ...]], synonyms: Synonyms, vocabulary: Vocabulary
) -> tuple[tuple[Concept, ...], list[Word]]:
    words = words_of(text)
    fillers = [word for word in words if synonyms.is_filler(word.text)]
    found: dict[tuple[str, ...], Concept] = {}
    for word in words:
        if word.is_han and len(word.text) == 1:
            continue
        for part in parts_of_word(word.text) if word.is_han else [stem(word.text)]:
            said = [Alternative(part, ("w" + part,), 1.0)]
            said += [Alternative(other, _terms_of(other), GUESS) for other in guesses.get(word.text, ())]
            is_filler = word in fillers
            weight = (WORD if word.is_han else LATIN) * (FILLER if is_filler else 1)
            found.setdefault((part,), Concept(tuple(said), weight, is_filler))
    for place in synonyms.find(text):
        said_here = text[place.start : place.end]
        others = [Alternative(other, _terms_of(other), SYNONYM) for other in place.others if _terms_of(other)]
        own = Alternative(said_here, _terms_of(said_here), 1.0)
        found[said_here, "="] = Concept((own, *others[:_MOST_ALTERNATIVES]), WORD)
    concepts = list(found.values())
    if len(concepts) > _MOST_CONCEPTS:
        concepts = _rarest(concepts, vocabulary)
    return tuple(concepts), fillers


def _rarest(concepts: Sequence[Concept], vocabulary: Vocabulary) -> list[Concept]:
    """Of many concepts those that tell most, unknown ones last."""
    counts = vocabulary.counts({term for concept in concepts for term in concept.alternatives[0].terms})

    def rarity(concept: Concept) -> tuple[bool, bool, int]:
        n = min((counts.get(term, 0) for term in concept.alternatives[0].terms), default=0)
        return concept.is_filler, n == 0, n

    return sorted(concepts, key=rarity)[:_MOST_CONCEPTS]


def _terms_of(phrase: str) -> tuple[str, ...]:
    """The terms that are there where ``phrase`` is said, however a text is cut."""
    terms = [term for start, end in han_runs(phrase) for term in gram_terms(phrase[start:end])]
    terms += ["w" + stem(word.text) for word in words_of(phrase) if not word.is_han]
    return tuple(dict.fromkeys(terms))


def _grams(text: str, fillers: Iterable[Word]) -> dict[str, float]:
    """Pairs and single characters of Chinese, with less weight inside words that say nothing."""
    weak = {place for word in fillers for place in range(word.start, word.end)}
    found: dict[str, float] = {}
    for start, end in han_runs(text):
        for place in range(start, end):
            for length in (1, 2):
                if place + length <= end:
                    term = "cb"[length - 1] + text[place : place + length]
                    weight = GRAM * (FILLER if weak.issuperset(range(place, place + length)) else 1)
                    found[term] = max(found.get(term, 0), weight)
    if len(found) > _MOST_GRAMS:
        found = dict(sorted(found.items(), key=lambda item: (-item[1], item[0][0]))[:_MOST_GRAMS])
    return found


def _applied(normal: str, fixes: Iterable[_Fix]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The text with its fixes, and the further guesses by the word that stands there now."""
    parts, place = [], 0
    guesses: dict[str, tuple[str, ...]] = {}
    for fix in fixes:
        parts += [normal[place : fix.start], fix.words[0]]
        guesses[fix.words[0]] = fix.words[1:]
        place = fix.end
    return "".join((*parts, normal[place:])), guesses


def _as_meant(typed: str, fixes: Iterable[_Fix]) -> str:
    """What was typed, with the mistakes put right."""
    normal = normalise(typed)
    parts, place = [], 0
    for fix in fixes:
        start, end = normal.span(fix.start, fix.end)
        parts += [typed[place:start], fix.words[0]]
        place = end
    return "".join((*parts, typed[place:]))


def _fixes(normal: str, synonyms: Synonyms, vocabulary: Vocabulary) -> Iterator[_Fix]:
    """Where the query is mistyped or typed in pinyin, in order; what the index or a synonym knows is right."""
    words = words_of(normal)
    known = {place for one in synonyms.find(normal) for place in range(one.start, one.end)}
    known |= {place for word in words if synonyms.is_filler(word.text) for place in range(word.start, word.end)}
    terms = {"w" + stem(word.text) if not word.is_han else "w" + word.text for word in words}
    grams = {term for start, end in han_runs(normal) for term in gram_terms(normal[start:end])}
    counts = vocabulary.counts(terms | grams)
    found = [
        *_latin_fixes([word for word in words if not word.is_han and word.start not in known], counts, vocabulary),
        *_han_fixes([word for word in words if word.is_han], known, counts, vocabulary),
    ]
    yield from sorted(found)


def _han_fixes(
    words: Sequence[Word], known: Container[int], counts: Mapping[str, int], vocabulary: Vocabulary
) -> Iterator[_Fix]:
    """Words that are written with characters of the same sound, or with one wrong character of three or more."""
    windows = {window.start * _LONGEST_WINDOW + len(window.text): window for window in _windows(words, known, counts)}
    if not windows:
        return
    keys = {window: [*sound_keys(window.text), *typo_keys(window.text)] for window in windows.values()}
    spelled = vocabulary.spelled({key for found in keys.values() for key in found})
    taken: set[int] = set()
    for window in sorted(windows.values(), key=lambda one: (-len(one.text), one.start)):
        others = [word for key in keys[window] for word in spelled.get(key, ()) if _is_near(window.text, word, key)]
        if not others or not taken.isdisjoint(range(window.start, window.end)):
            continue
        if said := _commonest(others, vocabulary):
            taken.update(range(window.start, window.end))
            yield _Fix(window.start, window.end, said)


def _windows(words: Sequence[Word], known: Container[int], counts: Mapping[str, int]) -> Iterator[Word]:
    """Words and neighbouring words that no entry has together, short enough for one word. Words at ``known`` places
    are right, but what stands beside them may be meant as part of them."""
    for first in range(len(words)):
        text, n_unknown = "", 0
        for last in range(first, len(words)):
            word = words[last]
            is_apart = last > first and word.start != words[last - 1].end
            text += word.text
            if is_apart or len(text) > _LONGEST_WINDOW:
                break
            is_right = word.start in known or (len(word.text) > 1 and counts.get("w" + word.text, 0))
            n_unknown += not is_right
            is_known = not n_unknown or all(counts.get(term, 0) for term in gram_terms(text))
            if len(text) > 1 and not is_known:
                yield Word(text, words[first].start, word.end, True)


def _is_near(typed: str, word: str, key: str) -> bool:
    if word == typed or len(word) != len(typed):
        return False
    return key[0] == "s" or distance(typed, word, 1) <= 1


def _latin_fixes(words: Sequence[Word], counts: Mapping[str, int], vocabulary: Vocabulary) -> Iterator[_Fix]:
    """Pinyin and initials as Chinese words, English words as they are spelled."""
    unknown = [
        word
        for word in words
        if len(word.text) <= LONGEST_RUN and not counts.get("w" + stem(word.text), 0) and word.text.isalpha()
    ]
    for word in _joined(unknown):
        found = _of_pinyin(word.text, vocabulary)
        if found:
            yield _Fix(word.start, word.end, found)
            continue
        if others := _beginning(word.text, vocabulary):
            yield _Fix(word.start, word.end, others, is_shown=False)
            continue
        for read in (_of_initials, _misspelled, _of_mixed):
            if others := read(word.text, vocabulary):
                yield _Fix(word.start, word.end, others)
                break


def _joined(words: Iterable[Word]) -> Iterator[Word]:
    """Neighbouring words that are pinyin as one, as some type a blank after each syllable."""
    pending: Word | None = None
    for word in words:
        is_pinyin = word.text.isascii() and syllables(word.text) is not None
        if pending is not None and is_pinyin and word.start == pending.end + 1:
            pending = Word(f"{pending.text}'{word.text}", pending.start, word.end, False)
            continue
        if pending is not None:
            yield pending
            pending = None
        if is_pinyin:
            pending = word
        else:
            yield word
    if pending is not None:
        yield pending


def _of_pinyin(typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Chinese words for pinyin, together as one text; empty unless words are found for most of it."""
    sounds = syllables(typed) if typed.isascii() else None
    if sounds is None or len(sounds) < 2:
        return ()
    # A word of the vocabulary has no more syllables than characters; all spans would be as the square of the text.
    ends_of = [range(a + 2, min(a + LONGEST_WORD, len(sounds)) + 1) for a in range(len(sounds))]
    spans = {(a, b): pinyin_key(sounds[a:b]) for a, ends in enumerate(ends_of) for b in ends}
    spelled = vocabulary.spelled(set(spans.values()))
    if whole := _commonest(spelled.get(spans.get((0, len(sounds)), ""), ()), vocabulary):
        return whole
    text, place, n_found = "", 0, 0
    while place < len(sounds):
        ends = [end for end in reversed(ends_of[place]) if spelled.get(spans[place, end])]
        said = _commonest(spelled[spans[place, ends[0]]], vocabulary) if ends else ()
        text += said[0] if said else ""
        n_found += ends[0] - place if said else 0
        place = ends[0] if said else place + 1
    return (text,) if 2 * n_found > len(sounds) else ()


def _of_initials(typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    if not 2 <= len(typed) <= LONGEST_INITIALS or not typed.isascii():
        return ()
    key = initials_key(typed)
    return _commonest(vocabulary.spelled([key]).get(key, ()), vocabulary)


def _of_mixed(typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Chinese words of which some syllables are typed in full and others by how they begin."""
    if not 3 <= len(typed) <= LONGEST_MIXED or not typed.isascii():
        return ()
    ways = [(initials_key("".join(one[0] for one in said)), said) for said in splits(typed, LONGEST_INITIALS)]
    spelled = vocabulary.spelled({key for key, _ in ways})
    return _commonest(
        [word for key, said in ways for word in spelled.get(key, ()) if begins_so(word, said)], vocabulary
    )


def _misspelled(typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    most = allowed_errors(typed)
    if not most:
        return ()
    spelled = vocabulary.spelled(typo_keys(typed))
    near = {word: distance(typed, word, most) for found in spelled.values() for word in found if not is_han(word)}
    least = min(near.values(), default=most + 1)
    return _commonest([word for word, far in near.items() if far == least <= most], vocabulary)


def _beginning(typed: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Words that begin so: somebody is still typing."""
    return _commonest(vocabulary.beginning(typed), vocabulary) if len(typed) > 2 else ()


def _commonest(words: Iterable[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words that most entries have first, a few of them; none that the reader would not find."""
    terms = {word: _terms_of(word) for word in dict.fromkeys(words)}
    counts = vocabulary.findable({term for found in terms.values() for term in found})
    n = {word: min((counts.get(term, 0) for term in found), default=0) for word, found in terms.items()}
    return tuple(sorted((word for word in n if n[word]), key=lambda word: (-n[word], word))[:5])
