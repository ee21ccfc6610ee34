"""Forms that change the directory. What a form cannot know, the door says; its reasons stand beside the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from peilian.apps.base.api import company_zone, today_in_company
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.people.wordings import STAGES, UNIT_KINDS
from peilian.web.shell.languages import reading_language

if TYPE_CHECKING:
    _UnitChoice = forms.ModelChoiceField[people.Unit]
    _PostChoice = forms.ModelChoiceField[people.Post]
else:
    _UnitChoice = _PostChoice = forms.ModelChoiceField


# Words of Django that readers cannot make sense of; our catalogue has better ones for them.
SAID_BY_DJANGO = (gettext_noop("Null characters are not allowed."), gettext_noop("“%(value)s” is not a valid UUID."))


_DAY_SHAPE = re.compile(r"\d{4}([-/])\d{1,2}\1\d{1,2}")


class DayField(forms.DateField):
    """A day, picked or typed as 2026-11-22."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(
            widget=widget,
            input_formats=["%Y-%m-%d", "%Y/%m/%d"],
            error_messages={"invalid": _("A date such as 2026-11-22 is needed here.")},
            **options,
        )

    def to_python(self, value: Any) -> Any:
        """The day; of one that is written well but is in no calendar, that is said."""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            if isinstance(value, str) and _DAY_SHAPE.fullmatch(value.strip()):
                raise forms.ValidationError(_("There is no such day.")) from None
            raise


class DirectoryForm(forms.Form):
    """A form whose ``save`` calls a door; faults of the door become faults of the fields."""

    # Which field of the form shows the fault of which field of the door, where the names differ.
    fields_of_door: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.error_messages.setdefault("required", _("This needs to be filled in."))
            field.error_messages["required"] = _("This needs to be filled in.")

    def saved(self, save: Callable[[], object]) -> bool:
        """Whether ``save`` went through; otherwise the form holds the reasons."""
        if not self.is_valid():
            return False
        try:
            save()
        except InputError as error:
            for fault in error.faults:
                name = self.fields_of_door.get(fault.field or "", fault.field)
                self.add_error(name if name in self.fields else None, say(fault.reason, reading_language()))
            return False
        return True


class UnitChoice(_UnitChoice):
    """A unit, with those above it, so that two of one name can be told apart."""

    def label_from_instance(self, obj: Any) -> str:
        """The unit's path below the company."""
        return unit_path(obj)


class PostChoice(_PostChoice):
    """A post."""

    def label_from_instance(self, obj: Any) -> str:
        """The post's name in the reader's language."""
        return name_in(obj.name)


class PersonChoice(forms.CharField):
    """An employee by number or name, with suggestions from a datalist."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"list": "people-names", "autocomplete": "off"}), max_length=200, **options
        )

    def clean(self, value: Any) -> people.Employee | None:
        """The one employee that is meant."""
        text = str(super().clean(value) or "")
        if not text:
            return None
        # A chosen suggestion reads "1001 林小禾"; typed is a number or a name.
        number = text.split(" ", 1)[0]
        rows = people.Employee.objects.all()
        found = list(rows.filter(number=number)[:1]) or list(rows.filter(name=text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                _("Nobody was found for %(text)s; choose from the list or type a number.")
                if not found
                else _("Several people are called %(text)s; type the number."),
                params={"text": text},
            )
        return found[0]


def name_in(name: Mapping[str, str]) -> str:
    """A stored name in the reader's language, else in the other one."""
    language = reading_language()
    return name.get(language) or next(iter(name.values()), "")


def unit_path(unit: people.Unit) -> str:
    """The unit's name, after those above it below the company; the company is just its name."""
    names, above = [name_in(unit.name)], unit.parent
    while above is not None and above.parent_id is not None:
        names.append(name_in(above.name))
        above = above.parent
    return " / ".join(reversed(names))


def with_parents(units: QuerySet[people.Unit]) -> QuerySet[people.Unit]:
    """Units with what ``unit_path`` reads, for trees up to five deep, in one query, in the order in which they came."""
    return units.select_related("parent__parent__parent__parent").order_by("pk")


def first_moment(day: date) -> datetime:
    """The first moment of a day where the company is."""
    return datetime.combine(day, time(), company_zone())


