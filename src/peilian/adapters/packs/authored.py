"""What all texts that people read have in common; kinds ``article``, ``manual``, ``policy``, ``law``, ``glossary``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peilian.adapters.packs import Document, Loaded, TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.engine._kernel import Fault, Reason

STRICT = ConfigDict(extra="forbid", frozen=True)
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-./]*$")]
ShortKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")]
Reference = Annotated[str, Field(pattern=r"^[a-z\-]+:[a-z0-9][a-z0-9_\-./]*$")]  # kind:key
Tag = Annotated[str, Field(min_length=1, max_length=40)]
Code = Annotated[str, Field(min_length=1, max_length=60)]
TopicId = Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{2}$")]
Channel = Literal["chat", "phone", "email", "social", "community", "short_video", "onsite"]
Customer = Literal["new", "returning", "high_value", "upset"]
Entry = Literal["pre_sale", "in_sale", "after_sale", "complaint"]
Seniority = Literal["newcomer", "experienced"]


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a document names: in which field, what it is, and its name: a text as ``kind:key``, an item of a
    question bank as ``bank#item``, a topic or a competency by its key."""

    field: str
    what: Literal["text", "item", "topic", "competency"]
    name: str


class Authored(Document):
    """A text with its title, what it trains, whom it is for, how long it holds, and what it belongs with.

    Empty ``channels`` means all. ``covers`` names topics (kind ``topics``); ``related`` other texts as ``kind:key``.
    """

    title: TextField
    summary: TextField | None = None
    competencies: tuple[ShortKey, ...] = ()
    tags: tuple[Tag, ...] = ()
    channels: tuple[Channel, ...] = ()
    covers: tuple[TopicId, ...] = ()
    related: tuple[Reference, ...] = ()
    sources: tuple[TextField, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    review_by: date | None = None

    @model_validator(mode="after")
    def _holds_some_time(self) -> Authored:
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise problem("ends_before_it_begins")
        return self

    def names(self) -> Iterator[Named]:
        """What it names beside what every text does."""
        yield from ()


class Passage(BaseModel):
    """A question a reader would ask, and the answer: for articles in the form ``faq``."""

    model_config = STRICT

    question: TextField
    answer: TextField


@kinds.register("article")
class ArticleDocument(Authored):
    """Knowledge to read and look up (知识条目): Markdown in ``body``; a ``faq`` may consist of ``passages`` alone."""

    form: Literal["knowledge", "faq", "guide", "notice", "emergency_plan"] = "knowledge"
    body: TextField | None = None
    passages: tuple[Passage, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> ArticleDocument:
        if self.body is None and not self.passages:
            raise problem("article_is_empty")
        return self


class Scene(BaseModel):
    """One question of customers about a product, and how to answer: what lies behind it, the steps of the answer."""

    model_config = STRICT

    id: ShortKey
    asks: TextField
    behind: TextField
    logic: tuple[TextField, ...] = Field(min_length=1)
    say: TextField
    avoid: TextField | None = None
    facts: tuple[TextField, ...] = ()


@kinds.register("manual")
class ManualDocument(Authored):
    """A product manual by scenes instead of parameters (场景化产品手册)."""

    product: TextField
    scenes: tuple[Scene, ...] = Field(min_length=1)


class AudienceField(BaseModel):
    """Whom a text is for (适用对象): those for whom all that is given fits; what is left out fits everybody. Posts and
    units stand by their codes in the directory of the company."""

    model_config = STRICT

    posts: tuple[Code, ...] = Field(default=(), max_length=100)
    stages: tuple[Literal["newcomer", "in_service", "backbone", "expert"], ...] = ()
    units: tuple[Code, ...] = Field(default=(), max_length=100)


@kinds.register("policy")
class PolicyDocument(Authored):
    """A rule of the company (制度): whom it binds, since when, who interprets it, what it replaces.

    With ``must_confirm`` everybody in scope reads and confirms it; ``audience`` says who that is, where it is not all.
    """

    purpose: TextField
    scope: TextField
    effective_from: date
    interpreted_by: TextField
    replaces: tuple[TextField, ...] = ()
    amendment: TextField | None = None
    must_confirm: bool = True
    audience: AudienceField | None = None
    body: TextField


class Topic(BaseModel):
    """A subject of a law, and what it means at work."""

    model_config = STRICT

    subject: TextField
    means: TextField
    articles: str = ""


@kinds.register("law")
class LawDocument(Authored):
    """A law that service work meets (法律法规): its status with dates, and its topics in plain words."""

    status: Literal["in_force", "replaced", "repealed"]
    effective_from: date
    ended_on: date | None = None
    replaced_by: tuple[Key, ...] = ()
    checked_on: date
    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _status_agrees(self) -> LawDocument:
        if (self.status == "in_force") != (self.ended_on is None):
            raise problem("law_in_force_has_no_end")
        return self

    def names(self) -> Iterator[Named]:
        """The laws that took its place."""
        yield from (Named("replaced_by", "text", f"law:{key}") for key in self.replaced_by)


class Term(BaseModel):
    """A technical term and how to say it to a customer."""

    model_config = STRICT

    term: TextField
    plain: TextField
    example: TextField | None = None
    also: tuple[str, ...] = ()


@kinds.register("glossary")
class GlossaryDocument(Authored):
    """Terms in plain words (术语通俗化)."""

    terms: tuple[Term, ...] = Field(min_length=1)


class TopicField(BaseModel):
    """A topic by its id."""

    model_config = STRICT

    id: TopicId
    title: TextField


@kinds.register("topics")
class TopicsDocument(Document):
    """What content has to cover (内容要求): the ids that ``covers`` may name."""

    title: TextField
    topics: tuple[TopicField, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What texts may name, and which courses each course requires, by key."""

    texts: Collection[str] = ()
    items: Collection[str] = ()
    topics: Collection[str] = ()
    competencies: Collection[str] = ()
    requires: Mapping[str, Collection[str]] = field(default_factory=dict)

    def holds(self, named: Named) -> bool:
        """Whether what is named is there."""
        there = {"text": self.texts, "item": self.items, "topic": self.topics, "competency": self.competencies}
        return named.name in there[named.what]


def known_among(documents: Iterable[Document]) -> Known:
    """What texts may name that stand beside ``documents``."""
    listed = list(documents)
    topics = {topic.id for document in listed if isinstance(document, TopicsDocument) for topic in document.topics}
    models = (document for document in listed if document.kind == "competency-model")
    return Known(
        {f"{document.kind}:{document.key}" for document in listed},
        {
            f"{document.key}#{item.id}"
            for document in listed if document.kind == "items"
            for item in getattr(document, "items", ())
        },
        topics,
        {competency.key for model in models for competency in getattr(model, "competencies", ())},
        {document.key: getattr(document, "requires", ()) for document in listed if document.kind == "course"},
    )  # fmt: skip


def named_by(document: Document) -> Iterator[Named]:
    """Everything that a text of the library names; nothing for what is none."""
    if getattr(document, "related", None) is None:
        return
    for place, what in (("related", "text"), ("covers", "topic"), ("competencies", "competency")):
        yield from (Named(place, what, name) for name in getattr(document, place, ()))  # type: ignore[arg-type]
    if isinstance(document, Authored):
        yield from document.names()


def lost_names(document: Document, known: Known) -> Iterator[tuple[str, Reason]]:
    """The fields of a document whose names lead nowhere, to itself, or round in a circle."""
    for named in named_by(document):
        if not known.holds(named):
            yield named.field, Reason("pack.leads_nowhere", {"name": named.name})
    if f"{document.kind}:{document.key}" in getattr(document, "related", ()):
        yield "related", Reason("pack.related_to_itself")
    own = getattr(document, "requires", ())
    if document.kind == "course" and _comes_round(document.key, {**known.requires, document.key: own}):
        yield "requires", Reason("pack.in_a_circle", {"name": document.key})


def _comes_round(key: str, requires: Mapping[str, Collection[str]]) -> bool:
    """Whether what ``key`` requires, and what that does, requires ``key``."""
    seen, waiting = set[str](), list(requires[key])
    while waiting:
        here = waiting.pop()
        if here == key:
            return True
        if here not in seen:
            seen.add(here)
            waiting.extend(requires.get(here, ()))
    return False


def reference_faults(loaded: Iterable[Loaded], among: Iterable[Loaded]) -> Iterator[Fault]:
    """References of ``loaded`` that lead nowhere in ``among`` (which includes them), by file and field."""
    known = known_among(item.document for item in among)
    for item in loaded:
        for place, reason in lost_names(item.document, known):
            yield Fault(reason, file=str(item.path), field=place)
