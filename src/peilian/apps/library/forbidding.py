"""What the phrases in force forbid (禁用语), for everybody who reads conversations or plays drills by the library."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Q

from peilian.adapters.packs import Document
from peilian.apps.base.api import company_zone
from peilian.apps.library.models import Content, ContentState
from peilian.apps.library.reading import published_line
from peilian.apps.library.shelf import document
from peilian.engine.reading import Lexicons
from peilian.flows import reading

_KIND = "phrases"


def lexicons_at_work() -> Lexicons:
    """The lexicons with what the published phrases forbid, each ban by its own days and the time of a message."""
    rows = Content.objects.filter(kind=_KIND, state=ContentState.PUBLISHED).select_related("current")
    documents = [document(row.current, _KIND) for row in rows.defer("current__body") if row.current is not None]
    return reading.forbidding(documents, zone=company_zone())


def lexicons_for_drill(at: datetime) -> Lexicons:
    """The lexicons with what was forbidden at the moment ``at``, by the versions that were published then.

    A drill stays with them to its end, also when the library changes or the drill is taken up again elsewhere.
    """
    return reading.forbidding(_documents_at(at), on=_day(at))


def _documents_at(moment: datetime) -> Iterator[Document]:
    was_out = Q(state=ContentState.PUBLISHED) | Q(state=ContentState.RETIRED, retired_at__gt=moment)
    for row in Content.objects.filter(was_out, kind=_KIND).select_related("current").defer("current__body"):
        held = next((one for one in published_line(row) if one.made_at <= moment), None)
        if held is not None and _holds(found := document(held, _KIND), _day(moment)):
            yield found


def _day(moment: datetime) -> date:
    return moment.astimezone(company_zone()).date()


def _holds(found: Document, day: date) -> bool:
    first, last = getattr(found, "valid_from", None), getattr(found, "valid_until", None)
    return (first is None or first <= day) and (last is None or last > day)