class PlaceForm(DirectoryForm):
    """Into which unit, on which post, from when."""

    fields_of_door: ClassVar = {"ends_on": "starts_on"}

    unit = UnitChoice(
        queryset=people.Unit.objects.none(), label=_("Team, department, shop or site"), empty_label=_("Choose")
    )
    post = PostChoice(queryset=people.Post.objects.none(), label=_("Post"), required=False, empty_label=_("no post"))
    starts_on = DayField(label=_("From"), help_text=_("What held before ends on this day and stays in the history."))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unit"].queryset = with_parents(people.Unit.objects.filter(closed_on=None))  # type: ignore[attr-defined]
        self.fields["post"].queryset = people.Post.objects.all()  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = today_in_company

    def save(self, actor: people.User, employee: people.Employee) -> bool:
        """Place the employee."""
        return self.saved(lambda: people.place_employee(actor=actor, employee=employee, **self.cleaned_data))


class StageForm(DirectoryForm):
    """Which stage, from when."""

    stage = forms.ChoiceField(label=_("Stage"), choices=list(STAGES.items()))
    starts_on = DayField(label=_("From"), initial=today_in_company)

    def save(self, actor: people.User, employee: people.Employee) -> bool:
        """Set the stage."""
        return self.saved(
            lambda: people.set_stage(
                actor=actor,
                employee=employee,
                stage=people.Stage(self.cleaned_data["stage"]),
                starts_on=self.cleaned_data["starts_on"],
            )
        )


class GuideForm(DirectoryForm):
    """Who guides, as what, from when."""

    kind = forms.ChoiceField(label=_("As"), choices=[("supervisor", _("Supervisor")), ("mentor", _("Mentor"))])
    guide = PersonChoice(label=_("Who"))
    starts_on = DayField(label=_("From"), initial=today_in_company)

    def save(self, actor: people.User, employee: people.Employee) -> bool:
        """Set the supervisor or mentor."""
        return self.saved(
            lambda: people.set_guide(
                actor=actor,
                employee=employee,
                guide=self.cleaned_data["guide"],
                kind=people.GuidanceKind(self.cleaned_data["kind"]),
                starts_on=self.cleaned_data["starts_on"],
            )
        )


class AccountForm(DirectoryForm):
    """Which account of which platform, from when."""

    fields_of_door: ClassVar = {"ends_at": "starts_on"}

    platform = forms.CharField(label=_("Platform"), max_length=60, required=False)
    account = forms.CharField(label=_("Account"), max_length=200)
    starts_on = DayField(
        label=_("From"),
        initial=today_in_company,
        help_text=_("If somebody else uses it until now, that ends on this day."),
    )

    def save(self, actor: people.User, employee: people.Employee) -> bool:
        """Assign the account."""
        return self.saved(
            lambda: people.assign_account(
                actor=actor,
                platform=self.cleaned_data["platform"],
                account=self.cleaned_data["account"],
                employee=employee,
                starts_at=first_moment(self.cleaned_data["starts_on"]),
            )
        )


class PersonForm(DirectoryForm):
    """Name and days of service."""

    name = forms.CharField(label=_("Name"), max_length=100)
    hired_on = DayField(label=_("Hired"), required=False)
    left_on = DayField(label=_("Left"), required=False, help_text=_("Who has left is kept for the history."))

    def save(self, actor: people.User, employee: people.Employee) -> bool:
        """Change the employee."""
        return self.saved(lambda: people.change_employee(actor=actor, employee=employee, **self.cleaned_data))


