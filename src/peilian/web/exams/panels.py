"""Practical exams before a panel: opening one, its people with what examiners gave, and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base.api import new_id
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.opening import MomentField
from peilian.web.exams.wordings import GRADES
from peilian.web.people.forms import name_in
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission
KINDS: dict[str, str | Promise] = {
    learning.PanelKind.DRILL: gettext_lazy("a drill, live"),
    learning.PanelKind.ROLE_PLAY: gettext_lazy("a role-play"),
}
_FIELDS = {"employees": "candidates", "examiners": "examiners", "guests": "guests"}
_APART = Decimal(3)


class PanelForm(forms.Form):
    """What is played, before whom, by whom."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("What is played"), choices=list(KINDS.items()))
    story = forms.CharField(
        label=gettext_lazy("The situation"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "What the customer complains about and wants. Examiners read it; the candidate hears it."
        ),
    )  # fmt: skip
    scenario = forms.ChoiceField(
        label=gettext_lazy("The customer's drill"), required=False,
        help_text=gettext_lazy(
            "Each candidate meets this simulated customer, and examiners read along."
        ),
    )  # fmt: skip
    form = forms.ChoiceField(label=gettext_lazy("Scoring form"))
    starts_at = MomentField(label=gettext_lazy("Begins"))
    candidates = forms.MultipleChoiceField(label=gettext_lazy("Who is examined"), widget=forms.CheckboxSelectMultiple)
    examiners = forms.MultipleChoiceField(
        label=gettext_lazy("Examiners from the company"), required=False, widget=forms.CheckboxSelectMultiple
    )
    guests = forms.CharField(
        label=gettext_lazy("Customer representatives from outside"), required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One name a line. Each gets a link to score without an account."),
    )  # fmt: skip
    customer = forms.ChoiceField(
        label=gettext_lazy("Or somebody from the company in the customer's place"), required=False
    )
    batch = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *arguments: Any, listed: Sequence[people.Employee], users: Sequence[people.User], **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        named = [(str(one.pk), one.name) for one in users]
        choices = {
            "scenario": [("", _("none, people play it")), *learning.panel_scenarios(reading_language())],
            "form": [(key, name_in(form.title.model_dump())) for key, form in learning.panel_forms().items()],
            "candidates": [(str(one.pk), f"{one.name} {one.number}") for one in listed],
            "examiners": named,
            "customer": [("", "–"), *named],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")


@dataclass(frozen=True, slots=True)
class Spread:
    """A dimension of a result: what it is called, its mean, the lowest and the highest, and each examiner's points."""

    label: str
    mean: Decimal
    low: Decimal
    high: Decimal
    is_disagreed: bool
    given: Sequence[tuple[str, Decimal]]


@require_safe
def panels(request: HttpRequest) -> HttpResponse:
    """The practical exams that the reader runs, those to score in, and the own results."""
    user = user_of(request)
    page = page_of(learning.panels_run_by(user).order_by("-starts_at"), request)
    examined = [
        (panel, sum(sheet is None for _candidate, sheet in learning.candidates_for(examiner)))
        for panel in learning.panels_examined_by(user).order_by("-starts_at")[:50]
        for examiner in (learning.examiner_of(user=user, panel_id=panel.pk),)
    ]
    waiting = [(one, _drill_state(one)) for one in learning.own_panels(user=user)]
    own = learning.panel_results_of(user=user, employee=user.employee) if user.employee is not None else []
    context = {
        "page": page,
        "examined": examined,
        "own": [(one, GRADES.get(one.grade, one.grade), spread_of(one, is_named=False)) for one in own],
        "waiting": waiting,
        "may_open": sight_of(request).may(P.ASSIGN_TRAINING),
    }
    return render(request, "exams/panels.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest) -> HttpResponse:
    """Open a practical exam; the links of guests are shown on the page that follows, once."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.ASSIGN_TRAINING)
    rows = sight.employees(P.ASSIGN_TRAINING).exclude(left_on__lte=sight.day)
    listed = list(rows.distinct().order_by("number"))
    users = list(learning.possible_examiners())
    if request.method != "POST":
        form = PanelForm(listed=listed, users=users, initial={"batch": new_id()})
        return render(request, "exams/panel_new.html", {"form": form})
    form = PanelForm(request.POST, listed=listed, users=users)
    if form.is_valid():
        chosen = set(form.cleaned_data["candidates"])
        try:
            opened = learning.open_panel(
                actor=user, what=_what(form, users), employees=[one for one in listed if str(one.pk) in chosen]
            )
        except InputError as error:
            for fault in error.faults:
                name = _FIELDS.get(fault.field or "", fault.field)
                form.add_error(name if name in form.fields else None, say(fault.reason, reading_language()))
        else:
            return _shown(request, opened.panel.pk, {str(pk): token for pk, token in opened.links.items()})
    return render(request, "exams/panel_new.html", {"form": form}, status=422)


def _drill_state(one: learning.PanelCandidate) -> str:
    """Where the drill of somebody's own practical exam stands: empty without one."""
    if not one.panel.scenario:
        return ""
    if one.run is None:
        return "to_begin" if one.panel.starts_at <= timezone.now() else "later"
    return "over" if one.run.is_over else "live"


def _what(form: PanelForm, users: Sequence[people.User]) -> learning.NewPanel:
    data = form.cleaned_data
    by_pk = {str(one.pk): one for one in users}
    customer = by_pk.get(data["customer"])
    return learning.NewPanel(
        title=data["title"],
        kind=data["kind"],
        story=data["story"],
        form=data["form"],
        starts_at=data["starts_at"],
        scenario=data["scenario"],
        examiners=[by_pk[pk] for pk in data["examiners"]],
        customers=[customer] if customer is not None else [],
        guests=[line.strip() for line in data["guests"].splitlines() if line.strip()],
        batch=data["batch"],
    )


@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One practical exam: who has been scored by how many, and results with their spread."""
    return _shown(request, pk, {})


@require_safe
def result(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How a practical exam of one person went, for the person and for who sees the person's record: what each dimension
    got and what was remarked, without who gave it."""
    user, sight = user_of(request), sight_of(request)
    found = learning.panel_result_of(user=user, candidate_id=pk)
    is_own = found.employee_id == user.employee_id
    way = (
        [{"label": _("Practical exams"), "href": reverse("exam_panels")}]
        if is_own
        else [
            {"label": _("Team"), "href": reverse("team")},
            {"label": found.employee.name, "href": reverse("person_radar", args=[found.employee_id])},
        ]
    )
    context = {
        "one": found,
        "is_own": is_own,
        "grade": GRADES.get(found.grade, found.grade),
        "spread": spread_of(found, is_named=False),
        "notes": [sheet.note for sheet in found.sheets.all() if sheet.note],
        "n_sheets": found.sheets.count(),
        "opens_talk": found.run_id is not None
        and (is_own or sight.employees(P.ASSIGN_TRAINING).filter(pk=found.employee_id).exists()),
        "trail": [*way, {"label": found.panel.title, "href": ""}],
    }
    return render(request, "exams/panel_result.html", context)


def _shown(request: HttpRequest, pk: UUID, links: dict[str, str]) -> HttpResponse:
    user = user_of(request)
    found, candidates = learning.panel_run(user=user, panel_id=pk)
    examiners = list(found.examiners.select_related("user").order_by("pk"))
    base = request.build_absolute_uri("/")[:-1]
    context = {
        "panel": found,
        "kind": KINDS[found.kind],
        "trail": [{"label": _("Practical exams"), "href": reverse("exam_panels")}, {"label": found.title, "href": ""}],
        "examiners": [
            (
                one,
                base + reverse("panel_guest", args=[links[str(one.pk)]]) if str(one.pk) in links else "",
                _link_state(one),
            )
            for one in examiners
        ],
        "lines": [
            {
                "candidate": one,
                "n_sheets": len(one.sheets.all()),
                "n_examiners": sum(by.user is None or by.user.employee_id != one.employee_id for by in examiners),
                "grade": GRADES.get(one.grade, one.grade) if one.decided_at else "",
                "spread": spread_of(one, is_named=True),
                "notes": [(sheet.examiner.name, sheet.note) for sheet in one.sheets.all() if sheet.note]
                if one.decided_at
                else [],
                "may_settle": one.decided_at is None and len(one.sheets.all()) >= 2,
            }
            for one in candidates
        ],
    }
    return render(request, "exams/panel.html", context)


def _link_state(examiner: learning.Examiner) -> str:
    """What the link of a guest is still good for; empty of who signs in."""
    if examiner.user_id is not None:
        return ""
    if examiner.link_ends_at is None or examiner.link_ends_at <= timezone.now():
        return "ended"
    return "scoring" if learning.has_to_score(examiner) else "reading"


def spread_of(candidate: learning.PanelCandidate, *, is_named: bool) -> list[Spread]:
    """A decided result by dimension; what each examiner gave only for who runs the exam."""
    labels = {one["key"]: name_in(one["label"]) for one in candidate.panel.form["dimensions"]}
    found = []
    for one in candidate.result:
        low, high = Decimal(one["low"]), Decimal(one["high"])
        given = [(sheet.examiner.name, Decimal(sheet.points[one["key"]])) for sheet in candidate.sheets.all()]
        found.append(
            Spread(labels[one["key"]], Decimal(one["mean"]), low, high, high - low > _APART, given if is_named else ())
        )
    return found


@require_POST
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new link for a guest, shown once; ``pk`` is the examiner's."""
    token = learning.renew_link(actor=user_of(request), examiner_id=pk)
    return _shown(request, learning.guest_of(token).panel_id, {str(pk): token})


@require_POST
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Decide by the sheets there are; ``pk`` is the candidate's."""
    try:
        done = learning.settle_panel(actor=user_of(request), candidate_id=pk, reason=request.POST.get("reason", ""))
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(reverse("exam_panels"))
    messages.success(request, _("Decided by the sheets there are; the reason is kept."))
    return HttpResponseRedirect(reverse("exam_panel", args=[done.panel_id]))
