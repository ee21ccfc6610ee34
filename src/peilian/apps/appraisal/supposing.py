"""What a result would be with other values, before anybody decides so (试算)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from peilian.apps.appraisal.appeals import can_decide
from peilian.apps.appraisal.checks import plain
from peilian.apps.appraisal.evaluation import card_in, evaluate
from peilian.apps.appraisal.inputs import checked_value
from peilian.apps.appraisal.models import Appeal
from peilian.apps.people.api import NotVisibleError

if TYPE_CHECKING:
    from peilian.apps.people.api import User


def suppose(*, user: User, appeal: Appeal, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The contested result with ``changes`` in its inputs, as it would be stored; nothing is written. Only for who may
    decide the appeal."""
    if can_decide(user=user, appeal=appeal) is not None:
        raise NotVisibleError
    result = appeal.appraisal
    card = card_in(result.appraisee.cycle)
    values = {name: checked_value(card, name, value) for name, value in changes.items()}
    given = {name: {"n": None, **result.inputs.get(name, {}), "value": plain(value)} for name, value in values.items()}
    for item in given.values():
        item.pop("is_excused", None)
    return evaluate(result.appraisee.cycle, {**result.inputs, **given}).stored
