"""What the reader is to read and confirm, and what is new."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from peilian.apps.library import api as library
from peilian.web.shell.access import user_of


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """The first page of the place."""
    return render(request, "library/learn.html", {"to_confirm": library.to_confirm(user=user_of(request))})
