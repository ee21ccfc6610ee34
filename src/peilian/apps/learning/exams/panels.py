"""Practical exams before a panel (实操考核): opened, scored by each examiner alone, and put together.

Nobody sees another's sheet before all are in. A guest scores over a link without an account: it is shown once, of it
only a hash is kept, and it ends by itself. Once nobody is left to score it shows the guest's own sheets only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from peilian.adapters.packs.panel_form import PanelFormDocument, load_panel_forms
from peilian.apps.base.api import new_id, refuse, send, short, today_in_company, write
from peilian.apps.learning import clock
from peilian.apps.learning.completing import Done, complete
from peilian.apps.learning.exams.papers import settable_drills
from peilian.apps.learning.models import CompletionHow, Examiner, Panel, PanelCandidate, PanelKind, PanelSheet
from peilian.apps.people.api import ROLES, Employee, NotVisibleError, Permission, RoleGrant, User, visible_to
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import Language, Reason
from peilian.engine.assessment import grade_of
from peilian.engine.assessment.panels import MOST, PanelResult, panel_result

SOURCE_KIND = "learning.panel"
LINK_DAYS = 14
"""For so long after a panel begins the link of a guest may be used."""
_MOST_EXAMINERS, _STEP = 12, Decimal("0.5")
P = Permission


@dataclass(frozen=True, slots=True)
class NewPanel:
    """What is opened: ``examiners`` are users, ``customers`` those among them who stand for the customer, ``guests``
    names of people from outside who do. ``scenario`` is the drill that is played, for the kind that plays one.
    ``batch`` makes a second click harmless."""

    title: str
    kind: PanelKind | str
    story: str
    form: str
    starts_at: datetime
    examiners: Sequence[User] = ()
    customers: Sequence[User] = ()
    guests: Sequence[str] = ()
    scenario: str = ""
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class OpenedPanel:
    """A panel that was opened, with the links of its guests by examiner: they are told this once."""

    panel: Panel
    links: Mapping[UUID, str]


def panel_forms() -> Mapping[str, PanelFormDocument]:
    """The scoring forms that a panel can be opened with, by key."""
    return load_panel_forms()


def panel_scenarios(language: Language) -> list[tuple[str, str]]:
    """The drills that can be played before a panel: key and title."""
    faces = practice.drill_faces(practice.scenarios())
    return [(key, face.title.in_language(language)) for key, face in faces.items() if not face.is_abuse]


def open_panel(*, actor: User, what: NewPanel, employees: Sequence[Employee]) -> OpenedPanel:
    """Open a practical exam for these people before these examiners. At least two examine, one of them for the
    customer, and nobody examines oneself. Who may assign training to and judges everybody examined."""
    form = load_panel_forms().get(what.form)
    _check(what, form, employees)
    assert form is not None
    _permit(actor, employees)
    with write(actor=actor, verb="learning.open_panel") as audit:
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        if what.batch is not None and (there := Panel.objects.filter(pk=what.batch).first()) is not None:
            if there.created_by_id != actor.pk:
                raise NotVisibleError
            audit.unchanged()
            return OpenedPanel(there, {})
        panel = Panel(
            id=what.batch or new_id(), title=short(what.title, "title", limit=200, is_needed=True), kind=what.kind,
            story=short(what.story, "story", limit=4000, is_needed=True), form=_kept(form), starts_at=what.starts_at,
            created_at=clock.now(), created_by=actor, scenario=what.scenario,
        )  # fmt: skip
        panel.save(force_insert=True)
        audit.created(panel)
        PanelCandidate.objects.bulk_create(PanelCandidate(panel=panel, employee=one) for one in employees)
        links = {}
        for user in dict.fromkeys([*what.examiners, *what.customers]):
            Examiner(panel=panel, user=user, name=user.name, is_customer=user in what.customers).save()
            if user.pk != actor.pk:
                _send(user, "inbox.panel_examiner", panel)
        for name in what.guests:
            examiner = Examiner(panel=panel, name=short(name, "guests", limit=100, is_needed=True), is_customer=True)
            links[examiner.pk] = _new_link(examiner)
            examiner.save()
        for one in employees:
            if (user_ := getattr(one, "user", None)) is not None and user_.is_active:
                _send(user_, "inbox.panel_candidate", panel)
    return OpenedPanel(panel, links)


def _check(what: NewPanel, form: PanelFormDocument | None, employees: Sequence[Employee]) -> None:
    if form is None:
        raise refuse("learning.no_such_form", "form")
    if what.kind not in PanelKind.values:
        raise refuse("learning.panel_kind", "kind")
    if what.scenario and what.kind != PanelKind.DRILL:
        raise refuse("learning.panel_plays_no_drill", "scenario")
    if what.scenario and what.scenario not in settable_drills([what.scenario]):
        raise refuse("learning.drill_cannot_be_set", "scenario")
    if not employees:
        raise refuse("record.nobody_chosen", "employees")
    everybody = {user.pk for user in (*what.examiners, *what.customers)}
    n = len(everybody) + len(what.guests)
    if not 2 <= n <= _MOST_EXAMINERS:
        raise refuse("learning.panel_size", "examiners", most=_MOST_EXAMINERS)
    if not what.customers and not what.guests:
        raise refuse("learning.panel_needs_customer", "guests")
    own = {user.employee_id for user in (*what.examiners, *what.customers)}
    if any(one.pk in own for one in employees):
        raise refuse("learning.examines_oneself", "examiners")
    if timezone.is_naive(what.starts_at):
        raise refuse("record.no_time_zone", "starts_at")


def _permit(actor: User, employees: Sequence[Employee]) -> None:
    sight, wanted = visible_to(actor), {one.pk for one in employees}
    for permission in (P.ASSIGN_TRAINING, P.RAISE_NEEDS):
        if sight.employees(permission).filter(pk__in=wanted).count() < len(wanted):
            raise NotVisibleError
    if actor.employee_id in wanted:
        raise NotVisibleError  # nobody arranges the own exam


def _kept(form: PanelFormDocument) -> dict[str, Any]:
    return {
        "key": form.key,
        "title": form.title.model_dump(exclude_none=True),
        "cuts": {name: str(cut) for name, cut in form.cuts.model_dump().items()},
        "dimensions": [
            {
                "key": one.key, "label": one.label.model_dump(exclude_none=True),
                "look_at": one.look_at.model_dump(exclude_none=True), "weight": str(one.weight),
                "competency": one.competency,
            }
            for one in form.dimensions
        ],
    }  # fmt: skip


# -- links of guests --------------------------------------------------------------------------------------------------


def _new_link(examiner: Examiner) -> str:
    token = secrets.token_urlsafe(32)
    examiner.link_hash = _hash(token)
    examiner.link_ends_at = max(examiner.panel.starts_at, clock.now()) + timedelta(days=LINK_DAYS)
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def renew_link(*, actor: User, examiner_id: UUID) -> str:
    """A new link for a guest; the former one ends."""
    with write(actor=actor, verb="learning.renew_link") as audit:
        row = Examiner.objects.select_for_update(of=("self",)).select_related("panel").filter(pk=examiner_id).first()
        if row is None or row.user_id is not None or not panels_run_by(actor).filter(pk=row.panel_id).exists():
            raise NotVisibleError
        candidates = PanelCandidate.objects.filter(panel=row.panel_id).select_related("employee")
        _permit(actor, [one.employee for one in candidates])  # whoever has a link scores them all
        token = _new_link(row)
        row.save()
        audit.note(row, {"link_ends_at": [None, row.link_ends_at]})
    return token


def guest_of(token: str) -> Examiner:
    """The guest whose link this is, while it holds; a wrong one and one that has ended are the same answer."""
    found = Examiner.objects.select_related("panel").filter(link_hash=_hash(token), user=None).exclude(link_hash="")
    row = found.first()
    if row is None or row.link_ends_at is None or clock.now() >= row.link_ends_at:
        raise NotVisibleError
    return row


# -- looking ----------------------------------------------------------------------------------------------------------


def panels_run_by(user: User) -> QuerySet[Panel]:
    """The panels that a user opened, or whose people the user leads."""
    sight = visible_to(user)
    if not sight.may(P.ASSIGN_TRAINING):
        return Panel.objects.none()
    led = PanelCandidate.objects.filter(employee__in=sight.employees(P.ASSIGN_TRAINING)).values("panel")
    return (Panel.objects.filter(created_by=user) | Panel.objects.filter(pk__in=led)).distinct()


def panels_examined_by(user: User) -> QuerySet[Panel]:
    """The panels that a user examines in."""
    return Panel.objects.filter(examiners__user=user) if user.is_active else Panel.objects.none()


def panel_run(*, user: User, panel_id: UUID) -> tuple[Panel, list[PanelCandidate]]:
    """A panel that the user runs, with those of its people whom the user leads and their sheets; never oneself."""
    panel = panels_run_by(user).filter(pk=panel_id).first()
    if panel is None:
        raise NotVisibleError
    led = visible_to(user).employees(P.ASSIGN_TRAINING)
    rows = panel.candidates.filter(employee__in=led).select_related("employee").prefetch_related("sheets__examiner")
    return panel, list(rows.exclude(employee=user.employee_id) if user.employee_id is not None else rows)


def examiner_of(*, user: User, panel_id: UUID) -> Examiner:
    """The user as an examiner of a panel."""
    if not visible_to(user).grants:
        raise NotVisibleError
    found = Examiner.objects.select_related("panel").filter(panel=panel_id, user=user).first()
    if found is None:
        raise NotVisibleError
    return found


def candidates_for(examiner: Examiner) -> list[tuple[PanelCandidate, PanelSheet | None]]:
    """Whom an examiner scores, each with the own sheet and no other; never oneself."""
    own = {sheet.candidate_id: sheet for sheet in examiner.sheets.all()}
    rows = examiner.panel.candidates.select_related("employee")
    return [(one, own.get(one.pk)) for one in rows if not is_oneself(examiner, one)]


def has_to_score(examiner: Examiner) -> bool:
    """Whether anybody is left whom an examiner may score: not scored by this examiner, and not decided."""
    return any(sheet is None and one.decided_at is None for one, sheet in candidates_for(examiner))


def n_examiners_of(candidate: PanelCandidate) -> int:
    """How many score somebody: all but the person, who may have come to examine as well."""
    return candidate.panel.examiners.exclude(user__employee=candidate.employee_id, user__isnull=False).count()


def is_oneself(examiner: Examiner, candidate: PanelCandidate) -> bool:
    """Whether an examiner is the candidate: then somebody else scores, and oneself sees nothing of it."""
    return examiner.user is not None and examiner.user.employee_id == candidate.employee_id


def panel_results_of(*, user: User, employee: Employee) -> list[PanelCandidate]:
    """The decided practical exams of a person, the newest first: one's own, or those of somebody whose record the user
    may see."""
    if user.employee_id != employee.pk:
        visible_to(user).employee(P.SEE_RECORD, employee.pk)
    rows = PanelCandidate.objects.filter(employee=employee, decided_at__isnull=False).select_related("panel")
    return list(rows.prefetch_related("sheets__examiner").order_by("-decided_at"))


def panel_result_of(*, user: User, candidate_id: UUID) -> PanelCandidate:
    """A decided practical exam: one's own, or that of somebody whose record the user may see."""
    rows = PanelCandidate.objects.filter(pk=candidate_id, decided_at__isnull=False)
    found: PanelCandidate | None = rows.select_related("panel", "employee").first()
    if found is None:
        raise NotVisibleError
    if user.employee_id != found.employee_id or not visible_to(user).grants:
        visible_to(user).employee(P.SEE_RECORD, found.employee_id)
    return found


