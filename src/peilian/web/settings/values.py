"""The values of audit entries as people read them: names for ids, words for choices, days and moments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from peilian.apps.base.api import AuditEntry
from peilian.apps.people import api as people
from peilian.web.jobs.wordings import STATES, kind_name
from peilian.web.people.wordings import AGENT_KINDS, GUIDES, STAGES, UNIT_KINDS, role_name
from peilian.web.settings.wordings import FIELDS
from peilian.web.shell.formats import format_day, format_moment
from peilian.web.shell.languages import reading_language
from peilian.web.shell.parsing import as_id

MOST_CHARACTERS = 200
# Fields that hold the id of a row, and whose row it is.
_OWNERS: dict[str, Any] = {
    "employee": people.Employee,
    "guide": people.Employee,
    "unit": people.Unit,
    "parent": people.Unit,
    "post": people.Post,
    "user": people.User,
    "recipient": people.User,
    "created_by": people.User,
}
_CHOICES: dict[str, Callable[[str], object]] = {
    "stage": lambda value: STAGES.get(value, value),
    "role": role_name,
    "agent_kind": lambda value: AGENT_KINDS.get(value, value),
    "state": lambda value: STATES[value][0] if value in STATES else value,
    "kind": lambda value: GUIDES.get(value) or UNIT_KINDS.get(value) or kind_name(value),
}
# Noise to a reader: set by the product, the same in every entry.
_UNSHOWN = {
    "schema_version",
    "created_at",
    "created_by",
    "started_at",
    "heartbeat_at",
    "attempts",
    "done",
    "total",
    "phase",
}


def readable(entries: Iterable[AuditEntry]) -> list[list[dict[str, str]]]:
    """The changes of each entry: field, value before, value after. The ids of all entries are looked up together."""
    listed = list(entries)
    names = _names_of(listed)
    return [
        [
            {
                "field": str(FIELDS.get(name, name)),
                "before": _shown(name, before, names),
                "after": _shown(name, after, names),
            }
            for name, before, after in _changes(entry)
        ]
        for entry in listed
    ]


def _changes(entry: AuditEntry) -> Iterator[tuple[str, Any, Any]]:
    """Fields with their values before and after; what is noted otherwise counts as after."""
    for name, change in entry.changes.items():
        if name in _UNSHOWN:
            continue
        if isinstance(change, list) and len(change) == 2:
            yield name, change[0], change[1]
        else:
            yield name, None, change


def _names_of(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """What the rows are called whose ids the entries hold, one query for each kind of row."""
    wanted: dict[Any, set[UUID]] = {}
    for entry in entries:
        for name, before, after in _changes(entry):
            if name in _OWNERS:
                ids = {found for found in map(as_id, (before, after)) if found}
                wanted.setdefault(_OWNERS[name], set()).update(ids)
    return {str(row.pk): str(row) for model, ids in wanted.items() for row in model.objects.filter(pk__in=ids)}


def _shown(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ngettext("%(n)d item", "%(n)d items", len(value)) % {"n": len(value)}
    if isinstance(value, Mapping):
        plain = [str(item) for item in value.values() if not isinstance(item, Mapping | list)]
        return _cut(" / ".join(plain) if plain else json.dumps(value, ensure_ascii=False))
    if not isinstance(value, str):
        return str(value)
    if value in names:
        return names[value]
    if name in _CHOICES:
        return str(_CHOICES[name](value))
    return _as_time(value) or _cut(value)


def _as_time(value: str) -> str:
    """A day or a moment in the reader's words; empty when it is neither."""
    language, now = reading_language(), timezone.localtime()
    try:
        if len(value) == 10:
            return format_day(date.fromisoformat(value), language, now.date())
        moment = datetime.fromisoformat(value) if "T" in value else None
    except ValueError:
        return ""
    if moment is None or moment.tzinfo is None:
        return ""
    return format_moment(timezone.localtime(moment), language, now)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
