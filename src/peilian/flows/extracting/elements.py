"""What a conversation holds of the parts that drills are made of (要素识别): done in full, half, missed though due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from peilian.adapters.packs.drill_parts import DrillPartsDocument, ElementPart, load_drill_parts
from peilian.adapters.packs.lexicon import load_classes
from peilian.adapters.packs.scenario import PartField
from peilian.engine._kernel import Language
from peilian.engine.conversation import Message
from peilian.engine.drill.clauses import is_own, is_stated
from peilian.engine.drill.phrasebook import Phrasebook, Said
from peilian.engine.drill.scenario import Phrases
from peilian.engine.text import Analysed, PatternCompiler, analyse
from peilian.flows.extracting.values import Talk
from peilian.flows.extracting.wordings import ended, has_masked, plain, spoken

_UPSET = -0.3
_SOON = 5  # messages within which an answer answers
_LONGEST, _SHORTEST = 90, 6  # characters of a sentence that others can learn from
_LONG_ENOUGH = 24
_SPOILING = frozenset({"blame", "rude", "overpromise", "privacy", "forbidden"})
_PADDING = frozenset({"redundant"})


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of the agent that says an element: message, the sentence as it could be said anew, and the clause with
    the core of it."""

    i: int
    sentence: str
    clause: str


@dataclass(frozen=True)
class Found:
    """One element in one conversation."""

    part: ElementPart
    quotes: tuple[Quote, ...]  # in full, in words that can be taken over, the best first
    half: int | None  # message that only touches on it
    wanted: tuple[int, ...]  # messages in which the customer asks for it
    due: bool

    @property
    def is_done(self) -> bool:
        """Whether the agent did it in words that can be taken over."""
        return bool(self.quotes)


def parts() -> DrillPartsDocument:
    """The parts that drafts are made of."""
    return load_drill_parts()


@cache
def _book(language: Language) -> Phrasebook:
    document = parts()
    named: dict[str, Phrases] = {}
    for one in document.elements:
        named |= {f"part:{one.id}:{part.id}": part.say.in_language(language) for part in one.parts}
        named[f"half:{one.id}"] = one.partial.in_language(language)
        named[f"wants:{one.id}"] = one.wants.in_language(language)
    named |= {f"cue:{tool.name}": tool.cues.in_language(language) for tool in document.tools}
    named |= {f"claim:{tool.name}": tool.claim.in_language(language) for tool in document.tools if tool.claim}
    return Phrasebook(named, PatternCompiler(load_classes()[language], language), by_clause=list(named))


def elements_of(talk: Talk) -> list[Found]:
    """Every element of the parts in this conversation, in their order."""
    said = {i: _book(talk.language).find(analyse(message.text)) for i, message in _spoken(talk)}
    return [_found(one, talk, said) for one in parts().elements]


def tools_of(talk: Talk) -> dict[str, int]:
    """Tools whose cues stand in the conversation, each with the first message of them."""
    found: dict[str, int] = {}
    for i, message in _spoken(talk):
        for said in _book(talk.language).find(analyse(message.text)):
            if said.name.startswith("cue:"):
                found.setdefault(said.name.removeprefix("cue:"), i)
    return found


def claimed(sentence: str, language: Language) -> list[str]:
    """Tools whose use the sentence reports as done."""
    found = {said.name for said in _book(language).find(analyse(sentence))}
    return [tool.name for tool in parts().tools if f"claim:{tool.name}" in found]


def _spoken(talk: Talk) -> Iterator[tuple[int, Message]]:
    for i, message in enumerate(talk.conversation.messages):
        if message.is_customer or message.is_human_answer:
            yield i, message


