"""Leftovers (遗留信息): words of a masked conversation that may still tell who somebody is, and hiding them.

Masking at import takes what structure proves. A conversation that is told to others is looked at by a person, and this
shows that person where to look: so it rather finds too much, and nothing is hidden because it was found. What a person
hides is hidden everywhere in the conversation, in any case and width, and in numbers also when written with blanks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from peilian.engine.conversation import _chinese_names

LeftoverKind = Literal[
    "name", "company", "address", "order", "plate", "account", "birthday", "link", "amount", "other"
]  # fmt: skip
KINDS: tuple[LeftoverKind, ...] = get_args(LeftoverKind)
OPTIONAL: frozenset[LeftoverKind] = frozenset({"amount"})
"""What is shown but rarely says who somebody is: a story often lives from it."""

_PLACEHOLDER = re.compile(r"\[\[[a-z_]+\]\]")
_NAMES = (
    *_chinese_names.PATTERNS,
    re.compile(r"\b[Mm]y name(?: is|'s)\s+(?P<word>[A-Z][\w'’\-]+(?:\s[A-Z][\w'’\-]+){0,2})"),
    re.compile(r"\b(?P<word>(?:Mr|Mrs|Ms|Miss|Dr)\.?\s[A-Z][\w'’\-]+)"),
    re.compile(
        r"\b(?:[Tt]his is|I'm|I am|Dear|Hi|Hello|Hey|Thanks|Thank you),?\s"
        r"(?P<word>(?!(?:Mr|Mrs|Ms|Miss|Dr)\b)[A-Z][a-z'’\-]+)(?=[,.!\n\-–]|\s(?:from|here|speaking)\b|$)"
    ),
    re.compile(
        r"(?:[Rr]egards|[Cc]heers|[Ss]incerely|[Bb]est wishes)[\s,.!/\-]+"
        r"(?P<word>[A-Z][a-z'’\-]+(?:\s[A-Z][a-z'’\-]+)?)\.?\s*$"
    ),
)
_COMPANIES = (
    re.compile(r"(?P<word>[^\W\d_]{2,10}?(?:旗舰店|专卖店|专营店|官方店|有限公司|股份公司))"),
    re.compile(r"\b(?P<word>[A-Z][\w&]+(?:\s[A-Z][\w&]+){0,3}\s(?:Inc|Ltd|LLC|GmbH|Co)\b\.?)"),
)
_PLACE = r"[^\W\d_A-Za-z我你您他她们在到住寄送往是于从来请把给叫和跟与及的那这哪个]"
_ROOM = "[A-Za-z0-9一二三四五六七八九十]"
_ADDRESSES = (
    re.compile(
        rf"(?P<word>{_PLACE}{{2,7}}(?:省|自治区|市){_PLACE}{{1,7}}(?:市|区|县|旗|镇|乡|街道)"
        rf"(?:{_PLACE}{{1,8}}(?:镇|乡|街道|路|街|大道|巷|村))?(?:[0-9一二三四五六七八九十]+号?)?)"
    ),
    re.compile(rf"(?P<word>{_PLACE}{{1,6}}(?:路|街|大道|巷|胡同)[0-9]+(?:号|弄)?(?:[0-9]+(?:栋|幢|号楼|单元|室|楼))*)"),
    re.compile(
        rf"(?P<word>{_PLACE}{{2,6}}(?:小区|花园|公寓|家园|新村|大厦|广场|苑|城)"
        rf"(?:{_ROOM}{{1,5}}(?:期|区|栋|幢|号楼|座|单元|室|楼))+)"
    ),
    re.compile(rf"(?P<word>{_ROOM}{{1,5}}(?:栋|幢|号楼)(?:{_ROOM}{{1,5}}(?:单元|室|楼|层))+\d{{0,5}}(?![0-9元块]))"),
    re.compile(
        r"(?:家住|住在|地址是|地址[:：]|送到|寄到|寄往|发到)\s*"
        r"(?P<word>[^\s,，。!！?？;；]{2,24}(?:路|街|大道|巷|号|室|楼|栋|村|镇|小区|花园|公寓|大厦|苑))"
    ),
)
_PLATE = re.compile(
    r"(?P<word>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·•\s]?[A-HJ-NP-Z0-9]{4,5}"
    r"[A-HJ-NP-Z0-9挂学警港澳])(?![A-Za-z0-9])"
)
_ACCOUNTS = (
    re.compile(
        r"(?:微信|wechat|weixin|vx|v信|wx|qq|扣扣|支付宝|抖音|telegram|whatsapp|skype|line)\s?(?:号码|号|id)?"
        r"(?:是|为|[:：\s])*(?P<word>[A-Za-z0-9][A-Za-z0-9_\-]{4,24})(?![A-Za-z0-9_])",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w.])(?P<word>@[A-Za-z0-9_]{3,30})(?![\w.]*@)"),
)
_ORDERS = (
    re.compile(
        r"(?:订单|運單|运单|快递|物流|工单|流水|交易|保单|合同|会员|卡|账|户|机身|序列|票|单|编|车架)(?:编)?号(?:码)?"
        r"(?:后|末|尾)?[一二三四五六\d]?位?(?:是|为|[:：#\s])*(?P<word>[A-Za-z0-9][A-Za-z0-9\-]{3,31})"
    ),
    re.compile(
        r"\b(?:order|tracking|ticket|case|invoice|account|reference|serial|policy)\s*(?:id|no|nr|number|#)?\.?\s*"
        r"(?:is|[:#])?\s*"
        r"(?P<word>(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{5,31})\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:尾号|后四位|末四位|后4位|ending in|last four(?: digits)?)\s*(?:是|为|are|is|[:：])?\s*"
        r"(?P<word>\d{3,6})(?!\d)"
    ),
    re.compile(r"^(?P<word>[A-Za-z]{0,4}\d{4,7})(?=\s|$)"),  # the answer to a question for it
    re.compile(r"(?<![A-Za-z0-9\-])(?P<word>[A-Za-z]{1,5}\d{6,}(?:-\d+)*)(?![A-Za-z0-9])"),
    re.compile(r"(?<![A-Za-z0-9.\-])(?P<word>\d{8,24})(?![A-Za-z0-9.\-])"),
)
_DAY = (
    r"(?:(?:19|20)\d\d\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*[日号])?|(?:19|20)\d\d[\-/.]\d{1,2}[\-/.]\d{1,2}"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*[日号]|\d\d年(?=[出生的]))"
)
_BIRTHDAYS = (
    re.compile(rf"(?:出生(?:日期|于|在)?|生日|生于)\s*(?:是|为|在|[:：])?\s*(?P<word>{_DAY})"),
    re.compile(rf"(?P<word>{_DAY})\s*(?:出生|生人|生的|(?:是)?我?(?:的)?生日)"),
    re.compile(
        r"(?:born(?: on| in)?|birthday(?: is)?|date of birth(?: is)?|dob)\s*[:：]?\s*"
        r"(?P<word>\d{1,2}[\-/. ](?:\d{1,2}|[A-Z][a-z]{2,8})[\-/. ]\d{2,4}"
        r"|[A-Z][a-z]{2,8} \d{1,2},? \d{4}|\d{4}-\d{2}-\d{2})",
        re.IGNORECASE,
    ),
)
_LINK = re.compile(r"(?P<word>https?://[!#-'*+\--;=-~]+)")
_AMOUNT = re.compile(
    r"(?P<word>[¥￥$€]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?(?:元|块钱|块|万元|yuan|dollars|RMB))"
)
_BY_KIND: tuple[tuple[LeftoverKind, Sequence[re.Pattern[str]]], ...] = (
    ("link", (_LINK,)),
    ("birthday", _BIRTHDAYS),
    ("plate", (_PLATE,)),
    ("account", _ACCOUNTS),
    ("order", _ORDERS),
    ("address", _ADDRESSES),
    ("company", _COMPANIES),
    ("name", _NAMES),
    ("amount", (_AMOUNT,)),
)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A suspicious stretch of code points ``[start, end)`` and what it may be."""

    start: int
    end: int
    kind: LeftoverKind


