"""Whether scripted trainees are judged in the right order, over all scenarios, languages and seeds.

    python bench/drill/policies.py [--seeds 20]

Prints totals per play, and the share of the pairs in order (ideal > curt but correct > apologies alone, stalling >
breaking the rules, silence), the largest spread between seeds, and who passes that must not.
"""

from __future__ import annotations

import argparse
from statistics import fmean, pstdev

from peilian.flows import playing
from peilian.flows.rehearsing import NEVER_PASS, rehearse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    shares: list[float] = []
    spreads: list[float] = []
    wrong: list[str] = []
    for key, (document, _version) in sorted(playing.scenarios().items()):
        for language in document.languages:
            rehearsal = rehearse(playing.cast(key, language), seeds=options.seeds)
            print(f"{key} ({language})")
            for name, totals in rehearsal.totals.items():
                n_passed = sum(rehearsal.passed[name])
                print(f"  {name:16} {fmean(totals):6.1f}  sd {pstdev(totals):.2f}  passed {n_passed}/{options.seeds}")
                spreads.append(pstdev(totals))
                if (name in NEVER_PASS and n_passed) or (name == "ideal" and n_passed < options.seeds):
                    wrong.append(f"{key} ({language}) {name}")
            for better, worse, share in rehearsal.pairs():
                shares.append(share)
                if share < 1:
                    print(f"    {better} > {worse} in {share:.0%}")
    n_pairs = len(shares) * options.seeds
    print(f"pairs in order {fmean(shares):.4f} of {n_pairs}; largest spread {max(spreads):.2f}; wrong: {wrong}")


if __name__ == "__main__":
    main()
