"""Rules of assigning (分派规则): which run, whom each reaches and why, switching on and off, running now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Reason
from peilian.engine.text.typed import cleaned
from peilian.flows.wording import say
from peilian.web.jobs.views import details
from peilian.web.learning.wordings import Label
from peilian.web.people.forms import name_in
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.downloads import table_response
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Cell, Column, Row, Table, Tone

STATES: dict[str, tuple[Label, Tone]] = {
    "on": (pgettext_lazy("rule", "on"), "good"),
    "off": (pgettext_lazy("rule", "off"), "neutral"),
    "waits": (pgettext_lazy("rule", "newer version, waits for a look"), "warn"),
    "gone": (pgettext_lazy("rule", "no longer in force"), "warn"),
}
OUTCOMES: dict[str, Label] = {
    "gets": pgettext_lazy("rule", "gets it"),
    "left_out": pgettext_lazy("rule", "meant, but left out"),
    "not_meant": pgettext_lazy("rule", "not meant"),
}
TONES: dict[str, Tone] = {"gets": "good", "left_out": "warn", "not_meant": "neutral"}
EVENTS: dict[str, Label] = {
    "on": pgettext_lazy("rule", "switched on"),
    "off": pgettext_lazy("rule", "switched off"),
    "run": pgettext_lazy("rule", "ran"),
    "waits": pgettext_lazy("rule", "a newer version came and waits for a look"),
}
_MOST_EVENTS = 20


class WhoFilter(forms.Form):
    """Whose line, and of which outcome."""

    q = forms.CharField(label=gettext_lazy("Name or number"), required=False, max_length=60)
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[("", gettext_lazy("whom it is meant for")), *OUTCOMES.items(), ("all", gettext_lazy("everybody"))],
    )


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Every rule: whether it runs, when it ran last, how often it gave something."""
    user = user_of(request)
    lines = [_line(one) for one in learning.rules(user=user)]
    context = {
        "lines": lines,
        "n_on": sum(one["state"] == "on" for one in lines),
        "n_waits": sum(one["state"] == "waits" for one in lines),
        "may_run": learning.may_run_rules(user),
        "may_write": sight_of(request).may(people.Permission.WRITE_LIBRARY),
    }
    return render(request, "learning/rules.html", context)


@require_safe
def rule(request: HttpRequest, key: str) -> HttpResponse:
    """Whom a rule would give what today, who is left out, and why; what it gave so far."""
    user = user_of(request)
    line = learning.rule_line(user=user, key=key)
    found = learning.preview_rule(user=user, key=key) if line.text is not None else None
    rows = found.people if found is not None else ()
    form = WhoFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    shown = [_judged(one) for one in _fitting(rows, chosen.get("q") or "", chosen.get("show") or "")]
    if request.GET.get("form") in ("xlsx", "csv"):
        table, name = _table(shown, name_in(line.title)), "rule"
        return table_response(table, name=name, form=request.GET["form"], language=reading_language())
    job = learning.rule_jobs(key).first()
    may_run = learning.may_run_rules(user)
    servings = learning.rule_servings(user=user, key=key)
    context: dict[str, Any] = {
        "trail": [
            {"label": _("Team"), "href": reverse("team")},
            {"label": _("Learning"), "href": reverse("team_learning")},
            {"label": _("Rules of assigning"), "href": reverse("learning_rules")},
            {"label": name_in(line.title), "href": ""},
        ],
        **_line(line),
        "form": form,
        "page": page_of(shown, request),
        "counts": {name: sum(one.verdict.outcome == name for one in rows) for name in OUTCOMES},
        "n_people": len(rows),
        "is_filtered": any(chosen.values()),
        "may_run": may_run,
        "number": line.text.version.number if line.text is not None else None,
        "events": [_event(one) for one in learning.rule_events(user=user, key=key)[:_MOST_EVENTS]],
        "servings": [_serving(one) for one in servings[:_MOST_EVENTS]],
        "job": job if job is not None and may_run and not job.is_over else None,
    }
    if job is not None and context["job"] is not None:
        context |= {"done": job.done, "total": job.total, **details(job)}
    return render(request, "learning/rule.html", context)


