"""explain (说明): a statement with content that does nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine._kernel import Language
from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Clause, Question

_FILLERS = {
    "zh": re.compile(
        r"\[[^\]]{0,12}\]|#e-s|https?://\S+|嗯+|啊|呃|额|哎|诶|喂|哦|噢|呢|哈|吧|嘛|呀|的话|就是说?|那么?|这边|这个|咱们?|亲+爱?的?|先生|女士|小姐|用户|"
        r"您好|你好|好的?|是的?|对的?|行|可以的?|没错|没有|了|的|您|你|我们?|小美|小妹|妹子|然后|现在|一下|看到|知道|明白|了解|\W|\d"
    ),
    "en": re.compile(r"https?://\S+|\b(?:ok|okay|yes|no|sure|hi|hello|great|good|fine|alright|and|so|well|the|a|an|to|of|i|you|it|is)\b|[\W\d]"),
}
_LEAST = {"zh": 4, "en": 12}
_DOES_SOMETHING_ELSE = (
    "greet", "verify", "ask", "paraphrase", "empathise", "apologise", "own", "wait", "solve", "compensate", "done",
    "escalate", "follow_up", "check_more", "thank", "close", "courtesy", "time", "rude", "blame",
)  # fmt: skip


@detector("explain", order=90)
def find(answer: Answer) -> Iterator[Hit]:
    """The first clause of a sentence that states something and was put to no other use."""
    for clause in answer.analysed.clauses:
        if clause.question is not Question.NONE or answer.within(clause, *_DOES_SOMETHING_ELSE, "explain"):
            continue
        if _content(answer, clause, answer.analysed.language) and not _echoes(answer, clause):
            yield Hit("move", "explain", "explain.statement", clause.start, clause.end)


def _content(answer: Answer, clause: Clause, language: Language) -> bool:
    """Whether enough is left of the clause without the small words."""
    if answer.analysed.is_quoted(clause.start):
        return False
    return len(_FILLERS[language].sub("", answer.text_of(clause))) >= _LEAST[language]


def _echoes(answer: Answer, clause: Clause) -> bool:
    """Whether the customer has just said the same words."""
    return answer.text_of(clause) in answer.course.last_turn
