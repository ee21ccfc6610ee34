"""Answers at the door (作答校验): what may be stored as the answer to a question, whatever page or program sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peilian.adapters.packs.items import AnyItem, CaseField, FillField, MatchField, OrderField, ShortField
from peilian.adapters.packs.items import ChoiceField as Choice
from peilian.adapters.packs.items import RewriteField as Rewrite
from peilian.adapters.packs.items import TruthField as Truth
from peilian.apps.base.api import refuse
from peilian.engine.text.typed import cleaned, is_blank

LONGEST_TEXT = 3000
"""Characters of a written answer: several pages, and grading them takes part of a second."""
_LONGEST_GAP = 200


def checked(field: AnyItem, answer: Any) -> dict[str, Any] | None:
    """An answer as it is stored: of the shape of its question, with names that the question has and text that can be
    stored; ``None`` where nothing was answered. ``InputError`` for anything else. Points of a drill come from the
    drill, never from here."""
    if answer is None:
        return None
    if not isinstance(answer, Mapping):
        raise _no_answer()
    if isinstance(field, CaseField):
        return _case(field, answer)
    if isinstance(field, Choice | Truth):
        return _names("chosen", answer, _options(field))
    if isinstance(field, OrderField):
        return _names("order", answer, {step.id for step in field.steps})
    if isinstance(field, MatchField):
        return _pairs(field, answer)
    if isinstance(field, FillField):
        return _blanks(field, answer)
    if isinstance(field, ShortField | Rewrite):
        return _text(answer)
    raise _no_answer()


def _options(field: Choice | Truth) -> set[str]:
    return {option.id for option in field.options} if isinstance(field, Choice) else {"true", "false"}


def _names(name: str, answer: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    given = answer.get(name)
    if not isinstance(given, list) or not all(isinstance(one, str) and one in known for one in given):
        raise _no_answer()
    return {name: list(dict.fromkeys(given))} if given else None


def _pairs(field: MatchField, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    lefts = {pair.id for pair in field.pairs}
    rights = lefts | {one.id for one in field.others}
    given = answer.get("pairs")
    if not isinstance(given, Mapping) or not all(left in lefts and right in rights for left, right in given.items()):
        raise _no_answer()
    return {"pairs": dict(given)} if given else None


def _blanks(field: FillField, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    given = answer.get("blanks")
    known = {blank.id for blank in field.blanks}
    if not isinstance(given, Mapping) or not all(
        name in known and isinstance(text, str) and len(text) <= _LONGEST_GAP for name, text in given.items()
    ):
        raise _no_answer()
    texts = {name: cleaned(text) for name, text in given.items()}
    return None if all(map(is_blank, texts.values())) else {"blanks": texts}


def _text(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    text = answer.get("text")
    if not isinstance(text, str):
        raise _no_answer()
    if len(text) > LONGEST_TEXT:
        raise refuse("learning.answer_too_long", "answer", limit=LONGEST_TEXT)
    text = cleaned(text)
    return None if is_blank(text) else {"text": text}


def _case(field: CaseField, answer: Mapping[str, Any]) -> dict[str, Any] | None:
    given = answer.get("items")
    inner = {item.id: item for item in field.items}
    if not isinstance(given, Mapping) or not given.keys() <= inner.keys():
        raise _no_answer()
    found = {name: one for name, each in given.items() if (one := checked(inner[name], each)) is not None}
    return {"items": found} if found else None


def _no_answer() -> Exception:
    return refuse("learning.no_answer", "answer")
