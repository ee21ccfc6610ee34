"""How fast: first response, rounds, handling time."""

from __future__ import annotations

from peilian.engine._kernel import Text
from peilian.engine.kpi.algebra import (
    AllOf,
    AtMost,
    Attribution,
    Grain,
    IsTrue,
    Known,
    Mean,
    Measure,
    Quantile,
    Ratio,
    declare,
)
from peilian.engine.kpi.facts import LONGEST_THRESHOLD_MS

SECOND = 1000

_FIRST_ZH = (
    "首次响应时间从客户第一条消息起，到其后第一条人工回复止；机器人、自动回复、内部备注和时间早于提问的回复都不算。"
    "没有人回复的和没有时间的会话不参与计算。按客服看时归给出首次回复的人。"
)
_FIRST_EN = (
    "The first response time runs from the first customer message to the first human answer after it; bots, automatic "
    "messages, internal notes and answers dated before the question do not count. Unanswered and untimed conversations "
    "are left out. By agent: the account that gave the first response."
)

declare(
    Measure(
        key="first_response_seconds_mean",
        label=Text(zh="平均首次响应时间", en="Mean first response time"),
        unit="seconds",
        better="lower",
        definition=Text(
            zh=f"{_FIRST_ZH}平均值 = 各会话首次响应秒数之和 ÷ 有首次响应的会话数。",
            en=f"{_FIRST_EN} The mean is the sum of these seconds over the number of conversations that have one.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.FIRST_RESPONSE,
        aggregate=Mean("first_response_ms", per=SECOND),
    )
)

declare(
    Measure(
        key="first_response_seconds_p50",
        label=Text(zh="首次响应时间中位数", en="Median first response time"),
        unit="seconds",
        better="lower",
        definition=Text(
            zh=f"{_FIRST_ZH}中位数：一半会话不慢于它；落在两个值之间时按线性插值。",
            en=f"{_FIRST_EN} The median: half of the conversations are no slower; between two values it is "
            "interpolated linearly.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.FIRST_RESPONSE,
        aggregate=Quantile("first_response_ms", 0.5, per=SECOND),
    )
)

declare(
    Measure(
        key="first_response_seconds_p90",
        label=Text(zh="首次响应时间九成位", en="90th percentile of first response time"),
        unit="seconds",
        better="lower",
        definition=Text(
            zh=f"{_FIRST_ZH}九成位：九成会话不慢于它；落在两个值之间时按线性插值。",
            en=f"{_FIRST_EN} The 90th percentile: nine of ten conversations are no slower; between two values it "
            "is interpolated linearly.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.FIRST_RESPONSE,
        aggregate=Quantile("first_response_ms", 0.9, per=SECOND),
    )
)

declare(
    Measure(
        key="first_response_within_30s_ratio",
        label=Text(zh="30 秒首次应答率", en="First response within 30 s"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="首次响应不超过 30 秒的会话 ÷ 客户提过问且有时间的会话。没有人回复的会话留在分母里，算作未达到；"
            "没有时间的会话不算。首次响应从客户第一条消息起，到其后第一条人工回复止。"
            "按客服看时归给出首次回复的人，没有人回复的归“无人”。",
            en="Conversations with a first response of at most 30 seconds, over conversations with a timed "
            "question. Unanswered ones stay in the denominator and count as not within; untimed ones are "
            "left out. The clock runs from the first customer message to the first human answer after it. By "
            "agent: the account that gave the first response; unanswered ones belong to nobody.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.FIRST_RESPONSE,
        aggregate=Ratio(AtMost("first_response_ms", 30 * SECOND), of=AllOf(IsTrue("has_question"), IsTrue("is_timed"))),
    )
)

declare(
    Measure(
        key="response_seconds_mean",
        label=Text(zh="平均响应时间", en="Mean response time"),
        unit="seconds",
        better="lower",
        definition=Text(
            zh="每一轮从客户开口（连发时取第一条）到人工回复的秒数，对所有已回复的轮次求平均，"
            "不是各会话平均值的平均。未回复的轮次不参与计算；选用平台预设时，按预设封顶或计入。"
            "按客服看时归回复的人。",
            en="The seconds from the customer's message that opens a round (the first of several) to the human "
            "answer, averaged over all answered rounds, not over the means of conversations. Open rounds are "
            "left out, unless a preset caps them. By agent: who answered.",
        ),
        grain=Grain.ROUND,
        attribution=Attribution.OWN_ROW,
        aggregate=Mean("response_ms", per=SECOND),
    )
)

declare(
    Measure(
        key="response_within_180s_ratio",
        label=Text(zh="3 分钟响应率", en="Rounds answered within 3 min"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="3 分钟内得到人工回复的轮次 ÷ 全部有时间的轮次。未回复的轮次留在分母里，算作未达到。"
            "按客服看时归回复的人；未回复的归此前最后给客户发消息的人，没有就归“无人”。",
            en="Rounds with a human answer within 180 seconds, over all timed rounds. Open rounds stay in the "
            "denominator and count as not within. By agent: who answered; an open round belongs to the last "
            "one who wrote before it, else to nobody.",
        ),
        grain=Grain.ROUND,
        attribution=Attribution.OWN_ROW,
        aggregate=Ratio(
            AllOf(Known("answered_i"), AtMost("response_ms", LONGEST_THRESHOLD_MS)), of=Known("asked_at_ms")
        ),
    )
)

declare(
    Measure(
        key="handling_seconds_mean",
        label=Text(zh="平均处理时长", en="Mean handling time"),
        unit="seconds",
        better="lower",
        definition=Text(
            zh="从客户第一条消息起，到客户或人工的最后一条消息止的秒数，对有人回复的会话求平均。"
            "没有人回复的和没有时间的会话不参与计算。按客服看时，参与过的客服各算整段。",
            en="The seconds from the first customer message to the last message of customer or human, averaged "
            "over answered conversations. Unanswered and untimed conversations are left out. By agent: every "
            "account that answered counts the whole span.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Mean("handling_ms", per=SECOND),
    )
)
