"""What is learnt, as the library has it (课程内容): documents in force, pinned versions, titles of what is named."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import UUIDField

from peilian.adapters.packs.teaching import CourseDocument, LessonDocument, PathDocument
from peilian.apps.base.api import Argument, Prepared, refuse
from peilian.apps.library import api as library
from peilian.engine._kernel import Bilingual, Language

Taught = PathDocument | CourseDocument | LessonDocument
KINDS = ("path", "course", "lesson")
"""What somebody can be on."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a course names: its title, whether it is in use and to be read and confirmed, and the languages that
    it is written in (none: it reads the same in all)."""

    title: Bilingual
    is_in_use: bool
    must_confirm: bool = False
    current: UUID | None = None
    languages: tuple[Language, ...] = ()


_GONE = Text({}, False)
_PINNED = Prepared(
    lambda: library.ContentVersion.objects.filter(
        Argument("versions", UUIDField(), is_many=True).has("pk")
    ).select_related("content")
)


class Shelf:
    """Texts by ``kind:key``, looked up together."""

    def __init__(self, names: Collection[str]) -> None:
        keys = {name.partition(":")[2] for name in names}
        self._texts = {
            f"{kind}:{key}": Text(
                title, state == library.ContentState.PUBLISHED, must_confirm, current, tuple(languages)
            )
            for kind, key, title, state, must_confirm, current, languages in library.ever_out(keys)
        }

    def __getitem__(self, name: str) -> Text:
        return self._texts.get(name, _GONE)


def in_force(what: str) -> tuple[library.ContentVersion, Taught]:
    """The version and document in force of ``kind:key``; ``InputError`` when there is none to be learnt."""
    kind, _colon, key = what.partition(":")
    if kind in KINDS:
        for one in library.in_force(kind=kind):
            if one.key == key and isinstance(one.document, Taught):
                return one.version, one.document
    raise refuse("curriculum.not_to_be_learnt", "what", what=what[:150])


def pinned(versions: Collection[UUID | str]) -> Mapping[str, tuple[library.ContentVersion, Taught]]:
    """Versions that somebody is on, with their documents, by id."""
    wanted = {str(one) for one in versions}
    found = {}
    for version in _PINNED(versions=wanted):
        document = library.document_of(version, user=None)
        assert isinstance(document, Taught)
        found[str(version.pk)] = (version, document)
    return found


def title_of(document: Taught) -> dict[str, str]:
    """The title as it is stored."""
    return document.title.to_text().both