@require_POST
def act(request: HttpRequest, key: str) -> HttpResponse:
    """Switch a rule on by the version that was looked at, switch it off, or run it now."""
    user, what = user_of(request), request.POST.get("do", "")
    try:
        if what == "on":
            learning.switch_rule_on(actor=user, key=key, number=request.POST.get("number", ""))
            messages.success(request, _("The rule is on. It assigns once a day and whenever people join or move."))
        elif what == "off":
            learning.switch_rule_off(actor=user, key=key)
            messages.success(request, _("The rule is off. What it assigned stays."))
        elif what == "run":
            learning.start_rule(actor=user, key=key)
        else:
            raise people.NotVisibleError
    except InputError as error:
        messages.error(request, say(error.faults[0].reason, reading_language()))
    return HttpResponseRedirect(reverse("learning_rule", args=[key]))


def _line(one: learning.RuleLine) -> dict[str, Any]:
    words, tone = STATES[one.state]
    document = one.text.document if one.text is not None else None
    summary = document.summary.to_text().in_language(reading_language()) if document and document.summary else ""
    report = one.switch.last_report if one.switch is not None else {}
    return {
        "line": one,
        "key": one.key,
        "title": name_in(one.title),
        "summary": summary,
        "state": one.state,
        "words": words,
        "tone": tone,
        "last_run_at": one.switch.last_run_at if one.switch is not None else None,
        "n_failed": report.get("n_failed", 0),
        "failures": _failures(report.get("failed", ())),
        "problem": _said([one.problem]) if one.problem is not None else "",
    }


def _failures(kept: Iterable[dict[str, Any]]) -> list[str]:
    """Why it could not be given to somebody, each reason once."""
    return list(dict.fromkeys(_said([one]) for one in learning.untold(list(kept))))


def _fitting(rows: Iterable[learning.Judged], words: str, show: str) -> list[learning.Judged]:
    asked = cleaned(words).casefold()
    outcomes = {"": ("gets", "left_out"), "all": tuple(OUTCOMES)}.get(show, (show,))
    order = list(OUTCOMES)
    found = [
        one
        for one in rows
        if (one.verdict.outcome in outcomes or (asked and not show))
        and (not asked or asked in f"{one.employee.name} {one.employee.number}".casefold())
    ]
    return sorted(found, key=lambda one: order.index(one.verdict.outcome))


def _judged(one: learning.Judged) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "employee": one.employee,
        "outcome": OUTCOMES[verdict.outcome],
        "tone": TONES[verdict.outcome],
        "because": _said(verdict.because),
        "why_not": _said([verdict.why_not]) if verdict.why_not is not None else "",
    }


def _event(one: learning.RuleEvent) -> dict[str, Any]:
    return {
        "row": one,
        "words": EVENTS[one.kind],
        "given": one.report.get("given"),
        "n_failed": one.report.get("n_failed"),
    }


def _serving(one: learning.RuleServing) -> dict[str, Any]:
    is_cancelled = one.assignment is not None and one.assignment.cancelled_at is not None
    is_done = one.assignment is not None and one.assignment.done_at is not None
    return {
        "row": one,
        "because": _said(learning.untold(one.reasons)),
        "is_cancelled": is_cancelled,
        "is_done": is_done,
    }


def _said(reasons: Iterable[Reason]) -> str:
    language = reading_language()
    return ("；" if language == "zh" else "; ").join(say(one, language) for one in reasons)


def _table(lines: list[dict[str, Any]], title: str) -> Table:
    labels = (_("Person"), _("Employee number"), _("Result"), _("Because"), _("Why not"))
    rows = tuple(
        Row((
            Cell(one["employee"].name), Cell(one["employee"].number), Cell(str(one["outcome"])), Cell(one["because"]),
            Cell(one["why_not"]),
        ))
        for one in lines
    )  # fmt: skip
    return Table("rule", title, tuple(Column(label) for label in labels), rows)
