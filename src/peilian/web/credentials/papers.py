"""Certificates and archives on paper: one page, black on white, the address to verify as a QR code."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import segno
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from peilian.apps.base.api import company
from peilian.apps.learning import api as learning
from peilian.engine._kernel import Language, Text
from peilian.web.credentials.wordings import shown_code
from peilian.web.shell.formats import format_day
from peilian.web.shell.languages import DJANGO_CODES, HTML_CODES
from peilian.web.shell.pdf import laid_out, require_pdf, written

LANGUAGES: Mapping[Language, str] = {"zh": "中文", "en": "English"}
STYLESHEET = Path(__file__).parents[1] / "static" / "certificate-print.css"
_NEVER = date(1, 1, 1)  # as today: paper always tells the year


def certificate_html(
    request: HttpRequest, opened: learning.Opened, language: Language, stylesheet: str | None = None
) -> str:
    """The paper of a certificate. ``stylesheet`` is the address of its looks; without one whoever sets it has them."""
    row = opened.row
    address = verify_address(request, row)
    signatory = opened.document.signatory
    context = {
        "company": in_language(company().name, language),
        "title": in_language(row.title, language),
        "name": row.employee.name,
        "attests": opened.document.attests.to_text().in_language(language),
        "issued": day_on_paper(row.issued_on, language),
        "ends": day_on_paper(row.expires_on, language) if row.expires_on is not None else "",
        "serial": row.serial,
        "code": shown_code(row.code),
        "address": address,
        "qr": qr_code(address),
        "signatory": signatory.to_text().in_language(language) if signatory is not None else "",
        "is_revoked": opened.standing == "revoked",
    }
    return _page("credentials/paper.html", language, stylesheet, context)


def archive_html(context: Mapping[str, Any], language: Language, stylesheet: str | None = None) -> str:
    """The paper of an archive."""
    shown = {**context, "company": in_language(company().name, language)}
    return _page("credentials/archive_paper.html", language, stylesheet, shown)


def certificate_pdf(html: str) -> bytes:
    """A paper as PDF. ``PdfUnavailableError`` where none can be made."""
    require_pdf()
    return written(laid_out(html, STYLESHEET.read_text(encoding="utf-8")))


def verify_address(request: HttpRequest, row: learning.Certificate) -> str:
    """The address under which anybody verifies a certificate."""
    return request.build_absolute_uri(reverse("verify_code", args=[row.code]))


def qr_code(text: str) -> SafeString:
    """A QR code as an SVG drawing that needs nothing else; a quarter of it may be damaged."""
    buffer = io.BytesIO()
    code = segno.make(text, error="q", micro=False)
    code.save(buffer, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, svgclass="qr", lineclass=None)
    return mark_safe(buffer.getvalue().decode())  # noqa: S308  (drawn from squares alone; the text is not in it)


def day_on_paper(day: date | datetime, language: Language) -> str:
    """A day with its year."""
    return format_day(day, language, _NEVER)


def in_language(texts: Mapping[str, str], language: Language) -> str:
    """A stored text in a language, else in the other one."""
    return Text(texts.get("zh"), texts.get("en")).in_language(language)


def _page(template: str, language: Language, stylesheet: str | None, context: Mapping[str, Any]) -> str:
    with translation.override(DJANGO_CODES[language]):
        return render_to_string(template, {"lang": HTML_CODES[language], "stylesheet": stylesheet, **context})
