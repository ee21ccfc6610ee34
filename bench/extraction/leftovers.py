"""How many names and numbers in made sentences are found, and how much that is harmless raises an alarm.

    python bench/extraction/leftovers.py [--misses]

Every sentence is put together from a form, in which what has to be found stands in braces, and invented names and
numbers; the everyday sentences hold nothing that tells who somebody is. The forms were written before the patterns.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator

from peilian.engine.conversation.leftovers import OPTIONAL, find_leftovers

FAMILIES = ("王", "李", "张", "刘", "陈", "吴", "徐", "何", "马", "高", "谢", "方", "金", "欧阳")
GIVEN = ("明", "小明", "雨桐", "国庆", "静")
NAMES = {
    "full": ("我叫{FG}", "收货人{FG}，麻烦快点", "收件人是{FG}", "联系人：{FG}", "您好，{FG}为您服务", "姓名 {FG}"),
    "full, broken": ("收货人是{F G}", "我叫{F G}，昨天买的", "联系人：{F G}"),
    "long title": ("{F先生}您好", "麻烦{F女士}看一下", "我问过{F老师}了", "{F经理}答应我的", "{F师傅}昨天来过"),
    "other title": (
        "{F老板}说可以退", "找你们{F店长}", "{F大姐}帮我看看", "{F阿姨}不会用手机", "{F医生}让我来问",
        "{F主任}批过的", "{F同学}你好", "{F大爷}年纪大了",
    ),
    "short title": ("{F姐}，在吗", "请转告{F总}", "{F哥}你好", "我跟{F工}说过", "{F叔}没有手机", "是{F总}定的"),
    "kin": ("{小F女儿}下的单", "给{老F媳妇}买的", "{F家}老人不会用", "{小F}，你好", "{老F}你看下", "我是{F妈妈}"),
}  # fmt: skip
NUMBERS = {
    "code": ("订单号{SC20261105}", "单号：{AB1234567}", "快递{SF1234567890}到哪了", "编号是{20261105887}"),
    "wide": (
        "订单号{ＳＣ２０２６１１０５}",
        "单号：{ＡＢ１２３４５６７}",
        "尾号{５６７８}",
        "微信：{ａｂｃ＿１２３４}",
    ),
}
EVERYDAY = (
    "大姐你好", "老总不在", "领导说了算", "谢谢姐", "谢谢老板", "谢谢老师帮忙", "感谢哥", "多谢姐姐", "顾客先生您好",
    "高级经理会联系您", "对方老师没回", "汇总一下", "一万总共多少", "于总共三件来说", "时间总是不够", "高峰期总排队",
    "周末总是没人", "和小姐姐说过了", "小哥送到楼下", "快递小哥没来", "空姐服务好", "温哥华发货", "小程序打不开",
    "小范围试点", "码数太小，何时换", "小方块形状", "小黄车里下单", "老顾客了", "老毛病又犯", "老是断网", "老师您好",
    "小时候用过", "小白不会用", "全家都用", "公司家属院", "任何主任都行", "万能师傅上门", "江苏老板娘家的店",
    "常用医生推荐款", "黄金总重", "现金总额", "我家在装修", "大家好", "买家已付款", "卖家发货了", "厂家直发",
    "商家不同意", "人家都有", "回家再试", "搬家了", "专家说的", "国家规定", "金额总计", "安全主管部门", "小米手机",
    "小熊饼干", "客服小姐姐", "方便的话总要试试", "这段总结", "马上总会到的", "高高兴兴", "20261122到的",
    "第一总部发货", "收货人姓名写错了", "联系人电话改一下", "我叫什么不重要", "这个姐妹款", "哥们你好",
    "白天总不在", "石头路总积水", "常见问题总览", "程序总崩溃", "严重总比没有好", "毛巾总数", "许多同学都用",
    "童装小马甲", "项目工期", "汤工艺", "小龙虾", "一周总得有一次", "夏季总动员", "尺寸小，王冠款",
)  # fmt: skip


def sentences() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Form, sentence, and what has to be found in it."""
    for name, forms in NAMES.items():
        for n, form in enumerate(forms):
            for m, family in enumerate(FAMILIES):
                given = GIVEN[(n + m) % len(GIVEN)]
                yield name, *marked(put(form, family, given))
    for name, forms in NUMBERS.items():
        for form in forms:
            yield name, *marked(form)
    for line in EVERYDAY:
        yield "everyday", line, ()


def put(form: str, family: str, given: str) -> str:
    return re.sub(r"\{[^}]*\}", lambda found: found[0].replace("G", given).replace("F", family), form)


def marked(form: str) -> tuple[str, tuple[str, ...]]:
    return re.sub(r"[{}]", "", form), tuple(re.findall(r"\{([^}]*)\}", form))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="print every miss and every false alarm")
    options = parser.parse_args()
    wanted, hits, alarms = Counter[str](), Counter[str](), Counter[str]()
    for name, text, words in sentences():
        found = {text[one.start : one.end] for one in find_leftovers(text) if one.kind not in OPTIONAL}
        # What is found with a title or without it hides the name; a part of the name would not.
        right = {word for word in words if any(word in one or strip(word) in one for one in found)}
        wanted[name] += len(words)
        hits[name] += len(right)
        wrong = {one for one in found if not any(one in word or word in one for word in words)}
        alarms[name] += len(wrong)
        if options.misses and (wrong or len(right) < len(words)):
            print(f"{name}: {text} -> {sorted(found)}")
    for name in wanted:
        share = f"{hits[name]}/{wanted[name]}" if wanted[name] else "-"
        print(f"{name:14} found {share:9} false alarms {alarms[name]}")
    total, good, bad = sum(wanted.values()), sum(hits.values()), sum(alarms.values())
    print(f"recall {good / total:.3f}, precision {good / (good + bad):.3f} of {total} words")


def strip(word: str) -> str:
    """A name without what says only how somebody is related."""
    return re.sub(r"(女儿|媳妇|妈妈|家)$", "", word)


if __name__ == "__main__":
    main()
