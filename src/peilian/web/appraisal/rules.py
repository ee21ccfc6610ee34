"""Rules: templates, their versions, editing one as the next version with a look at what it would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.apps.appraisal import api as appraisal
from peilian.apps.base.api import today_in_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Language
from peilian.flows import appraising
from peilian.web.appraisal import rule_differences
from peilian.web.appraisal.doing import done
from peilian.web.appraisal.rule_sheets import RuleSheet
from peilian.web.appraisal.rule_texts import said, texts_left_behind, texts_left_behind_by, with_labels
from peilian.web.appraisal.wordings import INPUT_SOURCES, cycle_name
from peilian.web.people.forms import DayField, DirectoryForm, name_in
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.figures import Figure
from peilian.web.shell.formats import format_change
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Cell, Column, Row, Table

P = people.Permission
_READERS = (P.EDIT_APPRAISAL_RULES, P.RUN_APPRAISALS, P.RATE_APPRAISALS, P.SEE_APPRAISAL_TOTALS, P.DECIDE_APPEALS)


class NewTemplateForm(DirectoryForm):
    """Rules of the company's own, begun with a sheet that comes with the product."""

    shipped = forms.ChoiceField(label=gettext_lazy("Begin with"), widget=forms.RadioSelect)
    key = forms.RegexField(
        r"^[a-z0-9][a-z0-9_-]*$",
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Small letters, digits and hyphens; it names the rules in files."),
        error_messages={"invalid": gettext_lazy("Small letters, digits and hyphens only, such as shop-monthly.")},
    )
    zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=200, required=False)
    en = forms.CharField(label=gettext_lazy("Name in English"), max_length=200, required=False)
    effective_from = DayField(
        label=gettext_lazy("Holds from"), help_text=gettext_lazy("For cycles that begin on this day or later.")
    )
    fields_of_door = {"title": "zh"}  # noqa: RUF012

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        language = reading_language()
        shipped: Any = self.fields["shipped"]
        shipped.choices = [(key, one.title.in_language(language)) for key, one in appraisal.shipped_templates().items()]


