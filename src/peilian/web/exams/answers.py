"""Answers on their way between a page and what is stored: by places in what is shown, and by names.

What a page sends (and what it is sent) of one question, by the form of its face; ``None`` is no answer. ::

    one, several  {"chosen": [places]}
    gaps          {"gaps": ["text", ...]}
    order         {"order": [places]}
    match         {"partners": [place | null, ...]}
    text          {"text": "..."}
    case          {"inner": [answer | null, ...]}

A drill has no answer that a page could send: its points come from who ran it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from peilian.engine.text.typed import cleaned, is_blank
from peilian.web.exams.drilling import drill_lines
from peilian.web.exams.faces import Face
from peilian.web.library.words import GAP
from peilian.web.shell.parsing import as_number

Sent = Mapping[str, Any] | None
Stored = Mapping[str, Any] | None


class NoAnswerError(ValueError):
    """What was sent is no answer to this question."""


def to_stored(face: Face, sent: Sent) -> dict[str, Any] | None:
    """An answer of a page by names, as it is stored and graded; empty ones are ``None``."""
    if sent is None:
        return None
    if not isinstance(sent, Mapping):
        raise NoAnswerError
    match face.form:
        case "one" | "several":
            names = [face.names[place] for place in _places(sent.get("chosen"), len(face.names))]
            if face.form == "one" and len(names) > 1:
                raise NoAnswerError
            return {"chosen": names} if names else None
        case "gaps":
            texts = [cleaned(text) for text in _listed(sent.get("gaps"), face.n_gaps, str)]
            return {"blanks": dict(zip(face.left_names, texts, strict=True))} if not all(map(is_blank, texts)) else None
        case "order":
            places = _places(sent.get("order"), len(face.names))
            if places and len(places) != len(face.names):
                raise NoAnswerError
            return {"order": [face.names[place] for place in places]} if places else None
        case "match":
            partners = _listed(sent.get("partners"), len(face.lefts), int | None)
            pairs = {
                left: face.names[place]
                for left, place in zip(face.left_names, partners, strict=True)
                if place is not None and _is_place(place, len(face.names))
            }
            return {"pairs": pairs} if pairs else None
        case "text":
            text = sent.get("text")
            if not isinstance(text, str):
                raise NoAnswerError
            text = cleaned(text)
            return None if is_blank(text) else {"text": text}
        case "case":
            inner = _listed(sent.get("inner"), len(face.inner), Mapping | None)
            answers = {
                name: stored
                for name, one, each in zip(face.names, face.inner, inner, strict=True)
                if (stored := to_stored(one, each)) is not None
            }
            return {"items": answers} if answers else None
    raise NoAnswerError


def to_page(face: Face, stored: Stored) -> dict[str, Any] | None:
    """A stored answer by places, as a page is sent it."""
    if not stored:
        return None
    places = {name: place for place, name in enumerate(face.names)}
    match face.form:
        case "one" | "several":
            return {"chosen": [places[name] for name in stored.get("chosen", ()) if name in places]}
        case "gaps":
            return {"gaps": [str(stored.get("blanks", {}).get(name, "")) for name in face.left_names]}
        case "order":
            return {"order": [places[name] for name in stored.get("order", ()) if name in places]}
        case "match":
            return {"partners": [places.get(stored.get("pairs", {}).get(name)) for name in face.left_names]}
        case "text":
            return {"text": str(stored.get("text", ""))}
        case "case":
            given = stored.get("items", {})
            return {"inner": [to_page(one, given.get(name)) for name, one in zip(face.names, face.inner, strict=True)]}
    return None


def in_words(face: Face, stored: Stored) -> list[str]:
    """A stored answer as lines to read; none where nothing was answered."""
    if face.form == "drill":
        return list(drill_lines(stored)) if stored else []
    page = to_page(face, stored)
    if page is None:
        return []
    match face.form:
        case "one" | "several":
            return [face.choices[place] for place in sorted(page["chosen"])]
        case "gaps":
            return [f"{number}. {text or GAP}" for number, text in enumerate(page["gaps"], start=1)]
        case "order":
            return [f"{number}. {face.choices[place]}" for number, place in enumerate(page["order"], start=1)]
        case "match":
            return [
                f"{left} → {GAP if place is None else face.choices[place]}"
                for left, place in zip(face.lefts, page["partners"], strict=True)
            ]
        case "text":
            return [line for line in str(page["text"]).splitlines() if not is_blank(line)]
    return []


def from_form(face: Face, data: QueryDict, name: str) -> Sent:
    """What a plain form says of a question whose fields begin with ``name``."""
    match face.form:
        case "one" | "several":
            return {"chosen": [as_number(text, -1) for text in data.getlist(name)]}
        case "gaps":
            return {"gaps": [data.get(f"{name}.g{place}", "") for place in range(face.n_gaps)]}
        case "order":
            return (
                {"order": [as_number(text, -1) for text in data.getlist(f"{name}.o")]}
                if data.get(f"{name}.set")
                else None
            )
        case "match":
            texts = [data.get(f"{name}.m{place}", "") for place in range(len(face.lefts))]
            return {"partners": [as_number(text, -1) if text else None for text in texts]}
        case "text":
            return {"text": data.get(f"{name}.t", "")}
        case "case":
            return {"inner": [from_form(one, data, f"{name}.{place}") for place, one in enumerate(face.inner)]}
    return None


def moved(face: Face, data: QueryDict, name: str, step: str) -> Sent:
    """What a plain form says after a button ``q3.up2``, ``q3.down2`` or ``q3.keep`` of a question about order, which
    may stand inside a case."""
    sent = from_form(face, data, name)
    if face.form == "case" and isinstance(sent, dict):
        inner = sent["inner"]
        for place, one in enumerate(face.inner):
            if step.startswith(f"{name}.{place}."):
                inner[place] = moved(one, data, f"{name}.{place}", step)
        return sent
    if face.form != "order" or not step.startswith(f"{name}."):
        return sent
    order = [as_number(text, -1) for text in data.getlist(f"{name}.o")]
    what = step.removeprefix(f"{name}.")
    for verb, by in (("up", -1), ("down", 1)):
        if what.startswith(verb):
            at = as_number(what.removeprefix(verb), -1)
            if 0 <= at < len(order) and 0 <= at + by < len(order):
                order[at], order[at + by] = order[at + by], order[at]
    return {"order": order}


def _places(value: Any, n: int) -> list[int]:
    """Different places below ``n``."""
    if not isinstance(value, list) or not all(_is_place(place, n) for place in value) or len(set(value)) < len(value):
        raise NoAnswerError
    return value


def _is_place(value: Any, n: int) -> bool:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < n:
        raise NoAnswerError
    return True


def _listed(value: Any, n: int, kind: Any) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) != n or not all(isinstance(one, kind) for one in value):
        raise NoAnswerError
    return value


def names_in(data: QueryDict) -> Iterator[int]:
    """The numbers of the questions that a form brings with it, told by ``known3``."""
    for name in data:
        number = as_number(name.removeprefix("known"), -1) if name.startswith("known") else -1
        if number > 0:
            yield number
