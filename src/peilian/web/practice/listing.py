"""Runs as lists show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from peilian.apps.practice import api as practice
from peilian.web.practice.wordings import LANGUAGES, OUTCOME_TONES, mode_name, outcome_name
from peilian.web.shell.figures import Figure
from peilian.web.shell.tables import Tone


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run in a list."""

    run: practice.DrillRun
    mode: str
    language: str
    outcome: str
    tone: Tone
    total: Figure
    marks: tuple[str, ...]
    href: str


def run_line(run: practice.DrillRun) -> RunLine:
    """A run in a list; it leads to its debrief, or to the room while it goes on."""
    href = ""
    if run.is_scored:
        href = reverse("drill_debrief", args=[run.pk])
    elif not run.is_over:
        href = reverse("drill_room", args=[run.pk])
    return RunLine(
        run=run,
        mode=mode_name(run.mode),
        language=LANGUAGES.get(run.language, run.language),
        outcome=outcome_name(run) or _("still running"),
        tone=OUTCOME_TONES.get(run.outcome, "neutral"),
        total=Figure(
            None if run.total is None else round(run.total, 1),
            "count",
            missing=_("A stopped drill is not scored.") if run.is_over else "",
            href=href,
        ),
        marks=marks_of(run),
        href=href,
    )


def marks_of(run: practice.DrillRun) -> tuple[str, ...]:
    """What is particular about a run."""
    found = [
        (run.is_enclosed, _("part of an exam")),
        (run.is_exam and not run.is_enclosed, _("like an exam")),
        (run.is_fork, _("replay, does not count")),
        (run.shows_script, _("script in view, does not count")),
    ]
    return tuple(words for is_so, words in found if is_so)
