"""Times in the company's zone, words in the reader's language, one answer for absent and forbidden."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from peilian.apps.base.api import company_zone, remembering
from peilian.apps.people.api import NotVisibleError
from peilian.web.shell.errors import not_found
from peilian.web.shell.languages import DJANGO_CODES

_NUL, _SENT_NUL = "\0", "%00"
"""No key and nothing that is looked for holds it, and not every database may be asked for it."""


class CompanyTimeZoneMiddleware:
    """Activates the company's time zone, and the language that the signed-in reader chose."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve one request."""
        if request.path.startswith("/static/"):
            return self.get_response(request)
        if _SENT_NUL in (query := request.META.get("QUERY_STRING", "")):
            request.META["QUERY_STRING"] = query.replace(_SENT_NUL, "")
        with remembering():
            return self._serve(request)

    def _serve(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(DJANGO_CODES[request.user.reading_language])
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(company_zone()):
            if _NUL in request.path:
                return not_found(request)
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What the gate does not show is answered as what does not exist."""
        return not_found(request) if isinstance(exception, NotVisibleError) else None
