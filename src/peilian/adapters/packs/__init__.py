"""Packs (内容包): content as files. Finds documents and checks them against the schema of their kind.

A pack is a folder with a ``pack.yaml``. Every other ``*.yaml`` below it is one document whose ``kind`` names its
schema; so is every ``*.md`` but a ``README.md``: its front matter is the document, what follows is its ``body``, in
Chinese unless a line ``<!-- en -->`` or ``<!-- zh -->`` says otherwise. A fault names file, line, field and what was
expected; one faulty document makes the load of its kind fail.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from peilian.adapters.packs._problems import faults_in, place_of, unreadable
from peilian.adapters.packs._problems import reason_of as reason_of
from peilian.engine._kernel import Fault, InputError, Reason, Registry, Text

SHIPPED = Path(__file__).resolve().parents[2] / "packs"


class Document(BaseModel):
    """What every document of a pack begins with. ``key`` is unique within its kind over all loaded packs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    schema_version: int = Field(ge=1)
    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_\-./]*$")


class TextField(BaseModel):
    """A text authored in Chinese and English, either of which may be missing, not both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str | None = None
    en: str | None = None

    def to_text(self) -> Text:
        """The engine's value of it."""
        return Text(zh=self.zh, en=self.en)


class PackHeader(Document):
    """``pack.yaml``: what the pack is."""

    title: TextField
    version: str
    licence: str


Place = tuple[int | str, ...]
"""Where something stands in a document: names of fields and numbers in lists."""

kinds: Registry[type[Document]] = Registry("pack kind")
kinds.add("pack", PackHeader)


@dataclass(frozen=True, slots=True)
class Loaded:
    """One checked document with its origin; ``sha256`` is the hash of the file's bytes."""

    document: Document
    path: Path
    sha256: str


def known_kinds() -> Registry[type[Document]]:
    """All kinds of documents, their modules imported."""
    return kinds.walk(sys.modules[__name__])


def load(kind: str, roots: Iterable[Path] = (SHIPPED,)) -> list[Loaded]:
    """Every document of ``kind`` below the pack folders of ``roots``, by key. Raises ``InputError`` on any fault.

    Documents that say in their first lines that they are of another kind are not opened further.
    """
    found = [item for root in roots for item in _load_root(root, kind) if item.document.kind == kind]
    return sorted(found, key=lambda item: item.document.key)


def load_all(roots: Iterable[Path] = (SHIPPED,)) -> list[Loaded]:
    """Every document of every pack below ``roots``. Raises ``InputError`` that carries every fault found."""
    return [item for root in roots for item in _load_root(root, None)]


@cache
def _load_root(root: Path, kind: str | None) -> tuple[Loaded, ...]:
    """The documents of ``kind``, or all; those that do not tell their kind early are among either."""
    loaded: list[Loaded] = []
    faults: list[Fault] = []
    for path, stated in _stated_kinds(root):
        if kind is not None and stated not in (kind, None):
            continue
        try:
            loaded.append(load_file(path))
        except InputError as error:
            faults.extend(error.faults)
    faults.extend(_double_keys(loaded))
    if faults:
        raise InputError(*faults)
    return tuple(loaded)


_STATED_KIND = re.compile(rb"^kind:[ \t]*([a-z_\-]+)[ \t]*\r?$", re.MULTILINE)


@cache
def _stated_kinds(root: Path) -> tuple[tuple[Path, str | None], ...]:
    return tuple((path, _stated_kind(path)) for path in document_paths(root))


def _stated_kind(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            found = _STATED_KIND.search(file.read(2048))
    except OSError:
        return None  # told when it is opened as a whole
    return found.group(1).decode() if found else None


def document_paths(root: Path) -> list[Path]:
    """The document files of every pack at or below ``root``."""
    headers = sorted(root.rglob("pack.yaml"))
    if not headers:
        raise InputError(Fault(Reason("pack.no_pack_here"), file=str(root)))
    return [path for header in headers for path in sorted(header.parent.rglob("*")) if _is_document(path)]


def _is_document(path: Path) -> bool:
    return path.suffix == ".yaml" or (path.suffix == ".md" and path.name.lower() != "readme.md")


_LONGEST_NUMBER, _LARGEST_NUMBER = 100, 1 << 63  # characters; value


class _Plain:
    """Plain values only, each name once, no merging of mappings (``<<``), of which a few lines can make billions."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        seen = set()
        for key, _value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, "mappings are not merged (<<)", key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    problem = f"{key.value!r} stands twice in one mapping"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add((key.tag, key.value))


class _Loader(_Plain, yaml.SafeLoader):
    """Every value stands where it is meant: a few lines of aliases can make billions."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*) are not read", event.start_mark)
        return super().compose_node(parent, index)


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> int:
    """A number that can be kept. Others take long to read, and some could never be written again."""
    if len(node.value) <= _LONGEST_NUMBER and abs(found := loader.construct_yaml_int(node)) < _LARGEST_NUMBER:
        return found
    raise yaml.constructor.ConstructorError(None, None, "a number is too large to be kept", node.start_mark)


