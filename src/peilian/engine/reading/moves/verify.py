"""verify (核实): a question that has an order, number, name or item confirmed, beside the requests that cues find."""

from __future__ import annotations

import re
from collections.abc import Iterator

from peilian.engine.reading.lexicon import Hit
from peilian.engine.reading.moves import Answer, detector
from peilian.engine.text import Question

_IDENTITY = re.compile(
    r"订单|单号|号码|手机号?|电话|尾号|账号|帐号|会员号|地址|收件人|收货人|姓|店铺名|这款|这笔|这个是(?:吗|吧)|是这个|"
    r"这一?(?:个|笔|单|条)(?:商品|是)?(?:吗|么|是吗|对吗|对吧)?$|哪(?:个|一?笔|一?单)(?:订单|商品)|"
    r"\b(?:order|account|phone|email|e-mail|address|zip|name|number)\b"
)
_BARE_NUMBER = re.compile(
    r"^(?:嗯|啊|是|那|好的?|您)*"
    r"(?:\[(?:数字|金额|电话|orderid_?\d*)x?\]|[\d一二三四五六七八九零幺两]{3,}|\*{2,}[\w\*]{0,8})+"
    r"元?(?:的|是|订单)?(?:吗|么|对吗|对吧|是吗|是吧|是不是)$"
)
# Words of a question that is about the matter, not about who or which
_NARROWS = re.compile(
    r"什么(?:问题|情况|原因)|怎么|收到|提示|显示|退款|哪里|为什么|是否|能不能|可以|办理|遇到|出现|少|坏|联系|处理|反馈|"
    r"投诉|咨询|打开|使用|安装|完成|支付|活动|吃|里[面边]|异物|头发|发霉|变质|取消"
)
# A question with 吗 that begins with 是 has a statement confirmed
_IS_IT = re.compile(r"^(?:请问|嗯|呃|那|您好)*(?:这|您这|那)?(?:边|个)?是(?!否)")
_LONGEST = 40  # characters
_OTHER_USES = ("verify", "check_more", "greet")


@detector("verify", order=10)
def find(answer: Answer) -> Iterator[Hit]:
    """Confirmation questions about an identifying thing, short enough to be about nothing else."""
    for clause in answer.analysed.clauses:
        if clause.question in (Question.NONE, Question.PERMISSION) or answer.within(clause, *_OTHER_USES):
            continue
        words = answer.text_of(clause)
        confirms = clause.question is Question.CONFIRMATION or _IS_IT.match(words)
        is_confirmation = confirms and _IDENTITY.search(words)
        if _BARE_NUMBER.search(words) or (is_confirmation and len(words) <= _LONGEST and not _NARROWS.search(words)):
            yield Hit("move", "verify", "verify.confirms-identity", clause.start, clause.end)
