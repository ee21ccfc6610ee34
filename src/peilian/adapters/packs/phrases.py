"""Kind ``phrases``: wording at hand, by situation, with what it replaces and whom it suits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, Channel, Customer, Entry, Seniority, ShortKey, TopicId


class Replacement(BaseModel):
    """What not to say (禁用语), why, and how strictly: ``forbidden`` is never said, ``better`` can be said better.

    ``say`` is the replacement when it is not the phrase itself.
    """

    model_config = STRICT

    text: TextField
    why: TextField
    strength: Literal["forbidden", "better"] = "better"
    say: TextField | None = None


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
