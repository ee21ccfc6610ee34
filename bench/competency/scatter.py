"""How much evidence of real conversations scatters by chance, next to what the competency model takes it to scatter.

Conversations of a data set are dealt at random to people who therefore do not differ; every difference between their
scores is chance. ``python bench/competency/scatter.py DATA`` prints, per competency, the standard deviation in points
and the one the model assumes for that many conversations.
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reading"))

from corpora import load

from peilian.adapters.lake import Lake
from peilian.adapters.packs.competency import load_models
from peilian.engine.kpi.query import RosterSpan
from peilian.flows import importing, reading
from peilian.flows.evidence import WorkEvidence, work_evidence

DATASETS = ("ecommerce_zh_turn_satisfaction", "delivery_zh_conversations", "helpdesk_zh_rated")
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
SPOKEN = {"customer", "agent", "bot", "system", "supervisor"}


def dealt(data: Path, dataset: str, folder: Path, *, each: int, seed: int) -> tuple[Lake, list[RosterSpan]]:
    """A lake in which every person has ``each`` conversations of the data set."""
    talks = load(data, dataset)
    names = sorted(talks)
    random.Random(seed).shuffle(names)
    path = folder / f"{dataset}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["conversation_id", "at", "role", "author", "text", "channel"])
        for place, name in enumerate(names):
            begun = MONTH + timedelta(minutes=7 * place % 40_000)
            for turn, (role, text) in enumerate(talks[name]):
                author = f"a{place // each}" if role == "agent" else "k"
                said = role if role in SPOKEN else "system"
                at = (begun + timedelta(seconds=20 * turn)).isoformat()
                writer.writerow([name, at, said, author, text, "chat"])
    lake = Lake.create(folder / dataset)
    importing.import_files([path], lake=lake, now_ms=0)
    reading.read_lake(lake)
    return lake, [RosterSpan(f"a{n}", f"a{n}") for n in range(-(-len(names) // each))]


def gathered(lake: Lake, roster: list[RosterSpan]) -> tuple[list[WorkEvidence], float]:
    """The evidence of the conversations, and the seconds it took."""
    began = time.perf_counter()
    found = work_evidence(
        lake,
        load_models()["service-agents"],
        roster=roster,
        from_=date(2026, 11, 1),
        to=date(2026, 11, 30),
        tz="UTC",
        now_ms=int(MONTH.timestamp() * 1000),
    )
    return [item for item in found if item.piece.kind == "conversation"], time.perf_counter() - began


def report(dataset: str, found: list[WorkEvidence], seconds: float) -> None:
    """Print one line for each competency."""
    source = load_models()["service-agents"].sources["conversation"]
    people = {item.person for item in found}
    print(f"{dataset}: {len(people)} people, {seconds:.1f} s")
    for competency in sorted({item.piece.competency for item in found}):
        pieces = [item.piece for item in found if item.piece.competency == competency]
        points = [piece.score * 100 for piece in pieces]
        assumed = statistics.fmean(source.variance(piece.n) for piece in pieces) ** 0.5
        n = statistics.fmean(piece.n for piece in pieces)
        shown = f"mean {statistics.fmean(points):5.1f}  scatter {statistics.stdev(points):5.1f}  assumed {assumed:5.1f}"
        print(f"  {competency:22} {shown}  conversations {n:5.1f}")


def main() -> None:
    """Run over the data sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    for dataset in DATASETS:
        with tempfile.TemporaryDirectory() as folder:
            lake, roster = dealt(asked.data, dataset, Path(folder), each=asked.each, seed=asked.seed)
            report(dataset, *gathered(lake, roster))


if __name__ == "__main__":
    main()
