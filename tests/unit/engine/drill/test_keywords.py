"""Sentences that say much at once, and strings of keywords that say nothing."""

import pytest

from peilian.engine.drill.keywords import are_strung
from peilian.engine.text import analyse

SENTENCES = (
    "要是24号还没到，我给您空运补发，给您补了10元券，有消息我12点前在这里告诉您。",
    "抱歉让您久等，我刚催过快递，他们两小时内回，10元券已经补给您了，24号没动就补发。",
    "查到了，24号到，催过了，券补了，您放心。",
    "您别急，我看了，件在杭州，那边下暴雨，停了分拣，24号能到。",
    "理解您着急，暴雨停了分拣，今天恢复，预计24号送到，晚了我给您补发或者退款。",
    "您好，抱歉，包裹在杭州，24号到，已催，10元券已发，有事叫我",
    "对不起是我们发错了，运费我们出，今天下午来取，扫码后24小时内给您寄新的，再送您15元券。",
    "杯子碎了别用手碰，您拍两张照片给我，补寄还是退款您来选，补寄的话24小时内发、两天到。",
    "57元我已经给您退了，会员也停了，录音两个工作日内查完，周二下班前我打电话告诉您。",
    "没订过还被扣三个月，换我也生气，19元三次共57元，我这就停掉、退给您，投诉是您的权利，我们不拦。",
    "断网三天两次没人来，是我们不对，今天15点到17点师傅上门，主管30分钟内给您回电，这三天的9元给您减掉。",
    "这单超出我的权限，申请我已经提交主管了，今天18点前给您答复，您也可以先免费修，运费我们出。",
    "J20是便宜也安静，不过您家猫毛多，S7吸力大、防缠绕，30天不满意可以退，两年保修。",
    "债券市场在跌，净值跟着跌，本金不保证，您先在App里核实身份，理财经理16点前给您打电话。",
    "抱歉，我懂，我这就查，查完告诉您，大概两分钟，您先别挂",
    "亲，已催，2小时内有回复，我会盯着，有信儿就跟您说，没到就赔，真对不住",
    "券我补了，件我催了，话我带到了，24号没到我给您重发，还是退款也行。",
    "退款已经提交，原路退回，三天内到账，到了我给您留言，让您多跑一趟真抱歉。",
    "师傅今天下午能到，坏的他带走，新的当场换，不收您钱，换完我再给您打电话确认。",
    "行，我明白了，您要的是快，那我走加急，明早发，后天到，多出来的运费算我们的",
    "I've chased the carrier, they'll answer within two hours, and I've put a coupon in your account for the wait.",
    "Sorry about that: rain stopped the sorting in Hangzhou, it should be with you on the 24th, and if it isn't "
    "I'll resend it or refund you.",
    "That's 57 yuan in all, I've cancelled it, refunded it, and I'll call you by Tuesday with the result.",
    "We sent the wrong size, that's on us; we'll collect it today, send the right one in 24 hours and cover postage.",
    "Please don't touch the shards. Send me a photo, choose a refund or new cups, and they'll leave within 24 hours.",
    "It's your right to complain; our line is 10190, and I won't stop you. The refund's done, the ticket's open.",
    "You're right to be upset, three days is too long. A technician comes today at 3, my manager calls in 30 minutes.",
    "Can't promise a profit, it's not a deposit, but your manager will call before 4 and the report's out on Friday.",
    "I'm on it: urged them just now, reply's due by noon, I'll write to you here, and there's a coupon for you too.",
    "If it hasn't moved by noon on the 24th we'll fly out a new one or refund you, and I'll tell you here myself.",
)
KEYWORDS = (
    "抱歉 理解 帮您查 暴雨 杭州 24号到 催件 2小时 补发 退款 10元券 联系您 一有消息 感谢",
    "抱歉，理解，暴雨，杭州，24号到，催件，2小时，补发，退款，10元券，联系您",
    "抱歉、理解、暴雨、24号到、催件、补发、退款、10元券、感谢",
    "抱歉理解帮您查暴雨杭州24号到催件2小时补发退款10元券联系您一有消息感谢",
    "暴雨。杭州。24号到。催件。2小时。补发。退款。10元券。联系。",
    "抱歉…理解…暴雨…24号…催件…补发…退款…10元券",
    "抱歉了，理解您，帮您查，暴雨了，杭州的，24号到，催件了，2小时，补发的，退款的，10元券，联系您",
    "投诉 权利 19元 三个月 57元 外呼 9月3日 录音 核查 取消 退款 24小时 2个工作日 联系您 抱歉 理解",
    "仓库 发错 42 40 上门取件 下午 24小时发 运费我们出 灰色没货 黑色有 15元券 抱歉 理解",
    "拍照，外箱，碎杯，补寄，退款，不用寄回，24小时发出，两天到，小心划手",
    "理解 抱歉 45天 不加热 全额退款 超出权限 主管审批 已提交申请 18点前答复 免费维修 包运费 备用机",
    "道歉\n共情\n暴雨\n24号\n催件\n退款\n补发\n优惠券",
    "抱歉 理解 先修网 15点到17点 师傅上门 主管回电 9元减免",
    "sorry understand check rain Hangzhou arrive 24th urge 2 hours resend refund coupon call you as soon as thanks",
    "sorry, understand, rain, Hangzhou, arrive 24th, urge, 2 hours, resend, refund, 10 yuan coupon, call",
    "complain right 19 three months 57 yuan outbound 3 Sept recording check cancelled refund 24 hours thanks",
    "photo box cups resend refund no need return 24 hours leave two days arrive careful shards sorry broken cups",
    "apology / empathy / rain / 24th / urged / 2 hours / resend / refund / coupon / follow up / thanks",
)


def is_dump(text: str) -> bool:
    """However many points it makes."""
    return are_strung(analyse(text), n_acts=12, n_made=6, short=4.0)


@pytest.mark.parametrize("text", SENTENCES)
def test_who_says_much_in_one_breath_still_says_sentences(text):
    assert not is_dump(text)


@pytest.mark.parametrize("text", KEYWORDS)
def test_keywords_are_no_sentences_however_they_are_set_apart(text):
    assert is_dump(text)
