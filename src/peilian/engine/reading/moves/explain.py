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
        r"您好|你好|好的?|是的?|对的?|行|可以的?|没错|没有|了|的|您|你|我们?|小美|小妹|妹子|然后|现在|一下|看到|知道|明白|了解|[^\u3400-\u9fffa-z]"
    ),
    "en": re.compile(
        r"https?://\S+|\b(?:ok|okay|yes|no|sure|hi|hello|great|good|fine|alright|and|so|well|the|a|an|to|of|i|you|it|is)\b|[\W\d]"
    ),
}
# Clauses that name the topic, a condition or a wish, and state nothing
_TOPIC = {
    "zh": re.compile(
        r"^(?:您好,?)?(?:关于|针对|对于|有关).{0,24}(?:问题|情况|事宜|业务|反馈)$|"
        r"^(?:如果?|若|要是|假如)(?!.*(?:是|可|会|就|则|将|都|不能|无法)).{0,30}$|"
        r"^(?:以此|以便|以免|以防)|^.{0,6}(?:请(?!问)|麻烦|烦请|劳烦|辛苦您).{0,3}(?:将|把|不要|勿|先|在|您|用|按|尽快|提供)|"
        r"^\(?.{0,4}专员.{1,4}\)?$|温馨提示|^为了更好|请如实|^(?:希望|期待|盼)"
    ),
    "en": re.compile(
        r"^(?:if|when|once|unless|after|before|assuming|provided)\b|"
        r"^(?:until|in order|as for|regarding|in|on|at|from|while|or|with|for)\b"
        r"(?!.*\b(?:is|are|was|were|will|does|has|have|can)\b)|"
        r"^(?:you know|hope|good luck|i hope|i wish|i think so|i agree)\b"
    ),
}
_CONDITION = re.compile(
    r"(?:#e-s\[数字x\]|嗯+|好的?|那么?|亲+|您好|但是?|不过|[\s,])*(?:如(?!何|下|此|实|上)果?|万一|若|要是|假如|方便的话)"
)
_ADDRESSES = re.compile(r"请问|您|你")
# A statement says that something is so: one of these must be in it.
_PREDICATE = {
    "zh": re.compile(
        r"[是有会要可能没不了在到需为已才都由按等将被把从让比同应该用属支享含包通收退发送开付显处查出进行做去来说看得剩余只差够超满免减涨降达占]"
    ),
    "en": re.compile(
        r"\b(?:is|are|was|were|be|been|has|have|had|does|do|did|will|would|can|could|may|might|must|should|"
        r"\w{3,}(?:s|ed))\b|'(?:s|re|ve|ll|d)\b|n't\b"
    ),
}
_ENGLISH = re.compile(r"\b(?:the|you|and|to|of|it|this|that|is|your)\b")  # other languages have other predicates
_LEAST_WORDS = 4
_LEAST = {"zh": 4, "en": 12}
_SHORT = 14  # characters: a noun in a list of what is asked for
_DOES_SOMETHING_ELSE = (
    "greet", "verify", "ask", "paraphrase", "empathise", "apologise", "own", "wait", "solve", "compensate", "done",
    "escalate", "follow_up", "check_more", "thank", "close", "courtesy", "offer", "rude", "blame", "refuse",
    "alternative",
)  # fmt: skip


@detector("explain", order=90)
def find(answer: Answer) -> Iterator[Hit]:
    """The first clause of a sentence that states something and was put to no other use."""
    language = answer.analysed.language
    first_proposal = min((hit.start for hit in answer.with_key("solve")), default=len(answer.analysed.text))
    for clause in answer.analysed.clauses:
        if language == "en" and clause.start > first_proposal:
            return  # what is said behind an instruction belongs to it
        if clause.question is not Question.NONE or not _content(answer, clause, language):
            continue
        if answer.within(clause, *_DOES_SOMETHING_ELSE, "explain") or _belongs_to_another(answer, clause):
            continue
        if not _echoes(answer, clause) and not _leads_up(answer, clause):
            yield Hit("move", "explain", "explain.statement", clause.start, clause.end)


def _belongs_to_another(answer: Answer, clause: Clause) -> bool:
    """Whether the clause goes on with an instruction or a request of its sentence, or with a farewell."""
    if any(hit.start < clause.start for hit in answer.with_key("close")):
        return True
    start, _ = answer.analysed.sentence_at(clause.start)
    leading = [hit for hit in answer.with_key("solve", "verify") if start <= hit.start < clause.start]
    return any(hit.key == "solve" or clause.end - clause.start < _SHORT for hit in leading)


def _leads_up(answer: Answer, clause: Clause) -> bool:
    """Whether a Chinese clause only leads up to what its sentence says: a condition, or how a question begins."""
    rest = (other for other in answer.analysed.clauses if other.start > clause.start)
    following = [other for other in rest if other.sentence == clause.sentence]
    if answer.analysed.language != "zh" or not following:
        return False
    words = answer.text_of(clause)
    asks = any(other.question is not Question.NONE for other in following)
    return bool(_CONDITION.match(words)) or (asks and bool(_ADDRESSES.search(words)))


def _content(answer: Answer, clause: Clause, language: Language) -> bool:
    """Whether enough is left of the clause without the small words."""
    if answer.analysed.is_quoted(clause.start) or _TOPIC[language].search(answer.text_of(clause)):
        return False
    words = answer.text_of(clause)
    if language == "en" and len(words.split()) < _LEAST_WORDS:
        return False
    states = _PREDICATE[language].search(words) or (language == "en" and not _ENGLISH.search(answer.analysed.text))
    return bool(states) and len(_FILLERS[language].sub("", words)) >= _LEAST[language]


def _echoes(answer: Answer, clause: Clause) -> bool:
    """Whether the customer has just said the same words."""
    return answer.text_of(clause) in answer.course.last_turn
