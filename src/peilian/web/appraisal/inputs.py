"""Inputs of a cycle: everybody's values, one value with its history, and values from a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from peilian.adapters.workbooks import safe_text
from peilian.apps.appraisal import api as appraisal
from peilian.apps.base import api as base
from peilian.apps.people import api as people
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.scorecard import Measure
from peilian.engine.scorecard.values import shown
from peilian.flows.appraisal_values import UNCLEAR, largest_fraction, number_of
from peilian.flows.tables import ENDINGS
from peilian.flows.tables.cells import shortened
from peilian.flows.wording import say, say_fault
from peilian.web.appraisal.cycles import trail
from peilian.web.appraisal.doing import done
from peilian.web.appraisal.values import said_value, truths, typed_value
from peilian.web.appraisal.wordings import INPUT_MARKS, INPUT_SOURCES
from peilian.web.people.forms import DirectoryForm
from peilian.web.shell.access import sight_of, user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language
from peilian.web.shell.paging import page_of
from peilian.web.tables.forms import TableFileField

P = people.Permission
_GIVEN = ("typed", "file", "appeal")  # ratings are judged elsewhere, which is no entering by hand
_MOST_VALUES = 50  # that are listed before they are taken in
_MOST_NAME = 80  # characters of a file's name as a heading


class InputFilter(forms.Form):
    """What of the table is shown."""

    person = forms.CharField(label=gettext_lazy("Person"), required=False, max_length=100)
    indicator = forms.ChoiceField(label=gettext_lazy("Indicator"), required=False)
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[
            ("", gettext_lazy("all values")),
            ("missing", gettext_lazy("what is missing")),
            ("given", gettext_lazy("what somebody entered")),
        ],
    )


@dataclass(frozen=True)
class Place:
    """One value in the table."""

    text: str
    href: str
    mark: str
    title: str
    is_missing: bool


@require_safe
def inputs(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everybody's values by indicator, each with its source and a way to its history."""
    user, language = user_of(request), reading_language()
    cycle = appraisal.cycle(user=user, pk=pk)
    _permit(user, cycle)
    table = appraisal.input_table(user=user, cycle=cycle)
    labels = {key: _label(table, key, language) for key in table.indicators}
    form = InputFilter(request.GET or None)
    form.fields["indicator"].choices = [("", _("all indicators")), *labels.items()]  # type: ignore[attr-defined]
    asked: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    lacking = {
        (item.appraisee.pk, item.indicator)
        for item in (appraisal.missing(user=user, cycle=cycle) if cycle.takes_inputs else ())
    }
    columns = [asked["indicator"]] if asked.get("indicator") else list(table.indicators)
    wanted = asked.get("person", "").strip()
    found = [
        (person, values)
        for person, values in table.rows
        if (not wanted or wanted == person.employee.number or wanted in person.employee.name)
        and _is_wanted(asked.get("show", ""), person, values, columns, lacking)
    ]
    page = page_of(found, request)
    rows = [
        (person, [_place(table, person, name, values.get(name), lacking, language) for name in columns])
        for person, values in page
    ]
    context = {
        "page": page,
        "cycle": cycle,
        "trail": trail(cycle, _("Inputs")),
        "form": form,
        "columns": [(name, labels[name], name in table.needed) for name in columns],
        "rows": rows,
        "marks": [(INPUT_MARKS[key], said) for key, said in INPUT_SOURCES.items()],
        "n_missing": len(lacking),
        "may_import": cycle.takes_inputs and appraisal.can(user=user, cycle=cycle).run,
    }
    return render(request, "appraisal/inputs.html", context)


def _is_wanted(
    show: str,
    person: appraisal.Appraisee,
    values: Mapping[str, appraisal.Input],
    columns: list[str],
    lacking: set[tuple[UUID, str]],
) -> bool:
    if show == "missing":
        return any((person.pk, name) in lacking for name in columns)
    if show == "given":
        return any(name in values and values[name].source in _GIVEN for name in columns)
    return True