def possible_examiners() -> QuerySet[User]:
    """Everybody who could examine: who signs in and has a role today."""
    roles = RoleGrant.objects.on(today_in_company()).filter(role__in=ROLES).values("user")
    return User.objects.filter(is_active=True, pk__in=roles).order_by("name", "pk")


# -- scoring ----------------------------------------------------------------------------------------------------------


def give_sheet(
    *, examiner: Examiner, candidate_id: UUID, points: Mapping[str, Decimal | str], note: str = ""
) -> PanelSheet:
    """Score one candidate; the sheet stands. The last sheet decides the result. ``examiner`` comes from ``examiner_of``
    or ``guest_of``."""
    said = short(note, "note")
    with write(actor=examiner.user, verb="learning.give_sheet") as audit:
        candidate = _locked(candidate_id, examiner.panel_id)
        if is_oneself(examiner, candidate):
            raise NotVisibleError
        read = _read(candidate.panel, points)
        now = Examiner.objects.select_for_update(of=("self",)).get(pk=examiner.pk)
        before: PanelSheet | None = PanelSheet.objects.filter(candidate=candidate, examiner=examiner).first()
        if before is not None:
            if before.points == read and before.note == said:
                audit.unchanged()
                return before
            raise refuse("learning.scored_before")
        if candidate.decided_at is not None:
            raise refuse("learning.panel_decided")
        if now.link_hash != examiner.link_hash:  # it ended meanwhile, or there is a newer one
            raise NotVisibleError
        sheet = PanelSheet(candidate=candidate, examiner=examiner, points=read, note=said, at=clock.now())
        sheet.save(force_insert=True)
        audit.created(sheet)
        if candidate.sheets.count() == n_examiners_of(candidate):
            _decide(candidate)
    return sheet


