"""What is chosen about a file: its kind, the heading of each column, the answers; as fields of an address or a form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from peilian.flows.tables import ENDINGS

_COLUMN, _ANSWER, _NONE = "c.", "a.", "-"


class TableFileField(forms.Field):
    """One file of a form that can be read, with something in it."""

    widget = forms.FileInput

    def validate(self, value: UploadedFile[Any] | None) -> None:
        """Say what is the matter with the file."""
        super().validate(value)
        assert value is not None
        if not (value.name or "").lower().endswith(ENDINGS):
            raise forms.ValidationError(
                _("%(name)s cannot be read; choose files that end in %(endings)s.")
                % {"name": value.name, "endings": ", ".join(ENDINGS)}
            )
        if not value.size:
            raise forms.ValidationError(
                _("%(name)s is empty; a table with a heading and rows is needed.") % {"name": value.name}
            )


class TableUploadForm(forms.Form):
    """A file with one table."""

    file = TableFileField(
        label=_("File"),
        help_text=_("XLSX, CSV (UTF-8 or GBK) or JSONL. Headings in Chinese or English, in any order."),
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}),
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What somebody chose; without a kind everything is guessed."""

    kind: str = ""
    columns: Mapping[str, str] | None = None
    answers: Mapping[str, str] | None = None

    @classmethod
    def of(cls, data: QueryDict) -> Choices:
        """From an address or a form. Other headings of another kind mean nothing: they are guessed afresh."""
        kind = data.get("kind", "")
        if data.get("kind_before", kind) != kind:
            return cls(kind)
        given = {name: str(data[name]).strip() for name in data}
        columns = {name.removeprefix(_COLUMN): text for name, text in given.items() if name.startswith(_COLUMN)}
        answers = {name.removeprefix(_ANSWER): text for name, text in given.items() if name.startswith(_ANSWER)}
        return cls(
            kind,
            {key: heading for key, heading in columns.items() if heading != _NONE} if columns else None,
            {key: answer for key, answer in answers.items() if answer},
        )

    def query(self) -> str:
        """As the address of the look at them."""
        fields = {"kind": self.kind} if self.kind else {}
        fields |= {_COLUMN + key: heading for key, heading in (self.columns or {}).items()}
        fields |= {_ANSWER + key: answer for key, answer in (self.answers or {}).items()}
        return urlencode(fields)

    def digest(self) -> str:
        """A short name of exactly these choices, so that only what was looked at is stored."""
        chosen = {"kind": self.kind, "columns": dict(self.columns or {}), "answers": dict(self.answers or {})}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]
