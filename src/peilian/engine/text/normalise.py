"""Normalising (规范化) of texts for matching, with a way back to the code points of the original.

Matching runs on a normal form: compatibility forms folded (full width to half width, ``①`` to ``1``), lower case, the
traditional characters that cues contain as simplified ones, curly apostrophes straight, invisible characters gone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Traditional characters that occur in the words of service talk, each above its simplified form.
_TRADITIONAL = (
    "謝請問幫處訂單這個還會麼嗎對給為諒過應該時間實際圖說話電號碼聯繫係轉專員業務內訊確認驗證數據導開關點擊選擇"
    "設備網絡頁線聽見觀現發貨運費換補償優惠減價錢買賣賬帳戶餘額記錄錯誤問題頭體歡經濟報備註銷續約時鐘週後東遲壞"
    "臺灣萬歲祝樂愉評價讓擾煩惱氣憤討厭強調條規則當麼無沒們從來長麗亂雙單層責擔據險檢測維護盡馬趕緊預計達儘聲淚"
    "憂慮緒難傷態產質寫閱讀輸傳媽罵騙蠢豬垃圾啟動進師傅廣場區縣樓門牌個參與將屬決議協進審覈結論稅務衛"
)
_SIMPLIFIED = (
    "谢请问帮处订单这个还会么吗对给为谅过应该时间实际图说话电号码联系系转专员业务内讯确认验证数据导开关点击选择"
    "设备网络页线听见观现发货运费换补偿优惠减价钱买卖账账户余额记录错误问题头体欢经济报备注销续约时钟周后东迟坏"
    "台湾万岁祝乐愉评价让扰烦恼气愤讨厌强调条规则当么无没们从来长丽乱双单层责担据险检测维护尽马赶紧预计达尽声泪"
    "忧虑绪难伤态产质写阅读输传妈骂骗蠢猪垃圾启动进师傅广场区县楼门牌个参与将属决议协进审核结论税务卫"
)
_APOSTROPHES = {"’": "'", "‘": "'", "ʼ": "'", "′": "'", "`": "'"}
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f")


class _Folding(dict[int, str]):
    """Code point -> its normal form, filled as characters are met. A form may be empty or longer than one."""

    def __init__(self) -> None:
        super().__init__()
        pairs = zip(_TRADITIONAL, _SIMPLIFIED, strict=True)
        self.update({ord(old): new for old, new in (*pairs, *_APOSTROPHES.items())})
        self.uneven: set[str] = set()  # characters whose form is not exactly one character

    def __missing__(self, code: int) -> str:
        char = chr(code)
        form = "" if char in _INVISIBLE else unicodedata.normalize("NFKC", char).lower()
        if char == "…":  # an ellipsis is one mark, not three full stops
            form = char
        form = "".join(self.get(ord(part), part) for part in form)
        self[code] = form
        if len(form) != 1:
            self.uneven.add(char)
        return form


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Normalised:
    """The normal form of a text. ``origin[i]`` is the code point of the original that made character ``i`` of it;
    ``None`` stands for the common case that the two have equal length and equal places."""

    text: str
    origin: tuple[int, ...] | None
    original_length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original that ``[start, end)`` of the normal form comes from."""
        if self.origin is None:
            return start, end
        if start >= end:
            place = self.origin[start] if start < len(self.origin) else self.original_length
            return place, place
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Normalised:
    """Fold ``text`` for matching; see ``Normalised.span`` for the way back."""
    folded = text.translate(_FOLDING)
    if len(folded) == len(text) and _FOLDING.uneven.isdisjoint(text):
        return Normalised(folded, None, len(text))
    origin = tuple(place for place, char in enumerate(text) for _ in _FOLDING[ord(char)])
    return Normalised(folded, origin, len(text))