def _place(
    table: appraisal.InputTable,
    person: appraisal.Appraisee,
    name: str,
    given: appraisal.Input | None,
    lacking: set[tuple[UUID, str]],
    language: Language,
) -> Place:
    is_missing = (person.pk, name) in lacking
    source = given.source if given is not None else table.origins[name].value
    text = said_value(table.card.indicators.get(name), given.value if given else None, language)
    notes = [str(INPUT_SOURCES[source])]
    if given is not None and given.note_key:
        notes.append(say(Reason(given.note_key, given.note_params), language))
    if given is not None and given.note:
        notes.append(given.note)
    return Place(
        _("missing") if is_missing else text,
        reverse("appraisal_input", args=[person.pk, name]),
        INPUT_MARKS[source] if given is not None else "",
        " · ".join(notes),
        is_missing,
    )


class InputForm(DirectoryForm):
    """A value by hand."""

    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal"}),
    )
    ratios = forms.ChoiceField(
        label=gettext_lazy("How is it meant?"),
        required=False,
        choices=[("percent", ""), ("fraction", "")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Where it comes from, or why there was nothing to measure when the value stays empty."),
    )
    fields_of_door = {}  # noqa: RUF012
    asks_how = False

    def ask_for(self, measure: Measure | None) -> None:
        """A choice for what is either so or not."""
        if measure is not None and measure.unit == "truth":
            self.fields["value"].widget = forms.Select(choices=[("", "–"), *truths()])

    def ask_how(self, number: Decimal) -> None:
        """Offer both readings of a number that may be a percentage."""
        self.asks_how = True
        field: Any = self.fields["ratios"]
        said = {"value": f"{number:f}", "percent": f"{shown(number * 100, 12)}%"}
        field.choices = [("percent", f"{number:f}%"), ("fraction", _("%(value)s times (%(percent)s)") % said)]


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, pk: UUID, indicator: str) -> HttpResponse:
    """One value of one person: what holds, its history, and entering or correcting it."""
    user, language = user_of(request), reading_language()
    person = appraisal.appraisee(user=user, pk=pk)
    table = appraisal.input_table(user=user, cycle=person.cycle)
    if indicator not in table.indicators:
        raise people.NotVisibleError
    _permit(user, person.cycle)
    measure = table.card.indicators.get(indicator)
    given = appraisal.inputs_of(user=user, appraisee=person).get(indicator)
    may_enter = _may_enter(request, person) and table.origins[indicator].value != "level"
    form = InputForm(request.POST or None, initial={"value": typed_value(measure, given.value if given else None)})
    form.ask_for(measure)
    if request.method == "POST":
        if not may_enter:
            raise people.NotVisibleError
        if _entered(user, person, indicator, measure, form, given):
            messages.success(request, _("Kept. The former value stays in the history."))
            return HttpResponseRedirect(reverse("appraisal_input", args=[pk, indicator]))
    history = [
        {
            "row": row,
            "value": said_value(measure, row.value, language),
            "source": INPUT_SOURCES[row.source],
            "reason": say(Reason(row.note_key, row.note_params), language) if row.note_key else "",
        }
        for row in appraisal.input_history(user=user, appraisee=person, indicator=indicator)
    ]
    context = {
        "person": person,
        "cycle": person.cycle,
        "trail": _trail_of_one(person, measure, indicator, language),
        "indicator": indicator,
        "label": _label(table, indicator, language),
        "measure": measure,
        "about": measure.about.in_language(language) if measure and measure.about else "",
        "expected": _expected(measure),
        "given": given,
        "history": history,
        "form": form if may_enter else None,
        "is_level": table.origins[indicator].value == "level",
        "may_rate": _may_rate(user, person),
        "may_forget": may_enter and given is not None and given.source in ("typed", "file"),
        "lines": [
            (line.key, line.label.in_language(language)) for line in table.card.lines if indicator in line.indicators
        ],
    }
    return render(request, "appraisal/input.html", context, status=422 if request.method == "POST" else 200)


def _entered(
    user: people.User,
    person: appraisal.Appraisee,
    indicator: str,
    measure: Measure | None,
    form: InputForm,
    given: appraisal.Input | None,
) -> bool:
    doubted = _doubted(measure, str(form.data.get("value", "")))
    if doubted is not None:
        form.ask_how(doubted)
    if not form.is_valid():
        return False
    value: Decimal | str | None = form.cleaned_data["value"] or None
    meant = form.cleaned_data["ratios"]
    if doubted is not None and meant:
        value = doubted / 100 if meant == "percent" else doubted
    if given is not None and given.value is not None and value == typed_value(measure, given.value):
        value = given.value  # what was shown may be shorter than what is kept
    try:
        appraisal.enter_input(
            actor=user, appraisee=person, indicator=indicator, value=value, note=form.cleaned_data["note"]
        )
    except InputError as error:
        if any(fault.reason.key == UNCLEAR for fault in error.faults):
            form.add_error("value", _("This could be read in two ways; say below which one is meant."))
            return False
        for fault in error.faults:
            form.add_error("note" if fault.field == "note" else "value", say(fault.reason, reading_language()))
        return False
    return True


