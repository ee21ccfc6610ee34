"""Masking of personal data (脱敏): numbers and addresses that identify a person become placeholders of their type.

A placeholder is language neutral (``[[phone]]``), so a masked text reads the same to every later step, and masking it
again changes nothing. A number that the source already starred (``138****5678``) stays as it is. Precision matters as
much as recall: order numbers, amounts, dates and version numbers must survive, since the reading of a conversation
depends on them. Structure therefore decides: numbering plans, check digits, and what stands directly before a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "phone": "[[phone]]",  # 手机号, and any international number
        "landline": "[[landline]]",  # 座机
        "id_number": "[[id_number]]",  # 身份证号
        "bank_card": "[[bank_card]]",  # 银行卡号
        "email": "[[email]]",
        "address": "[[address]]",  # an address with a house number
    }
)

# Cheap gates: most texts hold no digit at all, and of the others most hold no run of seven.
_WIDE_DIGIT = re.compile(r"[０-９]")
_NARROW = {ord("０") + n: ord("0") + n for n in range(10)}
_LONG_RUN = re.compile(r"[0-9](?:[ ()（）.\-—–－]{0,2}[0-9]){6,}")
_LEAD, _TAIL = 2, 10  # characters around a run that may belong to its numbers: "+(", a check letter, an extension
_ROAD_AND_NUMBER = re.compile(r"[路街道巷弄段同区區园園寓厦廈场村院舍庄苑庭府] ?[0-9一二三四五六七八九十百零〇]")
_GATE = re.compile(r"[0-9０-９]|" + _ROAD_AND_NUMBER.pattern)

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9_][A-Za-z0-9._%+\-]{0,63}[@＠][A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,62}){0,4}\.[A-Za-z]{2,24}"
)

# A number that is announced as the number of an order, parcel or case is none of a person.
_ANNOUNCED = re.compile(
    r"(?:(?:订单|訂單|运单|運單|快递|快遞|物流|流水|工单|工單|交易|退款|退货|货|貨|票|单据|发票|凭证|包裹|商品|产品|案件)(?:编|編)?(?:号|號|号码|號碼|ID)"
    r"|单号|單號|编号|編號|序列号|货号"
    r"|(?i:\b(?:order|tracking|invoice|ticket|case|reference|ref|parcel|shipment|transaction|serial|sku|bug|item)(?:\s*(?:id|no|nr|number|code|num))?))"
    r"\s*(?:[:：.=#]|是|为|為|(?i:is)|\s)*$"
)
_BEFORE = 24  # characters looked at for such an announcement

# Not inside a longer number or a word; "tel", "wx" and the like may touch the number.
_START = r"(?:(?<![0-9A-Za-z_])|(?<=[Tt][Ee][Ll])|(?<=[WwVv][Xx]))(?<![0-9][.\-])"
_END = r"(?![0-9A-Za-z_])(?![.\-][0-9])"

_ID_18 = re.compile(
    _START + r"[1-8][0-9]{5}(?:18|19|20)[0-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]" + _END
)
_ID_15 = re.compile(_START + r"[1-8][0-9]{5}[0-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}" + _END)
_CARD = re.compile(
    _START + r"(?:[0-9]{4}([ \-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?"
    r"|[0-9]{4}([ \-])[0-9]{6}\2[0-9]{4,5}|[0-9]{6}[ \-][0-9]{13}|[0-9]{13,19})" + _END
)
_MOBILE = re.compile(
    r"(?:(?<![0-9A-Za-z_])(?:[+＋]|00)?86[ \-—–－]?|"
    + _START
    + r")1[3-9][0-9](?:[0-9]{8}|([ \-—–－])[0-9]{4}\1[0-9]{4})"
    + _END
)
_TAIWAN_MOBILE = re.compile(_START + r"09[0-9][0-9](?:[0-9]{6}|([ \-])[0-9]{3}\1?[0-9]{3})" + _END)
_INTERNATIONAL = re.compile(
    r"(?<![0-9A-Za-z_])[+＋][1-9][0-9]{0,2}(?:[ .\-]?\(0?[0-9]{1,4}\))?(?:[ .\-]?[0-9]{1,5}){2,6}" + _END
)
# Numbers of 400 and 800 are a company's own and stand for nobody.
_NORTH_AMERICAN = re.compile(
    r"(?<![0-9A-Za-z_./\-])(?:1[ .\-])?(?!\(?[48]00)"
    r"(?:\([2-9][0-9][0-9]\) ?[2-9][0-9][0-9][ .\-]|[2-9][0-9][0-9]([ .\-])[2-9][0-9][0-9]\1)[0-9]{4}" + _END
)
_LANDLINE = re.compile(
    _START
    + r"(?:[(（]0[0-9]{2,3}[)）][ \-—–－]?|0(?:10|2[0-9]|[3-9][0-9][0-9])[ \-—–－])[2-9][0-9]{6,7}"
    + r"(?:(?:[ \-—–－]|转|轉|(?i: ?ext\.? ?))[0-9]{1,6})?"
    + _END
)
_LANDLINE_JOINED = re.compile(_START + r"(?:010|02[0-9]|0[3-9][0-9][0-9])[2-9][0-9]{6,7}" + _END)

# Characters that stand before an address rather than in it; they end the stretch to the left.
_NAME = r"[^\W\da-zA-Z_我你您他她它们在到住寄送往址是于从去来了请把给叫为改和与及的那这哪个条们說说问問]"
_ROAD = (
    r"(?:大道|大街|街道|胡同|(?<![线电思套网铁一走赶迷线電網])路|(?<![逛])街"
    r"|(?<![知渠频味报通管轨跑赛难頻報国國])道|巷)"
)
_NUMBER = r"(?:[0-9]{1,5}|[一二三四五六七八九十百零〇]{1,5})"
_ROOM = (
    r"(?:[ ,,]?(?:第)?(?:[A-Za-z]?[0-9]{1,5}|[A-Za-z]|[甲乙丙丁东南西北]|[一二三四五六七八九十]{1,3})"
    r"[ ]?(?:号楼|號樓|号院|号|號|栋|棟|幢|座|单元|單元|楼|樓|层|層|室|房|户|戶|门|弄))"
)
_ADDRESS_ZH = re.compile(
    rf"(?:{_NAME}{{2,8}}(?:省|自治区))?(?:{_NAME}{{2,8}}(?:市|州|盟))?(?:{_NAME}{{1,8}}(?:区|區|县|縣|旗|市))?"
    rf"(?:{_NAME}{{1,8}}(?:镇|鎮|乡|鄉|村|街道))?"
    rf"{_NAME}{{1,8}}(?:"
    rf"{_ROAD}(?:[东南西北中東]?[一二三四五六七八九十]?段)?"
    rf"(?:{_NUMBER}[巷弄])* ?{_NUMBER}(?:之[0-9]+|-[0-9]+)?[ ]?(?:号|號|弄)"
    rf"|(?:小区|小區|花园|花園|公寓|大厦|大廈|广场|家园|新村|家属院|宿舍|山庄|名苑|苑|村|庭|府)"
    rf"{_NUMBER}[ ]?(?:栋|棟|幢|号楼|號樓|座|号院)"
    rf"){_ROOM}*(?:[ \-]?[A-Za-z]?[0-9]{{3,4}}(?![0-9元块%]))?"
)
_STREET_WORD = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Terrace|Highway|Hwy|Parkway"
    r"|Pkwy|Crescent|Way)"
)
_FLAT = (
    r"(?:,? *(?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|apt|apartment|suite|unit|flat|#)\.? *#?"
    r"[A-Za-z]?[0-9]{1,5}[A-Za-z]?)?"
)
# The number comes first, and only then the look back at what stands before it: so the search skips from digit to digit.
_ADDRESS_EN = re.compile(
    r"[0-9](?<![\w.,:/\-][0-9])(?:"
    r"[0-9]{0,4}[A-Za-z]?(?:-[0-9]{1,5})? (?:[NSEW]\.? |North |South |East |West )?"
    rf"(?:(?:[A-Z][a-z'’]+|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,3}}{_STREET_WORD}\b\.?{_FLAT}"
    r"|[0-9]{1,4} (?!(?:way|one|two|minute|minutes|hour|hours|day|days|mile|miles|more|of|the|in|on|to|and|or)\b)"
    rf"[a-z]{{3,}} (?:street|avenue|road|boulevard|lane)\b{_FLAT})"
)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PROVINCES = frozenset(
    f"{number}"
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for number in range(first, last + 1)
)


def mask(text: str) -> str:
    """``text`` with personal data replaced by ``PLACEHOLDERS``; masking twice is masking once."""
    if "@" in text or "＠" in text:
        text = _EMAIL.sub(PLACEHOLDERS["email"], text)
    if _GATE.search(text) is None:
        return text
    if not text.isascii() and _WIDE_DIGIT.search(text):
        narrow = text.translate(_NARROW)
        masked = _mask_numbers(narrow)
        return text if masked == narrow else masked
    return _mask_numbers(text)


def _mask_numbers(text: str) -> str:
    if _LONG_RUN.search(text):
        text = _replaced(text, _numbers(text, _LONG_RUN.finditer(text)))
    if _ROAD_AND_NUMBER.search(text):
        text = _ADDRESS_ZH.sub(PLACEHOLDERS["address"], text)
    return _ADDRESS_EN.sub(PLACEHOLDERS["address"], text)


def _numbers(text: str, runs: Iterable[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    """Start, end and placeholder of the personal numbers in runs of digits; the first kind that fits takes a place."""
    for run in runs:
        start, end = run.span()
        patterns: Sequence[_Kind] = _NUMBERS
        if end - start < _LONGEST_PLAIN and run[0].isdecimal() and text[max(0, start - 1) : start] not in _OPENERS:
            patterns = [kind for kind, can_be in _OF_LENGTH.get(end - start, ()) if can_be(run[0])]
        taken: list[tuple[int, int, str]] = []
        for pattern, kind, is_one in patterns:
            for found in pattern.finditer(text, max(0, start - _LEAD), end + _TAIL):
                first, last = found.span()
                is_free = last > start and all(last <= other[0] or first >= other[1] for other in taken)
                if is_free and is_one(found[0]) and not _ANNOUNCED.search(text[max(0, first - _BEFORE) : first]):
                    taken.append((first, last, PLACEHOLDERS[kind]))
        yield from sorted(taken)


def _replaced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    parts, last = [], 0
    for start, end, token in spans:
        if start >= last:
            parts += [text[last:start], token]
            last = end
    return "".join((*parts, text[last:]))


def _always(_number: str) -> bool:
    return True


def _begins(digits: str) -> Callable[[str], bool]:
    return lambda number: number.startswith(digits)


def _is_id_18(number: str) -> bool:
    """Whether an 18-place citizen number is one (GB 11643): the check digit fits, or place and birth are plausible."""
    if number[6:8] not in ("18", "19", "20"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    is_checked = "10X98765432"[total % 11] == number[-1].upper()
    return is_checked or (_is_in_a_province(number) and "1920" <= number[6:10] <= "2009")


def _is_in_a_province(number: str) -> bool:
    return str(int(number[:2])) in _PROVINCES


def _is_card(number: str) -> bool:
    """Whether a number of 13 to 19 digits can be a bank card: an issuer's range of that length, and the Luhn check."""
    plain = number if number.isdecimal() else "".join(char for char in number if char.isdecimal())
    if not _ISSUERS[len(plain)].match(plain):
        return False
    digits = [int(char) for char in plain]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


