"""Two versions of a text beside each other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.web.library.places import shown_changes
from peilian.web.shell.access import user_of


@require_safe
def compare(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """What one version changed of another; without a choice, the current one of the one before it."""
    user = user_of(request)
    content = library.content(user=user, kind=kind, key=key)
    rows = list(library.versions(user=user, content=content))
    if not rows:
        raise people.NotVisibleError
    by_number = {str(row.number): row for row in rows}
    other = by_number.get(request.GET.get("other", ""), rows[0])
    earlier = next((row for row in rows if row.number < other.number), other)
    one = by_number.get(request.GET.get("one", ""), earlier)
    changes = library.compare(user=user, one=one, other=other)
    files = library.compare_files(user=user, one=one, other=other)
    context = {
        "content": content,
        "versions": rows,
        "one": one,
        "other": other,
        "changes": list(shown_changes(kind, changes, one.body, other.body)),
        "file_changes": files,
        "n_changes": len(changes) + len(files),
    }
    return render(request, "library/compare.html", context)
