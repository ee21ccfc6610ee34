"""Forms of sign-in and of the own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from peilian.apps.people import api as people
from peilian.web.people.forms import DirectoryForm


class SignInForm(AuthenticationForm):
    """Name and password. Which of the two was wrong is not told."""

    error_messages = {  # noqa: RUF012  (Django reads it from the instance)
        "invalid_login": _("The name or the password does not match. Check both; the password heeds capitals."),
        "inactive": _("The name or the password does not match. Check both; the password heeds capitals."),
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["username"].label = _("Sign-in name")
        self.fields["password"].label = _("Password")
        for field in self.fields.values():
            field.error_messages["required"] = _("This needs to be filled in.")


class OwnPasswordForm(DirectoryForm):
    """A new password for oneself; the present one proves that it is oneself."""

    present = forms.CharField(
        label=_("Present password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least 10 characters; a short sentence is easy to remember and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *arguments: Any, user: people.User, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user = user

    def clean_present(self) -> str:
        """It must be the present one."""
        given: str = self.cleaned_data["present"]
        if not self.user.check_password(given):
            raise forms.ValidationError(_("This is not the present password."))
        return given

    def clean(self) -> dict[str, Any]:
        """Both new ones must be equal."""
        return with_equal_passwords(self, super().clean() or {})

    def save(self) -> bool:
        """Set the new password."""
        return self.saved(
            lambda: people.set_password(actor=self.user, user=self.user, password=self.cleaned_data["password"])
        )


class FirstPasswordForm(DirectoryForm):
    """The first password, by invitation."""

    password = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least 10 characters; a short sentence is easy to remember and hard to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be equal."""
        return with_equal_passwords(self, super().clean() or {})

    def save(self, user: people.User, token: str) -> people.User | None:
        """Set it; ``None`` when refused."""
        done: list[people.User] = []
        self.saved(
            lambda: done.append(
                people.accept_invitation(user_id=user.pk, token=token, password=self.cleaned_data["password"])
            )
        )
        return done[0] if done else None


def with_equal_passwords(form: forms.Form, data: dict[str, Any]) -> dict[str, Any]:
    """The data of a form in which a new password stands twice."""
    if "password" in data and "again" in data and data["password"] != data["again"]:
        form.add_error("again", _("The two new passwords differ."))
    return data
