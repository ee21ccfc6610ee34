"""A document as a form, and what was sent back as a document.

Every value has a name such as ``f.steps.2.title``. The parts of a list are told apart by tokens; ``f.steps`` is sent
once a part, and the order in which its tokens are sent is the order of the list. So a part can be moved, added and
removed by a script or, with the same result, by the server.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from peilian.adapters.packs.competency import kpis
from peilian.adapters.packs.source import source_of, value_of
from peilian.apps.record import api as record
from peilian.engine._kernel import InputError, Text
from peilian.web.conversations.wordings import name_of
from peilian.web.library.editor_shape import NUMBERS, TYPE, Shape
from peilian.web.library.editor_words import choice_name, field_help, field_name
from peilian.web.record.wordings import competency_name
from peilian.web.shell.languages import reading_language

PREFIX = "f"
_TOKEN = re.compile(r"^[A-Za-z0-9]{1,20}$")
BURST = " | "
_ASIDE = ("choice", "choices", "competencies", "day", "words", "references", "number", "line", "source")
_LANGUAGES = ("zh", "en")
NAMES = ("id", "key")
"""By what parts are told apart. People need not think of one: left empty it is made."""
_PAIR = re.compile(r"[\s:：,，;；→]+")
_MOST_PARTS = 500


@dataclass(slots=True)
class Card:
    """One part of a list. ``title`` tells a closed card from the others; ``key`` is its name in a mapping."""

    token: str
    title: str
    node: Node
    key: str | None = None


@dataclass(slots=True)
class Node:
    """One value in the form; ``path`` is its place in the document, by which faults find it."""

    kind: str
    name: str
    path: str
    label: str = ""
    help: str = ""
    value: Any = ""
    shape: Shape = field(default_factory=lambda: Shape("line"))
    rows: list[tuple[str, str, list[str]]] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_set: bool = True

    @property
    def first(self) -> list[Node]:
        """What a part of a list asks for at once: what is needed, what is filled in, and words."""
        return [one for one in self.children if not one.is_aside]

    @property
    def more(self) -> list[Node]:
        """What may be left out, and is."""
        return [one for one in self.children if one.is_aside]

    @property
    def is_aside(self) -> bool:
        """Whether nobody would miss it at first sight."""
        if self.label_key in NAMES:
            return True
        has_default = self.shape.kind == "choice" and self.shape.default is not None
        return self.shape.kind in _ASIDE and not (self.shape.is_needed or self.is_set or has_default)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Of a list of unions the types that can be added, with their names."""
        item = self.shape.item
        return [(one, choice_name(one)) for one, _group in item.variants] if item is not None else []

    @property
    def label_key(self) -> str:
        """The field's own name, without those above it."""
        return self.name.rpartition(".")[2]

    @property
    def id(self) -> str:
        """The id of its element in the page."""
        return self.name.replace(".", "-")

    @property
    def template(self) -> str:
        """What draws it."""
        return f"library/editor/_{self.kind}.html"

    @property
    def has_faults(self) -> bool:
        """Whether it, or what it holds, has faults."""
        return bool(self.faults) or any(one.has_faults for one in self.below())

    def below(self) -> Iterator[Node]:
        """What it holds."""
        yield from self.children
        for card in self.cards:
            yield card.node

    def all(self) -> Iterator[Node]:
        """It and everything it holds."""
        yield self
        for one in self.below():
            yield from one.all()


def node_of(shape: Shape, value: Any, name: str, path: str, last: str = "") -> Node:
    """The form of a value; what does not look like its shape is shown as YAML."""
    if value is not None and not _fits(shape, value):
        shape = replace(shape, kind="source")
    if shape.kind == "union":
        chosen = shape.variant(value)
        shape = replace(chosen, is_needed=True) if chosen is not None else replace(shape, kind="source")
    node = Node(shape.kind, name, path, field_name(shape.owner, last), field_help(shape.owner, last), shape=shape)
    if shape.kind == "group":
        node.is_set = bool(value)
        # The id comes last, and may be left empty: what people care for comes first.
        fields = sorted(shape.fields, key=lambda field: field[0] in NAMES)
        node.children = [
            node_of(
                replace(one, is_needed=one.is_needed and key not in NAMES),
                (value or {}).get(key), f"{name}.{key}", _joined(path, key), key,
            )
            for key, one in fields
        ]  # fmt: skip
    elif shape.kind in ("cards", "texts", "named"):
        node.is_set = value is not None
        node.cards = list(_cards(shape, value, name, path))
    else:
        node.is_set = value is not None
        _fill(node, shape, value)
    if not path and isinstance(value, Mapping) and value.get("kind") == "competency-model":
        name_competencies(node, value)
    return node


