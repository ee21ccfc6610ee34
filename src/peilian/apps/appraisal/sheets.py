"""Sheets (考核表): what one person's appraisal says now, or said in a version, with everything that led there.

Before freezing, a sheet is a preview: the same rules on the inputs of the moment. Afterwards it is what was frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, UUIDField
from django.utils import timezone

from peilian.apps.appraisal.authors import authors_of
from peilian.apps.appraisal.checks import is_own
from peilian.apps.appraisal.evaluation import (
    Frozen,
    card_in,
    evaluate,
    exempt_indicators,
    freeze_inputs,
    hides_lines,
    newest_inputs,
)
from peilian.apps.appraisal.inputs import Missing, missing_of, rater_in
from peilian.apps.appraisal.models import (
    Appeal,
    AppealState,
    Appraisal,
    Appraisee,
    Cycle,
    CycleState,
    Exemption,
    Remark,
    RemarkKind,
    Talk,
)
from peilian.apps.appraisal.publishing import appeal_ends_at
from peilian.apps.appraisal.rating import may_comment
from peilian.apps.appraisal.seen import appraisee_for, appraisees_seen
from peilian.apps.base.api import Argument, Prepared, today_in_company
from peilian.apps.people.api import Employee, NotVisibleError, Permission, visible_to
from peilian.engine._kernel import Language, Reason, Text
from peilian.engine.scorecard import Scorecard
from peilian.flows import appraising

if TYPE_CHECKING:
    from peilian.apps.people.api import User


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line on which two versions of a result differ; points are ``None`` where the line was not judged."""

    line: str
    label: Text
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class InputChange:
    """An input on which two versions differ."""

    indicator: str
    label: Text
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of a result, who made it and why, and what it changed of the version before."""

    appraisal: Appraisal
    changes: tuple[LineChange, ...]
    inputs: tuple[InputChange, ...]

    @property
    def version(self) -> int:
        """Its number, from 1."""
        return self.appraisal.version


@dataclass(frozen=True, slots=True)
class SheetRights:
    """What the reader may do with a sheet now."""

    rate: bool = False
    self_comment: bool = False
    appeal: bool = False
    talk: bool = False
    correct: bool = False
    acknowledge: bool = False


@dataclass(frozen=True, slots=True)
class SheetStanding:
    """Where an own sheet stands: the newest result that its person may read, and what there is to be done with it."""

    appraisee: Appraisee
    appraisal: Appraisal | None
    is_exempt: bool
    may: SheetRights


@dataclass(frozen=True)
class SheetView:
    """A sheet as one reader sees it. ``stored`` and ``inputs`` are empty for who is not appraised.

    ``is_provisional``: a preview on the inputs of the moment. ``is_totals_only``: the company lets people see the
    totals of the own sheet, without its lines.
    """

    appraisee: Appraisee
    cycle: Cycle
    card: Scorecard
    stored: Mapping[str, Any]
    inputs: Frozen
    appraisal: Appraisal | None
    is_provisional: bool
    is_exempt: bool
    is_totals_only: bool
    exempt_reason: str
    notes: list[Reason]
    remarks: list[Remark]
    missing: list[Missing]
    versions: list[VersionView]
    appeals: list[Appeal]
    talks: list[Talk]
    may: SheetRights

    @property
    def version(self) -> int | None:
        """The number of the version; ``None`` for a preview."""
        return None if self.appraisal is None else self.appraisal.version

    @property
    def grade(self) -> str:
        """The key of the grade; empty without one."""
        return str(self.stored.get("grade") or "")

    def in_language(self, language: Language) -> dict[str, Any]:
        """The sheet in words."""
        said = appraising.from_stored(self.stored, language)
        return {**said, "lines": [], "limits": []} if self.is_totals_only else said

    def waterfall(self, language: Language) -> list[dict[str, Any]]:
        """The way from full points to the total."""
        return [] if self.is_totals_only else appraising.waterfall(self.stored, language)


def sheet(*, user: User, appraisee: Appraisee, version: int | None = None, now: datetime | None = None) -> SheetView:
    """A sheet that ``user`` may see: a preview before freezing, else the newest version or that of the number."""
    row, now = appraisee_for(user, appraisee), now or timezone.now()
    cycle, is_mine = row.cycle, is_own(user, row)
    exempt = exempt_indicators(cycle, row.employee_id).get(row.employee_id, {}) if cycle.takes_inputs else {}
    reason = row.exempt_reason or (exempt[""].reason if "" in exempt else "")
    # What was frozen and given up again before anybody read it is nothing the person sees; nor is a result of whoever
    # was set aside afterwards.
    is_hidden = (is_mine and not cycle.is_public) or bool(row.exempt_reason)
    kept = Appraisal.objects.filter(appraisee=row).select_related("made_by").order_by("version")
    results = [] if is_hidden else list(kept)
    appraisal = _chosen(results, cycle, version)
    card = card_in(cycle)
    stored: Mapping[str, Any] = {}
    inputs: Frozen = {}
    if appraisal is not None:
        stored, inputs = appraisal.result, appraisal.inputs
    elif not reason:
        inputs = freeze_inputs(card, newest_inputs([row])[row.pk], exempt)
        stored = evaluate(cycle, inputs).stored
    is_totals_only = hides_lines(user, row)
    return SheetView(
        appraisee=row,
        cycle=cycle,
        card=card,
        stored=stored,
        inputs={} if is_totals_only else inputs,
        appraisal=appraisal,
        is_provisional=appraisal is None,
        is_exempt=bool(reason) and appraisal is None,
        is_totals_only=is_totals_only,
        exempt_reason=reason,
        notes=[Reason(note["key"], note["params"]) for note in row.notes],
        remarks=_remarks(row, is_totals_only or (is_mine and not cycle.is_public)),
        missing=[] if reason or appraisal is not None else missing_of([row]),
        versions=_versions(results, card) if not is_totals_only else [],
        appeals=list(Appeal.objects.filter(appraisal__appraisee=row).select_related("made_by", "decided_by")),
        talks=list(Talk.objects.filter(appraisal__appraisee=row).prefetch_related("items")),
        may=_rights(user, row, results, now, exempt),
    )


_OWN_UNDER_WAY = Prepared(
    lambda: (
        Appraisee.objects.filter(
            Q(cycle__state=CycleState.PUBLISHED) | Q(cycle__state=CycleState.REVIEWING, cycle__shows_preview=True),
            employee=Argument("employee", UUIDField()),
        )
        .select_related("cycle__unit", "employee")
        .order_by("-cycle__starts_on", "-id")
    )
)
_RESULTS = Prepared(
    lambda: (
        Appraisal.objects.filter(Argument("sheets", UUIDField(), is_many=True).has("appraisee"))
        .defer("inputs", "result")
        .order_by("version")
    )
)
_OPEN_APPEALS = Prepared(
    lambda: (
        Appeal.objects.filter(appraisal__appraisee=Argument("sheet", UUIDField()), state=AppealState.OPEN)
        .order_by()
        .values_list("pk", flat=True)[:1]
    )
)
_TALKS_TO_ACKNOWLEDGE = Prepared(
    lambda: (
        Talk.objects.filter(appraisal__appraisee=Argument("sheet", UUIDField()), acknowledged_at=None)
        .order_by()
        .values_list("pk", flat=True)[:1]
    )
)


def my_standings(*, user: User, now: datetime | None = None) -> list[SheetStanding]:
    """The user's own sheets in review or published, newest period first, without their lines: for lists of what is to
    be done."""
    moment, found = now or timezone.now(), []
    if user.employee_id is None or not user.is_active:
        return []
    rows = _OWN_UNDER_WAY(employee=user.employee_id)
    kept: dict[UUID, list[Appraisal]] = {row.pk: [] for row in rows}
    for result in _RESULTS(sheets=kept) if rows else ():
        kept[result.appraisee_id].append(result)
    for row in rows:
        cycle, results = row.cycle, kept[row.pk]
        for result in results:
            result.appraisee = row
        exempt = exempt_indicators(cycle, row.employee_id).get(row.employee_id, {}) if cycle.takes_inputs else {}
        shown = _chosen(results if cycle.is_public and not row.exempt_reason else [], cycle, None)
        is_exempt = bool(row.exempt_reason or "" in exempt) and shown is None
        may = SheetRights() if is_exempt else _rights(user, row, results, moment, exempt)
        found.append(SheetStanding(row, shown, is_exempt, may))
    return found


def sheets_of(*, user: User, employee: Employee) -> list[Appraisee]:
    """A person's sheets that ``user`` may see, newest period first."""
    rows = appraisees_seen(user).filter(employee=employee).order_by("-cycle__starts_on", "-pk")
    found = list(rows)
    if not found and not _may_see_person(user, employee):
        raise NotVisibleError
    return found


