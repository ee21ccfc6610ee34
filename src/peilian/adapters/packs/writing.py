"""Documents as files that people edit: Markdown with front matter for texts, YAML for everything else.

What is written here and loaded again is the same document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from peilian.adapters import packs
from peilian.adapters.packs import Document
from peilian.adapters.packs.trees import tree_of

_TEXTS = ("article", "policy")  # what is read as running text
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Written:
    """A file: where it goes inside its pack, and what it says."""

    path: str
    text: str


def written(document: Document) -> Written:
    """The file of a document."""
    tree = tree_of(document)
    folder, _, name = document.key.partition("/")
    name = (name or folder).replace("/", "-").replace(".", "-")
    place = "scenarios" if document.kind == "scenario" else f"library/{_plural(document.kind)}"
    if document.kind in _TEXTS and "body" in tree:
        text = _markdown(tree)
        if _says(text, tree):
            return Written(f"{place}/{name}.md", text)
    return Written(f"{place}/{name}.yaml", _yaml(tree))


def written_header(header: packs.PackHeader) -> Written:
    """The ``pack.yaml`` of a pack."""
    return Written("pack.yaml", _yaml(header.model_dump(mode="json", exclude_defaults=True)))


def _markdown(tree: dict[str, Any]) -> str:
    front = {name: value for name, value in tree.items() if name != "body"}
    texts = tree["body"]
    parts = [f"---\n{_yaml(front)}---\n", texts.get("zh", "")]
    if "en" in texts:
        parts.append(f"\n\n<!-- en -->\n{texts['en']}" if "zh" in texts else f"<!-- en -->\n{texts['en']}")
    return "".join(parts) + "\n"


def _says(text: str, tree: dict[str, Any]) -> bool:
    """Whether the file is read as this tree: a text may hold lines that mean something else in a file."""
    try:
        _node, found = packs._read_markdown(text.encode())
    except (yaml.YAMLError, ValueError):
        return False
    return bool(found == tree)


def _yaml(tree: dict[str, Any]) -> str:
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are read; no anchors, which nobody would edit."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind.endswith("s") else f"{kind}s"
