"""Who of a team is where: what is overdue first, and assigning a path, a course or a lesson."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.base.api import end_of_day
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning.parts import going_of
from peilian.web.people.forms import DayField, UnitFilter, name_in
from peilian.web.record.assigning import needs_named
from peilian.web.record.wordings import subject_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission
USUAL_DAYS = 14


class TeamFilter(UnitFilter):
    """Whose learning, and of what."""

    what = forms.ChoiceField(label=gettext_lazy("What"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["what"].choices = [("", _("All")), *taught(("path", "course"))]  # type: ignore[attr-defined]


class AssignLearningForm(forms.Form):
    """What is to be learnt, by whom, until when."""

    what = forms.ChoiceField(label=gettext_lazy("What is to be learnt"))
    learners = forms.MultipleChoiceField(
        label=gettext_lazy("People"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )
    due_on = DayField(label=gettext_lazy("Due on"), required=False)
    note = forms.CharField(
        label=gettext_lazy("A word to them"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *arguments: Any, listed: Sequence[people.Employee], subjects: Collection[str] = (), **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        groups = [
            (_("Trains what is needed"), [_choice(row) for row in learning.training(subjects)]),
            (_("Paths"), taught(("path",))),
            (_("Courses"), taught(("course",))),
            (_("Lessons"), taught(("lesson",))),
        ]
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose")),
            *(group for group in groups if group[1]),
        ]
        self.fields["learners"].choices = [(str(one.pk), f"{one.name} {one.number}") for one in listed]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages.setdefault("required", _("This needs to be filled in."))
            field.error_messages["required"] = field.error_messages.get("required") or _("This needs to be filled in.")


def taught(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """What is in force of some kinds, by title."""
    rows = [row for kind in kinds for row, _version, _document in library.current_documents(kind=kind)]
    return sorted(map(_choice, rows), key=lambda one: one[1])


def _choice(row: library.Content) -> tuple[str, str]:
    return row.reference, name_in(row.title)


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Who is where, of those whose record the reader may see."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    sight.require(P.SEE_RECORD)
    form = TeamFilter(request.GET, sight=sight)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = learning.team_learning(user=user, unit=chosen.get("unit"), what=chosen.get("what") or "")
    page = page_of(rows, request)
    context = {
        "form": form,
        "page": page,
        "rounds": learning.round_participation(user=user, unit=chosen.get("unit")),
        "rows": [{"employee": row.employee, "going": going_of(row.progress)} for row in page],
        "n": len(rows),
        "n_late": sum(row.progress.is_overdue or row.progress.n_overdue > 0 for row in rows),
        "may_assign": sight.may(P.ASSIGN_TRAINING),
        "is_filtered": any(request.GET.values()),
    }
    return render(request, "learning/team.html", context)


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What somebody is on, unit by unit."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.SEE_PEOPLE)
    employee = sight.employee(P.SEE_RECORD, pk)
    context = {
        "employee": employee,
        "going": [going_of(one) for one in learning.learning_of_others(user=user, employee=employee)],
        "weeks": learning.round_weeks(user=user, employee=employee),
        "may_assign": sight.employees(P.ASSIGN_TRAINING).filter(pk=pk).exists(),
    }
    return render(request, "learning/person.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest) -> HttpResponse:
    """Put people on a path, a course or a lesson."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.ASSIGN_TRAINING)
    listed = list(sight.employees(P.ASSIGN_TRAINING).exclude(left_on__lte=sight.day).distinct().order_by("number"))
    data = request.POST if request.method == "POST" else request.GET
    needs = needs_named(user, data, {one.pk for one in listed})
    subjects = {need.subject for need in needs if need.subject_kind == record.NeedSubject.COMPETENCY}
    if request.method == "POST":
        form = AssignLearningForm(request.POST, listed=listed, subjects=subjects)
        if form.is_valid() and (done := _assigned(user, form, listed, needs)) is not None:
            messages.success(request, done)
            return HttpResponseRedirect(reverse("team_learning"))
    else:
        initial = {
            "what": data.get("what", ""),
            "learners": [*data.getlist("person"), *(str(need.employee_id) for need in needs)],
            "due_on": timezone.localdate() + timedelta(days=USUAL_DAYS),
        }
        form = AssignLearningForm(listed=listed, subjects=subjects, initial=initial)
    context = {"form": form, "needs": [(need, subject_name(need)) for need in needs]}
    return render(request, "learning/assign.html", context, status=422 if request.method == "POST" else 200)


def _assigned(
    user: people.User, form: AssignLearningForm, listed: Sequence[people.Employee], needs: Sequence[record.Need]
) -> str | None:
    data = form.cleaned_data
    chosen = [one for one in listed if str(one.pk) in set(data["learners"])]
    pks = {one.pk for one in chosen}
    day = data["due_on"]
    try:
        rows = learning.enrol(
            actor=user,
            employees=chosen,
            what=data["what"],
            due_at=end_of_day(day) if day else None,
            note=data["note"],
            needs=[need for need in needs if need.employee_id in pks],
        )
    except InputError as error:
        fields = {"due_at": "due_on", "employees": "learners", "what": "what", "note": "note"}
        for fault in error.faults:
            form.add_error(fields.get(fault.field or ""), say(fault.reason, reading_language()))
        return None
    said: str = ngettext("%(n)d person is on it now.", "%(n)d people are on it now.", len(rows))
    return said % {"n": len(rows)}
