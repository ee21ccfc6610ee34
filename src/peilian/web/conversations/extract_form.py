"""What the review of a conversation sends (复核表单): a form of many boxes, which works without a script too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.http import HttpRequest, QueryDict

from peilian.apps.contacts.api import EXTRACTION_KINDS, Wish
from peilian.engine.conversation.leftovers import KINDS, LeftoverKind, known_words
from peilian.engine.text.typed import cleaned
from peilian.web.shell.parsing import as_number

_MOST_LINES = 100
_LONGEST_ID = 200


def wish_of(request: HttpRequest, conversation_id: str) -> Wish:
    """What was chosen so far; on the first look what the address asks for."""
    if request.method != "POST":
        kind = request.GET.get("kind")
        return Wish(kind="scenario" if kind == "scenario" else "case", second=_plain(request.GET.get("with", "")))
    sent = request.POST
    words = {**dict(_chosen_words(sent)), **dict(_typed_words(sent))}
    second = _plain(sent.get("second", ""))
    return Wish(
        kind=next((kind for kind in EXTRACTION_KINDS if kind == sent.get("kind")), "case"),
        hidden=words,
        known=words,
        told=_told(sent, (conversation_id, second)),
        second=second,
        efficient={"0": 0, "1": 1}.get(sent.get("efficient", "")),
        title=sent.get("title", ""),
        answers={
            name.removeprefix("answer."): str(value) for name, value in sent.items() if name.startswith("answer.")
        },
    )


def _plain(text: str) -> str:
    return cleaned(text).strip()[:_LONGEST_ID]


def _chosen_words(sent: QueryDict) -> Iterator[tuple[str, LeftoverKind]]:
    """Boxes of words: what it is, a colon, the word."""
    for value in sent.getlist("hide"):
        name, _, word = value.partition(":")
        kind = next((kind for kind in KINDS if kind == name), None)
        if kind is not None and word:
            yield word, kind


def _typed_words(sent: QueryDict) -> Iterator[tuple[str, LeftoverKind]]:
    yield from known_words(sent.get("shops", "").splitlines()[:_MOST_LINES], "company")
    yield from known_words(sent.get("more", "").splitlines()[:_MOST_LINES], "other")


def _told(sent: QueryDict, conversations: tuple[str, ...]) -> Mapping[str, frozenset[int]]:
    """The boxes of messages, by conversation: a list belongs to the conversation that was shown with it."""
    found = {}
    for n, conversation_id in enumerate(conversations):
        if conversation_id and sent.get(f"told.{n}.of") == conversation_id:
            values = sent.getlist(f"told.{n}")
            found[conversation_id] = frozenset(number for value in values if (number := as_number(value, -1)) >= 0)
    return found
