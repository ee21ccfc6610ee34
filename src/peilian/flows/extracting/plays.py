"""Good and bad answers of a draft (标准与反例答法), with which the scenario proves itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peilian.adapters.packs import TextField
from peilian.adapters.packs.drill_parts import DrillPartsDocument
from peilian.engine._kernel import Language
from peilian.flows.extracting.wordings import GAP, field_of, text

_FIRST, _EVERY = 10, 16  # seconds: the first answer, and from one to the next
_TOOL = 6  # seconds before the sentence that reports it
_BAD_EVERY = {"apology_only": 28, "stalling": 45, "policy_breaking": 30}
_DUMPS = 3
_KIND = ("soothe", "own", "ask", "boundary", "follow_up")  # what somebody curt leaves out


@dataclass(frozen=True)
class Line:
    """One element as it is said: well, tersely, as keywords; the tools used before, with their arguments."""

    element: str
    model: str
    curt: str
    keywords: TextField
    tools: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def plays_of(
    lines: Sequence[Line], parts: DrillPartsDocument, language: Language, *, has_record: bool
) -> dict[str, list[dict[str, Any]]]:
    """Every play of the draft; their order is what the self-test asks for."""
    plays = {
        "ideal": list(_ideal(lines, parts, language, has_record=has_record)),
        "curt": list(_curt(lines, language, has_record=has_record)),
        "silent": [],
        "keyword_dump": list(_dump(lines, language)),
    }
    for name, said in parts.bad_plays.items():
        words = [field_of(one, language) for one in said]
        plays[name] = [_say(12 + n * _BAD_EVERY[name], one, language) for n, one in enumerate(words)]
    return plays


def _say(at: float, words: str, language: Language) -> dict[str, Any]:
    return {"at": at, "say": text(language, words)}


def _ideal(
    lines: Sequence[Line], parts: DrillPartsDocument, language: Language, *, has_record: bool
) -> Iterator[dict[str, Any]]:
    """Feelings first, then questions, then the matter, point by point."""
    first = [line for line in lines if line.element in ("soothe", "own")]
    greeting = field_of(parts.greeting, language)
    join = "" if language == "zh" else " "
    at = float(_FIRST)
    yield _say(at, join.join([greeting, *(line.model for line in first)]), language)
    if has_record:
        at += _TOOL
        yield {"at": at, "do": "record"}
    said, used = {line.model for line in first}, {"record"} if has_record else set()
    for line in first:
        yield from _uses(line, _FIRST, used)
    for line in lines:
        if line in first or line.model in said:
            continue
        said.add(line.model)
        at += _EVERY
        yield from _uses(line, at, used)
        yield _say(at, line.model, language)
    yield _say(at + _EVERY, field_of(parts.closing, language), language)


def _curt(lines: Sequence[Line], language: Language, *, has_record: bool) -> Iterator[dict[str, Any]]:
    """What is right, in few words and without a word for the customer."""
    at = 20
    if has_record:
        yield {"at": at - _TOOL, "do": "record"}
    said: set[str] = set()
    used = {"record"} if has_record else set()
    for line in lines:
        if line.element in _KIND or line.curt in said or GAP.search(line.curt):
            continue
        said.add(line.curt)
        yield from _uses(line, at, used)
        yield _say(at, line.curt, language)
        at += 25
    yield _say(at, "再见。" if language == "zh" else "Goodbye.", language)


def _uses(line: Line, at: float, used: set[str]) -> Iterator[dict[str, Any]]:
    """The tools of a line, each once, just before it."""
    for name, args in line.tools.items():
        if name not in used:
            used.add(name)
            yield {"at": at - _TOOL, "do": name, **({"args": dict(args)} if args else {})}


def _dump(lines: Sequence[Line], language: Language) -> Iterator[dict[str, Any]]:
    words = " ".join(field_of(line.keywords, language) for line in lines)
    for n in range(_DUMPS):
        yield _say(10 + 22 * n, words, language)