@require_POST
def forget(request: HttpRequest, pk: UUID, indicator: str) -> HttpResponse:
    """Take back what was entered: the source counts again."""
    user = user_of(request)
    person = appraisal.appraisee(user=user, pk=pk)
    note = request.POST.get("note", "")
    done(
        request,
        lambda: appraisal.forget_input(actor=user, appraisee=person, indicator=indicator, note=note),
        _("Taken back. What the source says counts again."),
    )
    return HttpResponseRedirect(reverse("appraisal_input", args=[pk, indicator]))


class InputFileForm(forms.Form):
    """A file with values."""

    file = TableFileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "XLSX (the sheet in front) or CSV with the columns person, period, indicator and value, in any order."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
    )


@takes_files(people.Permission.RUN_APPRAISALS)
@require_http_methods(["GET", "HEAD", "POST"])
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First step: the file is kept, then looked at."""
    cycle = _running(request, pk)
    form = InputFileForm(request.POST, request.FILES) if request.method == "POST" else InputFileForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        kept = base.keep_file(actor=user_of(request), name=given.name, chunks=given.chunks())
        query = urlencode({"file": str(kept.pk)})
        return HttpResponseRedirect(f"{reverse('appraisal_input_check', args=[pk])}?{query}")
    context = {"form": form, "cycle": cycle, "trail": trail(cycle, _("Values from a file")), "steps": _steps(pk)}
    return render(request, "appraisal/input_file.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Second step: what the file would change, or what stands in the way; a POST takes it in or forgets it."""
    user = user_of(request)
    cycle = _running(request, pk)
    data = request.POST if request.method == "POST" else request.GET
    files = base.own_files(user=user, pks=data.getlist("file")[:1])
    if not files:
        return HttpResponseRedirect(reverse("appraisal_input_file", args=[pk]))
    kept, ratios = files[0], data.get("ratios", "")
    meant: Any = ratios if ratios in ("percent", "fraction") else None
    if request.POST.get("do") == "forget":
        base.drop_file(actor=user, row=kept)
        return HttpResponseRedirect(reverse("appraisal_input_file", args=[pk]))
    context: dict[str, Any] = {
        "cycle": cycle,
        "file": kept,
        "name": shortened(kept.name, _MOST_NAME),
        "ratios": ratios,
        "trail": trail(cycle, _("Values from a file")),
        "steps": _steps(pk),
    }
    try:
        if request.method == "POST":
            done = appraisal.import_inputs(actor=user, cycle=cycle, file=kept, ratios=meant)
            base.drop_file(actor=user, row=kept)
            told = {"new": done.new, "people": done.people, "same": done.same}
            said = _("%(new)d values of %(people)d people were taken in; %(same)d were known already.")
            messages.success(request, said % told)
            return HttpResponseRedirect(reverse("appraisal_inputs", args=[pk]))
        found = appraisal.preview_inputs(user=user, cycle=cycle, file=kept, ratios=meant)
        context |= {"found": found, "values": _previewed(user, cycle, found), "most": _MOST_VALUES}
    except InputError as error:
        asked = [fault for fault in error.faults if fault.reason.key == UNCLEAR]
        context["faults"] = [say_fault(fault, reading_language()) for fault in error.faults if fault not in asked]
        context["asked"] = _asked(user, cycle, asked)
        return render(request, "appraisal/input_check.html", context, status=422)
    return render(request, "appraisal/input_check.html", context)


def _asked(user: people.User, cycle: appraisal.Cycle, faults: list[Fault]) -> list[dict[str, Any]]:
    """Examples of ratios that can be read in two ways, with both readings."""
    table, language = appraisal.input_table(user=user, cycle=cycle), reading_language()
    return [
        {**params, "row": row, "label": _label(table, str(params["indicator"]), language)}
        for row, params in ((fault.row, fault.reason.params) for fault in faults)
    ]


