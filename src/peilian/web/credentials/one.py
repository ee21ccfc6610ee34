"""One certificate: what it attests and rests on, its paper, and deciding about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from peilian.apps.learning import api as learning
from peilian.apps.people.api import NotVisibleError, Permission
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say, say_fault
from peilian.web.credentials import papers
from peilian.web.credentials.wordings import EVENTS, STANDING_TONES, STANDINGS, shown_code
from peilian.web.exams.wordings import GRADES
from peilian.web.learning.places import address_of
from peilian.web.people.forms import name_in
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.languages import reading_language
from peilian.web.shell.pdf import why_no_pdf


@require_safe
def certificate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What it attests, how it stands, what it rests on, and what became of it."""
    opened = learning.certificate_of(user=user_of(request), certificate_id=pk)
    row = opened.row
    may_open = opened.is_own or (
        sight_of(request).employees(Permission.RAISE_NEEDS).filter(pk=row.employee_id).exists()
    )  # fmt: skip
    home = (_("My certificates"), "certificates") if opened.is_own else (_("Certificates"), "team_certificates")
    context: dict[str, Any] = {
        "trail": [{"label": home[0], "href": reverse(home[1])}, {"label": name_in(row.title), "href": ""}],
        "opened": opened,
        "row": row,
        "words": STANDINGS[opened.standing],
        "tone": STANDING_TONES[opened.standing],
        "attests": opened.document.attests.to_text(),
        "code": shown_code(row.code),
        "address": papers.verify_address(request, row),
        "grounds": [
            _ground(ground, learning.is_gone(ground, opened.document), may_open=may_open) for ground in opened.grounds
        ],
        "events": [
            {"row": event, "words": EVENTS[event.kind]}
            for event in opened.events
            if event.kind not in ("reminded", "expired")
        ],
        "papers": [(code, words) for code, words in papers.LANGUAGES.items()],
        "may_decide": opened.may_decide and opened.standing != "revoked",
    }
    return render(request, "credentials/certificate.html", context)


def _ground(ground: learning.CertificateGround, is_gone: bool, *, may_open: bool) -> dict[str, Any]:
    """What it rests on, with the page that shows it."""
    key = ground.what.partition(":")[2]
    attempt = ground.attempt
    href = reverse("exam_review", args=[attempt.pk]) if attempt is not None else address_of(ground.what)
    percent = 100 * attempt.points / attempt.of if attempt is not None and attempt.points and attempt.of else None
    return {
        "title": ground.title or key,
        "at": ground.at,
        "href": href if may_open or attempt is None else "",
        "grade": GRADES.get(attempt.grade, "") if attempt is not None else "",
        "percent": percent,
        "is_gone": is_gone,
    }


@require_safe
def paper(request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
    """The certificate as a PDF in a language."""
    opened = learning.certificate_of(user=user_of(request), certificate_id=pk)
    wanted = _language(language)
    reason = why_no_pdf()
    if reason is not None:
        messages.warning(request, say(reason, reading_language()))
        return HttpResponseRedirect(reverse("certificate_paper", args=[pk, wanted]))
    body = papers.certificate_pdf(papers.certificate_html(request, opened, wanted))
    name = f"{opened.row.serial}-{wanted}.pdf"
    return HttpResponse(
        body, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_safe
def printed(request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
    """The certificate as a page for the browser's own printing."""
    opened = learning.certificate_of(user=user_of(request), certificate_id=pk)
    return HttpResponse(papers.certificate_html(request, opened, _language(language), static("certificate-print.css")))


@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take it back, with a reason."""
    return _decide(request, pk, learning.revoke_certificate, _("The certificate is revoked; its person is told why."))


@require_POST
def uphold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let it stand, with a reason."""
    return _decide(request, pk, learning.uphold_certificate, _("The certificate stands."))


def _decide(request: HttpRequest, pk: UUID, act: Callable[..., object], done: str) -> HttpResponse:
    try:
        act(actor=user_of(request), certificate_id=pk, reason=request.POST.get("reason", ""))
    except InputError as error:
        messages.error(request, say_fault(error.faults[0], reading_language()))
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("certificate", args=[pk]))


def _language(text: str) -> Language:
    if text == "zh":
        return "zh"
    if text == "en":
        return "en"
    raise NotVisibleError
