"""How well satisfaction is estimated, turn by turn, against ratings of people.

    python bench/reading/satisfaction.py --data DATA [--fit]

Dialogues are split once, by a fixed seed: what was looked at while tuning, and what is reported. Beside it stands the
line to beat: characters of the turn and of the two turns before, TF-IDF and logistic regression, trained on the tuning
half. ``--fit`` prints the weights that least squares finds on the tuning half; the pack keeps them rounded.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpora import as_conversation
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import cohen_kappa_score, confusion_matrix, recall_score
from sklearn.pipeline import make_pipeline

from peilian.adapters.packs.lexicon import load_lexicons
from peilian.engine.reading import Lexicons, read_conversation
from peilian.engine.reading.satisfaction import FEATURES, Mood

SEED = 20260101
LABELS = ("dissatisfied", "neutral", "satisfied")
OVERALL = "OVERALL"  # a row of the data set that rates the dialogue; no turn


@dataclass
class Turn:
    """One rated turn of a customer."""

    dialogue: str
    rating: int
    estimate: int
    before: str
    features: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the data sets")
    parser.add_argument("--fit", action="store_true", help="print fitted weights instead")
    options = parser.parse_args()
    path = options.data / "ecommerce_zh_turn_satisfaction" / "dialogues.jsonl"
    dialogues = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lexicons = load_lexicons()
    tuning = half(dialogues)
    turns = [turn for dialogue in dialogues for turn in rated_turns(dialogue, lexicons)]
    known = [turn for turn in turns if turn.dialogue in tuning]
    report = [turn for turn in turns if turn.dialogue not in tuning]
    if options.fit:
        fit(known)
        return
    show("rules, tuning half", known, [turn.estimate for turn in known])
    show("rules, report half", report, [turn.estimate for turn in report])
    show("characters, report half", report, by_characters(known, report))


def half(dialogues: list[dict]) -> set[str]:
    """The dialogues that tuning may look at."""
    names = sorted(dialogue["dialogue_id"] for dialogue in dialogues)
    random.Random(SEED).shuffle(names)
    return set(names[: len(names) // 2])


def rated_turns(dialogue: dict, lexicons: Lexicons) -> list[Turn]:
    """The rated turns of a dialogue with what the rules estimate."""
    rows = [turn for turn in dialogue["turns"] if turn["text"] != OVERALL]
    conversation = as_conversation(dialogue["dialogue_id"], [(row["role"], row["text"]) for row in rows])
    features = watch_features(conversation, lexicons)
    reading = read_conversation(conversation, lexicons)
    found = []
    for i, row in enumerate(rows):
        satisfaction = reading.messages[i].satisfaction
        if row.get("satisfaction") is not None and satisfaction is not None:
            before = " / ".join(f"{line['role']}: {line['text']}" for line in rows[max(0, i - 2) : i])
            text = f"{before} // {row['text']}"
            estimate = LABELS.index(satisfaction.label)
            found.append(Turn(dialogue["dialogue_id"], row["satisfaction"], estimate, text, features[i]))
    return found


def watch_features(conversation, lexicons: Lexicons) -> dict[int, dict[str, float]]:
    """The features of each customer message, overheard while the conversation is read."""
    heard: list[dict[str, float]] = []
    original = Mood.hear

    def hear(self, *args):
        found = original(self, *args)
        heard.append(found)
        return found

    Mood.hear = hear
    try:
        read_conversation(conversation, lexicons)
    finally:
        Mood.hear = original
    places = [i for i, message in enumerate(conversation.messages) if message.is_customer]
    return dict(zip(places, heard, strict=True))


def by_characters(known: list[Turn], report: list[Turn]) -> list[int]:
    """The character model: one vector for the turn, one for what stands before it."""
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, preprocessor=_marked),
        LogisticRegression(C=2, class_weight="balanced", max_iter=2000),
    )
    model.fit([turn.before for turn in known], [turn.rating for turn in known])
    return list(model.predict([turn.before for turn in report]))


def _marked(text: str) -> str:
    """The turn itself twice, so that it counts more than what stands before it."""
    before, _, turn = text.rpartition(" // ")
    return f"{before} // {turn} // {turn}".lower()


def show(name: str, turns: list[Turn], estimates: list[int]) -> None:
    """UAR (mean recall of the three classes), Cohen's kappa, and who is taken for whom."""
    ratings = [turn.rating for turn in turns]
    uar = recall_score(ratings, estimates, average="macro")
    print(f"{name}: {len(turns)} turns, UAR {uar:.3f}, kappa {cohen_kappa_score(ratings, estimates):.3f}")
    for label, row in zip(LABELS, confusion_matrix(ratings, estimates, labels=[0, 1, 2]), strict=True):
        print(f"  {label:13} " + " ".join(f"{n:5}" for n in row))


def fit(known: list[Turn]) -> None:
    """Ridge regression of the rating (0, 1, 2) on all features."""
    names = [name for name in FEATURES if name != "constant"]
    x = np.array([[turn.features.get(name, 0.0) for name in names] for turn in known])
    model = Ridge(3.0).fit(x, [turn.rating for turn in known])
    print(f"{'constant':18} {model.intercept_:+.3f}")
    for name, weight in sorted(zip(names, model.coef_, strict=True), key=lambda pair: -abs(pair[1])):
        print(f"{name:18} {weight:+.3f}  in {int((x[:, names.index(name)] != 0).sum())} turns")


if __name__ == "__main__":
    main()
