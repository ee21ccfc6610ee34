"""Cycles: the list, opening one, and the steps from collecting to closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.web.appraisal.cycle_forms import OpenForm, WindowForm
from peilian.web.appraisal.doing import done, refuse
from peilian.web.appraisal.month import Month
from peilian.web.appraisal.wordings import STATES, cycle_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of

P = people.Permission
# Everybody sees the own sheets, which are no reason to see cycles.
SEERS = (P.SEE_APPRAISAL_TOTALS, P.RATE_APPRAISALS, P.RUN_APPRAISALS, P.DECIDE_APPEALS)
TONES = {"collecting": "accent", "reviewing": "warn", "frozen": "accent", "published": "good", "closed": "neutral"}


@require_safe
def cycles(request: HttpRequest) -> HttpResponse:
    """Every cycle that the reader has to do with, newest first."""
    sight, user = sight_of(request), user_of(request)
    if not any(map(sight.may, SEERS)):
        raise people.NotVisibleError
    page = page_of(appraisal.cycles(user=user), request)
    rows: list[appraisal.Cycle] = list(page)
    lines = [
        {
            "row": row,
            "state": STATES[row.state],
            "tone": TONES[row.state],
            "people": appraisal.appraisees(user=user, cycle=row).count(),
        }
        for row in rows
    ]
    context = {
        "page": page,
        "lines": lines,
        "may_open": sight.may(P.RUN_APPRAISALS),
        "has_rules": appraisal.templates(user=user).filter(retired_at=None).exists(),
        "may_make_rules": sight.reaches_company(P.EDIT_APPRAISAL_RULES),
    }
    return render(request, "appraisal/cycles.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open a cycle. The button for suggested grades only fills the form."""
    sight, user = sight_of(request), user_of(request)
    sight.require(P.RUN_APPRAISALS)
    form = _open_form(request, user=user, sight=sight)
    made: list[appraisal.Cycle] = []

    def save() -> None:
        data = form.cleaned_data
        made.append(
            appraisal.open_cycle(
                actor=user,
                template=data["template"],
                unit=data["unit"],
                period=form.period,
                self_comment_until=data["self_comment_until"],
                appeal_days=data["appeal_days"],
                shows_preview=data["shows_preview"],
                grades=form.grades(),
                posts=form.chosen_posts(),
            )
        )

    is_sent = request.method == "POST" and "suggest" not in request.POST
    if is_sent and form.saved(save):
        messages.success(request, _("The cycle is open. Collect what the sources say next."))
        return HttpResponseRedirect(reverse("appraisal_cycle", args=[made[0].pk]))
    return render(request, "appraisal/cycle_new.html", {"form": form}, status=422 if is_sent else 200)


@require_safe
def cycle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The month at a glance."""
    user = user_of(request)
    row = appraisal.cycle(user=user, pk=pk)
    rights = appraisal.can(user=user, cycle=row)
    if not (rights.run or rights.rate or rights.decide or rights.totals):
        raise people.NotVisibleError
    month = Month(user, row, rights, reading_language(), request.GET.get("sort", ""), request.GET.get("page", ""))
    return render(request, "appraisal/cycle.html", {"month": month, "cycle": row, "rights": rights})


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Dates, appeals, preview and grades, until the results are published."""
    user = user_of(request)
    row = _run(user, pk)
    form = _window_form(request, row)

    def save() -> None:
        data = form.cleaned_data
        appraisal.change_cycle(
            actor=user,
            cycle=row,
            self_comment_until=data["self_comment_until"],
            appeal_days=data["appeal_days"],
            shows_preview=data["shows_preview"],
            grades=form.grades() if row.takes_inputs else None,
        )

    is_sent = request.method == "POST" and "suggest" not in request.POST
    if is_sent and form.saved(save):
        messages.success(request, _("Changed."))
        return HttpResponseRedirect(reverse("appraisal_cycle", args=[pk]))
    context = {"form": form, "cycle": row, "trail": trail(row, _("Dates and grades"))}
    return render(request, "appraisal/cycle_change.html", context, status=422 if is_sent else 200)


@require_POST
def step(request: HttpRequest, pk: UUID, what: str) -> HttpResponse:
    """One step of the way; what cannot be done is told on the cycle's page."""
    user = user_of(request)
    row = _run(user, pk)
    take: Callable[[HttpRequest, people.User, appraisal.Cycle], str | None] | None = _STEPS.get(what)
    if take is None:
        raise people.NotVisibleError
    elsewhere = None
    try:
        elsewhere = take(request, user, row)
    except InputError as error:
        refuse(request, error, most=1 if what == "freeze" else 3)
    return HttpResponseRedirect(elsewhere or reverse("appraisal_cycle", args=[pk]))


