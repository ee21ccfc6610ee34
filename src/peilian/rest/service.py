"""The one API object: who may call it, and how it says no."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from peilian.adapters.packs import reason_of
from peilian.apps.people.api import NotVisibleError
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.flows.wording import say

# Pages of documentation fetch their scripts from other hosts, which this product does not.
api = NinjaAPI(title="Peilian 陪练", version="1", urls_namespace="rest", docs_url=None, auth=SessionAuth())

View = Callable[..., HttpResponseBase]
_LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}


def language_of(request: HttpRequest, asked: Language | None = None) -> Language:
    """The language of what is said back: the one asked for in the body or the address, else that of the user or the
    browser."""
    asked = asked or _LANGUAGES.get(request.GET.get("language", "")) or _asked_in_body(request)
    return asked or ("en" if (get_language() or "").startswith("en") else "zh")


def _asked_in_body(request: HttpRequest) -> Language | None:
    """What a body says of the language, also one that is refused for something else."""
    if request.content_type != "application/json":
        return None
    try:
        asked = json.loads(request.body)
    except (RawPostDataException, ValueError, RecursionError):
        return None
    said = asked.get("language") if isinstance(asked, dict) else None
    return _LANGUAGES.get(said) if isinstance(said, str) else None


def patterns() -> list[URLPattern]:
    """The addresses. Whoever is not signed in is told so as data instead of being sent to the sign-in page."""
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in found:
        view = pattern.callback = _in_words(cast(View, pattern.callback))
        if pattern.name != "openapi-json":
            login_not_required(view)
    return found


def _in_words(view: View) -> View:
    """The framework refuses a method in plain text, and asks no handler."""

    @wraps(view)
    def answered(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        response = view(request, *arguments, **named)
        if response.status_code != 405:
            return response
        said = _said(request, "not_allowed", 405)
        said["Allow"] = response["Allow"]
        return said

    return answered


def refused(request: HttpRequest, faults: Iterable[Fault], status: int = 400) -> HttpResponse:
    """What is wrong with a request, by field, in the words of the reader."""
    language = language_of(request)
    told = [
        {"field": fault.field or "", "key": fault.reason.key, "detail": say(fault.reason, language)} for fault in faults
    ]
    return api.create_response(request, {"error": "invalid", "faults": told}, status=status)


def _said(request: HttpRequest, error: str, status: int) -> HttpResponse:
    detail = say(Reason(f"rest.{error}"), language_of(request))
    return api.create_response(request, {"error": error, "detail": detail}, status=status)


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: Exception) -> HttpResponse:
    return _said(request, "not_signed_in", 401)


@api.exception_handler(NotVisibleError)
def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:
    """What is forbidden gives the same answer as what does not exist."""
    return _said(request, "not_found", 404)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework refuses by itself: a body that is no JSON, a form from elsewhere."""
    return _said(request, "forged" if error.status_code == 403 else "not_json", error.status_code)


@api.exception_handler(RawPostDataException)
def _already_read(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form, which was read as such in search of its CSRF token."""
    return _said(request, "not_json", 400)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = []
    for entry in error.errors:
        first, *place = [str(part) for part in entry["loc"]]
        place = place[1:] if first == "body" else place  # without the name of the argument
        faults.append(Fault(reason_of({**entry, "loc": place}), field=".".join(place) or None))
    return refused(request, faults)


@api.exception_handler(InputError)
def _input_error(request: HttpRequest, error: InputError) -> HttpResponse:
    return refused(request, error.faults)
