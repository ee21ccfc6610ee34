"""Calling the door from a page: what it refuses is told to the reader in words."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.shell.languages import reading_language

_MOST_TOLD = 3


def done(request: HttpRequest, act: Callable[[], object], said: str) -> bool:
    """Whether ``act`` went through; ``said`` is told then, else the first reasons why not."""
    try:
        act()
    except InputError as error:
        refuse(request, error)
        return False
    messages.success(request, said)
    return True


def refuse(request: HttpRequest, error: InputError, most: int = _MOST_TOLD) -> None:
    """Tell the first reasons why not. Which field of the door they are about is no word of a page."""
    for fault in error.faults[:most]:
        messages.error(request, say(fault.reason, reading_language()))


def show(form: forms.Form, error: InputError) -> None:
    """Tell what the door refused at the fields concerned, the rest above the form."""
    for fault in error.faults:
        form.add_error(fault.field if fault.field in form.fields else None, say(fault.reason, reading_language()))
