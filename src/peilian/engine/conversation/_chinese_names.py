"""How Chinese names are written in conversations (中文称呼): in full, with a title, by kin, by 小 and 老.

A pattern finds names that nobody listed, so it also knows the everyday words that look like one: 谢谢老师 names nobody,
谢谢胡老师 does.
"""

from __future__ import annotations

import re

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜"
    "戴夏钟汪田姜范石姚谭廖邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文庞樊兰殷施陶洪翟颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢骆岳齐梅庄辛管祝左涂祁耿牟卜詹欧甘曲鲍欒梁滕霍翁覃于金方任白常安"
)
_DOUBLE = "欧阳|上官|司马|诸葛|皇甫|尉迟|公孙|慕容|令狐|司徒|东方|夏侯|端木|南宫"
_SURNAME = rf"(?:{_DOUBLE}|[{_SURNAMES}])"
_OFTEN = (
    "王李张刘陈杨赵周吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董曹袁邓许傅沈曾彭吕苏蒋蔡贾丁魏薛阎余潘杜戴钟田姜谭廖邹"
    "陆郝崔邱秦侯邵孟高马方金"
)
"""Those after 小, 老 and 阿; others make words, as in 小白 and 老龙."""
# What follows a name rather than ends it.
_AFTER = (
    "的是在吗呢啊呀吧了着过和与及跟同来去说要想就也都还电手地住收寄为您你我他她们请有没不给接这那什怎几多号"
    ",，。.!！?？:：;；、 "
)
_CHAR = rf"[^\W\d_A-Za-z{_AFTER}]"
_GIVEN = rf"{_CHAR}{_CHAR}?"
_FULL_NAME = rf"(?:{_SURNAME}{_GIVEN})"
# Typed with a blank after the family name, or after each character.
_BROKEN_NAME = rf"(?:{_SURNAME} (?:{_CHAR} {_CHAR}(?!{_CHAR})|{_CHAR}{{1,2}}(?!{_CHAR})))"
# Everyday words that begin like a name.
_NO_NAME = (
    "谢谢|高级|高峰|高端|高档|高高|马上|万一|万能|曾经|任何|任务|方便|方法|方案|常见|常用|白天|白色|许多|江苏"
    "|江西|温州|温度|温馨|安全|安装|安排|石头|毛病|毛巾|黄金|黄色|金色|金额|夏天|夏季|齐全|程序|严重|严格"
    "|周[一二三四五六日天末边期]|康复|顾客|向|施工|任工|常乐|左边|白羊|于总|项目|尤其|管理|左右|毕竟|时候"
    "|单位|段时|苏打|华为|路上|贺卡|雷电|孔雀|龙头|祝您|祝你"
)
# Everyday words whose second character would be a family name alone.
_WITHIN = (
    "谢谢 感谢 多谢 答谢 任何 如何 为何 江苏 黄金 现金 资金 佣金 奖金 押金 基金 租金 对方 地方 官方 双方 多方 "
    "三方 厂方 我方 校方 院方 警方 正常 平常 日常 经常 非常 通常 明白 空白 关于 对于 由于 等于 属于 至于 终于 "
    "过于 位于 责任 担任 信任 现任 罗马 立马 全程 过程 工程 流程 里程 课程 日程 行程 教程 对象 提高 最高 太高 "
    "很高 更高 不安 保安 公安 治安 平安 单单 阶段 时段 这段 那段 一段 手段 毛毛 照顾 主任 分钟 任方 健康 不管 "
    "保管 主管 只管 尽管"
)
_PAIRS = "|".join(f"{first}(?={second})" for first, second in re.findall(r"(\w)(\w)", _WITHIN))
_BEFORE = rf"(?<![0-9一二两三四五六七八九十百千几]|{_PAIRS})"
_TITLE = (
    "(?:先生|女士|小姐|太太|阿姨|师傅|老师|经理|主管|老板娘?|总监|董事长|店长|组长|队长|班长|主任|院长|校长|局长"
    "|处长|科长|教授|医生|大夫|护士|律师|警官|教练|同学|[师学]姐|[师学]兄|[大二三](?:姐|哥|爷|妈|叔|婶|嫂|伯"
    "|娘)|叔叔|伯伯|奶奶|爷爷|婶婶|嫂子|姐姐|哥哥)"
)
# A title of one character follows the family name at once, and no everyday word goes on from it.
_SHORT_TITLE = (
    "(?:总(?![价共数额计部结会之算体觉能分量和店仓裁公行务线路里归要得想给不没比是监有在动览排崩积])"
    "|姐(?![妹夫])|哥(?![们伦特华斯])|叔|姨|婶(?!婶)|嫂|伯(?![利乐])|爷"
    "|工(?![艺期作具资人程业厂序商龄会单号时费])|导(?![购致航入出师弹])|董(?!事))"
)
_KIN = (
    "(?:女儿|儿子|媳妇|爱人|老公|老婆|老伴|妈妈|爸爸|妈|爸|弟弟|妹妹|姐姐|哥哥|孙子|孙女|侄子|侄女|外甥"
    "|家(?=老人|孩子|小孩|大人|里人|人))"
)
_SMALL = rf"[小老阿](?:{_DOUBLE}|[{_OFTEN}])"
_CALLED = r"(?=[,，。.!！~～\s?？]|$|你|您|说|他|她|帮|来电|那边|这边)"
PATTERNS = (
    re.compile(
        rf"(?:我叫|名字叫|名叫|姓名|收件人|收货人|寄件人|联系人|乘机人|入住人|预订人|户主|户名|患者|学员)"
        rf"(?:名字|姓名)?(?:是|叫|为|[:：\s])*(?P<word>{_BROKEN_NAME}|{_FULL_NAME})"
    ),
    re.compile(rf"(?:我是|这里是|我这边是|本人)(?P<word>{_FULL_NAME})(?=[,，。.!！~～\s]|$|为您|来|在|很高兴)"),
    re.compile(rf"(?:我|免贵|本人|^|(?<=[\s,，。]))(?P<word>姓{_SURNAME})(?=[,，。.!！\s]|$|的)"),
    re.compile(rf"(?P<word>{_SMALL}{_KIN})"),
    re.compile(rf"(?<![\u4e00-\u9fff])(?P<word>{_SMALL}){_CALLED}"),
    re.compile(rf"(?<=[是找问给跟和叫请让])(?P<word>{_SMALL}){_CALLED}"),
    re.compile(rf"{_BEFORE}(?P<word>(?!{_NO_NAME}){_SURNAME}(?:{_GIVEN})?{_TITLE})"),
    re.compile(rf"{_BEFORE}(?P<word>(?!{_NO_NAME}){_SURNAME}{_SHORT_TITLE})"),
    re.compile(rf"{_BEFORE}(?P<word>(?!{_NO_NAME}){_SURNAME}(?:{_GIVEN})??{_KIN})"),
    re.compile(rf"{_BEFORE}(?P<word>(?!{_NO_NAME}){_FULL_NAME})(?=为您服务|为你服务|来为您|接待您|竭诚为|在的|来啦)"),
    re.compile(r"(?:我是|这里是|我叫|客服)(?P<word>小[^\W\d_A-Za-z的时心事伙])(?=[,，。!！~～\s]|为|在|来|$)"),
    re.compile(r"(?P<word>小[^\W\d_A-Za-z的时心事伙])(?=为您|为你|来啦|在的|在呢|接待|先告退|祝您|竭诚)"),
)
"""Each finds a name as ``word``."""
BLANKS = re.compile(rf"[{_SURNAMES}][ ]?[\u4e00-\u9fff][ ]?[\u4e00-\u9fff]?")
"""A short name as a whole, which may be written with blanks."""
