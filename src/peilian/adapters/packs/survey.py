"""Kind ``survey``: questions to people, about a lesson, a course, a session or the service."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from peilian.adapters.packs import TextField, kinds
from peilian.adapters.packs._problems import problem
from peilian.adapters.packs.authored import STRICT, Authored, ShortKey


class AnswerField(BaseModel):
    """An answer to choose; ``value`` is what it counts where answers are averaged."""

    model_config = STRICT

    id: ShortKey
    text: TextField
    value: float | None = None


class QuestionField(BaseModel):
    """A question: a ``scale`` from 1 to ``top`` with words at its ends, a ``choice``, several ``choices``, or ``text``.

    ``aspect`` names what it asks about, so that the same aspect of different surveys can be compared.
    """

    model_config = STRICT

    id: ShortKey
    type: Literal["scale", "choice", "choices", "text"]
    text: TextField
    aspect: ShortKey | None = None
    top: Annotated[int, Field(ge=2, le=10)] = 5
    low: TextField | None = None
    high: TextField | None = None
    answers: tuple[AnswerField, ...] = Field(default=(), max_length=20)
    required: bool = True

    @model_validator(mode="after")
    def _can_be_answered(self) -> QuestionField:
        is_choice = self.type in ("choice", "choices")
        if is_choice != (len(self.answers) > 1) or (not is_choice and self.answers):
            raise problem("choice_needs_answers")
        if len({answer.id for answer in self.answers}) < len(self.answers):
            raise problem("ids_twice")
        return self


@kinds.register("survey")
class SurveyDocument(Authored):
    """A survey form (问卷). ``moment`` is when it is asked; an ``anonymous`` one never tells who said what."""

    moment: Literal["after_lesson", "after_course", "after_session", "later", "after_service", "any"] = "any"
    anonymous: bool = True
    opening: TextField | None = None
    questions: tuple[QuestionField, ...] = Field(min_length=1, max_length=60)
    closing: TextField | None = None

    @model_validator(mode="after")
    def _ids_differ(self) -> SurveyDocument:
        if len({question.id for question in self.questions}) < len(self.questions):
            raise problem("ids_twice")
        return self
