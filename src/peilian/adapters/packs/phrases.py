"""Kind ``phrases``: wording at hand, by situation, with what it replaces and whom it suits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Channel, Customer, Entry, Seniority, ShortKey, TopicId
from peilian.engine._kernel import Language
from peilian.engine.reading.lexicon import Ban
from peilian.engine.text import PatternCompiler, PatternError

_LANGUAGES: tuple[Language, ...] = ("zh", "en")
MOST_WAYS = 500
"""Of a pattern that trainers write: a long gap and a short one, or two short ones with choices."""
Watched = Annotated[str, Field(min_length=1, max_length=200)]


class WatchField(BaseModel):
    """Words by which something forbidden is found in conversations and drills (监测词), by language.

    Plain words, or patterns as in lexicons, without word classes.
    """

    model_config = STRICT

    zh: tuple[Watched, ...] = Field(default=(), max_length=50)
    en: tuple[Watched, ...] = Field(default=(), max_length=50)

    @model_validator(mode="after")
    def _can_be_found(self) -> WatchField:
        for language in _LANGUAGES:
            compiler = PatternCompiler({}, language)
            for source in self.of(language):
                try:
                    compiler.check(source, most_ways=MOST_WAYS)
                except PatternError:
                    raise problem("watched_words", pattern=source) from None
        return self

    def of(self, language: Language) -> tuple[str, ...]:
        """The words of a language."""
        return self.zh if language == "zh" else self.en


class Replacement(BaseModel):
    """What not to say (禁用语), why, and how strictly: ``forbidden`` is never said, ``better`` can be said better.

    ``say`` is the replacement when it is not the phrase itself. ``watch`` are words by which a forbidden wording is
    found wherever an agent uses it; without them it is wrong in this situation, and told here alone.
    """

    model_config = STRICT

    text: TextField
    why: TextField
    strength: Literal["forbidden", "better"] = "better"
    say: TextField | None = None
    watch: WatchField | None = None

    @model_validator(mode="after")
    def _watches_what_is_forbidden(self) -> Replacement:
        if self.watch is not None and self.strength != "forbidden":
            raise problem("watch_needs_forbidden")
        return self


class Phrase(BaseModel):
    """One phrase (话术). Empty ``channels``, ``customers``, ``entries``, ``seniority`` mean all.

    Gaps for facts stand in brackets: 【单号】 in Chinese, [number] in English.
    """

    model_config = STRICT

    id: ShortKey
    when: TextField
    text: TextField | None = None
    avoid: tuple[Replacement, ...] = ()
    channels: tuple[Channel, ...] = ()
    customers: tuple[Customer, ...] = ()
    entries: tuple[Entry, ...] = ()
    seniority: tuple[Seniority, ...] = ()
    style: Literal["friendly", "professional", "lively"] | None = None
    compliance: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = ()
    note: TextField | None = None
    covers: tuple[TopicId, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Phrase:
        if self.text is None and not (self.avoid and all(one.say for one in self.avoid)):
            raise problem("phrase_is_empty")
        return self


@kinds.register("phrases")
class PhrasesDocument(Authored):
    """Phrases of one situation or subject, in the order in which they are offered."""

    phrases: tuple[Phrase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_differ(self) -> PhrasesDocument:
        if len({phrase.id for phrase in self.phrases}) < len(self.phrases):
            raise problem("ids_twice")
        return self


def bans_of(document: PhrasesDocument, zone: tzinfo) -> Iterator[Ban]:
    """What a document forbids everywhere, as the reading looks for it.

    Its days begin at midnight in ``zone``. A ban holds for the channels of its phrase, and for every customer and
    everybody who answers one.
    """
    for phrase in document.phrases:
        since = max((day for day in (document.valid_from, phrase.valid_from) if day), default=None)
        until = min((day for day in (document.valid_until, phrase.valid_until) if day), default=None)
        bounds = day_span(since, until, zone)
        channels = frozenset(phrase.channels or document.channels)
        for number, one in enumerate(phrase.avoid, start=1):
            for language in _LANGUAGES if one.watch is not None else ():
                if patterns := one.watch.of(language):  # type: ignore[union-attr]
                    rule = f"phrases:{document.key}#{phrase.id}.{number}.{language}"
                    yield Ban(rule, language, patterns, *bounds, channels)


def day_span(first: date | None, after: date | None, zone: tzinfo) -> tuple[int | None, int | None]:
    """From the first moment of a day until that of another, in ms since the epoch; ``None`` is without bound."""
    return _midnight_ms(first, zone), _midnight_ms(after, zone)


def _midnight_ms(day: date | None, zone: tzinfo) -> int | None:
    return None if day is None else int(datetime.combine(day, time(), zone).timestamp()) * 1000
