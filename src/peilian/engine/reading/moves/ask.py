"""ask (询问澄清): a question that is not used for something else."""

from __future__ import annotations

from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Question

_OTHER_USES = ("verify", "check_more", "greet", "rude", "close", "courtesy", "rhetorical", "ask", "thank")


@detector("ask", order=30)
def find(answer: Answer) -> Iterator[Hit]:
    """Clauses that ask for information or confirmation, and paraphrases."""
    for clause in answer.analysed.clauses:
        if clause.question not in (Question.INFORMATION, Question.CONFIRMATION):
            continue
        if answer.within(clause, *_OTHER_USES) or answer.analysed.is_quoted(clause.end - 1):
            continue
        yield Hit("move", "ask", "ask.question", clause.start, clause.end)
