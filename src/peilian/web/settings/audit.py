"""The audit trail: who did what to which object, with the values before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.web.jobs.wordings import kind_name
from peilian.web.people.forms import DayField, first_moment
from peilian.web.settings.values import readable
from peilian.web.settings.wordings import KINDS, verb_name
from peilian.web.shell.access import sight_of
from peilian.web.shell.paging import page_of


class TrailFilter(forms.Form):
    """What to look for."""

    verb = forms.ChoiceField(label=_("What was done"), required=False)
    actor = forms.CharField(label=_("By whom"), required=False, max_length=100)
    object = forms.CharField(label=_("To what"), required=False, max_length=200)
    from_day = DayField(label=_("From"), required=False)
    to_day = DayField(label=_("To"), required=False)

    def __init__(self, *arguments: Any, verbs: Iterable[str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        named = sorted(((verb, verb_name(verb)) for verb in verbs), key=lambda item: item[1])
        self.fields["verb"].choices = [("", _("Everything")), *named]  # type: ignore[attr-defined]

    def chosen(self, rows: QuerySet[base.AuditEntry]) -> QuerySet[base.AuditEntry]:
        """The entries that fit; a filter that makes no sense is left out and says so."""
        self.is_valid()
        data: Mapping[str, Any] = self.cleaned_data
        if data.get("verb"):
            rows = rows.filter(verb=data["verb"])
        if data.get("actor"):
            rows = rows.filter(Q(actor__name__icontains=data["actor"]) | Q(actor__username__iexact=data["actor"]))
        if data.get("object"):
            rows = rows.filter(Q(object_label__icontains=data["object"]) | Q(object_id=data["object"]))
        # The first and the last years there are have no moments in every zone; nothing was done then.
        if data.get("from_day") and data["from_day"].year >= 1970:
            rows = rows.filter(at__gte=first_moment(data["from_day"]))
        if data.get("to_day") and data["to_day"].year < 9999:
            rows = rows.filter(at__lt=first_moment(data["to_day"] + timedelta(days=1)))
        return rows


@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """The entries, newest first."""
    sight = sight_of(request)
    if not sight.reaches_company(people.Permission.SEE_AUDIT):
        raise people.NotVisibleError
    entries = sight.audit()
    verbs = entries.order_by().values_list("verb", flat=True).distinct()
    form = TrailFilter(request.GET, verbs=verbs)
    page = page_of(form.chosen(entries).select_related("actor"), request)
    context = {"form": form, "page": page, "entries": _lines(page)}
    template = "settings/audit_list.html" if request.htmx else "settings/audit.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _lines(entries: Iterable[base.AuditEntry]) -> list[dict[str, Any]]:
    listed = list(entries)
    return [
        {
            "entry": entry,
            "verb": verb_name(entry.verb),
            "kind": KINDS.get(entry.object_kind, entry.object_kind),
            "label": _label(entry),
            "changes": changes,
        }
        for entry, changes in zip(listed, readable(listed), strict=True)
    ]


def _label(entry: base.AuditEntry) -> str:
    """What was written, by name; a job's label is its kind's key, which has words."""
    if entry.object_kind == "base.job":
        return kind_name(entry.object_label.split(" (", 1)[0])
    return entry.object_label
