"""Two people saved one draft: both wordings are shown, and for each difference one of them is taken."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.request import QueryDict
from django.shortcuts import render

from peilian.adapters.packs.source import source_of
from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Reason
from peilian.engine.content import Change, Conflict, LostPlaceError, differences, take_theirs
from peilian.web.library.editor_shape import FIXED
from peilian.web.library.places import shown_changes


def page(request: HttpRequest, row: library.Draft, mine: dict[str, Any]) -> HttpResponse:
    """What is stored beside what was to be saved over it. Nothing of either is lost."""
    shown = list(shown_changes(row.content.kind, _changes(row, mine), row.body, mine))
    last = people.User.objects.filter(pk__in=row.writers[-1:]).first()
    context = {
        "draft": row,
        "content": row.content,
        "last": last,
        "changes": list(enumerate(shown)),
        "mine": json.dumps(mine, ensure_ascii=False, default=str),
        "source": source_of(mine),
        "part": request.POST.get("part", ""),
    }
    return render(request, "library/draft_stale.html", context, status=409)


def chosen(row: library.Draft, data: QueryDict) -> dict[str, Any]:
    """What was chosen of both: mine, with what is stored where that was preferred."""
    try:
        mine = json.loads(data.get("mine", ""))
    except ValueError:
        mine = None
    if not isinstance(mine, dict):
        raise InputError(Fault(Reason("pack.not_a_mapping")))
    body: Any = mine
    # From the last to the first, so that what is taken leaves the places before it alone.
    for n, one in reversed(list(enumerate(_changes(row, mine)))):
        if data.get(f"take.{n}") == "stored" and not one.is_moved:
            body = _with_stored(body, one)
    return dict(body)


def _changes(row: library.Draft, mine: dict[str, Any]) -> list[Change]:
    return [one for one in differences(row.body, mine) if not (one.path and one.path[0] in FIXED)]


def _with_stored(body: Any, change: Change) -> Any:
    """``body`` with what is stored at the place of a change. A place that moved meanwhile keeps mine."""
    ours, theirs = change.after, change.before
    if change.path and isinstance(change.path[-1], int):
        ours = [] if change.is_removed else [ours]
        theirs = [] if change.is_added else [theirs]
    try:
        return take_theirs(body, Conflict(change.path, None, ours, theirs))
    except LostPlaceError:
        return body
