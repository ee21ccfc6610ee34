"""How many falsified keys are found, and how many good questions are accused.

    python bench/psychometrics/wrong_keys.py --data FOLDER      real sets
    python bench/psychometrics/wrong_keys.py --invented         invented sets, on which the rule was designed

In sets with choices, the key of each question in turn is replaced by every other option of it, and the whole exam is
analysed again. In sets that only tell right from wrong, it is marked as if each of three wrong options had been chosen
by a third of those who were wrong, and one of these were the key; and, separately, as if the marks were reversed.
A question whose key was not touched counts as good.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sets import BOOKLETS, CHOICES, SCORES, chosen_table, from_choices, from_scores, invented, score_table

from peilian.engine.assessment.psychometrics import Responses, analyse_exam

ALARMS = {
    "psychometrics.wrong_key",
    "psychometrics.wrong_key_unseen",
    "psychometrics.key_has_wrong_part",
    "psychometrics.key_lacks_part",
}


def accused(responses: Responses) -> dict[str, str | None]:
    """Questions whose key is doubted, with the option that is named instead."""
    return {
        one.figures.item: alarm.params.get("option")  # type: ignore[misc]
        for one in analyse_exam(responses).items
        for alarm in one.alarms
        if alarm.key in ALARMS
    }


class Count:
    """Falsified keys, how many were found and named rightly, and how many good ones were accused beside them."""

    def __init__(self) -> None:
        self.tried = self.found = self.named = self.good = self.wronged = 0

    def add(self, found: Mapping[str, str | None], item: str, right: str | None, items: int) -> None:
        self.tried += 1
        self.found += item in found
        self.named += right is not None and found.get(item) == right
        self.good += items - 1
        self.wronged += len(found.keys() - {item})

    def __str__(self) -> str:
        named = f", the right option named in {self.named}" if self.named else ""
        return (
            f"found {self.found} of {self.tried} ({self.found / self.tried:.1%}){named}; "
            f"good ones accused {self.wronged / self.good:.2%}"
        )


def try_choices(
    rows: Sequence[Mapping[str, str]], key: Mapping[str, str], options: Sequence[str], most: int, rng: random.Random
) -> tuple[Count, dict[str, str | None]]:
    """Every wrong option of every question, or a sample of ``most`` of them."""
    count = Count()
    used = {item: sorted({row[item] for row in rows} & set(options)) for item in key}
    tries = [(item, other) for item, right in key.items() for other in used[item] if other != right]
    for item, other in tries if len(tries) <= most else rng.sample(tries, most):
        count.add(accused(from_choices(rows, {**key, item: other}, options)), item, key[item], len(key))
    return count, accused(from_choices(rows, key, options))


def try_scores(
    rows: Sequence[Mapping[str, float]], most: Mapping[str, float], tries: int, rng: random.Random
) -> Iterator[tuple[str, Count]]:
    """A sample of the questions that are right or wrong."""
    names = [item for item, points in most.items() if points == 1]
    sample = names if len(names) <= tries else rng.sample(names, tries)
    for label in ("one of three wrong options", "reversed marks"):
        count = Count()
        for item in sample:
            turned = []
            for row in rows:
                wrong = row.get(item) == 0 and (label == "reversed marks" or rng.random() < 1 / 3)
                turned.append({**row, item: float(wrong)} if item in row else row)
            count.add(accused(from_scores(turned, most)), item, None, len(most))
        yield label, count


def report_real(folder: Path, most: int) -> None:
    rng = random.Random(11)
    for name in CHOICES:
        rows, key, options = chosen_table(folder, name)
        count, untouched = try_choices(rows, key, options, most, rng)
        print(f"{name} ({len(rows)} people): {count}; accused with the original key: {untouched or 'none'}", flush=True)
    for name in (*SCORES, BOOKLETS):
        rows_of_points, points = score_table(folder, name)
        for label, count in try_scores(rows_of_points, points, 5 if name == BOOKLETS else most, rng):
            print(f"{name} ({len(rows_of_points)} people), {label}: {count}", flush=True)


def report_invented(most: int, *, first_seed: int) -> None:
    rng = random.Random(12)
    for people in (60, 100, 150, 300, 1000):
        for options in (4, 6):
            total = Count()
            for seed in range(first_seed, first_seed + 4):
                rows, key = invented(seed, people=people, items=20, options=options)
                count, _ = try_choices(rows, key, "ABCDEF"[:options], most // 8, rng)
                for name in ("tried", "found", "named", "good", "wronged"):
                    setattr(total, name, getattr(total, name) + getattr(count, name))
            print(f"invented, {people} people, {options} options: {total}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--invented", action="store_true")
    parser.add_argument("--most", type=int, default=150, help="falsified keys tried for each set")
    parser.add_argument("--first-seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.data:
        report_real(chosen.data, chosen.most)
    if chosen.invented:
        report_invented(chosen.most, first_seed=chosen.first_seed)


if __name__ == "__main__":
    main()
