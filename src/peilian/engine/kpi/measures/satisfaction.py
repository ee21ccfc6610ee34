"""What customers say of it: the survey."""

from __future__ import annotations

from peilian.engine._kernel import Text
from peilian.engine.kpi.algebra import AtLeast, Attribution, Count, Grain, Known, Mean, Measure, Ratio, declare

declare(
    Measure(
        key="csat_mean",
        label=Text(zh="满意度均分", en="Mean satisfaction"),
        unit="points",
        better="higher",
        definition=Text(
            zh="客户评分折合成 5 分制（评分 ÷ 满分 × 5，没有写满分的按 5 分）后求平均。没有评价的会话不参与计算。"
            "按客服看时，参与过的客服各算一次。",
            en="The customer's rating on a scale of five points (rating / greatest rating x 5; the greatest "
            "rating is 5 unless given), averaged over rated conversations. By agent: every account that "
            "answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Mean("csat_points"),
    )
)

declare(
    Measure(
        key="csat_ratio",
        label=Text(zh="满意率", en="Satisfied ratio"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="评分达到满分八成（5 分制为 4 分）的会话 ÷ 有评价的会话。没有评价的不在分母里，请连同评价数一起看。"
            "按客服看时，参与过的客服各算一次。",
            en="Conversations rated at least 80 % of the greatest rating (4 of 5), over rated conversations. "
            "Read it together with the number of ratings. By agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(AtLeast("csat_share", 0.8), of=Known("csat_share")),
    )
)

declare(
    Measure(
        key="csat_n",
        label=Text(zh="评价数", en="Ratings"),
        unit="count",
        better="neither",
        definition=Text(
            zh="客户评过分的会话数。按客服看时，参与过的客服各算一次。",
            en="The number of conversations that the customer rated. By agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Count(Known("csat_share")),
    )
)
