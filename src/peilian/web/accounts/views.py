"""Signing in and out, the own account and language, the inbox."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.engine._kernel import Language
from peilian.web.accounts.forms import FirstPasswordForm, OwnPasswordForm, SignInForm
from peilian.web.accounts.messages import JOBS, address_of, said
from peilian.web.jobs.wordings import kind_name
from peilian.web.people.wordings import role_name
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import DJANGO_CODES, reading_language
from peilian.web.shell.paging import page_of


class SignIn(LoginView):
    """The sign-in page. Failures are throttled per name and address."""

    template_name = "shell/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session (POST only)."""


@login_not_required
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language: for a user in the account, for a guest in a cookie."""
    language: Language = "en" if request.POST.get("language") == "en" else "zh"
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = reverse("today")
    response = HttpResponseRedirect(target)
    if request.user.is_authenticated:
        people.set_language(user=request.user, language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        DJANGO_CODES[language],
        max_age=365 * 86400,
        samesite="Lax",
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    """Choose the first password and be signed in; a link that does not work says what to do."""
    user = people.invited(user_id=pk, token=token)
    form = FirstPasswordForm(request.POST or None)
    if user is None:
        return render(request, "accounts/invitation.html", {"invited": None}, status=410)
    if request.method == "POST" and (done := form.save(user, token)) is not None:
        login(request, done, backend="peilian.apps.people.backends.PeopleBackend")
        return HttpResponseRedirect(reverse("today"))
    context = {"invited": user, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if request.method == "POST" else 200)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """One's own: password, language, roles."""
    user = user_of(request)
    form = OwnPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.save():
        # This session stays open; all others end.
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. You are signed out everywhere else."))
        return HttpResponseRedirect(reverse("account"))
    roles = [{"name": role_name(grant.role), "grant": grant} for grant in sight_of(request).grants]
    context = {"form": form, "roles": roles}
    return render(request, "accounts/account.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """What the product tells the reader, newest first."""
    found = base.inbox_of(user=user_of(request))
    page = page_of(found, request)
    rows: list[base.InboxMessage] = list(page)
    context = {
        "page": page,
        "lines": [
            {"message": row, "words": said(row, reading_language()), "href": address_of(row), "about": _about(row)}
            for row in rows
        ],
        "n_new": found.filter(read_at=None).count(),
    }
    return render(request, "accounts/messages.html", context)


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    base.mark_read(user=user_of(request))
    return HttpResponseRedirect(reverse("messages"))


def _about(message: base.InboxMessage) -> str:
    kind = message.params.get("kind")
    return kind_name(kind) if isinstance(kind, str) and not message.key.startswith(JOBS) else ""
