"""Kinds ``lexicon`` and ``satisfaction-model``: the cues and weights with which conversations are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, Loaded, TextField, kinds
from peilian.engine._kernel import Fault, InputError, Language, Reason
from peilian.engine.reading import (
    EMOTIONS,
    FAULTS,
    ISSUES,
    MOVES,
    Condition,
    Cue,
    Lexicons,
    MarkKind,
    SatisfactionModel,
    compile_lexicons,
)
from peilian.engine.reading.satisfaction import FEATURES
from peilian.engine.text import PatternCompiler, PatternError

_KNOWN: dict[MarkKind, tuple[str, ...]] = {"move": MOVES, "fault": FAULTS, "issue": ISSUES, "emotion": EMOTIONS}
_Strict = ConfigDict(extra="forbid", frozen=True)
_QuestionRule = Literal["counts", "blocks", "required"]


class CueField(BaseModel):
    """One cue: any of its patterns is the sign; what is left out is taken from the mark it stands under."""

    model_config = _Strict

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    any: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    unless_near: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    question: _QuestionRule | None = None
    quoted: bool | None = None
    negated: bool | None = None
    weight: float | None = Field(default=None, ge=-1, le=1)


class MarkField(BaseModel):
    """What cues mark: exactly one of move, fault, issue, emotion, sign, aside; and what holds for all its cues."""

    model_config = _Strict

    move: str | None = None
    fault: str | None = None
    issue: str | None = None
    emotion: str | None = None
    sign: str | None = Field(default=None, pattern=r"^[a-z_]+$")
    aside: str | None = Field(default=None, pattern=r"^[a-z_]+$")
    unless: tuple[str, ...] = ()
    unless_near: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    question: _QuestionRule = "counts"
    quoted: bool = False
    negated: bool = False
    weight: float = Field(default=0.0, ge=-1, le=1)
    cues: tuple[CueField, ...]

    @model_validator(mode="after")
    def _marks_one_known_thing(self) -> MarkField:
        named = [(kind, key) for kind, key in self._targets() if key is not None]
        if len(named) != 1:
            raise ValueError("exactly one of move, fault, issue, emotion, sign, aside")
        kind, key = named[0]
        if kind in _KNOWN and key not in _KNOWN[kind]:
            raise ValueError(f"{kind} {key!r} is unknown; known: {', '.join(_KNOWN[kind])}")
        return self

    def _targets(self) -> tuple[tuple[MarkKind, str | None], ...]:
        return (
            ("move", self.move),
            ("fault", self.fault),
            ("issue", self.issue),
            ("emotion", self.emotion),
            ("sign", self.sign),
            ("aside", self.aside),
        )

    @property
    def target(self) -> tuple[MarkKind, str]:
        """Kind and key of what is marked."""
        return next((kind, key) for kind, key in self._targets() if key is not None)


@kinds.register("lexicon")
class Lexicon(Document):
    """Word classes and cues of one language for one side of the conversation."""

    language: Language
    side: Literal["agent", "customer"] = "agent"
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    marks: tuple[MarkField, ...] = ()


class WeightField(BaseModel):
    """The weight of one feature, and why it has this sign."""

    model_config = _Strict

    feature: str
    weight: float
    why: TextField

    @field_validator("feature")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in FEATURES:
            raise ValueError(f"unknown feature; known: {', '.join(FEATURES)}")
        return value


@kinds.register("satisfaction-model")
class SatisfactionWeights(Document):
    """A linear score over features of a turn and its context; ``cuts`` divide it into the three labels."""

    weights: tuple[WeightField, ...]
    cuts: tuple[float, float]


def load_lexicons(roots: Iterable[Path] = (packs.SHIPPED,)) -> Lexicons:
    """Every lexicon below ``roots``, compiled. ``InputError`` names file, line and field of a faulty pattern."""
    roots = tuple(roots)
    found = packs.load("lexicon", roots)
    models = packs.load("satisfaction-model", roots)
    classes = load_classes(roots)
    faults = [fault for item in found for fault in _pattern_faults(item, classes)]
    if faults:
        raise InputError(*faults)
    version = hashlib.sha256("".join(item.sha256 for item in (*found, *models)).encode()).hexdigest()[:16]
    return compile_lexicons([cue for item in found for cue in _cues(item)], classes, _model(models), version)


def load_classes(roots: Iterable[Path] = (packs.SHIPPED,)) -> dict[Language, dict[str, tuple[str, ...]]]:
    """The word classes of each language, of all lexicons together."""
    classes: dict[Language, dict[str, tuple[str, ...]]] = {"zh": {}, "en": {}}
    for item in packs.load("lexicon", roots):
        assert isinstance(item.document, Lexicon)
        classes[item.document.language].update(item.document.classes)
    return classes


def _model(models: list[Loaded]) -> SatisfactionModel:
    weights: dict[str, float] = {}
    cuts = (0.0, 1.0)
    for item in models:
        assert isinstance(item.document, SatisfactionWeights)
        weights.update({line.feature: line.weight for line in item.document.weights})
        cuts = item.document.cuts
    return SatisfactionModel(weights, cuts)


def _cues(item: Loaded) -> Iterator[Cue]:
    document = item.document
    assert isinstance(document, Lexicon)
    for mark in document.marks:
        kind, key = mark.target
        for cue in mark.cues:
            yield Cue(
                rule=f"{document.key}:{key}.{cue.id}",
                kind=kind,
                key=key,
                language=document.language,
                side=document.side,
                patterns=cue.any,
                unless=(*mark.unless, *cue.unless),
                unless_near=(*mark.unless_near, *cue.unless_near),
                not_after=(*mark.not_after, *cue.not_after),
                needs=cue.needs,
                when=cue.when,
                question=cue.question or mark.question,
                quoted=mark.quoted if cue.quoted is None else cue.quoted,
                negated=mark.negated if cue.negated is None else cue.negated,
                weight=mark.weight if cue.weight is None else cue.weight,
            )


def _pattern_faults(item: Loaded, classes: dict[Language, dict[str, tuple[str, ...]]]) -> Iterator[Fault]:
    document = item.document
    assert isinstance(document, Lexicon)
    compiler = PatternCompiler(classes[document.language], document.language)
    seen: set[str] = set()
    for n, mark in enumerate(document.marks):
        for c, cue in enumerate(mark.cues):
            rule = f"{mark.target}.{cue.id}"
            if rule in seen:
                reason = Reason("reading.double_cue", {"id": cue.id})
                yield packs.fault_at(item.path, ("marks", n, "cues", c, "id"), reason)
            seen.add(rule)
            for name in ("any", "unless", "unless_near", "needs", "not_after"):
                for p, source in enumerate(getattr(cue, name)):
                    try:
                        compiler.check(source)
                    except PatternError as error:
                        place = ("marks", n, "cues", c, name, p)
                        yield packs.fault_at(item.path, place, Reason(error.problem, {"pattern": source}))