def _collect(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> str | None:
    found = appraisal.start_collect(actor=user, cycle=row)
    if isinstance(found, base.Job):
        return reverse("job", args=[found.pk])
    told = {"people": found.people, "new": found.new, "same": found.same, "kept": found.kept}
    said = _(
        "%(people)d people: %(new)d values are new, %(same)d are as before, %(kept)d were left as entered by hand."
    )
    messages.success(request, said % told)
    return None


def _review(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> None:
    appraisal.start_review(actor=user, cycle=row)
    messages.success(request, _("Under review: supervisors can rate, and people comment on their month."))


def _freeze(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> str | None:
    found = appraisal.freeze(actor=user, cycle=row, leave_out=request.POST.get("leave_out", ""))
    if isinstance(found, base.Job):
        return reverse("job", args=[found.pk])
    messages.success(request, _("The results are final and not yet public. Look them through, then publish."))
    return None


def _reopen(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> None:
    appraisal.reopen(actor=user, cycle=row, reason=request.POST.get("reason", ""))
    messages.success(request, _("Open again. The former results stay on record as earlier versions."))


def _publish(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> None:
    shown = appraisal.publish(actor=user, cycle=row)
    said = ngettext(
        "Published. Everybody can appeal for %(n)d day.",
        "Published. Everybody can appeal for %(n)d days.",
        shown.appeal_days,
    )
    messages.success(request, said % {"n": shown.appeal_days})


def _close(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> None:
    appraisal.close(actor=user, cycle=row)
    messages.success(request, _("The cycle is closed."))


def _discard(request: HttpRequest, user: people.User, row: appraisal.Cycle) -> str:
    appraisal.discard_cycle(actor=user, cycle=row, reason=request.POST.get("reason", ""))
    messages.success(request, _("Discarded. Its people can be appraised in another cycle."))
    return reverse("appraisal_cycles")


_STEPS: dict[str, Callable[[HttpRequest, people.User, appraisal.Cycle], str | None]] = {
    "collect": _collect,
    "review": _review,
    "freeze": _freeze,
    "reopen": _reopen,
    "publish": _publish,
    "close": _close,
    "discard": _discard,
}


@require_POST
def aside(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Appraise somebody not at all this time, or take the person in again."""
    user = user_of(request)
    row = _run(user, pk)
    person = appraisal.appraisee(user=user, pk=request.POST.get("person", ""))
    if person.cycle_id != row.pk:
        raise people.NotVisibleError
    told = {"name": person.employee.name}
    if request.POST.get("do") == "take_in":
        done(
            request,
            lambda: appraisal.take_in(actor=user, appraisee=person),
            _("%(name)s is appraised after all.") % told,
        )
    else:
        reason = request.POST.get("reason", "")
        done(
            request,
            lambda: appraisal.set_aside(actor=user, appraisee=person, reason=reason),
            _("%(name)s is not appraised this time.") % told,
        )
    return HttpResponseRedirect(f"{reverse('appraisal_cycle', args=[pk])}#aside")


def trail(row: appraisal.Cycle, last: str) -> list[dict[str, str]]:
    """The way to a page of a cycle."""
    return [
        {"label": _("Assess"), "href": reverse("assess")},
        {"label": _("Cycles"), "href": reverse("appraisal_cycles")},
        {"label": cycle_name(row), "href": reverse("appraisal_cycle", args=[row.pk])},
        {"label": last, "href": ""},
    ]


def _run(user: people.User, pk: UUID) -> appraisal.Cycle:
    """A cycle that the user runs."""
    row = appraisal.cycle(user=user, pk=pk)
    if not appraisal.can(user=user, cycle=row).run:
        raise people.NotVisibleError
    return row


def _open_form(request: HttpRequest, **options: Any) -> OpenForm:
    if request.method != "POST":
        return OpenForm(initial={"appeal_days": 7, "shows_preview": True}, **options)
    if "suggest" not in request.POST:
        return OpenForm(request.POST, **options)
    given = {name: request.POST.get(name, "") for name in OpenForm.base_fields if name != "posts"}
    initial = {**given, "posts": request.POST.getlist("posts"), "shows_preview": "shows_preview" in request.POST}
    return OpenForm(initial=initial, grades=appraisal.suggested_grades(), **options)


def _window_form(request: HttpRequest, row: appraisal.Cycle) -> WindowForm:
    if request.method == "POST" and "suggest" not in request.POST:
        return WindowForm(request.POST, grades=row.grades)
    initial = {name: getattr(row, name) for name in WindowForm.base_fields}
    if request.method == "POST":
        initial = {name: request.POST.get(name, "") for name in WindowForm.base_fields}
        return WindowForm(initial=initial, grades=appraisal.suggested_grades())
    return WindowForm(initial=initial, grades=row.grades)
