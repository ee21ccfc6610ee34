"""Gaps and needs: what people should train next, which drills train it, and closing what is none."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Reason
from peilian.flows.wording import say, say_fault
from peilian.web.people.forms import UnitFilter
from peilian.web.record.drills import DrillChoice, drills_for
from peilian.web.record.radar import interval_of, standing_of
from peilian.web.record.wordings import NEED_STATES, ORIGINS, Label, competency_name, subject_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.formats import format_change, format_integer
from peilian.web.shell.languages import reading_language

P = people.Permission
_MOST_NEEDS = 400


@dataclass(frozen=True, slots=True)
class NeedLine:
    """One need as a page tells it; ``now`` is where its person stands today, for needs of a competency."""

    row: record.Need
    subject: str
    reason: str
    origin: Label
    state: Label
    href: str
    now: str = ""


@dataclass(frozen=True, slots=True)
class NeedGroup:
    """Everybody who needs the same thing, and the drills that train it."""

    subject: str
    needs: tuple[NeedLine, ...]
    drills: tuple[DrillChoice, ...]

    @property
    def n_open(self) -> int:
        """How many of them have nothing assigned yet."""
        return sum(line.row.state == record.NeedState.OPEN for line in self.needs)


class NeedForm(forms.Form):
    """A need that a leader sees."""

    subject = forms.ChoiceField(label=gettext_lazy("What should be trained"))
    note = forms.CharField(label=gettext_lazy("What you saw"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        choices = [(key, competency_name(key)) for key in record.competency_model().competencies]
        self.fields["subject"].choices = choices  # type: ignore[attr-defined]


class NeedFilter(UnitFilter):
    """Whose needs."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("open and in training")),
            ("open", gettext_lazy("nothing assigned yet")),
            ("closed", gettext_lazy("closed")),
        ],
    )

    def states(self) -> tuple[record.NeedState, ...]:
        """The states asked for."""
        states = record.NeedState
        chosen = self.cleaned_data.get("state") if self.is_valid() else ""
        if chosen == "open":
            return (states.OPEN,)
        return (states.MET, states.DISMISSED) if chosen == "closed" else (states.OPEN, states.ASSIGNED)

    def unit_chosen(self) -> people.Unit | None:
        """The unit asked for."""
        return self.cleaned_data.get("unit") if self.is_valid() else None


def need_line(need: record.Need, profile: record.PersonProfile | None = None) -> NeedLine:
    """A need in words, beside what the ``profile`` of its person says by now."""
    href = now = ""
    if need.subject_kind == record.NeedSubject.COMPETENCY:
        href = reverse("person_why", args=[need.employee_id, need.subject])
        now = _now(need, profile) if profile is not None else ""
    return NeedLine(
        row=need,
        subject=subject_name(need),
        reason=say(need.reason, reading_language()),
        origin=ORIGINS.get(need.origin, need.origin),
        state=NEED_STATES[need.state],
        href=href,
        now=now,
    )


def _now(need: record.Need, profile: record.PersonProfile) -> str:
    """The present estimate, how it moved since the need was raised, and how it stands to what is required."""
    estimate = profile.profile.estimates.get(need.subject)
    if estimate is None or not estimate.is_measured:
        return ""
    gap = next((gap for gap in profile.gaps if gap.competency == need.subject), None)
    said = _("Now: about %(points)s points (%(interval)s), %(standing)s") % {
        "points": format_integer(estimate.mean),
        "interval": interval_of(estimate),
        "standing": standing_of(estimate, gap).words,
    }
    before = need.reason.params.get("points")
    if isinstance(before, int | float) and round(estimate.mean) != round(before):
        moved = format_change(round(estimate.mean) - round(before), "count", reading_language())
        said = _("%(now)s; %(moved)s points since then") % {"now": said, "moved": moved}
    return said