def evidence_for(
    *, user: User, appraisee: Appraisee, indicator: str, version: int | None = None
) -> list[dict[str, Any]]:
    """What an input stands on: rows of tables with their imports, events, measures; empty when somebody typed it."""
    view = sheet(user=user, appraisee=appraisee, version=version)
    detail = view.inputs.get(indicator, {}).get("detail") or {}
    return [dict(item) for item in detail.get("references", ())]


def _may_see_person(user: User, employee: Employee) -> bool:
    return (user.is_active and user.employee_id == employee.pk) or (
        visible_to(user).employees(Permission.SEE_APPRAISALS).filter(pk=employee.pk).exists()
    )


def _chosen(results: list[Appraisal], cycle: Cycle, version: int | None) -> Appraisal | None:
    if version is not None:
        found = next((row for row in results if row.version == version), None)
        if found is None:
            raise NotVisibleError
        return found
    return None if cycle.takes_inputs or not results else results[-1]


def _remarks(row: Appraisee, is_early: bool) -> list[Remark]:
    """What was written on the sheet; the person reads the supervisor's words with the result."""
    found = Remark.objects.filter(appraisee=row).select_related("by")
    return list(found.filter(kind=RemarkKind.SELF) if is_early else found)


def _versions(results: list[Appraisal], card: Scorecard) -> list[VersionView]:
    views = []
    former: Appraisal | None = None
    for row in results:
        changes = () if former is None else tuple(_line_changes(former, row))
        inputs = () if former is None else tuple(_input_changes(former, row, card))
        views.append(VersionView(row, changes, inputs))
        former = row
    return views


