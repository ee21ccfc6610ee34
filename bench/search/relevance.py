"""Relevance of search: nDCG@10 on Chinese queries, beside BM25 over jieba words. ``--help`` tells the options.

    pip install jieba
    python bench/search/relevance.py --data DATA --set faq
    python bench/search/relevance.py --data DATA --set passages
    python bench/search/relevance.py --data DATA --set faq --embedding --cache FOLDER --most 1000

DATA holds faq_zh_query_pairs and passages_zh_retrieval. Weights were tuned on the half of the queries whose hash is
even; what is reported is the other half.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import math
import random
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from peilian.adapters.search_index import Group, SearchIndex
from peilian.engine.search import Entry, Filters, Part
from peilian.flows.searching import synonyms

K = 10


class Collection(NamedTuple):
    docs: dict[str, Entry]
    queries: dict[str, str]
    relevant: dict[str, set[str]]


def faq(folder: Path) -> Collection:
    relevant: dict[str, set[str]] = defaultdict(set)
    for row in rows(folder / "bq_qrels.csv"):
        relevant[row["query_id"]].add(row["doc_id"])
    docs = {
        row["doc_id"]: entry(row["doc_id"], Part("questions", row["question"], "zh"))
        for row in rows(folder / "bq_docs.csv")
    }
    return Collection(docs, {row["query_id"]: row["query"] for row in rows(folder / "bq_queries.csv")}, relevant)


def passages(folder: Path) -> Collection:
    docs = {}
    for row in lines(folder / "docs.jsonl"):
        parts = Part("title", row["title"], "zh"), Part("body", row["text"], "zh")
        docs[row["doc_id"]] = entry(row["doc_id"], *parts)
    queries = list(lines(folder / "queries.jsonl"))
    relevant = {row["query_id"]: {row["doc_id"]} for row in queries}
    return Collection(docs, {row["query_id"]: row["query"] for row in queries}, relevant)


SETS = {"faq": (faq, "faq_zh_query_pairs"), "passages": (passages, "passages_zh_retrieval")}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def entry(name: str, *parts: Part) -> Entry:
    return Entry(id=name, group=name, parts=parts)


def half_of(name: str) -> str:
    return ("tune", "report")[hashlib.sha256(name.encode()).digest()[0] % 2]


class Baseline:
    """BM25 (k1 1.2, b 0.75) over the words that jieba cuts for search; title and text together."""

    def __init__(self, docs: dict[str, Entry]) -> None:
        import jieba

        jieba.setLogLevel(60)
        self._cut = jieba.cut_for_search
        self._names = list(docs)
        counts = [Counter(self._words(" ".join(part.text for part in one.parts))) for one in docs.values()]
        lengths = np.array([sum(count.values()) for count in counts])
        even = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for word, n in count.items():
                postings[word].append((number, n * 2.2 / (n + even[number])))
        self._postings = {}
        for word, found in postings.items():
            rarity = math.log(1 + (len(counts) - len(found) + 0.5) / (len(found) + 0.5))
            numbers, weights = zip(*found, strict=True)
            self._postings[word] = np.array(numbers), rarity * np.array(weights)

    def _words(self, text: str) -> list[str]:
        return [word for word in self._cut(text.lower()) if re.search(r"\w", word)]

    def search(self, query: str) -> list[str]:
        scores = np.zeros(len(self._names))
        for word in self._words(query):
            if word in self._postings:
                numbers, weights = self._postings[word]
                scores[numbers] += weights
        best = np.argsort(-scores, kind="stable")[:K]
        return [self._names[number] for number in best if scores[number] > 0]


class Cached:
    """Vectors of the embedding extra, kept in a file: they are slow to make and the same each time."""

    name = "cached"

    def __init__(self, path: Path) -> None:
        from peilian.adapters.embedding import SentenceEmbedder

        self._model, self._path = SentenceEmbedder(), path
        self._known: dict[str, np.ndarray] = {}
        if path.exists():
            with np.load(path) as found:
                self._known = dict(zip(found["texts"].tolist(), found["vectors"], strict=True))

    def vector(self, text: str) -> np.ndarray:
        if text not in self._known:
            self._known[text] = self._model.vector(text)
        return self._known[text]

    def save(self) -> None:
        np.savez(self._path, texts=np.array(list(self._known)), vectors=np.array(list(self._known.values())))


def ndcg(found: list[str], relevant: set[str]) -> float:
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found) if name in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(K, len(relevant))))


def mean(search: Callable[[str], list[str]], queries: dict[str, str], relevant: dict[str, set[str]]) -> float:
    return sum(ndcg(search(text), relevant[name]) for name, text in queries.items()) / len(queries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--half", choices=["tune", "report"], default="report")
    parser.add_argument("--most", type=int, help="a sample of so many queries, drawn with a fixed seed")
    parser.add_argument("--embedding", action="store_true", help="with the embedding extra too")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()), help="where vectors are kept")
    chosen = parser.parse_args()
    read, folder = SETS[chosen.set]
    collection = read(chosen.data / folder)
    names = [name for name in collection.queries if half_of(name) == chosen.half]
    if chosen.most:
        names = random.Random(1).sample(names, min(chosen.most, len(names)))
    queries = {name: collection.queries[name] for name in names}
    print(f"{chosen.set}: {len(collection.docs)} documents, {len(queries)} queries of the half '{chosen.half}'")
    base = mean(Baseline(collection.docs).search, queries, collection.relevant)
    print(f"BM25 over jieba   {base:.4f}")
    embedders = [None, Cached(chosen.cache / f"{chosen.set}_vectors.npz")] if chosen.embedding else [None]
    for embedder in embedders:
        with tempfile.TemporaryDirectory() as home:
            index = SearchIndex(Path(home) / "index.db", synonyms(), embedder)
            index.put((Group(one.group, "", (one,)) for one in collection.docs.values()), is_everything=True)

            def ours(text: str, index: SearchIndex = index) -> list[str]:
                return [hit.entry.id for hit in index.search(text, Filters(), limit=K).items]

            value = mean(ours, queries, collection.relevant)
        print(
            f"{'with embedding' if embedder else 'without embedding':18}{value:.4f}  ({value / base:.3f} x)", flush=True
        )
        if embedder:
            embedder.save()


if __name__ == "__main__":
    main()
