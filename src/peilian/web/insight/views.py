"""Where insight begins."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from peilian.web.insight.tabs import TABS
from peilian.web.shell.tabs import links_of


@require_safe
def insight(request: HttpRequest) -> HttpResponse:
    """Lead to the first page of insight that the reader may open."""
    found = links_of(request, TABS)
    if not found:
        raise Http404
    return redirect(found[0].href)
