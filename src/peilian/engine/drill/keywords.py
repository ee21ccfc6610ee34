"""Keywords without sentences (关键词堆砌): telling a string of points from somebody who says much in one breath.

Short clauses and many points at once are how people at work write. What a string of keywords lacks is grammar: words
such as 我, 您, 了, 就, 已 or "I", "the", "for", which say who does what and whether it is done.
"""

from __future__ import annotations

import re
from statistics import median

from peilian.engine.drill.clauses import pieces_of
from peilian.engine.reading.likeness import units
from peilian.engine.text import Analysed

_MANY_ACTS = 7
_MANY_MADE = 4  # elements: one short sentence may be several acts by itself
_GRAMMAR = frozenset(
    "我您你咱他她它们的了着过吗呢吧啊哦呀嘛啦哈哟呗是有在把被给跟和对向从让替就会能可要想应该得不没别也都还再又才已刚正先"
    "这那哪什么怎如果若但所以因为虽而且或请"
)
_LEAST_CLAUSES = 5
_MOST_BARE = 0.6  # share of clauses without a word of grammar; of keywords at least two in three are bare
_LEAST_GRAMMAR = 0.12  # share of characters of grammar where nothing is cut into clauses; sentences have a fifth
_SHREDS, _SHRED = 10, 5  # so many clauses, none of them longer, are no sentences even with 了 behind each word
_LEAST_WORDS = 10  # of an English reply whose words are counted
_LEAST_SMALL = 0.2  # share of small words in English sentences; a list of keywords has few
_SMALL_WORDS = frozenset(
    {"a", "an", "the", "i", "you", "we", "it", "he", "she", "they", "me", "us", "him", "her", "them", "my", "your",
     "our", "its", "their", "is", "are", "was", "were", "be", "been", "am", "will", "would", "can", "could", "may",
     "might", "should", "shall", "must", "have", "has", "had", "do", "does", "did", "don't", "won't", "can't", "isn't",
     "didn't", "doesn't", "hasn't", "haven't", "wasn't", "couldn't", "wouldn't", "to", "of", "in", "on", "at", "for",
     "from", "with", "by", "about", "within", "into", "through", "until", "till", "before", "after", "since", "over",
     "as", "and", "or", "but", "so", "if", "because", "while", "once", "not", "no", "nor", "than", "this", "that",
     "these", "those", "there", "here", "when", "then", "which", "who", "what", "how", "where", "why", "up", "out",
     "just", "also", "already", "still", "any", "all", "each"}
)  # fmt: skip
_ENDINGS = ("'s", "'ll", "'ve", "'re", "'m", "'d")
_ITEM = re.compile(r"\s*(?:[-*•]\s*|\(?(?:\d{1,2}|[a-h])(?:[.、)]|(?=\s)))?\s*(?P<heading>[^\s,、。:]{1,8}:)?")
_LEAST_ITEMS = 3


def are_strung(analysed: Analysed, *, n_acts: int, n_made: int, short: float) -> bool:
    """Whether a reply that makes ``n_acts`` points, ``n_made`` of them required elements, strings words together
    instead of saying sentences. ``short``: units of a clause that may be a mere keyword. A list with numbers or
    headings is terse, but it tells what belongs to what."""
    if _is_list(analysed.text, short):
        return False
    words = units(analysed.text)
    if analysed.language == "en":
        return len(words) >= _LEAST_WORDS and sum(map(_is_small, words)) < _LEAST_SMALL * len(words)
    pieces = pieces_of(analysed, 0, len(analysed.text))
    clauses = [units(analysed.text[piece.start : piece.end]) for piece in pieces]
    sizes = [len(clause) for clause in clauses]
    if len(sizes) >= _SHREDS and max(sizes) <= _SHRED:
        return True
    if len(sizes) >= _LEAST_CLAUSES and median(sizes) <= short:
        return sum(_GRAMMAR.isdisjoint(clause) for clause in clauses) > _MOST_BARE * len(clauses)
    is_dense = n_acts >= _MANY_ACTS and n_made >= _MANY_MADE and len(words) < short * n_acts
    return is_dense and sum(word in _GRAMMAR for word in words) < _LEAST_GRAMMAR * len(words)


def _is_small(word: str) -> bool:
    """Whether an English word is one of grammar, contracted or not: I, I'll, that's."""
    return word in _SMALL_WORDS or (word.endswith(_ENDINGS) and word.partition("'")[0] in _SMALL_WORDS)


def _is_list(text: str, least_units: float) -> bool:
    """Whether most lines or sentences of ``text`` begin with a number or a heading and say something."""
    items = [item for item in re.split(r"[。;\n]+", text) if item.strip()]
    n_marked = 0
    for item in items:
        mark = _ITEM.match(item)
        n_marked += bool(mark and mark.group().strip() and len(units(item[mark.end() :])) >= least_units / 2)
    sizes = [len(units(item)) for item in items]
    return n_marked >= _LEAST_ITEMS and n_marked > len(items) / 2 and median(sizes) > least_units