def find_leftovers(text: str, known: Mapping[str, LeftoverKind] | None = None) -> list[Leftover]:
    """What in a masked text may still tell who somebody is, in order of place, none over another. Width is nothing:
    ＡＢ１２ is looked at as AB12.

    ``known`` are words that are known to tell: names of the staff, of shops. Placeholders of the masking are none.
    """
    plain = _narrow(text)
    taken = [match.span() for match in _PLACEHOLDER.finditer(text)]
    found: list[Leftover] = []

    def take(start: int, end: int, kind: LeftoverKind) -> None:
        if end > start and all(end <= first or start >= last for first, last in taken):
            taken.append((start, end))
            found.append(Leftover(start, end, kind))

    for start, end, word in places_of(text, known or {}):
        take(start, end, (known or {})[word])
    for kind, patterns in _BY_KIND:
        for pattern in patterns:
            for match in pattern.finditer(plain):
                if not (kind == "order" and _is_day(match["word"])):
                    take(*match.span("word"), kind)
    return sorted(found, key=lambda one: one.start)


def _is_day(word: str) -> bool:
    """Whether eight digits are a day: 20261122."""
    if len(word) != 8 or not word.isdecimal():
        return False
    try:
        found = date(int(word[:4]), int(word[4:6]), int(word[6:]))
    except ValueError:
        return False
    return 1900 <= found.year < 2100


