"""Kind ``preset``: how a platform is understood to count."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField, kinds
from peilian.adapters.packs.calendar import Span, minutes
from peilian.engine.kpi.facts import LONGEST_THRESHOLD_MS
from peilian.engine.kpi.preset import Preset

_SHORTEST_CAP = LONGEST_THRESHOLD_MS // 1000


@kinds.register("preset")
class PresetDocument(Document):
    """Parameters of measuring; a starting point to edit, since platforms change their rules without notice."""

    kind: Literal["preset"]
    title: TextField
    note: TextField
    effective_from: date | None = None
    # A cap at or below a threshold that is measured would turn late answers into timely ones.
    reply_cap_seconds: int | None = Field(default=None, gt=_SHORTEST_CAP)
    unanswered_counts_as_cap: bool = False
    start_hours: Span | None = None

    @model_validator(mode="after")
    def _has_cap(self) -> PresetDocument:
        if self.unanswered_counts_as_cap and self.reply_cap_seconds is None:
            raise ValueError("unanswered_counts_as_cap needs reply_cap_seconds")
        return self

    def to_preset(self) -> Preset:
        """The engine's value of it."""
        return Preset(
            key=self.key,
            title=self.title.to_text(),
            note=self.note.to_text(),
            effective_from=self.effective_from,
            reply_cap_ms=None if self.reply_cap_seconds is None else self.reply_cap_seconds * 1000,
            is_unanswered_capped=self.unanswered_counts_as_cap,
            start_minutes=_start_minutes(self.start_hours),
        )


def _start_minutes(span: str | None) -> tuple[int, int] | None:
    """Minutes of the local day; an end on the following day comes out below the start."""
    if span is None:
        return None
    first, last = minutes(span)
    return first, last if last <= 24 * 60 else last - 24 * 60


def load_presets(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[str, Preset]:
    """Every preset of the packs below ``roots``, by key."""
    found = {}
    for item in packs.load("preset", roots):
        assert isinstance(item.document, PresetDocument)
        found[item.document.key] = item.document.to_preset()
    return found
