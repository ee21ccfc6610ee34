"""privacy (泄露隐私): full numbers of a person in the agent's words. A number already starred is no disclosure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine.conversation import PLACEHOLDERS
from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Clause, Question

# Kinds that are a disclosure whenever they are read out in full, as digits or as what masking leaves of them.
_ALWAYS = ("phone", "id_number", "bank_card")
# Kinds that companies have too: a disclosure only where they are said to be a person's, and not in a question that has
# the customer confirm them.
_OF_A_PERSON = ("email", "address")
_NUMBER = re.compile(
    r"(?<![\d*])(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dx])(?![\d*])|"
    + "|".join(re.escape(PLACEHOLDERS[kind]) for kind in (*_ALWAYS, *_OF_A_PERSON))
)
_SHARED = tuple(PLACEHOLDERS[kind] for kind in _OF_A_PERSON)
_OF_THE_COMPANY = re.compile(
    r"客服|热线|拨打|致电|回电|来电|服务电话|官方|总机|总部|公司|售后|门店|网点|站点|商家|店家|厂家|维修|快递员|配送员|骑手|师傅|"
    r"我的(?:电话|手机|微信|邮箱)|加我|"
    r"hotline|support line|call us|reach us|our (?:phone|number|email)|my (?:phone|number|email)"
)
_CALLS = re.compile(r"[^,。]{0,6}(?:回电|来电|致电|联系您|打给您)")  # the number that the customer will see
_PERSONS = re.compile(
    r"(?:您|你|他|她|客户|顾客|机主|收件人|收货人|户主)(?:的|家|那边)?.{0,8}$|收货.{0,6}$|家庭住址|住在|住址|"
    r"\b(?:your|his|her|their|customer's)\b.{0,24}$"
)
_SENT_TO_US = re.compile(r"寄|退回|送到(?:我们|门店|网点)|发到我们|\b(?:send|ship|return|mail) .{0,20}$")
_BEFORE = 16  # characters before the clause of the number that may say whose it is


@detector("privacy", order=70)
def find(answer: Answer) -> Iterator[Hit]:
    """Numbers in full that are neither said to be the company's own nor were given by the customer before."""
    text = answer.analysed.text
    for match in _NUMBER.finditer(text):
        clause = answer.analysed.clause_at(match.start())
        before = text[max(clause.start - _BEFORE, 0) : match.start()]
        if _OF_THE_COMPANY.search(before) or _CALLS.match(text, match.end()) or _was_given(answer, match.group()):
            continue
        if match.group() not in _SHARED or _is_a_persons(before, clause):
            yield Hit("fault", "privacy", "privacy.full-number", match.start(), match.end())


def _was_given(answer: Answer, number: str) -> bool:
    """Whether the customer wrote it first: who reads it back discloses nothing."""
    return any(number in said for said in answer.course.customer_texts)


def _is_a_persons(before: str, clause: Clause) -> bool:
    confirms = clause.question is not Question.NONE
    return not confirms and bool(_PERSONS.search(before)) and not _SENT_TO_US.search(before)
