"""Finding texts of the library, and what to answer a customer with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field, field_validator

from peilian.adapters.packs.authored import Channel, Customer, Entry, Seniority
from peilian.apps.library import api as library
from peilian.apps.people.api import User
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.text.typed import cleaned
from peilian.flows.wording import say
from peilian.rest.service import language_of

router = Router(tags=["library"])

Name = Annotated[str, Field(max_length=150)]
Names = Annotated[list[Name], Field(max_length=20)]
_PUBLIC_FACETS = ("kind", "tag", "competency", "pack", "channel", "customer", "entry", "seniority", "language")


class Situation(Schema):
    """Whom and what something has to suit; what says nothing about it suits everybody."""

    channel: Channel | None = None
    customer: Customer | None = None
    entry: Entry | None = None
    seniority: Seniority | None = None
    language: Language | None = None


class SearchQuery(Situation):
    """``q`` is what was typed; all that is given fits. ``kind`` is one of several, ``tag`` and ``competency`` are all
    there; ``pieces`` finds single phrases, sections and scenes instead of whole texts."""

    q: str = Field("", max_length=300)
    kind: Names = Field(default_factory=list)
    tag: Names = Field(default_factory=list)
    competency: Names = Field(default_factory=list)
    pack: Name | None = None
    written_in: Language | None = Field(None, description="Leaves out what is not in that language for the most part")
    state: Literal["published", "retired"] = "published"
    day: date | None = Field(None, description="Found is what holds then; default: today")
    any_day: bool = Field(False, description="Also what does not hold today")
    pieces: bool = False
    order: Literal["best", "latest"] = "best"
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=10_000)

    @field_validator("q")
    @classmethod
    def _is_text(cls, value: str) -> str:
        return cleaned(value)


class AnswersQuery(Situation):
    """``message`` is what the customer wrote; ``most`` bounds each family of suggestions."""

    model_config = ConfigDict(extra="forbid", strict=True)

    message: str = Field(min_length=1, max_length=2000)
    most: int = Field(4, ge=1, le=10)

    @field_validator("message")
    @classmethod
    def _is_text(cls, value: str) -> str:
        return cleaned(value)


class ExcerptOut(Schema):
    """A piece of a text; ``spans`` are half-open, in code points of ``text``, and mark what matched."""

    field: str
    language: str | None
    text: str
    spans: list[tuple[int, int]]
    is_cut_before: bool
    is_cut_after: bool


class FoundOut(Schema):
    """A text that was found, or with ``piece`` a part of it. ``says`` is what a phrase, a section or a scene says."""

    reference: str
    kind: str
    key: str
    title: str
    piece: str
    says: str
    address: str
    score: float
    why: list[str]
    excerpts: list[ExcerptOut]


class SearchOut(Schema):
    """A page of what was found; ``total`` and ``facets`` count all. ``meant`` is the query as it was read where it
    seemed mistyped, ``remark`` says why there may be more."""

    total: int
    items: list[FoundOut]
    facets: dict[str, dict[str, int]]
    meant: str | None
    remark: str | None


class AnswersOut(Schema):
    """Suggestions by family, the best first."""

    phrases: list[FoundOut]
    passages: list[FoundOut]
    scenes: list[FoundOut]
    procedures: list[FoundOut]


@router.get("/search", response=SearchOut, summary="Find texts")
def search(request: HttpRequest, asked: Query[SearchQuery]) -> dict[str, Any]:
    """Texts for what was typed, best first; an empty query finds all, the latest first."""
    _refuse_unknown(request.GET, SearchQuery)
    _refuse_unknown_kinds(asked.kind)
    language = language_of(request, asked.language)
    found = library.search(
        user=_user(request),
        query=asked.q,
        kinds=asked.kind,
        tags=asked.tag,
        competencies=asked.competency,
        pack=asked.pack,
        channel=asked.channel,
        customer=asked.customer,
        entry=asked.entry,
        seniority=asked.seniority,
        written_in=asked.written_in,
        states=(asked.state,),
        day=asked.day,
        any_day=asked.any_day,
        pieces=asked.pieces,
        newest_first=asked.order == "latest",
        limit=asked.limit,
        offset=asked.offset,
        language=language,
    )
    return {
        "total": found.total,
        "items": [_told(item, language) for item in found.items],
        "facets": {name: found.facets[name] for name in _PUBLIC_FACETS if name in found.facets},
        "meant": found.meant,
        "remark": say(found.remark, language) if found.remark else None,
    }


@router.post("/answers", response=AnswersOut, summary="Suggest answers to a customer")
def answers(request: HttpRequest, asked: AnswersQuery) -> dict[str, Any]:
    """What helps to answer a customer who wrote ``message``: phrases, passages, scenes and procedures that hold today.

    It is sent as a body since what customers write does not belong into the logs of addresses.
    """
    _refuse_unknown(request.GET, None)
    language = language_of(request, asked.language)
    found = library.answers_for(
        user=_user(request),
        message=asked.message,
        channel=asked.channel,
        customer=asked.customer,
        entry=asked.entry,
        seniority=asked.seniority,
        language=language,
        most=asked.most,
    )
    return {family: [_told(item, language) for item in getattr(found, family)] for family in AnswersOut.model_fields}


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # who is not signed in does not come here
    return user


def _refuse_unknown(names: Iterable[str], known: type[Schema] | None) -> None:
    """A mistyped name would be passed over in silence, and find what was not asked for."""
    fields = known.model_fields if known is not None else {}
    faults = [Fault(Reason("pack.extra_forbidden", {"name": name}), field=name) for name in names if name not in fields]
    if faults:
        raise InputError(*faults)


def _refuse_unknown_kinds(kinds: Iterable[str]) -> None:
    """A mistyped kind would find nothing, as if there were nothing."""
    known = library.kinds()
    if any(kind not in known for kind in kinds):
        raise InputError(Fault(Reason("pack.unknown_kind", {"known": ", ".join(known)}), field="kind"))


def _told(item: library.FoundText, language: Language) -> dict[str, Any]:
    content = item.content
    return {
        "reference": content.reference,
        "kind": content.kind,
        "key": content.key,
        "title": content.name.in_language(language),
        "piece": item.piece,
        "says": _says(item, language) if item.piece else "",
        "address": reverse("library_text", args=[content.kind, content.key]),
        "score": round(item.score, 4),
        "why": [say(reason, language) for reason in item.why],
        "excerpts": [
            {
                "field": one.field,
                "language": one.language,
                "text": one.text,
                "spans": one.spans,
                "is_cut_before": one.is_cut_before,
                "is_cut_after": one.is_cut_after,
            }
            for one in item.excerpts
        ],
    }


def _says(item: library.FoundText, language: Language) -> str:
    """What a piece says, in the language asked for if it does in any."""
    parts = [part for part in item.entry.parts if part.field == "body"]
    own = [part for part in parts if part.language == language] or parts
    return "\n".join(part.text for part in own if part.language == own[0].language)
