"""Speed of search: documents made of the sentences of the shipped packs, put in at once, searched, changed.

    python bench/search/speed.py --documents 100000

With ``--fts5`` the same documents and queries in a table of SQLite's FTS5, cut the same way, for comparison.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from peilian.adapters import packs
from peilian.adapters.search_index import Group, SearchIndex
from peilian.engine.search import Entry, Filters, Part
from peilian.engine.search.words import index_terms, plain
from peilian.flows.searching import synonyms

QUERIES = [
    "退款多久到账", "发货", "质量问题怎么处理", "客户骂人", "tuihuanhuo", "thh", "运费谁出", "投素处理流程", "开发票",
    "refund policy", "快递丢了客户很着急要赔偿", "首次响应", "食品安全", "会员积分", "how to calm an angry customer",
    "换货",
]  # fmt: skip
KINDS = ("article", "phrases", "procedure", "case", "manual")
TAGS = ("售后", "物流", "投诉", "安抚", "支付", "会员", "合规", "新人")


@cache
def sentences() -> list[str]:
    """Chinese sentences of the shipped library."""
    found = set()
    for path in sorted(packs.SHIPPED.rglob("library/**/*")):
        if path.suffix in (".md", ".yaml"):
            found.update(re.findall(r"[\u4e00-\u9fff，、]{6,60}", path.read_text(encoding="utf-8")))
    return sorted(found)


def documents(n: int) -> Iterator[Entry]:
    rng = random.Random(1)
    pool = sentences()
    for number in range(n):
        title = rng.choice(pool)[:14]
        parts = (
            Part("title", title, "zh"),
            Part("tags", " ".join(rng.sample(TAGS, 2)), "zh"),
            Part("body", "。".join(rng.choices(pool, k=rng.randint(3, 9))), "zh"),
        )
        facets = {"kind": (rng.choice(KINDS),), "tag": tuple(parts[1].text.split())}
        yield Entry(f"d{number}", f"d{number}", parts, facets, changed_on=739_000 + number % 900)


def timed(search: Callable[[str], object], n: int) -> str:
    """Milliseconds on the clock and of CPU: the first grows with whatever else runs on the machine."""
    times, worked = [], []
    for number in range(n):
        begin, cpu = time.perf_counter(), time.process_time()
        search(QUERIES[number % len(QUERIES)])
        times.append(1000 * (time.perf_counter() - begin))
        worked.append(1000 * (time.process_time() - cpu))
    return "; ".join(
        f"{name}: median {statistics.median(found):.1f} ms, p95 {statistics.quantiles(found, n=20)[18]:.1f} ms"
        for name, found in (("clock", times), ("CPU", worked))
    )


def measure_index(folder: Path, n: int) -> None:
    path = folder / "search.db"
    index = SearchIndex(path, synonyms())
    everything = list(documents(n))
    begin, worked = time.perf_counter(), time.process_time()
    index.put((Group(one.group, "1", (one,)) for one in everything), is_everything=True)
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    took = f"{time.perf_counter() - begin:.1f} s ({time.process_time() - worked:.1f} s of CPU)"
    print(f"{n} documents put in: {took}, {size:.0f} MB", flush=True)
    begin = time.perf_counter()
    index.search("退款", Filters())
    print(f"first search of a process: {1000 * (time.perf_counter() - begin):.0f} ms")
    print("search:", timed(lambda text: index.search(text, Filters(day=740_000), language="zh"), 160))
    only = Filters(any_of={"kind": ("article",)}, all_of={"tag": ("售后",)}, day=740_000)
    print("search with filters:", timed(lambda text: index.search(text, only, language="zh"), 160), flush=True)
    times = []
    for number in range(12):
        changed = Entry(f"d{number}", f"d{number}", (Part("title", f"暗号{number}水獭", "zh"),))
        begin = time.perf_counter()
        index.put([Group(changed.group, "2", (changed,))])
        assert SearchIndex(path, synonyms()).search("水獭", Filters()).total == number + 1
        times.append(time.perf_counter() - begin)
    print(f"a changed document put in and found: median {statistics.median(times):.3f} s, most {max(times):.3f} s")


def measure_fts5(folder: Path, n: int) -> None:
    """Words, pairs and single characters in FTS5, all of them by OR, best of its own BM25."""
    connection = sqlite3.connect(folder / "fts5.db")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(title, tags, body, tokenize = unicode61)")
    begin = time.perf_counter()
    rows = (tuple(" ".join(index_terms(plain(part.text))) for part in one.parts) for one in documents(n))
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    connection.commit()
    print(f"FTS5: {n} documents put in: {time.perf_counter() - begin:.1f} s", flush=True)
    sql = "SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t, 2.0, 1.6, 1.0) LIMIT 20"

    def search(text: str) -> object:
        terms = dict.fromkeys(index_terms(plain(text)))
        return connection.execute(sql, [" OR ".join(f'"{term}"' for term in terms)]).fetchall()

    print("FTS5 search:", timed(search, 32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--fts5", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure = measure_fts5 if chosen.fts5 else measure_index
        measure(Path(folder), chosen.documents)


if __name__ == "__main__":
    main()
