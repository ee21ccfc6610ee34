"""What a clause asks for (问句类型): permission for a proposal, confirmation of a statement, or information."""

from __future__ import annotations

import re
from enum import Enum

from peilian.engine._kernel import Language


class Question(Enum):
    """What a clause asks for (问句类型)."""

    NONE = "none"
    PERMISSION = "permission"  # a proposal with a tag: 您看可以吗, is that ok?
    CONFIRMATION = "confirmation"  # a statement to be confirmed: 是这个订单对吗, right?
    INFORMATION = "information"  # everything else


def any_of(*parts: str) -> str:
    """One expression for any of ``parts``."""
    return "(?:" + "|".join(parts) + ")"


# What may follow the last word of a Chinese question: particles, forms of address, placeholders, emoticons.
_TAIL_ZH = re.compile(
    any_of(
        r"\[[^\[\]]{0,20}\]",
        r"[\s呢哦哈呀啊哒啦噢亲的~哟嗷喔\[\]]",
        "先生|女士|亲爱|小姐姐|美女|您好",
        r"#e-s\[数字x\]",
    )
    + "+$"
)
_TAIL_ENDS = frozenset("]呢哦哈呀啊哒啦噢亲的~哟嗷喔[生士爱姐女好 \t\n\r\f\v\xa0\u3000")  # with which a tail can end
_PERMISSION_ZH = re.compile(
    any_of(
        "(?<![能是])(?:可以|好|行|成|方便|ok|同意|接受)(?:吗|么|不|嘛|吧|呗)$",
        "(?:好|行|成|可)不(?:好|行|成|可以)$|可以不可以$|能接受吗$|怎么样$|可否$|是否(?:可以|同意|接受|方便)$",
        "^(?:那|那您|那么)?(?:您|你)?(?:看|这边)?方便.*(?:吗|么)$",
        "(?:您|你)(?:看|觉得)(?:这样)?(?:是否)?(?:可以|好|行|怎么样|如何|呢|能接受)?(?:吗|么|嘛)?$",
        "不妨|是否(?:同意|接受|认可|愿意)",
    )
)
_CONFIRMATION_ZH = re.compile(
    any_of(
        "(?:是|对|没错|这个意思)(?:吗|么|嘛|吧|哈)",
        "是不是?|对不对|(?:是|说)[^,]{1,20}的意思",
        "(?:没有|还没).{1,10}是吗",
    )
    + "$"
)
_TAGGED_ZH = re.compile(
    any_of(
        "吗$|吗[^,吗]{1,5}$",
        "么(?<!什么)(?<!怎么)(?<!那么)(?<!这么)(?<!么么)$",
        "[了过]没有?$|了不$|与否$|(?:提交|收到|看到|发)没$",
        "(?<![还也都暂并是])(?<!暂时)(?<!目前)(?<!确实)(?<!真的)(?<!实在)(?<!现在)没有呢?(?<!^没有)$",
    )
)
_WORDS_ZH = re.compile(
    any_of(
        "什么|啥|(?<!不)怎么|怎样|如何|为何|何时|何地|贵姓|多少|多大|多久|多长",
        "哪(?!怕)|(?<!好)几(?:兆|个|点|号|次|台|天|位|份|单|件|月|楼|人)",
        "谁(?:在|来|给|帮|收|签|说|呢|$)",
        "(?:请问|是)[^,]{1,14}还是(?!很|非常|要|建议|可以|不|没|比较|会|在|有|挺|先|得)[^,]{1,14}$",
        "是否|是不是|有没有|能不能|会不会|要不要|可不可以|可否|能否",
    )
)
# Question words that ask nothing: conditions, generalities, indirect questions.
_NOT_ASKING_ZH = re.compile(
    any_of(
        "如果|若|无论|不管|不论|任何|(?:什么|怎么|哪)[^,]{0,8}的话",
        "均可|都可以|都能|随时|可以打开|即可|没什么|没有?什么|没啥|什么的|就怕|怎么也|谁也|(?:哪里|什么|怎么|多少)(?:都|会)",
        "看看?(?:是)?(?:什么|怎么|哪)|知道|理解|考虑|了解(?:了|一下)?(?:是|您)?怎么|查(?:看)?一?下",
        "按照|根据|告诉|建议|说明|教程|链接|几个工作日|几天",
        "(?:查看|观察|确认|检查|试)[^,]{0,14}(?:是否|能否|有没有|会不会|是不是)",
        "^(?:看看?|看一?下|试试)(?:是否|能否|能不能|有没有|会不会|可不可以|还会不会)",
    )
)
_PERMISSION_EN = re.compile(
    any_of(
        r"\b(?:is|are|would|will|does) (?:that|this|it|you) (?:be )?"
        r"(?:ok|okay|fine|all ?right|alright|work|good|acceptable|happy)\b",
        r"\b(?:ok|okay|alright|sound good|fair enough) ?(?:with you)?$",
        r"\bwould you like (?:me|us) to\b|\bshall i\b|\bdo you mind if\b",
    )
)
_CONFIRMATION_EN = re.compile(
    any_of(
        r"\b(?:right|correct|is that (?:right|correct|so)|am i right|is it|isn't it|yes|aren't you|don't you)\s*$",
        r"\b(?:do )?you mean\s*$|^\W*(?:so|do you mean|you mean|are you saying|you're saying)\b",
    )
)
_LEAD_EN = r"^\W*(?:(?:ok|okay|well|and|so|but|also|hi|hello|thanks|thank you|sorry|please|now|then|just)\W+)*"
_TAGS = {
    "zh": re.compile(
        r"^(?:是|对|好|行|可以|没错)(?:的)?(?:吗|吧|么|不)$|^是不是$|^对不对$|^您看?(?:这样)?可以(?:吗|么)$"
    ),
    "en": re.compile(r"^(?:right|correct|yes|ok|okay|is that (?:right|correct|ok|okay|so)|am i right|isn't it)$"),
}
_ASKING_EN = re.compile(
    _LEAD_EN
    + any_of(
        r"(?:do|does|did|have|has|are|is|was|were|can|could|will|would|may|might) "
        r"(?:you|i|we|it|the|your|this|that|there|they|he|she|any)\b(?! be able)(?<!do this)(?<!do it)(?<!do that)",
        r"(?:what|which|when|where|why|who|how) (?:is|are|was|were|do|does|did|can|could|would|will|has|have|"
        r"many|much|long|exactly|version|kind|type|email|about|often|old)\b",
    )
)


