"""What other rules would have made of the last inputs: a look before a version of a template is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from peilian.apps.appraisal.evaluation import (
    Frozen,
    appraised,
    card_in,
    evaluate,
    exempt_indicators,
    freeze_inputs,
    indicators,
    newest_inputs,
    newest_results,
)
from peilian.apps.appraisal.models import Appraisee, Cycle
from peilian.apps.appraisal.seen import cycle_for
from peilian.apps.appraisal.templates import jsonable, permit_rules
from peilian.apps.people.api import Permission, visible_to
from peilian.flows import appraising

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A person's total on the scale of 100 by the old and the new rules, and the points of the lines that differ."""

    appraisee: Appraisee
    old: Decimal | None
    new: Decimal | None
    lines: Mapping[str, tuple[Decimal | None, Decimal | None]]

    @property
    def difference(self) -> Decimal | None:
        """What the new rules would change; ``None`` when either total is open."""
        return None if self.old is None or self.new is None else self.new - self.old


def preview_version(
    *,
    user: User,
    body: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    cycle: Cycle,
) -> list[PreviewRow]:
    """What rules would have made of a cycle, person by person among those reached: frozen inputs where there are some,
    else those of the moment. Nothing is stored.

    A value that the old rules did not need lacks here.
    """
    permit_rules(user)
    card = appraising.card_of(jsonable(body), jsonable(settings or {}))
    sight = visible_to(user)
    row = cycle_for(user, cycle)
    reached = set(sight.units(Permission.SEE_APPRAISALS).values_list("pk", flat=True))
    rows = []
    for person, inputs in _inputs(row):
        if person.unit_id in reached and person.employee_id != user.employee_id:
            old, new = evaluate(row, inputs).scored, appraising.appraise(card, indicators(inputs))
            before, after = ({line.key: line.points for line in one.lines} for one in (old, new))
            changed = {
                key: (before.get(key), after.get(key))
                for key in dict.fromkeys((*before, *after))
                if before.get(key) != after.get(key)
            }
            rows.append(PreviewRow(person, old.normalised, new.normalised, changed))
    return rows


def _inputs(cycle: Cycle) -> list[tuple[Appraisee, Frozen]]:
    if not cycle.takes_inputs:
        people = {row.pk: row for row in cycle.appraisees.select_related("employee", "unit")}
        return [(people[pk], row.inputs) for pk, row in newest_results(people).items()]
    rows = appraised(cycle)
    exempt, newest, card = exempt_indicators(cycle), newest_inputs(rows), card_in(cycle)
    return [(row, freeze_inputs(card, newest[row.pk], exempt.get(row.employee_id, {}))) for row in rows]