# First two digits of the issuers by length of the number (ISO/IEC 7812; UnionPay debit cards run to 19).
_ISSUERS = {
    13: re.compile("4"),
    14: re.compile("3[0689]"),
    15: re.compile("3[47]"),
    16: re.compile("2[2-7]|35|4|5|6|81|9[458]"),
    17: re.compile("6|9[458]"),
    18: re.compile("6|9[458]"),
    19: re.compile("6|81|9[458]"),
}


def _is_international(number: str) -> bool:
    return 8 <= sum(char.isdecimal() for char in number) <= 15


_Kind = tuple[re.Pattern[str], str, Callable[[str], bool]]
_KIND_ID_18: _Kind = (_ID_18, "id_number", _is_id_18)
_KIND_CARD: _Kind = (_CARD, "bank_card", _is_card)
_KIND_ID_15: _Kind = (_ID_15, "id_number", _is_in_a_province)
_KIND_MOBILE: _Kind = (_MOBILE, "phone", _always)
_KIND_TAIWAN: _Kind = (_TAIWAN_MOBILE, "phone", _always)
_KIND_LANDLINE: _Kind = (_LANDLINE_JOINED, "landline", _always)
_NUMBERS: tuple[_Kind, ...] = (
    _KIND_ID_18,
    _KIND_CARD,
    _KIND_ID_15,
    _KIND_MOBILE,
    _KIND_TAIWAN,
    (_INTERNATIONAL, "phone", _is_international),
    (_LANDLINE, "landline", _always),
    _KIND_LANDLINE,
    (_NORTH_AMERICAN, "phone", _always),
)
# What a run of nothing but digits can be, by its length, unless a "+" or a bracket stands before it.
_OPENERS = frozenset("+＋(（")
_LONGEST_PLAIN = 20
_OF_LENGTH: dict[int, tuple[tuple[_Kind, Callable[[str], bool]], ...]] = {
    10: ((_KIND_TAIWAN, _begins("09")), (_KIND_LANDLINE, _begins("0"))),
    11: ((_KIND_MOBILE, _begins("1")), (_KIND_LANDLINE, _begins("0"))),
    12: ((_KIND_LANDLINE, _begins("0")),),
    13: ((_KIND_CARD, _is_card), (_KIND_MOBILE, _begins("86"))),
    14: ((_KIND_CARD, _is_card),),
    15: ((_KIND_CARD, _is_card), (_KIND_ID_15, _is_in_a_province), (_KIND_MOBILE, _begins("0086"))),
    16: ((_KIND_CARD, _is_card),),
    17: ((_KIND_ID_18, _always), (_KIND_CARD, _is_card)),
    18: ((_KIND_ID_18, _is_id_18), (_KIND_CARD, _is_card)),
    19: ((_KIND_CARD, _is_card),),
}
