"""Documents of packs as trees of plain values, as the library keeps them, and back."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from peilian.adapters import packs
from peilian.adapters.packs import Document, Loaded, PackHeader
from peilian.adapters.packs._problems import faults_in, place_of, reason_of
from peilian.adapters.packs.authored import Authored
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.content.values import Tree, canonical
from peilian.engine.text.typed import cleaned

_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_TOLD_IN_LISTS = frozenset({"title", "name", "summary", "tags", "sources"})
_BESIDES = ("scenario", "competency-model")  # what people play and are measured by, though it is no text


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack folder with those of its files that hold contents. ``sha256`` changes with any of them."""

    header: PackHeader
    folder: Path
    paths: tuple[Path, ...]
    sha256: str


def content_kinds() -> tuple[str, ...]:
    """The kinds of documents that people write, review and publish; the others are parts of the machinery."""
    known = packs.known_kinds()
    return tuple(kind for kind, schema in known if issubclass(schema, Authored) or kind in _BESIDES)


def packs_in(roots: Iterable[Path]) -> list[Pack]:
    """Every pack at or below ``roots`` that holds contents, by its key. Only headers are read as a whole."""
    found = [_pack(header) for root in roots for header in sorted(root.rglob("pack.yaml"))]
    return sorted((pack for pack in found if pack.paths), key=lambda pack: pack.header.key)


def documents_of(pack: Pack) -> list[Loaded]:
    """The contents of a pack as they are now; ``InputError`` carries every fault."""
    loaded: list[Loaded] = []
    faults: list[Fault] = []
    for path in pack.paths:
        try:
            loaded.append(packs.load_file(path))
        except InputError as error:
            faults.extend(error.faults)
    faults.extend(packs._double_keys(loaded))
    if faults:
        raise InputError(*faults)
    kinds = content_kinds()
    return [item for item in loaded if item.document.kind in kinds]


def tree_of(document: Document) -> dict[str, Tree]:
    """The document as data: what it says, without what is said by leaving it out. Equal documents give equal trees."""
    return document.model_dump(mode="json", exclude_defaults=True)


def document_of(tree: Mapping[str, Tree]) -> Document:
    """The document that a tree holds; ``InputError`` names the fields that do not fit its kind."""
    kind = tree.get("kind")
    if not isinstance(kind, str) or kind not in content_kinds():
        known = ", ".join(content_kinds())
        raise InputError(Fault(Reason("pack.unknown_kind", {"known": known}), field="kind"))
    try:
        return packs.known_kinds().get(kind).model_validate(tree)
    except ValidationError as error:
        raise InputError(*(_fault(entry, tree) for entry in faults_in(error))) from None


def cleaned_tree(tree: Tree) -> Tree:
    """The tree with all texts and names as they can be stored and shown."""
    if isinstance(tree, Mapping):
        return {cleaned_tree(name): cleaned_tree(item) for name, item in tree.items()}
    if isinstance(tree, list):
        return [cleaned_tree(item) for item in tree]
    return cleaned(tree) if isinstance(tree, str) else tree


def languages_of(tree: Mapping[str, Tree]) -> list[Language]:
    """The languages that a document is written in: what it declares; else the one that most of its texts have, and the
    other one where at least half as many have it too. Title, summary, tags and sources are told in lists and do not
    count. Empty for a document without texts inside, which reads the same in every language."""
    declared = tree.get("languages")
    if isinstance(declared, list | tuple):
        return [language for language in _LANGUAGES if language in declared]
    n = Counter(_languages_in([value for name, value in tree.items() if name not in _TOLD_IN_LISTS]))
    most = max(n.values(), default=0)
    return [language for language in _LANGUAGES if n[language] and n[language] * 2 >= most]


def _languages_in(tree: Tree) -> Iterator[Language]:
    if isinstance(tree, Mapping):
        if tree.keys() <= set(_LANGUAGES):
            yield from (language for language in _LANGUAGES if tree.get(language))
        else:
            yield from _languages_in(list(tree.values()))
    elif isinstance(tree, list | tuple):
        for one in tree:
            yield from _languages_in(one)


def digest(tree: Tree) -> str:
    """The SHA-256 of a tree, the same for equal ones."""
    return hashlib.sha256(canonical(tree).encode("utf-8", "surrogatepass")).hexdigest()


def _fault(problem: Any, tree: Mapping[str, Tree]) -> Fault:
    return Fault(reason_of(problem), field=".".join(map(str, place_of(problem, tree))) or None)


def _pack(path: Path) -> Pack:
    header = packs.load_file(path).document
    assert isinstance(header, PackHeader)
    paths = tuple(_contents_below(path.parent))
    whole = hashlib.sha256(header.version.encode())
    for item in paths:
        whole.update(str(item.relative_to(path.parent)).encode() + b"\0")
        whole.update(hashlib.sha256(item.read_bytes()).digest())
    return Pack(header, path.parent, paths, whole.hexdigest())


def _contents_below(folder: Path) -> Iterator[Path]:
    kinds = content_kinds()
    for path in packs.document_paths(folder):
        stated = packs._stated_kind(path)
        if stated in kinds or (stated is None and path.name != "pack.yaml"):
            yield path