def blank_card(shape: Shape, name: str, token: str, chosen: str = "") -> Card:
    """An empty part of a list; of a list of unions one of the type that was ``chosen``."""
    value = {TYPE: chosen} if shape.item is not None and shape.item.kind == "union" else None
    return _card(shape, value, name, token, "", "" if shape.kind == "named" else None)


def _cards(shape: Shape, value: Any, name: str, path: str) -> Iterator[Card]:
    parts: Iterable[tuple[str | None, Any]] = []
    if value is not None:
        parts = value.items() if isinstance(value, Mapping) else ((None, one) for one in value)
    n = 0
    for n, (key, one) in enumerate(parts, 1):
        yield _card(shape, one, name, str(n - 1), _joined(path, key if key is not None else str(n - 1)), key)
    if shape.kind == "texts":
        yield _card(shape, None, name, str(n), _joined(path, str(n)), None)


def _card(shape: Shape, value: Any, name: str, token: str, path: str, key: str | None) -> Card:
    assert shape.item is not None
    below = f"{name}.{token}.v" if shape.kind == "named" else f"{name}.{token}"
    return Card(token, key or title_of(value), node_of(shape.item, value, below, path), key)


def _fill(node: Node, shape: Shape, value: Any) -> None:
    if value is None:
        value = shape.default
    if shape.kind in ("text", "markdown"):
        node.value = {language: (value or {}).get(language) or "" for language in _LANGUAGES}
    elif shape.kind == "words":
        node.value = "\n".join(value or ())
    elif shape.kind == "bursts":
        node.value = "\n".join(one if isinstance(one, str) else BURST.join(one) for one in value or ())
    elif shape.kind == "references":
        node.value = [*(value or ()), "", ""]
    elif shape.kind == TYPE:
        node.value, node.options = value, [(value, choice_name(value), True)]
    elif shape.kind == "truth":
        node.value = bool(value)
    elif shape.kind == "competencies":
        chosen = list(value or ())
        there = dict.fromkeys([*chosen, *record.competency_model().competencies])
        node.options = [(one, competency_name(one) or one, one in chosen) for one in there]
    elif shape.kind in ("choice", "choices"):
        chosen = [value] if shape.kind == "choice" else list(value or ())
        # The chosen first, in their order: a form gives back what it was given.
        ordered = list(dict.fromkeys([*chosen, *shape.choices])) if shape.kind == "choices" else shape.choices
        node.options = [(one, _option_name(one), one in chosen) for one in ordered]
    elif shape.kind == "pairs":
        node.value = "\n".join(" : ".join(map(_plain_number, pair)) for pair in value or ())
    elif shape.kind == "levels":
        model = record.competency_model()
        names = {key: one.name.in_language(reading_language()) for key, one in model.competencies.items()}
        stages = [one.name.in_language(reading_language()) for one in model.stages.values()]
        fill_levels(node, value or {}, names, stages)
    elif shape.kind == "source":
        node.value = "" if value is None else source_of(value).removesuffix("...\n")
    else:
        node.value = "" if value is None else _plain_number(value)


def _plain_number(value: Any) -> str:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value) if is_whole else value)


def _option_name(value: str) -> str:
    """What a value is called that is chosen from a few; moves and faults as the reading of conversations names them."""
    known = choice_name(value)
    if known != value:
        return known
    if (measure := kpis().get(value)) is not None:
        return measure.in_language(reading_language())
    return name_of(value.rpartition(":")[2], reading_language())


def _fits(shape: Shape, value: Any) -> bool:
    """Whether a form of this shape shows the whole value and gives it back as it is."""
    if shape.kind in ("text", "markdown"):
        return isinstance(value, Mapping) and set(value) <= set(_LANGUAGES) and all(map(_is_text, value.values()))
    if shape.kind in ("words", "references", "competencies"):
        return isinstance(value, list) and all(_is_line(one) for one in value)
    if shape.kind == "bursts":
        bursts = [[one] if isinstance(one, str) else one for one in value] if isinstance(value, list) else None
        return bursts is not None and all(
            isinstance(one, list) and one and all(_is_line(said) and BURST.strip() not in said for said in one)
            for one in bursts
        )
    if shape.kind == "choice":
        return isinstance(value, str) and value in shape.choices
    if shape.kind == "choices":
        return isinstance(value, list) and all(one in shape.choices for one in value) and len(set(value)) == len(value)
    if shape.kind in ("group", "named"):
        is_whole = shape.kind == "group" and shape.type is None  # a mapping whose names are known
        return isinstance(value, Mapping) and (not is_whole or set(map(str, value)) <= {key for key, _ in shape.fields})
    if shape.kind == "pairs":
        return isinstance(value, list) and all(_is_row(one) and len(one) == 2 for one in value)
    if shape.kind == "levels":
        return isinstance(value, Mapping) and all(map(_is_row, value.values()))
    if shape.kind == "union":
        return shape.variant(value) is not None
    if shape.kind in ("cards", "texts"):
        return isinstance(value, list) and len(value) <= _MOST_PARTS
    if shape.kind == "truth":
        return isinstance(value, bool)
    if shape.kind == "line":
        return _is_line(value)
    return shape.kind == "source" or not isinstance(value, list | Mapping)


