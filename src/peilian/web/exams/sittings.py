"""Before an exam: what it asks, by which rules, and the button that begins it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.wordings import title_of
from peilian.web.practice.wordings import LANGUAGES
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language


@require_http_methods(["GET", "HEAD", "POST"])
def sitting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The rules of an exam in plain words; a POST begins it, or goes on with the attempt that runs."""
    user = user_of(request)
    fault = ""
    if request.method == "POST":
        try:
            begun = learning.start_attempt(user=user, sitting_id=pk, language=_language(request.POST.get("language")))
        except InputError as error:
            fault = say(error.faults[0].reason, reading_language())
        else:
            return HttpResponseRedirect(reverse("exam_room", args=[begun.pk]))
    entry = learning.entry_for(user=user, sitting_id=pk)
    return render(request, "exams/sitting.html", _context(entry, fault), status=422 if fault else 200)


def _language(text: str | None) -> Language | None:
    return "zh" if text == "zh" else "en" if text == "en" else None


def _context(entry: learning.Entry, fault: str) -> dict[str, Any]:
    language = reading_language()
    title = title_of(entry.sitting)
    own = language if language in entry.languages else entry.languages[0] if entry.languages else language
    return {
        "trail": [{"label": _("My exams"), "href": reverse("exams")}, {"label": title, "href": ""}],
        "title": title,
        "entry": entry,
        "sitting": entry.sitting,
        "cuts": entry.exam.cuts,
        "criteria": [text.to_text().in_language(language) for text in entry.exam.criteria],
        "languages": [(key, LANGUAGES[key], key == own) for key in entry.languages],
        "refusal": fault or (say(entry.refusal, language) if entry.refusal is not None else ""),
    }
