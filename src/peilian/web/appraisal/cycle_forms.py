"""Forms of a cycle: opening one, changing what is left open, grades."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from peilian.apps.appraisal import api as appraisal
from peilian.apps.people import api as people
from peilian.web.people.forms import DayField, DirectoryForm, UnitChoice, name_in, with_parents

_GRADES = 6
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
Grade = dict[str, Any]
_NO_GRADE: Mapping[str, Any] = {"key": "", "label": {}, "at_least": ""}


class MonthField(forms.CharField):
    """A month, picked or typed as 2026-11; its first day."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-11"})
        super().__init__(widget=widget, max_length=7, **options)

    def clean(self, value: Any) -> date | None:
        """Its first day."""
        text = str(super().clean(value) or "")
        if not text:
            return None
        found = _MONTH.fullmatch(text)
        try:
            return date(int(found[1]), int(found[2]), 1) if found else date.fromisoformat(f"{text}-01")
        except ValueError:
            raise forms.ValidationError(_("A month such as 2026-11 is needed here.")) from None


class GradesForm(DirectoryForm):
    """Grades by where they begin on the scale of 100; without any, there are none."""

    def __init__(self, *arguments: Any, grades: Sequence[Mapping[str, Any]] = (), **options: Any) -> None:
        super().__init__(*arguments, **options)
        for n in range(_GRADES):
            given: Mapping[str, Any] = grades[n] if n < len(grades) else _NO_GRADE
            label = given["label"]
            # A stable key keeps the grade of a result findable when its name is changed.
            self.fields[f"key_{n}"] = forms.CharField(
                required=False, max_length=40, widget=forms.HiddenInput, initial=given["key"]
            )
            for language, name in (("zh", gettext_lazy("Name in Chinese")), ("en", gettext_lazy("Name in English"))):
                self.fields[f"{language}_{n}"] = forms.CharField(
                    required=False, max_length=40, label=name, initial=label.get(language, "")
                )
            self.fields[f"at_least_{n}"] = forms.DecimalField(
                required=False,
                label=gettext_lazy("From how many points"),
                min_value=0,
                max_value=200,
                initial=given["at_least"],
            )

    @property
    def grade_rows(self) -> list[dict[str, Any]]:
        """The fields of each grade."""
        return [
            {
                "key": self[f"key_{n}"],
                "cells": [self[f"{name}_{n}"] for name in ("zh", "en", "at_least")],
                "number": n + 1,
            }
            for n in range(_GRADES)
        ]

    def clean(self) -> dict[str, Any]:
        """A grade needs a name and a mark."""
        data: dict[str, Any] = super().clean() or {}
        for n in range(_GRADES):
            name, mark = data.get(f"zh_{n}") or data.get(f"en_{n}"), data.get(f"at_least_{n}")
            if bool(name) != (mark is not None) and f"at_least_{n}" not in self.errors:
                self.add_error(f"at_least_{n}", _("A grade needs a name and the mark where it begins."))
        return data

    def grades(self) -> list[Grade]:
        """The grades that were given, the highest first."""
        data, found = self.cleaned_data, []
        for n in range(_GRADES):
            mark = data.get(f"at_least_{n}")
            if mark is not None:
                label = {"zh": data[f"zh_{n}"], "en": data[f"en_{n}"]}
                found.append({"key": data[f"key_{n}"] or f"grade_{n + 1}", "label": label, "at_least": str(mark)})
        return sorted(found, key=lambda grade: -float(grade["at_least"]))


class WindowForm(GradesForm):
    """What may be changed as long as nothing is published."""

    self_comment_until = DayField(
        label=gettext_lazy("Comments on oneself until"),
        required=False,
        help_text=gettext_lazy("Empty: as long as it is reviewed."),
    )
    appeal_days = forms.IntegerField(label=gettext_lazy("Days for appeals after publishing"), min_value=0, max_value=90)
    shows_preview = forms.BooleanField(
        label=gettext_lazy("People see their provisional sheet while it is reviewed"), required=False
    )


class OpenForm(WindowForm):
    """Whom to appraise by which rules over which days."""

    template = forms.ModelChoiceField(
        queryset=appraisal.Template.objects.none(), label=gettext_lazy("Rules"), empty_label=gettext_lazy("Choose")
    )
    unit = UnitChoice(
        queryset=people.Unit.objects.none(),
        label=gettext_lazy("Team, department, shop or site"),
        empty_label=gettext_lazy("Choose"),
        help_text=gettext_lazy(
            "With everything below it: whoever belongs there on the last day, or on the own last day before it."
        ),
    )
    month = MonthField(label=gettext_lazy("Month"), required=False)
    first = DayField(label=gettext_lazy("From"), required=False)
    last = DayField(label=gettext_lazy("to, included"), required=False)
    posts = forms.MultipleChoiceField(
        label=gettext_lazy("Only people on these posts"), required=False, widget=forms.CheckboxSelectMultiple
    )
    fields_of_door = {"period": "month"}  # noqa: RUF012

    def __init__(self, *arguments: Any, user: people.User, sight: people.Sight, **options: Any) -> None:
        super().__init__(*arguments, **options)
        rows = appraisal.templates(user=user).filter(retired_at=None)
        template: Any = self.fields["template"]
        template.queryset = rows
        template.label_from_instance = lambda row: name_in(row.title)
        unit: Any = self.fields["unit"]
        unit.queryset = with_parents(sight.units(people.Permission.RUN_APPRAISALS).filter(closed_on=None))
        posts: Any = self.fields["posts"]
        posts.choices = [(str(post.pk), name_in(post.name)) for post in people.Post.objects.all()]

    def clean(self) -> dict[str, Any]:
        """A month, or both ends of other days."""
        data = super().clean()
        first, last = data.get("first"), data.get("last")
        if bool(first) != bool(last):
            self.add_error("last" if first else "first", _("Other days need both their first and their last."))
        elif not first and not data.get("month") and "month" not in self.errors:
            self.add_error("month", _("Choose a month, or other days below."))
        elif first and data.get("month"):
            self.add_error("month", _("Choose a month or other days, not both."))
        return data

    @property
    def period(self) -> date | tuple[date, date]:
        """The month, or the days."""
        data = self.cleaned_data
        found: date | tuple[date, date] = (data["first"], data["last"]) if data["first"] else data["month"]
        return found

    def chosen_posts(self) -> list[people.Post]:
        """The posts that were ticked."""
        return list(people.Post.objects.filter(pk__in=self.cleaned_data["posts"]))
