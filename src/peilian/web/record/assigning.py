"""Assigning drills: to one person or several, with deadline, attempts and what counts; and seeing how it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base.api import end_of_day, new_id
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.flows.wording import say, say_fault
from peilian.web.people.forms import DayField, UnitFilter, name_in
from peilian.web.record.drills import all_drills, drill_title
from peilian.web.record.tasks import task_of
from peilian.web.record.wordings import ASSIGNMENT_STATES, subject_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_id

P = people.Permission
USUAL_DAYS = 7
USUAL_MARK = Decimal(60)


class AssignForm(forms.Form):
    """What is to be practised, by whom, until when."""

    drill = forms.ChoiceField(label=gettext_lazy("Drill"))
    trainees = forms.MultipleChoiceField(
        label=gettext_lazy("People"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )
    due_on = DayField(label=gettext_lazy("Due on"), required=False)
    attempts = forms.IntegerField(
        label=gettext_lazy("Attempts"), required=False, min_value=1, max_value=50,
        help_text=gettext_lazy(
            "Empty: as often as wished. A number makes it a test: no pauses, no more tries than that."
        ),
    )  # fmt: skip
    rule = forms.ChoiceField(
        label=gettext_lazy("What counts"),
        choices=[("best", gettext_lazy("the best attempt")), ("last", gettext_lazy("the last attempt"))],
    )
    pass_mark = forms.DecimalField(
        label=gettext_lazy("Pass mark"), required=False, min_value=0, max_value=100, max_digits=6, decimal_places=2,
        help_text=gettext_lazy("Of 100 points. Empty: having done it is enough."),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("A word to them"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    batch = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, listed: Sequence[people.Employee], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["drill"].choices = [  # type: ignore[attr-defined]
            (drill.key, drill.label) for drill in all_drills()
        ]
        self.fields["trainees"].choices = [(str(one.pk), f"{one.name} {one.number}") for one in listed]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages.setdefault("required", _("This needs to be filled in."))

    def what(self) -> record.NewAssignment:
        """The assignment that the form describes."""
        data = self.cleaned_data
        key, day = data["drill"], data["due_on"]
        return record.NewAssignment(
            target=key,
            title=drill_title(key),
            due_at=end_of_day(day) if day else None,
            attempts_allowed=data["attempts"],
            rule=data["rule"],
            pass_mark=data["pass_mark"],
            note=data["note"],
            link=f"{reverse('drill_start', args=[key])}?assignment={{assignment}}",
            batch=data["batch"],
        )


class TaskFilter(UnitFilter):
    """Whose assignments, in which state."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All states")), *ASSIGNMENT_STATES.items()],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Choose and assign; needs that lead here become assigned."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.ASSIGN_TRAINING)
    listed = _assignable(sight)
    data = request.POST if request.method == "POST" else request.GET
    needs = needs_named(user, data, {one.pk for one in listed})
    form = AssignForm(request.POST, listed=listed) if request.method == "POST" else _first(data, listed, needs)
    if request.method == "POST" and form.is_valid():
        chosen = set(form.cleaned_data["trainees"])
        try:
            rows = record.assign(
                actor=user,
                employees=[one for one in listed if str(one.pk) in chosen],
                what=form.what(),
                needs=[need for need in needs if str(need.employee_id) in chosen],
            )
        except InputError as error:
            _show_faults(form, error)
        else:
            said = ngettext("Assigned to %(n)d person.", "Assigned to %(n)d people.", len(rows)) % {"n": len(rows)}
            messages.success(request, said)
            return HttpResponseRedirect(reverse("team_tasks"))
    context = {"form": form, "needs": [(need, subject_name(need)) for need in needs]}
    return render(request, "record/assign.html", context, status=422 if request.method == "POST" else 200)


def _assignable(sight: people.Sight) -> list[people.Employee]:
    rows = sight.employees(P.ASSIGN_TRAINING).exclude(left_on__lte=sight.day)
    return list(rows.distinct().order_by("number"))


def needs_named(user: people.User, data: QueryDict, allowed: set[UUID]) -> list[record.Need]:
    """The live needs that the address names, one of a person."""
    pks = [pk for pk in map(as_id, data.getlist("need")[:200]) if pk is not None]
    found: dict[UUID, record.Need] = {}
    for need in record.needs_of(user=user).filter(pk__in=pks, employee__in=allowed):
        found.setdefault(need.employee_id, need)
    return list(found.values())


def _first(data: QueryDict, listed: Sequence[people.Employee], needs: Sequence[record.Need]) -> AssignForm:
    """The empty form, with what the address suggests."""
    chosen = {str(need.employee_id) for need in needs} | set(data.getlist("person"))
    initial = {
        "drill": data.get("drill", ""),
        "trainees": [str(one.pk) for one in listed if str(one.pk) in chosen],
        "due_on": timezone.localdate() + timedelta(days=USUAL_DAYS),
        "rule": "best",
        "pass_mark": USUAL_MARK,
        "batch": new_id(),
    }
    return AssignForm(listed=listed, initial=initial)


def _show_faults(form: forms.Form, error: InputError) -> None:
    """The reasons beside their fields. A form that was sent before gets a new id: who sends it once more means it."""
    if any(fault.field == "batch" for fault in error.faults) and isinstance(form.data, QueryDict):
        form.data = form.data.copy()
        form.data["batch"] = str(new_id())
    fields = {"due_at": "due_on", "attempts_allowed": "attempts", "employees": "trainees", "pass_mark": "pass_mark"}
    for fault in error.faults:
        form.add_error(fields.get(fault.field or ""), say(fault.reason, reading_language()))


@require_safe
def team_tasks(request: HttpRequest) -> HttpResponse:
    """The assignments of those whose record the reader may see."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = TaskFilter(request.GET, sight=sight)
    chosen = form.cleaned_data if form.is_valid() else {}
    states = [chosen["state"]] if chosen.get("state") else None
    page = page_of(record.assignments_of(user=user, unit=chosen.get("unit"), states=states), request)
    may_cancel = set(sight.employees(P.ASSIGN_TRAINING).values_list("pk", flat=True))
    now = timezone.now()
    context = {
        "form": form,
        "page": page,
        "tasks": [
            {
                "task": task_of(row, now),
                "title": name_in(row.title) or row.target,
                "may_cancel": row.employee_id in may_cancel
                and (row.employee_id != user.employee_id or row.created_by_id == user.pk),
            }
            for row in page
        ],
        "may_assign": sight.may(P.ASSIGN_TRAINING),
        "is_filtered": bool(request.GET),
    }  # fmt: skip
    return render(request, "record/tasks.html", context)


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an assignment back."""
    user = user_of(request)
    found = record.assignment(user=user, pk=pk)
    try:
        record.cancel_assignment(actor=user, assignment=found, reason=request.POST.get("reason", ""))
    except InputError as error:
        messages.error(request, say_fault(error.faults[0], reading_language()))
    else:
        messages.success(request, _("The assignment is cancelled; its results stay."))
    return HttpResponseRedirect(reverse("team_tasks"))


@require_safe
def own_tasks(request: HttpRequest) -> HttpResponse:
    """What the reader was told to practise, and how it went."""
    own = user_of(request).employee
    if own is None:
        raise people.NotVisibleError
    page = page_of(record.assignments_of(user=user_of(request), employee=own), request)
    now = timezone.now()
    tasks = [{"task": task_of(row, now), "title": name_in(row.title) or row.target} for row in page]
    return render(request, "record/own_tasks.html", {"page": page, "tasks": tasks})
