"""How agents of the demo answer questions: right, or wrong in the way of somebody who does not know."""

from __future__ import annotations

from random import Random
from typing import Any

from peilian.adapters.packs import items


def answer(field: items.AnyItem, *, is_right: bool, rng: Random, text: str | None = None) -> dict[str, Any]:
    """An answer to a question; ``text`` is what is written where the question is an open one."""
    if isinstance(field, items.ChoiceField):
        right = [one.id for one in field.options if one.right]
        wrong = [one.id for one in field.options if not one.right]
        return {"chosen": right if is_right else [rng.choice(wrong or right)]}
    if isinstance(field, items.TruthField):
        return {"chosen": ["true" if field.is_true == is_right else "false"]}
    if isinstance(field, items.FillField):
        return {"blanks": {one.id: _gap(one) if is_right else "不确定" for one in field.blanks}}
    if isinstance(field, items.OrderField):
        steps = [one.id for one in field.steps]
        return {"order": steps if is_right else [steps[1], steps[0], *steps[2:]]}
    if isinstance(field, items.MatchField):
        lefts = [one.id for one in field.pairs]
        return {"pairs": dict(zip(lefts, lefts if is_right else [*lefts[1:], lefts[0]], strict=True))}
    if isinstance(field, items.ShortField | items.RewriteField):
        return {"text": text or (field.model.zh if is_right else None) or "您稍等，我帮您看一下。"}
    raise TypeError(field.type)


def _gap(blank: items.BlankField) -> str:
    if blank.number is not None:
        return str(blank.number)
    words = blank.accept[0]
    return words if isinstance(words, str) else str(words)
