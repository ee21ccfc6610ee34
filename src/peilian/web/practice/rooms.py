"""The start of a drill, the room it is played in, and what leads out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base import api as base
from peilian.apps.library import api as library
from peilian.apps.people.api import NotVisibleError, Stage, User
from peilian.apps.practice import api as practice
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Language, Reason
from peilian.engine.text.typed import cleaned
from peilian.flows.wording import say
from peilian.web.people.wordings import joined
from peilian.web.practice.forms import StartForm
from peilian.web.practice.listing import marks_of, run_line
from peilian.web.practice.wordings import (
    GAUGES,
    MODE_MEANS,
    difficulty_name,
    industry_name,
    mode_name,
    time_limit,
    trained,
)
from peilian.web.record.tasks import task_of
from peilian.web.record.wordings import subject_name
from peilian.web.shell.access import user_of
from peilian.web.shell.formats import format_moment
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import as_number
from peilian.web.shell.tables import Cell, Column, Row, Table
from peilian.web.shell.texts import INDUSTRY_PACKS, anchor_of

_MOST_BEFORE = 5
_LONGEST_MESSAGE = 1000
_MOST_KNOWN = 3
_UPSET = -0.3  # a customer who begins in such a mood gets phrases for upset ones


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, key: str) -> HttpResponse:
    """What the drill is about and how it is to be played; a POST begins it."""
    user = user_of(request)
    entry = next((entry for entry in practice.catalogue(user=user) if entry.key == key), None)
    if entry is None:
        raise NotVisibleError
    task, is_task_over = _task(entry, request)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and is_task_over:
        data["assignment"] = ""  # the next click is for a drill of one's own
    form = StartForm(
        data,
        languages=entry.languages,
        is_assigned=task is not None,
        is_abuse=entry.is_abuse,
        initial=_initial(request, entry, task),
    )
    status = 200
    if request.method == "POST":
        if not is_task_over and form.is_valid() and (run := _begin(request, entry, task, form)) is not None:
            return HttpResponseRedirect(reverse("drill_room", args=[run.pk]))
        status = 422
    context = _start_context(request, entry, task, form) | {"is_task_over": is_task_over}
    return render(request, "practice/start.html", context, status=status)


def _task(entry: practice.ScenarioEntry, request: HttpRequest) -> tuple[record.Assignment | None, bool]:
    """The open assignment that is asked for, never another one: an attempt is spent only by who means to. And whether
    one is asked for that is not open any more."""
    asked = (request.POST if request.method == "POST" else request.GET).get("assignment", "")
    found = next((item for item in entry.assignments if str(item.pk) == asked), None)
    return found, bool(asked) and found is None


def _initial(request: HttpRequest, entry: practice.ScenarioEntry, task: record.Assignment | None) -> dict[str, Any]:
    language, mode = reading_language(), "normal"
    try:
        again = practice.run(user=user_of(request), run_id=request.GET.get("again", ""))
    except NotVisibleError:
        again = None
    if again is not None and again.scenario == entry.key:
        language, mode = ("en" if again.language == "en" else "zh"), again.mode
    return {
        "language": language if language in entry.languages else entry.languages[0],
        "mode": "normal" if task is not None and mode == "easy" else mode,
        "assignment": task.pk if task is not None else "",
    }


def _begin(
    request: HttpRequest, entry: practice.ScenarioEntry, task: record.Assignment | None, form: StartForm
) -> practice.DrillRun | None:
    data = form.cleaned_data
    try:
        return practice.start_drill(
            user=user_of(request),
            scenario=entry.key,
            language=data["language"],
            mode=data["mode"],
            assignment=task,
            has_consent=bool(data["consent"]),
            shows_script=bool(data["shows_script"]) and task is None,
        )
    except practice.AlreadyRunningError:
        return None
    except InputError as error:
        for fault in error.faults:
            form.add_error(fault.field if fault.field in form.fields else None, say(fault.reason, reading_language()))
        return None


def _start_context(
    request: HttpRequest, entry: practice.ScenarioEntry, task: record.Assignment | None, form: StartForm
) -> dict[str, Any]:
    user, language = user_of(request), reading_language()
    title = entry.title.in_language(language)
    against, practises = trained(entry.trains)
    before = [run_line(run) for run in practice.my_runs(user=user).filter(scenario=entry.key)[:_MOST_BEFORE]]
    return {
        "trail": [{"label": _("Practise"), "href": reverse("practise")}, {"label": title, "href": ""}],
        "title": title,
        "brief": entry.brief.in_language(language),
        "against": against,
        "practises": practises,
        "needs": joined(dict.fromkeys(subject_name(need) for need in _needs_met(entry, task))),
        "industry": industry_name(entry.industry),
        "difficulty": difficulty_name(entry.difficulty),
        "limit": time_limit(entry.limit_seconds, language),
        "is_abuse": entry.is_abuse,
        "languages": len(entry.languages) > 1,
        "modes": [(box, MODE_MEANS[str(box.data["value"])]) for box in form["mode"]],
        "task": task_of(task, timezone.now()) if task is not None else None,
        "task_note": say(practice.exam_note(is_abuse=entry.is_abuse), language) if practice.is_exam(task) else "",
        "stop_counts": practice.is_exam(task) and not entry.is_abuse,
        "task_over": say(Reason("practice.assignment_over"), language),
        "given": None if task is not None or not entry.assignments else task_of(entry.assignments[0], timezone.now()),
        "form": form,
        "running": practice.running_run(user=user),
        "history": _history(before) if before else None,
    }


def _needs_met(entry: practice.ScenarioEntry, task: record.Assignment | None) -> list[record.Need]:
    """The reader's needs that the drill serves: that of the assignment first."""
    given = [task.need] if task is not None and task.need is not None else []
    return [*given, *entry.needs]


