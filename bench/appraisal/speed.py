"""How long the sheets of a large company take: scoring, and the stored form with every reason, in CPU seconds.

python bench/appraisal/speed.py --people 5000
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import time
from decimal import Decimal

from peilian.engine.scorecard import Indicator, Measure, Scorecard
from peilian.flows import appraising


def values(card: Scorecard, rng: random.Random) -> dict[str, Indicator]:
    """Figures of one person as a month brings them: ratios with six decimals, so that hardly any comes twice."""
    return {
        key: Indicator(value(key, card.indicators[key], rng), rng.randint(50, 900)) for key in appraising.needed(card)
    }


def value(key: str, measure: Measure, rng: random.Random) -> Decimal:
    if measure.unit == "level":
        return Decimal(rng.randint(1, len(measure.levels)))
    if measure.unit == "truth":
        return Decimal(rng.random() < 0.8)
    if key == "responses":
        return Decimal(rng.randint(50, 900))
    if measure.unit == "count":
        return Decimal(rng.choice((0, 0, 0, 1, 1, 2, 5)))
    middle = {"conversion_ratio": 0.015, "return_ratio": 0.01, "own_deal_ratio": 0.1, "sales_growth_ratio": 0.05}
    return round(Decimal(abs(rng.gauss(middle.get(key, 0.9), 0.1 * middle.get(key, 0.9)))), 6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--template", default="ecommerce-monthly")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    card = appraising.card_of(appraising.templates()[options.template].body)
    people = [values(card, rng) for _ in range(options.people)]
    appraising.to_stored(appraising.appraise(card, people[0]), card)
    gc.collect()
    gc.freeze()  # the figures are there before the work begins; they are no garbage to be looked through

    start = time.process_time()
    reasons = 0
    for one in people:  # one after the other, as a cycle is frozen; nothing is kept of a sheet once it is handed on
        stored = appraising.to_stored(appraising.appraise(card, one), card)
        reasons += sum(len(line["reasons"]) for line in stored["lines"])
    taken = time.process_time() - start
    size = len(json.dumps(stored, ensure_ascii=False))
    print(f"{reasons} reasons")
    print(f"{options.people} people x {len(card.lines)} lines: {taken:.2f} s of CPU, {size} characters a sheet")


if __name__ == "__main__":
    main()
