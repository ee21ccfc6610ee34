"""privacy (泄露隐私): full numbers of a person in the agent's words. A number already starred is no disclosure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector

_NUMBER = re.compile(
    r"(?<![\d*])(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dx])(?![\d*])|"
    r"\[\[(?:phone|id_number|bank_card|email|address)\]\]"  # what masking leaves of a full one
)
_OF_THE_COMPANY = re.compile(
    r"客服|热线|拨打|致电|服务电话|官方|总机|售后|门店|网点|快递员|配送员|骑手|师傅|"
    r"hotline|support line|call us"
)


@detector("privacy", order=70)
def find(answer: Answer) -> Iterator[Hit]:
    """Mobile and identity numbers in full that are not said to be the company's own."""
    for match in _NUMBER.finditer(answer.analysed.text):
        clause = answer.analysed.clause_at(match.start())
        before = answer.analysed.text[max(clause.start - 12, 0) : match.start()]
        if not _OF_THE_COMPANY.search(before):
            yield Hit("fault", "privacy", "privacy.full-number", match.start(), match.end())
