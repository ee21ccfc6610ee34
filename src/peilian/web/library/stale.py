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
from peilian.engine.content.values import ID_FIELDS, Path
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
        return _chosen(row, data)
    except RecursionError:
        raise InputError(Fault(Reason("library.document_too_deep"))) from None


def _chosen(row: library.Draft, data: QueryDict) -> dict[str, Any]:
    try:
        mine = json.loads(data.get("mine", ""))
    except ValueError:
        mine = None
    if not isinstance(mine, dict):
        raise InputError(Fault(Reason("pack.not_a_mapping")))
    body: Any = mine
    for n, one in enumerate(_changes(row, mine)):
        if data.get(f"take.{n}") == "stored" and not one.is_moved:
            body = _with_stored(body, one)
    return dict(body)


def _changes(row: library.Draft, mine: dict[str, Any]) -> list[Change]:
    """What differs, part by part. A list whose items have no names is one part: its order is part of what it says."""
    found: dict[Path, Change] = {}
    for one in differences(row.body, mine):
        if one.path and one.path[0] in FIXED:
            continue
        unnamed = next((n for n, part in enumerate(one.path) if isinstance(part, int)), None)
        if unnamed is None:
            found[one.path] = one
        else:
            whole = one.path[:unnamed]
            found[whole] = Change(whole, _at(row.body, whole), _at(mine, whole))
    return list(found.values())


def _at(tree: Any, path: Path) -> Any:
    for part in path:
        if isinstance(tree, list):
            tree = next(one for one in tree if part in [one.get(name) for name in ID_FIELDS])
        else:
            tree = tree[part]
    return tree


def _with_stored(body: Any, change: Change) -> Any:
    """``body`` with what is stored at the place of a change. A place that moved meanwhile keeps mine."""
    try:
        return take_theirs(body, Conflict(change.path, None, change.after, change.before))
    except LostPlaceError:
        return body
