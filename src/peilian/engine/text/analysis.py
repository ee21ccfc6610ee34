"""Cutting a text into sentences and clauses (断句), and telling questions and quotations from statements."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache

from peilian.engine._kernel import Language
from peilian.engine.text.language import guess_language
from peilian.engine.text.normalise import Normalised, normalise


class Question(Enum):
    """What a clause asks for (问句类型)."""

    NONE = "none"
    PERMISSION = "permission"  # a proposal with a tag: 您看可以吗, is that ok?
    CONFIRMATION = "confirmation"  # a statement to be confirmed: 是这个订单对吗, right?
    INFORMATION = "information"  # everything else


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause (分句): half-open span in the normal form, the number of its sentence, and what it asks for."""

    start: int
    end: int
    sentence: int
    question: Question


_HAN = r"\u3400-\u9fff"
_NOISE = r"#e-s\[数字x\]|https?://[^\s\u3400-\u9fff]+|www\.[^\s\u3400-\u9fff]+"
_SENTENCE_END = re.compile(rf"{_NOISE}|(?P<end>[。!?;\n]+|\.(?=\s|$)|\.(?=[{_HAN}])|(?<=[{_HAN}])\.(?!\d))")
_CLAUSE_END = re.compile(
    rf"(?P<noise>{_NOISE})|(?P<end>[,、~…:]+(?![0-9/])|(?<=[{_HAN}\])])\s+|\s+(?=[{_HAN}\[#])|\s[-–—>]+\s|(?<=[{_HAN}])[-—]+(?=[{_HAN}]))"
)
_TAIL_ZH = re.compile(r"(?:\[[^\[\]]{0,20}\]|[\s呢哦哈呀啊哒啦噢亲的~哟嗷喔\[\]]|先生|女士|亲爱|小姐姐|美女|您好|#e-s\[数字x\])+$")
_PERMISSION_ZH = re.compile(
    r"(?:(?<![能是])(?:可以|好|行|成|方便|ok|同意|接受)(?:吗|么|不|嘛|吧|呗)|(?:好|行|成|可)不(?:好|行|成|可以)|可以不可以|能接受吗|"
    r"^(?:那|那您|那么)?(?:您|你)?(?:看|这边)?方便.*(?:吗|么)|(?:您|你)(?:看|觉得)(?:这样)?(?:是否)?(?:可以|好|行|怎么样|如何|呢|能接受)?(?:吗|么|嘛)?|是否(?:可以|同意|接受|方便)|怎么样|可否)$|不妨|是否(?:同意|接受|认可|愿意)"
)
_CONFIRM_ZH = re.compile(
    r"(?:(?:是|对|没错|这个意思)(?:吗|么|嘛|吧|哈)|是不是|对不对|的意思|(?:没有|还没).{1,10}是吗)$"
)
_TAGGED_ZH = re.compile(r"(?:吗|么(?<!什么)(?<!怎么)(?<!那么)(?<!这么)(?<!么么)|了没有?|了不|(?<![还也都暂并])(?<!暂时)(?<!目前)没有呢?(?<!^没有)|与否)$|吗[^,吗]{1,5}$")
_ASKING_ZH = re.compile(
    r"什么|啥|怎么|怎样|如何|为何|多少|哪(?!怕)|(?<!好)几(?:兆|个|点|号|次|台|天|位|份|单|件|月|楼|人)|"
    r"谁(?:在|来|给|帮|收|签|说|呢|$)|何时|何地|贵姓|是否|是不是|有没有|能不能|会不会|要不要|可不可以|可否|能否|多大|多久|多长"
)
_NOT_ASKING_ZH = re.compile(
    r"如果|若|(?:什么|怎么|哪)[^,]{0,8}的话|无论|不管|不论|均可|都可以|都能|随时|没什么|没有?什么|没啥|任何|什么的|怎么也|就怕|看看?(?:是)?(?:什么|怎么|哪)|知道|了解(?:了|一下)?(?:是|您)?怎么|"
    r"查(?:看)?一?下|按照|根据|告诉|建议|说明|教程|考虑|理解|(?:查看|观察|确认|检查|试)[^,]{0,14}(?:是否|能否|有没有|会不会|是不是)|可以打开|即可|链接|多少都|多少会|谁也|哪里都|什么都|怎么都|几个工作日|几天"
)
_PERMISSION_EN = re.compile(
    r"\b(?:is|are|would|will|does) (?:that|this|it|you) (?:be )?(?:ok|okay|fine|all ?right|alright|work|good|acceptable|happy)\b|"
    r"\b(?:ok|okay|alright|sound good|fair enough) ?(?:with you)?$|\bwould you like (?:me|us) to\b|\bshall i\b|\bdo you mind if\b"
)
_CONFIRM_EN = re.compile(
    r"\b(?:right|correct|is that (?:right|correct|so)|am i right|isn't it|is it|yes|aren't you|don't you|do you mean|you mean)\s*$|"
    r"^\W*(?:so|do you mean|you mean|are you saying|you're saying)\b"
)
_ASKING_EN = re.compile(
    r"^\W*(?:(?:ok|okay|well|and|so|but|also|hi|hello|thanks|thank you|sorry|please|now|then|just)\W+)*"
    r"(?:(?:do|does|did|have|has|are|is|was|were|can|could|will|would|may|might) (?:you|i|we|it|the|your|this|that|there|they|he|she|any)\b(?! be able)(?<!do this)(?<!do it)(?<!do that)|"
    r"(?:what|which|when|where|why|who|how) (?:is|are|was|were|do|does|did|can|could|would|will|has|have|many|much|long|exactly|version|kind|type|email|about|often|old)\b)"
)
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|\"[^\"\n]{0,300}\"|‹[^›]*›|«[^»]*»|(?m:^>.*$)")
_REPORTED_ZH = re.compile(r"(?:您|你们?)(?:刚才|之前|刚刚|先前|上次|昨天)?(?:是)?(?:说|讲|提到|问)(?!的(?:问题|情况|这)|清楚|一?下)(?:的|到|过|了|我|是)*[^,]{0,14}$"
)
_REPORTED_EN = re.compile(r"\b(?:you|he|she|they|customer) (?:just )?(?:said|wrote|mentioned|told|asked|stated)\b[^,]{0,40}$")
_NEGATED_ZH = re.compile(
    r"(?:(?<![要差])不|没|未|无|别|勿|不用|不必|无需|不需要?|不要|没有|不能|无法|没法|不会|不是|并未|尚未|暂未|还没|没办法|拒绝|不可以|不可)"
    r"(?:再|是|有|能|会|给|帮|为|让|您|你|去|来|办法|进行|直接|支持)*$"
)
_NEGATED_EN = re.compile(r"(?:\bnot|n't|\bnever|\bno|\bwithout|\bcannot|\bunable to|\bnor|\bwon't)(?:\s+[\w']+){0,2}\s*$")
_NEGATION_REACH = 24
_SHORT = 200  # characters of a text that is worth remembering
_LEAST_CITED = 24  # shorter sentences are repeated by chance
_ENDS = " .!?。\n"


