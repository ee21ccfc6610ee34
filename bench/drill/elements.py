"""How well the required elements of a reply are found: precision, recall and F1 per scenario.

    python bench/drill/elements.py --half tuning|heldout [--scenario KEY] [--embedding] [--show]

The replies were written from the briefs of the scenarios alone, by people who saw no pattern and no exemplar, and were
frozen before the first pattern was written. ``--show`` lists the misses, which is only for the tuning half.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from peilian.engine.drill import Cast, Drill
from peilian.flows import playing

REPLIES = Path(__file__).parent / "replies"
SHARES = {"met": 1.0, "partial": 0.5}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuning", "heldout"), required=True)
    parser.add_argument("--part", default="-*", help="one file of the half, such as -3")
    parser.add_argument("--scenario")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--embedding", action="store_true", help="with the optional embedding")
    options = parser.parse_args()
    if options.show and options.half == "heldout":
        parser.error("the held-out half is not looked at")
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    known = playing.scenarios()
    paths = sorted(REPLIES.glob(f"{options.half}{options.part}.jsonl"))
    for reply in (json.loads(line) for path in paths for line in path.open(encoding="utf-8")):
        key = reply["scenario"]
        if key not in known or (options.scenario and key != options.scenario):
            continue
        found = shares(playing.cast(key, reply["language"], embedding=options.embedding), reply["text"])
        wanted = {element: SHARES[label] for element, label in reply["elements"].items()}
        for element, share in found.items():
            right = wanted.get(element, 0.0)
            for name, least in (("met", 1.0), ("any", 0.5)):
                outcome = ("tp" if right >= least else "fp") if share >= least else "fn" if right >= least else "tn"
                counts[f"{key} ({reply['language']})", name][outcome] += 1
            if options.show and (share >= 1) != (right >= 1):
                print(f"{key} {element}: wanted {right}, found {share}: {reply['text']}")
    report(counts)


def shares(cast: Cast, text: str) -> dict[str, float]:
    """What one reply, as the first of a drill, makes of each element; conditions on the state are taken as given."""
    drill = Drill(cast, seed=1)
    drill.open()
    drill.state.abused = 1
    drill.hear(20_000, text)
    return {element: state.share for element, state in drill.state.elements.items()}


def report(counts: dict[tuple[str, str], Counter[str]]) -> None:
    """Per scenario and over all: elements met in full, and elements at least touched on."""
    print(f"{'scenario':40} {'n':>4} {'P':>5} {'R':>5} {'F1':>5}   touched on: {'P':>5} {'R':>5} {'F1':>5}")
    names = sorted({name for name, _ in counts})
    for name in [*names, "all"]:
        rows = []
        for kind in ("met", "any"):
            sum_: Counter[str] = Counter()
            for other in names if name == "all" else [name]:
                sum_ += counts[other, kind]
            rows.append(measures(sum_))
        n = sum(
            (counts[other, "met"]["tp"] + counts[other, "met"]["fn"]) for other in (names if name == "all" else [name])
        )
        print(f"{name:40} {n:4} {rows[0][0]:5.2f} {rows[0][1]:5.2f} {rows[0][2]:5.2f}" + " " * 15
              + f"{rows[1][0]:5.2f} {rows[1][1]:5.2f} {rows[1][2]:5.2f}")  # fmt: skip


def measures(counts: Counter[str]) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    precision = counts["tp"] / max(1, counts["tp"] + counts["fp"])
    recall = counts["tp"] / max(1, counts["tp"] + counts["fn"])
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


if __name__ == "__main__":
    main()