class VersionForm(DirectoryForm):
    """From when the next version holds, and why."""

    effective_from = DayField(
        label=gettext_lazy("Holds from"),
        help_text=gettext_lazy("For cycles that begin on this day or later; what is computed stays as it was."),
    )
    note = forms.CharField(label=gettext_lazy("What changes, and why"), max_length=500)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """Every template with the version that holds today."""
    user, sight = _reader(request)
    today = today_in_company()
    lines = [
        {
            "row": row,
            "now": appraisal.version_for(template=row, day=today),
            "newest": max(row.versions.all(), key=lambda one: one.number),
        }
        for row in appraisal.templates(user=user)
    ]
    context = {"lines": lines, "may_edit": sight.reaches_company(P.EDIT_APPRAISAL_RULES)}
    return render(request, "appraisal/rules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Take over a sheet that comes with the product."""
    user = _editor(request)
    form = NewTemplateForm(request.POST or None)
    made: list[appraisal.TemplateVersion] = []

    def save() -> None:
        data = form.cleaned_data
        shipped = appraisal.shipped_templates()[data["shipped"]]
        title = {key: data[key] for key in ("zh", "en") if data[key]}
        made.append(
            appraisal.add_template(
                actor=user,
                key=data["key"],
                title=title or {"zh": shipped.title.zh or "", "en": shipped.title.en or ""},
                body=shipped.body,
                effective_from=data["effective_from"],
                shipped_as=data["shipped"],
            )
        )

    if request.method == "POST" and form.saved(save):
        messages.success(request, _("Added. Go through what is open in it, and keep your answers as the next version."))
        return HttpResponseRedirect(reverse("appraisal_rules_edit", args=[made[0].template_id]))
    status = 422 if request.method == "POST" else 200
    return render(request, "appraisal/rules_new.html", {"form": form}, status=status)


@require_safe
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version: its answers, its lines, what is odd about it, and the others."""
    user, sight = _reader(request)
    language = reading_language()
    row = appraisal.template_version(user=user, pk=pk)
    card = appraising.card_of(row.body, row.chosen)
    sheet = RuleSheet(row.body, row.chosen, language)
    groups = {group.key: group.label.in_language(language) for group in card.groups}
    left_behind = texts_left_behind(row, language)
    lines = [
        {
            "line": line,
            "label": line.label.in_language(language),
            "group": groups.get(line.group or "", ""),
            "standard": line.standard.in_language(language) if line.standard else "",
            "source_note": line.source_note.in_language(language) if line.source_note else "",
            "from": _origins(card, line.indicators),
            "left_behind": [said(one) for one in left_behind.get(line.key, ())],
        }
        for line in card.lines
    ]
    versions = list(row.template.versions.order_by("-number"))
    context = {
        "row": row,
        "template": row.template,
        "lines": lines,
        "sum": sum((line.weight for line in card.lines), Decimal(0)),
        "settings": [(one, _answer(one)) for one in sheet.rows],
        "doubts": [*appraising.doubts_of(row.body, row.chosen, language), *with_labels(left_behind, language)],
        "versions": versions,
        "before": next((one for one in versions if one.number == row.number - 1), None),
        "may_edit": sight.reaches_company(P.EDIT_APPRAISAL_RULES) and row.template.retired_at is None,
        "trail": _trail(row.template, f"v{row.number}"),
    }
    return render(request, "appraisal/rules_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The newest version as a form. A POST looks at what it would change, or keeps it as the next version."""
    user = _editor(request)
    language = reading_language()
    template = appraisal.template(user=user, pk=pk)
    former = max(template.versions.all(), key=lambda one: one.number)
    is_sent = request.method == "POST"
    sheet = RuleSheet(former.body, former.chosen, language, request.POST if is_sent else None)
    form = VersionForm(request.POST if is_sent and request.POST.get("do") == "save" else None, initial=_given(request))
    context: dict[str, Any] = {
        "template": template,
        "former": former,
        "sheet": sheet,
        "form": form,
        "trail": _trail(template, _("Next version")),
        "faults": [],
    }
    if is_sent:
        body, settings = sheet.body, sheet.settings
        context["faults"] = list(sheet.faults)
        if not sheet.faults and request.POST.get("do") == "save":
            made: list[appraisal.TemplateVersion] = []

            def save() -> None:
                data = form.cleaned_data
                made.append(
                    appraisal.add_version(
                        actor=user,
                        template=template,
                        body=body,
                        settings=settings,
                        effective_from=data["effective_from"],
                        note=data["note"],
                    )
                )

            if form.saved(save):
                messages.success(request, _("Kept as version %(n)d.") % {"n": made[0].number})
                return HttpResponseRedirect(reverse("appraisal_version", args=[made[0].pk]))
        elif not sheet.faults:
            context |= _tried(user, template, former, body, settings)
            context["faults"] += context.pop("refused")
    if not context["faults"]:
        context["left_behind"] = _mark_texts(sheet, template, language)
    status = 422 if context["faults"] or form.errors else 200
    return render(request, "appraisal/rules_edit.html", context, status=status)


@require_safe
def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """In what two versions differ."""
    user, _sight = _reader(request)
    template = appraisal.template(user=user, pk=pk)
    versions = {str(one.number): one for one in sorted(template.versions.all(), key=lambda one: one.number)}
    numbers = list(versions)
    old = versions.get(request.GET.get("old", ""), versions[numbers[-2] if len(numbers) > 1 else numbers[-1]])
    new = versions.get(request.GET.get("new", ""), versions[numbers[-1]])
    context = {
        "template": template,
        "versions": list(versions.values()),
        "old": old,
        "new": new,
        "rows": rule_differences.told(
            appraisal.compare_versions(user=user, old=old, new=new),
            [appraising.resolved(one.body, one.chosen) for one in (new, old)],
            reading_language(),
        ),
        "trail": _trail(template, _("Compare versions")),
    }
    return render(request, "appraisal/rules_compare.html", context)


@require_POST
def retire(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Offer rules no longer."""
    user = _editor(request)
    template = appraisal.template(user=user, pk=pk)
    said = _("These rules are no longer offered; cycles and versions stay.")
    done(request, lambda: appraisal.retire_template(actor=user, template=template), said)
    return HttpResponseRedirect(reverse("appraisal_rules"))


def _mark_texts(sheet: RuleSheet, template: appraisal.Template, language: Language) -> list[str]:
    """Tell every line what its standard says that its rule does not; all of it together is returned."""
    try:
        found = texts_left_behind_by(sheet.body, sheet.settings, template.versions.all(), language)
    except InputError:  # told where it is looked at or kept
        return []
    for line in sheet.lines:
        line.left_behind = [said(one) for one in found.get(line.key, ())]
    return with_labels(found, language)


def _tried(
    user: people.User,
    template: appraisal.Template,
    former: appraisal.TemplateVersion,
    body: dict[str, Any],
    settings: Mapping[str, str],
) -> dict[str, Any]:
    """What the changed rules would do: differences to the version before, doubts, and everybody's points."""
    language = reading_language()
    found: dict[str, Any] = {"refused": [], "is_tried": True}
    try:
        found["doubts"] = appraising.doubts_of(body, settings, language)
        differences = appraising.compare(former.body, former.chosen, body, settings)
    except InputError as error:
        found["refused"] = [rule_differences.worded(fault, body, language) for fault in error.faults]
        return found
    documents = [appraising.resolved(body, settings), appraising.resolved(former.body, former.chosen)]
    found["differences"] = rule_differences.told(differences, documents, language)
    cycle = appraisal.cycles(user=user).filter(template_version__template=template).first()
    if cycle is None:
        return found
    try:
        rows = appraisal.preview_version(user=user, body=body, settings=settings, cycle=cycle)
    except InputError as error:
        found["refused"] = [rule_differences.worded(fault, body, language) for fault in error.faults]
        return found
    moved = [row for row in rows if row.difference]
    found |= {
        "cycle": cycle_name(cycle),
        "moved": len(moved),
        "of": len(rows),
        "table": _movers(rows, body, settings, language),
    }
    return found


def _movers(
    rows: list[appraisal.PreviewRow], body: dict[str, Any], settings: Mapping[str, str], language: Language
) -> Table:
    """Old, new and difference, the biggest movers first, with the lines that move them."""
    labels = {line.key: line.label.in_language(language) for line in appraising.card_of(body, settings).lines}
    ordered = sorted(rows, key=lambda row: abs(row.difference or Decimal(0)), reverse=True)
    columns = (
        Column(_("Person")),
        Column(_("Now"), is_number=True),
        Column(_("By the new rules"), is_number=True),
        Column(_("Difference"), is_number=True),
        Column(_("Through")),
    )
    return Table(
        "appraisal-preview",
        _("What the last inputs would give"),
        columns,
        tuple(
            Row(
                (
                    Cell(row.appraisee.employee.name, reverse("appraisal_sheet", args=[row.appraisee.pk])),
                    Cell(figure=Figure(row.old, "score")),
                    Cell(figure=Figure(row.new, "score")),
                    Cell(format_change(row.difference, "score", language)),
                    Cell(
                        pgettext("list", ", ").join(
                            _moved_line(labels.get(key, key), *pair) for key, pair in row.lines.items()
                        )
                    ),
                )
            )
            for row in ordered
        ),
    )


def _moved_line(label: str, old: Decimal | None, new: Decimal | None) -> str:
    if old is None or new is None:
        return label
    return f"{label} {format_change(new - old, 'score', reading_language())}"


def _answer(row: Any) -> str:
    """The answer of a setting in words."""
    chosen = next((option.label for option in row.options if option.is_chosen), None)
    return chosen if chosen is not None else row.value or "–"


def _origins(card: Any, indicators: Iterable[str]) -> str:
    found = dict.fromkeys(str(INPUT_SOURCES.get(card.indicators[name].origin or "", "")) for name in indicators)
    return pgettext("list", ", ").join(one for one in found if one)


def _given(request: HttpRequest) -> dict[str, Any]:
    """What stood beside the form when it was only looked at; a new version holds from the month's beginning."""
    day = today_in_company().replace(day=1).isoformat()
    return {name: request.POST.get(name, other) for name, other in (("effective_from", day), ("note", ""))}


def _trail(template: appraisal.Template, last: str) -> list[dict[str, str]]:
    newest = max(template.versions.all(), key=lambda one: one.number)
    return [
        {"label": _("Assess"), "href": reverse("assess")},
        {"label": _("Rules"), "href": reverse("appraisal_rules")},
        {"label": name_in(template.title), "href": reverse("appraisal_version", args=[newest.pk])},
        {"label": last, "href": ""},
    ]


def _reader(request: HttpRequest) -> tuple[people.User, people.Sight]:
    sight = sight_of(request)
    if not any(map(sight.may, _READERS)):
        raise people.NotVisibleError
    return user_of(request), sight


def _editor(request: HttpRequest) -> people.User:
    if not sight_of(request).reaches_company(P.EDIT_APPRAISAL_RULES):
        raise people.NotVisibleError
    return user_of(request)
