"""How much: conversations, messages, rounds, concurrency."""

from __future__ import annotations

from peilian.engine._kernel import Text
from peilian.engine.kpi.algebra import Attribution, Count, Grain, Max, Measure, Sum, declare

declare(
    Measure(
        key="conversations",
        label=Text(zh="会话量", en="Conversations"),
        unit="count",
        better="neither",
        definition=Text(
            zh="会话的个数。会话按客户第一条消息的时间归日；客户没有说话的，按第一条消息归日。按客服看时，"
            "凡是人工回复过的客服都各算一次，所以各客服之和可能大于合计；没有人回复的会话归在“无人”一行。",
            en="The number of conversations. A conversation is dated by its first customer message, or by its "
            "first message when the customer never wrote. By agent, every account that answered counts it "
            "once, so agents may add up to more than the total; conversations that nobody answered stand in "
            "a row without an agent.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Count(),
    )
)

declare(
    Measure(
        key="messages",
        label=Text(zh="消息量", en="Messages"),
        unit="count",
        better="neither",
        definition=Text(
            zh="会话里保存的全部消息数，不论是谁发的，机器人、系统消息和内部备注也算在内。按客服看时，"
            "是他参与过的会话的全部消息数。",
            en="Every stored message of the conversations, whoever wrote it: bots, system lines and internal "
            "notes included. By agent: all messages of the conversations in which the account answered.",
        ),
        grain=Grain.CONVERSATION,
        attribution=Attribution.TOOK_PART,
        aggregate=Sum("n_messages"),
    )
)

declare(
    Measure(
        key="agent_messages",
        label=Text(zh="客服消息量", en="Agent messages"),
        unit="count",
        better="neither",
        definition=Text(
            zh="客服和主管发给客户的消息数；自动回复、模板消息和内部备注不算。时钟异常的消息仍是客服写的，"
            "照样计数。按客服看时，只数他自己写的。",
            en="Messages that agents and supervisors wrote to customers; automatic messages, templates and "
            "internal notes do not count. A message with a wrong clock was still written and counts. By "
            "agent: the account's own messages.",
        ),
        grain=Grain.AUTHORSHIP,
        attribution=Attribution.OWN_ROW,
        aggregate=Sum("n_agent_messages"),
    )
)

declare(
    Measure(
        key="rounds",
        label=Text(zh="轮次", en="Rounds"),
        unit="count",
        better="neither",
        definition=Text(
            zh="一问一答算一轮：客户开口时开始，人工回复时结束；客户连发几条仍是一轮。机器人、自动回复、"
            "内部备注和系统消息既不开始也不结束一轮，还没有人回复的一轮也计数。按客服看时归回复的人；"
            "未回复的归此前最后给客户发消息的人，没有就归“无人”。",
            en="One question and its answer: a round opens when the customer writes and closes with the next "
            "human answer; several customer messages in a row are one round. Bots, automatic messages, notes "
            "and system lines neither open nor close one. Open rounds count. By agent: who answered; an open "
            "round belongs to the last one who wrote before it, else to nobody.",
        ),
        grain=Grain.ROUND,
        attribution=Attribution.OWN_ROW,
        aggregate=Count(),
    )
)

declare(
    Measure(
        key="max_concurrent",
        label=Text(zh="最大同时接待量", en="Most conversations at once"),
        unit="count",
        better="neither",
        definition=Text(
            zh="一名客服同时在接待的会话数的最大值。一个会话从客服自己的第一条人工回复起，"
            "到他自己的最后一条止（两端都算）。一组人取其中最大的一位，不相加。按日等条件看时，"
            "看的是这些会话开始接待的那一刻；没有时间的会话不算。",
            en="The greatest number of conversations that one agent had open at once. A conversation is open "
            "for an agent from the agent's first own answer to the last, both ends included. Of several "
            "agents the largest counts, not the sum. Within a day or topic, the moments looked at are those "
            "at which the agent first answered its conversations, against all conversations of that agent. "
            "Untimed conversations do not count.",
        ),
        grain=Grain.PARTICIPATION,
        attribution=Attribution.OWN_ROW,
        aggregate=Max("concurrent"),
    )
)
