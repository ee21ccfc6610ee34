"""The lake (数据湖): the only place that opens DuckDB and writes SQL."""

from peilian.adapters.lake.erasure import Erasure
from peilian.adapters.lake.listing import Choices, ConversationFilter, ConversationPage, ConversationSummary, Order
from peilian.adapters.lake.manifest import ImportRecord, Segment
from peilian.adapters.lake.store import Lake
from peilian.adapters.lake.stored_readings import StoredReading
from peilian.adapters.lake.visibility import AccountSpan, Visibility

__all__ = [
    "AccountSpan",
    "Choices",
    "ConversationFilter",
    "ConversationPage",
    "ConversationSummary",
    "Erasure",
    "ImportRecord",
    "Lake",
    "Order",
    "Segment",
    "StoredReading",
    "Visibility",
]
