"""Which drills train what, as pages offer them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from peilian.adapters.packs.scenario import ScenarioDocument
from peilian.apps.people.api import Employee
from peilian.apps.practice import api as practice
from peilian.web.shell.languages import reading_language

_ONLY_IN = {"zh": "中文", "en": "English"}


@dataclass(frozen=True, slots=True)
class DrillChoice:
    """A drill that can be assigned."""

    key: str
    title: str
    difficulty: int
    only_in: str = ""

    @property
    def label(self) -> str:
        """Title and difficulty; and the language when it is not the reader's."""
        said = _("%(title)s (difficulty %(n)d)") % {"title": self.title, "n": self.difficulty}
        return (
            _("%(drill)s – only in %(language)s") % {"drill": said, "language": self.only_in} if self.only_in else said
        )


def drills_for(subject: str, people: Iterable[Employee] = ()) -> list[DrillChoice]:
    """The drills that train a competency, a pain point or an issue: what trains most of it, near the work of
    ``people``, first; what is not to be had in the reader's language last."""
    documents = practice.scenarios()
    found = [_choice(key, documents[key][0]) for key in practice.scenarios_for(subject=subject, people=people)]
    return sorted(found, key=lambda drill: drill.only_in != "")


def all_drills() -> list[DrillChoice]:
    """Every drill, the easiest first; what is not to be had in the reader's language last."""
    found = [_choice(key, document) for key, (document, _version) in practice.scenarios().items()]
    return sorted(found, key=lambda drill: (drill.only_in != "", drill.difficulty, drill.key))


def _choice(key: str, document: ScenarioDocument) -> DrillChoice:
    language = reading_language()
    only_in = "" if language in document.languages else _ONLY_IN[document.languages[0]]
    return DrillChoice(key, document.title.to_text().in_language(language), document.difficulty, only_in)


def drill_title(key: str) -> dict[str, str]:
    """The drill's title in every language it has, as it is stored with an assignment."""
    text = practice.scenarios()[key][0].title.to_text()
    return {language: said for language, said in (("zh", text.zh), ("en", text.en)) if said}
