"""My certificates: what I hold, what ends, what can be had and what is missing, and those of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from peilian.apps.base.api import today_in_company
from peilian.apps.learning import api as learning
from peilian.web.credentials.wordings import EXTERNAL_STATES, EXTERNAL_TONES, STANDING_TONES, STANDINGS, asked
from peilian.web.shell.access import user_of


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The reader's own."""
    user = user_of(request)
    if user.employee is None:
        return render(request, "credentials/mine.html", {"is_nobody": True})
    now = timezone.now()
    exams = {
        one.exam: reverse("exam_sitting", args=[one.pk]) for one in learning.sittings_for(user=user) if one.is_open(now)
    }
    found = [_prospect(one, exams) for one in learning.certificates_of(user=user)]
    held = [one for one in found if one["row"] is not None]
    open_ones = [one for one in found if one["row"] is None]
    ending = [one for one in held if one["ends_soon"]]
    context: dict[str, Any] = {
        "held": held,
        "open": open_ones,
        "n_valid": sum(one["standing"] == "valid" for one in held),
        "ending": ending,
        "externals": [external_line(row) for row in learning.externals_of(user=user)],
    }
    return render(request, "credentials/mine.html", context)


def _prospect(one: learning.Prospect, exams: Mapping[str, str]) -> dict[str, Any]:
    listed, today = [asked(item, exams) for item in one.asked], today_in_company()
    is_open = one.renewable_on is not None and one.renewable_on <= today
    return {
        "row": one.latest,
        "title": one.latest.title if one.latest is not None else one.document.title.to_text(),
        "attests": one.document.attests.to_text(),
        "standing": one.standing,
        "words": STANDINGS[one.standing],
        "tone": STANDING_TONES[one.standing],
        "asked": listed,
        "n_met": sum(item.is_met for item in listed),
        "grade": one.document.grade,
        "months": one.document.months,
        "renewable_on": one.renewable_on,
        "ends_soon": is_open and one.standing == "valid",
        "shows_asked": bool(listed) and (one.standing != "valid" or is_open),
    }


def external_line(row: learning.ExternalCertificate) -> dict[str, Any]:
    """A certificate of others, as lists show it."""
    has_ended = row.expires_on is not None and row.expires_on < today_in_company()
    ended = row.state == learning.ExternalState.CONFIRMED and has_ended
    return {
        "row": row,
        "words": STANDINGS["expired"] if ended else EXTERNAL_STATES.get(row.state, row.state),
        "tone": STANDING_TONES["expired"] if ended else EXTERNAL_TONES.get(row.state, "neutral"),
    }
