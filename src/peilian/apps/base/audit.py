"""The one way to write: a transaction that leaves an audit entry, or does not happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from peilian.apps.base.memo import forgetting
from peilian.apps.base.models import AuditEntry

if TYPE_CHECKING:
    from peilian.apps.people.models import User

_PLAIN = frozenset({str, int, bool, float})
_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)


class UnauditedWriteError(RuntimeError):
    """A write was finished without saying what was written."""


@dataclass
class Audit:
    """Collects what one write does; handed out by ``write``."""

    actor: User | None
    verb: str
    at: datetime
    entries: list[AuditEntry] = field(default_factory=list)
    is_unchanged: bool = False

    def created(self, row: models.Model) -> None:
        """``row`` is new: every field is noted."""
        self.note(row, {name: [None, value] for name, value in _fields(row).items() if value not in (None, "", {}, [])})

    def changed(self, row: models.Model, **before: Any) -> None:
        """``row`` was written; ``before`` holds former values. Where nothing differs, nothing is noted."""
        now = _fields(row)
        changes = {name: [_plain(old), now[name]] for name, old in before.items() if _plain(old) != now[name]}
        if changes:
            self.note(row, changes)
        else:
            self.unchanged()

    def unchanged(self) -> None:
        """All was already as wished: the write may end without an entry."""
        self.is_unchanged = True

    def note(self, row: models.Model, changes: Mapping[str, Any]) -> None:
        """``row`` was written, with ``changes`` {field: [before, after]}."""
        self.note_object(kind=row._meta.label_lower, id=str(row.pk), label=str(row), changes=changes)

    def note_object(self, *, kind: str, id: str, label: str, changes: Mapping[str, Any]) -> None:
        """Something that is no row was written (a lake, a file)."""
        self.entries.append(
            AuditEntry(
                at=self.at,
                actor=self.actor,
                verb=self.verb,
                object_kind=kind,
                object_id=id,
                object_label=label[:200],
                changes={name: _plain(change) for name, change in changes.items()},
            )
        )


@contextmanager
def write(*, actor: User | None, verb: str) -> Iterator[Audit]:
    """One audited transaction. ``actor`` is ``None`` for the product itself; ``verb`` is e.g. ``people.add_employee``.

    Leaving the block without having said what was written raises ``UnauditedWriteError`` and rolls back.
    """
    audit = Audit(actor=actor, verb=verb, at=timezone.now())
    with transaction.atomic(), _allowed(), forgetting():
        yield audit
        if not audit.entries and not audit.is_unchanged:
            raise UnauditedWriteError(verb)
        AuditEntry.objects.bulk_create(audit.entries)


@contextmanager
def bookkeeping() -> Iterator[None]:
    """A transaction for state that is no decision of anybody: a job's progress, a message marked as read."""
    with transaction.atomic(), _allowed():
        yield


@contextmanager
def _allowed() -> Iterator[None]:
    token = _is_writing.set(True)
    try:
        yield
    finally:
        _is_writing.reset(token)


def is_writing() -> bool:
    """Whether the running code is inside ``write`` or ``bookkeeping``."""
    return _is_writing.get()


def _fields(row: models.Model) -> dict[str, Any]:
    hidden = {"password"}
    return {
        column.name: "***" if column.name in hidden else _plain(column.value_from_object(row))
        for column in row._meta.concrete_fields
        if column.name != "id"
    }


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value
