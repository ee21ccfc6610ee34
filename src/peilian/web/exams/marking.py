"""Marking what people have to decide: what waits, and one answer at a time without whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say
from peilian.web.exams.drilling import Line, lines_of
from peilian.web.exams.points import parts_to_mark, points_sent
from peilian.web.exams.reviews import seen_answer
from peilian.web.exams.wordings import title_of
from peilian.web.shell.access import user_of
from peilian.web.shell.formats import format_score
from peilian.web.shell.languages import HTML_CODES, reading_language
from peilian.web.shell.parsing import as_id


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The occasions with answers that wait for the reader, and how far markers agree."""
    user = user_of(request)
    rows = learning.to_mark(user=user).order_by().values("attempt__sitting")
    counted = rows.annotate(n=Count("pk"), since=Min("attempt__handed_in_at"), latest=Max("attempt__handed_in_at"))
    waiting = {row["attempt__sitting"]: row for row in counted}
    sittings = learning.Sitting.objects.filter(pk__in=waiting).order_by("closes_at", "-id")
    listed = [
        {
            "sitting": one,
            "title": title_of(one),
            "n": waiting[one.pk]["n"],
            "since": waiting[one.pk]["since"],
            "agreement": agreement_words(learning.agreement_of(user=user, sitting_id=one.pk)),
        }
        for one in sittings
    ]
    return render(request, "exams/marking.html", {"listed": listed, "n": sum(one["n"] for one in listed)})


@require_safe
def following(request: HttpRequest) -> HttpResponse:
    """Lead to the next answer that waits, of one occasion where one is named."""
    sitting = as_id(request.GET.get("sitting", ""))
    found = learning.one_to_mark(user=user_of(request), sitting_id=sitting)
    if found is None:
        messages.success(request, _("Nothing waits for your marks any more."))
        return HttpResponseRedirect(reverse("exam_marking"))
    return HttpResponseRedirect(_address(found.response.pk, sitting))


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One answer with its criteria, a model answer and what is proposed; a POST marks it and leads to the next."""
    user, sitting = user_of(request), as_id(request.GET.get("sitting", ""))
    faults: dict[str, str] = {}
    if request.method == "POST":
        points = points_sent(request.POST)
        try:
            marked = learning.mark(actor=user, response_id=pk, points=points, note=request.POST.get("note", ""))
        except InputError as error:
            faults = {fault.field or "": say(fault.reason, reading_language()) for fault in error.faults}
            if not learning.to_mark(user=user).filter(pk=pk).exists():  # it is done with: the next one
                messages.info(request, next(iter(faults.values())))
                return HttpResponseRedirect(_next(sitting))
        else:
            messages.success(request, _said(marked))
            return HttpResponseRedirect(_next(sitting))
    found = learning.one_to_mark(user=user, response_id=pk, sitting_id=sitting)
    assert found is not None
    context = _context(found, user, request.POST, faults) | {"sitting_id": sitting}
    return render(request, "exams/mark.html", context, status=422 if faults else 200)


def _said(marked: learning.Marked) -> str:
    if not marked.is_settled:
        return _("Your mark is kept. The answer waits for another person's.")
    return _("Kept: %(points)s of %(of)s points.") % {
        "points": format_score(marked.response.points), "of": format_score(marked.response.of)
    }  # fmt: skip


def _talks(found: learning.ToMark, user: User) -> list[list[Line]]:
    """What was said in drills that could not be scored; nobody's name stands there."""
    inner = [part.name for part in found.open.parts] if found.field.type in ("drill", "case") else []
    said = [learning.drill_to_mark(user=user, response_id=found.response.pk, inner=name) for name in inner]
    return [lines_of(one, _("Agent")) for one in said if one]


def _context(found: learning.ToMark, user: User, data: Mapping[str, Any], faults: dict[str, str]) -> dict[str, Any]:
    language: Language = "en" if found.language == "en" else "zh"
    response, field = found.response, found.field
    asked = learning.Asked(found.question, field, response.chosen, 0)
    parts = parts_to_mark(found.open, field, response.number, data, faults)
    assert response.attempt.sitting is not None
    return {
        "title": title_of(response.attempt.sitting),
        "found": found,
        "seen": seen_answer(asked, response, language, shows_points=True, shows_key=True),
        "parts": parts,
        "talks": _talks(found, user),
        "note": data.get("note", ""),
        "lang": HTML_CODES[language],
        "faults": [text for name, text in faults.items() if name not in {part.field for part in parts}],
    }


def agreement_words(found: Any) -> dict[str, Any]:
    """How far markers agree, in words that say what to do about it."""
    words, tone = _("too few answers that two people marked"), "neutral"
    if found.kappa is not None:
        bands = [
            (0.8, _("they agree very well"), "good"),
            (0.6, _("they agree well"), "good"),
            (0.4, _("they agree roughly: go through some answers together"), "warn"),
        ]
        low = (_("they hardly agree: settle together what counts before marking on"), "bad")
        words, tone = next(((text, key) for least, text, key in bands if found.kappa >= least), low)
    return {"found": found, "words": words, "tone": tone}


def _address(pk: UUID, sitting: UUID | None) -> str:
    address = reverse("exam_mark", args=[pk])
    return f"{address}?{urlencode({'sitting': str(sitting)})}" if sitting is not None else address


def _next(sitting: UUID | None) -> str:
    address = reverse("exam_mark_next")
    return f"{address}?{urlencode({'sitting': str(sitting)})}" if sitting is not None else address
