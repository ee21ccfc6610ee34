"""How well measuring recovers the known skills of the demo's agents, and how long a season takes to play.

    python bench/demo/skills.py [--contacts 4000] [--processes 2]

Plays the season afresh, imports it into a new lake and prints, for every skill, Spearman's rank correlation with what
the product measures of the conversations.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import fmean

from peilian.adapters.lake import Lake
from peilian.demo.recovery import COUNTERPARTS, recovered
from peilian.demo.season import N_CONTACTS, write_season
from peilian.flows import reading
from peilian.flows.importing import import_files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=N_CONTACTS)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        paths = write_season(Path(folder), contacts=options.contacts, processes=options.processes)
        print(f"played in {time.perf_counter() - begun:.0f} s")
        describe(paths)
        lake = Lake.create(Path(folder) / "lake")
        begun = time.perf_counter()
        report = import_files(paths, lake=lake, now_ms=time.time_ns() // 1_000_000, strict=True)
        print(f"imported {report.messages.stored} messages in {time.perf_counter() - begun:.0f} s")
        begun = time.perf_counter()
        reading.read_lake(lake)
        print(f"read in {time.perf_counter() - begun:.0f} s")
        for skill, correlation in recovered(lake).items():
            print(f"{skill:14} {correlation:5.2f}   {COUNTERPARTS[skill]}")


def describe(paths: list[Path]) -> None:
    """What the files hold, and their digest: the same seed gives the same files."""
    with paths[1].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stars = [int(row["csat"]) for row in rows if row["csat"]]
    resolved = fmean(row["resolved"] == "true" for row in rows)
    complaints = fmean(row["complaint"] == "true" for row in rows)
    print(f"{len(rows)} conversations; resolved {resolved:.3f}; complaints {complaints:.3f}; rated {len(stars)}")
    print(f"mean rating {fmean(stars):.2f}; stars {sorted(Counter(stars).items())}")
    print("topics", Counter(row["topic"] for row in rows).most_common())
    for path in paths:
        print(path.name, hashlib.sha256(path.read_bytes()).hexdigest()[:16])


if __name__ == "__main__":
    main()
