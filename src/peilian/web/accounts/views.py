"""Signing in and out, and the reader's language."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from peilian.apps.people.api import set_language
from peilian.web.shell.languages import DJANGO_CODES


class SignIn(LoginView):
    """The sign-in page. Failures are throttled per name and address."""

    template_name = "shell/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session (POST only)."""


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: for a user in the account, for a guest in a cookie."""
    language = "en" if request.POST.get("language") == "en" else "zh"
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("today")
    response = HttpResponseRedirect(target)
    if request.user.is_authenticated:
        set_language(user=request.user, language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, DJANGO_CODES[language], max_age=365 * 86400, samesite="Lax", httponly=True
    )
    return response
