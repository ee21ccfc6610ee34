"""Forms of the settings."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from peilian.apps.base.api import Company, today_in_company
from peilian.apps.people import api as people
from peilian.flows import measuring
from peilian.web.people.forms import DayField, DirectoryForm, PersonChoice, UnitChoice, with_parents
from peilian.web.people.wordings import role_choices
from peilian.web.shell.languages import reading_language

LANGUAGES = (("zh", "中文"), ("en", "English"))


class _NewPassword(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(widget=widget, strip=False, **options)


class NewUserForm(DirectoryForm):
    """Somebody who is to sign in, with a first role."""

    username = forms.CharField(label=_("Sign-in name"), max_length=80)
    name = forms.CharField(label=_("Name"), max_length=100)
    employee = PersonChoice(
        label=_("Employee"), required=False, help_text=_("Guests such as lecturers and judges have none.")
    )
    password = _NewPassword(
        label=_("First password"),
        required=False,
        help_text=_("At least 10 characters, handed over in person. Leave it empty to send an invitation instead."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)

    def save(self, actor: people.User) -> people.User | None:
        """Add the user; ``None`` when refused."""
        made: list[people.User] = []
        self.saved(lambda: made.append(people.add_user(actor=actor, **self.cleaned_data | self._password())))
        return made[0] if made else None

    def _password(self) -> dict[str, str | None]:
        return {"password": self.cleaned_data["password"] or None}


class GrantForm(DirectoryForm):
    """A role, for a unit or not, from when to when."""

    role = forms.ChoiceField(label=_("Role"))
    unit = UnitChoice(
        queryset=people.Unit.objects.none(),
        label=_("Responsible for"),
        required=False,
        empty_label=_("not tied to a unit"),
        help_text=_("Needed for roles that lead or look after a unit; it holds for everything below, too."),
    )
    starts_on = DayField(label=_("From"), initial=today_in_company)
    ends_on = DayField(label=_("Until"), required=False, help_text=_("The first day without it; empty for open end."))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]
        self.fields["unit"].queryset = with_parents(people.Unit.objects.filter(closed_on=None))  # type: ignore[attr-defined]

    def save(self, actor: people.User, user: people.User) -> bool:
        """Give the role."""
        return self.saved(lambda: people.grant_role(actor=actor, user=user, **self.cleaned_data))


class PasswordForm(DirectoryForm):
    """A new password for somebody."""

    password = _NewPassword(label=_("New password"), help_text=_("At least 10 characters. Hand it over in person."))

    def save(self, actor: people.User, user: people.User) -> bool:
        """Set it."""
        return self.saved(lambda: people.set_password(actor=actor, user=user, password=self.cleaned_data["password"]))


class CompanyForm(DirectoryForm):
    """The company's names, time zone, calendar."""

    fields_of_door: ClassVar = {"name": "name_zh"}

    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=100, required=False)
    name_en = forms.CharField(label=_("Name in English"), max_length=100, required=False)
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off"}),
        help_text=_("Days and hours are counted in it, for example Asia/Shanghai."),
    )
    calendar = forms.ChoiceField(
        label=_("Calendar"), help_text=_("Which days and hours count as working time in measures that ask for it.")
    )

    def __init__(self, *arguments: Any, company: Company, **options: Any) -> None:
        initial = {
            "name_zh": company.name.get("zh", ""),
            "name_en": company.name.get("en", ""),
            "time_zone": company.time_zone,
            "calendar": company.calendar,
        }
        super().__init__(*arguments, initial=initial, **options)
        self.fields["calendar"].choices = calendars(company.calendar)  # type: ignore[attr-defined]

    def save(self, actor: people.User) -> bool:
        """Change the settings."""
        data = self.cleaned_data if self.is_valid() else {}
        return self.saved(
            lambda: people.change_company(
                actor=actor,
                name={"zh": data["name_zh"], "en": data["name_en"]},
                time_zone=data["time_zone"],
                calendar=data["calendar"],
            )
        )


def time_zones() -> list[str]:
    """The names of the zones that places have."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/")))


def calendars(present: str) -> list[tuple[str, Any]]:
    """The calendars of the installed packs, and the present one even when its pack is gone."""
    known = measuring.calendars()
    choices: dict[str, Any] = {key: calendar.title.in_language(reading_language()) for key, calendar in known.items()}
    choices.setdefault("always", _("Every day, around the clock"))
    choices.setdefault(present, present)
    return list(choices.items())


class UserFilter(forms.Form):
    """The filters of the list of users."""

    q = forms.CharField(label=_("Name or sign-in name"), required=False, max_length=100)
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["role"].choices = [("", _("All roles")), *role_choices()]  # type: ignore[attr-defined]
        self.fields["q"].widget.input_type = "search"