def _locked(candidate_id: UUID, panel_id: UUID) -> PanelCandidate:
    rows = PanelCandidate.objects.select_for_update(of=("self",)).select_related("panel", "employee")
    found = rows.filter(pk=candidate_id, panel=panel_id).first()
    if found is None:
        raise NotVisibleError
    return found


def _read(panel: Panel, points: Mapping[str, Decimal | str]) -> dict[str, str]:
    keys = [one["key"] for one in panel.form["dimensions"]]
    if points.keys() != set(keys):
        raise refuse("learning.score_all", "points", n=len(keys))
    return {key: str(_points(key, points[key])) for key in keys}


def _points(key: str, given: Decimal | str) -> Decimal:
    field = f"points.{key}"
    try:
        points = Decimal(str(given).strip())
    except InvalidOperation:
        raise refuse("learning.points_no_number", field) from None
    if not points.is_finite() or not 0 <= points <= MOST or points % _STEP:
        raise refuse("learning.panel_points", field, most=f"{MOST:f}")
    return points


def settle_panel(*, actor: User, candidate_id: UUID, reason: str) -> PanelCandidate:
    """Decide by the sheets there are, two at least, where an examiner does not come; the reason is kept."""
    why = short(reason, "reason", is_needed=True)
    panel_id = PanelCandidate.objects.filter(pk=candidate_id).values_list("panel", flat=True).first()
    if panel_id is None:
        raise NotVisibleError
    with write(actor=actor, verb="learning.settle_panel") as audit:
        candidate = _locked(candidate_id, panel_id)
        _permit(actor, [candidate.employee])
        if candidate.decided_at is not None:
            raise refuse("learning.panel_decided")
        if candidate.sheets.count() < 2:
            raise refuse("learning.too_few_sheets", "reason")
        candidate.settled_reason = why
        _decide(candidate)
        audit.changed(candidate, decided_at=None, percent=None, settled_reason="")
    return candidate


