"""Search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from peilian.web.search.hits import groups_of
from peilian.web.shell.languages import reading_language

_LONGEST = 100


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the words find; the palette asks for the hits alone."""
    words = " ".join(request.GET.get("q", "")[:_LONGEST].replace("\0", " ").split())
    context = {"words": words, "groups": groups_of(request, words, reading_language())}
    name = "_hits" if request.htmx else "search"  # type: ignore[attr-defined]
    response = render(request, f"search/{name}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response
