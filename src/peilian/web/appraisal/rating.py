"""Rating: one person after the other, level by level against the written descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Language
from peilian.engine.scorecard import Measure
from peilian.flows.wording import say
from peilian.web.appraisal.cycles import trail
from peilian.web.appraisal.wordings import EVENT_KINDS, EVENT_STATES
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language


@dataclass(frozen=True)
class Level:
    """One description to choose."""

    number: int
    text: str
    is_chosen: bool
    is_former: bool


@dataclass(frozen=True)
class Question:
    """What is to be judged, with its levels from the lowest to the highest."""

    key: str
    label: str
    line: str
    standard: str
    levels: list[Level]
    former: int | None


@require_safe
def rating(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everybody whom the reader rates, with how far each is."""
    user = user_of(request)
    cycle = appraisal.cycle(user=user, pk=pk)
    tasks = _tasks(user, cycle)
    left = [task for task in tasks if task.done < task.total]
    context = {
        "cycle": cycle,
        "trail": trail(cycle, pgettext("appraisal", "Rating")),
        "tasks": tasks,
        "done": len(tasks) - len(left),
        "next": left[0] if left and cycle.takes_inputs else None,
    }
    return render(request, "appraisal/rating.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: UUID, appraisee: UUID) -> HttpResponse:
    """One person: what the month holds beside the levels to choose from; a POST keeps them and goes to the next."""
    user, language = user_of(request), reading_language()
    cycle = appraisal.cycle(user=user, pk=pk)
    tasks = _tasks(user, cycle)
    place = next((n for n, task in enumerate(tasks) if task.appraisee.pk == appraisee), None)
    if place is None or not cycle.takes_inputs:
        raise people.NotVisibleError
    task = tasks[place]
    faults: list[str] = []
    if request.method == "POST":
        try:
            appraisal.rate(
                actor=user,
                appraisee=task.appraisee,
                levels={name: request.POST.get(name) or None for name in task.indicators},
                remark=request.POST.get("remark", ""),
                remarks=_line_remarks(request, user, task),
            )
        except InputError as error:
            faults = [say(fault.reason, language) for fault in error.faults]
        else:
            messages.success(request, _("Kept: %(name)s.") % {"name": task.appraisee.employee.name})
            return HttpResponseRedirect(_next(cycle, tasks, place, request.POST.get("do", "")))
    context = _context(request, cycle, tasks, place) | {"faults": faults}
    return render(request, "appraisal/rating_person.html", context, status=422 if faults else 200)


def _context(
    request: HttpRequest, cycle: appraisal.Cycle, tasks: list[appraisal.RatingTask], place: int
) -> dict[str, Any]:
    user, language = user_of(request), reading_language()
    task = tasks[place]
    row = task.appraisee
    view = appraisal.sheet(user=user, appraisee=row)
    former = _former(user, row)
    said = view.in_language(language) if view.stored else {}
    return {
        "cycle": cycle,
        "row": row,
        "view": view,
        "raw": said.get("raw"),
        "most": said.get("max"),
        "trail": _trail(cycle, row),
        "number": place + 1,
        "of": len(tasks),
        "n_done": sum(one.done >= one.total for one in tasks),
        "before": tasks[place - 1].appraisee if place else None,
        "after": tasks[place + 1].appraisee if place + 1 < len(tasks) else None,
        "former_cycle": former[0],
        "questions": [
            _question(view, name, former[1].get(name), request.POST.get(name), language) for name in task.indicators
        ],
        "remark": request.POST.get("remark", ""),
        "remarks": view.remarks,
        "events": _events(user, cycle, row),
        "has_radar": sight_of(request).employees(people.Permission.SEE_RECORD).filter(pk=row.employee_id).exists(),
    }


def _question(
    view: appraisal.SheetView, name: str, former: int | None, sent: str | None, language: Language
) -> Question:
    measure: Measure = view.card.indicators[name]
    line = next((one for one in view.card.lines if name in one.indicators), None)
    given = (view.inputs.get(name) or {}).get("value")
    chosen = sent or ("" if given is None else str(int(float(given))))
    levels = [
        Level(number, text.in_language(language), str(number) == chosen, number == former)
        for number, text in enumerate(measure.levels, start=1)
    ]
    standard = line.standard.in_language(language) if line is not None and line.standard else ""
    return Question(name, measure.label.in_language(language), line.key if line else "", standard, levels, former)


def _former(user: people.User, row: appraisal.Appraisee) -> tuple[appraisal.Cycle | None, dict[str, int]]:
    """The levels of the person's cycle before, by the same template."""
    template = row.cycle.template_version.template_id
    for other in appraisal.sheets_of(user=user, employee=row.employee):
        cycle = other.cycle
        if cycle.starts_on < row.cycle.starts_on and cycle.template_version.template_id == template:
            given = appraisal.inputs_of(user=user, appraisee=other)
            return cycle, {name: int(one.value) for name, one in given.items() if one.value is not None}
    return None, {}


def _events(user: people.User, cycle: appraisal.Cycle, row: appraisal.Appraisee) -> list[dict[str, Any]]:
    rows = appraisal.events_of(
        user=user, employee=row.employee, from_day=cycle.starts_on, to_day=cycle.ends_on
    ).exclude(state=appraisal.EventState.WITHDRAWN)
    return [{"row": one, "kind": EVENT_KINDS[one.kind], "state": EVENT_STATES[one.state]} for one in rows]


def _line_remarks(request: HttpRequest, user: people.User, task: appraisal.RatingTask) -> dict[str, str]:
    """Words on the lines that the levels belong to."""
    card = appraisal.sheet(user=user, appraisee=task.appraisee).card
    lines = {line.key for line in card.lines if set(line.indicators) & set(task.indicators)}
    given = {key: request.POST.get(f"remark.{key}", "") for key in lines}
    return {key: text for key, text in given.items() if text.strip()}


def _next(cycle: appraisal.Cycle, tasks: list[appraisal.RatingTask], place: int, do: str) -> str:
    """The next person who is not rated in full, after this one, else from the beginning; with nobody left the list."""
    if do == "stay":
        return reverse("appraisal_rating_person", args=[cycle.pk, tasks[place].appraisee.pk])
    for task in (*tasks[place + 1 :], *tasks[:place]):
        if task.done < task.total:
            return reverse("appraisal_rating_person", args=[cycle.pk, task.appraisee.pk])
    return reverse("appraisal_rating", args=[cycle.pk])


def _tasks(user: people.User, cycle: appraisal.Cycle) -> list[appraisal.RatingTask]:
    tasks = [task for task in appraisal.to_rate(user=user, cycle=cycle) if task.total]
    if not tasks:
        raise people.NotVisibleError
    return tasks


def _trail(cycle: appraisal.Cycle, row: appraisal.Appraisee) -> list[dict[str, str]]:
    found = trail(cycle, row.employee.name)
    found.insert(-1, {"label": pgettext("appraisal", "Rating"), "href": reverse("appraisal_rating", args=[cycle.pk])})
    return found