class NewPersonForm(DirectoryForm):
    """A new employee, and where to begin."""

    number = forms.CharField(label=_("Number"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=100)
    hired_on = DayField(label=_("Hired"), required=False)

    def save(self, actor: people.User) -> people.Employee | None:
        """Add the employee; ``None`` when refused."""
        made: list[people.Employee] = []
        self.saved(lambda: made.append(people.add_employee(actor=actor, **self.cleaned_data)))
        return made[0] if made else None


class UnitForm(DirectoryForm):
    """A unit: names, kind, place in the tree."""

    fields_of_door: ClassVar = {"name": "name_zh"}

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=100, required=False)
    code = forms.CharField(label=_("Code"), max_length=60, help_text=_("Short and lasting, for example shop-1."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[item for item in UNIT_KINDS.items() if item[0] != "company"])
    parent = UnitChoice(queryset=people.Unit.objects.none(), label=_("Belongs to"), empty_label=None)

    def __init__(self, *arguments: Any, unit: people.Unit | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.unit = unit
        self.fields["parent"].queryset = with_parents(people.Unit.objects.filter(closed_on=None))  # type: ignore[attr-defined]
        if unit is None:
            return
        for name in ("code", "kind"):
            del self.fields[name]
        if unit.parent_id is None:
            del self.fields["parent"]
        self.initial = {
            "name_zh": unit.name.get("zh", ""),
            "name_en": unit.name.get("en", ""),
            "parent": unit.parent_id,
        }

    def save(self, actor: people.User) -> bool:
        """Add the unit, or change the one the form is about."""
        return self.saved(lambda: self._add(actor) if self.unit is None else self._change(actor, self.unit))

    def _names(self) -> dict[str, str]:
        return {"zh": self.cleaned_data["name_zh"], "en": self.cleaned_data["name_en"]}

    def _add(self, actor: people.User) -> None:
        data = self.cleaned_data
        people.add_unit(
            actor=actor,
            code=data["code"],
            name=self._names(),
            kind=people.UnitKind(data["kind"]),
            parent=data["parent"],
        )

    def _change(self, actor: people.User, unit: people.Unit) -> None:
        people.change_unit(actor=actor, unit=unit, name=self._names(), parent=self.cleaned_data.get("parent"))


class UnitFilter(forms.Form):
    """Of which team, of those that the ``permission`` covers; a page with further filters adds them."""

    permission: ClassVar = people.Permission.SEE_RECORD

    unit = UnitChoice(queryset=people.Unit.objects.none(), label=_("Team"), required=False, empty_label=_("All teams"))

    def __init__(self, *arguments: Any, sight: people.Sight, **options: Any) -> None:
        super().__init__(*arguments, **options)
        units = sight.units(self.permission).filter(closed_on=None)
        self.fields["unit"].queryset = with_parents(units)  # type: ignore[attr-defined]


class TeamFilter(forms.Form):
    """The filters of the list of people. What is not offered is left out, so that an old address still opens."""

    q = forms.CharField(label=_("Name, number or account"), required=False, max_length=100)
    unit = UnitChoice(queryset=people.Unit.objects.none(), label=_("Team"), required=False, empty_label=_("All teams"))
    stage = forms.ChoiceField(label=_("Stage"), required=False, choices=[("", _("All stages")), *STAGES.items()])
    who = forms.ChoiceField(label=_("Who"), required=False, choices=[("", _("Working here")), ("left", _("Have left"))])

    def __init__(self, *arguments: Any, units: QuerySet[people.Unit], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["unit"].queryset = with_parents(units)  # type: ignore[attr-defined]
        self.fields["q"].widget.input_type = "search"

    def question(self) -> people.PeopleQuestion:
        """What is asked for."""
        self.is_valid()
        data: Mapping[str, Any] = getattr(self, "cleaned_data", {})
        return people.PeopleQuestion(
            words=data.get("q") or "",
            unit=data.get("unit"),
            stage=data.get("stage") or "",
            has_left=data.get("who") == "left",
        )


def suggestions(rows: Iterable[people.Employee]) -> list[str]:
    """What the list of a ``PersonChoice`` offers."""
    return [f"{employee.number} {employee.name}" for employee in rows]


class RosterUploadForm(DirectoryForm):
    """The roster file, and from when rows without a start count."""

    ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".jsonl")
    MOST_BYTES = 20 * 1024 * 1024

    file = forms.FileField(
        label=_("Roster file"),
        help_text=_("XLSX, CSV or JSONL; Chinese or English headers, in any order."),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS)}),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("This file is empty; a table of people is needed."),
        },
    )
    default_from = DayField(
        label=_("Rows without a start count from"),
        help_text=_(
            "The first time, choose the day from which conversations are to be counted for people. "
            "Later, choose the day on which the changes take effect."
        ),
    )

    def clean_file(self) -> Any:
        """Only what a roster can be."""
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith(self.ENDINGS):
            raise forms.ValidationError(
                _("%(name)s cannot be read; choose a file that ends in %(endings)s."),
                params={"name": file.name, "endings": ", ".join(self.ENDINGS)},
            )
        if file.size > self.MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB; a roster is far smaller."))
        return file
