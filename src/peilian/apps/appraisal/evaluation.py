"""From inputs to points: what preview and freezing share, so that both say the same.

Everything that bears on a result is in the frozen inputs and the template version; the same two give the same result at
any later time.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet, UUIDField

from peilian.apps.appraisal.checks import is_own, plain
from peilian.apps.appraisal.models import Appraisal, Appraisee, Cycle, Exemption, Input, InputSource, TemplateVersion
from peilian.apps.base.api import Argument, Prepared
from peilian.engine._kernel import Reason, Text
from peilian.engine.scorecard import Evidence, Indicator, Line, Scorecard, Scored
from peilian.engine.scorecard.card import Grade
from peilian.flows import appraising

if TYPE_CHECKING:
    from peilian.apps.people.api import User

Frozen = dict[str, dict[str, Any]]
"""Inputs as they are frozen: indicator -> value, n, source, where it comes from."""


@dataclass(frozen=True)
class Evaluation:
    """A sheet as it stands: the frozen form of its inputs, the result as it is stored, and its totals."""

    inputs: Frozen
    card: Scorecard
    scored: Scored
    stored: dict[str, Any]
    grade: str

    @property
    def sha256(self) -> str:
        """The fingerprint of the inputs."""
        return fingerprint(self.inputs)


def fingerprint(document: Any) -> str:
    """SHA-256 of a document in its canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def card_for(version: TemplateVersion) -> Scorecard:
    """The scorecard of a template version; versions never change, so it is made once."""
    return _made(version).card


def card_in(cycle: Cycle) -> Scorecard:
    """The scorecard of a cycle: that of its template version with the cycle's grades."""
    made, grades = _made(cycle.template_version), json.dumps(cycle.grades)
    if grades not in made.graded:
        made.graded[grades] = replace(made.card, grades=tuple(map(_grade, cycle.grades)))
    return made.graded[grades]


def process_in(cycle: Cycle) -> Mapping[str, str]:
    """What the template says on who rates, what people see and how events on several lines are treated."""
    return _made(cycle.template_version).process


def hides_lines(user: User | None, appraisee: Appraisee) -> bool:
    """Whether the template lets people see no more of the own sheet than totals, and this is the user's own."""
    return is_own(user, appraisee) and process_in(appraisee.cycle).get("agent_sees") == "totals"


@dataclass(frozen=True, slots=True)
class _Made:
    """What a template version amounts to."""

    card: Scorecard
    process: Mapping[str, str]
    graded: dict[str, Scorecard] = field(default_factory=dict)


_KEPT: OrderedDict[str, _Made] = OrderedDict()
_MOST_KEPT = 64


def _made(version: TemplateVersion) -> _Made:
    """By the fingerprint of document and choices, so that equal versions share it."""
    found = _KEPT.get(version.sha256)
    if found is None:
        body, chosen = exact_numbers(version.body), exact_numbers(version.chosen)
        answers = {key: value if isinstance(value, str) else Decimal(value) for key, value in chosen.items()}
        found = _Made(appraising.card_of(body, answers), appraising.process_of(body, answers))
        while len(_KEPT) >= _MOST_KEPT:
            _KEPT.popitem(last=False)
        _KEPT[version.sha256] = found
    return found


def _grade(item: Mapping[str, Any]) -> Grade:
    return Grade(item["key"], Text(item["label"].get("zh"), item["label"].get("en")), Decimal(item["at_least"]))


def exact_numbers(document: Mapping[str, Any]) -> dict[str, Any]:
    """A stored document with its fractions as decimals."""
    found: dict[str, Any] = json.loads(json.dumps(document), parse_float=Decimal)
    return found


def lines_by_indicator(card: Scorecard) -> dict[str, list[Line]]:
    """Which lines are judged by which indicator, in the order of the card."""
    found: dict[str, list[Line]] = {}
    for line in card.lines:
        for name in line.indicators:
            found.setdefault(name, []).append(line)
    return found


def indicators_used(card: Scorecard) -> tuple[str, ...]:
    """Every indicator that bears on the result: of lines, of presence and size of team, of gates."""
    names = list(lines_by_indicator(card))
    for line in card.lines:
        names += line.small_sample.indicators if line.small_sample else ()
        names += [part.indicator for part in (line.prorate, line.sizes) if part is not None]
        names += sorted(line.zero_when.condition.names) if line.zero_when else ()
    for gate in card.gates:
        names += sorted(gate.condition.names)
    return tuple(dict.fromkeys(names))


def newest_inputs(appraisees: Iterable[Appraisee]) -> dict[UUID, dict[str, Input]]:
    """The input that counts, by appraisee and indicator."""
    found: dict[UUID, dict[str, Input]] = {appraisee.pk: {} for appraisee in appraisees}
    for row in Input.objects.filter(appraisee__in=found).order_by("revision"):
        found[row.appraisee_id][row.indicator] = row
    return found


_EXEMPTED = Prepared(
    lambda: Exemption.objects.filter(employee=Argument("employee", UUIDField())).order_by().values_list("pk")[:1]
)


