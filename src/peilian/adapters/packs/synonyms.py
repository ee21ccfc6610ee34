"""Kind ``synonyms``: words that stand for each other in search, and words that say nothing there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from peilian.adapters.packs import Document, TextField, kinds

Word = Annotated[str, Field(min_length=1, max_length=40)]


@kinds.register("synonyms")
class SynonymsDocument(Document):
    """Groups of words and short phrases, Chinese and English together (同义词). What is searched for under one is found
    under each other of its group; a word may stand in several. ``fillers`` are words such as 请问 that hardly count.
    """

    title: TextField
    groups: tuple[Annotated[tuple[Word, ...], Field(min_length=2)], ...] = ()
    fillers: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _words_differ(self) -> SynonymsDocument:
        for group in self.groups:
            if len({word.casefold() for word in group}) < len(group):
                raise ValueError(f"a word stands twice in the group of {group[0]!r}")
        return self
