"""Comments on texts, suggestions among them: what came in and its answer, for who writes; one's own, for everybody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.web.library.editor_faults import told
from peilian.web.library.editor_words import kind_name
from peilian.web.library.words import COMMENT_KINDS, COMMENT_STATES
from peilian.web.shell.access import user_of
from peilian.web.shell.paging import page_of
from peilian.web.shell.tables import Tone

_TONES: dict[str, Tone] = {"open": "accent", "accepted": "good", "declined": "neutral", "closed": "neutral"}
_ANSWERS = ("accepted", "declined", "closed")


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Comments by kind and state."""
    user = user_of(request)
    may_answer = library.may_write(user)
    state, kind = request.GET.get("state", "open"), request.GET.get("kind", "")
    state = state if state in COMMENT_STATES else "open"
    kind = kind if kind in COMMENT_KINDS else ""
    context: dict[str, Any] = {
        "may_answer": may_answer,
        "own": [_line(row, user) for row in library.own_comments(user=user)],
        "state": state,
        "states": list(COMMENT_STATES.items()),
        "kind": kind,
        "kinds": [("", _("All kinds")), *COMMENT_KINDS.items()],
        "answers": [(one, COMMENT_STATES[one]) for one in _ANSWERS],
    }
    if may_answer:
        page = page_of(
            library.comments(user=user, kinds=[kind] if kind else list(COMMENT_KINDS), states=[state]), request
        )
        context |= {"page": page, "rows": [_line(row, user) for row in page]}
    return render(request, "library/suggestions.html", context)


@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Accept, decline or close a comment."""
    user = user_of(request)
    row = library.comments(user=user, states=library.CommentState.values).filter(pk=pk).first()
    if row is None:
        raise people.NotVisibleError
    state, said = request.POST.get("state", ""), request.POST.get("answer", "")
    try:
        library.answer_comment(actor=user, comment=row, state=state, answer=said)
        messages.success(request, _("Answered. Whoever wrote it is told."))
    except InputError as error:
        for line in told(error):
            messages.error(request, line)
        row.refresh_from_db()
        return HttpResponseRedirect(f"{reverse('library_suggestions')}?state={row.state}#s-{row.pk}")
    return HttpResponseRedirect(reverse("library_suggestions"))


def _line(row: library.Comment, user: people.User) -> dict[str, Any]:
    return {
        "row": row,
        "kind": kind_name(row.content.kind),
        "words": COMMENT_STATES[row.state],
        "comment_kind": COMMENT_KINDS[row.kind],
        "tone": _TONES[row.state],
        "is_own": row.made_by_id == user.pk,
    }
