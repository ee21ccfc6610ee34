"""The tables of the lake: names, columns, types. Times are integer UTC milliseconds; missing is NULL."""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1

_WORD = pa.dictionary(pa.int32(), pa.string())
_TIME = pa.int64()

MESSAGES = pa.schema(
    [
        pa.field("conversation_id", _WORD, nullable=False),
        pa.field("i", pa.int32(), nullable=False),  # place in time order, from 0
        pa.field("seq", pa.int32(), nullable=False),  # place in the source
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("at_ms", _TIME),
        pa.field("received_at_ms", _TIME),
        pa.field("role", _WORD, nullable=False),
        pa.field("author", _WORD),
        pa.field("text", pa.string(), nullable=False),
        pa.field("is_internal", pa.bool_(), nullable=False),
        pa.field("is_automatic", pa.bool_(), nullable=False),
        pa.field("is_clock_fault", pa.bool_(), nullable=False),
        pa.field("extra", pa.string()),  # JSON object of the source's unknown columns
    ]
)

# One row per conversation: what the companion table says, and the facts measured from its messages.
CONVERSATIONS = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("started_at_ms", _TIME),  # dates the conversation; NULL when untimed
        pa.field("customer", pa.string()),
        pa.field("channel", _WORD),
        pa.field("topic", _WORD),
        pa.field("opened_at_ms", _TIME),
        pa.field("closed_at_ms", _TIME),
        pa.field("closed_by", _WORD),
        pa.field("reopened_count", pa.int32()),
        pa.field("is_resolved", pa.bool_()),
        pa.field("csat", pa.float64()),
        pa.field("csat_max", pa.float64()),
        pa.field("has_complaint", pa.bool_()),
        pa.field("order_id", pa.string()),
        pa.field("order_amount", pa.decimal128(18, 4)),
        pa.field("paid_at_ms", _TIME),
        pa.field("refunded_amount", pa.decimal128(18, 4)),
        pa.field("queue", _WORD),
        pa.field("transferred_from", pa.string()),
        pa.field("erased_at_ms", _TIME),  # when its customer's personal data was erased
        # facts
        pa.field("is_timed", pa.bool_(), nullable=False),
        pa.field("has_question", pa.bool_(), nullable=False),  # a visible customer message exists
        pa.field("is_answered", pa.bool_(), nullable=False),  # a human answer follows the first question
        pa.field("n_messages", pa.int32(), nullable=False),
        pa.field("n_customer_messages", pa.int32(), nullable=False),
        pa.field("n_agent_messages", pa.int32(), nullable=False),  # human answers' messages, clock faults included
        pa.field("n_clock_faults", pa.int32(), nullable=False),
        pa.field("n_rounds", pa.int32(), nullable=False),
        pa.field("n_answered_rounds", pa.int32(), nullable=False),
        pa.field("n_agents", pa.int32(), nullable=False),
        pa.field("first_agent", pa.string()),
        pa.field("first_response_ms", _TIME),
        pa.field("handling_ms", _TIME),
        pa.field("ended_at_ms", _TIME),  # last message of customer or human
    ]
)

# One row per round (轮次): the first unanswered customer message and the human answer to it, if any.
ROUNDS = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("round", pa.int32(), nullable=False),
        pa.field("asked_i", pa.int32(), nullable=False),  # message places of question and answer: the evidence
        pa.field("answered_i", pa.int32()),
        pa.field("asked_at_ms", _TIME),
        pa.field("answered_at_ms", _TIME),
        pa.field("agent", pa.string()),  # who answered; for an open round who answered last before, else NULL
        pa.field("response_ms", _TIME),
    ]
)

# One row per conversation and platform account that took part in it as a human.
PARTICIPATIONS = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("agent", pa.string(), nullable=False),
        pa.field("place", pa.int32(), nullable=False),  # 0 is the first to answer
        pa.field("n_messages", pa.int32(), nullable=False),
        pa.field("first_at_ms", _TIME),
        pa.field("last_at_ms", _TIME),
    ]
)

MESSAGE_READINGS = pa.schema(
    [
        pa.field("conversation_id", _WORD, nullable=False),
        pa.field("i", pa.int32(), nullable=False),
        pa.field("role", _WORD, nullable=False),
        pa.field("emotion", _WORD),
        pa.field("valence", pa.float32()),
        pa.field("waited_ms", _TIME),
        pa.field("chars", pa.int32()),
        pa.field("satisfaction", pa.float32()),
        pa.field("satisfaction_label", _WORD),
    ]
)

FINDINGS = pa.schema(
    [
        pa.field("conversation_id", _WORD, nullable=False),
        pa.field("i", pa.int32(), nullable=False),
        pa.field("kind", _WORD, nullable=False),  # move, fault, issue
        pa.field("key", _WORD, nullable=False),
        pa.field("start", pa.int32(), nullable=False),  # span in code points
        pa.field("end", pa.int32(), nullable=False),
        pa.field("rule", _WORD, nullable=False),
        pa.field("author", _WORD),
    ]
)

CONVERSATION_READINGS = pa.schema(
    [
        pa.field("conversation_id", pa.string(), nullable=False),
        pa.field("satisfaction", pa.float32()),
        pa.field("satisfaction_label", _WORD),
        pa.field("lexicon_version", _WORD, nullable=False),
        pa.field("engine_version", _WORD, nullable=False),
    ]
)

# Written with the import, in one step; the readings follow later, segment by segment.
IMPORTED_TABLES = {
    "messages": MESSAGES,
    "conversations": CONVERSATIONS,
    "rounds": ROUNDS,
    "participations": PARTICIPATIONS,
}
READ_TABLES = {
    "message_readings": MESSAGE_READINGS,
    "findings": FINDINGS,
    "conversation_readings": CONVERSATION_READINGS,
}
TABLES = IMPORTED_TABLES | READ_TABLES