def _number(loader: _Loader, node: yaml.ScalarNode) -> float:
    try:
        return loader.construct_yaml_float(node)
    except OverflowError:  # of hours, minutes and so on without end
        problem = "a number is too large to be kept"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


class _FastLoader(_Plain, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """For the product's own documents alone: six times as fast, but a text nested without end ends the process, and
    aliases are read (a test sees to it that none of ours has any)."""


def load_file(path: Path) -> Loaded:
    """One document, checked against its kind's schema; ``InputError`` names the line of each fault."""
    try:
        data = path.read_bytes()
        _require_utf8(path, data)
        node, body = _read_markdown(data) if path.suffix == ".md" else _read_yaml(data, is_own=SHIPPED in path.parents)
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:  # values too: a 13th month, a huge number
        mark = getattr(error, "problem_mark", None)
        row = mark.line + 1 if mark else None
        raise InputError(Fault(unreadable(error), file=str(path), row=row)) from None
    if not isinstance(body, Mapping):
        raise InputError(Fault(Reason("pack.not_a_mapping"), file=str(path), row=1))
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in known_kinds():
        known = ", ".join(key for key, _ in known_kinds())
        raise InputError(Fault(Reason("pack.unknown_kind", {"known": known}), file=str(path), row=1, field="kind"))
    try:
        document = known_kinds().get(kind).model_validate(body)
    except ValidationError as error:
        raise InputError(*(_fault(path, node, problem, body) for problem in faults_in(error))) from None
    return Loaded(document=document, path=path, sha256=hashlib.sha256(data).hexdigest())


def _require_utf8(path: Path, data: bytes) -> None:
    """Files of other encodings (GBK、UTF-16) are told as what they are, not as something wrong with a line."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
    else:
        if b"\0" not in data:
            return
        row = 1
    raise InputError(Fault(Reason("pack.not_utf8"), file=str(path), row=row))


def _read_yaml(data: bytes, *, is_own: bool = False) -> tuple[yaml.Node | None, Any]:
    if is_own:
        with suppress(yaml.YAMLError):  # read once more, for words that say what is wrong
            return _read_with(_FastLoader(data))
    return _read_with(_Loader(data))


def _read_with(loader: Any) -> tuple[yaml.Node | None, Any]:
    node = loader.get_single_node()
    return node, loader.construct_document(node) if node is not None else None


_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?\r?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_LANGUAGE = re.compile(r"^<!--[ \t]*(zh|en)[ \t]*-->[ \t]*\r?$", re.MULTILINE)


def _read_markdown(data: bytes) -> tuple[yaml.Node | None, Any]:
    """Front matter as the document, with the texts after it as its ``body``, by language."""
    text = data.decode("utf-8")
    front = _FRONT.match(text)
    if front is None:
        raise ValueError("a text begins with its front matter between two lines of ---")
    # The empty line stands for the first ---, so that lines are counted as in the file.
    node, fields = _read_yaml(("\n" + front.group(1)).encode())
    if not isinstance(fields, Mapping) or "body" in fields:
        return node, fields
    parts = _LANGUAGE.split(text[front.end() :])
    texts = {"zh": parts[0].strip("\r\n")}
    for language, part in zip(parts[1::2], parts[2::2], strict=True):
        if texts.get(language):
            raise ValueError(f"the text in {language} is there twice")
        texts[language] = part.strip("\r\n")
    return node, {**fields, "body": {language: body for language, body in texts.items() if body.strip()}}


def _fault(path: Path, node: yaml.Node | None, problem: Any, body: Any) -> Fault:
    location = place_of(problem, body)
    return Fault(
        reason_of(problem),
        file=str(path),
        row=_line(node, location),
        field=".".join(str(part) for part in location) or None,
    )


def fault_at(path: Path, place: Place, reason: Reason) -> Fault:
    """The fault of what stands at ``place`` of the document in ``path``, which was loaded before; with its line."""
    data = path.read_bytes()
    node, _body = _read_markdown(data) if path.suffix == ".md" else _read_yaml(data)
    return Fault(reason, file=str(path), row=_line(node, place), field=".".join(map(str, place)) or None)


def _line(node: yaml.Node | None, location: Place) -> int | None:
    """The line of the deepest part of ``location`` that exists in the file."""
    if node is None:
        return None
    line: int = node.start_mark.line + 1
    for part in location:
        found = _child(node, part)
        if found is None:  # not in the file, as what is missing, or a name that only the schema knows
            continue
        line_of, node = found
        line = line_of.start_mark.line + 1
    return line


def _child(node: yaml.Node, part: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Where ``part`` of a node begins, and what it is: a field begins with its name."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child, child
    return None


def _double_keys(loaded: Iterable[Loaded]) -> list[Fault]:
    seen: dict[tuple[str, str], Path] = {}
    faults = []
    for item in loaded:
        name = (item.document.kind, item.document.key)
        if name in seen:
            reason = Reason("pack.double_key", {"key": item.document.key, "other": str(seen[name])})
            faults.append(Fault(reason, file=str(item.path), field="key"))
        seen.setdefault(name, item.path)
    return faults
