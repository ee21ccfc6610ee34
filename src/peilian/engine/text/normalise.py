"""Normalising (规范化) of texts for matching, with a way back to the code points of the original.

Matching runs on a normal form: compatibility forms folded (full width to half width, ``①`` to ``1、`` lest it add a
digit to the number behind it), lower case, the traditional characters that cues contain as simplified ones, Cantonese
characters as their Mandarin counterparts, curly apostrophes straight, invisible characters gone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Traditional characters that occur in the words of service talk, each followed by its simplified form.
_TRADITIONAL = (
    "謝谢請请問问幫帮處处訂订單单這这個个還还會会麼么嗎吗對对給给為为諒谅過过應应該该時时間间實实際际"
    "圖图說说話话電电號号碼码聯联繫系係系轉转專专員员業业務务內内訊讯確确認认驗验證证數数據据導导開开"
    "關关點点擊击選选擇择設设備备網网絡络頁页線线聽听見见觀观現现發发貨货運运費费換换補补償偿優优減减"
    "價价錢钱買买賣卖賬账帳账戶户餘余額额記记錄录錯错誤误題题頭头體体歡欢經经濟济報报註注銷销續续約约"
    "鐘钟週周後后東东遲迟壞坏臺台灣湾萬万歲岁樂乐評评讓让擾扰煩烦惱恼氣气憤愤討讨厭厌強强調调條条規规"
    "則则當当無无沒没們们從从來来長长麗丽亂乱雙双層层責责擔担險险檢检測测維维護护盡尽馬马趕赶緊紧預预"
    "計计達达儘尽聲声淚泪憂忧慮虑緒绪難难傷伤態态產产質质寫写閱阅讀读輸输傳传媽妈罵骂騙骗豬猪啟启動动"
    "進进師师廣广場场區区縣县樓楼門门參参與与將将屬属決决議议協协審审覈核結结論论稅税衛卫編编倉仓兩两"
    "別别卻却嚴严夠够妳你姊姐寶宝尋寻屆届帶带幾几廠厂徑径復复悶闷惡恶慣惯拋抛掃扫掛挂採采擋挡損损擁拥"
    "敗败斷断暫暂書书極极構构樣样機机檔档歸归殘残溝沟滿满漲涨潔洁營营爛烂爭争獎奖獲获環环畫画異异療疗"
    "盤盘監监禮礼種种稱称積积穩稳簡简簽签籤签紅红級级納纳紙纸細细終终組组絕绝統统緩缓縮缩總总義义習习"
    "職职腦脑舉举舊旧蓋盖藥药蟲虫術术裝装裡里裏里製制複复覺觉訪访訴诉診诊詐诈詢询試试詳详誠诚誰谁課课"
    "談谈諮咨變变負负財财貴贵貼贴賠赔賴赖贈赠軟软較较輛辆載载輕轻辦办連连遊游遞递遠远適适邊边郵邮釋释"
    "針针銀银鋪铺鍵键鎖锁閉闭隊队階阶隨随雜杂雲云靈灵靜静頂顶項项順顺須须領领頓顿顧顾顯显風风飯饭飲饮"
    "養养騎骑驚惊髮发鬆松鮮鲜麵面黃黄齊齐嚇吓噁恶囉啰執执塊块墊垫壓压夥伙學学尷尴幣币庫库徵征慘惨慶庆"
    "懶懒懷怀戲戏擺摆攔拦曬晒標标權权櫃柜歷历殼壳毀毁況况涼凉淨净湯汤準准滯滞濕湿瀏浏燈灯燒烧狀状獨独"
    "瘋疯眾众礙碍離离筆笔節节範范糾纠紛纷緣缘繳缴罰罚羅罗肅肃脫脱腳脚臉脸蘋苹衝冲視视親亲託托誇夸講讲"
    "識识讚赞貪贪販贩賓宾賞赏贊赞輔辅輪轮辭辞違违遺遗醫医鈴铃錶表鏈链鏡镜鐵铁閃闪閒闲闆板陳陈陸陆隱隐"
    "雖虽響响頻频類类飛飞餓饿館馆駕驾驟骤鬧闹絲丝"
)
# Cantonese characters, each followed by the Mandarin one that means the same: 唔使 is read as 不使, 佢哋 as 他们.
_CANTONESE = "冇没唔不嘅的咗了佢他哋们俾给畀给嚟来喺在睇看咁这嗰那啲些㗎的"
_APOSTROPHES = {"’": "'", "‘": "'", "ʼ": "'", "′": "'", "`": "'"}
_CIRCLED = range(ord("①"), ord("⑳") + 1)
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0e\ufe0f")


class _Folding(dict[int, str]):
    """Code point -> its normal form, filled as characters are met. A form may be empty or longer than one."""

    def __init__(self) -> None:
        super().__init__()
        folded = _TRADITIONAL + _CANTONESE
        pairs = zip(folded[0::2], folded[1::2], strict=True)
        self.update({ord(old): new for old, new in (*pairs, *_APOSTROPHES.items())})
        self.uneven: set[str] = set()  # characters whose form is not exactly one character

    def __missing__(self, code: int) -> str:
        char = chr(code)
        form = "" if char in _INVISIBLE else unicodedata.normalize("NFKC", char).lower()
        if char == "…":  # an ellipsis is one mark, not three full stops
            form = char
        if code in _CIRCLED:
            form += "、"
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