def question_of(clause: str, mark: str, language: Language, *, is_first: bool) -> Question:
    """What ``clause`` asks. ``mark`` is the punctuation that ends its sentence when it is the last clause of it;
    ``is_first`` says whether it begins the sentence, where an English question without a mark is known by its order."""
    asked = "?" in mark
    if language == "en":
        return _question_en(clause, asked, is_first)
    core = _without_tail(clause)
    if _PERMISSION_ZH.search(core):
        return Question.PERMISSION
    if _CONFIRMATION_ZH.search(core):
        return Question.CONFIRMATION
    worded = "。" not in mark and _WORDS_ZH.search(core) and not _NOT_ASKING_ZH.search(core)
    return Question.INFORMATION if asked or worded or _TAGGED_ZH.search(core) else Question.NONE


def is_tag(clause: str, language: Language) -> bool:
    """Whether ``clause`` only asks about the clause before it: 对吗, right?"""
    return _TAGS[language].search(_without_tail(clause)) is not None


def _without_tail(clause: str) -> str:
    return _TAIL_ZH.sub("", clause) if clause[-1:] in _TAIL_ENDS else clause


def _question_en(clause: str, asked: bool, is_first: bool) -> Question:
    if asked and _PERMISSION_EN.search(clause):
        return Question.PERMISSION
    if asked and _CONFIRMATION_EN.search(clause):
        return Question.CONFIRMATION
    return Question.INFORMATION if asked or (is_first and _ASKING_EN.search(clause)) else Question.NONE
