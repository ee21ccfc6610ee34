"""The daily round (每日五分钟): one question after another, graded and explained at once; nothing is lost by a reload.

The page is one part that htmx swaps: a question, what came of the answer to it, or how the round went. Without
JavaScript the same addresses show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.base.api import company_zone
from peilian.apps.learning import api as learning
from peilian.apps.people.api import User
from peilian.web.exams.faces import face_of
from peilian.web.exams.reviews import Seen, graded_answer
from peilian.web.exams.rooms import Asked, asked_of
from peilian.web.learning.answering import Given, take_in
from peilian.web.learning.parts import going_of
from peilian.web.shell.access import user_of
from peilian.web.shell.languages import HTML_CODES
from peilian.web.shell.parsing import as_number, id_to_see

ORIGINS: dict[str, Promise] = {
    "exam": _("You missed it in an exam"),
    "lesson": _("From a lesson that you have learnt"),
    "again": _("Met again"),
}


@dataclass(frozen=True, slots=True)
class CardLine:
    """A question that was answered, with what it brought (``is_whole``: all its points) and when it is met again."""

    card: learning.CardView
    seen: Seen
    is_whole: bool
    comes_on: date


@require_safe
def daily_round(request: HttpRequest) -> HttpResponse:
    """Today's round: the question before the reader, or what came of the answer to question ``seen``."""
    user, number = user_of(request), as_number(request.GET.get("seen", ""))
    view = learning.daily_round(user=user)
    answered = _answered(view, number) if view is not None else None
    if view is not None and answered is not None:
        return _shown(request, _verdict(view, answered))
    return _shown(request, _question_or_end(user, learning.ask_next(user=user)))


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """An answer to the question before the reader."""
    user, number = user_of(request), as_number(request.POST.get("n", ""))
    round_id = id_to_see(request.POST.get("round", ""))
    view = learning.round_of(user=user, round_id=round_id)
    card = next((one for one in view.cards if one.number == number), None)
    if card is None:
        raise Http404
    earlier = card.answer
    given = take_in(
        face_of(card.asked, view.language), request.POST, f"q{number}",
        lambda stored: learning.answer_card(user=user, round_id=round_id, number=number, answer=stored),
    )  # fmt: skip
    view = learning.round_of(user=user, round_id=round_id)
    answered = _answered(view, number)
    if answered is None:
        now = learning.ask_next(user=user)
        context = _question_or_end(user, now, given if _is_before(now, round_id, number) else Given(None, given.note))
        return _shown(request, context, status=422 if given.note else 200)
    if not getattr(request, "htmx", False):
        return HttpResponseRedirect(_address(number))
    is_other = earlier is not None and given.stored is not None and earlier.answer != given.stored
    response = _shown(request, _verdict(view, answered, is_first_kept=is_other))
    response["HX-Replace-Url"] = _address(number)
    return response


@require_safe
def week(request: HttpRequest, monday: str) -> HttpResponse:
    """What the reader was asked in a week of rounds, day by day, with what each answer brought."""
    try:
        since = date.fromisoformat(monday)
    except ValueError:
        raise Http404 from None
    views = learning.week_of_rounds(user=user_of(request), monday=since)
    days: list[dict[str, Any]] = [
        {
            "day": view.round.day,
            "lang": HTML_CODES[view.language],
            "lines": [_line(view, one) for one in view.answered if not one.is_barred],
            "n_barred": sum(one.is_barred for one in view.answered),
        }
        for view in views
    ]
    lines = [line for one in days for line in one["lines"]]
    context = {
        "since": since,
        "days": days,
        "n": len(lines),
        "n_right": sum(line.is_whole for line in lines),
        "trail": [
            {"label": str(_("My training archive")), "href": reverse("own_archive")},
            {"label": str(_("Daily rounds")), "href": ""},
        ],
    }
    return render(request, "learning/round_week.html", context)


def waits_for(user: User) -> learning.RoundWaits | None:
    """What of today's round waits for the reader; ``None`` when there is nothing to say about it."""
    if user.employee_id is None:
        return None
    found = learning.round_waiting(user=user)
    return found if found.n or found.is_begun else None


def _shown(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    is_part = bool(getattr(request, "htmx", False))
    if is_part:  # htmx shows answers of 200 alone
        response = render(request, "learning/_round.html", context)
    else:
        response = render(request, "learning/round.html", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _question_or_end(user: User, view: learning.RoundView | None, given: Given | None = None) -> dict[str, Any]:
    note = given.note if given is not None else ""
    if view is None:
        return {"is_empty": True, "note": note, "waits": learning.round_waiting(user=user), **_further(user)}
    if view.next is None:
        return {**_end(user, view), "note": note}
    return {
        **_of(view, view.next.number),
        "card": view.next,
        "asked": _asked(view, view.next, given),
        "origin": ORIGINS[view.next.origin],
        "note": note,
    }


def _verdict(view: learning.RoundView, card: learning.CardView, *, is_first_kept: bool = False) -> dict[str, Any]:
    """What came of an answer. ``is_first_kept``: another one was sent before, and stands."""
    return {
        **_of(view, card.number),
        "verdict": _line(view, card),
        "is_first_kept": is_first_kept,
        "is_last": view.next is None,
    }


def _end(user: User, view: learning.RoundView) -> dict[str, Any]:
    lines = [_line(view, one) for one in view.answered]
    open_ones = [one for one in view.cards if one.answer is None]
    return {
        **_of(view, len(view.cards)),
        "is_over": True,
        "lines": lines,
        "n_right": sum(one.is_whole for one in lines),
        "n_left": len(open_ones) if view.is_time_up else 0,
        "n_barred": 0 if view.is_time_up else len(open_ones),
        **_further(user),
    }


def _of(view: learning.RoundView, place: int) -> dict[str, Any]:
    return {
        "view": view,
        "lang": HTML_CODES[view.language],
        "place": place,
        "n_cards": len(view.cards),
        "n_answered": len(view.answered),
    }


def _further(user: User) -> dict[str, Any]:
    """What there is to learn next."""
    going = (going_of(one) for one in learning.learning_of(user=user).going_on)
    return {"step": next((one for one in going if one.next is not None and one.next.href), None)}


def _asked(view: learning.RoundView, card: learning.CardView, given: Given | None) -> Asked:
    stored = given.stored if given is not None else None
    return asked_of(face_of(card.asked, view.language), f"q{card.number}", str(card.number), stored)


def _line(view: learning.RoundView, card: learning.CardView) -> CardLine:
    answered = card.answer
    assert answered is not None
    seen = graded_answer(card.asked, answered.answer, answered.parts, answered.points, view.language)
    comes_on = answered.due_at.astimezone(company_zone()).date()
    return CardLine(card, seen, answered.points == answered.of, comes_on)


def _answered(view: learning.RoundView, number: int) -> learning.CardView | None:
    """A question of the round that was answered and may be looked at."""
    return next((one for one in view.answered if one.number == number and not one.is_barred), None)


def _is_before(view: learning.RoundView | None, round_id: UUID, number: int) -> bool:
    """Whether a question is the one before the reader."""
    return view is not None and view.round.pk == round_id and view.next is not None and view.next.number == number


def _address(number: int) -> str:
    return f"{reverse('daily_round')}?seen={number}"
