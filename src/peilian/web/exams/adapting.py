"""The room of an adaptive exam: one question, an answer, the next one; by plain forms, so it works everywhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.answers import NoAnswerError, to_stored
from peilian.web.exams.faces import Face, face_of
from peilian.web.exams.rooms import asked_of, sent_in
from peilian.web.exams.talk import unreadable
from peilian.web.exams.wordings import title_of
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import id_of_click


@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The question that waits; a POST takes its answer and leads to the next one, or to the end."""
    found = learning.adaptive_room(user=user_of(request), attempt_id=pk)
    if found is None:
        return HttpResponseRedirect(reverse("exam_review", args=[pk]))
    language: Language = "en" if found.attempt.language == "en" else "zh"
    face = face_of(found.asked, language)
    if request.method != "POST":
        return render(request, "exams/adaptive.html", _context(found, face, language))
    number = found.asked.question.number
    if request.POST.get("n") != str(number):
        messages.info(request, _("That question is answered already; this is the next one."))
        return HttpResponseRedirect(reverse("exam_adaptive", args=[pk]))
    step = request.POST.get("move", "")
    try:
        stored = to_stored(face, sent_in(face, request.POST, f"q{number}", step))
    except NoAnswerError:
        return _again(request, found, face, language, note=unreadable())
    if step:
        return _again(request, found, face, language, stored=stored, status=200)
    if stored is None and request.POST.get("do") != "skip":
        return _again(request, found, face, language, note=_("Answer it, or say that you do not know."))
    return _answered(request, found, face, language, None if request.POST.get("do") == "skip" else stored)


def _answered(
    request: HttpRequest, found: learning.AdaptiveRoom, face: Face, language: Language, stored: dict[str, Any] | None
) -> HttpResponse:
    try:
        goes_on = learning.answer_adaptive(
            user=user_of(request), attempt_id=found.attempt.pk, number=found.asked.question.number, answer=stored,
            client_id=id_of_click(request.POST.get("id", "")),
        )  # fmt: skip
    except InputError as error:
        note = say(error.faults[0].reason, reading_language())
        return _again(request, found, face, language, note=note, stored=stored)
    name = "exam_adaptive" if goes_on else "exam_review"
    return HttpResponseRedirect(reverse(name, args=[found.attempt.pk]))


def _again(
    request: HttpRequest,
    found: learning.AdaptiveRoom,
    face: Face,
    language: Language,
    *,
    note: str = "",
    stored: dict[str, Any] | None = None,
    status: int = 422,
) -> HttpResponse:
    context = _context(found, face, language, stored) | {"note": note}
    return render(request, "exams/adaptive.html", context, status=status)


def _context(
    found: learning.AdaptiveRoom, face: Face, language: Language, stored: dict[str, Any] | None = None
) -> dict[str, Any]:
    attempt, number = found.attempt, found.asked.question.number
    assert attempt.sitting is not None
    return {
        "attempt": attempt,
        "title": title_of(attempt.sitting),
        "lang": HTML_CODES[language],
        "one": asked_of(face, f"q{number}", str(number), stored),
        "n": number,
        "found": found,
        "may_stop": found.n_answered >= found.least,
        "client_id": uuid4(),
        "ends_at": timezone.localtime(attempt.ends_at) if attempt.ends_at is not None else None,
    }
