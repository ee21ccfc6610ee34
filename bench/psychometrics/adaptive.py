"""How many questions an adaptive test takes for the precision of a fixed one.

    python bench/psychometrics/adaptive.py                      invented people and a calibrated bank
    python bench/psychometrics/adaptive.py --data FOLDER        real answers, replayed

Invented: a bank of 200 questions in four areas, calibrated on 1,000 people of whom each saw 60; so the test knows the
questions only as well as a company would. Other people sit a fixed test of 30 questions, drawn to the blueprint, and an
adaptive one that stops at 96 % of the standard error of the fixed test: choosing the seemingly best of questions whose
parameters are uncertain makes the told error a little too small, and it is the true error that has to be as good.

Replayed: half of the people calibrate the questions. Each of 300 others is given a fixed test of half of the questions
that the person answered, and an adaptive one that picks among all of them; both are compared with what all answers say.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from recovery import answers, responses_of
from sets import BOOKLETS, from_scores, score_table

from peilian.engine.assessment.psychometrics import (
    AdaptiveState,
    AdaptiveTest,
    ItemParameters,
    calibrate,
    estimate_ability,
)

AREAS = {"service": 0.4, "policy": 0.3, "complaints": 0.2, "systems": 0.1}


def sat(
    test: AdaptiveTest, mark: Callable[[str], float], rng: random.Random, exposure: Mapping[str, float] | None = None
) -> AdaptiveState:
    """The end of a test whose answers ``mark`` gives."""
    state = AdaptiveState()
    while True:
        state = test.next_item(state, rng, exposure=exposure)
        if state.pending is None:
            return state
        state = test.answer(state, mark(state.pending))


def root_mean_square(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def drawn(areas: Mapping[str, str], length: int, rng: random.Random) -> list[str]:
    """A fixed test: so many questions of each area as the blueprint asks for."""
    chosen: list[str] = []
    for area, weight in AREAS.items():
        chosen += rng.sample([key for key in areas if areas[key] == area], round(weight * length))
    return chosen


def invented_bank(seed: int) -> tuple[dict[str, tuple[float, float]], dict[str, ItemParameters], dict[str, str]]:
    """True slopes and difficulties, calibrated parameters, areas."""
    rng = np.random.default_rng(seed)
    names = [f"q{n:03}" for n in range(200)]
    slope, place = rng.lognormal(0, 0.3, 200), rng.normal(0, 1.2, 200)
    table = answers(rng, rng.normal(0, 1, 1000), slope, place, 0.3)
    bank = dict(calibrate(responses_of(table, names)).items)
    areas = {name: list(AREAS)[n % len(AREAS)] for n, name in enumerate(names)}
    return {name: (slope[n], place[n]) for n, name in enumerate(names)}, bank, areas


def invented(seed: int, *, length: int, people: int, margin: float) -> tuple[float, float, float]:
    true, bank, areas = invented_bank(seed)
    rng = random.Random(seed)
    fixed_error, fixed_off, abilities, marks = [], [], [], []
    for _ in range(people):
        ability = rng.gauss(0, 1)
        right = {key: float(rng.random() < 1 / (1 + np.exp(-a * (ability - b)))) for key, (a, b) in true.items()}
        found = estimate_ability(bank, {key: right[key] for key in drawn(areas, length, rng)})
        assert found.value is not None
        assert found.standard_error is not None
        fixed_error.append(found.standard_error)
        fixed_off.append(found.value - ability)
        abilities.append(ability)
        marks.append(right)
    test = AdaptiveTest(
        bank, areas, AREAS, least_items=5, most_items=length, target_error=margin * root_mean_square(fixed_error)
    )
    asked: Counter[str] = Counter()
    lengths, off, errors = [], [], []
    parts: Counter[str] = Counter()
    for number, (ability, right) in enumerate(zip(abilities, marks, strict=True)):
        state = sat(test, right.__getitem__, rng, {key: n / max(number, 20) for key, n in asked.items()})
        asked.update(item for item, _share in state.answers)
        parts.update(areas[item] for item, _share in state.answers)
        found = test.ability(state)
        assert found.value is not None
        assert found.standard_error is not None
        lengths.append(len(state.answers))
        off.append(found.value - ability)
        errors.append(found.standard_error)
    shares = {area: round(n / parts.total(), 2) for area, n in sorted(parts.items())}
    print(
        f"seed {seed}: fixed {length} questions, error told {root_mean_square(fixed_error):.3f}, true "
        f"{root_mean_square(fixed_off):.3f}; adaptive {np.mean(lengths):.1f} ({np.mean(lengths) / length:.0%}, longest "
        f"{max(lengths)}), told {root_mean_square(errors):.3f}, true {root_mean_square(off):.3f}; most exposed "
        f"{max(asked.values()) / people:.0%}, used {len(asked)} of {len(bank)}; areas {shares}",
        flush=True,
    )
    return float(np.mean(lengths)) / length, root_mean_square(fixed_off), root_mean_square(off)


def replayed(folder: Path, name: str, *, people: int) -> None:
    rows, most = score_table(folder, name)
    rng = random.Random(5)
    rows = [row for row in rows if row]
    rng.shuffle(rows)
    half = len(rows) // 2
    calibration = calibrate(from_scores(rows[:half], most))
    bank = calibration.items
    told: list[tuple[float, float]] = []
    sitters = [{k: v / most[k] for k, v in row.items() if k in bank} for row in rows[half : half + people]]
    whole, fixed = [], []
    for row in sitters:
        whole.append(estimate_ability(bank, row))
        keys = rng.sample(sorted(row), len(row) // 2)
        fixed.append(estimate_ability(bank, {key: row[key] for key in keys}))
    error = root_mean_square([one.standard_error or 0 for one in fixed])
    lengths, found = [], []
    for row in sitters:
        own = {key: bank[key] for key in row}
        test = AdaptiveTest(own, most_items=len(row) // 2, least_items=3, target_error=error, among=2)
        state = sat(test, row.__getitem__, rng)
        lengths.append(len(state.answers) / (len(row) // 2))
        found.append(test.ability(state))
    told = [
        (root_mean_square([(o.value or 0) - (w.value or 0) for o, w in zip(ones, whole, strict=True)]),
         root_mean_square([o.standard_error or 0 for o in ones]))
        for ones in (fixed, found)
    ]  # fmt: skip
    length = np.mean([len(row) // 2 for row in sitters])
    print(
        f"{name} ({len(bank)} questions calibrated, {len(sitters)} people): fixed {length:.1f} questions, error told "
        f"{told[0][1]:.3f}, off from all answers {told[0][0]:.3f}; adaptive {np.mean(lengths):.0%} of them, told "
        f"{told[1][1]:.3f}, off {told[1][0]:.3f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--margin", type=float, default=0.96)
    chosen = parser.parse_args()
    if chosen.data:
        for name in ("frcsub", "numeracy", "icar", BOOKLETS):
            replayed(chosen.data, name, people=chosen.people)
        return
    figures = np.array(
        [invented(seed, length=30, people=chosen.people, margin=chosen.margin) for seed in range(chosen.seeds)]
    )
    share, fixed, adaptive = figures.mean(axis=0)
    print(f"over all seeds: {share:.0%} of the questions; true error fixed {fixed:.3f}, adaptive {adaptive:.3f}")


if __name__ == "__main__":
    main()
