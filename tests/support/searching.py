"""A small index in a file, for tests of search."""

from __future__ import annotations

from pathlib import Path

from peilian.adapters.search_index import Group, SearchIndex
from peilian.engine.search import Entry, Filters, Hits, Part, Synonyms

SYNONYMS = Synonyms(
    groups=[
        ("退款", "退钱", "refund", "money back"),
        ("运费", "邮费"),
        ("投诉", "complaint"),
        ("快递", "物流", "parcel"),
    ],
    fillers=["怎么", "怎么办", "请问", "的", "吗", "what", "is", "the"],
)


def entry(name: str, title: str = "", body: str = "", *, questions: str = "", tags: str = "", **other: object) -> Entry:
    """An entry whose texts are in no language in particular."""
    texts = (("title", title), ("tags", tags), ("questions", questions), ("body", body))
    parts = tuple(Part(field, text) for field, text in texts if text)
    return Entry(id=name, group=str(other.pop("group", name)), parts=parts, **other)


SHELF = (
    entry("returns", "退换货流程", "七天无理由，运费由买家承担。收到货以后检查外观。", tags="售后"),
    entry("refund", "退款多久到账", "原路退回，三个工作日到账。", questions="钱什么时候退给我"),
    entry("complaint", "质量投诉怎么接", "先道歉，再解决，最后回访。", tags="投诉"),
    entry("english", "Cancelling an order", "A customer asks to cancel. Refunds are paid within five days."),
    entry("sizes", "T恤尺码说明", "S、M、L 三个尺码，洗后会缩水。", tags="尺码"),
    entry("greeting", "开场白", "亲，您好，请问有什么可以帮您？"),
)


def index_of(folder: Path, *entries: Entry) -> SearchIndex:
    """An index of entries, one put for each, as they come in practice."""
    index = SearchIndex(folder / "search" / "library.db", SYNONYMS)
    for one in entries:
        index.put([Group(one.group, "1", (one,))])
    return index


def names(hits: Hits) -> list[str]:
    """The ids of what was found, best first."""
    return [hit.entry.id for hit in hits.items]


def first(index: SearchIndex, typed: str, **filters: object) -> str | None:
    """The id of the best hit."""
    return next(iter(names(index.search(typed, Filters(**filters)))), None)