@require_safe
def needs(request: HttpRequest) -> HttpResponse:
    """The needs of those whom the reader leads, by what is needed."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = NeedFilter(request.GET, sight=sight)
    rows = record.needs_of(user=user, unit=form.unit_chosen(), states=form.states())
    listed = list(rows[:_MOST_NEEDS])
    context = {
        "form": form,
        "groups": _grouped(listed, _profiles(user, form, listed)),
        "n_needs": len(listed),
        "n_people": len({need.employee_id for need in listed}),
        "may_assign": sight.may(P.ASSIGN_TRAINING),
        "may_look": sight.may(P.RAISE_NEEDS),
        "closable": set(sight.employees(P.RAISE_NEEDS).values_list("pk", flat=True)) - {user.employee_id},
        "is_closed": form.states()[0] == record.NeedState.MET,
        "is_filtered": bool(request.GET),
        "assignable": set(sight.employees(P.ASSIGN_TRAINING).values_list("pk", flat=True)),
    }
    return render(request, "record/needs.html", context)


def _profiles(user: people.User, form: NeedFilter, listed: list[record.Need]) -> dict[Any, record.PersonProfile]:
    """Where the people with live needs of a competency stand now."""
    if not any(need.is_live and need.subject_kind == record.NeedSubject.COMPETENCY for need in listed):
        return {}
    return {item.employee.pk: item for item in record.team_profiles(user=user, unit=form.unit_chosen())}


def _grouped(rows: list[record.Need], profiles: dict[Any, record.PersonProfile]) -> list[NeedGroup]:
    found: dict[tuple[str, str], list[record.Need]] = defaultdict(list)
    for need in rows:
        found[need.subject_kind, need.subject].append(need)
    groups = [
        NeedGroup(
            subject_name(items[0]),
            tuple(need_line(need, profiles.get(need.employee_id)) for need in items),
            tuple(drills_for(subject, [need.employee for need in items])),
        )
        for (_kind, subject), items in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.n_open, -len(group.needs), group.subject))


@require_POST
def look_for_gaps(request: HttpRequest) -> HttpResponse:
    """Raise needs for what evidence shows the reader's people to lack."""
    sight = sight_of(request)
    sight.require(P.RAISE_NEEDS)
    listed = list(sight.employees(P.RAISE_NEEDS).exclude(left_on__lte=sight.day).distinct())
    raised = record.raise_gap_needs(employees=listed)
    said = ngettext("%(n)d new need was found.", "%(n)d new needs were found.", len(raised)) % {"n": len(raised)}
    looked = _looked_at(record.look_at_gaps(employees=listed))
    messages.success(request, _sentences([said if raised else _("No new need was found."), *looked]))
    return HttpResponseRedirect(reverse("team_needs"))


def _looked_at(look: record.GapLook) -> list[str]:
    """What was looked at, and why an open gap is no new need."""
    people_said = _("Looked at: %(people)d people, %(measured)d of them measured.") % {
        "people": look.n_people,
        "measured": look.n_measured,
    }
    said = [people_said]
    if look.n_listed:
        said.append(_("Gaps that are listed as needs: %(n)d.") % {"n": look.n_listed})
    if look.n_unsure:
        unsure = _(
            "Gaps left out as not certain or not large enough: %(n)d (a need takes %(certainty)d%% certainty and at "
            "least %(size)d points)."
        )
        said.append(unsure % {"n": look.n_unsure, "certainty": look.certainty, "size": look.size})
    if look.n_dismissed:
        said.append(_("Gaps that were dismissed and have no newer evidence: %(n)d.") % {"n": look.n_dismissed})
    if look.n_later:
        later = _("Gaps that wait, since a person gets %(most)d at a time: %(n)d.")
        said.append(later % {"n": look.n_later, "most": look.most})
    return said


def _sentences(said: list[str]) -> str:
    return ("" if reading_language() == "zh" else " ").join(said)


@require_POST
def raise_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Raise a need of one person by hand."""
    employee = sight_of(request).employee(P.RAISE_NEEDS, pk)
    form = NeedForm(request.POST)
    if form.is_valid():
        _try(request, lambda: record.raise_need(
            actor=user_of(request), employee=employee, subject=form.cleaned_data["subject"],
            reason=Reason("record.need_raised"), note=form.cleaned_data["note"],
        ), _("The need is listed."))  # fmt: skip
    else:
        messages.error(request, _("Say what should be trained, and what you saw."))
    return HttpResponseRedirect(reverse("person_radar", args=[pk]))


@require_POST
def close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a need: met, or none."""
    user, found = user_of(request), record.need(user=user_of(request), pk=pk)
    note = request.POST.get("note", "")
    how = request.POST.get("as")
    if how == "met":
        _try(request, lambda: record.meet_need(actor=user, need=found, note=note), _("The need is closed as met."))
    elif how == "dismissed":
        _try(request, lambda: record.dismiss_need(actor=user, need=found, note=note), _("The need is dismissed."))
    else:
        raise BadRequest("a need is closed as met or as dismissed")
    return HttpResponseRedirect(reverse("team_needs"))


def _try(request: HttpRequest, do: Any, done: str) -> None:
    try:
        do()
    except InputError as error:
        messages.error(request, say_fault(error.faults[0], reading_language()))
    else:
        messages.success(request, done)
