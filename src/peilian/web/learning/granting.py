"""Another attempt at the exam of a course: who leads the person looks at the attempts and decides."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError
from peilian.flows.wording import say_fault
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language


@require_http_methods(["GET", "HEAD", "POST"])
def used_up(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The attempts of somebody who has none left, and one more with a reason."""
    user = user_of(request)
    found = learning.used_up_exam(user=user, sitting_id=pk)
    faults: list[str] = []
    if request.method == "POST":
        try:
            learning.give_attempt(actor=user, sitting_id=pk, reason=request.POST.get("reason", ""))
        except InputError as error:
            faults = [say_fault(one, reading_language()) for one in error.faults]
        else:
            messages.success(request, _("There is one more attempt; the person is told."))
            return HttpResponseRedirect(reverse("used_up_exam", args=[pk]))
    context = {
        "trail": [
            {"label": _("Learning of the team"), "href": reverse("team_learning")},
            {"label": _("Another attempt"), "href": ""},
        ],
        "found": found,
        "title": name_in(found.link.sitting.title) if found is not None else "",
        "faults": faults,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "learning/used_up.html", context, status=422 if faults else 200)
