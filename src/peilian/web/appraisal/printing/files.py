"""What papers of an appraisal are called where they are filed."""

from __future__ import annotations

from peilian.web.appraisal.printing.documents import PlanDocument, RankingDocument, SheetDocument
from peilian.web.shell import downloads


def file_name(document: SheetDocument | RankingDocument | PlanDocument) -> str:
    """Without an ending: title, period, and whose it is."""
    whose = (
        (document.unit,) if isinstance(document, RankingDocument) else (document.person.number, document.person.name)
    )
    return downloads.file_name(document.title, document.period, *whose)
