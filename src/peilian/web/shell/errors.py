"""The error pages. Forbidden and absent give the same page and status, so that neither tells more than the other."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from peilian.engine._kernel import Reason
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language

_HTML, _JSON = "text/html", "application/json"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be understood."""
    return render(request, "errors/400.html", status=400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for what the user may not see."""
    return render(request, "errors/404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of a form that was open too long or came from elsewhere; what was typed is still in the browser."""
    return render(request, "errors/403.html", status=403)


def too_large(request: HttpRequest, most_bytes: int) -> HttpResponse:
    """413: more than is taken here. Scripts and programs that ask for JSON get JSON."""
    said = say(Reason("base.body_too_large", {"limit": max(1, most_bytes >> 20)}), reading_language())
    is_data = request.path.startswith("/api/") or request.get_preferred_type([_HTML, _JSON]) == _JSON
    if is_data or request.content_type == _JSON:
        return JsonResponse({"error": "body_too_large", "most_bytes": most_bytes, "detail": said}, status=413)
    return render(request, "errors/413.html", {"happened": said}, status=413)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: made without database, session or user, any of which may be what failed."""
    return HttpResponse(loader.render_to_string("errors/500.html"), status=500)