def _previewed(user: people.User, cycle: appraisal.Cycle, found: appraisal.InputPreview) -> list[dict[str, Any]]:
    """The first values as they would be kept, to the last digit."""
    table, language = appraisal.input_table(user=user, cycle=cycle), reading_language()
    return [
        {
            "row": one.row,
            "person": one.appraisee.employee,
            "label": _label(table, one.indicator, language),
            "value": _exact(table.card.indicators.get(one.indicator), one.value, language),
            "before": said_value(table.card.indicators.get(one.indicator), one.before, language),
            "is_new": one.is_new,
        }
        for one in found.values[:_MOST_VALUES]
    ]


def _exact(measure: Measure | None, value: Decimal | None, language: Language) -> str:
    if value is None or (measure is not None and measure.unit in ("truth", "level")):
        return said_value(measure, value, language)
    return typed_value(measure, value)


@require_safe
def blank(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An empty file: a row for every value that is missing and can be entered by hand."""
    cycle = _running(request, pk)
    language = reading_language()
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    heads = {"zh": ("工号", "姓名", "月份", "指标", "数值"), "en": ("person", "name", "period", "indicator", "value")}
    writer.writerow(heads[language])
    for item in appraisal.missing(user=user_of(request), cycle=cycle):
        if item.source != "level":
            person = item.appraisee.employee
            row = (person.number, person.name, cycle.period, item.label.in_language(language), "")
            writer.writerow([safe_text(text) for text in row])
    return HttpResponse(
        buffer.getvalue().encode("utf-8-sig"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="inputs-{cycle.starts_on}.csv"'},
    )


def _steps(pk: UUID) -> list[dict[str, str]]:
    return [
        {"label": _("Choose a file"), "href": reverse("appraisal_input_file", args=[pk])},
        {"label": _("Look at the changes"), "href": ""},
    ]


def _running(request: HttpRequest, pk: UUID) -> appraisal.Cycle:
    user = user_of(request)
    cycle = appraisal.cycle(user=user, pk=pk)
    if not (cycle.takes_inputs and appraisal.can(user=user, cycle=cycle).run):
        raise people.NotVisibleError
    return cycle


def _permit(user: people.User, cycle: appraisal.Cycle) -> None:
    """Inputs are seen by who runs, rates or decides; people find their own on the sheet."""
    rights = appraisal.can(user=user, cycle=cycle)
    if not (rights.run or rights.rate or rights.decide):
        raise people.NotVisibleError


def _may_enter(request: HttpRequest, person: appraisal.Appraisee) -> bool:
    user, sight = user_of(request), sight_of(request)
    if not person.cycle.takes_inputs or user.employee_id == person.employee_id:
        return False
    return any(sight.units(one).filter(pk=person.unit_id).exists() for one in (P.RATE_APPRAISALS, P.RUN_APPRAISALS))


def _may_rate(user: people.User, person: appraisal.Appraisee) -> bool:
    if not person.cycle.takes_inputs:
        return False
    return any(task.appraisee.pk == person.pk for task in appraisal.to_rate(user=user, cycle=person.cycle))


def _label(table: appraisal.InputTable, name: str, language: Language) -> str:
    measure = table.card.indicators.get(name)
    return measure.label.in_language(language) if measure else name


def _expected(measure: Measure | None) -> str:
    unit = (measure.unit if measure else None) or ""
    if unit == "ratio":
        return _("A ratio such as 92% or 0.92.")
    if unit == "truth":
        return _("Yes or no.")
    return _("A number.") if unit != "count" else _("A whole number.")


def _trail_of_one(
    person: appraisal.Appraisee, measure: Measure | None, name: str, language: Language
) -> list[dict[str, str]]:
    found = trail(person.cycle, measure.label.in_language(language) if measure else name)
    found.insert(-1, {"label": _("Inputs"), "href": reverse("appraisal_inputs", args=[person.cycle_id])})
    return found


def _doubted(measure: Measure | None, text: str) -> Decimal | None:
    """The number of a ratio that can be read in two ways; ``None`` when there is nothing to ask."""
    number = number_of(text) if measure is not None and measure.unit == "ratio" else None
    return number if number is not None and measure is not None and abs(number) > largest_fraction(measure) else None
