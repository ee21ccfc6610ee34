"""The drill before a panel, on pages: the candidate begins it, examiners read along, and it is read afterwards."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.apps.practice import api as practice
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.drilling import lines_of
from peilian.web.practice.debriefs import shown_debrief
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import HTML_CODES, reading_language


@require_POST
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin the drill of one's own practical exam, or go on with it; ``pk`` is the candidate's."""
    try:
        run = learning.start_panel_drill(user=user_of(request), candidate_id=pk)
    except practice.AlreadyRunningError as error:
        words = _("You are in the middle of “%(title)s”. Finish it first, then begin this one.")
        messages.error(request, words % {"title": error.run.title})
        return HttpResponseRedirect(reverse("exam_panels"))
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
        return HttpResponseRedirect(reverse("exam_panels"))
    return HttpResponseRedirect(reverse("exam_panels") if run.is_over else reverse("drill_room", args=[run.pk]))


@require_safe
def talk(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The conversation for who runs the panel, live or over; once decided with its debrief, for the person too."""
    found = learning.panel_talk(user=user_of(request), candidate_id=pk)
    panel = found.candidate.panel
    is_own = found.candidate.employee_id == user_of(request).employee_id
    trail = [
        {"label": _("Practical exams"), "href": reverse("exam_panels")},
        {"label": panel.title, "href": "" if is_own else reverse("exam_panel", args=[panel.pk])},
        {"label": _("The conversation"), "href": ""},
    ]
    if found.debriefing is not None:
        return shown_debrief(request, found.debriefing, trail)
    return _shown(request, found, trail, request.path)


@require_safe
def examined(request: HttpRequest, pk: UUID, candidate: UUID) -> HttpResponse:
    """The conversation for a signed-in examiner of panel ``pk``."""
    examiner = learning.examiner_of(user=user_of(request), panel_id=pk)
    found = learning.talk_for_examiner(examiner=examiner, candidate_id=candidate)
    trail = [
        {"label": _("Practical exams"), "href": reverse("exam_panels")},
        {"label": found.candidate.panel.title, "href": reverse("exam_panel_score", args=[pk])},
        {"label": _("The conversation"), "href": ""},
    ]
    return _shown(request, found, trail, request.path)


@login_not_required
@never_cache
@require_safe
def guest(request: HttpRequest, token: str, candidate: UUID) -> HttpResponse:
    """The conversation for a guest, over the link alone."""
    back = ""
    try:
        examiner = learning.guest_of(token)
        back = reverse("panel_guest", args=[token])
        found = learning.talk_for_examiner(examiner=examiner, candidate_id=candidate)
    except NotVisibleError:
        response = render(request, "exams/panel_ended.html", {"back": back}, status=404)
        response["Referrer-Policy"] = "strict-origin"
        return response
    return _shown(request, found, [], request.path, back=back, template="exams/panel_guest_talk.html")


def _shown(
    request: HttpRequest, found: learning.PanelTalk, trail: list[dict[str, str]], address: str, *, back: str = "",
    template: str = "exams/panel_talk.html",
) -> HttpResponse:  # fmt: skip
    """The page, or for a page that is open already only what was said: htmx asks for it while the drill goes on."""
    run = found.candidate.run
    context = {
        "trail": trail,
        "panel": found.candidate.panel,
        "candidate": found.candidate,
        "has_begun": found.has_begun,
        "is_live": found.is_live or not found.has_begun,
        "lines": lines_of(found.said, found.candidate.employee.name),
        "lang": HTML_CODES["en" if run is not None and run.language == "en" else "zh"],
        "address": address,
        "back": back,
    }
    part = "exams/_panel_talk.html" if request.headers.get("HX-Request") else template
    response = render(request, part, context)
    response["Referrer-Policy"] = "strict-origin"  # the address of a guest's link is its key
    return response