def _history(lines: list[Any]) -> Table:
    labels = (_("When"), _("Difficulty"), _("How it ended"), _("Points"))
    columns = tuple(Column(label, is_number=at == len(labels) - 1) for at, label in enumerate(labels))
    rows = tuple(
        Row(
            (
                Cell(format_moment(timezone.localtime(line.run.started_at), reading_language(), timezone.localtime())),
                Cell(joined((line.mode, *line.marks))),
                Cell(line.outcome, tone=line.tone),
                Cell(figure=line.total),
            ),
            href=line.href,
        )
        for line in lines
    )  # fmt: skip
    return Table("drill-before", _("Your drills of this kind"), columns, rows, is_caption_hidden=True)


@require_safe
def room(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The room of an own run; one that is over is seen in its debrief."""
    found = practice.open_room(user=user_of(request), run_id=pk)
    run, scenario = found.run, found.scenario
    if run.is_over or scenario is None:
        if run.is_enclosed:
            return HttpResponseRedirect(run.leads_back_to)
        if run.is_scored:
            return HttpResponseRedirect(reverse("drill_debrief", args=[run.pk]))
        for note in found.notes:
            messages.info(request, say(note, reading_language()))
        return HttpResponseRedirect(reverse("practise"))
    minutes, seconds = divmod(found.clock.limit_ms // 1000, 60)
    context = {
        "run": run,
        "title": scenario.title,
        "brief": scenario.brief,
        "customer": scenario.persona.name,
        "lang": HTML_CODES[scenario.language],
        "mode": mode_name(run.mode),
        "marks": marks_of(run),
        "limit": f"{minutes}:{seconds:02}",
        "gauges": GAUGES,
        "script": practice.script_of(found),
    }
    return render(request, "practice/room.html", context)


@require_safe
def script(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Which required elements have been said, for a run with the script in view."""
    found = practice.open_room(user=user_of(request), run_id=pk)
    if not found.run.shows_script:
        raise NotVisibleError
    return JsonResponse({"required": [asdict(point) for point in practice.script_of(found)]})


@require_safe
def answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the library has for the answer to a customer's message; nothing in an exam."""
    user = user_of(request)
    found = practice.open_room(user=user, run_id=pk)
    if found.run.is_exam or found.scenario is None:
        raise NotVisibleError
    message = cleaned(request.GET.get("text", "")[:_LONGEST_MESSAGE])
    scenario, language = found.scenario, found.scenario.language
    suggested = library.answers_for(
        user=user,
        message=message,
        channel=scenario.channel,
        customer="upset" if scenario.persona.mood <= _UPSET else None,
        entry=scenario.entry,
        seniority=_seniority(user),
        language=language,
        without_packs=_other_industries(scenario.key),
    )
    told = [(_part(item, "body", language), _part(item, "questions", language)) for item in suggested.phrases]
    known = sorted((*suggested.passages, *suggested.scenes, *suggested.procedures), key=lambda item: -item.score)
    return JsonResponse(
        {
            "answers": [{"text": said, "when": when} for said, when in told if said],
            "known": [_known(item, language) for item in _one_of_each(known)][:_MOST_KNOWN],
        }
    )


def _other_industries(scenario: str) -> tuple[str, ...]:
    """The shipped packs of industries that a shipped scenario is not from; a company's own drills may use all."""
    own = scenario.partition("/")[0]
    return tuple(INDUSTRY_PACKS - {own}) if own in INDUSTRY_PACKS else ()


def _one_of_each(found: Iterable[library.FoundText]) -> list[library.FoundText]:
    """The best piece of each text."""
    kept: dict[str, library.FoundText] = {}
    for item in found:
        kept.setdefault(item.content.reference, item)
    return list(kept.values())


def _seniority(user: User) -> str | None:
    """For whom phrases are written that suit the user, where the stage is known."""
    today = base.today_in_company()
    stage = user.employee.stages.filter(starts_on__lte=today).first() if user.employee is not None else None
    if stage is None:
        return None
    return "newcomer" if stage.stage == Stage.NEWCOMER else "experienced"


def _known(item: library.FoundText, language: Language) -> dict[str, str]:
    """Something to look up: what it is about, and where it stands."""
    content = item.content
    head = _part(item, "title", language) or _part(item, "questions", language)
    name = content.name.in_language(language)
    return {
        "title": head or name,
        "inside": name if head and head != name else "",
        "href": reverse("library_text", args=[content.kind, content.key]) + anchor_of(item),
    }


def _part(item: library.FoundText, field: str, language: Language) -> str:
    """The first text of a field in the language of the drill, if there is one: what a phrase says, or when."""
    parts = item.entry.parts
    return next((part.text for part in parts if part.field == field and part.language == language), "")


@require_POST
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Out of a drill from outside the room. One that ended meanwhile, or in which a stop counts, says its score."""
    stopped = practice.stop_drill(user=user_of(request), run_id=pk).run
    if stopped.is_enclosed:
        return HttpResponseRedirect(stopped.leads_back_to)
    if stopped.is_scored:
        ended = _("The drill had ended already and is scored: this is its debrief.")
        messages.info(request, say(Reason(stopped.remark), reading_language()) if stopped.remark else ended)
        return HttpResponseRedirect(reverse("drill_debrief", args=[pk]))
    onward = request.GET.get("next", "")
    is_own = url_has_allowed_host_and_scheme(onward, allowed_hosts=None)
    messages.info(request, _("The drill is stopped; nothing is scored."))
    return HttpResponseRedirect(onward if is_own and onward else reverse("practise"))


@require_POST
def fork(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replay an own drill from a moment on."""
    try:
        made = practice.fork_run(
            user=user_of(request),
            run_id=pk,
            seq=as_number(request.POST.get("seq", "")),
            has_consent=request.POST.get("consent") == "on",
        )
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(reverse("drill_debrief", args=[pk]))
    return HttpResponseRedirect(reverse("drill_room", args=[made.pk]))