def _line_changes(former: Appraisal, row: Appraisal) -> list[LineChange]:
    before = {item["line"]: _decimal(item["points"]) for item in former.result["lines"]}
    labels = row.result["labels"]["line"]
    found = []
    for item in row.result["lines"]:
        old, new = before.get(item["line"]), _decimal(item["points"])
        if old != new:
            found.append(LineChange(item["line"], Text(**labels.get(item["line"], {})), old, new))
    return found


def _input_changes(former: Appraisal, row: Appraisal, card: Scorecard) -> list[InputChange]:
    found = []
    for name, item in row.inputs.items():
        old, new = _decimal(former.inputs.get(name, {}).get("value")), _decimal(item["value"])
        if old != new:
            measure = card.indicators.get(name)
            found.append(InputChange(name, measure.label if measure else Text(en=name), old, new))
    return found


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _rights(
    user: User,
    row: Appraisee,
    results: list[Appraisal],
    now: datetime,
    exempt: Mapping[str, Exemption],
) -> SheetRights:
    """``exempt``: what the person is not appraised on, as ``exempt_indicators`` has it, while inputs are taken."""
    cycle, is_mine = row.cycle, is_own(user, row)
    is_appraised = not row.exempt_reason and "" not in exempt if cycle.takes_inputs else bool(results)
    if not is_appraised:
        return SheetRights()
    if is_mine:
        in_time = cycle.is_public and now <= appeal_ends_at(appraisal=results[-1])
        return SheetRights(
            self_comment=may_comment(cycle, today_in_company()),
            appeal=in_time and not _OPEN_APPEALS(sheet=row.pk),
            acknowledge=bool(_TALKS_TO_ACKNOWLEDGE(sheet=row.pk)),
        )
    sight = visible_to(user)

    def holds(permission: Permission) -> bool:
        return sight.units(permission).filter(pk=row.unit_id).exists()

    rates = holds(rater_in(cycle))
    return SheetRights(
        rate=rates and cycle.takes_inputs,
        talk=rates and cycle.is_public,
        correct=cycle.is_public and holds(Permission.DECIDE_APPEALS) and _is_free_to_correct(user, row, results[-1]),
    )


def _is_free_to_correct(user: User, row: Appraisee, result: Appraisal) -> bool:
    """Whether the user had no part in the result as a whole, and no appeal waits that has to be decided first."""
    is_contested = Appeal.objects.filter(appraisal__appraisee=row, state=AppealState.OPEN).exists()
    return not is_contested and user.pk not in authors_of(result, ())
