"""What of a question its person may see (题面): the stem, the options in the order in which they are shown, gaps.

Options, steps and partners have no names here but their places in what is shown: names are given by authors, and the
partner of a match is even named like the right answer. Nothing of a key is part of a face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from peilian.adapters.packs.items import (
    AnyItem,
    CaseField,
    ChoiceField,
    DrillField,
    FillField,
    MatchField,
    OrderField,
    RewriteField,
    TruthField,
)
from peilian.apps.learning import api as learning
from peilian.engine._kernel import Language
from peilian.web.library.markdown import to_html
from peilian.web.library.words import GAP_IN_STEM
from peilian.web.shell.languages import DJANGO_CODES

Form = Literal["one", "several", "gaps", "text", "order", "match", "case", "drill"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a stem: HTML, then the gap that follows it (``None`` for the last piece)."""

    html: SafeString
    gap: int | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A question as it is asked. ``choices`` are options, steps or partners in the order shown, ``lefts`` what partners
    are looked for. ``names`` and ``left_names`` are what an author calls them, by the same places; they stay here."""

    form: Form
    kind: str
    stem: tuple[Piece, ...]
    choices: tuple[str, ...] = ()
    lefts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    left_names: tuple[str, ...] = ()
    before: str = ""
    line: str = ""
    inner: tuple[Face, ...] = ()

    @property
    def n_gaps(self) -> int:
        """How many gaps are to be filled in."""
        return len(self.left_names) if self.form == "gaps" else 0


class _Written:
    """An item as it is written in one version: equal to itself read again."""

    __slots__ = ("field", "key")

    def __init__(self, key: tuple[UUID, str], field: AnyItem) -> None:
        self.key, self.field = key, field

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and self.key == other.key


def face_of(asked: learning.Asked, language: Language) -> Face:
    """The face of a question in an attempt."""
    question = asked.question
    shown = tuple(sorted((name, tuple(ids)) for name, ids in question.shown.items()))
    return _face(_Written((question.version, question.item), asked.field), shown, language)


@lru_cache(maxsize=4096)
def _face(written: _Written, shown: tuple[tuple[str, tuple[str, ...]], ...], language: Language) -> Face:
    return _made(written, written.field, dict(shown), "", language)


def _made(written: _Written, field: Any, shown: Mapping[str, Sequence[str]], name: str, language: Language) -> Face:
    stem = _stem(_Written((written.key[0], f"{written.key[1]}.{name}"), field), language)
    ids = tuple(shown.get(name, ()))
    if isinstance(field, ChoiceField):
        texts = {option.id: option.text for option in field.options}
        form: Form = "one" if field.type == "single" else "several"
        return Face(form, field.type, stem, _said(texts, ids, language), names=ids)
    if isinstance(field, TruthField):
        return Face("one", field.type, stem, _truths(ids, language), names=ids)
    if isinstance(field, FillField):
        return Face("gaps", field.type, stem, left_names=tuple(blank.id for blank in field.blanks))
    if isinstance(field, OrderField):
        texts = {step.id: step.text for step in field.steps}
        return Face("order", field.type, stem, _said(texts, ids, language), names=ids)
    if isinstance(field, MatchField):
        texts = {**{pair.id: pair.right for pair in field.pairs}, **{one.id: one.text for one in field.others}}
        lefts = tuple(pair.left.to_text().in_language(language) for pair in field.pairs)
        left_names = tuple(pair.id for pair in field.pairs)
        return Face("match", field.type, stem, _said(texts, ids, language), lefts, ids, left_names)
    if isinstance(field, CaseField):
        inner = tuple(_made(written, one, shown, one.id, language) for one in field.items)
        return Face("case", field.type, stem, names=tuple(one.id for one in field.items), inner=inner)
    if isinstance(field, RewriteField):
        before = field.before.to_text().in_language(language) if field.before is not None else ""
        line = field.line.to_text().in_language(language)
        return Face("text", field.type, stem, before=before, line=line)
    return Face("drill" if isinstance(field, DrillField) else "text", field.type, stem)


def _said(texts: Mapping[str, Any], ids: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(texts[name].to_text().in_language(language) for name in ids)


def _truths(ids: Sequence[str], language: Language) -> tuple[str, ...]:
    with override(DJANGO_CODES[language]):
        words = {"true": _("That is right"), "false": _("That is wrong")}
    return tuple(words[name] for name in ids)


@lru_cache(maxsize=4096)
def _stem(written: _Written, language: Language) -> tuple[Piece, ...]:
    field = written.field
    html = to_html(field.stem.to_text().in_language(language))
    if not isinstance(field, FillField):
        return (Piece(html),)
    places = {blank.id: place for place, blank in enumerate(field.blanks)}
    pieces, begin = [], 0
    for found in GAP_IN_STEM.finditer(html):
        place = places.pop(found[1], None)  # a gap that is named again is only a gap to look at
        if place is not None:
            pieces.append(Piece(mark_safe(html[begin : found.start()]), place))  # noqa: S308
            begin = found.end()
    return (*pieces, Piece(mark_safe(html[begin:])))  # noqa: S308
