"""paraphrase (复述确认): a question for confirmation that repeats what the customer has just said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.likeness import shared_part
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Question

_TAGS = re.compile(r"是吗|对吗|对吧|是吧|是不是|是这个意思|吗|请问|[,\s]|right|correct|is that")
_OTHER_USES = ("paraphrase", "verify", "check_more", "greet")
_LEAST_CHARS = 4
_LEAST_SHARED = 0.34


@detector("paraphrase", order=20)
def find(answer: Answer) -> Iterator[Hit]:
    """Confirmation questions of which a good part was said by the customer in the turn that is answered."""
    for clause in answer.analysed.clauses:
        if clause.question is not Question.CONFIRMATION or answer.within(clause, *_OTHER_USES):
            continue
        words = _TAGS.sub("", answer.text_of(clause))
        said = "\n".join(list(answer.course.customer_texts)[-6:])
        if len(words) >= _LEAST_CHARS and shared_part(words, said) >= _LEAST_SHARED:
            yield Hit("move", "paraphrase", "paraphrase.repeats-the-customer", clause.start, clause.end)
