"""Feedback right after lessons: the question in the player, and what those who guide people read and do with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.adapters.packs.teaching import LessonDocument
from peilian.apps.learning import api as learning
from peilian.apps.library import api as library
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.learning.wordings import CLARITIES, CLARITY_TONES
from peilian.web.people.forms import name_in
from peilian.web.shell.access import user_of
from peilian.web.shell.charts import Chart, Part, shares
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.shell.parsing import as_day, as_id

_MOST_MONTHS = 12
_SLOTS = (1, 3, 2)


def feedback_of(view: learning.LessonView) -> dict[str, Any] | None:
    """What the player shows of the question of a lesson: once the check was answered, to be answered or as it was."""
    document = view.document.feedback
    if document is None or any(not one.tries for one in view.check):
        return None
    given = learning.feedback_in(view)
    may_change = learning.may_change_feedback(view, given)
    if given is None and not may_change:
        return None
    return {
        "document": document,
        "given": given,
        "clarity": CLARITIES[given.clarity] if given is not None else "",
        "tone": CLARITY_TONES[given.clarity] if given is not None else "neutral",
        "choices": list(CLARITIES.items()),
        "may_change": may_change,
        "sent": {"clarity": given.clarity, "text": given.text} if given is not None else {},
        "faults": (),
        "limit": learning.LONGEST_FEEDBACK,
    }


@require_safe
def team(request: HttpRequest) -> HttpResponse:
    """Every lesson that somebody said something about, what is least clear first."""
    lines = learning.feedback_by_lesson(user=user_of(request))
    page = page_of(lines, request)
    context = {
        "page": page,
        "rows": [
            {"line": one, "title": name_in(one.content.title), **_numbers(one.content.key, one.clear)} for one in page
        ],
        "n": len(lines),
        "n_waiting": sum(one.clear.n_waiting for one in lines),
    }
    return render(request, "learning/feedback_team.html", context)


@require_safe
def of_lesson(request: HttpRequest, key: str) -> HttpResponse:
    """One lesson: how clear it is over time and by team, then the answers."""
    return _page(request, key)


@require_POST
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say a word to somebody, or turn the feedback into a suggestion for the lesson."""
    user, do, text = user_of(request), request.POST.get("do", ""), request.POST.get("text", "")
    try:
        if do == "suggest":
            row = learning.suggest_from_feedback(actor=user, pk=pk, text=text)
            messages.success(request, _("Suggested. Those who maintain the library answer it."))
        else:
            row = learning.answer_feedback(actor=user, pk=pk, answer=text)
            messages.success(request, _("Answered; %(name)s is told.") % {"name": row.employee.name})
    except InputError as error:
        faults = [say(one.reason, reading_language()) for one in error.faults]
        lesson = learning.feedback_one(user=user, pk=pk).lesson
        return _page(request, lesson, {"pk": pk, "do": do, "text": text, "faults": faults})
    return HttpResponseRedirect(f"{reverse('lesson_feedback', args=[row.lesson])}#a-{row.pk}")


def _page(request: HttpRequest, key: str, failed: dict[str, Any] | None = None) -> HttpResponse:
    user = user_of(request)
    view = learning.feedback_of_lesson(user=user, lesson=key)
    clarity, month, unit = _asked(request)
    page = page_of(
        learning.feedback_answers(user=user, lesson=key, clarity=clarity, month=month, unit=unit), request
    )  # fmt: skip
    title, version = name_in(view.content.title), view.content.current
    document = library.document_of(version, user=user) if version is not None else None
    months = [
        {"label": _month(day), **_numbers(key, clear, month=f"{day:%Y-%m}")}
        for day, clear in view.by_month[:_MOST_MONTHS]
    ]
    context = {
        "trail": [
            {"label": _("Feedback after lessons"), "href": reverse("team_feedback")},
            {"label": title, "href": ""},
        ],
        "title": title,
        "key": key,
        "question": document.feedback if isinstance(document, LessonDocument) else None,
        "all": _numbers(key, view.all),
        "months": months,
        "chart": _chart(list(reversed(months))) if len(months) > 1 else None,
        "units": [
            {
                "label": name_in(one.name) if one is not None else _("without a team"),
                **_numbers(key, clear, unit=str(one.pk) if one is not None else ""),
            }
            for one, clear in view.by_unit
        ],
        "page": page,
        "answers": [_answer(one, failed) for one in page],
        "n": page.paginator.count,
        "chosen": _chosen(clarity, month, unit, view),
        "answer_limit": learning.LONGEST_ANSWER,
    }
    return render(request, "learning/feedback_lesson.html", context, status=422 if failed else 200)


def _answer(row: learning.LessonFeedback, failed: dict[str, Any] | None) -> dict[str, Any]:
    """An answer with what may be done about it; what was refused stands where it was typed."""
    here = failed if failed is not None and failed["pk"] == row.pk else None
    does = here["do"] if here is not None else ""
    quoted = _("Somebody who learnt this lesson wrote: “%(text)s”") % {"text": row.text} if row.text else ""
    return {
        "row": row,
        "words": CLARITIES[row.clarity],
        "tone": CLARITY_TONES[row.clarity],
        "answer": here["text"] if here is not None and does != "suggest" else "",
        "suggestion": here["text"] if here is not None and does == "suggest" else quoted,
        "faults": here["faults"] if here is not None else (),
        "fails_in": does,
    }


def _numbers(key: str, clear: learning.Clear, **more: str) -> dict[str, Any]:
    """The counts of one line, each with the address of the answers behind it."""
    here = reverse("lesson_feedback", args=[key])
    cells = []
    for name, label in CLARITIES.items():
        n = getattr(clear, name)
        query = urlencode({"clarity": name, **{each: value for each, value in more.items() if value}})
        percent = round(100 * n / clear.n) if clear.n else None
        cells.append({"label": label, "n": n, "percent": percent, "href": f"{here}?{query}#answers"})
    return {"clear": clear, "cells": cells}


def _chart(months: Sequence[dict[str, Any]]) -> Chart:
    """The shares by month, the earliest first."""
    parts = [
        Part(str(label), [one["cells"][at]["n"] for one in months], slot)
        for at, (label, slot) in enumerate(zip(CLARITIES.values(), _SLOTS, strict=True))
    ]
    labels = [one["label"] for one in months]
    return shares("clarity", _("How clear it was, by month"), labels, parts, language=reading_language())


def _asked(request: HttpRequest) -> tuple[str, date | None, UUID | None]:
    """What the address asks for. What makes no sense shows all, so that an old address still opens."""
    clarity = request.GET.get("clarity", "")
    day, unit = as_day(f"{request.GET.get('month', '')}-01"), as_id(request.GET.get("unit", ""))
    return clarity if clarity in CLARITIES else "", day, unit


def _chosen(clarity: str, month: date | None, unit: UUID | None, view: learning.LessonFeedbackView) -> list[str]:
    """What the list is limited to, in words."""
    named = next((name_in(one.name) for one, _clear in view.by_unit if one is not None and one.pk == unit), "")
    words = [str(CLARITIES[clarity]) if clarity else "", _month(month) if month is not None else "", named]
    return [word for word in words if word]


def _month(day: date) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT")
