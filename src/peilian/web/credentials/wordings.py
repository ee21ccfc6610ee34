"""What pages of certificates and of the archive say: how things stand, kinds of lines, what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from peilian.apps.learning import api as learning
from peilian.web.learning.places import address_of
from peilian.web.library.editor_words import kind_name
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Tone

Label = str | Promise

STANDINGS: dict[str, Label] = {
    "valid": pgettext_lazy("certificate", "valid"),
    "expired": pgettext_lazy("certificate", "expired"),
    "renewed": pgettext_lazy("certificate", "renewed since"),
    "revoked": pgettext_lazy("certificate", "revoked"),
    "": pgettext_lazy("certificate", "not yet"),
}
STANDING_TONES: dict[str, Tone] = {
    "valid": "good", "expired": "warn", "renewed": "neutral", "revoked": "bad", "": "neutral",
}  # fmt: skip
EXTERNAL_STATES: dict[str, Label] = {
    "submitted": _("waits to be confirmed"),
    "returned": pgettext_lazy("certificate", "returned"),
    "confirmed": pgettext_lazy("certificate", "confirmed"),
}
EXTERNAL_TONES: dict[str, Tone] = {"submitted": "accent", "returned": "warn", "confirmed": "good"}
EVENTS: dict[str, Label] = {
    "reminded": _("reminded"),
    "expired": _("told that it has ended"),
    "questioned": _("put in doubt"),
    "upheld": _("upheld"),
    "revoked": pgettext_lazy("certificate", "revoked"),
}
KINDS: dict[str, Label] = {
    "learnt": pgettext_lazy("archive", "Learning"),
    "exam": pgettext_lazy("archive", "Exams"),
    "drill": pgettext_lazy("archive", "Drills"),
    "panel": pgettext_lazy("archive", "Practical exams"),
    "round": pgettext_lazy("archive", "Daily rounds"),
    "review": pgettext_lazy("archive", "Reviews and observations"),
    "certificate": pgettext_lazy("archive", "Certificates"),
    "external": pgettext_lazy("archive", "Certificates of others"),
    "shared": pgettext_lazy("archive", "Shared with all"),
}
HOW: dict[str, Label] = {
    "learnt": pgettext_lazy("archive", "learnt"),
    "tested_out": pgettext_lazy("archive", "spared by an exam"),
    "passed": pgettext_lazy("archive", "passed"),
    "read": pgettext_lazy("archive", "read"),
    "drilled": pgettext_lazy("archive", "drilled"),
    "handed_in": pgettext_lazy("archive", "homework accepted"),
    "attended": pgettext_lazy("archive", "attended"),
    "credited": pgettext_lazy("archive", "credited"),
    "published": pgettext_lazy("archive", "published as best practice"),
    "exam": pgettext_lazy("archive", "exam"),
    "drill": pgettext_lazy("archive", "drill"),
    "panel": pgettext_lazy("archive", "practical exam"),
    "round": pgettext_lazy("archive", "daily rounds"),
    "observation": pgettext_lazy("archive", "observation"),
    "review": pgettext_lazy("archive", "review"),
    "certificate": pgettext_lazy("archive", "certificate"),
    "external": pgettext_lazy("archive", "certificate of others"),
}
STATES: dict[str, Label] = {
    "waiting": _("waits for marks"),
    "withdrawn": pgettext_lazy("archive", "withdrawn"),
    "retired": pgettext_lazy("archive", "no longer in use"),
    "revoked": pgettext_lazy("certificate", "revoked"),
    "submitted": _("waits to be confirmed"),
    "returned": pgettext_lazy("certificate", "returned"),
}
PERIODS: dict[str, Label] = {
    "quarter": pgettext_lazy("hours", "each quarter"),
    "half_year": pgettext_lazy("hours", "each half-year"),
    "year": pgettext_lazy("hours", "each year"),
    "total": pgettext_lazy("hours", "in total"),
}


_OPENED_BY_OTHERS = ("exam", "panel")


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a certificate asks for, as a page shows it."""

    kind: str
    title: str
    is_met: bool
    href: str
    waits: bool = False


def asked(one: learning.CertificateAsks, exams: Mapping[str, str]) -> Asked:
    """What is asked for with its page: where it is learnt or taken. ``exams``: pages of the exams that the reader may
    take, by key. An exam that ends a course is reached by the course; any other waits for who opens it."""
    title = one.title.in_language(reading_language()) if one.title is not None else ""
    kind, _colon, key = one.what.partition(":")
    href = _of_exam(key, exams) if kind == "exam" else "" if kind == "panel" else address_of(one.what)
    return Asked(kind_name(kind), title, one.is_met, href, waits=not href and kind in _OPENED_BY_OTHERS)


def _of_exam(key: str, exams: Mapping[str, str]) -> str:
    courses = learning.courses_examined_by(key)
    return exams.get(key) or (address_of(f"course:{courses[0]}") if courses else "")


def shown_code(code: str) -> str:
    """A code in groups of five, as people read it out."""
    return "-".join(code[at : at + 5] for at in range(0, len(code), 5))
