"""Papers as downloads: their names, and the answer that carries them."""

from __future__ import annotations

import re
from typing import Literal

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from peilian.web.appraisal.printing.documents import PlanDocument, RankingDocument, SheetDocument

Form = Literal["pdf", "xlsx"]

_TYPES: dict[Form, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNFIT = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_LONGEST = 120


def file_name(document: SheetDocument | RankingDocument | PlanDocument) -> str:
    """What a paper is called where it is filed, without an ending: title, period, and whose it is."""
    whose = (
        (document.unit,) if isinstance(document, RankingDocument) else (document.person.number, document.person.name)
    )
    parts = (_UNFIT.sub(" ", part).strip(" .") for part in (document.title, document.period, *whose))
    return "_".join(part for part in parts if part)[:_LONGEST]


def attachment(body: bytes, *, name: str, form: Form) -> HttpResponse:
    """A download; ``name`` may be Chinese and has no ending."""
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.{form}")
    return HttpResponse(body, content_type=_TYPES[form], headers={"Content-Disposition": disposition or "attachment"})
