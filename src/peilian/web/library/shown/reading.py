"""Under what circumstances a text is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from peilian.adapters.packs import TextField
from peilian.engine._kernel import Language, Text


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader's language, the files of the text, whether the reader writes texts, and what was asked of the page.

    ``titles`` are those of the texts that it names, by ``kind:key``, as far as the reader sees them; ``items`` the
    words of the questions that it names, by ``bank#item``.
    """

    language: Language
    files: Mapping[str, str] = field(default_factory=dict)
    is_writer: bool = False
    asked: QueryDict | None = None
    titles: Mapping[str, Text] = field(default_factory=dict)
    items: Mapping[str, TextField] = field(default_factory=dict)

    def parameter(self, name: str) -> str:
        """A parameter of the page, cut to a length that makes sense."""
        return self.asked.get(name, "")[:100].strip() if self.asked is not None else ""