def _found(part: ElementPart, talk: Talk, said: Mapping[int, list[Said]]) -> Found:
    quotes: list[Quote] = []
    half, wanted = None, []
    for i, found in said.items():
        message = talk.conversation.messages[i]
        names = {one.name for one in found}
        if message.is_customer:
            if f"wants:{part.id}" in names:
                wanted.append(i)
            continue
        quote = _quote(part, talk, i, found)
        if quote is not None:
            quotes.append(quote)
        elif half is None and (f"half:{part.id}" in names or f"part:{part.id}:{part.parts[0].id}" in names):
            half = i
    ranked = sorted(quotes, key=lambda quote: _worth(quote, talk, wanted), reverse=True)
    return Found(part, tuple(ranked), half, tuple(wanted), bool(ranked) or _is_due(part, talk, wanted))


def _quote(part: ElementPart, talk: Talk, i: int, found: list[Said]) -> Quote | None:
    """The sentences of message ``i`` that say all of the element, when they can be taken over."""
    read = talk.reading.messages[i]
    if any(read.has(key) for key in _SPOILING):
        return None
    message = talk.conversation.messages[i]
    analysed = analyse(message.text)
    spans: list[tuple[int, int]] = []
    for needed in part.parts:
        name = f"part:{part.id}:{needed.id}"
        one = next((s for s in found if s.name == name and _is_meant(needed, analysed, s)), None)
        if one is None:
            return None
        spans.append((one.start, one.end))
    first, last = min(spans), max(spans)
    start, end = analysed.sentence_at(first[0])[0], analysed.sentence_at(last[0])[1]
    places = analysed.original(start, end)
    if part.moves and not any(f.key in part.moves and places[0] <= f.start < places[1] for f in read.findings):
        return None
    sentence = plain(spoken(message.text[places[0] : places[1]]))
    asks = sentence.endswith(("？", "?")) and not any(one.say.in_language(talk.language).asks for one in part.parts)
    if has_masked(sentence) or asks or not says(part, sentence, talk.language):
        return None
    clause = analysed.clause_at(spans[0][0])
    core = plain(spoken(_original(analysed, message.text, clause.start, clause.end)))
    return Quote(i, ended(sentence, talk.language), core)


def says(part: ElementPart, sentence: str, language: Language) -> bool:
    """Whether the sentence by itself says the whole element."""
    analysed = analyse(sentence)
    found = _book(language).find(analysed)
    return all(
        any(s.name == f"part:{part.id}:{one.id}" and _is_meant(one, analysed, s) for s in found) for one in part.parts
    )


def _is_meant(part: PartField, analysed: Analysed, said: Said) -> bool:
    if part.only == "stated":
        return is_stated(analysed, said.start, said.end)
    return part.only != "own" or is_own(analysed, said.start, said.end)


def _original(analysed: Analysed, words: str, start: int, end: int) -> str:
    first, last = analysed.original(start, end)
    return words[first:last].strip()


def _worth(quote: Quote, talk: Talk, wanted: list[int]) -> tuple[bool, bool, bool, float, int, int]:
    """Better are sentences of a fair length, without padding, that answer a question for it, after which the customer
    felt better; then longer and earlier ones."""
    read = talk.reading.messages[quote.i]
    fits = _SHORTEST <= len(quote.sentence) <= (_LONGEST if talk.language == "zh" else 3 * _LONGEST)
    is_plain = not any(read.has(key) for key in _PADDING)
    is_answer = any(0 < quote.i - i <= _SOON for i in wanted)
    return fits, is_plain, is_answer, _felt_after(quote.i, talk), min(len(quote.sentence), _LONG_ENOUGH), -quote.i


def _felt_after(i: int, talk: Talk) -> float:
    """The customer's feeling in the next words, -1 to 1."""
    following = (read.emotion.valence for read in talk.reading.messages[i + 1 : i + 4] if read.emotion is not None)
    return round(next(following, 0.0), 1)


def _is_due(part: ElementPart, talk: Talk, wanted: list[int]) -> bool:
    due, messages = part.due, talk.reading.messages
    feelings = [read.emotion for read in messages if read.emotion is not None]
    return (
        due.is_always
        or (due.is_wanted and bool(wanted))
        or (due.is_upset and any(emotion.valence <= _UPSET for emotion in feelings))
        or (due.is_abused and any(emotion.label == "abusive" for emotion in feelings))
        or any(read.has(key) for read in messages for key in due.findings)
    )
