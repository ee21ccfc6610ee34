"""Presets (平台口径): how a platform is understood to count, as parameters that a company edits; never the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from peilian.engine._kernel import Text
from peilian.engine.kpi.calendar import Calendar
from peilian.engine.kpi.facts import Rules


@dataclass(frozen=True, slots=True)
class Preset:
    """Parameters of measuring, valid for conversations from ``effective_from`` on.

    ``reply_cap_ms`` limits the response time of a round; with ``is_unanswered_capped`` it is the time of an open one.
    ``start_minutes`` leaves out conversations that start outside [first, last) minutes of the local day.
    """

    key: str
    title: Text = field(default_factory=Text)
    note: Text = field(default_factory=Text)
    effective_from: date | None = None
    reply_cap_ms: int | None = None
    is_unanswered_capped: bool = False
    start_minutes: tuple[int, int] | None = None


def rules_of(preset: Preset | None, calendar: Calendar | None) -> Rules:
    """The rules of measuring facts under a preset and a calendar."""
    working_ms = None if calendar is None or calendar.is_always else calendar.working_ms
    if preset is None:
        return Rules(working_ms=working_ms)
    return Rules(working_ms, preset.reply_cap_ms, preset.is_unanswered_capped)
