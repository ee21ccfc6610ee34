"""Questions in and out of a bank (题库导入导出): brought in to be looked at, taken out for other programs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from peilian.apps.library import api as library
from peilian.apps.people import api as people
from peilian.engine._kernel import InputError, Language
from peilian.flows.wording import say_fault
from peilian.web.library.editor_faults import told
from peilian.web.library.files import UploadForm
from peilian.web.library.words import LANGUAGES
from peilian.web.shell.access import user_of
from peilian.web.shell.bodies import takes_files
from peilian.web.shell.languages import reading_language

_MEDIA = {
    "gift": ("gift", "text/plain; charset=utf-8"),
    "moodle": ("xml", "application/xml"),
    "table": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
_NAMES: dict[str, tuple[Any, Any]] = {
    "table": (_("Table (XLSX)"), _("For Excel. Holds both languages, and is brought back as it was.")),
    "gift": (_("GIFT"), _("A text that Moodle and many others read. One language.")),
    "moodle": (_("Moodle XML"), _("Holds points, tags and orders too. One language.")),
}
_MOST_NOTES = 100


class QuestionsForm(UploadForm):
    """A file with questions."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("GIFT (.gift or .txt), Moodle XML (.xml), or the table (.xlsx)."),
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".gift,.txt,.xml,.xlsx"}),
    )


@takes_files(people.Permission.WRITE_LIBRARY)
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, key: str) -> HttpResponse:
    """Questions into a bank and out of it; a POST keeps the file and leads to the look at it."""
    user, row = _bank(request, key)
    form = QuestionsForm(request.POST, request.FILES) if request.method == "POST" else QuestionsForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        job = library.prepare_files(actor=user, name=given.name, chunks=given.chunks(), bank=row.key)
        return HttpResponseRedirect(reverse("library_import", args=[job.pk]))
    language = _language(request)
    context = {
        "row": row,
        "form": form,
        "below": _("Questions in and out"),
        "language": language,
        "languages": LANGUAGES.items(),
        "forms": [_offered(user, row, key, language) for key in _NAMES] if row.current is not None else (),
    }
    return render(request, "library/questions.html", context, status=422 if form.errors else 200)


@require_safe
def take_out(request: HttpRequest, key: str) -> HttpResponse:
    """A bank as a file."""
    user, row = _bank(request, key)
    form: Any = request.GET.get("form", "")
    try:
        made = library.export_bank(user=user, content=row, form=form, language=_language(request))
    except InputError as error:
        messages.error(request, told(error)[0])
        return HttpResponseRedirect(reverse("library_questions", args=[row.key]))
    ending, media_type = _MEDIA[form]
    disposition = f'attachment; filename="{row.key.replace("/", "-")}.{ending}"'
    return HttpResponse(made.data, content_type=media_type, headers={"Content-Disposition": disposition})


def _offered(user: people.User, row: library.Content, form: Any, language: Language) -> dict[str, Any]:
    made = library.export_bank(user=user, content=row, form=form, language=language)
    lines = [say_fault(note, reading_language()) for note in made.notes]
    words, about = _NAMES[form]
    return {"key": form, "words": words, "about": about, "notes": lines[:_MOST_NOTES], "n_notes": len(lines)}


def _bank(request: HttpRequest, key: str) -> tuple[people.User, library.Content]:
    user = user_of(request)
    if not library.may_write(user):
        raise people.NotVisibleError
    return user, library.content(user=user, kind="items", key=key)


def _language(request: HttpRequest) -> Language:
    return "en" if request.GET.get("language") == "en" else "zh"