def hidden(text: str, words: Mapping[str, LeftoverKind]) -> str:
    """``text`` with every occurrence of ``words`` replaced by a placeholder of its kind, as masking at import does."""
    parts, last = [], 0
    for start, end, word in places_of(text, words):
        parts += [text[last:start], placeholder(words[word])]
        last = end
    return "".join((*parts, text[last:]))


def placeholder(kind: LeftoverKind) -> str:
    """What stands for a hidden word."""
    return f"[[{kind}]]"


def places_of(text: str, words: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where ``words`` stand in a text: start, end and the word, longer words first where they overlap.

    A word of letters and digits is found whole and not inside another one, whatever its case or width, a number also
    with blanks and dashes in it, and a Chinese name with blanks between its characters. Placeholders hold no words.
    """
    taken = [match.span() for match in _PLACEHOLDER.finditer(text)]
    found: list[tuple[int, int, str]] = []
    plain, origin = _folded(text)
    squeezed = _squeezed(plain)
    for word in sorted(set(words), key=lambda one: (-len(one), one)):
        # Most words of a roster stand nowhere: that is found out before a pattern is made of them.
        pattern = _pattern(word) if _squeezed(_folded(word)[0]) in squeezed else None
        for match in pattern.finditer(plain) if pattern is not None else ():
            start, end = origin[match.start()], origin[match.end() - 1] + 1
            if all(end <= first or start >= last for first, last in taken):
                taken.append((start, end))
                found.append((start, end, word))
    return sorted(found)


def _narrow(text: str) -> str:
    """The text without width (NFKC), of the same length: what would become several characters stays."""
    if text.isascii():
        return text
    narrow = (unicodedata.normalize("NFKC", char) for char in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, narrow, strict=True))


def _folded(text: str) -> tuple[str, list[int]]:
    """The text without case and width, and for each of its characters the place it came from."""
    chars: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        folded = unicodedata.normalize("NFKC", char).casefold()
        chars.append(folded)
        origin += [place] * len(folded)
    return "".join(chars), origin


def _squeezed(text: str) -> str:
    """Without what may stand within a word: blanks and dashes."""
    return text.replace(" ", "").replace("-", "")


def _pattern(word: str) -> re.Pattern[str] | None:
    plain = _folded(word)[0].strip()
    if not plain:
        return None
    is_number = any(char.isdecimal() for char in plain) and all(char.isalnum() or char in " -" for char in plain)
    is_latin = is_number and plain.isascii()
    kept = [char for char in plain if char not in " -"] if is_latin else list(plain)
    body = (r"[ \-]?" if is_latin else "").join(map(re.escape, kept))
    if _chinese_names.BLANKS.fullmatch(
        plain
    ):  # also when it was typed with a blank after the family name, or without the one it has
        body = re.escape(plain[0]) + " ?" + " ?".join(plain[1:].replace(" ", ""))
    before = r"(?<![a-z0-9])" if _is_word_char(plain[0]) else ""
    after = r"(?![a-z0-9])" if _is_word_char(plain[-1]) else ""
    return re.compile(f"{before}{body}{after}")


def _is_word_char(char: str) -> bool:
    return char.isascii() and char.isalnum()


def known_words(lines: Iterable[str], kind: LeftoverKind) -> Iterator[tuple[str, LeftoverKind]]:
    """Words that a person typed, one a line, as ``known``; single letters and characters are none."""
    for line in lines:
        word = line.strip()
        if len(word) > 1:
            yield word, kind
