"""One press keeps a passage in the own handbook: of a text, of an own drill, of an own exam."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError, User
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.reviews import Seen, seen_answer
from peilian.web.library.editor_words import kind_name
from peilian.web.practice.debriefing import Debriefed
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_number, id_to_see


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what the form names. With htmx the button says that it is kept; else the page comes back."""
    back = _back(request)
    try:
        row = _kept(request)
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponse(status=204, headers={"HX-Redirect": back}) if _is_htmx(request) else _to(back)
    if _is_htmx(request):
        return render(request, "keeping/_kept.html", {"entry": row})
    messages.success(request, _("It is in your handbook."))
    return _to(back)


def _kept(request: HttpRequest) -> learning.HandbookEntry:
    user, data = user_of(request), request.POST
    kept_from, source, place = data.get("from", ""), data.get("source", "")[:200], data.get("place", "")[:100]
    if kept_from == learning.KeptFrom.TEXT:
        kind, _colon, key = source.partition(":")
        return learning.keep_from_text(
            actor=user, kind=kind, key=key, place=place or learning.WHOLE, words=data.get("words", ""),
            heading=str(kind_name(kind)), language=reading_language(),
        )  # fmt: skip
    pk = id_to_see(source)
    if kept_from == learning.KeptFrom.DRILL:
        return _of_drill(user, pk, place)
    if kept_from == learning.KeptFrom.EXAM:
        return _of_exam(user, pk, place)
    raise NotVisibleError


def _of_drill(user: User, pk: UUID, place: str) -> learning.HandbookEntry:
    found = practice.debrief_of(user=user, run_id=pk)
    told = Debriefed(found.result, found.debrief, reading_language())
    words = moment_of(told, place)
    if not words:
        raise NotVisibleError
    return learning.keep_from_drill(
        actor=user, run_id=pk, place=place, title=found.run.title, text=words, heading=_("Drills")
    )  # fmt: skip


def moment_of(told: Debriefed, place: str) -> str:
    """What of a debrief stands at a place, as Markdown: ``goal``, ``turn.1``, ``required.2``, ``line.3`` of the
    transcript; empty where there is nothing."""
    part, _dot, name = place.partition(".")
    number = as_number(name)
    if place == "goal":
        goal = told.goal
        return _lines(goal["text"], goal["why"], _quoted(goal.get("quote")), _better(goal.get("model")))
    if part == "turn" and 1 <= number <= len(told.turning_points):
        point = told.turning_points[number - 1]
        whys = "\n".join(f"- {why.delta} {why.text}" for why in point.moment.reasons)
        return _lines(_quoted(point.moment.said), whys, _better(point.better))
    if part == "required" and 1 <= number <= len(told.required):
        item = told.required[number - 1]
        return _lines(f"**{item.label}**", _quoted(item.model), item.why)
    if part == "line" and 1 <= number <= len(told.lines) and told.lines[number - 1]["role"] == "agent":
        before = next((one["text"] for one in reversed(told.lines[: number - 1]) if one["role"] == "customer"), "")
        customer = f"{told.customer['name']}{pgettext('label', ': ')}{before}" if before else ""
        return _lines(customer, _quoted(told.lines[number - 1]["text"]))
    return ""


def _of_exam(user: User, pk: UUID, place: str) -> learning.HandbookEntry:
    found = learning.review_attempt(user=user, attempt_id=pk)
    asked = next((one for one in found.asked if f"q{one.question.number}" == place), None)
    if asked is None or not found.shows_key:
        raise NotVisibleError
    language: Language = "en" if found.attempt.language == "en" else "zh"
    seen = seen_answer(asked, None, language, shows_points=False, shows_key=True)
    stem = asked.field.stem.to_text().in_language(language)
    explanation = asked.field.explanation.to_text().in_language(language)
    return learning.keep_from_exam(
        actor=user, attempt_id=pk, number=asked.question.number, title=stem, heading=_("Exams"),
        text=_lines(stem, _quoted("\n".join(_key_of(seen))), explanation),
    )  # fmt: skip


def _key_of(seen: Seen) -> list[str]:
    """What is right, of the parts of a case one after another."""
    return [*map(str, seen.key), *(line for inner in seen.inner for line in _key_of(inner))]


def _lines(*parts: Any) -> str:
    return "\n\n".join(str(part) for part in parts if part)


def _quoted(words: str | None) -> str:
    return "\n".join(f"> {line}" for line in words.splitlines() if line.strip()) if words else ""


def _better(words: str | None) -> str:
    return f"{_('Better')}{pgettext('label', ': ')}\n\n{_quoted(words)}" if words else ""


def _back(request: HttpRequest) -> str:
    """The page that the button stood on."""
    back = request.POST.get("back", "")
    is_here = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=False)
    return back if is_here and back.startswith("/") else reverse("handbook")


def _to(address: str) -> HttpResponse:
    return HttpResponseRedirect(address)


def _is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
