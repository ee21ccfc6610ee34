"""How well the reading engine finds moves: precision, recall and F1 against labels, agreement of the annotators.

    python bench/reading/moves.py --data DATA [--split test] [--labels FILE]

The label files hold no text: the texts are read from DATA by data set, conversation and place, and checked by hash.
Every conversation is read as a whole, because context counts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter, defaultdict
from pathlib import Path

from corpora import as_conversation, load

from peilian.adapters.packs.lexicon import load_lexicons
from peilian.engine.reading import FAULTS, MOVES, read_conversation

HERE = Path(__file__).parent
LEAST_SUPPORT = 10  # examples from which a move counts in the macro average
KEYS = (*MOVES, *FAULTS)


def read_items(data: Path, items: list[dict]) -> list[set[str]]:
    """The keys that the engine finds in each item."""
    lexicons = load_lexicons()
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        wanted[item["dataset"]].add(item["conversation"])
    found = {}
    for dataset, names in wanted.items():
        for name, turns in load(data, dataset, names).items():
            found[dataset, name] = (turns, read_conversation(as_conversation(name, turns), lexicons))
    predicted = []
    for item in items:
        turns, reading = found[item["dataset"], item["conversation"]]
        text = turns[item["index"]][1]
        if hashlib.sha256(text.encode()).hexdigest()[:16] != item["sha256"]:
            place = f"{item['dataset']} {item['conversation']} {item['index']}"
            raise SystemExit(f"{place}: not the text that was labelled")
        findings = reading.messages[item["index"]].findings
        predicted.append({finding.key for finding in findings if finding.kind != "issue"})
    return predicted


def scores(gold: list[set[str]], predicted: list[set[str]], key: str) -> tuple[int, float, float, float]:
    """Support, precision, recall and F1 of one key."""
    both = sum(key in g and key in p for g, p in zip(gold, predicted, strict=True))
    support, claimed = sum(key in g for g in gold), sum(key in p for p in predicted)
    precision = both / claimed if claimed else 0.0
    recall = both / support if support else 0.0
    return support, precision, recall, 2 * both / (support + claimed) if support + claimed else 0.0


def kappa(first: list[bool], second: list[bool]) -> float | None:
    """Cohen's kappa of two yes-no judgements; ``None`` when chance alone explains everything."""
    n = len(first)
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    p, q = sum(first) / n, sum(second) / n
    chance = p * q + (1 - p) * (1 - q)
    return None if chance == 1 else (observed - chance) / (1 - chance)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    parser.add_argument("--split", choices=["dev", "dev2", "test"], default="test")
    parser.add_argument("--labels", type=Path, help="label file; default labels_SPLIT.jsonl beside this script")
    options = parser.parse_args()
    labels = options.labels or HERE / f"labels_{options.split}.jsonl"
    items = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    predicted = read_items(options.data, items)
    gold = [set(item["gold"]) for item in items]
    sources = Counter(item["dataset"] for item in items)
    print(f"{len(items)} messages: " + ", ".join(f"{n} {name}" for name, n in sources.items()))
    report(gold, predicted, items)


def report(gold: list[set[str]], predicted: list[set[str]], items: list[dict]) -> None:
    """Print a line per key and the averages."""
    annotators = sorted({name for item in items for name in item["labels"]})
    pair = annotators[:2] if len(annotators) >= 2 else None
    print(f"{'key':12} {'n':>4} {'P':>5} {'R':>5} {'F1':>5}" + ("  kappa" if pair else ""))
    averaged, agreements, pooled = [], [], ([], [])
    for key in sorted(KEYS, key=lambda key: -sum(key in g for g in gold)):
        support, precision, recall, f1 = scores(gold, predicted, key)
        line = f"{key:12} {support:4} {precision:5.2f} {recall:5.2f} {f1:5.2f}"
        if pair:
            judged = [[key in item["labels"][name] for item in items] for name in pair]
            agreement = kappa(*judged)
            for place in (0, 1):
                pooled[place].extend(judged[place])
            line += f"  {agreement:5.2f}" if agreement is not None else "      –"
            if support >= LEAST_SUPPORT and agreement is not None:
                agreements.append(agreement)
        if support >= LEAST_SUPPORT:
            averaged.append(f1)
        print(line)
    mean = sum(averaged) / len(averaged)
    print(f"macro F1 over {len(averaged)} keys with {LEAST_SUPPORT} or more examples: {mean:.3f}")
    if pair:
        macro = sum(agreements) / len(agreements)
        print(f"kappa of {pair[0]} and {pair[1]}: macro {macro:.3f}, pooled {kappa(*pooled):.3f}")


if __name__ == "__main__":
    main()
