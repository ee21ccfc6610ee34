"""What practice says on pages: modes, outcomes, difficulty, industries."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from peilian.apps.practice import api as practice
from peilian.engine._kernel import Language
from peilian.flows.wording import say
from peilian.web.conversations.wordings import name_of
from peilian.web.record.wordings import pain_point_name
from peilian.web.shell.formats import format_seconds
from peilian.web.shell.languages import reading_language
from peilian.web.shell.tables import Tone

Label = str | Promise

MODES: dict[str, Label] = {"easy": _("Easy"), "normal": _("Normal"), "hard": _("Hard")}
# What a mode changes, as somebody needs to know it before choosing.
MODE_MEANS: dict[str, Label] = {
    "easy": _(
        "The customer is more patient and begins calmer; when the talk stands still you get a hint. Counts half."
    ),
    "normal": _("The customer as the story has it; the indices move with a short reason."),
    "hard": _("Less patience and a worse mood to begin with; no reasons, no hints, no pause."),
}
LANGUAGES: dict[str, str] = {"zh": "中文", "en": "English"}
OUTCOME_TONES: dict[str, Tone] = {
    "resolved": "good",
    "accepted_reluctantly": "good",
    "escalated": "good",
    "abandoned": "warn",
    "transferred_wrongly": "warn",
    "timeout": "warn",
    "policy_breach": "bad",
    "stopped": "neutral",
}
DIFFICULTIES: dict[int, Label] = {
    1: _("very easy"),
    2: _("easy"),
    3: _("medium"),
    4: _("hard"),
    5: _("very hard"),
}
INDUSTRIES: dict[str, Label] = {
    "retail": _("Retail"),
    "telecom": _("Telecom"),
    "power": _("Power supply"),
    "hospitality": _("Hotels and restaurants"),
    "tourism": _("Tourism"),
    "finance": _("Finance"),
    "automotive": _("Cars"),
    "general": _("General"),
}
GAUGES: tuple[tuple[str, Label], ...] = (
    ("satisfaction", _("Customer satisfaction index")),
    ("efficiency", _("Problem-solving efficiency")),
)


def outcome_name(run: practice.DrillRun) -> str:
    """How a run came out; empty while it is running."""
    return say(practice.told_of(run), reading_language()) if run.outcome else ""


def trained(keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """What a drill trains, in words: the pain points that it works against, and the moves that it practises."""
    against, practises = [], []
    for key in keys:
        if name := pain_point_name(key):
            against.append(name)
        else:
            practises.append(name_of(key, reading_language()))
    return against, practises


def mode_name(mode: str) -> str:
    """A mode."""
    return str(MODES.get(mode, mode))


def industry_name(key: str) -> str:
    """An industry; one that is new keeps its key."""
    return str(INDUSTRIES.get(key, key))


def difficulty_name(level: int) -> str:
    """A difficulty in words with its number: ``medium (3/5)``."""
    word = DIFFICULTIES.get(level, level)
    return f"{word} ({level}/5)" if reading_language() == "en" else f"{word}（{level}/5）"


def language_names(languages: tuple[Language, ...]) -> str:
    """The languages a drill can be played in."""
    return " / ".join(LANGUAGES[language] for language in languages)


def time_limit(seconds: float, language: Language) -> str:
    """How long a drill takes at most: 5分钟, since 5分 beside a difficulty reads as points."""
    text = format_seconds(seconds, language)
    return f"{text}钟" if text.endswith("分") else text
