"""An answer that a plain form sends to a question that is graded at once: in a lesson, in the daily round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from peilian.engine._kernel import InputError
from peilian.flows.wording import say
from peilian.web.exams.answers import NoAnswerError, from_form, moved, to_stored
from peilian.web.exams.faces import Face
from peilian.web.exams.talk import unreadable
from peilian.web.shell.languages import reading_language


@dataclass(frozen=True, slots=True)
class Given:
    """What came: ``stored`` is the answer as it is kept, ``note`` why it was not taken, ``is_step`` that steps were
    only put in another order."""

    stored: dict[str, Any] | None
    note: str = ""
    is_step: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the question stands as it was, to be answered."""
        return bool(self.note) or self.is_step


def take_in(face: Face, data: QueryDict, name: str, store: Callable[[dict[str, Any] | None], object]) -> Given:
    """Read the answer to a question whose fields begin with ``name``, and store it unless steps were moved."""
    step, stored = data.get("move", ""), None
    try:
        given = moved(face, data, name, step) if step else from_form(face, _as_it_stands(data), name)
        stored = to_stored(face, given)
        if not step:
            store(stored)
    except NoAnswerError:
        return Given(stored, note=unreadable())
    except InputError as error:
        return Given(stored, note=say(error.faults[0].reason, reading_language()))
    return Given(stored, is_step=bool(step))


def _as_it_stands(data: QueryDict) -> QueryDict:
    """What a form says when steps that were not moved are meant as they stand: who answers has looked at them."""
    meant = data.copy()
    for name in data:
        if name.endswith(".set"):
            meant[name] = "1"
    return meant
