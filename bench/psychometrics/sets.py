"""Real response sets as the engine takes them, and invented ones made from a model of choosing.

The real sets are for reporting only. Whatever in the engine is a matter of choice was settled on the invented ones.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from peilian.engine.assessment.psychometrics import Answer, ExamItem, Responses

CHOICES = {"mc30": ("mc30", "ABCD"), "icar": ("icar_iqitems", "012345678")}
SCORES = {"lsat6": "lsat6_scored", "numeracy": "numeracy_scored", "frcsub": "frcsub_scored"}
BOOKLETS = "timss07"


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def chosen_table(folder: Path, name: str) -> tuple[list[dict[str, str]], dict[str, str], tuple[str, ...]]:
    """Rows of chosen options by item, the key, and the options; a blank cell was not reached."""
    stem, options = CHOICES[name]
    key = {row["item"]: row["key"] for row in rows_of(folder / f"{stem}_key.csv")}
    rows = [{item: row[item] for item in key} for row in rows_of(folder / f"{stem}_choices.csv")]
    return rows, key, tuple(options)


def score_table(folder: Path, name: str) -> tuple[list[dict[str, float]], dict[str, float]]:
    """Points by item for each person who was shown it, and the most points of each item."""
    if name == BOOKLETS:
        table = pq.read_table(folder / "timss07_rus_scored_long.parquet").to_pydict()
        people: dict[int, dict[str, float]] = {}
        most: dict[str, float] = {}
        for person, item, score in zip(table["idstud"], table["item"], table["score"], strict=True):
            if score is not None:
                people.setdefault(person, {})[item] = float(score)
                most[item] = max(most.get(item, 1.0), float(score))
        return list(people.values()), most
    if name in CHOICES:
        rows, key, _options = chosen_table(folder, name)
        marked = [{item: float(given == key[item]) for item, given in row.items() if given} for row in rows]
        return marked, dict.fromkeys(key, 1.0)
    rows = rows_of(folder / f"{SCORES[name]}.csv")
    scores = [{item: float(v) for item, v in row.items() if item != "examinee" and v} for row in rows]
    return scores, dict.fromkeys((item for item in rows[0] if item != "examinee"), 1.0)


def from_scores(rows: Sequence[Mapping[str, float]], most: Mapping[str, float]) -> Responses:
    """Points without choices as the engine takes them."""
    items = [ExamItem(item, points) for item, points in most.items()]
    return Responses.of((Answer(f"p{n}", i, points=v) for n, row in enumerate(rows) for i, v in row.items()), items)


def from_choices(rows: Sequence[Mapping[str, str]], key: Mapping[str, str], options: Sequence[str]) -> Responses:
    """Choices as the engine takes them; options of an item are those that anybody chose, and the key."""
    used = {item: sorted({row[item] for row in rows} & set(options) | {right}) for item, right in key.items()}
    items = [ExamItem(item, 1.0, tuple(used[item]), frozenset({right})) for item, right in key.items()]
    answers = (
        Answer(f"p{n}", item, chosen=frozenset({given}) & frozenset(used[item]))
        for n, row in enumerate(rows)
        for item, given in row.items()
        if given
    )
    return Responses.of(answers, items)


def invented(seed: int, *, people: int, items: int, options: int) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Choices of invented people: who does not know the answer takes a distractor, some more tempting than others.

    Knowing follows a two-parameter logistic model with wide spreads of both parameters and some guessing; distractors
    differ in how tempting they are and in whom they tempt, so that some tempt the better of those who do not know. One
    question in six is hard and hardly separates, and has a misconception for a distractor that even strong people hold.
    """
    rng = np.random.default_rng(seed)
    letters = [chr(ord("A") + n) for n in range(options)]
    ability = rng.normal(size=people)
    rows: list[dict[str, str]] = [{} for _ in range(people)]
    key = {}
    for number in range(items):
        name, right = f"q{number}", int(rng.integers(options))
        key[name] = letters[right]
        slope, place, guess = rng.lognormal(-0.1, 0.4), rng.normal(-0.4, 1.2), rng.uniform(0, 0.2)
        misleads = rng.random() < 1 / 6
        if misleads:
            slope, place, guess = rng.uniform(0.2, 0.6), rng.normal(1.5, 0.5), 0.1
        knows = guess + (1 - guess) / (1 + np.exp(-slope * (ability - place)))
        tempt = rng.normal(0, 1.0, options - 1) + np.outer(ability, rng.normal(0, 0.4, options - 1))
        if misleads:
            tempt[:, 0] += rng.uniform(1.0, 2.0) + rng.uniform(0.0, 0.5) * ability
        odds = np.exp(tempt)
        wrong = [letter for n, letter in enumerate(letters) if n != right]
        for person, row in enumerate(rows):
            if rng.random() < knows[person]:
                row[name] = letters[right]
            else:
                row[name] = wrong[int(rng.choice(options - 1, p=odds[person] / odds[person].sum()))]
    return rows, key


def falsified(key: Mapping[str, str], item: str, options: Sequence[str], rng: random.Random) -> dict[str, str]:
    """The key with another option for one item."""
    return {**key, item: rng.choice([option for option in options if option != key[item]])}