def _is_row(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) in (int, float) for one in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and value == value.strip() and len(value.splitlines()) <= 1


_TITLES = (
    "title",
    "label",
    "term",
    "subject",
    "asks",
    "when",
    "question",
    "aspect",
    "what",
    "text",
    "say",
    "name",
    "finding",
    "kpi",
    "id",
)


def title_of(value: Any) -> str:
    """What a closed card is called: its first words."""
    if not isinstance(value, Mapping):
        return ""
    for name in _TITLES:
        said = value.get(name)
        if isinstance(said, Mapping) and set(said) <= set(_LANGUAGES) and any(said.values()):
            said = Text(said.get("zh"), said.get("en")).in_language(reading_language())
        if name in ("finding", "kpi") and isinstance(said, str):
            said = _option_name(said)
        if isinstance(said, str) and said.strip():
            return said.strip().splitlines()[0][:80]
    return ""


def _joined(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def fill_levels(node: Node, value: Mapping[str, Any], names: Mapping[str, str], columns: list[str]) -> None:
    """The table of a node of levels: a row for each of ``names`` and of ``value``, a column a stage."""
    width = max([len(columns), *(len(levels) for levels in value.values())])
    node.columns = [*columns, *("" for _ in range(width - len(columns)))]
    node.rows = []
    for key in dict.fromkeys([*names, *value]):
        levels = list(map(str, value.get(key, ())))
        node.rows.append((key, names.get(key, key), [*levels, *("" for _ in range(width - len(levels)))]))


def name_competencies(root: Node, body: Mapping[str, Any]) -> None:
    """Offer the competencies and stages of the model that is being written, not of the one in force."""
    names = {one["key"]: title_of(one) or one["key"] for one in _keyed(body.get("competencies"))}
    stages = [title_of(one) for one in _keyed(body.get("stages"))]
    for node in root.all():
        if node.kind == "levels":
            value = {key: [one for one in levels if one] for key, _name, levels in node.rows}
            fill_levels(node, {key: levels for key, levels in value.items() if levels}, names, stages)
        elif node.kind == "competencies":
            chosen = [one for one, _label, is_chosen in node.options if is_chosen]
            node.options = [(one, names.get(one, one), one in chosen) for one in dict.fromkeys([*chosen, *names])]


def _keyed(listed: Any) -> list[Mapping[str, Any]]:
    return [
        one for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("key"), str)
    ]  # fmt: skip


# What was sent


def sent(shape: Shape, data: QueryDict, name: str) -> Any:
    """The value that was sent under a name; ``None`` for what was left out."""
    if (source := data.get(f"y.{name}")) is not None:
        return _from_source(source)
    if shape.kind == "group":
        found = {key: sent(one, data, f"{name}.{key}") for key, one in shape.fields}
        kept = {key: one for key, one in found.items() if one is not None}
        return kept if kept or shape.is_needed else None
    if shape.kind == "union":
        chosen = shape.variant({TYPE: data.get(f"{name}.{TYPE}")})
        return sent(replace(chosen, is_needed=True), data, name) if chosen is not None else None
    if shape.kind in ("cards", "texts", "named"):
        return _sent_list(shape, data, name)
    return _sent_value(shape, data, name)


def _sent_list(shape: Shape, data: QueryDict, name: str) -> Any:
    assert shape.item is not None
    tokens = [token for token in dict.fromkeys(data.getlist(name)) if _TOKEN.match(token)][:_MOST_PARTS]
    if shape.kind == "named":
        found = {}
        for token in tokens:
            key = data.get(f"{name}.{token}.name", "").strip()
            value = sent(replace(shape.item, is_needed=True), data, f"{name}.{token}.v")
            # Two of one name: both are kept, and one is to be renamed.
            name_of = key if key and key not in found else f"{key}_{token}"
            found[name_of] = value if value is not None else []
        return found or None
    parts = [sent(replace(shape.item, is_needed=True), data, f"{name}.{token}") for token in tokens]
    if shape.kind == "texts" or shape.item.kind == "union":
        parts = [one for one in parts if one]
    if shape.kind != "texts":
        _name(parts, shape, name)
    if shape.may_be_unset:
        return parts if data.get(f"{name}.set") == "1" or parts else None
    return parts or None


