"""What all texts that people read have in common; kinds ``article``, ``manual``, ``policy``, ``law``, ``glossary``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
TopicId = Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{2}$")]
Channel = Literal["chat", "phone", "email", "social", "community", "short_video", "onsite"]
Customer = Literal["new", "returning", "high_value", "upset"]
Entry = Literal["pre_sale", "in_sale", "after_sale", "complaint"]
Seniority = Literal["newcomer", "experienced"]


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


@kinds.register("policy")
class PolicyDocument(Authored):
    """A rule of the company (制度): whom it binds, since when, who interprets it, what it replaces.

    With ``must_confirm`` everybody in scope reads and confirms it.
    """

    purpose: TextField
    scope: TextField
    effective_from: date
    interpreted_by: TextField
    replaces: tuple[TextField, ...] = ()
    amendment: TextField | None = None
    must_confirm: bool = True
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


def reference_faults(loaded: Iterable[Loaded], known: Iterable[Loaded]) -> Iterator[Fault]:
    """References of ``loaded`` that lead nowhere among ``known`` (which includes them), by file and field."""
    everything = [item.document for item in known]
    references = {f"{document.kind}:{document.key}" for document in everything}
    topics = {topic.id for document in everything if isinstance(document, TopicsDocument) for topic in document.topics}
    trained = _competencies(everything)
    for item in loaded:
        related = getattr(item.document, "related", None)
        if related is None:  # no text of the library
            continue
        wanted: Mapping[str, tuple[Iterable[str], set[str]]] = {
            "related": (related, references),
            "covers": (getattr(item.document, "covers", ()), topics),
            "competencies": (getattr(item.document, "competencies", ()), trained),
            "replaced_by": ([f"law:{key}" for key in getattr(item.document, "replaced_by", ())], references),
        }
        for field, (names, there) in wanted.items():
            for name in names:
                if name not in there:
                    yield Fault(Reason("pack.leads_nowhere", {"name": name}), file=str(item.path), field=field)


def _competencies(documents: Iterable[Document]) -> set[str]:
    models = (document for document in documents if document.kind == "competency-model")
    return {competency.key for model in models for competency in getattr(model, "competencies", ())}
