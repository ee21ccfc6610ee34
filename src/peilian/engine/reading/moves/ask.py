"""ask (询问澄清): a question that is not used for something else."""

from __future__ import annotations

from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Clause, Question

_OTHER_USES = ("verify", "check_more", "greet", "rude", "close", "courtesy", "offer", "rhetorical", "ask", "thank")
_MENU = " > "  # a path through menus with a question mark is a proposal


@detector("ask", order=30)
def find(answer: Answer) -> Iterator[Hit]:
    """Clauses that ask for information or confirmation, and paraphrases."""
    for clause in answer.analysed.clauses:
        if clause.question not in (Question.INFORMATION, Question.CONFIRMATION):
            continue
        if answer.near_the_end(clause, *_OTHER_USES) or answer.analysed.is_cited(clause.end - 1):
            continue
        if _MENU in answer.text_of(clause) or _continues(answer, clause):
            continue
        yield Hit("move", "ask", "ask.question", clause.start, clause.end)


def _continues(answer: Answer, clause: Clause) -> bool:
    """Whether an English clause only goes on with a request of its sentence: name, email *and order number please?*"""
    return answer.analysed.language == "en" and any(
        answer.analysed.sentence_at(hit.start)[0] <= clause.start < answer.analysed.sentence_at(hit.start)[1]
        for hit in answer.with_key("verify")
    )
