"""What takes words out of the speaker's mouth (引述与否定): quotation, reported speech, negation."""

from __future__ import annotations

import re

from peilian.engine._kernel import Language

_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"\n]{0,300}\"|‹[^›]*›|«[^»]*»|(?m:^>.*$)")
_MAY_QUOTE = re.compile('[“「『"‹«>]')
_MAY_REPORT = {"zh": re.compile("[您你]"), "en": re.compile(r"\b(?:you|he|she|they|customer)\b")}
_MAY_NEGATE = {"zh": re.compile("[不没未无别勿拒]"), "en": re.compile("no|n't|never|without|unable|won't")}
# The expressions above are cheap and hold wherever the ones below do: most texts need no more.
_REPORTED = {
    "zh": re.compile(
        r"(?:您|你们?)(?:刚才|之前|刚刚|先前|上次|昨天)?是?(?:说|讲|提到|问)(?!的(?:问题|情况|这)|清楚|一?下)"
        r"(?:的|到|过|了|我|是)*[^,]{0,14}$"
    ),
    "en": re.compile(
        r"\b(?:you|he|she|they|customer) (?:just )?(?:said|wrote|mentioned|told|asked|stated)\b[^,]{0,40}$"
    ),
}
_NEGATED = {
    "zh": re.compile(
        r"(?:(?<![要差])不|没|未|无|(?<![特分区级类性个识])别|勿|不用|不必|无需|不需要?|不要|没有|不能|无法|没法|不会|不是|并未|尚未|暂未|"
        r"还没|没办法|拒绝|不可以|不可)(?:再|是|有|能|会|给|帮|为|让|您|你|去|来|办法|进行|直接|支持|因为|由于)*$"
    ),
    "en": re.compile(r"(?:\bnot|n't|\bnever|\bno|\bwithout|\bcannot|\bunable to|\bnor|\bwon't)(?:\s+[\w']+){0,2}\s*$"),
}


def quotations(text: str) -> tuple[tuple[int, int], ...]:
    """Spans in quotation marks, and quoted lines."""
    if not _MAY_QUOTE.search(text):
        return ()
    return tuple(match.span() for match in _QUOTED.finditer(text))


def reports(before: str, language: Language) -> bool:
    """Whether what follows ``before`` in the same clause is what the other side said."""
    return _MAY_REPORT[language].search(before) is not None and _REPORTED[language].search(before) is not None


def negates(before: str, language: Language) -> bool:
    """Whether what follows ``before`` in the same clause is negated."""
    return _MAY_NEGATE[language].search(before) is not None and _NEGATED[language].search(before) is not None
