"""A drill as a question of an exam: who calls, the way into its room, handing in with one unfinished, looking back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from peilian.adapters.packs.items import CaseField
from peilian.apps.learning import api as learning
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError, Language, Reason
from peilian.flows.wording import say
from peilian.web.conversations.wordings import channel_name
from peilian.web.exams.wordings import title_of
from peilian.web.practice.debriefs import shown_debrief
from peilian.web.practice.wordings import MODES, time_limit
from peilian.web.shell.access import user_of
from peilian.web.shell.formats import format_score
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import as_number


@dataclass(frozen=True, slots=True)
class DrillPart:
    """A drill as a question shows it. ``live_href`` leads into the room of the try that goes on; ``tried`` is how many
    were begun; ``is_gone``: nobody offers it any more."""

    customer: str
    channel: str
    brief: str
    limit: str
    level: str
    live_href: str
    tried: int
    tries_left: int
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a conversation as a page shows it."""

    who: str
    kind: str
    time: str
    text: str


def part_of(drill: learning.ItemDrill, language: Language) -> DrillPart:
    """The drill of a question as its person sees it; the customer's words are in the language of the exam."""
    face = drill.face
    seconds = 0 if face is None else face.limit_seconds
    if drill.field.minutes is not None:
        seconds = min(seconds, 60 * drill.field.minutes)
    return DrillPart(
        customer="" if face is None else face.customer.in_language(language),
        channel="" if face is None else channel_name(face.channel, reading_language()),
        brief="" if face is None else face.brief.in_language(language),
        limit=time_limit(seconds, reading_language()),
        level=str(MODES[drill.field.level]),
        live_href="" if drill.live is None else reverse("drill_room", args=[drill.live.pk]),
        tried=len(drill.runs),
        tries_left=drill.tries_left,
        is_gone=face is None,
    )


def begin(request: HttpRequest, room: learning.Room, name: str) -> HttpResponse:
    """Begin the drill that a button of the room names, ``q7``, or ``q7.1`` inside a case, and lead there."""
    attempt, (question, _dot, place) = room.attempt, name.removeprefix("q").partition(".")
    asked = next((one for one in room.asked if str(one.question.number) == question), None)
    inner = "" if asked is None or not place else _inner(asked, place)
    back = reverse("exam_room", args=[attempt.pk]) + f"#q{question}"
    try:
        run = learning.start_item_drill(
            user=user_of(request), attempt_id=attempt.pk, number=as_number(question), inner=inner,
            tried=as_number(request.POST.get(f"tried.{name}", "")),
        )  # fmt: skip
    except practice.AlreadyRunningError as error:
        running = error.run
        words = _("You are in the middle of “%(title)s”. Finish it first, then begin this one.")
        messages.error(request, words % {"title": running.title})
        return HttpResponseRedirect(reverse("drill_room", args=[running.pk]) if running.is_enclosed else back)
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(back)
    if run.is_over:
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(reverse("drill_room", args=[run.pk]))


def confirm(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Ask whether to hand in although drills are not finished."""
    found = learning.open_attempt(user=user_of(request), attempt_id=attempt_id)
    if found is None or found.attempt.sitting is None:
        return HttpResponseRedirect(reverse("exam_review", args=[attempt_id]))
    language: Language = "en" if found.attempt.language == "en" else "zh"
    left = [(one.number, part_of(one, language)) for one in learning.unfinished(found.attempt)]
    context = {"attempt": found.attempt, "title": title_of(found.attempt.sitting), "left": left}
    return render(request, "exams/confirm_drills.html", context, status=409)


@require_safe
def played(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """The drill of a question after the exam: its debrief where the exam shows it to the reader, else what was said."""
    user = user_of(request)
    found = learning.played_drill(user=user, attempt_id=pk, number=number, inner=request.GET.get("part", ""))
    attempt = found.reviewed.attempt
    assert attempt.sitting is not None
    title = title_of(attempt.sitting)
    heading = _("Question %(n)s") % {"n": number}
    trail = [
        {"label": title, "href": reverse("exam_review", args=[pk]) + f"#q{number}"},
        {"label": heading, "href": ""},
    ]
    if found.debriefing is not None:
        return shown_debrief(request, found.debriefing, trail)
    context = {
        "trail": trail,
        "title": title,
        "heading": heading,
        "attempt": attempt,
        "is_own": found.is_own,
        "key_comes": found.reviewed.key_comes,
        "lines": lines_of(found.said, _("You") if found.is_own else attempt.employee.name),
        "lang": HTML_CODES["en" if attempt.language == "en" else "zh"],
    }
    return render(request, "exams/drill.html", context)


def lines_of(said: tuple[practice.Said, ...] | list[practice.Said], agent: str) -> list[Line]:
    """A conversation in lines; ``agent`` is what the trainee is called."""
    who = {"customer": _("Customer"), "agent": agent, "tool": _("Done"), "system": ""}
    return [
        Line(who.get(one.kind, ""), one.kind, f"{one.at_ms // 60_000}:{one.at_ms // 1000 % 60:02}", one.text)
        for one in said
    ]


def hrefs_of(asked: learning.Asked, response: learning.Response | None) -> dict[str, str]:
    """Where the drills of a question can be looked back at, by name inside a case."""
    found = {}
    for drill in asked.drills if response is not None else ():
        assert response is not None
        if _given(response.chosen, drill.inner) is None:
            continue
        query = "?" + urlencode({"part": drill.inner}) if drill.inner else ""
        found[drill.inner] = reverse("exam_drill", args=[response.attempt_id, response.number]) + query
    return found


def drill_lines(stored: Any) -> Iterator[str]:
    """What a drill has shown, in lines to read: how it ended, and the points by dimension."""
    language = reading_language()
    yield say(Reason(f"practice.outcome.{stored.get('outcome') or 'stopped'}"), language)
    scores = [score for score in stored.get("scores", ()) if score["points"] is not None]
    if scores:
        parts = [
            f"{score.get('label') or score['dimension']} {format_score(score['points'])}/{format_score(score['max'])}"
            for score in scores
        ]
        yield " · ".join(parts)


def _given(chosen: Mapping[str, Any] | None, inner: str) -> str | None:
    given = (chosen or {}).get("items", {}).get(inner) if inner else chosen
    run = (given or {}).get("run")
    return run if isinstance(run, str) else None


def _inner(asked: learning.Asked, place: str) -> str:
    """The name of the item at a place inside a case."""
    items = asked.field.items if isinstance(asked.field, CaseField) else ()
    return items[as_number(place)].id if as_number(place) < len(items) else place
