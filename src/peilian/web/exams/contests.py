"""Results that are not agreed with: contesting an answer, deciding about it, correcting points."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.points import parts_to_mark, points_sent
from peilian.web.exams.reviews import seen_answer
from peilian.web.exams.wordings import title_of
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_number


@require_POST
def contest(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Contest one's own answer."""
    number = as_number(request.POST.get("n", ""))
    try:
        learning.contest_answer(
            user=user_of(request), attempt_id=pk, number=number,
            reason=request.POST.get("reason", ""),
        )  # fmt: skip
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    else:
        messages.success(request, _("Somebody who did not mark it looks at it again; you are told what comes of it."))
    return HttpResponseRedirect(f"{reverse('exam_review', args=[pk])}#q{number}")


@require_POST
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put other points in the place of those of an answer; ``pk`` is that of the attempt."""
    user = user_of(request)
    found = learning.review_attempt(user=user, attempt_id=pk)
    number = as_number(request.POST.get("n", ""))
    response = found.responses.get(number)
    if response is None:
        raise people.NotVisibleError
    try:
        learning.correct_answer(
            actor=user, response_id=response.pk, points=points_sent(request.POST), reason=request.POST.get("reason", "")
        )
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    else:
        messages.success(request, _("The points are corrected; the person is told."))
    return HttpResponseRedirect(f"{reverse('exam_review', args=[pk])}#q{number}")


@require_safe
def contests(request: HttpRequest) -> HttpResponse:
    """The contests that wait, with a word where somebody else has to decide."""
    user = user_of(request)
    page = page_of(learning.contests_for(user=user), request)
    listed = [
        {
            "contest": one,
            "title": title_of(one.response.attempt.sitting),
            "is_party": learning.is_party(user, one.response),
        }
        for one in page
    ]
    return render(request, "exams/contests.html", {"page": page, "listed": listed})


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One contest: the answer with everything, and the decision."""
    user = user_of(request)
    faults: dict[str, str] = {}
    if request.method == "POST":
        points = points_sent(request.POST) if request.POST.get("do") == "change" else None
        try:
            learning.decide_contest(
                actor=user, contest_id=pk, points=points, decision=request.POST.get("decision", "")
            )  # fmt: skip
        except InputError as error:
            faults = {fault.field or "": say(fault.reason, reading_language()) for fault in error.faults}
        else:
            messages.success(request, _("Decided; the person is told with your reason."))
            return HttpResponseRedirect(reverse("exam_contests"))
    found = learning.contest(user=user, contest_id=pk)
    return render(request, "exams/contest.html", _context(found, user, request, faults), status=422 if faults else 200)


def _context(
    found: learning.Contest, user: people.User, request: HttpRequest, faults: dict[str, str]
) -> dict[str, Any]:
    response, attempt = found.response, found.response.attempt
    assert attempt.sitting is not None
    reviewed = learning.review_attempt(user=user, attempt_id=attempt.pk)
    asked = next(each for each in reviewed.asked if each.question.number == response.number)
    language: Language = "en" if attempt.language == "en" else "zh"
    parts = parts_to_mark(learning.correctable(response), asked.field, response.number, request.POST, faults)
    return {
        "contest": found,
        "title": title_of(attempt.sitting),
        "attempt": attempt,
        "seen": seen_answer(
            asked, reviewed.responses.get(response.number), language, shows_points=True, shows_key=True
        ),
        "parts": parts,
        "lang": HTML_CODES[language],
        "is_party": learning.is_party(user, response),
        "decision": request.POST.get("decision", ""),
        "faults": [text for name, text in faults.items() if name not in {part.field for part in parts}],
    }