def _name(parts: list[Any], shape: Shape, name: str) -> None:
    """Parts that need an id and were given none get one; people name what they write by its words."""
    names = [one for one in NAMES if shape.item is not None and (named := shape.item.below(one)) and named.is_needed]
    if not names:
        return
    (field_name,) = names
    taken = {one.get(field_name) for one in parts if isinstance(one, dict)}
    stem = name.rpartition(".")[2]
    for n, one in enumerate(parts, 1):
        if isinstance(one, dict) and one and not one.get(field_name):
            fresh = next(f"{stem}_{m}" for m in range(n, n + len(parts) + 1) if f"{stem}_{m}" not in taken)
            taken.add(fresh)
            one[field_name] = fresh


def _sent_value(shape: Shape, data: QueryDict, name: str) -> Any:
    if shape.kind in ("text", "markdown"):
        found = {one: _typed(data.get(f"{name}.{one}", "")) for one in _LANGUAGES}
        return {language: text for language, text in found.items() if text.strip()} or None
    if shape.kind == TYPE:
        return shape.default
    if shape.kind == "truth":
        value: Any = data.get(name) == "1"
        return None if value == bool(shape.default) and not shape.is_needed else value
    if shape.kind in ("words", "bursts"):
        lines = [line.strip() for line in data.get(name, "").splitlines() if line.strip()]
        if shape.kind == "words":
            return lines or None
        return [
            [said.strip() for said in line.split(BURST.strip()) if said.strip()] or [line] for line in lines
        ] or None
    if shape.kind == "pairs":
        rows = [_PAIR.split(line.strip()) for line in data.get(name, "").splitlines() if line.strip()]
        return [[_number(one, float) for one in row if one] for row in rows] or None
    if shape.kind == "levels":
        return _sent_levels(data, name)
    if shape.kind in ("references", "choices", "competencies"):
        many = [one.strip() for one in data.getlist(name) if one.strip()]
        return list(dict.fromkeys(many)) or None
    return _sent_scalar(shape, data.get(name, "").strip())


def _sent_levels(data: QueryDict, name: str) -> Any:
    """Rows of levels by name; a row without any level is left out."""
    found = {}
    for key in data:
        if key.startswith(f"{name}."):
            levels = [one.strip() for one in data.getlist(key)]
            if any(levels):
                found[key.removeprefix(f"{name}.")] = [_number(one or "0", int) for one in levels]
    return found or None


def _sent_scalar(shape: Shape, text: str) -> Any:
    if not text:
        return None
    if shape.type is Decimal:  # as it was typed: what is kept of it are its digits
        return None if text == str(shape.default) else _digits(text)
    value = _number(text, shape.type) if shape.type in NUMBERS else text
    return None if value == shape.default and shape.default is not None else value


def _digits(text: str) -> str:
    """A decimal number as documents keep it; what is none stays as it was typed."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return text if text.isascii() or not number.is_finite() else str(number)


def _number(text: str, wanted: type | None) -> int | float | str:
    """A number; what is none stays as it was typed, so that it can be told what is wrong with it."""
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and (wanted is int or abs(number) < 1e15) else number


def _typed(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _from_source(source: str) -> Any:
    """What the YAML of a part says; text that is none is kept as it is, and told to be wrong."""
    if not source.strip():
        return None
    try:
        return value_of(_typed(source))
    except InputError:
        return source


def changed_order(data: QueryDict, do: str) -> QueryDict:
    """What was sent, after a button such as ``up:f.steps:2``; ``add``, ``remove``, ``up`` and ``down`` are known."""
    what, _, rest = do.partition(":")
    name, _, token = rest.partition(":")
    made = data.copy()
    tokens = [one for one in made.getlist(name) if _TOKEN.match(one)]
    if what == "add" and len(tokens) < _MOST_PARTS:
        tokens.append(_fresh(tokens))
        if chosen := data.get(f"{name}.new"):
            made[f"{name}.{tokens[-1]}.{TYPE}"] = chosen
    elif what == "remove":
        tokens = [one for one in tokens if one != token]
    elif what in ("up", "down") and token in tokens:
        here = tokens.index(token)
        there = here + (1 if what == "down" else -1)
        if 0 <= there < len(tokens):
            tokens[here], tokens[there] = tokens[there], tokens[here]
    made.setlist(name, tokens)
    return made


def _fresh(tokens: list[str]) -> str:
    return next(str(n) for n in range(len(tokens), 2 * len(tokens) + 2) if str(n) not in tokens)
