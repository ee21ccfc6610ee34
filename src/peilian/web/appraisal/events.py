"""The event register: what happened, who confirmed it, and which line it takes points on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import today_in_company
from peilian.apps.contacts import api as contacts
from peilian.apps.people import api as people
from peilian.engine._kernel import Language
from peilian.web.appraisal.doing import done
from peilian.web.appraisal.wordings import EVENT_KINDS, EVENT_STATES
from peilian.web.people.forms import DayField, DirectoryForm, PersonChoice, name_in, suggestions
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission
TONES = {"reported": "warn", "confirmed": "bad", "withdrawn": "neutral"}
_CONFIRMERS = (P.RATE_APPRAISALS, P.RUN_APPRAISALS)
_READERS = (P.REGISTER_EVENTS, P.SEE_APPRAISALS, *_CONFIRMERS)
_ADDRESS = re.compile(r"/insight/conversations/(?P<id>.+?)/?(?:[?#].*)?$")
_CONVERSATION = "conversation"
_LOOK_BACK = timedelta(days=92)  # about people who left or moved lately there may still be something to report


class EventFilter(forms.Form):
    """Which events are listed."""

    q = forms.CharField(label=gettext_lazy("Person"), required=False, max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("What happened"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    from_day = DayField(label=gettext_lazy("From"), required=False)
    to_day = DayField(label=gettext_lazy("To"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", _("everything")), *EVENT_KINDS.items()]
        states: Any = self.fields["state"]
        states.choices = [("", _("all")), *EVENT_STATES.items()]


class EventForm(DirectoryForm):
    """What happened, to whom it belongs, and where it can be read."""

    employee = PersonChoice(label=gettext_lazy("Person"))
    on = DayField(label=gettext_lazy("Day"))
    kind = forms.ChoiceField(label=gettext_lazy("What happened"))
    text = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What was done or said, and what it led to; the person reads this."),
    )
    conversation = forms.CharField(
        label=gettext_lazy("Conversation"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("The address or the number of the conversation, so that everybody can read it."),
    )
    fields_of_door = {"reference": "conversation"}  # noqa: RUF012

    def __init__(self, *arguments: Any, user: people.User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._user = user
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", _("Choose")), *EVENT_KINDS.items()]

    def reference(self) -> tuple[str, str]:
        """The conversation, from its address or its number."""
        given = self.cleaned_data["conversation"].strip()
        if not given:
            return "", ""
        found = _ADDRESS.search(given)
        return _CONVERSATION, unquote(found["id"]) if found else given

    def clean_conversation(self) -> str:
        """Only one that the reader can open: whoever decides has to be able to read it."""
        given: str = self.cleaned_data["conversation"].strip()
        if given:
            found = _ADDRESS.search(given)
            name = unquote(found["id"]) if found else given
            if contacts.conversation(user=self._user, conversation_id=name) is None:
                raise forms.ValidationError(_("There is no such conversation, or you may not read it."))
        return given


@dataclass
class Hit:
    """An indicator that an event can be counted on, with the lines of the rules that it takes points on."""

    indicator: str
    label: str
    is_usual: bool
    is_chosen: bool
    lines: list[tuple[str, str, str]] = field(default_factory=list)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """The register, as far as the reader reaches, newest first."""
    user, sight = user_of(request), sight_of(request)
    if not any(map(sight.may, _READERS)):
        raise people.NotVisibleError
    form = EventFilter(request.GET or None)
    asked: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = appraisal.events_of(
        user=user,
        from_day=asked.get("from_day"),
        to_day=asked.get("to_day"),
        states=[asked["state"]] if asked.get("state") else None,
        kinds=[asked["kind"]] if asked.get("kind") else None,
    )
    if asked.get("q"):
        rows = rows.filter(employee__name__contains=asked["q"].strip()) | rows.filter(
            employee__number=asked["q"].strip()
        )
    page = page_of(rows, request)
    found: list[appraisal.Event] = list(page)
    labels = _labels(request, reading_language())
    lines = [
        {
            "row": row,
            "kind": EVENT_KINDS[row.kind],
            "state": EVENT_STATES[row.state],
            "tone": "good" if row.kind == "praise" else TONES[row.state],
            "on": [labels.get(name, name) for name in row.counts_on],
        }
        for row in found
    ]
    waiting = appraisal.events_of(user=user, states=[appraisal.EventState.REPORTED]).count()
    context = {
        "page": page,
        "lines": lines,
        "form": form,
        "waiting": waiting,
        "may_register": sight.may(P.REGISTER_EVENTS),
    }
    return render(request, "appraisal/events.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Report what happened."""
    user, sight = user_of(request), sight_of(request)
    sight.require(P.REGISTER_EVENTS)
    recently = today_in_company() - _LOOK_BACK
    reached = sight.employees_between(P.REGISTER_EVENTS, recently, today_in_company()).exclude(left_on__lte=recently)
    given = {"on": today_in_company(), "conversation": request.GET.get("conversation", "")}
    person = reached.filter(number=request.GET.get("person", "")).first()
    if person is not None:
        given["employee"] = f"{person.number} {person.name}"
    form = EventForm(request.POST or None, initial=given, user=user)
    made: list[appraisal.Event] = []

    def save() -> None:
        data = form.cleaned_data
        made.append(
            appraisal.register_event(
                actor=user,
                employee=data["employee"],
                on=data["on"],
                kind=data["kind"],
                text=data["text"],
                reference=form.reference(),
            )
        )

    if request.method == "POST":
        try:
            is_saved = form.saved(save)
        except people.NotVisibleError:
            form.add_error("employee", _("Events about this person are not yours to register."))
            is_saved = False
        if is_saved:
            return HttpResponseRedirect(reverse("appraisal_event", args=[made[0].pk]))
    context = {"form": form, "people_names": suggestions(reached.order_by("number")[:500])}
    return render(request, "appraisal/event_new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def event(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One event: what happened, and every line that it could hit."""
    user, language = user_of(request), reading_language()
    row = appraisal.event(user=user, pk=pk)
    context = {
        "row": row,
        "kind": EVENT_KINDS[row.kind],
        "state": EVENT_STATES[row.state],
        "tone": "good" if row.kind == "praise" else TONES[row.state],
        "hits": _hits(request, row, language),
        "may_decide": _may_decide(request, row),
        "is_open": row.state != appraisal.EventState.WITHDRAWN,
        "conversation": row.reference_id if row.reference_kind == _CONVERSATION else "",
        "trail": [
            {"label": _("Assess"), "href": reverse("assess")},
            {"label": _("Events"), "href": reverse("appraisal_events")},
            {"label": f"{row.employee.name} · {row.on:%Y-%m-%d}", "href": ""},
        ],
    }
    return render(request, "appraisal/event.html", context)


@require_POST
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm it, withdraw it, or choose the line it counts on."""
    user = user_of(request)
    row = appraisal.event(user=user, pk=pk)
    do, back = request.POST.get("do", ""), request.POST.get("cycle", "")
    address = f"{_cycle_address(user, back)}#doubles" if back else reverse("appraisal_event", args=[pk])
    if do == "confirm":
        note = request.POST.get("note", "")
        said = _("Confirmed. It counts when the cycle of that day is collected next.")
        done(request, lambda: appraisal.confirm_event(actor=user, event=row, note=note), said)
    elif do == "withdraw":
        reason = request.POST.get("reason", "")
        done(
            request,
            lambda: appraisal.withdraw_event(actor=user, event=row, reason=reason),
            _("Withdrawn. It stays in the register and takes no points."),
        )
    elif do == "count_on":
        names = request.POST.getlist("indicator")
        said = _("Chosen. It counts there when the cycle is collected next.")
        done(request, lambda: appraisal.count_on(actor=user, event=row, indicator=names), said)
    else:
        raise people.NotVisibleError
    return HttpResponseRedirect(address)


def _cycle_address(user: people.User, pk: str) -> str:
    return reverse("appraisal_cycle", args=[appraisal.cycle(user=user, pk=pk).pk])


def _may_decide(request: HttpRequest, row: appraisal.Event) -> bool:
    user, sight = user_of(request), sight_of(request)
    if user.employee_id == row.employee_id:
        return False
    return any(
        sight.may(one) and sight.employees_between(one, row.on, row.on).filter(pk=row.employee_id).exists()
        for one in _CONFIRMERS
    )


def _lines(request: HttpRequest) -> list[appraisal.EventLine]:
    sight = sight_of(request)
    if not any(map(sight.may, (P.REGISTER_EVENTS, *_CONFIRMERS))):
        return []
    return appraisal.event_lines(user=user_of(request))


def _labels(request: HttpRequest, language: Language) -> Mapping[str, str]:
    return {one.indicator: one.label.in_language(language) for one in _lines(request)}


def _hits(request: HttpRequest, row: appraisal.Event, language: Language) -> list[Hit]:
    """The usual indicator of its kind first, then those it is counted on, then the others."""
    if row.kind == appraisal.EventKind.PRAISE:
        return []
    usual = appraisal.USUAL_INDICATORS[appraisal.EventKind(row.kind)]
    found: dict[str, Hit] = {}
    for one in _lines(request):
        name = one.indicator
        hit = found.setdefault(name, Hit(name, one.label.in_language(language), name == usual, name in row.counts_on))
        standard = one.line.standard.in_language(language) if one.line.standard else ""
        hit.lines.append((name_in(one.template.title), one.line.label.in_language(language), standard))
    for name in row.counts_on:
        found.setdefault(name, Hit(name, name, name == usual, is_chosen=True))
    return sorted(found.values(), key=lambda hit: (not hit.is_usual, not hit.is_chosen, hit.label))
