"""Verifying a certificate (证书查验): for everybody, signed in or not. It tells how a certificate stands, and nothing
that one could not read on the paper."""

from __future__ import annotations

import time

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from peilian.apps.learning import api as learning
from peilian.web.credentials.wordings import STANDING_TONES, STANDINGS

A_MINUTE = 30
"""How many codes one address may look up in a minute. Codes cannot be guessed; this keeps the load low."""
_SECONDS = 60


@login_not_required
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """The form for a code. What is typed is led to its own address, so that it can be kept and sent."""
    typed = "".join(sign for sign in request.GET.get("code", "").upper() if sign.isascii() and sign.isalnum())
    if typed:
        return _private(HttpResponseRedirect(reverse("verify_code", args=[typed[:40]])))
    return _private(render(request, "credentials/verify.html", {}))


@login_not_required
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """What a code attests; the same page for every code that there is not."""
    if not _is_within_bounds(request.META.get("REMOTE_ADDR", "")):
        response = render(request, "credentials/verify.html", {"is_too_often": True}, status=429)
        response["Retry-After"] = str(_SECONDS)
        return _private(response)
    found = learning.verify_code(code=code)
    if found is None:
        return _private(render(request, "credentials/verify.html", {"is_unknown": True}, status=404))
    context = {"found": found, "words": STANDINGS[found.standing], "tone": STANDING_TONES[found.standing]}
    return _private(render(request, "credentials/verify.html", context))


def _is_within_bounds(address: str) -> bool:
    """Count a look-up of an address in the present minute."""
    key = f"verify:{address}:{int(time.time()) // _SECONDS}"
    cache.add(key, 0, timeout=2 * _SECONDS)
    try:
        return cache.incr(key) <= A_MINUTE
    except ValueError:  # thrown out between the two
        return True


def _private(response: HttpResponse) -> HttpResponse:
    """Not for search engines, and not for the caches between."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response
