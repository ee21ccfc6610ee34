"""What came of it: answered, resolved, at first contact, reopened, transferred, complained."""

from __future__ import annotations

from peilian.engine._kernel import Text
from peilian.engine.kpi.algebra import (
    AllOf,
    AnyOf,
    AtLeast,
    AtMost,
    Attribution,
    Equals,
    Grain,
    IsTrue,
    Known,
    Measure,
    Not,
    Ratio,
    declare,
)

WEEK_MS = 7 * 24 * 3600 * 1000

declare(
    Measure(
        key="answer_rate",
        label=Text(zh="会话回复率", en="Answer rate"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="客户提问之后有人工回复的会话 ÷ 客户提过问的会话。机器人、自动回复、"
            "内部备注和时间早于提问的回复都不算回复。客户没有说话的会话（如客服主动外呼）不在分母里。"
            "按客服看时，参与过的客服各算一次，没有人回复的归“无人”。",
            en="Conversations with a human answer after the question, over conversations in which the customer "
            "asked. Bots, automatic messages, notes and answers dated before the question are no answers. "
            "Conversations without a customer message, such as outreach, are not in the denominator. By "
            "agent: every account that answered; what nobody answered belongs to nobody.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(IsTrue("is_answered"), of=IsTrue("has_question")),
    )
)

declare(
    Measure(
        key="resolution_ratio",
        label=Text(zh="解决率", en="Resolution ratio"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="来源标记为已解决的会话 ÷ 来源标记了是否解决的会话。没有标记的不在分母里。按客服看时，"
            "参与过的客服各算一次。",
            en="Conversations that the source marks as resolved, over those that it marks either way. Unmarked "
            "ones are left out. By agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(IsTrue("is_resolved"), of=Known("is_resolved")),
    )
)

_IS_OLD_ENOUGH = AtLeast("settled_ms", WEEK_MS)

declare(
    Measure(
        key="first_contact_resolution_7d_ratio",
        label=Text(zh="一次解决率（7 天）", en="First contact resolution (7 days)"),
        unit="ratio",
        better="higher",
        definition=Text(
            zh="有人回复、没有被标记为未解决、并且同一客户在会话结束后 7 天内没有再来的会话 ÷ 已知客户的、"
            "结束已满 7 天的会话。会话在客户或人工的最后一条消息时结束。未满 7 天的暂不计入，该行标为暂定；"
            "不知道客户是谁的不计入。按客服看时，参与过的客服各算一次。",
            en="Conversations that were answered, are not marked unresolved, and after whose end the same "
            "customer started no other conversation within 7 days, over conversations of known customers "
            "that ended at least 7 days ago. The end is the last message of customer or human. Younger ones "
            "are left out for now and the row is marked provisional; unknown customers are left out. By "
            "agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(
            AllOf(IsTrue("is_answered"), Not(Equals("is_resolved", False)), Not(AtMost("next_contact_ms", WEEK_MS))),
            of=AllOf(Known("customer"), _IS_OLD_ENOUGH),
        ),
        pending=AllOf(Known("customer"), Known("settled_ms"), Not(_IS_OLD_ENOUGH)),
    )
)

declare(
    Measure(
        key="reopen_ratio",
        label=Text(zh="重开率", en="Reopen ratio"),
        unit="ratio",
        better="lower",
        definition=Text(
            zh="重开过至少一次的会话 ÷ 来源给出了重开次数的会话。没有给出的不在分母里。按客服看时，"
            "参与过的客服各算一次。",
            en="Conversations reopened at least once, over those whose number of reopenings is known. By agent: "
            "every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(AtLeast("reopened_count", 1), of=Known("reopened_count")),
    )
)

declare(
    Measure(
        key="transfer_ratio",
        label=Text(zh="转接率", en="Transfer ratio"),
        unit="ratio",
        better="lower",
        definition=Text(
            zh="由两名以上客服回复过、或来源写明由别处转入的会话 ÷ 有人回复的会话。按客服看时，参与过的客服各算一次。",
            en="Conversations answered by two or more accounts, or that the source says were handed over, over "
            "answered conversations. By agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(AnyOf(AtLeast("n_agents", 2), Known("transferred_from")), of=IsTrue("is_answered")),
    )
)

declare(
    Measure(
        key="complaint_ratio",
        label=Text(zh="投诉率", en="Complaint ratio"),
        unit="ratio",
        better="lower",
        definition=Text(
            zh="有投诉的会话 ÷ 来源写明有无投诉的会话。没有写明的不在分母里。按客服看时，参与过的客服各算一次。",
            en="Conversations with a complaint, over those for which the source says whether there was one. By "
            "agent: every account that answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Ratio(IsTrue("has_complaint"), of=Known("has_complaint")),
    )
)
