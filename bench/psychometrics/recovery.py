"""Does calibration find the parameters of invented questions again?

    python bench/psychometrics/recovery.py
    python bench/psychometrics/recovery.py --data FOLDER     Rasch difficulties of lsat6 next to published ones

1,000 invented people for each seed, 40 questions, all of them shown or a random half; abilities from a normal
distribution, slopes log-normal with a spread of 0.3, difficulties normal. Printed are the correlation of found and true
parameters, how often the 95 % interval holds the true one, and how far a second exam lies off that shares ten frozen
questions with the first and is taken by stronger people.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from sets import from_scores, score_table

from peilian.engine.assessment.psychometrics import Calibration, ExamItem, Responses, calibrate

Table = np.ndarray


def answers(rng: np.random.Generator, ability: Table, slope: Table, place: Table, shown: float) -> Table:
    """Right (1) and wrong (0) answers; NaN where a question was not shown."""
    right = rng.random((len(ability), len(slope))) < 1 / (1 + np.exp(-slope * (ability[:, None] - place)))
    return np.where(rng.random(right.shape) < shown, right.astype(float), np.nan)


def responses_of(table: Table, names: list[str]) -> Responses:
    """A table as the engine takes it."""
    return Responses(tuple(f"p{n}" for n in range(len(table))), tuple(ExamItem(name) for name in names), table)


def found(calibration: Calibration, names: list[str]) -> tuple[Table, Table, Table, Table]:
    """Slopes, difficulties and their standard errors in the order of the names."""
    items = [calibration.items[name] for name in names]
    columns = [
        [item.discrimination for item in items],
        [item.difficulty for item in items],
        [item.discrimination_error or np.nan for item in items],
        [item.difficulty_error or np.nan for item in items],
    ]
    slope, place, slope_error, place_error = (np.array(column, dtype=float) for column in columns)
    return slope, place, slope_error, place_error


def one(seed: int, model: str, shown: float, people: int) -> tuple[float, ...]:
    """Correlations, coverage and seconds of one seed."""
    rng = np.random.default_rng(seed)
    slope = rng.lognormal(0, 0.3, 40) if model == "2pl" else np.ones(40)
    place, ability = rng.normal(0, 1, 40), rng.normal(0, 1, people)
    names = [f"q{n}" for n in range(40)]
    table = answers(rng, ability, slope, place, shown)
    began = time.process_time()
    calibration = calibrate(responses_of(table, names), model=model)  # type: ignore[arg-type]
    took = time.process_time() - began
    a, b, a_error, b_error = found(calibration, names)
    r_slope = float(np.corrcoef(a, slope)[0, 1]) if model == "2pl" else np.nan
    held_slope = float((np.abs(a - slope) < 1.96 * a_error).mean()) if model == "2pl" else np.nan
    held_place = float((np.abs(b - place) < 1.96 * b_error).mean())
    return float(np.corrcoef(b, place)[0, 1]), r_slope, held_place, held_slope, took


def linked(seed: int, people: int) -> tuple[float, float, float, float]:
    """A second exam of 10 frozen and 30 new questions, taken by people 0.8 stronger and less unlike each other."""
    rng = np.random.default_rng(seed)
    slope, place = rng.lognormal(0, 0.3, 70), rng.normal(0, 1, 70)
    names = [f"q{n}" for n in range(70)]
    first = answers(rng, rng.normal(0, 1, people), slope[:40], place[:40], 1.0)
    frozen = calibrate(responses_of(first, names[:40])).items
    second = answers(rng, rng.normal(0.8, 0.7, people), slope[30:], place[30:], 1.0)
    calibration = calibrate(responses_of(second, names[30:]), frozen={name: frozen[name] for name in names[30:40]})
    _a, b, _ae, _be = found(calibration, names[40:])
    off = b - place[40:]
    r = float(np.corrcoef(b, place[40:])[0, 1])
    return r, float(off.mean()), calibration.population.mean, calibration.population.deviation


# D. Rizopoulos, "ltm: An R package for latent variable modeling", Journal of Statistical Software 17 (2006):
# difficulties for people of deviation 1 and the slope that all questions share.
PUBLISHED = (-3.6153, -1.3224, -0.3176, -1.7301, -2.7802)
PUBLISHED_SLOPE = 0.7551


def beside_published(folder: Path) -> None:
    """The same scale: slope 1, and the published slope as deviation of the people."""
    found = calibrate(from_scores(*score_table(folder, "lsat6")), model="rasch")
    print(f"deviation {found.population.deviation:.3f}, published {PUBLISHED_SLOPE:.3f}")
    for (name, item), place in zip(found.items.items(), PUBLISHED, strict=True):
        print(f"{name}: {item.difficulty:.3f}, published {place * PUBLISHED_SLOPE:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=10)
    chosen = parser.parse_args()
    if chosen.data:
        beside_published(chosen.data)
        return
    for model, shown in (("rasch", 1.0), ("rasch", 0.5), ("2pl", 1.0), ("2pl", 0.5)):
        figures = np.array([one(seed, model, shown, chosen.people) for seed in range(chosen.seeds)])
        line = f"{model}, {shown:.0%} shown: r of difficulty {figures[:, 0].min():.3f} to {figures[:, 0].max():.3f}"
        if model == "2pl":
            line += f", of discrimination {figures[:, 1].min():.3f} to {figures[:, 1].max():.3f}"
            line += f" (median {np.median(figures[:, 1]):.3f}); held {figures[:, 3].mean():.1%}"
        print(f"{line}; difficulty held in {figures[:, 2].mean():.1%}; {figures[:, 4].mean():.2f} s of CPU", flush=True)
    figures = np.array([linked(seed, chosen.people) for seed in range(chosen.seeds)])
    print(
        f"second exam, true mean 0.80 and deviation 0.70: found {figures[:, 2].mean():.2f} "
        f"({figures[:, 2].min():.2f} to {figures[:, 2].max():.2f}) and {figures[:, 3].mean():.2f}; new questions r "
        f"{figures[:, 0].min():.3f} to {figures[:, 0].max():.3f}, off by {figures[:, 1].mean():+.3f} on the mean"
    )


if __name__ == "__main__":
    main()
