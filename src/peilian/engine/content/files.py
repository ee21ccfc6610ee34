"""Which files of its own a document names, as a picture, a film or a link in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from peilian.engine.content.values import Tree

# What Markdown names in round brackets, and how the name of a file looks: no address, no text (kind:key), an ending.
_NAMED = re.compile(r"\[[^\[\]\n]*\]\((?:<(?P<quoted>[^<>\n]{1,255})>|(?P<plain>[^()<>\s]{1,255}))")
_FILE_NAME = re.compile(r"[^/:#?\\]+\.[A-Za-z0-9]{1,5}")


def named_files(tree: Tree, place: str = "") -> Iterator[tuple[str, str]]:
    """The place, such as ``body.zh``, and the name of each file that a document names; once a place."""
    if isinstance(tree, str):
        found = (unquote(one["quoted"] or one["plain"]) for one in _NAMED.finditer(tree))
        yield from ((place, name) for name in dict.fromkeys(found) if _FILE_NAME.fullmatch(name))
        return
    parts: Mapping[object, Tree] = tree if isinstance(tree, Mapping) else {}
    if isinstance(tree, list | tuple):
        parts = dict(enumerate(tree))
    for name, part in parts.items():
        yield from named_files(part, f"{place}.{name}" if place else str(name))
