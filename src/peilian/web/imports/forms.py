"""The upload form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")
MOST_FILES = 12


class _ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files at once."""

    widget = _ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """Each file on its own; the first fault speaks."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    """Files with conversations."""

    upload = ManyFilesField(
        label=_("Files"),
        help_text=_("CSV, JSONL or Parquet; a table of messages, and if you have one a table of conversations."),
        error_messages={
            "required": _("Choose at least one file."),
            "empty": _("This file is empty; a table with messages is needed."),
        },
    )

    def clean_upload(self) -> list[UploadedFile[Any]]:
        """Only endings that an importer reads."""
        files: list[UploadedFile[Any]] = self.cleaned_data["upload"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("Choose at most %(most)d files at a time.") % {"most": MOST_FILES})
        for file in files:
            if not (file.name or "").lower().endswith(ENDINGS):
                raise forms.ValidationError(
                    _("%(name)s cannot be read; choose files that end in %(endings)s.")
                    % {"name": file.name, "endings": ", ".join(ENDINGS)}
                )
        return files
