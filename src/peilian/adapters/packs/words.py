"""Kind ``words``: how reasons are put into words, per key and language."""

from __future__ import annotations

from peilian.adapters.packs import Document, TextField, kinds


@kinds.register("words")
class Words(Document):
    """Templates by reason key; ``{name}`` stands for a parameter of the reason."""

    words: dict[str, TextField]