def exempt_indicators(cycle: Cycle, employee: UUID | None = None) -> dict[UUID, dict[str, Exemption]]:
    """By employee, or for one, what the person is not appraised on; the key ``""`` is the whole sheet."""
    found: dict[UUID, dict[str, Exemption]] = {}
    if employee is not None and not _EXEMPTED(employee=employee):
        return found
    rows = Exemption.objects.within(cycle.starts_on, cycle.ends_on).select_related("employee")
    if employee is not None:
        rows = rows.filter(employee=employee)
    for row in rows.order_by("pk"):
        for name in row.indicators or [""]:
            if _covers(row, cycle):
                found.setdefault(row.employee_id, {})[name] = row
    return found


def appraised(cycle: Cycle, exempt: Mapping[UUID, Mapping[str, Exemption]] | None = None) -> list[Appraisee]:
    """Who is appraised in the cycle: everybody in it who is neither set aside nor exempt from the whole sheet."""
    exempt = exempt_indicators(cycle) if exempt is None else exempt
    rows = list(cycle.appraisees.filter(exempt_reason="").select_related("employee", "unit"))
    for row in rows:
        row.cycle = cycle  # one object for all: the cycle leads to the whole document of its template
    return [row for row in rows if "" not in exempt.get(row.employee_id, {})]


def _covers(exemption: Exemption, cycle: Cycle) -> bool:
    """Whether it covers all days of the cycle on which the person belonged to the company."""
    person = exemption.employee
    first = max(cycle.starts_on, person.hired_on or cycle.starts_on)
    last = cycle.ends_on if person.left_on is None else min(cycle.ends_on, person.left_on - timedelta(days=1))
    return exemption.starts_on <= first and exemption.ends_on >= last


def freeze_inputs(
    card: Scorecard, inputs: Mapping[str, Input], exempt: Collection[str] = (), left_out: Collection[str] = ()
) -> Frozen:
    """The frozen form of the inputs that the card uses. What nobody gave is absent; what the person is exempt from, or
    whoever runs the cycle left out, says so."""
    frozen: Frozen = {}
    for name in indicators_used(card):
        if name in exempt:
            frozen[name] = _excused("appraisal.note.exempt")
        elif name in left_out:
            frozen[name] = _excused("appraisal.note.left_out")
        elif name in inputs:
            frozen[name] = frozen_input(inputs[name])
    return frozen


def _excused(key: str) -> dict[str, Any]:
    return {"value": None, "n": None, "is_excused": True, "note_key": key, "note_params": {}}


def frozen_input(row: Input) -> dict[str, Any]:
    """One input as it is frozen."""
    return {
        "value": plain(row.value),
        "n": row.n,
        "source": row.source,
        "input": str(row.pk),
        "note": row.note,
        "note_key": row.note_key,
        "note_params": row.note_params,
        "detail": row.detail,
        "entered_by": None if row.entered_by_id is None else str(row.entered_by_id),
    }


def cases_behind(inputs: Frozen, indicator: str) -> int | None:
    """How many cases a value comes from that takes the place of a frozen one: as many as that, so that a small sample
    stays small; but where the value itself counts events, nothing is known of it."""
    former = inputs.get(indicator, {})
    return None if former.get("source") == InputSource.EVENTS else former.get("n")


def evaluate(cycle: Cycle, inputs: Frozen) -> Evaluation:
    """Points of frozen inputs by the template version of a cycle, with the cycle's grades."""
    card = card_in(cycle)
    scored = appraising.appraise(card, indicators(inputs))
    stored = appraising.to_stored(scored, card)
    return Evaluation(inputs, card, scored, stored, stored["grade"] or "")


def indicators(inputs: Frozen) -> dict[str, Indicator]:
    """Frozen inputs as the rules take them."""
    return {name: _indicator(item) for name, item in inputs.items()}


def _indicator(item: Mapping[str, Any]) -> Indicator:
    value = item["value"]
    note = Reason(item["note_key"], item.get("note_params") or {}) if item.get("note_key") else None
    if value is None and note is None:
        note = Reason("appraisal.note.nothing", {"note": item.get("note") or "–"})
    evidence = tuple(
        Evidence(Reason(f"appraisal.event.{piece['event_kind']}", {"day": piece["on"]}), quote=piece["text"])
        for piece in (item.get("detail") or {}).get("references", ())
        if piece.get("kind") == "event"
    )
    return Indicator(
        None if value is None else Decimal(value), item.get("n"), evidence, note, bool(item.get("is_excused"))
    )


def is_typed(row: Input | None) -> bool:
    """Whether somebody gave this value, so that collecting leaves it alone."""
    return row is not None and row.source in (
        InputSource.TYPED,
        InputSource.LEVEL,
        InputSource.FILE,
        InputSource.APPEAL,
    )


def newest_results(appraisees: Iterable[Appraisee | UUID]) -> dict[UUID, Appraisal]:
    """The result that counts, by appraisee; who was set aside after an earlier freezing has none."""
    return {row.appraisee_id: row for row in _results(appraisees)}


def newest_totals(appraisees: Iterable[Appraisee | UUID]) -> dict[UUID, Appraisal]:
    """The same for who needs totals only: the documents of inputs and lines stay in the database, since those of
    hundreds of people take longer to read than everything else on a page."""
    return {row.appraisee_id: row for row in _results(appraisees).defer("inputs", "result")}


def _results(appraisees: Iterable[Appraisee | UUID]) -> QuerySet[Appraisal]:
    wanted = [getattr(item, "pk", item) for item in appraisees]
    return Appraisal.objects.filter(appraisee__in=wanted, appraisee__exempt_reason="").order_by("version")
