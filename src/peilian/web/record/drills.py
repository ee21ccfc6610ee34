"""Which drills train what, as pages offer them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from peilian.apps.practice import api as practice
from peilian.web.shell.languages import reading_language


@dataclass(frozen=True, slots=True)
class DrillChoice:
    """A drill that can be assigned."""

    key: str
    title: str
    difficulty: int

    @property
    def label(self) -> str:
        """Title and difficulty."""
        return _("%(title)s (difficulty %(n)d)") % {"title": self.title, "n": self.difficulty}


def drills_for(subject: str) -> list[DrillChoice]:
    """The drills that train a competency, a pain point or an issue; what trains most of it first."""
    return [drill_choice(key) for key in practice.scenarios_for(subject=subject)]


def all_drills() -> list[DrillChoice]:
    """Every drill, the easiest first."""
    return sorted(map(drill_choice, practice.scenarios()), key=lambda drill: (drill.difficulty, drill.key))


def drill_choice(key: str) -> DrillChoice:
    """A drill by its key."""
    document, _version = practice.scenarios()[key]
    return DrillChoice(key, document.title.to_text().in_language(reading_language()), document.difficulty)


def drill_title(key: str) -> dict[str, str]:
    """The drill's title in every language it has, as it is stored with an assignment."""
    text = practice.scenarios()[key][0].title.to_text()
    return {language: said for language, said in (("zh", text.zh), ("en", text.en)) if said}
