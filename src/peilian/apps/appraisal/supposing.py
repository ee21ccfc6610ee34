"""What a result would be with other values, before anybody decides so (试算)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from peilian.apps.appraisal.appeals import can_decide
from peilian.apps.appraisal.checks import stored
from peilian.apps.appraisal.evaluation import card_in, cases_behind, evaluate, frozen_input
from peilian.apps.appraisal.inputs import checked_value
from peilian.apps.appraisal.models import Appeal, Appraisal, Input, InputSource
from peilian.apps.appraisal.publishing import permit_correcting
from peilian.apps.people.api import NotVisibleError

if TYPE_CHECKING:
    from peilian.apps.people.api import User


def suppose(*, user: User, appeal: Appeal, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The contested result with ``changes`` in its inputs, as it would be stored; nothing is written. Only for who may
    decide the appeal."""
    if can_decide(user=user, appeal=appeal) is not None:
        raise NotVisibleError
    return _supposed(appeal.appraisal, changes)


def suppose_correction(*, user: User, appraisal: Appraisal, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a result that nobody contests, for who may correct it."""
    permit_correcting(user, appraisal, changes)
    return _supposed(appraisal, changes)


def _supposed(result: Appraisal, changes: Mapping[str, Any]) -> dict[str, Any]:
    card = card_in(result.appraisee.cycle)
    # As a decision keeps it: the evidence of the former value says nothing of the one that takes its place.
    given = {
        name: _given(checked_value(card, name, value), cases_behind(result.inputs, name))
        for name, value in changes.items()
    }
    return evaluate(result.appraisee.cycle, {**result.inputs, **given}).stored


def _given(value: Decimal | None, n: int | None) -> dict[str, Any]:
    kept = None if value is None else stored(value)
    new = Input(value=kept, n=None if value is None else n, source=InputSource.APPEAL)
    return frozen_input(new)
