"""The upload form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")
MOST_FILES = 12


class _ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if isinstance(files, MultiValueDict) else files.get(name)


class ManyFilesField(forms.Field):
    """Several files at once, each with a name and something in it."""

    widget = _ManyFilesInput

    def validate(self, value: Any) -> None:
        """Say which file is the trouble; the first fault speaks."""
        super().validate(value)
        if len(value) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(most)d files at a time.") % {"most": MOST_FILES})
        for file in value:
            self._validate_one(file)

    def _validate_one(self, file: UploadedFile[Any]) -> None:
        if not (file.name or "").lower().endswith(ENDINGS):
            raise forms.ValidationError(
                _("%(name)s cannot be read; choose files that end in %(endings)s.")
                % {"name": file.name, "endings": ", ".join(ENDINGS)}
            )
        if not file.size:
            raise forms.ValidationError(_("%(name)s is empty; a table with messages is needed.") % {"name": file.name})


class UploadForm(forms.Form):
    """Files with conversations."""

    upload = ManyFilesField(
        label=_("Files"),
        help_text=_("CSV, JSONL or Parquet: a table of messages and, if you have one, a table of conversations."),
        error_messages={"required": _("Choose at least one file.")},
        widget=_ManyFilesInput(attrs={"accept": ",".join(ENDINGS)}),
    )
