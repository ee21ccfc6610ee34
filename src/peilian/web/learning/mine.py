"""My learning: the next step, what one is on and how far, and below it what is to be read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning.parts import going_of
from peilian.web.learning.rounds import waits_for
from peilian.web.library.learn import for_you
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """What the reader learns and reads now."""
    context = for_you(request)
    user = user_of(request)
    if user.employee_id is not None:
        found = learning.learning_of(user=user)
        going = [going_of(one) for one in found.going_on]
        context |= {
            "is_learner": True,
            "round": waits_for(user),
            "going": going,
            "step": next((one for one in going if one.next is not None), None),
            "completed": [{"row": row, "title": name_in(row.title)} for row in found.completed],
        }
        context["is_empty"] = context["is_empty"] and not going and not found.completed
    return render(request, "library/learn.html", context)


@require_POST
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Leave something, or go on with its newer version."""
    user = user_of(request)
    try:
        if request.POST.get("do") == "newer":
            learning.move_to_newer(user=user, enrolment_id=pk)
            messages.success(request, _("You go on with the newer version; what you have done stays."))
        else:
            learning.leave(user=user, enrolment_id=pk)
            messages.success(request, _("You have left it. What you have done stays; you can come back at any time."))
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    return HttpResponseRedirect(reverse("learn"))
