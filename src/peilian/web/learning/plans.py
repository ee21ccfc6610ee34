"""Individual plans (个人提升计划): the own one and that of somebody whom one leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning.places import address_of
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_day, as_number, id_to_see


@require_safe
def own(request: HttpRequest) -> HttpResponse:
    """The reader's own plan."""
    user = user_of(request)
    if user.employee_id is None:
        raise NotVisibleError
    return _page(request, user.employee_id)


@require_safe
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The plan of somebody whose record the reader may see."""
    return _page(request, pk)


@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a plan proposed, change it, agree to it, or put it away; ``pk`` is the person's."""
    user, data = user_of(request), request.POST
    what = data.get("do", "")
    try:
        if what == "propose":
            learning.propose_plan(actor=user, employee=pk)
        elif what in ("save", "agree", "close"):
            _change(request, id_to_see(data.get("plan", "")), what)
        else:
            raise NotVisibleError
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    address = reverse("own_plan") if user.employee_id == pk else reverse("person_plan", args=[pk])
    return HttpResponseRedirect(address)


def _change(request: HttpRequest, pk: UUID, what: str) -> None:
    user, data = user_of(request), request.POST
    if what == "close":
        learning.close_plan(actor=user, plan_id=pk)
        messages.success(request, _("The plan is put away. What was assigned by it stays."))
        return
    edition = as_number(data.get("edition", ""))
    plan = learning.change_plan(
        actor=user, plan_id=pk, edition=edition, goal=data.get("goal", ""), steps=_steps(data)
    )  # fmt: skip
    if what == "agree":
        plan = learning.agree_plan(actor=user, plan_id=pk, edition=plan.edition)
        words = _("Both have agreed. The steps are assigned.") if plan.agreed_at else _("Your agreement is noted.")
        messages.success(request, words)
    else:
        messages.success(request, _("Saved."))


def _steps(data: QueryDict) -> dict[int, learning.PlannedStep]:
    found = {}
    for number in data.getlist("step"):
        day = as_day(data.get(f"due_{number}", ""))
        if day is not None:
            found[as_number(number)] = learning.PlannedStep(day, is_left_out=f"keep_{number}" not in data)
    return found


def _page(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = learning.plan_of(user=user_of(request), employee=pk)
    plan = found.plan
    steps = [_step(one, found.abilities) for one in found.steps]
    kept = [one for one in steps if not one["step"].is_left_out]
    context: dict[str, Any] = {
        "found": found,
        "plan": plan,
        "employee": found.employee,
        "is_own": found.is_own,
        "may_change": plan is not None and plan.agreed_at is None and (found.is_own or found.may_lead),
        "may_propose": found.is_own or found.may_lead,
        "has_agreed": plan is not None
        and (plan.person_agreed_at if found.is_own else plan.leader_agreed_at) is not None,
        "steps": steps if plan is not None and plan.agreed_at is None else kept,
        "n": len(kept),
        "minutes": sum(one["step"].minutes or 0 for one in kept),
        "last_day": max((one["step"].due_on for one in kept), default=None),
        "trail": [
            {"label": _("Learn"), "href": reverse("learn")}
            if found.is_own
            else {"label": _("Learning"), "href": reverse("person_learning", args=[found.employee.pk])},
            {"label": _("Individual plan"), "href": ""},
        ],
    }
    return render(request, "learning/plan.html", context)


def _step(step: learning.PlanStep, abilities: Mapping[str, learning.Ability]) -> dict[str, Any]:
    text = record.competency_text(step.competency)
    now = abilities.get(step.competency)
    change = now.points - step.points if now is not None and step.points is not None else None
    return {
        "step": step,
        "title": name_in(step.title),
        "competency": text.in_language(reading_language()) if text is not None else step.competency,
        "because": say(step.need.reason, reading_language()) if step.need is not None else "",
        "href": address_of(step.what),
        "now": now,
        "change": change,
        "is_done": step.enrolment is not None and step.enrolment.completed_at is not None,
        "is_ended": step.enrolment is not None and step.enrolment.ended_at is not None,
    }
