"""Opening an exam: which paper, for whom, when; looked at before it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from peilian.apps.base.api import company_zone, new_id
from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.people.forms import UnitFilter, name_in
from peilian.web.record.wordings import competency_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_id

P = people.Permission
USUAL_DAYS = 7
_FIELDS = {"employees": "takers", "opens_at": "opens_at", "closes_at": "closes_at"}


class MomentField(forms.DateTimeField):
    """A moment in the company's time zone, picked or typed as 2026-11-22 15:30."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
        super().__init__(
            widget=widget,
            input_formats=formats,
            error_messages={"invalid": gettext_lazy("A time such as 2026-11-22 15:30 is needed here.")},
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        """As the field shows it."""
        return timezone.localtime(value, company_zone()) if isinstance(value, datetime) and value.tzinfo else value

    def to_python(self, value: Any) -> Any:
        """The moment, aware."""
        with timezone.override(company_zone()):
            return super().to_python(value)


class OpeningForm(forms.Form):
    """Which exam, for whom, from when to when."""

    exam = forms.ChoiceField(label=gettext_lazy("Exam paper"))
    takers = forms.MultipleChoiceField(
        label=gettext_lazy("People"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one person.")},
    )
    opens_at = MomentField(
        label=gettext_lazy("Opens"), required=False, help_text=gettext_lazy("Empty: at once.")
    )  # fmt: skip
    closes_at = MomentField(
        label=gettext_lazy("Closes"), required=False,
        help_text=gettext_lazy("Nobody begins after it, and who is in the middle of it is handed in."),
    )  # fmt: skip
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), required=False, help_text=gettext_lazy("Empty: as the paper says.")
    )  # fmt: skip
    attempts = forms.IntegerField(
        label=gettext_lazy("Attempts"), required=False, help_text=gettext_lazy("Empty: as the paper says.")
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("A word to them"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    batch = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, listed: Sequence[people.Employee], **options: Any) -> None:
        super().__init__(*arguments, **options)
        papers, language = learning.exams_in_force(), reading_language()
        self.fields["exam"].choices = [  # type: ignore[attr-defined]
            (key, exam.title.to_text().in_language(language)) for key, (_version, exam) in papers.items()
        ]
        self.fields["takers"].choices = [(str(one.pk), f"{one.name} {one.number}") for one in listed]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages.setdefault("required", _("This needs to be filled in."))

    def what(self) -> learning.NewSitting:
        """The sitting that the form describes."""
        data = self.cleaned_data
        return learning.NewSitting(
            exam=data["exam"],
            opens_at=data["opens_at"],
            closes_at=data["closes_at"],
            minutes=data["minutes"],
            attempts=data["attempts"],
            note=data["note"],
            batch=data["batch"],
        )


class WhoForm(UnitFilter):
    """Who is offered for choice: by unit, post and open need."""

    permission = P.ASSIGN_TRAINING

    post = forms.ChoiceField(label=gettext_lazy("Post"), required=False)
    need = forms.ChoiceField(label=gettext_lazy("Need"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        posts = [(str(post.pk), name_in(post.name)) for post in people.Post.objects.order_by("code")]
        self.fields["post"].choices = [("", _("All posts")), *posts]  # type: ignore[attr-defined]
        needs = [(key, competency_name(key)) for key in record.competency_model().competencies]
        self.fields["need"].choices = [("", _("Whatever they need")), *needs]  # type: ignore[attr-defined]

    def people(self, user: people.User, sight: people.Sight) -> list[people.Employee]:
        """Those whom the reader may assign training to and who fit."""
        rows = sight.employees(P.ASSIGN_TRAINING).exclude(left_on__lte=sight.day)
        if self.is_valid():
            chosen = self.cleaned_data
            places = people.Membership.objects.on(sight.day)
            if chosen["unit"]:
                rows = rows.filter(pk__in=places.filter(unit__in=sight.within(chosen["unit"])).values("employee"))
            if chosen["post"]:
                rows = rows.filter(pk__in=places.filter(post=chosen["post"]).values("employee"))
            if chosen["need"]:
                live = record.needs_of(user=user).filter(subject=chosen["need"], state__in=("open", "assigned"))
                rows = rows.filter(pk__in=live.values("employee"))
        return list(rows.distinct().order_by("number"))


@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest) -> HttpResponse:
    """Choose, look at what it would mean, open."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.ASSIGN_TRAINING)
    who = WhoForm(request.GET, sight=sight)
    listed = who.people(user, sight)
    if request.method != "POST":
        form = _first(request.GET, listed)
        return render(request, "exams/opening.html", {"form": form, "who": who, "n_listed": len(listed)})
    everybody = WhoForm({}, sight=sight).people(user, sight)
    form = OpeningForm(request.POST, listed=everybody)
    context: dict[str, Any] = {"form": form, "who": who, "n_listed": len(listed)}
    if form.is_valid():
        chosen = set(form.cleaned_data["takers"])
        takers = [one for one in everybody if str(one.pk) in chosen]
        try:
            if request.POST.get("do") == "open":
                opened = learning.open_sitting(actor=user, what=form.what(), employees=takers)
                messages.success(request, _("The exam is open; everybody who was chosen finds it among their tasks."))
                return HttpResponseRedirect(reverse("exam_occasion", args=[opened.pk]))
            context |= _preview(user, form, takers)
        except InputError as error:
            for fault in error.faults:
                name = _FIELDS.get(fault.field or "", fault.field)
                form.add_error(name if name in form.fields else None, say(fault.reason, reading_language()))
    return render(request, "exams/opening.html", context, status=422 if form.errors else 200)


def _preview(user: people.User, form: OpeningForm, takers: Sequence[people.Employee]) -> dict[str, Any]:
    found = learning.outlook(user=user, exam=form.cleaned_data["exam"], employees=takers)
    paper = found.exam
    return {
        "is_preview": True,
        "takers": takers,
        "paper": paper,
        "paper_title": paper.title.to_text().in_language(reading_language()),
        "minutes": form.cleaned_data["minutes"] or paper.minutes,
        "attempts": form.cleaned_data["attempts"] or paper.attempts,
        "n_questions": len(paper.fixed) + sum(rule.count for rule in paper.drawn)
        if paper.adaptive is None
        else paper.adaptive.most,
        "n_never_asked": found.n_never_asked,
        "unmarked": list(found.unmarked),
        "knowing": found.knowing,
    }


def _first(data: QueryDict, listed: Sequence[people.Employee]) -> OpeningForm:
    day = timezone.localtime(timezone.now(), company_zone()) + timedelta(days=USUAL_DAYS)
    chosen = {str(pk) for pk in map(as_id, data.getlist("person")) if pk}
    initial = {
        "exam": data.get("exam", ""),
        "takers": [str(one.pk) for one in listed if str(one.pk) in chosen],
        "closes_at": day.replace(hour=23, minute=59, second=0, microsecond=0),
        "batch": new_id(),
    }
    return OpeningForm(listed=listed, initial=initial)