@dataclass(frozen=True)
class Analysed:
    """A text ready for reading: normal form, language, clauses, sentences. All places are places of the normal form;
    ``original`` leads back."""

    normal: Normalised
    language: Language
    sentence_starts: tuple[int, ...]
    clauses: tuple[Clause, ...]
    repeated: tuple[tuple[int, int], ...] = ()  # spans that an earlier message contains word for word

    @property
    def text(self) -> str:
        """The normal form."""
        return self.normal.text

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text."""
        return self.normal.span(start, end)

    def sentence_at(self, place: int) -> tuple[int, int]:
        """The span of the sentence that ``place`` lies in."""
        number = bisect_right(self.sentence_starts, place) - 1
        following = number + 1 < len(self.sentence_starts)
        return self.sentence_starts[number], self.sentence_starts[number + 1] if following else len(self.text)

    def clause_at(self, place: int) -> Clause:
        """The clause that ``place`` lies in, or the nearest one before it."""
        number = bisect_right([clause.start for clause in self.clauses], place) - 1
        return self.clauses[max(number, 0)]

    @cached_property
    def quotations(self) -> tuple[tuple[int, int], ...]:
        """Spans of text that the writer only cites: in quotation marks, or quoted lines."""
        return (*self.repeated, *(match.span() for match in _QUOTED.finditer(self.text)))

    def citing(self, sources: Iterable[str]) -> Analysed:
        """The same text with the sentences marked as quoted that one of ``sources`` (normal forms) contains."""
        bounds = zip(self.sentence_starts, (*self.sentence_starts[1:], len(self.text)), strict=True)
        long_ones = [(start, end) for start, end in bounds if end - start >= _LEAST_CITED]
        found = tuple(
            (start, end) for start, end in long_ones if any(self.text[start:end].strip(_ENDS) in text for text in sources)
        )
        return replace(self, repeated=found) if found else self

    def is_quoted(self, place: int) -> bool:
        """Whether ``place`` lies in a quotation, or in a clause that reports what the other side said."""
        if self.is_cited(place):
            return True
        clause = self.clause_at(place)
        reported = _REPORTED_ZH if self.language == "zh" else _REPORTED_EN
        return reported.search(self.text[clause.start : place]) is not None

    def is_cited(self, place: int) -> bool:
        """Whether ``place`` lies in a quotation."""
        return any(start <= place < end for start, end in self.quotations)

    def is_negated(self, place: int) -> bool:
        """Whether what begins at ``place`` is negated within its clause."""
        start = max(self.clause_at(place).start, place - _NEGATION_REACH)
        negated = _NEGATED_ZH if self.language == "zh" else _NEGATED_EN
        return negated.search(self.text[start:place]) is not None


def analyse(text: str) -> Analysed:
    """Normalise and cut ``text``. The same short messages come again and again; they are remembered."""
    return _analyse_remembered(text) if len(text) <= _SHORT else _analyse(text)


def _analyse(text: str) -> Analysed:
    normal = normalise(text)
    language = guess_language(normal.text)
    starts, clauses = [0], []
    bounds = [match for match in _SENTENCE_END.finditer(normal.text) if match.group("end")]
    begin = 0
    for number, (stop, end, mark) in enumerate(
        [(m.start(), m.end(), m.group()) for m in bounds] + [(len(normal.text), len(normal.text), "")]
    ):
        clauses += _clauses_of(normal.text, begin, stop, number, mark, language)
        if end < len(normal.text):
            starts.append(end)
        begin = end
    if not clauses:
        clauses.append(Clause(0, len(normal.text), 0, Question.NONE))
    return Analysed(normal, language, tuple(starts), tuple(clauses))


_analyse_remembered = lru_cache(maxsize=4096)(_analyse)


def _clauses_of(text: str, begin: int, stop: int, sentence: int, mark: str, language: Language) -> list[Clause]:
    cuts = [match.span("end") for match in _CLAUSE_END.finditer(text, begin, stop) if match.group("end")]
    found = []
    start = begin
    for cut_start, cut_end in [*cuts, (stop, stop)]:
        left, right = _trimmed(text, start, cut_start)
        if left < right:
            found.append((left, right))
        start = cut_end
    return [
        Clause(left, right, sentence, _question(text[left:right], mark if n == len(found) - 1 else "", language, n == 0))
        for n, (left, right) in enumerate(found)
    ]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _question(clause: str, mark: str, language: Language, is_first: bool) -> Question:
    asked = "?" in mark
    if language == "en":
        return _question_en(clause, asked, is_first)
    core = _TAIL_ZH.sub("", clause)
    if _PERMISSION_ZH.search(core):
        return Question.PERMISSION
    if _CONFIRM_ZH.search(core):
        return Question.CONFIRMATION
    if asked or _TAGGED_ZH.search(core) or (_ASKING_ZH.search(core) and not _NOT_ASKING_ZH.search(core) and "。" not in mark):
        return Question.INFORMATION
    return Question.NONE


def _question_en(clause: str, asked: bool, is_first: bool) -> Question:
    if asked and _PERMISSION_EN.search(clause):
        return Question.PERMISSION
    if asked and _CONFIRM_EN.search(clause):
        return Question.CONFIRMATION
    return Question.INFORMATION if asked or (is_first and _ASKING_EN.search(clause)) else Question.NONE
