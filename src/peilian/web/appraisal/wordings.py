"""Words of the appraisal pages for what the app names by keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from peilian.apps.appraisal.api import Cycle
from peilian.engine._kernel import Language
from peilian.web.people.forms import name_in
from peilian.web.shell.formats import format_days

Words = Mapping[str, str | Promise]

STATES: Words = {
    "collecting": _("collecting"),
    "reviewing": _("comments and rating"),
    "frozen": _("frozen"),
    "published": _("published"),
    "closed": pgettext_lazy("appraisal", "closed"),
    "discarded": _("discarded"),
}
INPUT_SOURCES: Words = {
    "business": _("business data"),
    "contacts": _("read from conversations"),
    "events": _("event register"),
    "level": _("rated by the supervisor"),
    "typed": _("entered by hand"),
    "file": _("from a file"),
    "appeal": _("changed by an appeal"),
}
# The icon that stands for a source where there is no room for its name.
INPUT_MARKS: Mapping[str, str] = {
    "business": "table",
    "contacts": "messages",
    "events": "flag",
    "level": "user",
    "typed": "edit",
    "file": "file-spreadsheet",
    "appeal": "scale",
}
EVENT_KINDS: Words = {
    "complaint": _("complaint"),
    "bad_review": _("bad review"),
    "dispute": _("trade dispute"),
    "etiquette": _("breach of chat etiquette"),
    "impolite": _("impolite words"),
    "rule_breach": _("breach of a rule"),
    "team_event": _("affected the team's work"),
    "praise": _("praise"),
}
EVENT_STATES: Words = {
    "reported": _("reported"),
    "confirmed": _("confirmed"),
    "withdrawn": _("withdrawn"),
}
APPEAL_STATES: Words = {
    "open": _("waits for a decision"),
    "decided": _("decided"),
    "withdrawn": _("withdrawn"),
}
CAUSES: Words = {
    "freeze": _("first result"),
    "appeal": _("after an appeal"),
    "correction": _("corrected"),
}
TABLES: Words = {
    "orders": _("orders"),
    "sales_targets": _("sales targets"),
    "featured_items": _("featured items"),
    "attendance": _("attendance"),
    "shop_days": _("visits and consultations"),
    "report_submissions": _("reports handed in"),
    "reviews": _("reviews"),
}


def cycle_name(cycle: Cycle) -> str:
    """What a cycle is called, in the reader's language."""
    return f"{name_in(cycle.unit.name)} {cycle.period}"


def period_name(cycle: Cycle, language: Language) -> str:
    """``2026年10月`` / ``October 2026`` for a month, else its days."""
    first: date = cycle.starts_on
    if len(cycle.period) == len("2026-10"):
        return f"{first.year}年{first.month}月" if language == "zh" else f"{first:%B %Y}"
    return format_days(first, cycle.ends_on, language, first)
