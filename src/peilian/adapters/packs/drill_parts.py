"""Kind ``drill-parts``: what a draft of a drill is put together from when it is taken from a real conversation."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from peilian.adapters import packs
from peilian.adapters.packs import Document, TextField, kinds
from peilian.adapters.packs.scenario import (
    ArgumentField,
    Expr,
    ForbiddenField,
    Id,
    LinesField,
    PartField,
    SayField,
)
from peilian.engine._kernel import Fault, InputError, Reason

_STRICT = ConfigDict(extra="forbid", frozen=True)
BadPlay = Literal["apology_only", "stalling", "policy_breaking"]


class Due(BaseModel):
    """When an element belongs into a draft although the agent did not do it: the customer was upset, was abusive, asked
    for it (``wants`` of the element), one of the ``findings`` was made in the conversation, or always."""

    model_config = _STRICT

    is_always: bool = False
    is_upset: bool = False
    is_abused: bool = False
    is_wanted: bool = False
    findings: tuple[str, ...] = ()


class NeedPart(BaseModel):
    """The need of the customer that an element answers."""

    model_config = _STRICT

    label: TextField
    kind: Literal["explicit", "hidden", "emotional"] = "explicit"
    weight: float = Field(default=1.0, gt=0, le=100)
    voice: LinesField = LinesField()
    accept: LinesField
    reject: LinesField


class ElementPart(BaseModel):
    """A required element that fits any matter. ``model`` and ``curt`` may have gaps in brackets, which a person fills;
    of the elements with ``is_core`` one is the matter itself. ``tool`` is used before the element is said. A sentence
    of a conversation says it when the parts are found in it and, unless there are none, one of the ``moves``."""

    model_config = _STRICT

    id: Id
    moves: tuple[str, ...] = ()
    due: Due
    label: TextField
    why: TextField
    model: TextField
    curt: TextField
    keywords: TextField
    parts: tuple[PartField, ...] = Field(min_length=1)
    partial: SayField = SayField()
    wants: SayField = SayField()
    when: Expr = "true"
    weight: float = Field(default=1.0, gt=0, le=100)
    is_core: bool = False
    tool: Id | None = None
    need: NeedPart | None = None


class ToolPart(BaseModel):
    """A tool that is offered when its ``cues`` stand in the conversation; ``world`` is what it changes, as it begins;
    ``claim`` is how it is reported as done."""

    model_config = _STRICT

    name: Id
    label: TextField
    arguments: tuple[ArgumentField, ...] = ()
    when: Expr = "true"
    refusal: TextField | None = None
    result: TextField
    sets: dict[str, Expr]
    world: dict[str, str | float | bool]
    cues: SayField
    claim: SayField | None = None


@kinds.register("drill-parts")
class DrillPartsDocument(Document):
    """Elements, tools, forbidden words and bad plays of drafts, in the order in which a good answer goes."""

    kind: Literal["drill-parts"]
    elements: tuple[ElementPart, ...] = Field(min_length=1)
    tools: tuple[ToolPart, ...]
    forbidden: tuple[ForbiddenField, ...]
    greeting: TextField
    closing: TextField
    bad_plays: dict[BadPlay, tuple[TextField, ...]]

    @model_validator(mode="after")
    def _holds_together(self) -> DrillPartsDocument:
        if len({one.id for one in self.elements}) < len(self.elements):
            raise ValueError("two elements have one id")
        known = {tool.name for tool in self.tools}
        if any(one.tool is not None and one.tool not in known for one in self.elements):
            raise ValueError("an element names a tool that is not there")
        return self


def load_drill_parts(roots: Iterable[Path] = (packs.SHIPPED,)) -> DrillPartsDocument:
    """The parts of the packs; ``InputError`` without any."""
    return _load(tuple(roots))


@cache
def _load(roots: tuple[Path, ...]) -> DrillPartsDocument:
    for item in packs.load("drill-parts", roots):
        assert isinstance(item.document, DrillPartsDocument)
        return item.document
    raise InputError(Fault(Reason("pack.missing_document", {"kind": "drill-parts"})))
