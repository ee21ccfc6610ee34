"""Kind ``case``: what happened in service, told so that others learn from it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored


class Said(BaseModel):
    """One message. ``at_seconds`` counts from the first one; ``mark`` is the number of the point that it shows."""

    model_config = STRICT

    role: Literal["customer", "agent", "supervisor", "system"]
    text: TextField
    at_seconds: int | None = Field(default=None, ge=0)
    mark: int | None = Field(default=None, ge=1)


class Point(BaseModel):
    """Something to learn from a conversation: what was done, and why it helped or harmed."""

    model_config = STRICT

    what: TextField
    why: TextField
    is_good: bool = True


class Telling(BaseModel):
    """A conversation with what it shows; ``minutes`` is how long it took, ``result`` how it ended."""

    model_config = STRICT

    messages: tuple[Said, ...] = Field(min_length=2)
    minutes: Annotated[float, Field(gt=0)] | None = None
    result: TextField
    points: tuple[Point, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _marks_lead_to_points(self) -> Telling:
        if any(said.mark is not None and said.mark > len(self.points) for said in self.messages):
            raise problem("mark_without_point")
        times = [said.at_seconds for said in self.messages if said.at_seconds is not None]
        if times != sorted(times):
            raise problem("messages_out_of_order")
        return self


class Difference(BaseModel):
    """One aspect in which two conversations differ, e.g. whether the need was foreseen."""

    model_config = STRICT

    aspect: TextField
    efficient: TextField
    inefficient: TextField


@kinds.register("case")
class CaseDocument(Authored):
    """A case (案例): one conversation, or an efficient and an inefficient one side by side with their differences.

    ``grey`` is a case without one right answer: its ``questions`` are discussed and ``views`` weigh them.
    """

    form: Literal["pair", "success", "complaint", "grey", "crisis", "improvement", "example"]
    background: TextField
    telling: Telling | None = None
    efficient: Telling | None = None
    inefficient: Telling | None = None
    differences: tuple[Difference, ...] = ()
    story: TextField | None = None
    lessons: tuple[TextField, ...] = Field(min_length=1)
    questions: tuple[TextField, ...] = ()
    views: tuple[TextField, ...] = ()

    @model_validator(mode="after")
    def _has_its_parts(self) -> CaseDocument:
        is_pair = self.form == "pair"
        if is_pair != (self.efficient is not None and self.inefficient is not None and bool(self.differences)):
            raise problem("pair_needs_both")
        if not is_pair and self.telling is None and self.story is None:
            raise problem("case_is_empty")
        if self.form == "grey" and not (self.questions and self.views):
            raise problem("grey_needs_views")
        return self