def result_of(candidate: PanelCandidate) -> PanelResult:
    """What the sheets of a candidate come to."""
    sheets = [{key: Decimal(one) for key, one in sheet.points.items()} for sheet in candidate.sheets.all()]
    weights = {one["key"]: Decimal(one["weight"]) for one in candidate.panel.form["dimensions"]}
    return panel_result(weights, sheets)


def _decide(candidate: PanelCandidate) -> None:
    """Put the sheets together: percent and grade, evidence by competency, and a word to the person."""
    found = result_of(candidate)
    cuts = {name: Decimal(cut) for name, cut in candidate.panel.form["cuts"].items()}
    candidate.decided_at, candidate.percent = clock.now(), found.percent
    candidate.grade = grade_of(found.percent, Decimal(100), cuts) or ""
    candidate.result = [
        {"key": one.key, "mean": str(one.mean), "low": str(one.low), "high": str(one.high)} for one in found.dimensions
    ]
    candidate.save()
    _bear_witness(candidate, found)
    if candidate.grade:
        _attest(candidate)
    user = getattr(candidate.employee, "user", None)
    if user is not None and user.is_active:
        _send(user, "inbox.panel_result", candidate.panel)


def _bear_witness(candidate: PanelCandidate, found: PanelResult) -> None:
    """A piece of evidence a competency: the mean of what its dimensions got."""
    means = {one.key: one.mean for one in found.dimensions}
    by: dict[str, list[Decimal]] = {}
    for one in candidate.panel.form["dimensions"]:
        by.setdefault(one["competency"], []).append(means[one["key"]])
    known = record.competency_model().competencies
    assert candidate.decided_at is not None
    pieces = [
        record.NewEvidence(
            employee=candidate.employee, competency=competency, kind=record.EvidenceKind.OBSERVATION,
            score=float(sum(got, Decimal(0)) / len(got) / MOST), at=candidate.decided_at, source_kind=SOURCE_KIND,
            source_id=str(candidate.pk), label=Reason("learning.panel_evidence", {"title": candidate.panel.title}),
            n=candidate.sheets.count(),
        )
        for competency, got in by.items() if competency in known
    ]  # fmt: skip
    if pieces:
        record.add_evidence(actor=None, pieces=pieces)


def _attest(candidate: PanelCandidate) -> None:
    """What is passed before a panel is completed by its form; certificates may ask for that."""
    assert candidate.decided_at is not None
    form = candidate.panel.form
    done = Done(
        what=f"panel:{form['key']}", how=CompletionHow.PASSED, at=candidate.decided_at, source_kind=SOURCE_KIND,
        source_id=str(candidate.pk), title=form["title"], percent=candidate.percent,
    )  # fmt: skip
    complete(employee=candidate.employee, done=done)


def _send(user: User, key: str, panel: Panel) -> None:
    send(recipient=user, key=key, params={"title": panel.title}, link="/exams/panels/")
